"""The books of all tables together, safe to open in a spreadsheet."""

import pandas as pd
import pytest
from ingest_cases import ingest_rows

from jianfu.core.frames import read_csv
from jianfu.core.spreadsheets import safe_text
from jianfu.ingest.quality import count_rows, join_books, unused_files

HEAD = ["编号", "责任单位", "事项类型", "下达时间", "退回原因"]


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        (" =1+1", "' =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("＝1+1", "'＝1+1"),
        ("+7", "+7"),
        ("-10", "-10"),
        ("文字", "文字"),
        (3, 3),
    ],
)
def test_texts_are_no_formulas(value, safe):
    assert safe_text(value) == safe


def _frame(rows, columns):
    return pd.DataFrame(rows, columns=columns)


def test_odd_cells_of_lost_rows_do_not_count(tmp_path):
    rows = [
        [*HEAD, "办结时限"],
        ["A", "河口镇", "任务", "2024-03-01", "x", "—"],
        ["A", "河口镇", "任务", "2024-03-01", "x", "/"],
        ["B", "河口镇", "任务", "2024-03-01", "x", "长期"],
        ["B", "河口镇", "会议", "2024-03-01", "x", "长期"],
        ["C", "没有的镇", "任务", "2024-03-01", "x", "—"],
        ["D", "河口镇", "任务", "2024-03-01", "x", "长期"],
    ]
    counts = ingest_rows(tmp_path, "tasks", rows).counts
    assert counts[["outcome", "reason", "column", "rows"]].to_numpy().tolist() == [
        ["kept", "", "", 2],
        ["duplicate", "", "", 1],
        ["nondata", "", "", 1],
        ["rejected", "conflicting_duplicate", "", 2],
        ["rejected", "unknown_unit", "unit_code", 1],
        ["bad_optional_value", "", "due_at", 1],
        ["null_token", "", "due_at", 1],
    ]


def test_a_row_cannot_be_lost_twice():
    place = _frame([(0, 5)], ["src", "row"])
    with pytest.raises(AssertionError):
        count_rows([], place, place.assign(column="", reason="unknown_unit"), {})


def test_books_are_joined_and_unused_files_listed(tmp_path):
    rows = [
        HEAD,
        ["A", "河口镇", "任务", "2024-03-01", "=1+1"],
        ["B", "=HYPERLINK(1)", "任务", "2024-03-01", ""],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    (tmp_path / "没有用到.csv").write_text("x", encoding="utf-8")
    books = [tmp_path / "out" / name for name in ("quarantine", "counts", "columns", "notices")]
    result.write(tmp_path / "out" / "tasks.parquet", *books)
    joined = [tmp_path / name for name in ("row_counts.csv", "columns.csv", "notices.csv")]
    sources = [{"files": ["数据.csv", "row_counts.csv", "columns.csv", "notices.csv"]}]
    join_books(*([path] for path in books[1:]), tmp_path, sources, *joined)
    assert read_csv(joined[0])["rows"].sum() == 3
    notices = read_csv(joined[2])
    assert notices.loc[notices["kind"] == "unused_file", "file"].tolist()[-1] == "没有用到.csv"
    assert (tmp_path / "out" / "quarantine").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_csv(books[0])["value"].tolist() == ["'=HYPERLINK(1)"]
    # the canonical table keeps the text as it was
    assert result.canonical["return_reason"].to_pylist() == ["=1+1"]


def test_unused_files(tmp_path):
    for name in ("a.csv", "b.csv", ".hidden", "~$a.csv"):
        (tmp_path / name).write_text("x")
    assert unused_files(tmp_path, [{"files": ["a*.csv"]}]) == ["b.csv"]


def test_written_files_are_the_same_every_time(tmp_path):
    rows = [HEAD, *([f"A{n % 7}", "河口镇", "任务", f"2024-03-{n % 28 + 1:02d}", ""] for n in range(40))]
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        result = ingest_rows(folder, "tasks", rows)
        paths = [folder / name for name in ("parquet", "quarantine", "counts", "columns", "notices")]
        result.write(*paths)
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]
