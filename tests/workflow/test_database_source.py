"""A province with a table behind an address: read, left alone, read again when asked; the address stays secret."""

import json
import sqlite3

import pytest
import yaml
from conftest import copy_repository, snakemake

TABLE = "results/base/restricted/canonical/tasks.parquet"
RUN = "results/base/provenance/run.json"
SECRET = "s3cret"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A copy of the repository with a province whose tasks stand in a database."""
    (tmp_path / "repository").mkdir()
    folder = copy_repository(tmp_path / "repository")
    database = tmp_path / f"{SECRET}.db"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "create table 台账 as select 'A' 编号, '小沟庄镇' 责任单位, '任务' 事项类型, '2024-03-01' 下达时间"
        )
    # the address is that of a file here, so that no server is needed; the variable is not one of jianfu's own
    monkeypatch.setenv("BASE_URL", f"sqlite:///{database}?timeout=5")
    province = yaml.safe_load((folder / "config/provinces/sample.yaml").read_text(encoding="utf-8"))
    entry = {"url_env": "BASE_URL", "query": "select * from 台账"}
    province["sources"] = [s for s in province["sources"] if s["table"] != "tasks"]
    province["sources"].append({"table": "tasks", "database": entry})
    _write(folder, province)
    return folder, province


def _write(folder, province):
    text = yaml.safe_dump(province, allow_unicode=True)
    (folder / "config/provinces/base.yaml").write_text(text, encoding="utf-8")


def test_database_source(repository):
    folder, province = repository
    run = [TABLE, RUN, "--cores", "1"]
    snakemake(folder, *run, province="base")
    record = json.loads((folder / RUN).read_text(encoding="utf-8"))
    assert record["queries"] == {"BASE_URL/tasks": "select * from 台账"}
    assert "乡镇街道基本信息表.xlsx" in record["inputs"]
    again = snakemake(folder, *run, "--dry-run", province="base")
    assert "Nothing to be done" in again.stdout + again.stderr
    forced = snakemake(folder, *run, "--dry-run", "--forcerun", "ingest_table", province="base")
    assert "ingest_table" in forced.stdout + forced.stderr
    _write(folder, {**province, "data": {**province["data"], "extraction_date": "2025-07-20"}})
    later = snakemake(folder, *run, "--dry-run", province="base")
    assert "ingest_table" in later.stdout + later.stderr
    for root in (folder / "results", folder / ".snakemake"):
        for path in root.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
