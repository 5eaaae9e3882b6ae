"""A user's own tables, read as they are: the panel of indicators and the tables of models_on; no value is cleaned.

Formats by the ending of the file: csv (UTF-8 or GB18030; comma, semicolon or tab), xlsx and xls (first visible sheet),
parquet, Stata (dta), SPSS (sav, zsav). :func:`read_table` gives the cells, :func:`numbers` those of a column that must
be numbers, :func:`read_analysis_table` a table whose columns say themselves what they hold.
"""

import codecs
import csv
import io
import itertools
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import python_calamine
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from jianfu.core.errors import DataError
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.readers import read_file
from jianfu.ingest.sheet import HEAD_ROWS
from jianfu.ingest.stage import is_total

MOST_LEVELS = 100  # a categorical term with more levels is an identifier
WORDS = [
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
]
WORDS += ["NULL", "NaN", "None", "n/a", "nan", "null"]  # a missing value, as programs write it
FIRST, LONG = 3, 30  # columns of names in which a total says so, and characters that it does not have
MISSING = {"", ".", "..", "..."} | {word.lower() for word in WORDS}  # in a column of numbers
BARE = re.compile(r"[\d.,+\-．，＋－−]+")  # a number without words around it
QUANTITY = re.compile(
    r"[(¥￥$€£]?[+\-−–]?[¥￥$€£]?\d[\d ,']*(?:\.\d+)?\s*[%‰]?\)?"
)  # what people read as a number


