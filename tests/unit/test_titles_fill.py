"""What a log without the usual flags gets from its titles, and that nothing given is ever overridden."""

import csv

import pyarrow as pa
import pytest
from ingest_cases import PLAN, SCHEMA, settings

from jianfu.ingest.tables import ingest_table
from jianfu.ingest.titles import agreement

UNITS = [["机构编码", "机构名称", "所属县", "县级代码"], ["390101101", "甲镇", "某县", "390101"]]
HEADS = ["任务编号", "任务名称", "责任单位", "交办时间"]
ROWS = [
    ["1", "关于开展安全生产检查的通知", "甲镇", "2024-03-05 15:00"],
    ["2", "请于周五前报送信访台账和照片", "甲镇", "2024-03-05 15:00"],
    ["3", "", "甲镇", "2024-03-05 15:00"],
]


def ingest(folder, heads, rows, **more):
    for name, table in (("units.csv", UNITS), ("log.csv", [heads, *rows])):
        with open(folder / name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
    province = settings(
        province={"synthetic": True},
        data={"window": ["2024-01", "2024-12"], "extraction_date": "2025-01-05", "max_reject_share": 1},
        sources=[{"table": "units", "files": ["units.csv"]}, {"table": "tasks", "files": ["log.csv"]}],
        **more,
    )
    units = ingest_table("units", folder, province, PLAN, SCHEMA).canonical.to_pandas()
    return ingest_table("tasks", folder, province, PLAN, SCHEMA, units)


def test_absent_columns_come_from_titles_and_are_marked(tmp_path):
    read = ingest(tmp_path, HEADS, ROWS[:2])
    check, report = read.canonical.to_pylist()
    assert (check["event_label"], check["topic"], check["veto_domain"]) == ("检查", "安全生产", "安全生产")
    assert (report["event_label"], report["topic"], report["is_veto"]) == ("任务", "信访", True)
    assert [report[name] for name in ("asks_table", "asks_photo", "asks_text")] == [True, True, False]
    assert str(report["due_at"]) == "2024-03-08 00:00:00"
    assert {"event_label", "topic", "is_veto", "due_at", "asks_table"} <= set(report["coded"].split())
    assert check["due_at"] is None and "due_at" not in check["coded"].split()
    assert "title" not in read.canonical.column_names


def test_what_is_coded_is_counted(tmp_path):
    read = ingest(tmp_path, HEADS, ROWS[:2])
    told = read.notices[read.notices["kind"] == "coded_from_title"].set_index("column")["rows"]
    assert told["event_label"] == 2 and told["topic"] == 2 and told["due_at"] == 1
    absent = set(read.notices.loc[read.notices["kind"] == "absent_column", "column"])
    assert not absent & set(told.index)


def test_a_row_without_title_has_no_label(tmp_path):
    read = ingest(tmp_path, HEADS, ROWS)
    assert read.canonical.num_rows == 2
    assert read.quarantine[["row", "column", "reason"]].values.tolist() == [
        [4, "event_label", "missing_required"]
    ]


@pytest.mark.parametrize("given, kept", [("任务", "任务"), ("督查", "督查")])
def test_a_given_column_is_never_overridden(tmp_path, given, kept):
    read = ingest(tmp_path, [*HEADS, "事项类型", "主题"], [[*ROWS[0], given, ""]])
    (row,) = read.canonical.to_pylist()
    assert row["event_label"] == kept and row["topic"] is None  # an empty cell is the file's own word
    assert not {"event_label", "topic"} & set(row["coded"].split())


def test_rows_that_differ_in_title_alone_are_one(tmp_path):
    heads, row = [*HEADS, "事项类型"], [*ROWS[0], "检查"]
    read = ingest(tmp_path, heads, [row, [row[0], "另一个标题", *row[2:]]])
    assert read.canonical.num_rows == 1
    assert "conflicting_duplicate" not in set(read.quarantine["reason"])


def test_rules_of_the_province_go_first(tmp_path):
    own = {"rules": [{"column": "topic", "value": "反诈", "pattern": "安全生产检查"}]}
    read = ingest(tmp_path, HEADS, ROWS[:1], titles=own)
    assert read.canonical["topic"].to_pylist() == ["反诈"]


def test_agreement_where_files_and_titles_both_say_it(tmp_path):
    rows = [[*ROWS[0], "检查"], [*ROWS[1], "任务"], ["4", "关于开展消防安全检查的通知", *ROWS[0][2:], "督查"]]
    found = ingest(tmp_path, [*HEADS, "事项类型"], rows).titles.set_index("column").loc["event_label"]
    assert found["n"] == 3 and found["agreement"] == pytest.approx(2 / 3)
    assert found["kappa"] == pytest.approx((2 / 3 - 3 / 9) / (1 - 3 / 9))


def test_numbers_of_the_files_need_no_title_beside_them(tmp_path):
    read = ingest(tmp_path, [*HEADS, "报表份数"], [[*ROWS[1], ""]])
    (row,) = read.canonical.to_pylist()
    assert row["asks_table"] is None and row["asks_photo"] is True  # the empty cell is the file's own word
    assert "asks_table" not in row["coded"].split()


def test_the_sample_of_titles_does_not_depend_on_how_rows_come(monkeypatch):
    monkeypatch.setattr(agreement, "SAMPLE", 3)
    titles = pa.array([f"第{n}批台账" for n in range(8)]).dictionary_encode()
    rows = pa.table({"event_label": ["任务", "检查"] * 4, "issue_at": pa.nulls(8, pa.timestamp("us"))})
    whole, parts = agreement.Sample(), agreement.Sample()
    whole.add(titles, rows, ["event_label"])
    for start in (0, 4):
        parts.add(titles[start : start + 4], rows.slice(start, 4), ["event_label"])
    assert len(whole.frame) == 3 and whole.frame["title"].tolist() == parts.frame["title"].tolist()
    assert whole.frame["event_label"].tolist() == parts.frame["event_label"].tolist()


def test_a_task_whose_only_date_is_in_its_title(tmp_path):
    heads = [*HEADS, "事项类型"]
    dated = ["1", "2024年3月5日县长办公会议定事项", "甲镇", "", "任务"]
    read = ingest(
        tmp_path, heads, [dated, ["2", "请于2024年3月9日前报送", "甲镇", "", "任务"], [*ROWS[1], "任务"]]
    )
    told, given = read.canonical.sort_by("task_id").to_pylist()
    assert (str(told["issue_at"]), told["issue_precision"]) == ("2024-03-05 00:00:00", "day")
    assert "issue_at" in told["coded"].split() and "issue_at" not in given["coded"].split()
    assert given["issue_precision"] == "minute" and str(given["issue_at"]) == "2024-03-05 15:00:00"
    assert read.quarantine[["row", "column", "reason"]].to_numpy().tolist() == [
        [3, "issue_at", "missing_required"]
    ]
    assert read.notices.query("kind == 'completed' and column == 'issue_at'")["rows"].tolist() == [1]
