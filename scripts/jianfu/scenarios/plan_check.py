"""A province's own scenarios, checked before any job: what they name is there, their expressions can be evaluated."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jianfu.core.calendar import Calendar
from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import MEASURED
from jianfu.indicators.evaluation import NOTHING_EXCLUDED
from jianfu.scenarios.edits import Rows
from jianfu.scenarios.plan import read_scenarios

YEAR = ("2024-01", "2024-12")  # any year of the calendar: there are no rows


def check_scenarios(own: Mapping, plan: Mapping, tables: Mapping[str, pa.Schema], file: str) -> None:
    """Raise :class:`ConfigError` for the first of a province's ``own`` scenarios that cannot be.

    own: the part ``scenarios`` of its overlay; plan: content of scenarios.yaml with the overlay; tables: {canonical
    table: its columns}, with the province's own; file: its file.
    """
    try:
        _check(own, plan, tables)
    except ConfigError as error:
        raise ConfigError("in_file", file=file, what=error.reason) from None


def _check(own, plan, tables):
    scenarios = [scenario for scenario in read_scenarios(plan) if own.get(scenario.id)]
    columns = {name: tables[name].names for name in MEASURED}
    for scenario in scenarios:
        idle = [edit for edit in scenario.edits if not (edit.set or edit.drop)]
        if idle or not (scenario.edits or scenario.caps or scenario.ranks or scenario.slopes):
            raise ConfigError("scenario_changes_nothing", name=scenario.id)
        for need in [name for names in scenario.needs for name in names.split("|")]:
            _one_of(need, [f"{table}.{column}" for table in columns for column in columns[table]], scenario)
        for edit in scenario.edits:
            _one_of(edit.table, columns, scenario)
            for column in edit.set:
                _one_of(column, columns[edit.table], scenario)
    with tempfile.TemporaryDirectory() as folder:
        rows = _empty_rows({name: tables[name] for name in MEASURED}, Path(folder))
        for scenario in scenarios:
            with rows.under(scenario):
                pass


def _one_of(name, known, scenario):
    if name not in known:
        raise ConfigError(
            "scenario_name", name=scenario.id, what=name, advice=did_you_mean(name, list(known))
        )


def _empty_rows(schemas, folder):
    """A province without a single row, with every column."""
    tables = {name: str(folder / f"{name}.parquet") for name in schemas}
    for name, schema in schemas.items():
        pq.write_table(schema.empty_table(), tables[name])
    months = pd.DataFrame({"unit_code": ["-"], "month": ["2024-01"], "year": [2023]})
    months = months.assign(workdays=1.0, tasks_logged=True, app_logged=True)
    return Rows(tables, months, Calendar(), YEAR, YEAR, NOTHING_EXCLUDED)
