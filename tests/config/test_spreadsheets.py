"""Every CSV and workbook is written in one place, which no spreadsheet runs as a formula."""

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from jianfu.core.spreadsheets import safe_text, workbook, write_csv, write_long_csv

SCRIPTS = Path(__file__).parents[2] / "scripts"
WRITER = "jianfu/core/spreadsheets.py"
# What writes a CSV or a workbook in Python, pandas, Arrow, Polars, DuckDB or another library.
WRITES = re.compile(
    r"to_csv|csv\.writer|DictWriter|write_csv\((?=.*arrow)|arrow_csv\.write|to_excel|ExcelWriter|xlsxwriter|xlwt"
    r"|openpyxl\.Workbook|write_excel|\bCOPY\b(?!.*parquet)|export_csv|savetxt|to_clipboard|csv\.CSVWriter"
)
HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\rx",
    "\n=1",
    "＝1",
    "\ufeff=1",
    "\u3000-x",
    "-inf",
]
HARMLESS = ["+", "-", "=", ">=", "文字", "-1.5", "+7", "1e-3", "-10%", "−0.2**", "", "a=b", "2024-01"]


def test_no_other_file_writes_csv_or_workbooks():
    found = {
        path.relative_to(SCRIPTS).as_posix(): lines
        for path in SCRIPTS.rglob("*.py")
        if (lines := [line for line in path.read_text(encoding="utf-8").splitlines() if WRITES.search(line)])
    }
    assert set(found) == {WRITER}, found
    rules = [*(SCRIPTS.parent / "workflow").rglob("*.smk"), SCRIPTS.parent / "Snakefile"]
    assert not [path for path in rules if WRITES.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    "line", ["frame.to_csv(path)", "execute('COPY t TO ...')", "book = xlsxwriter.Workbook(p)"]
)
def test_the_search_finds_other_writers(line):
    assert WRITES.search(line)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_begins_like_a_formula_gets_an_apostrophe(text):
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize("cell", [*HARMLESS, -3, 2.5, None, True])
def test_everything_else_stays(cell):
    assert safe_text(cell) is cell


def formulas(path):
    """Cells of a CSV that begin like a formula, headings included; what a spreadsheet reads as a number is none."""
    table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    begins = [
        c
        for c in table.to_numpy().ravel()
        if re.match(r"[ \u00a0\u3000\u200b\ufeff]*[=+\-@＝＋－＠\t\r\n]", c)
    ]
    return [cell for cell in begins if not re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?%?", cell)]


def test_text_categories_marks_and_headings_are_safe_and_numbers_stay(tmp_path):
    texts = [text for text in HOSTILE if "\r" not in text]
    frame = pd.DataFrame({"=heading": texts, "x": [-1.25] * len(texts)})
    frame["category"] = pd.Categorical(texts)
    frame["string"] = pd.array(texts, "string")
    write_csv(frame, tmp_path / "a.csv", mark="=mark", digits=3)
    assert not formulas(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(tmp_path / "a.csv", encoding="utf-8-sig")
    assert back["x"].tolist() == frame["x"].tolist() and back.columns[0] == "'=heading"
    assert back["data"].unique().tolist() == ["'=mark"]


def test_frames_with_equal_headings_keep_their_cells(tmp_path):
    write_csv(pd.DataFrame([["=a", "b"]], columns=["n", "n"]), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig") == "n,n\n'=a,b\n"


def test_long_tables_are_written_alike(tmp_path):
    frame = pd.DataFrame({"unit": ["=a", None, "丙,镇"], "value": [-1.5, None, 2.0]})
    write_long_csv(pa.Table.from_pandas(frame), tmp_path / "long.csv")
    text = (tmp_path / "long.csv").read_bytes().decode("utf-8")
    assert text == '\ufeff"unit","value"\n"\'=a",-1.5\n,\n"丙,镇",2\n'


def test_a_workbook_holds_texts_not_formulas(tmp_path):
    with workbook(tmp_path / "book.xlsx") as book:
        sheet = book.add_worksheet("s")
        sheet.write(0, 0, "=1+1")
        sheet.merge_range(1, 0, 1, 2, "=HYPERLINK(1)", book.add_format())
    cells = openpyxl.load_workbook(tmp_path / "book.xlsx")["s"]
    assert [cells["A1"].data_type, cells["A2"].data_type] == ["s", "s"]
