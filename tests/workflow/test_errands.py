"""What the manual says of changing a province's analysis, run: its examples, copied from it, on the finished sample."""

import re
import shutil
from functools import reduce

import openpyxl
import pandas as pd
import pytest
import yaml
from conftest import ROOT, results, snakemake

from jianfu.config.merging import merge
from jianfu.report.compare import comparison, read_result

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


# ------------------------------------------------------------------------- errands of the manual, each alone and no
# further than what it changes: the province file is the sample's with the example of the manual in it

SAMPLE = "config/provinces/sample.yaml"
RESTRICTED = "results/sample/restricted"


def blocks(title):
    """The YAML examples of a section of the manual, in order."""
    text = MANUAL.read_text(encoding="utf-8")
    section = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
    return re.findall(r"```yaml\n(.*?)```", section, re.S)


@pytest.fixture(scope="module")
def desk(finished, tmp_path_factory):
    """A copy of the finished sample, whose province file each errand writes anew."""
    folder = tmp_path_factory.mktemp("desk") / "repository"
    shutil.copytree(finished, folder, symlinks=True)
    return folder


def errand(folder, finished, own, *targets, columns=None, arguments=()):
    """Run ``targets`` with the settings ``own`` in the file of the sample, and what its sources say beside theirs.

    columns: {table: (columns, types)} added to the sources of these tables.
    """
    settings = yaml.safe_load((finished / SAMPLE).read_text(encoding="utf-8"))
    for table, (headings, types) in (columns or {}).items():
        source = next(source for source in settings["sources"] if source["table"] == table)
        source |= {"columns": source.get("columns", {}) | headings} | ({"types": types} if types else {})
    text = yaml.safe_dump(merge(settings, own), allow_unicode=True, sort_keys=False)
    (folder / SAMPLE).write_text(text, encoding="utf-8")
    done = snakemake(folder, "--cores", "2", *arguments, *targets)
    return done.stdout + done.stderr


def jobs(said):
    """Names of the rules that a run went through, or would."""
    return set(re.findall(r"^(?:local)?rule (\w+):", said, re.M)) - {"all"}


def table(folder, name):
    return pd.read_parquet(results(folder) / "restricted" / f"{name}.parquet")


def add_columns(path, header, columns):
    """Further columns of a workbook: {heading: function from the cells of a row to its value}, headings in a row.

    Rows that were exported twice are alike in them, too.
    """
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for heading, value in columns.items():
        place = sheet.max_column + 1
        sheet.cell(header, place, heading)
        for row in range(header + 1, sheet.max_row + 1):
            if str(sheet.cell(row, 1).value or "").strip().replace(".0", "").isdigit():
                sheet.cell(row, place, value([cell.value for cell in sheet[row]]))
    book.save(path)


def test_errand_1_counties_and_topics_are_left_out_and_counted(desk, finished):
    own = yaml.safe_load(blocks("只看一部分")[0])["exclude"]
    units, tasks = table(finished, "canonical/units"), table(finished, "canonical/tasks")
    gone = units.loc[units["county_name"] == units["county_name"].iloc[0]]
    own = {
        "counties": [gone["county_name"].iloc[0]],
        "unit_types": own["unit_types"],
        "topics": [tasks["topic"].mode()[0]],
    }
    folder = f"{RESTRICTED}/used"
    targets = [f"{folder}/{name}.parquet" for name in ("units", "spells")]
    errand(desk, finished, {"exclude": own}, *targets, f"{RESTRICTED}/publish/left_out.parquet")
    used = table(desk, "used/units")
    assert not set(used["unit_type"]) & {"街道"} and not set(used["unit_code"]) & set(gone["unit_code"])
    out = table(desk, "publish/left_out").set_index(["kind", "value", "table"])["rows"]
    assert out[("topics", own["topics"][0], "tasks")] == (tasks["topic"] == own["topics"][0]).sum()
    assert out[("counties", own["counties"][0], "units")] == len(gone)
    assert len(table(desk, "used/spells")) < len(table(finished, "canonical/spells"))


def test_errand_2_other_cohorts_and_bands_make_other_cells_of_the_same_months(desk, finished):
    before = table(finished, "hazard_cells")
    for number, cohorts in enumerate(
        [{"70后及以前", "80后", "85后", "90后", "95后", "00后"}, {"35岁以上", "35岁以下"}]
    ):
        own = yaml.safe_load(blocks("出生年代、任职分组、什么算离开")[number])
        errand(desk, finished, own, f"{RESTRICTED}/hazard_cells.parquet")
        cells = table(desk, "hazard_cells")
        assert set(cells["cohort"]) == cohorts and cells["n"].sum() == before["n"].sum()
        assert not list((results(desk) / "restricted" / "used").iterdir())  # of errand 1, which is no longer asked for
        same = cells["voluntary"].sum() == before["voluntary"].sum()
        assert same == (number == 1)  # transfers to the county are no exits in the first example
    young = before.loc[before["cohort"].isin(["90后", "00后"])]
    assert (
        cells.loc[cells["cohort"] == "35岁以下", ["n", "voluntary"]].sum() == young[["n", "voluntary"]].sum()
    ).all()


