"""Read the released files and the plan, and write every table as CSV and Excel."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core.labels import Labels
from jianfu.release.outputs import read_outputs
from jianfu.report.tables.checks import identification_table, is_check
from jianfu.report.tables.checks_summary import detectable_effects, identification_main_table
from jianfu.report.tables.effects import (
    main_robustness,
    mediation_table,
    outflow_table,
    policy_table,
    robustness_main_table,
)
from jianfu.report.tables.released import all_tables
from jianfu.report.tables.results import robustness_table
from jianfu.report.tables.scales import invariance_verdicts_table, response_rates_table, scale_quality_table
from jianfu.report.tables.table import write_csv, write_xlsx

TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
TEXT = ("county_code", "month", "policy_id", "start_date", "cohort", "tertile", "bin")


@dataclass(frozen=True)
class Results:
    """What the tables and the report start from.

    estimates: released estimates of the declared models; checks: those of the checks beside them; released: released
    tables by name; hypotheses: frame; models: entries of the plan by name; tables: every table by name.
    """

    estimates: pd.DataFrame
    checks: pd.DataFrame
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
    estimates, checks = (everything[mask].reset_index(drop=True) for mask in (~beside, beside))
    names = [name for name, output in read_outputs(plan["outputs"]).items() if output.area == "tables"]
    released = {name: read_release(Path(release, "tables", f"{name}.csv")) for name in names}
    hypotheses = pd.read_csv(plan["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    models = {model["name"]: model for model in read_yaml(plan["models"])["models"]}
    layout = read_yaml(plan["tables"])
    detectable = detectable_effects(checks)
    tables = all_tables(estimates, released, hypotheses, models, layout, labels, alpha, detectable)
    tables |= short_tables(estimates, checks, released, hypotheses, models, labels, alpha)
    tables["identification"] = identification_table(checks, models, labels)
    return Results(estimates, checks, released, hypotheses, models, tables)


def short_tables(estimates, checks, released, hypotheses, models, labels, alpha):
    """The tables of the report that answer one question each, by name; the arguments are as in :func:`read_results`."""
    robustness = robustness_table(main_robustness(estimates, hypotheses, models), models, labels)
    made = [
        identification_main_table(estimates, checks, hypotheses, labels, alpha),
        robustness_main_table(robustness, labels),
        outflow_table(estimates, models, labels),
        mediation_table(estimates, models, labels),
        policy_table(estimates, models, labels),
        scale_quality_table(released["scale_reliability"], released["scale_structure"], labels),
        invariance_verdicts_table(released["measurement_invariance"], labels),
        response_rates_table(released["survey_response"], labels),
    ]
    return {table.name: table for table in made}


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
