"""Lay two results side by side: what changed, and what can have changed it (make compare).

1. Read two finished folders of results: the released files and what they were made with.
2. Print how raw files, settings, plan, rows, indicators, indices, estimates and verdicts differ.
3. Write all of it below the later one, as comparison/<kind>.csv.

Fails with one sentence where a folder holds no finished results.
"""

import argparse
from pathlib import Path

import yaml

from jianfu.core.errors import ConfigError, one_sentence
from jianfu.core.labels import Labels
from jianfu.core.messages import speak
from jianfu.core.spelling import did_you_mean
from jianfu.core.spreadsheets import write_csv
from jianfu.province.load import language_of
from jianfu.report.compare import comparison, in_words, read_result

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"


def main(now, before):
    """Lines for the screen; ``now``, ``before``: folders of results."""
    sides = [read_result(folder) for folder in (before, now)]
    settings = yaml.safe_load((now / "provenance" / "config.yaml").read_text(encoding="utf-8"))
    labels = Labels(settings["language"], str(PLAN / "labels.csv"))
    found = comparison(*sides, PLAN)
    (now / "comparison").mkdir(exist_ok=True)
    mark = labels("synthetic_mark") if settings["province"]["synthetic"] else ""
    for name, frame in found.items():
        texts = {column: frame[column].map(" ".join) for column in ("why",) if column in frame}
        write_csv(frame.assign(**texts), now / "comparison" / f"{name}.csv", mark=mark)
    return [*in_words(found, labels), labels("compared_all", folder=str(now / "comparison"))]


def folder_of(name):
    """A folder of results by its path, or by the name that it has below results/; ConfigError where there is none."""
    found = next((path for path in (Path(name), Path("results", name)) if name and path.is_dir()), None)
    if found is None:
        known = sorted(path.name for path in Path("results").glob("*/") if path.is_dir())
        raise ConfigError("results_unknown", name=name, advice=did_you_mean(name, known))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--province", required=True)
    parser.add_argument("--vintage", required=True)
    options = parser.parse_args()
    speak(language_of(options.province, ROOT, [ROOT / "config" / "provinces"]))
    with one_sentence():
        print(*main(folder_of(options.province), folder_of(options.vintage)), sep="\n")
