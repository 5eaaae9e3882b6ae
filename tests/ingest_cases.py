"""The sample province, ingested once per test session, and small helpers for tests of ingestion."""

import csv
import functools
import io
import json
import tempfile
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.config.merging import merge
from jianfu.core.tables import CANONICAL as TABLES
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"
SCHEMA = ROOT / "workflow" / "schemas" / "canonical.yaml"
SAMPLE = ROOT / "tests" / "data" / "sample"


def settings(**groups):
    """Default settings with these groups laid over them."""
    return merge(_default(), groups)


@functools.cache
def _default():
    return read_yaml(ROOT / "config" / "default.yaml")


def ingest_all(folder, province, tables=TABLES):
    """All canonical tables of a province: {name: IngestResult}."""
    results, units = {}, None
    for table in tables:
        results[table] = ingest_table(table, folder, province, PLAN, SCHEMA, units)
        if table == "units":
            units = results[table].canonical.to_pandas()
    return results


@functools.cache
def sample_results():
    """The sample province as its province file describes it."""
    province = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
    return ingest_all(SAMPLE / "raw", province)


@functools.cache
def expected():
    return json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))


@functools.cache
def expected_rejects():
    with open(SAMPLE / "expected_rejects.csv", encoding="utf-8-sig", newline="") as file:
        return [
            (r["file"], r["sheet"], int(r["row"]), r["column"], r["reason"]) for r in csv.DictReader(file)
        ]


UNITS = [
    ["单位代码", "单位名称", "别名", "原代码", "县区代码", "县区名称", "所属市", "启用日期", "停用日期"],
    ["390101100", "城关镇", "", "", "390101", "甲县", "丙市", "2010-01-01", ""],
    ["390102100", "城关镇", "", "", "390102", "乙县", "丙市", "2010-01-01", ""],
    ["390101101", "河口镇", "老河口", "", "390101", "甲县", "丙市", "2010-01-01", ""],
    ["390101001", "新河口街道", "", "", "390101", "甲县", "丙市", "2010-01-01", ""],
    ["390101200", "石坪乡", "", "", "390101", "甲县", "丙市", "2010-01-01", "2024-06-30"],
    ["390101102", "石坪镇", "", "390101200", "390101", "甲县", "丙市", "2024-07-01", ""],
]


def write_csv(path, rows, encoding="utf-8", delimiter=","):
    """Rows of text as a delimited file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    Path(path).write_bytes(text.getvalue().encode(encoding))


@functools.cache
def few_units():
    """Frame of the canonical units of UNITS."""
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder) / "单位.csv", UNITS)
        return _ingest(folder, "units", [{"table": "units", "files": ["单位.csv"]}]).canonical.to_pandas()


def ingest_rows(folder, table, rows, name="数据.csv", source=None, sources=(), **groups):
    """IngestResult of one small table: ``rows`` are written as ``name`` (None: the file is there already).

    ``source`` and ``sources`` add to this source and to the list of sources; other groups are settings.
    """
    if rows is not None:
        write_csv(Path(folder) / name, rows)
    kind = {"spells": "roster"}.get(table, table)
    own = {"table": kind, "files": [name], **(source or {})}
    return _ingest(folder, table, [own, *sources], few_units(), **groups)


def _ingest(folder, table, sources, units=None, **groups):
    data = {"window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10", **groups.pop("data", {})}
    province = settings(province={"synthetic": True}, data=data, sources=sources, **groups)
    return ingest_table(table, folder, province, PLAN, SCHEMA, units)
