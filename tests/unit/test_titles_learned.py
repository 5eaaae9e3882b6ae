"""Titles labelled by a province: the sheet, what is read of it, and when a model goes before the rules."""

import csv

import pandas as pd
import pytest
from ingest_cases import PLAN

from jianfu.core.errors import DataError
from jianfu.ingest.headings import Dictionary
from jianfu.ingest.titles.learned import LEAST, TABLE, learn, predicted, read_labelled, sheet_to_label
from jianfu.ingest.titles.rules import load_rules

RULES = load_rules(PLAN / "titles.csv")
HEADINGS = Dictionary(PLAN / "headings.csv", TABLE)


def write(path, rows):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def local(n, *, agree):
    """Titles of local campaigns that no rule knows: 亮剑 is a 督查, 沐光 a 任务; ``agree``: all are 任务."""
    words = ("亮剑", "督查") if not agree else ("任务", "任务")
    rows = []
    for place in range(n):
        which = place % 2
        name = (
            ("沐光", "亮剑")[which]
            + "甲乙丙丁戊己庚辛"[place // 2 % 8]
            + "子丑寅卯辰巳午未申酉戌亥"[place // 16 % 12]
        )
        rows.append(
            (f"{name}行动{'天地玄黄宇宙洪荒'[place // 192 % 8]}的通知", words[1] if which else "任务")
        )
    return pd.DataFrame(rows, columns=["title", "event_label"])


def test_the_sheet_begins_with_what_is_common_and_uncertain():
    titles = {"关于开展安全生产检查的通知": 10, "关于某某事": 6, "请知": 1}
    sheet = sheet_to_label(titles, RULES, HEADINGS)
    assert sheet["标题"].tolist() == ["关于某某事", "关于开展安全生产检查的通知", "请知"]
    assert sheet["行数"].tolist() == [6, 10, 1] and (sheet["事项类型"] == "").all()


def test_the_sheet_names_no_person():
    titles = {"请联系13812345678报送台账": 2, "王建国": 1, "110101199003077758的补助核查": 1}
    listed = "".join(sheet_to_label(titles, RULES, HEADINGS)["标题"])
    assert "报送台账" in listed and "补助核查" in listed
    assert not any(personal in listed for personal in ("13812345678", "王建国", "110101199003077758"))


def test_a_filled_sheet_is_read_in_the_words_of_the_coder(tmp_path):
    heads = ["标题", "行数", "事项类型", "主题", "一票否决领域", "要报表", "备注"]
    first, second = ["甲", "3", "督查", "信访，减负", "无", "是", "x"], ["乙", "1", "", "", "", "0", ""]
    path = write(tmp_path / "标注.csv", [heads, first, second, ["甲", "3", "任务", "", "", "", ""]])
    frame = read_labelled(path, HEADINGS)
    first, second = frame.to_dict("records")
    assert first == {
        "title": "甲",
        "event_label": "督查",
        "topic": "信访,减负",
        "veto_domain": "",
        "asks_table": True,
    }
    assert pd.isna(second["event_label"]) and second["asks_table"] is False


@pytest.mark.parametrize(
    "rows, code",
    [
        ([["事项类型"], ["督查"]], "labels_lack_columns"),
        ([["标题", "行数"], ["甲", "1"]], "labels_lack_columns"),
        ([["标题", "要报表"], ["甲", "也许"]], "label_not_read"),
    ],
)
def test_a_sheet_that_cannot_be_read_stops(tmp_path, rows, code):
    with pytest.raises(DataError) as error:
        read_labelled(write(tmp_path / "标注.csv", rows), HEADINGS)
    assert error.value.reason.code == code


def test_a_model_takes_over_where_it_beats_the_rules_on_unseen_titles():
    models, rows = learn(local(LEAST + 40, agree=False), RULES)
    rules, model = rows
    assert (rules["by"], rules["used"], model["by"], model["used"]) == ("rules", False, "model", True)
    assert rules["agreement"] < 0.6 and model["agreement"] > 0.9
    assert predicted(models["event_label"], ["亮剑新行动的通知", ""]).tolist() == ["督查", ""]


@pytest.mark.parametrize("labels", [local(LEAST - 1, agree=False), local(LEAST + 40, agree=True)])
def test_few_labels_or_none_that_differ_leave_the_rules(labels):
    models, rows = learn(labels, RULES)
    assert not models and [(row["by"], row["used"]) for row in rows] == [("rules", True)]


def test_labels_without_a_pattern_do_not_beat_the_rules():
    """Labels at random: what a model reaches on unseen titles is chance, and the rules, which are right, stay."""
    frame = local(LEAST + 40, agree=True)
    frame["event_label"] = ["任务" if (place * 7919) % 10 else "督查" for place in range(len(frame))]
    models, rows = learn(frame, RULES)
    assert len(rows) == 2 and not models