def test_errand_4_a_column_of_the_roster_parts_the_cells_and_moves_none(desk, finished):
    """`是否驻村`, as the manual writes it."""
    text = MANUAL.read_text(encoding="utf-8")
    (columns, types) = (
        yaml.safe_load(re.search(rf"`{key}: (\{{[^`]*own_resident[^`]*\}})`", text)[1])
        for key in ("columns", "types")
    )
    raw = desk / "tests" / "data" / "sample" / "raw" / "干部花名册.xlsx"
    add_columns(raw, 3, {"是否驻村": lambda cells: "是" if ord(cells[1][-1]) % 3 else "否"})
    names = ("hazard_cells", "hazard_own", "survey_scores")
    errand(
        desk, finished, {}, *(f"{RESTRICTED}/{n}.parquet" for n in names), columns={"roster": (columns, types)}
    )
    pd.testing.assert_frame_equal(table(desk, "hazard_cells"), table(finished, "hazard_cells"))
    own, before = table(desk, "hazard_own"), table(finished, "hazard_cells")
    assert own["own_resident"].nunique() == 2 and own["n"].sum() == before["n"].sum()
    scores = table(desk, "survey_scores")
    assert scores["own_resident"].nunique() == 2
    pd.testing.assert_frame_equal(scores.drop(columns="own_resident"), table(finished, "survey_scores"))


def test_errand_7_an_own_scale_is_scored_and_no_other_score_moves(desk, finished):
    _, _, plan = blocks("自己的量表")[0].rpartition("\nplan:")
    own = yaml.safe_load(f"plan:{plan}")
    own["plan"].pop("models")
    items = own["plan"]["scales"]["strain"]["items"]
    for wave in (1, 2):
        raw = desk / "tests" / "data" / "sample" / "raw" / f"问卷数据_第{wave}次.xlsx"
        add_columns(raw, 1, {f"睡眠{k}": lambda cells, k=k: 1 + (int(cells[6] or 0) + k) % 5 for k, _ in enumerate(items)})
    columns = {f"睡眠{k}": item for k, item in enumerate(items)}
    errand(desk, finished, own, f"{RESTRICTED}/survey_scores.parquet", columns={"survey": (columns, {})})
    scores, answers = table(desk, "survey_scores"), table(desk, "canonical/survey")
    assert scores["strain"].notna().mean() > 0.9 and scores["strain"].between(1, 5).all()
    first = answers[items].dropna().iloc[0]
    wanted = (first.iloc[0] + (6 - first.iloc[1]) + first.iloc[2]) / 3  # the second item is reversed
    assert scores["strain"].round(9).isin([round(wanted, 9)]).any()
    others = [c for c in table(finished, "survey_scores") if c in scores and c not in items]
    pd.testing.assert_frame_equal(scores[others], table(finished, "survey_scores")[others])


def test_errand_8_two_results_are_laid_side_by_side(steered, finished):
    """What the examples changed is listed, and the estimates that moved are those of the models that they name."""
    found = comparison(read_result(results(finished)), read_result(steered), ROOT / "config" / "plan")
    assert found["inputs"].to_numpy().tolist() == [[OWN, "added"]]
    assert {"X1_weekend", "P1_meaning", "H2_linear"} <= {row.split(".")[0] for row in found["plan"]["row"]}
    assert set(found["rows"]["table"]) == {"own_messages", "all"} and found["sample"].empty
    assert found["indices"].empty and set(found["indicators"]["code"]) == {"X1_weekend"}
    moved = found["estimates"]
    named = moved["model"].str.startswith(CHANGED) | moved["model"].str.endswith((".one_county_out", ".no_lock"))
    assert named.all() and len(moved)


def test_errand_8_further_months_move_no_value_of_earlier_ones(desk, finished):
    """A window that ends earlier, then the finished one: the anchors are those of the first months."""
    own = {"data": {"window": ["2024-01", "2025-03"]}}
    errand(desk, finished, own, f"{RESTRICTED}/indices.parquet")
    for name, code in (("indices", "index"), ("indicators", "indicator")):
        before, now = (table(folder, name) for folder in (desk, finished))
        pairs = before.merge(now, on=["unit_code", "month", code], suffixes=("_before", "_now"))
        assert before["month"].max() == "2025-03" < now["month"].max() and len(pairs) == len(before)
        pd.testing.assert_series_equal(pairs["value_before"], pairs["value_now"], check_names=False)


def test_errand_9_a_figure_a_table_and_a_section_less_run_nothing_else(finished, tmp_path):
    folder = tmp_path / "repository"
    shutil.copytree(finished, folder, symlinks=True)
    own = yaml.safe_load(blocks("一张图、一张表")[0])
    made = ("forest.png", "dose_response.png", "main_regression.docx")
    said = errand(folder, finished, own, *(f"results/sample/own/{name}" for name in made))
    assert jobs(said) == {"draw_own_forest", "draw_own_dose_response", "tabulate_own"}
    assert all((results(folder) / "own" / name).stat().st_size > 5_000 for name in made)
    said = errand(folder, finished, {"report": {"without": ["scenarios"]}}, arguments=("--dry-run",))
    assert jobs(said) == {"record_provenance", "render_report", "write_manifest"}


def test_errand_10_two_provinces_are_put_together(desk, finished):
    """What the manual's command runs: each province as it would be alone, then what both say together."""
    (desk / "config" / "provinces" / "other.yaml").write_text((desk / SAMPLE).read_text(encoding="utf-8"), encoding="utf-8")
    said = snakemake(desk, "--dry-run", "--cores", "1", "provinces", province="sample,other").stdout
    assert {"pool_provinces", "render_provinces"} <= jobs(said)
    read = re.search(r"^rule pool_provinces:\n    input: (.*)$", said, re.M)[1]
    assert all(f"results/{name}/release/exchange/{name}.zip" in read for name in ("sample", "other"))
