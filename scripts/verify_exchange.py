"""Prove an exchange package that was received, and say where its plan deviates (jianfu exchange --verify).

1. Read the package as the pooling of provinces would.
2. Print its province and its seal, which the sender tells on another way.
3. List what its plan and settings change of the common plan as it stands here.

Fails with one sentence where it was tampered with, or where it holds a figure that may not leave a province.
"""

import sys
from pathlib import Path

from jianfu.config.files import read_yaml
from jianfu.core.errors import one_sentence
from jianfu.core.labels import Labels
from jianfu.core.messages import speak, spoken, system_language, words
from jianfu.province.plan import plan_content
from jianfu.province.record import departures, plan_record
from jianfu.provinces.package import read_package
from jianfu.report.document.plan_tables import deviations_rows

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "config" / "plan"


def main(path):
    """Lines for the screen."""
    default = read_yaml(ROOT / "config" / "default.yaml")
    speak(system_language())
    labels, least = Labels(spoken(), str(PLAN / "labels.csv")), default["disclosure"]["min_cell"]
    found = read_package(path, least)
    name, seal = found.manifest["name"][labels.language], found.manifest["seal"]
    common = plan_record(PLAN, plan_content(PLAN, {}, ""), default)
    common["settings"]["window"] = found.record["settings"]["window"]
    changed = deviations_rows(departures(PLAN, common, found.record), labels)
    return [
        words("exchange_proved", file=path, name=name, least=least, seal=seal),
        words("exchange_other_plan", n=len(changed)) if changed else words("exchange_same_plan"),
        *(
            "  " + words("exchange_departs", what=what, common=common, own=own)
            for what, common, own in changed
        ),
    ]


if __name__ == "__main__":
    with one_sentence():
        print(*main(sys.argv[1]), sep="\n")
