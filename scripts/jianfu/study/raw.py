"""The same draws once more through raw exports: written, ingested and turned into indicators like real ones."""

import tempfile
from pathlib import Path

import pandas as pd

from jianfu.config.merging import merge
from jianfu.core.calendar import calendar_of
from jianfu.core.tables import MEASURED
from jianfu.indicators import unit_months
from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import read_plan
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province
from jianfu.province.reference import reference_window
from jianfu.simulate.draw import draw
from jianfu.simulate.structure import extraction_date
from jianfu.simulate.write import write_raw
from jianfu.study.design import parameters_of, scenario_of, seed_of
from jianfu.study.draws import analysis_tables, estimates

PROVINCE = "demo"  # the province file that describes the raw exports of the simulator


def raw_sources(drawn, parameters, root, folder):
    """What :func:`jianfu.study.draws.sources` holds, from raw exports written to ``folder`` and read again.

    ``root`` is the folder with config/ and workflow/, whose province file of the demonstration names the sources.
    """
    root, folder = Path(root), Path(folder)
    raw, scratch = folder / "raw", folder / "canonical"
    scratch.mkdir(parents=True)
    write_raw(drawn, raw, parameters)
    settings = load_province(PROVINCE, root, [root / "config" / "provinces"])
    window = tuple(parameters["window"])
    dates = {"window": list(window), "extraction_date": str(extraction_date(drawn.detail.months))}
    settings = merge(settings, {"data": dates})
    schema, plan = root / "workflow" / "schemas" / "canonical.yaml", root / "config" / "plan"
    paths = {table: scratch / f"{table}.parquet" for table in MEASURED}
    units = None
    for table in MEASURED:
        found = ingest_table(table, str(raw), settings, str(plan), str(schema), units=units, scratch=scratch)
        others = {
            name: scratch / f"{table}_{name}.csv" for name in ("quarantine", "counts", "columns", "notices")
        }
        found.write(parquet=paths[table], **others)
        units = pd.read_parquet(paths["units"]) if table == "units" else units
    spells = pd.read_parquet(paths["spells"])
    return _with_indicators(paths, units, spells, settings, window, plan)


def _with_indicators(paths, units, spells, settings, window, plan):
    calendar = calendar_of(settings["calendar"])
    tasks_months, app_months = unit_months.logged_months(str(paths["tasks"]), str(paths["app_activity"]))
    frame = unit_months.build_unit_months(units, spells, tasks_months, app_months, window, calendar)
    indicators, _ = build_indicators(
        {name: str(path) for name, path in paths.items()},
        frame,
        read_plan(plan / "indicators.csv"),
        calendar,
        window,
        reference_window(window, settings["indices"]),
        settings["exclude"],
    )
    return {
        "units": units,
        "spells": spells,
        "survey": pd.read_parquet(paths["survey"]),
        "indicators": indicators,
        "tasks_months": tasks_months,
        "app_months": app_months,
    }


def raw_draw(setup, design, number, root):
    """Estimates of draw ``number`` of the scenario that the study names under ``raw``, through raw exports."""
    name = design["raw"]["scenario"]
    scenario = scenario_of(design, name)
    own = setup.of(parameters=parameters_of(setup.parameters, design, scenario)).only(scenario["fits"])
    seed = seed_of(design, name, number)
    with tempfile.TemporaryDirectory(prefix="jianfu_study_") as folder:
        tables = raw_sources(draw(own.parameters, seed), own.parameters, root, folder)
    rows = estimates(analysis_tables(tables, own), own)
    rows.insert(0, "scenario", name)
    return rows.assign(seed=seed)
