"""Databases as sources: a PostgreSQL server that the tests start, DuckDB and SQLite files; one sentence on failure."""

import logging
import re
import sqlite3
import sys
import types
from datetime import date, datetime
from decimal import Decimal

import duckdb
import psycopg
import pytest
from ingest_cases import PLAN, ROOT, SAMPLE, SCHEMA, few_units, sample_results, settings
from postgres import PASSWORD, server

from jianfu.core.errors import DataError
from jianfu.core.sources import query_names
from jianfu.ingest import database
from jianfu.ingest.headings import Dictionary, Matcher, read_header
from jianfu.ingest.readers import read_file
from jianfu.ingest.schema import load_tables
from jianfu.ingest.tables import ingest_table
from jianfu.province.load import load_province

TASKS = [
    ("A", "河口镇", "任务", datetime(2024, 3, 1, 16), date(2024, 3, 4), Decimal("3.00"), True),
    ("B", "甲县城关镇", "检查", datetime(2024, 3, 2), None, None, False),
    ("C", "不存在镇", "检查", datetime(2024, 3, 2), None, Decimal("2.5"), None),
]
QUERY = 'select * from 台账 order by "编号"'


@pytest.fixture(scope="module")
def postgres():
    """Address of a running server with the table 台账 and the sample's tasks as tables of text."""
    try:
        context = server()
        address = context.__enter__()
    except LookupError as reason:
        pytest.skip(str(reason))
    try:
        with psycopg.connect(address) as connection:
            connection.execute(
                "create table 台账 (编号 text, 责任单位 varchar(40), 事项类型 text, 下达时间 timestamp, 办结时限 date, "
                "报表数 numeric(8, 2), 是否一票否决 boolean)"
            )
            connection.cursor().executemany("insert into 台账 values (%s, %s, %s, %s, %s, %s, %s)", TASKS)
        yield address
    finally:
        context.__exit__(None, None, None)


def _source(table="tasks", query=QUERY, **entry):
    entry = entry or {"url_env": "JIANFU_TEST_URL"}
    return {"table": table, "database": {**entry, "query": query}}


def _ingest(source, folder=None):
    data = {"window": ["2024-01", "2024-12"], "extraction_date": "2025-01-10"}
    province = settings(province={"synthetic": True}, data=data, sources=[source])
    return ingest_table("tasks", folder, province, PLAN, SCHEMA, few_units())


def _check_tasks(result, name):
    """What every kind of database must make of TASKS."""
    columns = [
        "task_id",
        "unit_code",
        "event_label",
        "issue_at",
        "issue_precision",
        "due_at",
        "n_table",
        "is_veto",
    ]
    assert [tuple(row.values()) for row in result.canonical.select(columns).to_pylist()] == [
        ("A", "390101101", "任务", datetime(2024, 3, 1, 16), "minute", datetime(2024, 3, 4), 3.0, True),
        ("B", "390101100", "检查", datetime(2024, 3, 2), "day", None, None, False),
    ]
    assert result.quarantine.to_numpy().tolist() == [[name, "", 3, "unit_code", "unknown_unit", "不存在镇"]]
    assert result.counts.groupby("outcome")["rows"].sum().to_dict() == {
        "kept": 2,
        "duplicate": 0,
        "rejected": 1,
        "nondata": 0,
    }


def test_server_with_typed_columns(postgres, monkeypatch):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres)
    _check_tasks(_ingest(_source()), "JIANFU_TEST_URL/tasks")


@pytest.mark.parametrize("prefix", ["postgres", "postgresql+psycopg", "kingbase", "adbc+postgresql"])
def test_server_under_other_names(postgres, monkeypatch, prefix):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres.replace("postgresql", prefix, 1))
    _check_tasks(_ingest(_source()), "JIANFU_TEST_URL/tasks")


