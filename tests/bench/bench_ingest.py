"""Time of ingestion against DuckDB's own unvalidated copy of the same file, side by side; run with `make bench`.

Every measurement is a process of its own; the two take turns, so that other load on the machine meets both. The table
shows the median of the repeats: seconds, ratio to the copy, CPU seconds of each step, and the largest peak of memory.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(Path(__file__).parent)]
STEPS = ("read", "convert", "duplicates", "write")


def main():
    """Write the logs, measure, print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        _write_files(folder, options.rows, options.encodings)
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        names = ("rows", "encoding", "copy s", "ingest s", "ratio", "CPU ratio", "µs/row", "peak MB", *STEPS)
        print(*(f"{name:>10}" for name in names))
        for rows in options.rows:
            for encoding in options.encodings:
                _measure(folder, rows, encoding, options.repeats)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument("--encodings", nargs="+", default=["utf8", "gb18030"], choices=["utf8", "gb18030"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folder", help="folder with room for some 20 GB; default: that of the system")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        sys.exit()
    return options


def _write_files(folder, sizes, encodings):
    from task_log import recode, write_log, write_units

    write_units(folder / "units.csv")
    for rows in sizes:
        write_log(folder / f"{rows}_utf8.csv", rows)
        for encoding in set(encodings) - {"utf8"}:
            recode(folder / f"{rows}_utf8.csv", folder / f"{rows}_{encoding}.csv", encoding)


def _measure(folder, rows, encoding, repeats):
    """Copy (always of the UTF-8 file) and ingestion in turns; one line of the table."""
    copies, runs = [], []
    for _ in range(repeats):
        copies.append(_run("copy", folder, f"{rows}_utf8.csv"))
        runs.append(_run("ingest", folder, f"{rows}_{encoding}.csv"))
    if any(run["kept"] != rows for run in runs):
        raise SystemExit(f"not every row was kept: {runs}")
    copy, ingest = (statistics.median(run["seconds"] for run in group) for group in (copies, runs))
    cpu = statistics.median(run["cpu"] for run in runs) / statistics.median(run["cpu"] for run in copies)
    steps = (statistics.median(run["steps"][step] for run in runs) for step in STEPS)
    peak = max(run["peak"] for run in runs)
    print(
        f"{rows:>10,} {encoding:>10} {copy:>10.1f} {ingest:>10.1f} {ingest / copy:>10.2f} {cpu:>10.2f} "
        f"{ingest / rows * 1e6:>10.2f} {peak:>10.0f}",
        *(f"{seconds:>10.1f}" for seconds in steps),
        flush=True,
    )


def _run(kind, folder, file):
    output = subprocess.run(
        [sys.executable, __file__, "--child", kind, str(folder), file],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(output.stdout.splitlines()[-1])


def _child(kind, folder, file):
    start = time.perf_counter()
    result = {"copy": _copy, "ingest": _ingest}[kind](Path(folder), file)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    result.setdefault("seconds", time.perf_counter() - start)
    print(json.dumps({**result, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}))


def _copy(folder, file):
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET enable_progress_bar = false")
    start = time.perf_counter()
    connection.execute(f"COPY (SELECT * FROM read_csv('{folder / file}')) TO '{folder / 'copy.parquet'}'")
    return {"seconds": time.perf_counter() - start}


def _ingest(folder, file):
    from ingest_cases import PLAN, SCHEMA, settings

    from jianfu.ingest.tables import ingest_table

    def read(table, name, units=None):
        data = {"window": ["2022-01", "2025-12"], "extraction_date": "2026-01-10"}
        sources = [{"table": table, "files": [name]}]
        province = settings(province={"synthetic": True}, data=data, sources=sources)
        return ingest_table(table, folder, province, PLAN, SCHEMA, units, scratch=folder)

    units = read("units", "units.csv").canonical.to_pandas()
    steps = _watch_steps()
    start = time.perf_counter()
    result = read("tasks", file, units)
    names = ("tasks.parquet", "quarantine.csv", "counts.csv", "columns.csv", "notices.csv")
    result.write(*(folder / "out" / name for name in names))
    seconds = time.perf_counter() - start
    kept = int(result.counts.set_index("outcome").loc["kept", "rows"])
    return {"seconds": seconds, "kept": kept, "steps": steps}


def _watch_steps():
    """CPU seconds by step, collected while ingestion runs."""
    from jianfu.ingest import build, delimited, spill, stage, writer

    seconds, lock = dict.fromkeys(STEPS, 0.0), threading.Lock()

    def watch(owner, name, step):
        work = getattr(owner, name)

        def timed(*arguments):
            start = time.thread_time()
            try:
                return work(*arguments)
            finally:
                with lock:
                    seconds[step] += time.thread_time() - start

        setattr(owner, name, timed)

    watch(delimited, "read_block", "read")
    watch(stage._Plan, "stage", "convert")
    watch(build.Builder, "build", "convert")
    watch(spill.Spill, "write", "convert")
    watch(spill, "_gather", "duplicates")
    watch(spill, "settle", "duplicates")
    watch(writer.TableWriter, "write", "write")
    return seconds


if __name__ == "__main__":
    main()
