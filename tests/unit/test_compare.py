"""Two results side by side: what changed, and what is named as its cause."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_fakes
import yaml
from province_cases import ROOT
from test_report import markdown, no_pictures, settings

import compare_results
from jianfu.config.overlay import read_plan_file
from jianfu.core.content import file_digest
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.labels import Labels
from jianfu.models.reasons import because
from jianfu.province.plan import plan_content
from jianfu.province.record import plan_record
from jianfu.release.manifest import NAME
from jianfu.release.vintage import AS_BEFORE
from jianfu.report.compare import comparison, in_words, read_result
from jianfu.report.document.plan_tables import touched_by
from jianfu.report.document.steering import before_after_table
from jianfu.report.reading import read_estimates

COMMON = {"version": 1, "digest": "0" * 64, "edited": False}
PLAN = ROOT / "config" / "plan"


def record(folder, overlay=None, code="a", inputs=None, **changed):
    """Store what a run was made with, as rule record_provenance does."""
    common = read_plan_file(ROOT / "config" / "default.yaml") | settings() | changed
    found = plan_record(PLAN, plan_content(PLAN, overlay or {}, ""), common)
    (folder / "provenance" / "plan.json").write_text(
        json.dumps({"common": COMMON, **found}), encoding="utf-8"
    )
    run = {"seed": 1, "code": code, "inputs": {"tasks.csv": "1"} if inputs is None else inputs}
    (folder / "provenance" / "run.json").write_text(json.dumps(run), encoding="utf-8")


def whole(folder):
    """What a whole run ends with: the digests of what is released."""
    files = {file.relative_to(folder / "release"): file for file in (folder / "release").rglob("*.csv")}
    digests = {name.as_posix(): file_digest(file) for name, file in files.items()}
    kept = folder / "provenance"
    parts = {"settings": file_digest(kept / "config.yaml"), "plan": file_digest(kept / "plan.json")}
    (folder / "release" / NAME).write_text(json.dumps({"files": digests, **parts}), encoding="utf-8")


@pytest.fixture
def sides(tmp_path):
    """Two folders of the same results."""
    one = report_fakes.write(tmp_path / "one", settings(), no_pictures)
    record(one)
    whole(one)
    return one, tmp_path / shutil.copytree(one, tmp_path / "two")


def compared(sides):
    """Both as whole runs made them."""
    for side in sides:
        whole(side)
    return comparison(*map(read_result, sides), PLAN)


def test_results_of_a_part_of_a_run_are_no_reason_to_say_that_nothing_else_changed(sides):
    """As after `make models` with other settings: estimates are new, and the record is that of the run before."""
    change(sides[1], estimate=0.5)
    found = comparison(*map(read_result, sides), PLAN)
    assert found["record"].to_numpy().tolist() == [["two", 1, "estimates.csv"]]
    assert {*found["estimates"]["why"].map(tuple)} == {("record",)} and found["plan"].empty
    said = in_words(found, Labels("zh", str(PLAN / "labels.csv")))
    assert said[0].startswith("two的结果和运行记录不是同一次整个运行做的（1个文件不一致，如estimates.csv）")
    assert not [line for line in said if line in ("设置和方案：没有变化", "原始文件：没有变化")]
    assert "指标：没有变化" in said
    record(sides[1], {"models": {"H2_exits": {"controls": ["cohort"]}}})  # as of a run that stopped
    found = comparison(*map(read_result, sides), PLAN)
    assert found["record"].to_numpy().tolist() == [["two", 2, "estimates.csv"]] and len(found["plan"])
    record(sides[1])
    assert in_words(compared(sides), Labels("zh", str(PLAN / "labels.csv")))[0] == "设置和方案：没有变化"


def test_values_of_units_that_moved_are_counted_with_their_months(sides):
    """What an export corrects afterwards: a task of the last month that was open is finished in the next one."""
    for folder, late in zip(sides, (0.25, 0.5), strict=True):
        (folder / "restricted").mkdir(exist_ok=True)
        rows = [(unit, f"2024-{month:02d}") for unit in "ab" for month in (1, 2, 3)]
        frame = pd.DataFrame(rows, columns=["unit_code", "month"])
        last = (frame["month"] == "2024-03") & (frame["unit_code"] == "a")
        late = frame.assign(indicator="D8_late", value=last.map({True: late, False: 0.1}))
        other = frame.assign(indicator="A12_open", value=last.map({True: None, False: 2.0}).astype(float))
        pd.concat([late, other]).to_parquet(folder / "restricted" / "indicators.parquet")
    index = frame.assign(index="OD", value=1.0)
    index.to_parquet(sides[0] / "restricted" / "indices.parquet")
    more = pd.concat([index.assign(value=1.0 + 1e-12), index.assign(month="2024-04")])
    more.loc[more["month"] == "2024-02", "value"] = [np.nan, 2.0]
    more.to_parquet(sides[1] / "restricted" / "indices.parquet")
    found = compared(sides)
    assert found["values"].to_numpy().tolist() == [
        ["OD", "", "2024-02", "2024-02", 2, 6],
        ["D8_late", "", "2024-03", "2024-03", 1, 6],
    ]
    said = in_words(found, Labels("zh", PLAN / "labels.csv"))
    assert "  D8_late：6个值中1个变了，2024-03至2024-03" in said


def change(folder, **columns):
    """Other figures of H2_exits."""

    def changed(frame):
        for name, value in columns.items():
            frame.loc[frame["model"] == "H2_exits", name] = value
        return frame

    report_fakes.write_estimates(changed(read_estimates(folder / "release")), folder / "release")


def test_the_same_results_do_not_differ(sides):
    assert all(frame.empty for frame in compared(sides).values())


def test_a_changed_model_is_named_as_the_cause_of_its_estimate_alone(sides):
    record(sides[1], {"models": {"H2_exits": {"controls": ["cohort"]}}})
    change(sides[1], estimate=0.5)
    found = compared(sides)
    assert found["plan"][["table", "row", "field"]].to_numpy().tolist() == [
        ["models", "H2_exits", "controls"]
    ]
    rows = found["estimates"]
    assert set(rows["model"]) == {"H2_exits"} and set(rows["quantity"]) == {"estimate"}
    assert (rows["now"] == 0.5).all() and rows["why"].tolist() == [["plan:models.H2_exits"]] * len(rows)


def test_another_definition_of_exits_is_named_wherever_exits_stand_in_the_formula():
    formulas = {
        "H2_exits": "cloglog(voluntary ~ OD | unit + month)",
        "H24_outcome.year_before": "ols(outcome_before ~ late_z + outflow_z | unit + year)",
        "H25_burnout": "ols(burnout ~ OD | unit + wave; weights staying)",
        "H1_burnout": "ols(burnout ~ OD | unit + wave)",
        "H14_formal": "segmented(A2_checks ~ month)",
    }
    rows = pd.DataFrame(
        {"model": [*formulas], "specification": [*formulas.values()], "exposure": None, "outcome": "y"}
    )
    for table, row in (("exits", ""), ("events", "select"), ("upward", ""), ("secondment", "within")):
        assert touched_by(table, row, rows).tolist() == [True, True, True, False, False]
    assert touched_by("cohorts", "85后", rows).sum() == 0


def test_files_settings_and_programme_are_causes_of_everything(sides):
    record(sides[1], code="b", inputs={"tasks.csv": "2", "new.csv": "1"}, exposure={"lags": [1, 6]})
    change(sides[1], n_used=7)
    found = compared(sides)
    assert found["inputs"].to_numpy().tolist() == [["new.csv", "added"], ["tasks.csv", "changed"]]
    assert all(why == ["settings", "inputs", "code"] for why in found["estimates"]["why"])


def test_estimates_that_decide_a_hypothesis_come_first_and_figures_have_names(sides):
    frame = read_estimates(sides[1] / "release")
    report_fakes.write_estimates(frame.assign(estimate=frame["estimate"] + 1, n_used=7), sides[1] / "release")
    found = compared(sides)
    rows, plan = found["estimates"], read_result(sides[0]).hypotheses
    lines = set(zip(plan["model"], plan["term"], strict=True))
    kinds = [
        2 if (row.model, row.term) not in lines else int(row.quantity != "estimate")
        for row in rows.itertuples()
    ]
    assert kinds == sorted(kinds) and {*kinds} == {0, 1, 2}
    said = in_words(found, Labels("zh", str(PLAN / "labels.csv")), most=len(rows))
    assert any("观测数：" in line for line in said) and not any("n_used" in line for line in said)


def test_indices_are_compared_in_the_months_that_both_have(sides):
    path = sides[1] / "release" / "figures" / "index_over_time.csv"
    frame = pd.read_csv(path, encoding="utf-8-sig")
    later = frame.assign(month=frame["month"].str.replace("20", "21", n=1))
    pd.concat([frame, later]).to_csv(path, index=False, encoding="utf-8-sig")
    assert compared(sides)["indices"].empty
    frame.loc[0, "mean"] += 1
    frame.to_csv(path, index=False, encoding="utf-8-sig")
    (row,) = compared(sides)["indices"].to_dict("records")
    assert row["month"] == frame.loc[0, "month"] and row["now"] == pytest.approx(row["before"] + 1)


def test_rows_left_out_and_what_is_left_of_the_sample_are_listed(sides):
    """An excluded county takes answers of the survey away, of which the rows read say nothing."""
    flow, out = (sides[1] / "release" / name for name in ("figures/sample_flow.csv", "tables/left_out.csv"))
    frame = pd.read_csv(flow, encoding="utf-8-sig")
    before = frame.loc[0, "n"]
    frame.loc[0, "n"] -= 40
    frame.to_csv(flow, index=False, encoding="utf-8-sig")
    more = pd.DataFrame([("counties", "乙县", "survey", 40, 900, "shown")], columns=pd.read_csv(out).columns)
    pd.concat([pd.read_csv(out, encoding="utf-8-sig"), more]).to_csv(out, index=False, encoding="utf-8-sig")
    found = compared(sides)
    (row,) = found["sample"].to_dict("records")
    assert row["step"] == frame.loc[0, "step"] and (row["before"], row["now"]) == (before, before - 40)
    (row,) = found["left_out"].to_dict("records")
    assert (row["value"], row["table"], row["now"]) == ("乙县", "survey", 40) and found["rows"].empty
    assert "counties 乙县 问卷：无 → 40" in "\n".join(in_words(found, Labels("zh", str(PLAN / "labels.csv"))))


def test_two_results_that_leave_nothing_out_are_compared(sides):
    for side in sides:
        path = side / "release" / "tables" / "left_out.csv"
        pd.read_csv(path, encoding="utf-8-sig").head(0).to_csv(path, index=False, encoding="utf-8-sig")
    found = compared(sides)
    assert all(frame.empty for frame in found.values())
    assert {"value", "table", "before", "now"} <= {*found["left_out"]}


def test_a_verdict_that_changes_is_listed(sides):
    strong = {
        "estimate": 0.5,
        "std_error": 0.05,
        "ci_low": 0.4,
        "ci_high": 0.6,
        "p_value": 1e-9,
        "p_adjusted": 1e-9,
    }
    change(sides[0], **strong, converged=True, vcov="CR2", n_clusters=90)
    change(sides[1], **{**strong, "p_adjusted": 0.5}, converged=True, vcov="CR2", n_clusters=90)
    (row,) = compared(sides)["verdicts"].to_dict("records")
    assert (row["hypothesis"], row["before"], row["now"]) == ("H2", "supported", "inconclusive")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_is_said_in_words_and_written(sides, language):
    record(sides[1], {"indices": {"OD": {"A1_tasks": 2}}}, code="b", language=language)
    change(sides[1], estimate=0.5)
    labels = Labels(language, str(PLAN / "labels.csv"))
    text = "\n".join(in_words(compared(sides), labels))
    assert "H2_exits" in text and labels("cause_code") in text and "OD.A1_tasks" in text
    lines = compare_results.main(sides[1], sides[0])
    assert str(sides[1] / "comparison") in lines[-1]
    written = {path.stem for path in (sides[1] / "comparison").glob("*.csv")}
    assert written == set(compared(sides))


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(DataError, match="no finished results|不是运行完的结果"):
        read_result(tmp_path)


def test_what_the_gate_took_over_is_no_result_after_the_change(sides):
    rows = read_estimates(sides[1] / "release")
    taken = rows["model"] == "H2_exits"
    rows["reasons"] = [
        [*own, because(AS_BEFORE)] if now else own for own, now in zip(rows["reasons"], taken, strict=True)
    ]
    report_fakes.write_estimates(rows, sides[1] / "release")
    labels = Labels("zh", str(PLAN / "labels.csv"))
    table = before_after_table(*map(read_result, sides), labels)
    row = next(row for row in table.rows if row[0] == "H2")
    assert row[5:] == ("沿用前一次", "—", "—") and row[2] != "沿用前一次"


def test_the_report_shows_main_results_before_and_after(sides):
    strong = {
        "estimate": 0.5,
        "std_error": 0.05,
        "ci_low": 0.4,
        "ci_high": 0.6,
        "p_value": 1e-9,
        "p_adjusted": 1e-9,
    }
    change(sides[1], **strong, converged=True, vcov="CR2", n_clusters=90, n_used=4321)
    for language, verdict in (("zh", "支持"), ("en", "Supported")):
        labels = Labels(language, str(PLAN / "labels.csv"))
        table = before_after_table(*map(read_result, sides), labels)
        row = next(row for row in table.rows if row[0] == "H2")
        assert row[5:] == ("0.500\n[0.400, 0.600]", "4,321", verdict)
        assert {"H1", "H2", "H3"} <= {row[0] for row in table.rows}
    path = sides[1] / "provenance" / "config.yaml"
    stored = yaml.safe_load(path.read_text(encoding="utf-8"))
    for folder, shown in ((None, False), (str(sides[0]), True)):
        stored["report"]["compared_with"] = folder
        path.write_text(yaml.safe_dump(stored, allow_unicode=True), encoding="utf-8")
        text, tables = markdown(sides[1])
        assert ("before_after" in [table.name for table in tables]) is shown
        assert ("改变前后的主要结果见" in text) is shown


def test_another_cut_of_the_cohort_in_question_is_told_beside_before_and_after(sides):
    labels = Labels("zh", str(PLAN / "labels.csv"))
    assert len(before_after_table(*map(read_result, sides), labels).notes) == 1
    record(sides[1], {"cohorts": {"95后": 1995}})
    (_, note) = before_after_table(*map(read_result, sides), labels).notes
    assert "前一次是90后（1990—1999年出生），这一次是90后（1990—1994年出生）" in note
    off = dict.fromkeys(("70后及以前", "80后", "90后", "00后"), False)
    record(sides[1], {"cohorts": off | {"35岁以上": None, "35岁以下": 1990}, "focus": "35岁以下"})
    (_, note) = before_after_table(*map(read_result, sides), labels).notes
    assert "这一次是35岁以下（1990年及以后出生）" in note


def test_results_that_are_not_there_are_told_with_the_nearest_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("anhui", "anhui-2024"):
        (tmp_path / "results" / name).mkdir(parents=True)
    assert compare_results.folder_of("anhui-2024") == Path("results", "anhui-2024")
    assert compare_results.folder_of(str(tmp_path)) == tmp_path
    with pytest.raises(ConfigError, match="no results called 'anhui2024'.*did you mean 'anhui-2024'"):
        compare_results.folder_of("anhui2024")
    with pytest.raises(ConfigError, match="no results called ''"):
        compare_results.folder_of("")