def test_relatives_of_postgresql_name_their_version_otherwise(postgres, monkeypatch):
    """KingbaseES answers version() with a text that the library cannot read; nothing may depend on it."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database kingbase")
    address = postgres.replace("/postgres", "/kingbase")
    with psycopg.connect(address) as connection:
        connection.execute(
            "create or replace function pg_catalog.version() returns text language sql as "
            "$$select 'KingbaseES V008R006C008B0014 on x86_64-pc-linux-gnu, 64-bit'$$"
        )
        assert connection.execute("select version()").fetchone()[0].startswith("KingbaseES")
    monkeypatch.setenv("JIANFU_TEST_URL", address)
    query = "select '甲' as 编号, '河口镇' as 责任单位, '任务' as 事项类型, date '2024-03-01' as 下达时间"
    assert _ingest(_source(query=query)).canonical["task_id"].to_pylist() == ["甲"]


def test_server_that_stores_gbk(postgres, monkeypatch):
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "create database old encoding 'EUC_CN' lc_collate 'C' lc_ctype 'C' template template0"
        )
    address = postgres.replace("/postgres", "/old")
    with psycopg.connect(address, client_encoding="utf8") as connection:
        connection.execute("create table 台账 (编号 text, 责任单位 text, 事项类型 text, 下达时间 text)")
        connection.execute("insert into 台账 values ('A', '河口镇', '任务', '2024年3月1日')")
    monkeypatch.setenv("JIANFU_TEST_URL", address)
    assert _ingest(_source()).canonical["unit_code"].to_pylist() == ["390101101"]


def test_percent_signs_and_colons_are_no_placeholders(postgres, monkeypatch):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres)
    query = "select * from 台账 where 责任单位 like '%镇%' and 编号::text <> ':x';"
    assert _ingest(_source(query=query)).counts["rows"].sum() == 3


def test_the_session_can_only_read(postgres, monkeypatch):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("create sequence counter")
    with pytest.raises(DataError, match="stopped the query .SQLSTATE 25006."):
        _ingest(_source(query="select nextval('counter') as 编号"))


def test_sample_tasks_from_a_server_equal_those_from_files(postgres, monkeypatch):
    """The task log and the inspection record, loaded as they stand in the files, give the same canonical table."""
    expected = sample_results()["tasks"]
    with psycopg.connect(postgres) as connection:
        tables = _load_sample_tasks(connection)
    monkeypatch.setenv("JIANFU_TEST_URL", postgres)
    units = sample_results()["units"].canonical.to_pandas()
    sources = [_source(query=f"select * from {table} order by file, sheet, record") for table in tables]
    province = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
    result = ingest_table("tasks", None, {**province, "sources": sources}, PLAN, SCHEMA, units)
    keep = [name for name in expected.canonical.column_names if name != "task_id"]
    order = [("unit_code", "ascending"), ("issue_at", "ascending"), ("task_id", "ascending")]
    ours, theirs = (r.canonical.sort_by(order) for r in (result, expected))
    log = [not (t or "").startswith(("JIANFU", "检查调研")) for t in ours["task_id"].to_pylist()]
    assert ours.num_rows == theirs.num_rows and sum(log) > 500
    assert ours.filter(log).equals(theirs.filter(log))
    # rows without a number of their own are named after their place, which differs; the rest is equal
    content = [(name, "ascending") for name in keep]
    assert ours.select(keep).sort_by(content).equals(theirs.select(keep).sort_by(content))
    names = {f"JIANFU_TEST_URL/tasks-{number}" for number in range(1, len(tables) + 1)}
    assert set(result.counts["file"]) == names


def _load_sample_tasks(connection):
    """Tables of text, one for every set of headings among the sample's task files; rows below the headings only."""
    known = load_tables(SCHEMA, PLAN / "scales.yaml")["tasks"].known
    matcher = Matcher(Dictionary(PLAN / "headings.csv", "tasks"), {}, known)
    tables = {}
    for path in sorted((SAMPLE / "raw").glob("[督检][查查][督调]*")):
        for sheet in (sheet.whole() for sheet in read_file(path, path.name)):
            header = read_header(sheet, matcher) if sheet.visible else None
            if not header:
                continue
            names = tuple(column.heading for column in header.columns)
            if names not in tables:
                tables[names] = f"raw{len(tables)}"
                columns = ", ".join(f'"{name}" text' for name in names)
                connection.execute(
                    f"create table {tables[names]} ({columns}, file text, sheet text, record int)"
                )
            cells = [sheet.filled(column.place, header.bottom).to_pylist() for column in header.columns]
            rows = [
                (*row, path.name, sheet.name, number)
                for number, row in enumerate(zip(*cells, strict=True))
                if number >= header.bottom
            ]
            marks = ", ".join(["%s"] * (len(names) + 3))
            connection.cursor().executemany(f"insert into {tables[names]} values ({marks})", rows)
    return list(tables.values())


