"""Make the invented tables behind the examples of config/own-panel.md.

Run from this folder: python make_tables.py
"""

import numpy as np
import pandas as pd

RANDOM = np.random.default_rng(20240401)


def cross_section():
    """districts.csv: 24 districts, seven indicators of a public-service index; three empty cells and one outlier."""
    n = 24
    wealth = RANDOM.normal(size=n)
    table = pd.DataFrame(
        {
            "district": [f"D{i:02d}" for i in range(1, n + 1)],
            "clinics": np.exp(0.4 * wealth + 0.3 * RANDOM.normal(size=n)) * 20,
            "doctors": np.exp(0.5 * wealth + 0.4 * RANDOM.normal(size=n)) * 60,
            "waiting_days": np.exp(-0.3 * wealth + 0.4 * RANDOM.normal(size=n)) * 12,
            "pupils_per_teacher": 18 - 2 * wealth + 1.5 * RANDOM.normal(size=n),
            "school_years": 10 + 0.8 * wealth + 0.7 * RANDOM.normal(size=n),
            "broadband": np.clip(60 + 12 * wealth + 8 * RANDOM.normal(size=n), 5, 99),
            "complaints": np.exp(0.5 * RANDOM.normal(size=n)) * 300,
            "population": RANDOM.integers(80, 900, n) * 1000,
        }
    )
    table.loc[5, "complaints"] = 9000
    for row, column in ((3, "doctors"), (11, "school_years"), (17, "broadband")):
        table.loc[row, column] = np.nan
    return table.round(2)


def panel():
    """towns.csv: 10 towns, 2023-01 … 2024-12, four burden counts and the headcount; gaps of up to four months."""
    towns, months = (
        [f"T{i:02d}" for i in range(1, 11)],
        pd.period_range("2023-01", "2024-12", freq="M").astype(str),
    )
    rows = []
    for town in towns:
        level = RANDOM.normal(0, 0.3)
        for t, month in enumerate(months):
            trend = level + 0.01 * t
            rows.append(
                (
                    town,
                    month,
                    RANDOM.poisson(np.exp(4 + trend)),
                    RANDOM.poisson(np.exp(1.5 + trend)),
                    RANDOM.poisson(np.exp(5 + trend + 0.2 * RANDOM.normal())),
                    round(float(RANDOM.beta(2 + level, 4)), 3),
                    int(RANDOM.integers(30, 60)),
                )
            )
    table = pd.DataFrame(
        rows, columns=["town", "month", "tasks", "checks", "forms", "trace_only", "headcount"]
    )
    for start, length in ((20, 2), (70, 4), (150, 1)):
        table.loc[start : start + length - 1, ["forms", "trace_only"]] = np.nan
    return table.astype({"forms": "Int64"})


if __name__ == "__main__":
    cross_section().to_csv("districts.csv", index=False, lineterminator="\n")
    panel().to_csv("towns.csv", index=False, lineterminator="\n")
