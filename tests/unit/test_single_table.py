"""One table as a Word file: its title and number, and what stands there where it is empty."""

from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.report.document.single import write_table_docx
from jianfu.report.document.word import text_width
from jianfu.report.tables.table import JOURNAL_CM, Table

ROOT = Path(__file__).parents[2]
TABLE = Table("main_regression", "主要结果", ("变量", "估计值"), (("过密化指数", "0.1"),), left=1)


@pytest.mark.parametrize(
    ("table", "own_title", "first", "tables"),
    [
        (TABLE, False, "表1　主要结果（合成数据）", 1),
        (
            replace(TABLE, title="表3　甲省的结果"),
            True,
            "表3　甲省的结果（合成数据）",
            1,
        ),  # numbered by its title
        (replace(TABLE, rows=()), False, "主要结果", 0),
    ],
)
def test_a_table_has_one_number_and_an_empty_one_a_sentence(tmp_path, table, own_title, first, tables):
    labels = Labels("zh", str(ROOT / "config" / "plan" / "labels.csv"))
    path = tmp_path / "table.docx"
    templates = ROOT / "workflow" / "report"
    write_table_docx(
        table,
        path,
        mark="合成数据",
        labels=labels,
        templates=templates,
        own_template=None,
        own_title=own_title,
        journal=None,
    )
    document = Document(str(path))
    texts = [p.text.strip("\u200b") for p in document.paragraphs if p.text.strip("\u200b")]
    assert texts[0] == first and len(document.tables) == tables
    assert tables or texts[1] == labels("need_data")


@pytest.mark.parametrize("journal, width", JOURNAL_CM.items())
def test_a_table_is_as_wide_as_the_journal_wants_it_or_refused(tmp_path, journal, width):
    options = {
        "mark": "",
        "labels": Labels("zh", str(ROOT / "config" / "plan" / "labels.csv")),
        "own_template": None,
    }
    options |= {"templates": ROOT / "workflow" / "report", "own_title": False, "journal": journal}
    write_table_docx(TABLE, tmp_path / "table.docx", **options)
    document = Document(str(tmp_path / "table.docx"))
    grid = sum(int(column.get(qn("w:w"))) for column in document.tables[0]._tbl.tblGrid)
    assert grid == text_width(document.sections[0]) == pytest.approx(width / 2.54 * 1440, abs=2)
    wide = replace(TABLE, header=tuple("abcdefgh"), rows=(("x", *["−0.123 (0.045)"] * 7),))
    if journal == "double":
        return write_table_docx(wide, tmp_path / "wide.docx", **options)
    with pytest.raises(DataError, match="8.4"):
        write_table_docx(wide, tmp_path / "wide.docx", **options)
