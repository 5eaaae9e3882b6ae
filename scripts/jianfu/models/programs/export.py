"""The folder for users of Stata, SPSS and R: every analysis table, and the programs of the main table."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import pandas as pd

from jianfu.core.files import write_text_file
from jianfu.core.labels import Labels
from jianfu.core.spreadsheets import write_csv
from jianfu.core.units import latest_units
from jianfu.models.programs.files import write_dta, write_sav
from jianfu.models.programs.replication import Replication, can_be_replicated, exported, title_of
from jianfu.models.programs.variables import Variable, Words
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable

PROGRAMS = ("main_table.do", "main_table.R", "main_table.sps")
CODEBOOK = "variables.csv"


def export_tables(
    tables: Mapping[str, AnalysisTable],
    specs: Sequence[ModelSpec],
    words: Words,
    estimates: pd.DataFrame,
    *,
    title: str,
    templates: Path,
    folder: Path,
) -> None:
    """Write every table of ``tables`` as .dta and .sav, the programs for ``specs`` and the list of variables.

    title: of the province, for labels of files; templates: folder with ``<program>.jinja``; estimates: all of the
    province. A table without rows has no file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    followed, made, codebook = [spec for spec in specs if can_be_replicated(spec)], [], []
    for name, table in tables.items():
        if not len(table.frame):
            continue
        own = [spec for spec in followed if spec.data == name]
        frame, variables, found = exported(name, table, own, words, estimates)
        made += found
        codebook += [_line(name, variable) for variable in variables]
        label = f"{title} {words.of(f'data_{name}')}"
        write_dta(frame, variables, folder / f"{name}.dta", title=label)
        write_sav(frame, variables, folder / f"{name}.sav", title=label)
    write_csv(pd.DataFrame(codebook), folder / CODEBOOK)
    order = {spec.name: place for place, spec in enumerate(specs)}
    made.sort(key=lambda model: order[model.model])
    left_out = [title_of(spec, words.labels) for spec in specs if spec.name not in {m.model for m in made}]
    for program in PROGRAMS:
        text = program_text(program, made, left_out, title=title, labels=words.labels, templates=templates)
        write_text_file(text, folder / program)


def _line(table, variable: Variable):
    values = "; ".join(f"{code}={text}" for code, text in variable.levels.items())
    return {
        "file": table,
        "variable": variable.name,
        "label": variable.label,
        "column": variable.column,
        "values": values if len(variable.levels) <= 30 else "",
    }


def program_text(
    program: str,
    models: Sequence[Replication],
    left_out: Sequence[str],
    *,
    title: str,
    labels: Labels,
    templates: Path,
) -> str:
    """A program of :data:`PROGRAMS` that fits ``models`` again and shows our figures beside its own."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["exact"] = lambda value: f"{value:.17g}"
    template = environment.get_template(f"{program}.jinja")
    return template.render(models=models, left_out=left_out, title=title, t=labels)


def words_of(
    labels: Labels,
    *,
    plan: Mapping,
    indicators: pd.DataFrame,
    scales: Mapping,
    headings: pd.DataFrame,
    units: pd.DataFrame,
) -> Words:
    """Where labels of columns and values come from.

    plan: config/plan/models.yaml, indicators: the indicator table, scales: {scale: scoring key}, headings: the usual
    headings (table, column, heading), units: canonical table.
    """
    latest = latest_units(units).astype(object)
    usual = headings.drop_duplicates("column") if labels.language == "zh" else headings.head(0)
    items = {}
    for scale, key in scales.items():
        parts = key.get("subscales") or {scale: key["items"]}
        items |= {item: part for part, own in parts.items() for item in own}
    return Words(
        labels=labels,
        indicators=dict(zip(indicators["code"], indicators[f"label_{labels.language}"], strict=True)),
        items=items,
        headings=dict(zip(usual["column"], usual["heading"], strict=True)),
        names={
            "unit": dict(zip(latest["unit_code"], latest["unit_name"], strict=True)),
            "county": dict(zip(latest["county_code"], latest["county_name"], strict=True)),
        },
        dummies=plan["categories"],
    )
