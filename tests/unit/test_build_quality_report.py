"""The data-quality report: offline, complete, in both languages; and the quarantine, safe to open in a spreadsheet."""

import csv
import re
from dataclasses import replace

import openpyxl
import pytest
from ingest_cases import PLAN, ROOT, SAMPLE, TABLES, expected, ingest_all, ingest_rows, sample_results

from build_quality_report import main
from jianfu.config.merging import merge
from jianfu.core.labels import Labels
from jianfu.core.wording import pad, width
from jianfu.ingest.quality import join_books
from jianfu.province.load import load_province
from jianfu.quality.facts import collect_facts
from jianfu.quality.text import summary
from jianfu.quality.words import share, span

BOOKS = ("counts", "columns", "notices")
PLANS = {name: str(PLAN / f"{name}.csv") for name in ("indicators", "labels", "headings")}
TEMPLATE = ROOT / "workflow" / "report" / "quality_report.html.jinja"
PLACES = {
    "report": "results/x/quality/quality_report.html",
    "quarantine": "results/x/restricted/quarantine",
    "to_label": "results/x/restricted/ingest/tasks_to_label.csv",
}


def _books(results, folder, sources, raw):
    """Write the tables and books of ingestion as its rules do; returns arguments of the report."""
    for table, result in results.items():
        names = ("parquet", "quarantine", *BOOKS)
        result.write(*(folder / f"{table}.{name}" for name in names), titles=folder / f"{table}.titles")
    joined = {book: folder / f"{book}.csv" for book in BOOKS}
    join_books(*([folder / f"{t}.{book}" for t in results] for book in BOOKS), raw, sources, *joined.values())
    return {
        **joined,
        "titles": folder / "tasks.titles",
        "quarantine": [folder / f"{table}.quarantine" for table in results],
        "tables": {table: str(folder / f"{table}.parquet") for table in results},
    }


@pytest.fixture(scope="module")
def settings():
    return load_province("sample", ROOT, [ROOT / "config" / "provinces"])


@pytest.fixture(scope="module")
def books(tmp_path_factory, settings):
    return _books(sample_results(), tmp_path_factory.mktemp("books"), settings["sources"], SAMPLE / "raw")


def _facts(books, settings, limit=0.05):
    return collect_facts(
        **books,
        plan=PLANS["indicators"],
        sources=settings["sources"],
        window=settings["data"]["window"],
        limit=limit,
    )


@pytest.fixture(scope="module")
def facts(books, settings):
    return _facts(books, settings)


def _report(folder, books, settings):
    main(
        **books,
        plans=PLANS,
        template=TEMPLATE,
        settings=settings,
        places=PLACES,
        report=folder / "report.html",
        summary=folder / "summary.txt",
    )
    return (folder / "report.html").read_text(encoding="utf-8"), (folder / "summary.txt").read_text(
        encoding="utf-8"
    )


def test_every_row_of_every_sheet_is_there(facts):
    for entry in facts.files:
        want = expected()["files"][entry["file"]]["sheets"][entry["sheet"]]
        assert (
            entry["rows_read"]
            == want["rows_read"]
            == sum(entry[name] for name in ("kept", "duplicate", "rejected", "nondata"))
        )
        assert entry["rejected"] == want["rejected_total"]
    assert facts.total("rows_read") == expected()["totals_all_files"]["rows_read"]
    assert sum(rows for _, rows, _ in facts.reasons) == facts.total("rejected")


def test_coverage_names_the_unlogged_unit_months(facts):
    tasks = facts.coverage["tasks"]
    missing = sum(len(months) for _, _, months in tasks["gaps"]) + 24 * len(tasks["unlogged"])
    assert tasks["total"] - tasks["logged"] == missing == 13
    assert facts.coverage["app_activity"]["gaps"] == []


def test_page_is_complete_and_offline(tmp_path, books, settings):
    page, text = _report(tmp_path, books, settings)
    assert not re.search(r"https?://|src=|@import|url\(|<script|<link", page)
    assert "合成数据 SYNTHETIC" in page and "合成数据 SYNTHETIC" in text
    for word in (
        "45,652",
        "43,765",
        "双龙新区管委会",
        "岚岭县",
        "results/x/restricted/quarantine",
        "下达时间",
    ):
        assert word in page, word
    for file in expected()["files"]:
        assert file in page
    assert page == _report(tmp_path, books, settings)[0]


def test_english_page_has_english_words_only(tmp_path, books, settings):
    page, text = _report(tmp_path, books, merge(settings, {"language": "en"}))
    assert "Data quality report" in page and "Why rows were rejected" in text
    words = set(
        re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<td.*?</td>|<p>.*?</p>|title=\".*?\"", "", page, flags=re.S))
    )
    assert words <= {"合成数据", *(c for _, c, _ in _facts(books, settings).coverage["tasks"]["counties"])}


def test_real_data_carry_no_mark(tmp_path, books, settings):
    page, text = _report(tmp_path, books, merge(settings, {"province": {"synthetic": False}}))
    assert "SYNTHETIC" not in page + text


def test_sheets_above_the_limit_are_said_first(tmp_path, books, settings):
    page, text = _report(tmp_path, books, merge(settings, {"data": {"max_reject_share": 0.02}}))
    assert "◀ 剔除率超过上限（2.0%）" in text and "及另外" in text
    assert page.index("剔除率超过上限") < page.index("为什么剔除")
    assert [len(entries) > 0 for _, entries in _facts(books, settings, 0.02).over_limit()]


