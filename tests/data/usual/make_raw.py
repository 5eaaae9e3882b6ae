"""The raw exports of the province `usual`: the sample as a usual office would have exported it (all invented).

Ledgers, registers and app sheets are written anew from the sample's canonical tables; roster, movements, survey,
documents, units and policies are what offices keep anyway and are copied. There is no yearly table.
Run from the root of the repository: .venv/bin/python tests/data/usual/make_raw.py
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from ingest_cases import SAMPLE, sample_results  # noqa: E402
from usual_exports import write_usual  # noqa: E402

from jianfu.simulate.streams import Streams  # noqa: E402

COPIED = ("乡镇街道基本信息表.xlsx", "干部花名册.xlsx", "增减员表.xlsx", "问卷数据_*.xlsx", "收发文统计_*.xls",
          "减负政策清单.csv")  # fmt: skip
EXTRACTION, SEED = "2025-07-10", 1


def write_raw(folder):
    """Write all raw files of the province to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        name: sample_results()[name].canonical.to_pandas() for name in ("tasks", "app_activity", "units")
    }
    write_usual(tables["tasks"], tables["app_activity"], tables["units"], folder, EXTRACTION, Streams(SEED))
    for pattern in COPIED:
        for file in sorted((SAMPLE / "raw").glob(pattern)):
            shutil.copyfile(file, folder / file.name)


if __name__ == "__main__":
    write_raw(Path(__file__).parent / "raw")
