"""How often a title of one event label is coded as another at first sight: config/plan/title_errors.csv.

Run from the root of the repository: .venv/bin/python tests/data/titles/count_errors.py
"""

import csv
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PLAN = ROOT / "config" / "plan"
LABELLED = ("cases/task-titles/titles.csv", "titles/invented.csv", "titles/further.csv", "titles/fresh.csv")


def labelled(name):
    """Rows of a file of labelled titles under tests/data."""
    with open(ROOT / "tests" / "data" / name, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counted():
    """{(label of the reader, label of the rules before they knew the title): titles}: rows with ``seen_as``."""
    return Counter(
        (row["event_label"], row["seen_as"]) for row in labelled("titles/fresh.csv") if row["seen_as"]
    )


if __name__ == "__main__":
    with open(PLAN / "title_errors.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["given", "coded", "titles"])
        writer.writerows((*pair, titles) for pair, titles in sorted(counted().items()))
