"""Read the released files and the plan, and write every table as CSV and Excel."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.checks.table import identification_table, is_check
from jianfu.config import read_yaml
from jianfu.labels import Labels
from jianfu.outputs import read_outputs
from jianfu.released_tables import all_tables
from jianfu.tables import write_csv, write_xlsx

TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
TEXT = ("county_code", "month", "policy_id", "start_date", "cohort", "tertile", "bin")


@dataclass(frozen=True)
class Results:
    """What the tables and the report start from.

    estimates: released estimates of the declared models; released: released tables by name; hypotheses: frame; models:
    entries of the plan by name; tables: every table by name.
    """

    estimates: pd.DataFrame
    released: dict
    hypotheses: pd.DataFrame
    models: dict
    tables: dict


def read_release(path):
    """A released CSV; codes, months and categories stay text."""
    return pd.read_csv(path, encoding="utf-8-sig", dtype=dict.fromkeys(TEXT, str))


def read_estimates(path):
    """Released estimates with ``converged`` as True, False or None."""
    frame = read_release(path)
    converged = [TRUTH.get(str(value).lower()) for value in frame["converged"]]
    frame["converged"] = pd.Series(converged, index=frame.index, dtype=object)
    return frame


def read_results(release, plan, labels, alpha):
    """Results from the folder ``release`` and the ``plan`` files hypotheses, models, tables (layout) and outputs."""
    everything = read_estimates(Path(release, "estimates.csv"))
    beside = is_check(everything)
    estimates = everything[~beside].reset_index(drop=True)
    names = [name for name, output in read_outputs(plan["outputs"]).items() if output.area == "tables"]
    released = {name: read_release(Path(release, "tables", f"{name}.csv")) for name in names}
    hypotheses = pd.read_csv(plan["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    models = {model["name"]: model for model in read_yaml(plan["models"])["models"]}
    layout = read_yaml(plan["tables"])
    tables = all_tables(estimates, released, hypotheses, models, layout, labels, alpha)
    tables["identification"] = identification_table(everything[beside], models, labels)
    return Results(estimates, released, hypotheses, models, tables)


def write_tables(release, plan, labels, language, confidence, synthetic, csv, xlsx):
    """Write the tables whose names are the stems of the files ``csv`` and ``xlsx`` (lists of paths).

    plan: paths as in :func:`read_results`; labels: path of the dictionary; confidence: level of the intervals;
    synthetic: mark everything as invented data.
    """
    words = Labels(language, labels)
    tables = read_results(release, plan, words, round(1 - confidence, 6)).tables
    mark = words("synthetic_mark") if synthetic else ""
    for path in csv:
        write_csv(tables[Path(path).stem], path, mark)
    for path in xlsx:
        write_xlsx(tables[Path(path).stem], path, mark)