# --- files -------------------------------------------------------------------------------------------------------


def test_duckdb_file(tmp_path):
    with duckdb.connect(str(tmp_path / "省.duckdb")) as connection:
        connection.execute(
            "create table 台账 (编号 text, 责任单位 text, 事项类型 text, 下达时间 timestamp, 办结时限 date, "
            "报表数 decimal(8, 2), 是否一票否决 boolean)"
        )
        connection.executemany("insert into 台账 values (?, ?, ?, ?, ?, ?, ?)", TASKS)
    _check_tasks(_ingest(_source(file="省.duckdb"), tmp_path), "省.duckdb/tasks")


def _sqlite(path):
    connection = sqlite3.connect(path)
    connection.execute(
        "create table 台账 (编号, 责任单位, 事项类型, 下达时间, 办结时限, 报表数, 是否一票否决)"
    )
    rows = [
        (*row[:3], *(v if v is None else str(v) for v in row[3:5]), v and float(v), w) for *row, v, w in TASKS
    ]
    connection.executemany("insert into 台账 values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def test_sqlite_file_of_any_name(tmp_path):
    _sqlite(tmp_path / "省 库?.et")
    _check_tasks(_ingest(_source(file="省 库?.et"), tmp_path), "省 库?.et/tasks")


def test_batches_are_one_table(tmp_path, monkeypatch):
    """Row numbers run on from batch to batch, and the books know one table."""
    _sqlite(tmp_path / "a.db")
    entry = _source(file="a.db")["database"]
    sheets = list(database.batches(entry, tmp_path / "a.db", "a.db/tasks", size=2))
    assert [(sheet.start, sheet.height) for sheet in sheets] == [(0, 2), (2, 1)]
    monkeypatch.setattr(database.batches, "__defaults__", (2,))
    _check_tasks(_ingest(_source(file="a.db"), tmp_path), "a.db/tasks")


def test_a_query_without_rows_is_an_empty_table(tmp_path):
    _sqlite(tmp_path / "a.db")
    result = _ingest(_source(file="a.db", query="select * from 台账 where 1 = 0"), tmp_path)
    assert result.canonical.num_rows == 0 and result.counts["rows"].sum() == 0


def test_canonical_names_are_known_headings(tmp_path):
    _sqlite(tmp_path / "a.db")
    query = 'select "编号" task_id, "责任单位" AS UNIT_NAME, "事项类型" event_label, "下达时间" issue_at from 台账'
    assert _ingest(_source(file="a.db", query=query), tmp_path).canonical.num_rows == 2


def test_names_of_queries():
    entry = {"url_env": "U", "query": "q"}
    sources = [
        {"table": "tasks", "database": entry},
        {"table": "units", "files": ["x"]},
        {"table": "tasks", "database": entry},
        {"table": "ledger", "database": {"file": "a.db", "query": "q"}},
    ]
    assert query_names(sources) == ["U/tasks-1", None, "U/tasks-2", "a.db/ledger"]


# --- failures ----------------------------------------------------------------------------------------------------


def _fails(caplog, source, folder=None):
    """The one sentence; it and the log hold neither password nor address."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(DataError) as error:
        _ingest(source, folder)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".")
    assert error.value.__suppress_context__ or error.value.__context__ is None
    for secret in (PASSWORD, "s3cret", "127.0.0.1"):
        assert secret not in text + caplog.text
    return text


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (None, "the environment variable JIANFU_TEST_URL is not set"),
        ("just text s3cret", "is no address of a database"),
        ("nosuch://u:s3cret@host/x", "kind of database that is not known"),
        ("postgresql://u:s3cret@127.0.0.1:1/x", "does not answer or refuses the login"),
        ("mysql+pymysql://u:s3cret@127.0.0.1/x", "library pymysql is not installed"),
        ("adbc+snowflake://u:s3cret@127.0.0.1/x", "library adbc_driver_snowflake is not installed"),
        ("postgresql://u:s3cret@127.0.0.1:port/x", "is no address of a database"),
    ],
)
def test_wrong_addresses(caplog, monkeypatch, url, sentence):
    monkeypatch.delenv("JIANFU_TEST_URL", raising=False)
    if url:
        monkeypatch.setenv("JIANFU_TEST_URL", url)
    text = _fails(caplog, _source())
    assert text.startswith("JIANFU_TEST_URL/tasks: ") and sentence in text


def test_wrong_password(postgres, caplog, monkeypatch):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres.replace(PASSWORD, "s3cret"))
    assert "refuses the login" in _fails(caplog, _source())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("select 编好 from 台账", 'query is wrong: column "编好" does not exist'),
        ("select * from 没有", 'query is wrong: relation "没有" does not exist'),
        ("selec * from 台账", "query is wrong: syntax error"),
        ("set search_path = public", "query is wrong: syntax error"),
        # the server's own text names the value that it could not read
        ("select 责任单位::int as 编号 from 台账", "stopped the query .SQLSTATE 22P02."),
        ("select timestamp 'infinity' as 下达时间", "cast unusual columns to text"),
    ],
)
def test_wrong_queries_on_a_server(postgres, caplog, monkeypatch, query, sentence):
    monkeypatch.setenv("JIANFU_TEST_URL", postgres)
    text = _fails(caplog, _source(query=query))
    assert re.search(sentence, text) and "河口镇" not in text


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_wrong_queries_of_a_file(tmp_path, caplog, kind):
    _sqlite(tmp_path / "a.sqlite")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("create table 台账 as select '河口镇' as 责任单位")
    for query in ("select 编好 from 台账", "select * from 没有", "selec * from 台账"):
        assert "the query is wrong: " in _fails(caplog, _source(file=f"a.{kind}", query=query), tmp_path)
    text = _fails(caplog, _source(file=f"a.{kind}", query="delete from 台账"), tmp_path)
    assert "河口镇" not in text


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("duckdb", "copy 台账 to '{}'"),
        ("duckdb", "attach '{}'"),
        ("duckdb", "export database '{}'"),
        ("duckdb", "select * from read_text('{}/../secret.csv')"),
        ("duckdb", "set enable_external_access = true"),
        ("sqlite", "vacuum into '{}'"),
        ("sqlite", "attach '{}' as b"),
    ],
)
def test_a_query_reaches_no_other_file(tmp_path, caplog, kind, query):
    _sqlite(tmp_path / "a.sqlite")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("create table 台账 as select '河口镇' as 责任单位")
    (tmp_path / "secret.csv").write_text("x\n")
    query = query.format(tmp_path / "out.file")
    assert "河口镇" not in _fails(caplog, _source(file=f"a.{kind}", query=query), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.duckdb", "a.sqlite", "secret.csv"]


def test_files_that_are_no_database(tmp_path, caplog):
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0 and then nothing")
    (tmp_path / "b.db").write_text("text")
    assert "query" in _fails(caplog, _source(file="a.db"), tmp_path)
    assert "neither a DuckDB nor a SQLite" in _fails(caplog, _source(file="b.db"), tmp_path)
    assert "cannot be opened" in _fails(caplog, _source(file="c.db"), tmp_path)


def test_required_columns_that_a_query_lacks(tmp_path, caplog):
    _sqlite(tmp_path / "a.db")
    text = _fails(caplog, _source(file="a.db", query='select "编号", "责任单位" from 台账'), tmp_path)
    assert "a.db/tasks: no column for event_label, issue_at of tasks" in text


def test_odbc(monkeypatch):
    """Any ODBC driver through pyodbc: the text behind 'odbc:' is its connection string."""
    path_of = {}

    def connect(text, readonly):
        path_of["text"], path_of["readonly"] = text, readonly
        connection = sqlite3.connect(":memory:")
        connection.execute(
            "create table 台账 as select 'A' as 编号, '河口镇' as 责任单位, '任务' as 事项类型"
        )
        return connection

    monkeypatch.setitem(sys.modules, "pyodbc", types.SimpleNamespace(connect=connect))
    monkeypatch.setenv("JIANFU_TEST_URL", "odbc:DRIVER={DM8};SERVER=x;PWD=s3cret")
    query = "select *, '2024-03-01' as 下达时间 from 台账"
    assert _ingest(_source(query=query)).canonical["task_id"].to_pylist() == ["A"]
    assert path_of == {"text": "DRIVER={DM8};SERVER=x;PWD=s3cret", "readonly": True}
