"""The sample province, ingested once per test session, and small helpers for tests of ingestion."""

import csv
import functools
import json
from pathlib import Path

from jianfu.config import load_province, merge, read_yaml
from jianfu.ingest import ingest_table

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"
SCHEMA = ROOT / "workflow" / "schemas" / "canonical.yaml"
SAMPLE = ROOT / "tests" / "data" / "sample"
TABLES = (
    "units",
    "tasks",
    "app_activity",
    "spells",
    "survey",
    "documents",
    "unit_year",
    "policies",
    "app_days",
)


def settings(**groups):
    """Default settings with these groups laid over them."""
    return merge(read_yaml(ROOT / "config" / "default.yaml"), groups)


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
