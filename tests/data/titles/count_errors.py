"""How often a labelled title of one event label is coded as another: config/plan/title_errors.csv.

Run from the root of the repository: .venv/bin/python tests/data/titles/count_errors.py
"""

import csv
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts"))

from jianfu.ingest.titles.coder import code_titles  # noqa: E402
from jianfu.ingest.titles.rules import load_rules  # noqa: E402

PLAN = ROOT / "config" / "plan"
LABELLED = ("cases/task-titles/titles.csv", "titles/invented.csv", "titles/further.csv", "titles/fresh.csv")


def labelled(name):
    """Rows of a file of labelled titles under tests/data."""
    with open(ROOT / "tests" / "data" / name, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counted():
    """{(label of the reader, label of the rules): titles} over all files."""
    rows = [row for name in LABELLED for row in labelled(name)]
    coded = code_titles(
        [row["title"] for row in rows], load_rules(PLAN / "titles.csv"), columns=["event_label"]
    )
    return Counter(zip((row["event_label"] for row in rows), coded["event_label"], strict=True))


if __name__ == "__main__":
    with open(PLAN / "title_errors.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["given", "coded", "titles"])
        writer.writerows((*pair, titles) for pair, titles in sorted(counted().items()))
