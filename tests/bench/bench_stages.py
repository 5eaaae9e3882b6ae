"""What each stage of `make` took in the last run of a province, from the benchmarks that Snakemake leaves there.

A stage is a file of rules. Seconds are those of the steps one after the other; CPU seconds do not change with other
load on the machine, and the share is one of them. A step that the last run did not repeat counts with its last time.
"""

import argparse
import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECLARED = re.compile(r"benchmarks/([^\"]+)\.tsv")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("province", nargs="?", default="demo")
    folder = ROOT / "results" / parser.parse_args().province / "benchmarks"
    stages = {}
    for file in sorted(folder.glob("*.tsv")):
        with open(file, newline="") as lines:
            row = next(csv.DictReader(lines, delimiter="\t"))
        stages.setdefault(_stage(file.stem), []).append((float(row["cpu_time"]), float(row["s"]), file.stem))
    if not stages:
        raise SystemExit(f"no benchmarks in {folder}: run make first")
    everything = sum(cpu for steps in stages.values() for cpu, _, _ in steps)
    print(f"{'stage':<16}{'steps':>7}{'seconds':>10}{'CPU s':>10}{'share':>8}  slowest step")
    for stage, steps in sorted(stages.items(), key=lambda item: -_cpu(item[1])):
        seconds = sum(each for _, each, _ in steps)
        share, (cpu, _, slowest) = _cpu(steps) / everything, max(steps)
        print(
            f"{stage:<16}{len(steps):>7}{seconds:>10.1f}{_cpu(steps):>10.1f}{share:>8.1%}  {slowest} {cpu:.1f}"
        )


def _cpu(steps):
    return sum(cpu for cpu, _, _ in steps)


def _stage(name):
    """The file of rules that declares the benchmark ``name``; "" where none does any more."""
    for file in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for declared in DECLARED.findall(file.read_text(encoding="utf-8")):
            pattern = re.sub(r"\\{+[^}]*\\}+", ".+", re.escape(declared))
            if re.fullmatch(pattern, name):
                return file.stem
    return ""


if __name__ == "__main__":
    main()
