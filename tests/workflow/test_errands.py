"""What the manual says of changing a province's analysis, run: its examples, copied from it, on the finished sample."""

import re
import shutil
from functools import reduce

import pandas as pd
import pytest
import yaml
from conftest import ROOT, results, snakemake

from jianfu.config.merging import merge

MANUAL = ROOT / "config" / "steering.md"
TITLES = ("自己的模型、假设、检验", "自己的指标，来自自己的文件", "自己的指数，用作暴露")
OWN = "周末消息.csv"
CHANGED = ("H2_exits", "H2_linear", "P1_meaning", "P2_exits")  # models that these examples change, add or switch off


def examples():
    """The settings of the examples as one, and the sources that they add."""
    text = MANUAL.read_text(encoding="utf-8")
    blocks = [re.search(rf"^## {title}$.*?```yaml\n(.*?)```", text, re.M | re.S)[1] for title in TITLES]
    sources, plans = [], []
    for block in blocks:
        own, _, plan = block.rpartition("\nplan:") if block.startswith("  - ") else ("", "", block)
        sources += yaml.safe_load(own) or [] if own else []
        plans.append(yaml.safe_load(f"plan:{plan}" if own else plan))
    return reduce(merge, plans), sources


@pytest.fixture(scope="module")
def steered(finished, tmp_path_factory):
    """The finished sample, run once more with the examples and a file of messages by unit and month."""
    folder = tmp_path_factory.mktemp("steered") / "repository"
    shutil.copytree(finished, folder, symlinks=True)
    units = pd.read_parquet(results(folder) / "restricted" / "unit_months.parquet")[["unit_code", "month"]]
    rows = units.assign(messages=range(len(units)))
    names = {"unit_code": "单位代码", "month": "月份", "messages": "周末消息数"}
    raw = folder / "tests" / "data" / "sample" / "raw"
    rows.rename(columns=names).to_csv(raw / OWN, index=False, encoding="utf-8-sig")
    own, sources = examples()
    del own["plan"]["indices"]["OD"]  # this one is meant to move what stands on OD
    for source in sources:
        source["columns"] = {"单位代码": "unit_code", "周末消息数": "weekend"}
    file = folder / "config" / "provinces" / "sample.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["sources"] += sources
    file.write_text(yaml.safe_dump(settings | own, allow_unicode=True), encoding="utf-8")
    snakemake(folder, "--cores", "2")
    return results(folder)


def estimates(folder):
    rows = pd.read_csv(folder / "release" / "estimates.csv", encoding="utf-8-sig")
    return rows.drop(columns="p_adjusted")  # a family with one more hypothesis adjusts for it


def test_what_the_examples_ask_for_is_there(steered):
    rows = pd.read_parquet(steered / "restricted" / "estimates_full.parquet")
    fitted = set(rows.loc[rows["estimate"].notna(), "model"])
    assert {"P1_meaning", "P2_exits", "H2_exits.no_lock"} <= fitted
    assert not rows["model"].str.match(r"H2_linear|.*\.one_county_out").any()
    indicators = pd.read_parquet(steered / "restricted" / "own_indicators.parquet")
    assert set(indicators["indicator"]) == {"X1_weekend"} and indicators["value"].notna().all()
    indices = pd.read_parquet(steered / "restricted" / "indices.parquet")
    assert "SHEETS" in set(indices["index"])


def test_nothing_else_moves(steered, finished):
    """Indices and models that no example names are the same to the last digit."""
    tables = [
        pd.read_parquet(folder / "restricted" / "indices.parquet") for folder in (results(finished), steered)
    ]
    kept = tables[1][tables[1]["index"] != "SHEETS"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, tables[0].reset_index(drop=True))
    before, now = (estimates(folder).set_index(["model", "term"]) for folder in (results(finished), steered))
    untouched = [
        (model, term)
        for model, term in before.index
        if not model.startswith(CHANGED) and not model.endswith(".one_county_out")
    ]
    assert len(untouched) > 300
    pd.testing.assert_frame_equal(before.loc[untouched], now.loc[untouched])


def test_the_report_lists_what_differs(steered):
    rows = pd.read_csv(steered / "plan" / "deviations.csv", encoding="utf-8-sig", dtype=str)
    said = set(zip(rows["table"], rows["row"].fillna(""), strict=True))
    assert {"P1_meaning", "H2_exits", "H2_linear"} <= {row.split(".")[0] for table, row in said if table == "models"}
    assert (steered / "release" / "report.docx").stat().st_size > 20_000
