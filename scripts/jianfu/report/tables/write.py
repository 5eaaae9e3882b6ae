"""Read the released files and the plan, and write every table as CSV and Excel."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core.labels import Labels
from jianfu.models.estimates import is_check
from jianfu.models.verdicts import headlines, hypothesis_rows
from jianfu.release.outputs import read_outputs
from jianfu.report.reading import read_estimates, read_release
from jianfu.report.tables.effects import (
    main_robustness,
    mediation_table,
    outflow_table,
    policy_table,
    robustness_main_table,
)
from jianfu.report.tables.identification import identification_table
from jianfu.report.tables.identification_main import detectable_effects, identification_main_table
from jianfu.report.tables.journal import journal_tables
from jianfu.report.tables.released import all_tables
from jianfu.report.tables.robustness import joint_faces, robustness_table
from jianfu.report.tables.scales import invariance_verdicts_table, response_rates_table, scale_quality_table
from jianfu.report.tables.scenarios import scenario_table
from jianfu.report.tables.table import Table, write_csv, write_xlsx


@dataclass(frozen=True)
class Results:
    """What the tables and the report start from.

    estimates: released estimates of the declared models; checks: those of the checks beside them; released: released
    tables by name; hypotheses: frame; models: entries of the plan by name; levels: {name of a dummy: the level behind
    it}; tables: every table by name.
    """

    estimates: pd.DataFrame
    checks: pd.DataFrame
    released: dict
    hypotheses: pd.DataFrame
    models: dict
    levels: dict
    tables: dict


def read_results(release: str | Path, plan, labels: Labels, alpha: float) -> Results:
    """Results from the folder ``release`` and the ``plan`` files hypotheses, models, tables (layout) and outputs."""
    everything = read_estimates(release)
    beside = is_check(everything)
    estimates, checks = (everything[mask].reset_index(drop=True) for mask in (~beside, beside))
    names = [name for name, output in read_outputs(plan["outputs"]).items() if output.area == "tables"]
    released = {name: read_release(Path(release, "tables", f"{name}.csv")) for name in names}
    hypotheses = pd.read_csv(plan["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    declared = read_yaml(plan["models"])
    models = {model["name"]: model for model in declared["models"]}
    levels = {name: level for own in declared["categories"].values() for level, name in own.items()}
    layout = read_yaml(plan["tables"])
    tested = hypothesis_rows(estimates, checks, hypotheses, alpha)
    tables = all_tables(
        estimates, released, tested, models, layout, labels, alpha, detectable_effects(checks)
    )
    tables |= short_tables(estimates, checks, released, hypotheses, models, levels, labels)
    tables["scenarios"] = scenario_table(released["scenario_effects"], headlines(tested), labels)
    tables["identification"] = identification_table(checks, models, labels)
    return Results(estimates, checks, released, hypotheses, models, levels, tables)


def short_tables(
    estimates: pd.DataFrame,
    checks: pd.DataFrame,
    released,
    hypotheses: pd.DataFrame,
    models: dict[str, dict],
    levels: dict[str, str],
    labels: Labels,
) -> dict[str, Table]:
    """The tables of the report that answer one question each, by name; the arguments are as in :func:`read_results`."""
    robustness = robustness_table(main_robustness(estimates, hypotheses, models), models, labels)
    made = [
        identification_main_table(estimates, checks, hypotheses, levels, labels),
        robustness_main_table(robustness, labels),
        joint_faces(estimates, models, labels),
        outflow_table(estimates, models, labels),
        mediation_table(estimates, models, labels),
        policy_table(estimates, models, labels),
        scale_quality_table(released["scale_reliability"], released["scale_structure"], labels),
        invariance_verdicts_table(released["measurement_invariance"], labels),
        response_rates_table(released["survey_response"], labels),
        *journal_tables(released, models, labels),
    ]
    return {table.name: table for table in made}


def write_tables(
    *, release: str | Path, plan, labels: str, language: str, confidence, synthetic, title: str, csv, xlsx
) -> tuple[dict[str, Table], str]:
    """All tables by name and the mark of synthetic data.

    Those whose names are the stems of the files ``csv`` and ``xlsx`` (lists of paths) are written.
    plan: paths as in :func:`read_results`; labels: path of the dictionary; confidence: level of the intervals;
    synthetic: mark everything as invented data; title: in place of that of every table, where it is not empty.
    """
    words = Labels(language, labels)
    tables = read_results(release, plan, words, round(1 - confidence, 6)).tables
    if title:
        tables = {name: replace(table, title=title) for name, table in tables.items()}
    mark = words("synthetic_mark") if synthetic else ""
    for path in csv:
        write_csv(tables[Path(path).stem], path, mark)
    for path in xlsx:
        write_xlsx(tables[Path(path).stem], path, mark)
    return tables, mark
