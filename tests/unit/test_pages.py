"""Rules of pages: how far a page is filled, and tables and titles of Word files that do not hold together."""

import pytest
import typst
from docx import Document
from docx.enum.style import WD_STYLE_TYPE

from jianfu.report.document.pages import filled, page_faults, table_faults, title_faults
from jianfu.report.document.word import fill_width

PAGE = """#set page(paper: "a4", margin: (top: 3cm, bottom: 2.8cm, left: 2.8cm, right: 2.6cm))
#set page(header: [head], footer: [1])
#let ink(share) = rect(width: 3cm, height: share * (29.7cm - 5.8cm), fill: luma(120), stroke: none)
"""


def test_pages_are_filled_as_far_as_their_ink_goes(tmp_path):
    """Header and page number do not count."""
    source = PAGE + "#ink(0.9)\n#pagebreak()\n#ink(0.25)\n#pagebreak()\n#hide[x]"
    (tmp_path / "pages.typ").write_text(source, encoding="utf-8")
    typst.compile(str(tmp_path / "pages.typ"), output=str(tmp_path / "pages.pdf"))
    assert filled(tmp_path / "pages.pdf", "report") == pytest.approx([0.9, 0.25, 0.0], abs=0.01)


@pytest.mark.parametrize(
    ("document", "shares", "rules"),
    [
        ("report", [0.9, 0.7, 0.1], []),
        ("report", [0.9, 0.6, 0.9], ["blank"]),
        ("brief", [0.9, 0.9, 0.1], ["blank"]),
        ("brief", [0.9, 0.9, 0.3], []),
        ("brief", [0.9] * 5, ["pages"]),
        ("report", [0.9] * 15, []),
        ("report", [0.9] * 16, ["pages"]),
        ("appendix", [0.9] * 40, []),
    ],
)
def test_pages_that_are_blank_or_too_many_are_told(document, shares, rules):
    assert [rule for rule, _ in page_faults(document, shares)] == rules


@pytest.fixture
def word():
    """A Word file with a title, its table of the width of the text, and a picture with its title."""
    document = Document()
    for name, kept in (("Table Title", True), ("Figure Picture", True), ("Figure Title", False)):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).paragraph_format.keep_with_next = kept
    document.add_paragraph("表1", style="Table Title")
    fill_width(document.add_table(2, 3), 8000)
    document.add_paragraph("", style="Figure Picture")
    document.add_paragraph("图1", style="Figure Title")
    return document


def test_a_table_whose_columns_do_not_add_up_is_told(word):
    assert list(table_faults(word)) == []
    word.tables[0].rows[1].cells[0].width = 999_999
    assert list(table_faults(word)) == [("grid", "1")]


def test_a_title_that_may_be_parted_from_its_table_is_told(word):
    assert list(title_faults(word)) == []
    word.paragraphs[0].paragraph_format.keep_with_next = False
    assert list(title_faults(word)) == [("title", "表1")]
    word.paragraphs[0].paragraph_format.keep_with_next = None
    word.paragraphs[0].insert_paragraph_before("表2", style="Table Title")
    assert list(title_faults(word)) == [("title", "表2")]
