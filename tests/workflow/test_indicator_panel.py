"""A province file with nothing but an indicator panel runs by the start program, also after a run that was killed."""

import re
import subprocess
import sys

import pandas as pd
from conftest import ROOT, copy_repository

PROVINCE = """
province: {{name: {{en: Districts}}}}
indicators:
  data: {data}/districts.csv
  unit: district
  structure: {data}/districts_structure.csv
"""


def test_a_province_with_nothing_but_a_panel(tmp_path):
    folder = copy_repository(tmp_path)
    text = PROVINCE.format(data=ROOT / "tests" / "data" / "indicators")
    (folder / "config" / "provinces" / "own.yaml").write_text(text, encoding="utf-8")
    first = _run(folder, "indices")
    needs = r"最大的一步（build_panel）约需内存 1\.5 GB，全部结果约写磁盘 0\.1 GB；现在可用 .* GB 和 .* GB。"
    begin = f"(共 1 步。\n{needs}|{needs}\n共 1 步。)"  # two threads speak
    assert re.match(f"{begin}\n指标和指数：已完成 1/1 步，用了 .*。\n完成，用了", first)
    assert "results/own/release/panel/aggregated.csv" in first
    panel = folder / "results" / "own" / "release" / "panel"
    index = pd.read_csv(panel / "aggregated.csv", encoding="utf-8-sig").query("code == 'services'")["value"]
    assert len(index) == 24 and abs(index.mean()) < 0.2 and index.std() > 0.3
    (folder / ".snakemake" / "locks").mkdir(exist_ok=True)
    (folder / ".snakemake" / "locks" / "0.output.lock").write_text(str(panel / "anchors.json") + "\n")
    again = _run(folder, "all")
    assert again.startswith("上一次运行被中断；已清除它留下的锁，接着做。\n没有要做的：结果都是最新的。\n")


def _run(folder, command):
    """What the start program says; it must succeed and leave the error channel empty."""
    arguments = ["run" if command == "all" else command, "own", "--cores", "1"]
    done = subprocess.run(
        [sys.executable, "jianfu.py", *arguments], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
