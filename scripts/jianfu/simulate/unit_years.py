"""Yearly reference values of the units: duties, powers, letters, accountability, score, outcomes."""

import numpy as np
import pandas as pd


def build_unit_years(parameters, structure, months, burden, substantive, streams):
    """Canonical ``unit_year`` from the year before the window to the last full year, ordered by unit and year.

    ``substantive`` is the effort that goes into real work (one standardised value per unit). Outcomes follow it and
    nothing else; the score follows outcomes and the volume of material.
    """
    own = parameters["unit_year"]
    rng = streams("unit years")
    years = np.arange(months.year[0] - 1, months.year[-1] + (months.month[-1] == 12))
    n = len(structure.codes)
    shape = (n, len(years))
    in_year = np.array(
        [np.isin(months.year, (y, y + 1)) for y in years]
    )  # the window's months nearest to the year
    common = (burden.common @ in_year.T) / in_year.sum(axis=1)

    def member(name, share=1.0):
        unit = rng.standard_normal((n, 1))
        year = rng.standard_normal(shape)
        return share * common + 0.45 * unit + 0.35 * year

    # Reported duties and powers change little from year to year.
    traces = parameters["burden"]["share_in_traces"]
    material = member("material", traces)
    low, high = own["powers_range"]
    powers = np.clip(own["powers"] * np.exp(own["powers_log_sd"] * rng.standard_normal((n, 1))), low, high)
    powers = np.rint(powers + rng.normal(0, 1, shape)).clip(low, high)
    enforcement, finance = np.rint(powers * 0.56), np.rint(powers * 0.22)
    tasks = np.exp(parameters["tasks"]["load"] * member("tasks"))
    errors = rng.poisson(own["errors"], shape)
    cases = own["accountability"]
    accountability = rng.poisson(
        cases["mean"] * tasks ** cases["tasks"] * ((1 + errors) / (1 + own["errors"])) ** cases["errors"]
    )
    result, score = own["outcome"], own["score"]
    outcome = result["mean"] + 0.1 * result["substantive"] * substantive[:, None] * np.ones(shape)
    hotline, satisfaction = (
        np.clip(outcome + shift + result["sd"] * rng.standard_normal(shape), 55, 100) for shift in (1.5, -1.5)
    )
    scored = score["mean"] + score["outcome"] * (hotline + satisfaction - 2 * result["mean"])
    scored = scored + score["material"] * 0.3 * material + score["sd"] * rng.standard_normal(shape)
    columns = {
        "n_basic_duty": rng.poisson(own["basic_duty"], (n, 1)) + rng.integers(-2, 3, shape),
        "n_coop_duty": rng.poisson(own["coop_duty"], (n, 1)) + rng.integers(-2, 3, shape),
        "n_power_enforcement": enforcement,
        "n_power_finance": finance,
        "n_power_personnel": np.maximum(powers - enforcement - finance, 0),
        "n_accountability": accountability,
        "n_clauses": rng.poisson(own["clauses"], shape),
        "n_tolerance": rng.binomial(accountability, own["tolerance"]),
        "n_errors": errors,
        "n_letters": np.maximum(
            rng.poisson(own["letters"]["mean"] * np.exp(own["letters"]["load"] * member("letters"))), 1
        ),
        "n_wall": rng.poisson(own["walls"]["mean"] * np.exp(own["walls"]["load"] * member("walls", traces))),
        "n_innovation": rng.poisson(own["innovation"], shape),
        "score": np.round(np.clip(scored, 50, 100), 1),
        "outcome_hotline": np.round(hotline, 1),
        "outcome_satisfaction": np.round(satisfaction, 1),
    }
    frame = pd.DataFrame(
        {
            "unit_code": np.repeat(structure.codes, len(years)),
            "year": np.tile(years, n),
            **{name: values.ravel().astype(float) for name, values in columns.items()},
        }
    )
    return frame


def yearly(frame, column, months, n_units):
    """Units x months: the value of the year before each month's year."""
    table = frame.set_index(["unit_code", "year"])[column].unstack()  # noqa: PD010
    wanted = months.year - 1
    return table.reindex(columns=wanted).to_numpy(dtype=float).reshape(n_units, len(wanted))
