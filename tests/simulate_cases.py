"""The small simulated province, drawn and written once per test session."""

import functools
import tempfile
from pathlib import Path

from ingest_cases import ROOT, ingest_all

from jianfu.config.merging import merge
from jianfu.core.calendar import Calendar
from jianfu.indicators.unit_months import build_unit_months
from jianfu.province.load import load_province
from jianfu.simulate.draw import draw
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.write import write_raw

PARAMETERS = ROOT / "config" / "simulation.yaml"
SEED = 3


@functools.cache
def parameters():
    return read_parameters(PARAMETERS, small=True)


@functools.cache
def drawn():
    return draw(parameters(), SEED)


@functools.cache
def raw_folder():
    """Folder with the raw exports; kept for the session."""
    folder = tempfile.TemporaryDirectory(prefix="jianfu_simulated_")
    write_raw(drawn(), folder.name, parameters())
    raw_folder.keep = folder
    return Path(folder.name)


def province():
    """Settings of the demonstration province with the window of the small one."""
    demo = load_province("demo", ROOT, [ROOT / "config" / "provinces"])
    first, last = parameters()["window"]
    return merge(demo, {"data": {"window": [first, last], "extraction_date": "2025-07-10"}})


@functools.cache
def ingested():
    """Canonical tables of the raw exports: {name: IngestResult}."""
    return ingest_all(raw_folder(), province())


def unit_months(draw):
    """The frame of the analysis, from the draw's own tables."""
    logged = draw.unit_months
    return build_unit_months(
        draw.units,
        draw.spells,
        logged.loc[logged["tasks_logged"], ["unit_code", "month"]],
        logged.loc[logged["app_logged"], ["unit_code", "month"]],
        tuple(draw.detail.months.names[i] for i in (0, -1)),
        Calendar(),
    )