def test_headings_that_were_not_recognised_are_listed(tmp_path):
    rows = [
        ["编号", "责任单位", "事项类型", "下达时间", "神秘列"],
        ["A1", "河口镇", "任务", "2024-03-01", "x"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    unmapped = result.columns[result.columns["status"] == "unmapped"]
    assert unmapped["heading"].tolist() == ["神秘列"]


def test_missing_tables_switch_indicators_off(tmp_path, settings):
    sources = [source for source in settings["sources"] if source["table"] in ("units", "app_activity")]
    results = ingest_all(SAMPLE / "raw", settings | {"sources": sources})
    books = _books(results, tmp_path, sources, SAMPLE / "raw")
    facts = _facts(books, settings | {"sources": sources})
    assert set(results) == set(TABLES)
    assert "A1_tasks" in {code for code, *_ in facts.switched_off}
    assert facts.coverage["tasks"]["unlogged"] == facts.coverage["tasks"]["months"]
    page, text = _report(tmp_path, books, settings | {"sources": sources})
    assert "所有单位都没有记录的月份：2024-01–2025-06" in text


def test_quarantine_is_safe_and_readable_in_a_spreadsheet(tmp_path):
    rows = [
        ["编号", "责任单位", "事项类型", "下达时间"],
        ["A1", '=HYPERLINK("x")', "任务", "2024-03-01"],
        ["A2", "@SUM(1)", "任务", "2024-03-01"],
        ["A3", "河口镇", "任务", "+1+1"],
        ["A4", "河口镇", "任务", "3月上旬"],
    ]
    result = ingest_rows(tmp_path, "tasks", rows)
    paths = [tmp_path / name for name in ("parquet", "quarantine.csv", *BOOKS)]
    result.write(*paths)
    assert paths[1].read_bytes().startswith(b"\xef\xbb\xbf")
    with open(paths[1], encoding="utf-8-sig", newline="") as file:
        read = list(csv.DictReader(file))
    assert list(read[0]) == ["file", "sheet", "row", "column", "reason", "value"]
    assert [(r["row"], r["reason"]) for r in read] == [
        ("2", "unknown_unit"),
        ("3", "unknown_unit"),
        ("4", "unparseable_date"),
        ("5", "unparseable_date"),
    ]
    book = openpyxl.Workbook()
    for row in read:
        book.active.append(list(row.values()))
    book.save(tmp_path / "quarantine.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "quarantine.xlsx").active
    assert all(cell.data_type != "f" for row in cells.iter_rows() for cell in row)


def test_terminal_columns_line_up():
    assert width("河口镇a") == 7
    assert pad("河口镇", 8) == "河口镇  "
    assert width(pad("很长很长很长的文件名", 10)) == 10 or pad("很长很长很长的文件名", 10).endswith("…")


def test_small_shares_and_ranges_of_months():
    assert [share(v) for v in (0, 0.0004, 0.5, 0.9996, 1)] == ["0.0%", "<0.1%", "50.0%", ">99.9%", "100.0%"]
    months = ["2024-03", "2024-01", "2024-02", "2024-12"]
    assert span(months, "、") == "2024-01–2024-03、2024-12"
    assert span(months, ", ") == "2024-01–2024-03, 2024-12"


def test_what_is_coded_from_titles_leads_to_the_sheet_of_titles(facts, settings):
    coded = {
        "table": "tasks",
        "kind": "coded_from_title",
        "file": "",
        "sheet": "",
        "column": "topic",
        "rows": 3,
    }
    labels = Labels("zh", PLAN / "labels.csv")
    own = [notice for notice in facts.notices if notice["kind"] != "coded_from_title"]
    for notices, named in ((own, False), ([*own, coded], True)):
        lines = summary(replace(facts, notices=notices), settings, labels, PLACES)
        assert any(PLACES["to_label"] in line for line in lines) == named


def test_files_named_like_those_read_that_no_source_names_are_said(facts, settings):
    """The next year's logs beside a list of this year's: nothing else tells that they were not read."""
    unused = ["督查督办台账_202507.csv", "督查督办台账_202508.csv", "通讯录.csv"]
    notices = [
        {**dict.fromkeys(facts.notices[0], ""), "kind": "unused_file", "file": file} for file in unused
    ]
    more = replace(facts, notices=[*facts.notices, *notices])
    assert more.unread() == [("督查督办台账_*.csv", 2)] and not facts.unread()
    lines = summary(more, settings, Labels("zh", PLAN / "labels.csv"), PLACES)
    place = next(n for n, line in enumerate(lines) if line.startswith("◀ 没有读的文件"))
    assert "督查督办台账_*.csv" in lines[place + 1] and not any("通讯录" in line for line in lines)


def test_agreement_with_labels_is_printed(facts, settings):
    figures = {"against": "labels", "n": 240, "kappa": 0.5, "f1": 0.8}
    rows = [
        {"column": "topic", "by": "rules", "used": False, "agreement": 0.71, **figures},
        {"column": "topic", "by": "model", "used": True, "agreement": 0.93, **figures},
    ]
    lines = summary(replace(facts, titles=rows), settings, Labels("zh", PLAN / "labels.csv"), PLACES)
    said = [line for line in lines if "240" in line]
    assert "71.0%" in said[0] and "93.0%" in said[1] and "采用" in said[1] and "采用" not in said[0]
