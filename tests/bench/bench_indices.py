"""Time and memory of the index build at the size of a large province; run with `make bench`.

Writes 1,500 units × 60 months × 40 indicators, then lets the script of the rule build the indices, and beside it only
read the same file, in turns and each in a process of its own. Limits: 5 seconds and 1 GB on a quiet machine.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
PLAN = ROOT / "config" / "plan"
INDICES = ("OD", "TR", "RG", "GAP")
WINDOW = ("2021-01", "2025-12")
SECONDS, MEGABYTES = 5, 1000


def main():
    """Write the province, measure, print the table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        folder = Path(name)
        _run("write", folder, options.units, options.indicators)
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        print(f"{options.units} units x 60 months x {options.indicators} indicators")
        runs = {kind: [] for kind in ("read", "build")}
        for _ in range(options.repeats):
            for kind, found in runs.items():
                found.append(_run(kind, folder, options.units, options.indicators))
        print(*(f"{name:>10}" for name in ("step", "seconds", "CPU s", "peak MB")))
        for kind, found in runs.items():
            seconds, cpu = (statistics.median(run[key] for run in found) for key in ("seconds", "cpu"))
            print(f"{kind:>10} {seconds:>10.2f} {cpu:>10.2f} {max(run['peak'] for run in found):>10.0f}")
        print(f"limits of the build: {SECONDS} s, {MEGABYTES} MB")


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=1500)
    parser.add_argument("--indicators", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help="folder for some 50 MB; default: that of the system")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        sys.exit()
    return options


def _codes(number):
    """The first indicators of the plan."""
    import pandas as pd

    return pd.read_csv(PLAN / "indicators.csv", encoding="utf-8-sig")["code"].tolist()[:number]


def _write(folder, units, number):
    import numpy as np
    import pandas as pd

    from jianfu.core.months import month_range

    labels, months, codes = [f"{k:09d}" for k in range(units)], month_range(*WINDOW), _codes(number)
    grid = pd.MultiIndex.from_product([labels, months], names=["unit_code", "month"]).to_frame(index=False)
    grid.assign(headcount=40).to_parquet(folder / "unit_months.parquet", index=False)
    rows = grid.loc[grid.index.repeat(len(codes))].reset_index(drop=True)
    random = np.random.default_rng(1)
    rows["indicator"] = np.tile(codes, len(grid))
    rows["value"] = random.gamma(2.0, 1.0, len(rows))
    rows.loc[random.random(len(rows)) < 0.1, "value"] = np.nan
    rows["coverage"] = 1.0
    rows.to_parquet(folder / "indicators.parquet", compression="zstd", index=False)


def _run(kind, folder, units, number):
    command = [sys.executable, __file__, "--child", kind, str(folder), str(units), str(number)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(output.stdout.splitlines()[-1])


def _child(kind, folder, units, number):
    work = {"write": _write, "read": _read, "build": _build}[kind]
    start = time.perf_counter()
    work(Path(folder), int(units), int(number))
    seconds, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": usage.ru_maxrss / 1024}))


def _read(folder, units, number):
    import pandas as pd

    pd.read_parquet(folder / "indicators.parquet")


def _build(folder, units, number):
    import build_indices

    members = [f"{INDICES[k % 4]},{code},1" for k, code in enumerate(_codes(number))]
    (folder / "members.csv").write_text("\n".join(["index,indicator,weight", *members]))
    build_indices.main(
        indicators=folder / "indicators.parquet",
        unit_months=folder / "unit_months.parquet",
        plan=PLAN / "indicators.csv",
        members=folder / "members.csv",
        reference=(WINDOW[0], "2021-12"),
        settings={"min_share": 0.6, "anchors": None, "frozen": None},
        exposure={"lags": [1, 3], "min_months": 2, "survey_months": 6, "survey_min_months": 4},
        indices=folder / "indices.parquet",
        common=folder / "indices_common.parquet",
        anchors=folder / "anchors.json",
        steps=folder,
        remarks=folder / "notices.csv",
    )


if __name__ == "__main__":
    main()