def read_table(path, texts=None, rows=None, labels=False, wanted=()):
    """The table in ``path`` as a frame; columns named in ``texts`` (None: all) are text, empty text = missing.

    ``rows`` = 0: the columns only. ``labels``: columns of Stata and SPSS with value labels are categories.
    ``wanted``: names among the headings; rows above those that name more of them are titles, as in a yearbook. The
    index counts rows from the first one of the file below its first (row n of a spreadsheet is n - 2). Raises
    :class:`DataError` in one sentence.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in READERS:
        raise DataError("table_ending", file=path.name, endings=list(READERS))
    try:
        frame = READERS[ending](path, texts, rows, labels, wanted)
    except DataError:
        raise
    except Exception as error:
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError("table_unreadable", file=path.name, detail=detail) from None
    frame.columns = [str(column).strip() for column in frame.columns]
    if frame.columns.empty:
        raise DataError("own_table_empty", file=path.name)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError("table_column_twice", file=path.name, column=twice[0])
    for column in frame.columns if texts is None else texts:
        if column in frame:
            frame[column] = _texts(frame[column])
    return frame


def read_analysis_table(path):
    """The table in ``path`` with columns of numbers, of text (None = missing) or, with value labels, of categories.

    Truth values are 1 and 0, dates text. A column of a csv, xlsx or xls file is numbers if all cells are, or missing.
    """
    frame = read_table(path, texts=(), labels=True)
    _check_totals(frame, Path(path).name)
    typed = Path(path).suffix.lower() not in (".csv", ".xlsx", ".xls")
    return pd.DataFrame({column: _plain(frame[column], typed) for column in frame.columns})


def _check_totals(frame, file):
    """Raise :class:`DataError` for a row that says in one of its first columns that it adds others up."""
    for column in frame.columns[:FIRST]:
        texts = {text for text in frame[column].dropna().unique() if isinstance(text, str)}
        totals = sorted(text for text in texts if len(text) < LONG and is_total(text))
        if totals:
            row = frame.index[frame[column] == totals[0]][0] + 2
            raise DataError("table_total", file=file, row=int(row), text=totals[0])


# ------------------------------------------------------------------------------------------------ formats


def _titles(head, wanted):
    """Number of rows above the headings: above the first of the rows ``head`` that names most of ``wanted``."""
    named = [len({str(cell).strip() for cell in row} & set(wanted)) for row in head]
    return named.index(max(named)) if named else 0


def _csv(path, texts, rows, labels, wanted):
    content = path.read_bytes()
    try:
        content.decode("utf-8-sig")
        content = content.removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError:
        try:
            content = content.decode("gb18030").encode()
        except UnicodeDecodeError:
            raise DataError("table_undecodable", file=path.name) from None
    separator = max(",;\t", key=content.split(b"\n", 1)[0].decode().count)
    if wanted:  # a title has no separators
        counts = [line.decode() for line in content.split(b"\n", HEAD_ROWS)[:HEAD_ROWS]]
        separator = max(",;\t", key=lambda mark: max(line.count(mark) for line in counts))
    lines = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), delimiter=separator)
    head = [(row, lines.line_num) for row in itertools.islice(lines, HEAD_ROWS if wanted else 1)]
    above = _titles([row for row, _ in head], wanted)
    names = [name or f"Unnamed: {place}" for place, name in enumerate(head[above][0] if head else [])]
    if above:
        content = content.split(b"\n", head[above - 1][1])[-1]
    if rows == 0 or not names or len(set(names)) < len(names):
        return pd.DataFrame([], columns=names)
    text = {name: pa.string() for name in names if texts is None or name.strip() in texts}
    try:
        table = _arrow_csv(content, separator, names, text)
        dates = [field.name for field in table.schema if pa.types.is_temporal(field.type)]
        if dates:  # stay as they are written
            table = _arrow_csv(content, separator, names, text | dict.fromkeys(dates, pa.string()))
    except pa.ArrowInvalid:  # a column whose later cells are of another kind than its first ones
        table = _arrow_csv(content, separator, names, dict.fromkeys(names, pa.string()))
    return _from_row(table.to_pandas(), above)


def _from_row(frame, above):
    """``frame`` with an index that counts the rows ``above`` its headings."""
    frame.index += above
    return frame


def _arrow_csv(content, separator, names, types):
    return arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(column_names=names, skip_rows_after_names=1),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, strings_can_be_null=False, null_values=["", *WORDS]
        ),
    )


def _xlsx(path, texts, rows, labels, wanted):
    with python_calamine.load_workbook(str(path)) as book:
        shown = (python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible)
        names = [meta.name for meta in book.sheets_metadata if (meta.typ, meta.visible) == shown]
        heads = {}
        for name in names if len(names) > 1 else ():
            cells = book.get_sheet_by_name(name).to_python(nrows=HEAD_ROWS)
            heads[name] = (
                [str(cell) for cell in cells[_titles(cells, wanted) if wanted else 0]] if cells else []
            )
    _check_sheets(path, heads)
    read = partial(
        pd.read_excel,
        path,
        sheet_name=names[0] if names else 0,
        dtype=object,
        engine="calamine",
        keep_default_na=False,
    )
    above = _titles(read(header=None, nrows=HEAD_ROWS).to_numpy().tolist(), wanted) if wanted else 0
    return _from_row(read(header=above, nrows=rows), above)


def _check_sheets(path, heads):
    """Raise :class:`DataError` where a sheet has the headings ({sheet: headings}) of the first, the only one read."""
    first, *others = heads or [""]
    for other in others:
        if any(heads[first]) and heads[other] == heads[first]:
            raise DataError("table_sheets_alike", file=path.name, first=first, other=other)


def _xls(path, texts, rows, labels, wanted):
    """The first sheet of what is called xls: a workbook, or a web page or text with that name."""
    sheets = {
        sheet.name: list(zip(*(column.to_pylist() for column in sheet.whole().columns), strict=True))
        for sheet in read_file(path, path.name)
        if sheet.visible and not sheet.left_out
    }
    above = {name: _titles(cells[:HEAD_ROWS], wanted) if wanted else 0 for name, cells in sheets.items()}
    _check_sheets(path, {name: list(cells[above[name]]) if cells else [] for name, cells in sheets.items()})
    first, cells = next(iter(sheets.items()))
    above = above[first]
    names = [name or f"Unnamed: {place}" for place, name in enumerate(cells[above])]
    below = [] if rows == 0 else cells[above + 1 :]
    return _from_row(pd.DataFrame(below, columns=names, dtype=object), above)


def _parquet(path, texts, rows, labels, wanted):
    """Without what pandas keeps beside the table, so that its index is a column like the others; decimals (sums of a
    database) as numbers, lists and records as text."""
    table = parquet.read_schema(path).empty_table() if rows == 0 else parquet.read_table(path)
    frame = table.replace_schema_metadata().to_pandas()
    for field in table.schema:
        if pa.types.is_decimal(field.type):
            frame[field.name] = frame[field.name].astype(float)
        elif pa.types.is_nested(field.type):
            frame[field.name] = frame[field.name].map(str, na_action="ignore")
    return frame


def _labelled(path, texts, rows, labels, wanted):
    """Stata and SPSS; ``labels``: a column of codes that all have a label is categories in the order of the codes."""
    stata = path.suffix.lower() == ".dta"
    read = pyreadstat.read_dta if stata else pyreadstat.read_sav
    if rows == 0:
        return pd.DataFrame([], columns=read(str(path), metadataonly=True)[1].column_names)
    if stata and not labels:  # months as dates, single precision as it is
        return pd.read_stata(path, convert_categoricals=False)
    frame, about = read(str(path))
    for column, names in about.variable_value_labels.items() if labels else ():
        if frame[column].dropna().isin(list(names)).all() and not frame[column].isna().all():
            levels = [names[code] for code in sorted(names)]
            frame[column] = pd.Categorical(frame[column].map(names), list(dict.fromkeys(levels)))
    return frame


READERS = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".xls": _xls,
    ".parquet": _parquet,
    ".dta": _labelled,
    ".sav": _labelled,
    ".zsav": _labelled,
}


# ------------------------------------------------------------------------------------------------ cells


UNSEEN = "\u200b\u2060\ufeff"  # characters without width, which copying from web pages leaves
LARGEST = 1e100  # size of a number with which sums of squares can still be had; the smallest is its inverse


def numbers(column, name, null_tokens=()):
    """Floats of a column of numbers or text, as people type them; NaN for MISSING and ``null_tokens``.

    Raises :class:`DataError` for the first cell of the table ``name`` that is neither, for infinite numbers, and for
    those whose squares no double holds: of such no spread can be had.
    """
    if column.dtype == np.float32:  # with the digits it has, not those of the nearest double
        found = column.to_numpy().astype(str).astype(float)
    elif pd.api.types.is_numeric_dtype(column.dtype):  # true and false are 1 and 0
        found = column.to_numpy(dtype=float, na_value=np.nan)
    else:
        text = _texts(column)
        found, wrong = _parsed(text, MISSING | {token.lower() for token in null_tokens})
        if wrong is not None:
            raise DataError(
                "cell_no_number",
                file=str(name),
                text=str(text.iloc[wrong]),
                column=str(column.name),
                row=int(column.index[wrong]) + 2,
            )
    if np.isinf(found).any():
        raise DataError("column_infinite", file=str(name), column=str(column.name))
    size = np.abs(found[found != 0])
    if (size > LARGEST).any() or (size < 1 / LARGEST).any():
        raise DataError("column_out_of_range", file=str(name), column=str(column.name), most=LARGEST)
    return found


def _parsed(text, missing, bare=False):
    """Floats of a column of text and the place of the first cell that is no number, None where there is no such."""
    found = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float, copy=True)
    for row in np.flatnonzero(np.isnan(found)):
        cell = text.iloc[row]
        if cell.lower() in missing:
            continue
        value = parse_number(cell) if not bare or BARE.fullmatch(cell) else None
        if value is None:
            return found, row
        found[row] = value
    return found, None


def _plain(values, typed):
    """A column for models. Where the file has types (``typed``), text stays text even if it reads like a number."""
    if not typed and values.dtype == object:
        values = values.where(values != "").infer_objects()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(float) if values.dtype == bool else values
    known = values.dropna()
    if len(known) and known.map(lambda value: isinstance(value, bool)).all():
        return values.astype(float)
    text = _texts(values)
    if not typed:
        truth = text.str.lower().map({"true": 1.0, "false": 0.0})
        if truth.notna().any() and text[truth.isna()].str.lower().isin(MISSING).all():
            return truth
        found, wrong = _parsed(text, MISSING, bare=True)
        if wrong is None:
            return pd.Series(found, text.index)
        text = text.mask(text.isin(WORDS), "")
    return text.where(text != "", None)


def _texts(column):
    """The cells of a column as text without blanks around it; categories and dates too."""
    names = pd.unique(column.astype(object))
    return (
        column.astype(object)
        .map({name: cell_text(name) for name in names if name == name})
        .fillna("")
        .astype(object)
    )


def cell_text(value: object) -> str:
    """A cell as text: whole numbers without decimals, others with all digits, dates as YYYY-MM-DD."""
    if isinstance(value, str):
        return value.strip().strip(UNSEEN).strip()
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, (float, np.floating)):
        whole = float(value).is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else repr(float(value))
    return str(value)


def is_quantity(text: str) -> bool:
    """Whether people read a cell as a number, be it one that :func:`parse_number` reads or not (12,5 or 1 234)."""
    return QUANTITY.fullmatch(text.strip()) is not None or parse_number(text) is not None


def as_levels(values):
    """The column where its values are levels: of floats those of 15 digits, as in a spreadsheet (0.1 + 0.2 is 0.3)."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    known = values.dropna().unique()
    return values.map({value: float(f"{value:.15g}") for value in known}).astype(float)


def is_text(values):
    """True for categorical and text columns, False for numbers."""
    return not pd.api.types.is_numeric_dtype(values.dtype)


def levels_of(values):
    """Levels of a categorical column: in the order of their codes if it has labels, else sorted."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        present = set(values.dropna().unique())
        return [level for level in values.cat.categories if level in present]
    return sorted(values.dropna().unique())
