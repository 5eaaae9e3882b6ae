"""Stage by stage beside what one would write otherwise, on task logs of a given length; `make bench ROWS=2000000`.

Stages: `ingest` (raw text to a typed, checked table), `ingest_gb18030` (the same from that encoding) and `indicators`
(that table to all indicators by unit and month). Peers, on the same files in the same run: DuckDB's own unvalidated
copy, pandas by chunks, Polars where it is installed; as indicators they make two counts and one mean. Every
measurement is a process of its own. Prints seconds, CPU seconds (which other load on the machine hardly changes), the
ratios of both to DuckDB, time per row, peak of memory and, for ingestion, CPU seconds by step. Every row is stored with
the date in docs/benchmark.csv as soon as it is measured, in place of an earlier one. Says beforehand what disk it needs
and deletes at once what nothing reads any more.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(Path(__file__).parent)]
TABLE = ROOT / "docs" / "benchmark.csv"
MEASURES = ("seconds", "ratio", "cpu_seconds", "cpu_ratio", "us_per_row", "peak_mb")
COLUMNS = ("rows", "stage", "who", *MEASURES, "cores", "date")
STEPS = ("read", "convert", "duplicates", "write")
WINDOW = ["2022-01", "2025-12"]
PEERS = ("duckdb", "jianfu", "pandas", "polars")  # DuckDB first: the others are compared with its copy
DISK = 300  # bytes for a row: text 157, typed rows 107, tables 27
CHUNK = 500_000  # rows that pandas takes at a time
TIMES = ("下达时间", "办结时限", "办结时间")


def main():
    """Write the logs, measure, print and store the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        print(*(f"{column:>15}" for column in COLUMNS[:-2]))
        for rows in options.rows:
            _check_disk(folder, rows)
            for found in _measure(folder, rows):
                _store(found)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument(
        "--folder", help="folder with room: 0.3 GB for every million rows; default: that of the system"
    )
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        sys.exit()
    return options


def _check_disk(folder, rows):
    needed, free = rows * DISK / 1e9, shutil.disk_usage(folder).free / 1e9
    print(f"{rows} rows need {needed:.1f} GB of disk; {free:.1f} GB are free", flush=True)
    if free < needed:
        raise SystemExit("not enough: name a folder with more room (--folder)")


def _measure(folder, rows):
    """Yields the rows of the table, printed as they come."""
    from task_log import recode, write_log, write_units

    write_units(folder / "units.csv")
    write_log(folder, f"{rows}_utf8", rows)
    bases = {}  # of every stage, what DuckDB needs
    for who in PEERS:
        if not find_spec(who):
            continue
        for stage in ("ingest", "indicators"):
            found = _run(stage, who, folder, rows)
            yield _row(rows, stage, who, found, bases.setdefault(stage, found))
        for file in folder.glob(f"{rows}_{who}*"):
            file.unlink()
    for file in sorted(folder.glob(f"{rows}_utf8_*")):
        recode(file, folder / file.name.replace("utf8", "gb18030"), "gb18030")
        file.unlink()
    found = _run("ingest_gb18030", "jianfu", folder, rows)
    yield _row(rows, "ingest_gb18030", "jianfu", found, bases["ingest"])
    for file in folder.glob(f"{rows}_*"):
        file.unlink()


def _row(rows, stage, who, found, base):
    measures = {
        **found,
        "ratio": found["seconds"] / base["seconds"],
        "cpu_ratio": found["cpu_seconds"] / base["cpu_seconds"],
        "us_per_row": found["seconds"] / rows * 1e6,
    }
    row = (str(rows), stage, who, *(f"{measures[measure]:.2f}" for measure in MEASURES))
    steps = [f"{name} {value:.1f}" for name, value in found.get("steps", {}).items()]
    print(*(f"{cell:>15}" for cell in row), *steps, flush=True)
    return (*row, str(os.cpu_count()), date.today().isoformat())


