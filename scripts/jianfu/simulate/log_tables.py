"""The tables that the pipeline makes of the task log (jianfu.indicators.task_tables), from the counts of a draw."""

import numpy as np
import pandas as pd

from jianfu.simulate.counts import all_artefacts


def task_tables(draw):
    """``(chains, task_years)`` of a draw, as ingesting its raw exports would give them.

    Chains of this province have one level; months without a task log have neither chains nor tasks.
    """
    detail = draw.detail
    counts, months, codes = detail.counts, detail.months, detail.structure.codes.astype(object)
    links = counts.chains[counts.logged[counts.chains["unit"], counts.chains["t"]]]
    chains = pd.DataFrame(
        {
            "unit_code": codes[links["unit"]],
            "month": np.array(months.names, dtype=object)[links["t"]],
            "level": 1,
            "ln_target": np.log(links["target"] / links["parent_target"]),
            "ln_artefacts": np.log(links["artefacts"] / links["parent_artefacts"]),
            "ln_ratio": links["log_ratio"],
        }
    )
    years = np.unique(months.year)
    inside = (months.year[:, None] == years).astype(float)
    sums = {
        "months": counts.logged @ inside,
        "n_tasks": np.where(counts.logged, counts.tasks, 0) @ inside,
        "n_artefacts": np.where(counts.logged, all_artefacts(counts), 0) @ inside,
    }
    frame = pd.DataFrame(
        {"unit_code": np.repeat(codes, len(years)), "year": np.tile(years, len(codes))}
        | {name: values.ravel() for name, values in sums.items()}
    )
    return chains.sort_values(["unit_code", "month"], ignore_index=True), frame[frame["months"] > 0]
