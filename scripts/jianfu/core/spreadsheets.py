"""Files that people open in a spreadsheet: the one place that writes CSV and makes workbooks.

A text that begins like a formula is run by a spreadsheet, whoever typed it in (OWASP, "CSV injection"): such texts get
an apostrophe in front. Numbers stay numbers, also those that stand as text.
"""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from pyarrow import csv as arrow_csv

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for another encoding
_UNSEEN = " \u00a0\u3000\u200b\ufeff"  # what a spreadsheet may pass over before a formula
_FORMULA = re.compile(rf"[{_UNSEEN}]*([=+\-@＝＋－＠].|[\t\r\n])", re.DOTALL)  # a sign alone is none
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?\s*")


def safe_text(value: object) -> object:
    """A cell that a spreadsheet will not run as a formula; what is no text stays as it is."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def csv_bytes(frame: pd.DataFrame, *, mark: str = "", digits: int | None = None) -> bytes:
    """A frame without its index as CSV for people: UTF-8 with byte order mark, every text and heading safe.

    mark: of synthetic data, if any; it fills a last column ``data``. digits: significant digits of fractions; without,
    as many as tell them apart.
    """
    safe = frame.assign(data=mark) if mark else frame.copy()
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        if column.dtype == object or pd.api.types.is_string_dtype(column):
            safe.isetitem(place, column.map(safe_text))
    safe.columns = [safe_text(name) for name in safe.columns]
    number = f"%.{digits}g" if digits else None
    return safe.to_csv(index=False, lineterminator="\n", float_format=number).encode("utf-8-sig")


def write_csv(frame: pd.DataFrame, path: str | Path, *, mark: str = "", digits: int | None = None) -> None:
    """The file of :func:`csv_bytes`."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(csv_bytes(frame, mark=mark, digits=digits))


def write_plan_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """A table of the plan, which rules read: as it is, also an expression that begins with a sign."""
    frame.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_long_csv(table: pa.Table, path: str | Path) -> None:
    """The same for an Arrow table of millions of rows."""
    for place, name in enumerate(table.column_names):
        if pa.types.is_string(table[name].type) or pa.types.is_large_string(table[name].type):
            coded = table[name].combine_chunks().dictionary_encode()
            texts = pa.array([safe_text(text) for text in coded.dictionary.to_pylist()], pa.string())
            table = table.set_column(place, name, pc.take(texts, coded.indices))
    table = table.rename_columns([safe_text(name) for name in table.column_names])
    with open(path, "wb") as file:
        file.write(BYTE_ORDER_MARK)
        options = arrow_csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        arrow_csv.write_csv(table, file, options)


def workbook(path: str | Path, **options) -> xlsxwriter.Workbook:
    """A new workbook in which a text is a text, whatever it begins with."""
    plain = dict.fromkeys(("strings_to_numbers", "strings_to_formulas", "strings_to_urls"), False)
    return xlsxwriter.Workbook(str(path), {**plain, **options})
