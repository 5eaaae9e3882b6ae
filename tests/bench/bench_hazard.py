"""Time and memory of the primary hazard from cells, beside other programs on rows, side by side; run with `make
bench`.

1,500 units x 36 months x 67 persons = 3.6 million person-months, unit and month effects, errors clustered by unit.
Each
measurement is a process of its own and they take turns, so that other load on the machine meets all of them:

    jianfu cells   cloglog, logit on 0.43 million cells (unit x month x cohort x sex)
    feglm rows     pyfixest's logit on the rows
    fixest rows    R's fixest (cloglog) on the rows, where R and fixest are installed

The table shows the median of the repeats: seconds of the fit alone, ratio to jianfu's cloglog, and the peak of
memory of
the whole process. The coefficients of the same link must agree.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
MONTHS, GROUPS = 36, 8
FIXEST = """
options(warn = -1); suppressMessages(library(fixest)); setFixest_nthreads(1)
d <- read.csv(commandArgs(TRUE)[1])
t <- proc.time()[[3]]
f <- feglm(y ~ x + young | unit + month, d, family = binomial("cloglog"), cluster = ~unit)
cat(proc.time()[[3]] - t, coef(f)[["x"]])
"""


def rows_of(units, persons):
    """Person-months (unit, month, group, x, young, y) as integer and float arrays in a frame."""
    rng = np.random.default_rng(1)
    n = units * MONTHS * persons
    unit = np.repeat(np.arange(units), MONTHS * persons)
    month = np.tile(np.repeat(np.arange(MONTHS), persons), units)
    group = rng.integers(0, GROUPS, n)
    x = rng.normal(size=(units, MONTHS))[unit, month]
    young = (group % 2).astype(float)
    eta = (
        -6.0
        + 0.5 * rng.normal(size=units)[unit]
        + 0.2 * rng.normal(size=MONTHS)[month]
        + 0.2 * x
        + 0.3 * young
    )
    y = (rng.random(n) < -np.expm1(-np.exp(eta))).astype(float)
    return pd.DataFrame({"unit": unit, "month": month, "group": group, "x": x, "young": young, "y": y})


def cells_of(rows):
    """The same as cells: events ``y`` in ``n`` person-months."""
    key = (rows["unit"] * MONTHS + rows["month"]) * GROUPS + rows["group"]
    first, cell = np.unique(key, return_index=True, return_inverse=True)[1:]
    cells = rows.iloc[first].reset_index(drop=True)
    return cells.assign(n=np.bincount(cell), y=np.bincount(cell, rows["y"]))


def fit_cells(path, link):
    """Seconds and coefficient of jianfu on cells; separated units go first, as in the engine."""
    from jianfu.statistics import hazard

    cells = pd.read_parquet(path)
    begin = time.perf_counter()
    arrays = [cells[name].to_numpy() for name in ("y", "n", "unit", "month")]
    keep, _ = hazard.drop_separated(arrays[0], arrays[1], {"unit": arrays[2], "month": arrays[3]})
    y, n, unit, month = (values[keep] for values in arrays)
    fitted = hazard.fit(y, n, cells[["x", "young"]].to_numpy()[keep], [unit, month], unit, link)
    assert fitted.converged
    return time.perf_counter() - begin, float(fitted.coefficients[0])


def fit_feglm(path, _):
    """Seconds and coefficient of pyfixest's feglm on rows."""
    import pyfixest

    rows = pd.read_parquet(path)
    begin = time.perf_counter()
    fitted = pyfixest.feglm("y ~ x + young | unit + month", rows, family="logit", vcov={"CRV1": "unit"})
    return time.perf_counter() - begin, float(fitted.coef()["x"])


CONTENDERS = {
    "jianfu cells cloglog": (fit_cells, "cells", "cloglog"),
    "jianfu cells logit": (fit_cells, "cells", "logit"),
    "pyfixest feglm rows logit": (fit_feglm, "rows", "logit"),
}


def child(name, folder):
    """Measure one contender in this process and print it as JSON."""
    fit, data, link = CONTENDERS[name]
    seconds, coefficient = fit(Path(folder) / f"{data}.parquet", link)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "coefficient": coefficient, "peak": peak}))


def fixest(folder):
    """Seconds and coefficient of R's fixest, or None where it is not installed."""
    if not shutil.which("Rscript"):
        return None
    ran = subprocess.run(
        ["Rscript", "-e", FIXEST, str(folder / "rows.csv")], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        return None
    seconds, coefficient = map(float, ran.stdout.split())
    return {"seconds": seconds, "coefficient": coefficient, "peak": float("nan")}


def measure(folder, repeats):
    """Results by contender, each a list over the repeats."""
    found = {}
    for _ in range(repeats):
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--child", name, str(folder)]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            found.setdefault(name, []).append(json.loads(ran.stdout.splitlines()[-1]))
        result = fixest(folder)
        if result:
            found.setdefault("R fixest rows cloglog", []).append(result)
    return found


def main():
    """Write the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=1500)
    parser.add_argument("--persons", type=int, default=67)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", RAYON_NUM_THREADS="1")
    if options.child:
        child(*options.child)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        rows = rows_of(options.units, options.persons)
        rows.to_parquet(folder / "rows.parquet")
        cells_of(rows).to_parquet(folder / "cells.parquet")
        if shutil.which("Rscript"):
            rows.to_csv(folder / "rows.csv", index=False)
        load = f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
        print(f"{len(rows):,} person-months; {load}")
        del rows
        found = measure(folder, options.repeats)
    base = statistics.median(one["seconds"] for one in found["jianfu cells cloglog"])
    print(f"{'':28}{'seconds':>10}{'ratio':>8}{'peak MB':>10}{'coefficient':>14}")
    for name, results in found.items():
        seconds = statistics.median(one["seconds"] for one in results)
        peak = max(one["peak"] for one in results)
        print(
            f"{name:28}{seconds:>10.2f}{seconds / base:>8.1f}{peak:>10.0f}{results[0]['coefficient']:>14.6f}"
        )
    for link in ("cloglog", "logit"):
        values = [one[0]["coefficient"] for name, one in found.items() if name.endswith(link)]
        assert max(values) - min(values) < 1e-4, f"{link}: the coefficients differ: {values}"


if __name__ == "__main__":
    main()
