"""Files whose columns have names and types: Parquet, Stata (.dta) and SPSS (.sav, .zsav), as columns of text.

The names of the columns are no row of the sheet, so the first row of data is row 1, as Stata and SPSS show it. A
Stata or SPSS column is known by its name and by its label; a value that has a label is read as the text of the
label, a value without one as its code. Values that the file declares as missing are empty.
"""

import io
import math
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyreadstat

from jianfu.ingest.sheet import Sheet, cell_text, unreadable

BATCH_ROWS = 100_000
CHINA = "Asia/Shanghai"  # clock times with a zone are read as the clock in China showed them
PARQUET, LOCKED_PARQUET, SAV = b"PAR1", b"PARE", (b"$FL2", b"$FL3")
_ARROW_KINDS = {bool, int, float, Decimal, date, datetime}  # lists of one of these Arrow takes as they are
_EXACT = 1e15  # beyond this a float no longer holds every whole number


def kind_of(start):
    """'parquet', 'dta' or 'sav' for a file that starts with these bytes; None for any other."""
    if start[:4] in (PARQUET, LOCKED_PARQUET):
        return "parquet"
    if start[:4] in SAV:
        return "sav"
    # before Stata 13: the number of the format, the byte order, and 1
    old = len(start) > 2 and 102 <= start[0] <= 115 and start[1] in (1, 2) and start[2] == 1
    return "dta" if old or start.startswith(b"<stata_dta>") else None


def batches(source, name):
    """Yields the batches of a file as :class:`Sheet`, at least one; ``source`` is a path or the content as bytes."""
    start = _start(source)
    read = {"parquet": _parquet, "dta": _dta, "sav": _sav}[kind_of(start)]
    yield from read(source, name)


def _start(source):
    if isinstance(source, bytes):
        return source[:64]
    with open(source, "rb") as file:
        return file.read(64)


def _parquet(source, name):
    try:
        file = pq.ParquetFile(pa.BufferReader(source) if isinstance(source, bytes) else source)
        yield from arrow_sheets(map(_sound, file.iter_batches(BATCH_ROWS)), file.schema_arrow, name)
    except (pa.ArrowException, OSError, ValueError):
        raise unreadable(name, "parquet_unreadable") from None


def _sound(batch):
    """The batch, once its texts are known to be UTF-8."""
    batch.validate(full=True)
    return batch


def arrow_sheets(batches, schema, name):
    """Yields Arrow record batches of one ``schema`` as :class:`Sheet`; an empty sheet where there is no batch."""
    headings, start = [[column] for column in schema.names], 0
    for batch in batches:
        columns = [arrow_text(column) for column in batch.columns]
        yield Sheet(name, "", columns, headings=headings, start=start)
        start += batch.num_rows
    if start == 0:
        yield Sheet(name, "", [pa.array([], pa.string()) for _ in headings], headings=headings)


# --- Stata and SPSS --------------------------------------------------------------------------------------------------


def _dta(source, name):
    start = _start(source)
    # files before Stata 14 do not say their encoding, and any bytes are valid in the one that is guessed
    encodings = ("UTF-8", "GB18030") if start[:1] != b"<" or b"<release>117" in start else (None,)
    yield from _statistics(pyreadstat.read_dta, source, name, encodings)


def _sav(source, name):
    yield from _statistics(pyreadstat.read_sav, source, name, (None, "GB18030"))


def _statistics(read, source, name, encodings):
    for encoding in encodings:
        try:
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            data, meta = read(file, output_format="dict", encoding=encoding)
            break
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError, ValueError, OSError):
            continue
        except Exception:  # dates outside the calendar and other damage surface as many error types
            break
    else:
        data = None
    if data is None:
        raise unreadable(name, "stata_spss_unreadable")
    headings = [
        [column, *([label] if label and label != column else [])]
        for column, label in zip(meta.column_names, meta.column_labels, strict=True)
    ]
    columns = [
        _labelled(data[column], meta.variable_value_labels.get(column, {})) for column in meta.column_names
    ]
    yield Sheet(name, "", columns, headings=headings)


def _labelled(values, labels):
    """Text column of a Stata or SPSS variable, values replaced by their labels where they have one."""
    texts = arrow_text(values_array(values))
    if not labels:
        return texts
    wordings = {value_text(code): str(label).strip() for code, label in labels.items()}
    encoded = texts.dictionary_encode()
    dictionary = [wordings.get(text) or text for text in encoded.dictionary.to_pylist()]
    return pa.array(dictionary, pa.string()).take(encoded.indices)


# --- values as text --------------------------------------------------------------------------------------------------


def value_text(value):
    """A typed value as text: like a workbook cell, but whole numbers and decimals are exact."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return ""
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(ZoneInfo(CHINA)).replace(tzinfo=None)
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value))
    try:
        return cell_text(value)
    except (OverflowError, ValueError):
        return str(value)


def _decoded(value):
    """Text of bytes in UTF-8 or GB18030; '' for bytes that are no text (a picture, a fingerprint)."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def values_array(values):
    """Arrow array of Python or NumPy values; text where they are of several types."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return pa.array(values, from_pandas=True)
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string(), from_pandas=True)
    if len(kinds) == 1 and kinds <= _ARROW_KINDS:
        try:
            return pa.array(values)
        except (pa.ArrowException, ValueError, OverflowError):
            pass
    return pa.array([value_text(value) for value in values], pa.string())


def arrow_text(column):
    """Text array of an Arrow array of any type; a null is the empty text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    try:
        texts = _typed_text(column, kind)
    except (pa.ArrowException, ValueError, OverflowError):
        texts = pa.array([_single(value) for value in column], pa.string())
    return texts.fill_null("")


def _typed_text(column, kind):
    types = pa.types
    if types.is_boolean(kind):
        return pc.if_else(column, "是", "否")
    if types.is_floating(kind):
        return _float_text(column.cast(pa.float64()))
    if types.is_decimal(kind):
        texts = pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
        return pc.replace_substring_regex(texts, r"(\.\d*?)0+$", r"\1")
    if types.is_timestamp(kind):
        return _time_text(column, kind)
    if types.is_time(kind):
        return column.cast(pa.time32("s"), safe=False).cast(pa.string())
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return pa.array([value and _decoded(value) for value in column.to_pylist()], pa.string())
    if types.is_nested(kind) or types.is_duration(kind):
        return pa.array([_single(value) for value in column], pa.string())
    return column.cast(pa.string())


def _float_text(column):
    """12.0 is '12'; numbers beyond 15 digits stay visibly damaged, as in a workbook."""
    column = pc.if_else(pc.is_nan(column), None, column)
    size = pc.abs(column)
    whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(size, _EXACT))
    integers = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
    rest = pc.if_else(whole, None, column)
    encoded = rest.dictionary_encode()
    others = pa.array([value_text(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return pc.coalesce(integers, others.take(encoded.indices))


def _time_text(column, kind):
    if kind.tz:
        column = pc.local_timestamp(column.cast(pa.timestamp("us", CHINA)))
    # half a second of rounding noise is not a time, as in a workbook
    nearest = pc.floor_temporal(pc.add(column.cast(pa.timestamp("us")), _HALF_SECOND), unit="second")
    return nearest.cast(pa.timestamp("s")).cast(pa.string())


_HALF_SECOND = pa.scalar(500_000, pa.duration("us"))


def _single(value):
    """Text of one Arrow value; '' where it lies outside what Python can hold."""
    try:
        return value_text(value.as_py())
    except (OverflowError, ValueError, pa.ArrowException):
        return ""