def _store(found):
    """Put a row into the table in docs/ in place of an earlier one of its size, stage and peer."""
    kept = []
    if TABLE.is_file():
        with open(TABLE, encoding="utf-8", newline="") as file:
            kept = [tuple(row) for row in list(csv.reader(file))[1:] if tuple(row[:3]) != found[:3]]
    table = sorted([*kept, found], key=lambda row: (int(row[0]), row[1], PEERS.index(row[2])))
    with open(TABLE, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *table])


def _run(stage, who, folder, rows):
    output = subprocess.run(
        [sys.executable, __file__, "--child", stage, who, str(folder), str(rows)],
        capture_output=True,
        text=True,
    )
    if output.returncode:
        raise SystemExit(f"{stage} by {who} failed:\n{output.stderr}")
    return json.loads(output.stdout.splitlines()[-1])


def _child(stage, who, folder, rows):
    folder, encoding = Path(folder), "gb18030" if stage.endswith("gb18030") else "utf8"
    work = {"ingest": INGEST, "indicators": INDICATORS}[stage.removesuffix("_gb18030")][who]
    result = work(folder, f"{rows}_{encoding}", int(rows))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "peak_mb": peak}))


def timed(work):
    """Seconds and CPU seconds (of all threads) of a call, as the result of a child."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}


# --- jianfu ----------------------------------------------------------------------------------------------------


def _read(folder, table, sources, units=None):
    from ingest_cases import PLAN, SCHEMA, settings

    from jianfu.ingest.tables import ingest_table

    data = {"window": WINDOW, "extraction_date": "2026-01-10"}
    province = settings(province={"synthetic": True}, data=data, sources=sources)
    return ingest_table(table, folder, province, PLAN, SCHEMA, units, scratch=folder)


def _ingest(folder, name, rows):
    units = _read(folder, "units", [{"table": "units", "files": ["units.csv"]}]).canonical.to_pandas()
    steps = _watch_steps()

    def work():
        result = _read(folder, "tasks", [{"table": "tasks", "files": [f"{name}_*.csv"]}], units)
        books = (
            folder / f"{rows}_jianfu_{book}.csv" for book in ("quarantine", "counts", "columns", "notices")
        )
        result.write(folder / f"{rows}_jianfu_tasks.parquet", *books)
        kept = int(result.counts.groupby("outcome")["rows"].sum()["kept"])
        if kept != rows:
            raise SystemExit(f"{kept} rows kept of {rows}")

    return {**timed(work), "steps": steps}


def _indicators(folder, name, rows):
    """All indicators of the plan that a task log alone allows."""
    from ingest_cases import PLAN, settings

    from jianfu.core.calendar import calendar_of
    from jianfu.core.tables import MEASURED
    from jianfu.indicators.evaluation import evaluate
    from jianfu.indicators.plan import read_plan
    from jianfu.indicators.unit_months import build_unit_months, logged_months
    from jianfu.indicators.views import Means

    tables = {
        table: folder / f"{rows}_jianfu_{table}.parquet" for table in {*MEASURED, "spells", "app_activity"}
    }
    units = _read(folder, "units", [{"table": "units", "files": ["units.csv"]}])
    for table in tables.keys() - {"tasks"}:
        read = units if table == "units" else _read(folder, table, [], units.canonical.to_pandas())
        read.write(tables[table], *(folder / f"{rows}_jianfu_{table}_{n}.csv" for n in range(4)))
    tables = {table: str(path) for table, path in tables.items()}
    people = _read(folder, "spells", [], units.canonical.to_pandas()).canonical.to_pandas()
    calendar, plan = calendar_of(settings()["calendar"]), read_plan(PLAN / "indicators.csv")
    measured = {table: path for table, path in tables.items() if table in MEASURED}

    def work():
        logged = logged_months(tables["tasks"], tables["app_activity"])
        frame = build_unit_months(units.canonical.to_pandas(), people, *logged, WINDOW, calendar)
        evaluate(measured, frame, plan, calendar, WINDOW, WINDOW, settings()["exclude"], Means(2)).long()

    return timed(work)


def _watch_steps():
    """CPU seconds by step, collected while ingestion runs."""
    from jianfu.ingest import build, delimited, spill, stage, writer

    seconds, lock = dict.fromkeys(STEPS, 0.0), threading.Lock()

    def watch(owner, name, step):
        work = getattr(owner, name)

        def timed_work(*arguments):
            start = time.thread_time()
            try:
                return work(*arguments)
            finally:
                with lock:
                    seconds[step] += time.thread_time() - start

        setattr(owner, name, timed_work)

    watch(delimited, "read_block", "read")
    watch(stage._Plan, "stage", "convert")
    watch(build.Builder, "build", "convert")
    watch(spill.Spill, "write", "convert")
    watch(spill, "_gather", "duplicates")
    watch(spill, "settle", "duplicates")
    watch(writer.TableWriter, "write", "write")
    return seconds


# --- what one would write otherwise ----------------------------------------------------------------------------


def _duckdb(query):
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET enable_progress_bar = false")
    return timed(lambda: connection.execute(query).fetchall())


def _duckdb_copy(folder, name, rows):
    return _duckdb(f"COPY (FROM read_csv('{folder / name}_*.csv')) TO '{folder / f'{rows}_duckdb.parquet'}'")


def _duckdb_indicators(folder, name, rows):
    return _duckdb(
        f"""SELECT 单位代码, date_trunc('month', 下达时间), count(*), sum(报表数), avg(办结时限 - 下达时间::DATE)
        FROM '{folder / f"{rows}_duckdb.parquet"}' GROUP BY ALL"""
    )


def _pandas_copy(folder, name, rows):
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    def work():
        writer, options = None, {"parse_dates": list(TIMES), "dtype": {"单位代码": str}}
        files = sorted(folder.glob(f"{name}_*.csv"))
        for chunk in (c for file in files for c in pd.read_csv(file, chunksize=CHUNK, **options)):
            table = pa.Table.from_pandas(chunk, schema=writer and writer.schema, preserve_index=False)
            writer = writer or pq.ParquetWriter(folder / f"{rows}_pandas.parquet", table.schema)
            writer.write_table(table)
        writer.close()

    return timed(work)


def _pandas_indicators(folder, name, rows):
    import pandas as pd

    def work():
        frame = pd.read_parquet(folder / f"{rows}_pandas.parquet", columns=["单位代码", *TIMES, "报表数"])
        frame["allowed"] = (frame["办结时限"] - frame["下达时间"].dt.normalize()).dt.days
        keys = ["单位代码", frame["下达时间"].dt.to_period("M")]
        frame.groupby(keys).agg(n=("报表数", "size"), forms=("报表数", "sum"), allowed=("allowed", "mean"))

    return timed(work)


def _polars_copy(folder, name, rows):
    import polars as pl

    def work():
        frame = pl.scan_csv(folder / f"{name}_*.csv", try_parse_dates=True, infer_schema_length=10_000)
        frame.sink_parquet(folder / f"{rows}_polars.parquet")

    return timed(work)


def _polars_indicators(folder, name, rows):
    import polars as pl

    def work():
        issued, due = pl.col("下达时间"), pl.col("办结时限")
        frame = pl.scan_parquet(folder / f"{rows}_polars.parquet")
        allowed = (due.cast(pl.Date) - issued.cast(pl.Date)).dt.total_days().mean()
        keys = ["单位代码", issued.dt.truncate("1mo").alias("month")]
        frame.group_by(keys).agg(pl.len(), pl.col("报表数").sum(), allowed.alias("allowed")).collect()

    return timed(work)


INGEST = {"jianfu": _ingest, "duckdb": _duckdb_copy, "pandas": _pandas_copy, "polars": _polars_copy}
INDICATORS = {
    "jianfu": _indicators,
    "duckdb": _duckdb_indicators,
    "pandas": _pandas_indicators,
    "polars": _polars_indicators,
}


if __name__ == "__main__":
    main()
