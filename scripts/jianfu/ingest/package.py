"""Zipped workbooks (xlsx, xlsm, xlsb, ods) as the library that reads them wants them; nothing unfolds without bounds.

The library fills every place between the outermost cells, gives '' for a cell with an error and for a formula whose
value was never calculated, and looks for parts under fixed names. So unusual names are made usual, such cells become
texts that say what they hold, and blanks far outside a table are left out.
"""

import html
import io
import posixpath
import re
import zipfile
import zlib

import lxml.etree

from jianfu.ingest.binary import from_1904, with_errors_as_texts
from jianfu.ingest.sheet import FAILED, MAX_CELLS, NO_VALUE, SPACES, unreadable

# what unfolds to so many times its size, and so many bytes, is no table
MOST_FOLDED, LEAST_UNFOLDED = 200, 1 << 28
SPARSE, FEW = 50, 1 << 20  # places per cell, and places at all, from which on blanks far away are looked for
WORKBOOK = "xl/workbook.xml"
WORKBOOKS = (WORKBOOK, "xl/workbook.bin", "content.xml")
TEXTS = ("word/document.xml", "ppt/presentation.xml")
BROKEN = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError)
_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\s(?:[^>]*\s)?date1904=["'](?:1|true)["']""")
_F = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"  # a formula
_ERROR = re.compile(rb"""(<(?:\w+:)?c\s(?:[^>]*\s)?t=)(?:"e"|'e')([^>]*>\s*(?:%s)?<(?:\w+:)?v>)""" % _F)
_ERROR_ODS = re.compile(rb'office:string-value=""([^>]*calcext:value-type="error"[^>]*>\s*<text:p>)')
_FORMULA = re.compile(
    rb"<((?:\w+:)?)c\b([^>]*)>\s*%s(<(?:\w+:)?v\s*/>|<(?:\w+:)?v(?:\s[^>]*)?>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
    % _F
)
_TYPE = re.compile(rb"""\st=["'](\w+)["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\b((?:[^>/]|/(?!>))*)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*\s)?r=["'](\d+)["']""")
# widths that a cell further right than ZZ or Z shows; such patterns without alternatives are searched fast
_COLUMNS = (
    (16_384, re.compile(rb' r="[A-Z]{3}')),
    (16_384, re.compile(rb" r='[A-Z]")),
    (702, re.compile(rb' r="[A-Z]{2}')),
)
_TEXT = re.compile(rb"<(?:\w+:)?[tv](?:\s[^>]*)?>([^<]*)</")
_ITEM = re.compile(rb"<(?:\w+:)?si\b(?:[^>]*/>|[^>]*>(.*?)</(?:\w+:)?si>)", re.DOTALL)


def part_name(info):
    """Name of a part of a package; some programs write \\ for /."""
    return info.filename.replace("\\", "/")


def counts_from_1904(content, main):
    """Whether the part ``main`` of a zipped workbook says that its days count from 1904, as once on a Macintosh."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            part = next(info for info in archive.infolist() if part_name(info) == main)
            head = archive.read(part)
    except (StopIteration, *BROKEN):
        return False
    return from_1904(head) if main.endswith(".bin") else bool(_FROM_1904.search(head))


def main_part(archive):
    """Name of the part that makes a zip file a workbook or another office document; None for an ordinary archive."""
    names = {part_name(info): info for info in archive.infolist()}
    usual = next((name for name in (*WORKBOOKS, *TEXTS) if name in names), None)
    if usual or "_rels/.rels" not in names:
        return usual
    parser = lxml.etree.XMLParser(resolve_entities=False, recover=True)
    links = lxml.etree.fromstring(archive.read(names["_rels/.rels"]), parser)
    targets = [link.get("Target", "") for link in links if link.get("Type", "").endswith("/officeDocument")]
    return next((target.lstrip("/") for target in targets if target.lstrip("/") in names), None)


def mended(content, name, most):
    """The zipped workbook ``content`` as the library can read it; the same bytes where nothing is to be done.

    most: bytes that it may unfold to. Raises :class:`DataError` where it is more or cells lie too far apart.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    parts = {part_name(info): info for info in archive.infolist() if not info.is_dir()}
    for info in parts.values():
        if info.file_size > LEAST_UNFOLDED and info.file_size > MOST_FOLDED * info.compress_size:
            raise unreadable(name, "workbook_unfolds", gigabytes=info.file_size / 1024**3)
    if sum(info.file_size for info in parts.values()) > most:
        raise unreadable(name, "archive_too_large", gigabytes=most / 1024**3)
    main, changed = main_part(archive), {}
    for part, info in parts.items():
        if part.endswith(".xml") and _is_sheet(archive, info):
            before = archive.read(info)
            after = _mended_sheet(before, archive, parts, name, posixpath.basename(part))
            if after is not before:
                changed[part] = after
        elif re.search(r"/sheet[^/]*\.bin$", part, re.IGNORECASE) and main == "xl/workbook.bin":
            after = _mended_binary(archive.read(info))
            if after:
                changed[part] = after
        elif part == main == "content.xml" and b'"error"' in (before := archive.read(info)):
            changed[part] = _ERROR_ODS.sub(rb"\1" + FAILED.encode(), before)
    usual = {part: part for part in parts} if main in WORKBOOKS else _usual_names(parts, main)
    if not changed and all(usual[part] == info.filename for part, info in parts.items()):
        return content
    if main not in WORKBOOKS:
        changed["_rels/.rels"] = archive.read(parts["_rels/.rels"]).replace(main.encode(), WORKBOOK.encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for part, info in parts.items():
            target.writestr(usual[part], changed.get(part) or archive.read(info))
    return packed.getvalue()


def _mended_binary(before):
    """A sheet of an xlsb file with errors as texts; None where nothing is to be done, or it is damaged."""
    try:
        after = with_errors_as_texts(before)
    except IndexError:
        return None
    return None if after is before else after


def _is_sheet(archive, info):
    with archive.open(info) as file:
        return b"worksheet" in file.read(1000)


def _usual_names(parts, main):
    """Part -> the name that the library looks for, where the workbook is called something else."""
    folder, file = posixpath.split(main)
    names = {
        part: "xl/" + part.removeprefix(folder + "/") if part.startswith(folder + "/") else part
        for part in parts
    }
    return names | {main: WORKBOOK, f"{folder}/_rels/{file}.rels": WORKBOOK.replace("/", "/_rels/") + ".rels"}


def _mended_sheet(data, archive, parts, name, part):
    """XML of a sheet; the same object where nothing is to be done."""
    if b'"e"' in data or b"'e'" in data:
        data = _ERROR.sub(rb'\1"str"\2' + FAILED.encode(), data)
    if b"<f" in data or b":f" in data:
        data = _FORMULA.sub(_uncalculated, data)
    if not _is_sparse(data):
        return data
    strings = parts.get("xl/sharedStrings.xml")
    items = _ITEM.finditer(archive.read(strings)) if strings else ()
    blank = {number for number, item in enumerate(items) if _is_blank(item[1] or b"")}
    return _without_blanks(data, blank, name, part)


def _uncalculated(cell):
    """A formula without a stored value as a text that says so; '' may be the value that was calculated."""
    prefix, attributes, value = cell[1], cell[2], cell[3]
    kind = _TYPE.search(attributes)
    if value and kind and kind[1] == b"str":
        return cell[0]
    text = NO_VALUE.encode()
    return b'<%sc%s t="str"><%sv>%s</%sv></%sc>' % (
        prefix,
        _TYPE.sub(b"", attributes),
        prefix,
        text,
        prefix,
        prefix,
    )


def _is_sparse(data):
    """Whether the outermost cells may enclose many more places than there are cells."""
    last = _ROW.search(data, max(data.rfind(b"<row "), data.rfind(b":row ") - 20, 0))
    rows = int(last[1]) if last else data.count(b"row ")
    columns = next((width for width, letters in _COLUMNS if letters.search(data)), 26)
    return rows * columns > FEW + SPARSE * (data.count(b"<c ") + data.count(b":c "))


def _without_blanks(data, blank, name, part):
    """XML of a sheet without its blank cells; ``blank`` are the shared texts that say nothing."""
    bottom = right = 0

    def kept(cell):
        nonlocal bottom, right
        place, kind, body = _PLACE.search(cell[1]), _TYPE.search(cell[1]), cell[2] or b""
        if place is None:
            return cell[0]
        shared = kind and kind[1] == b"s" and _TEXT.search(body)
        if int(shared[1]) in blank if shared else _is_blank(body):
            return b""
        bottom, right = max(bottom, int(place[2])), max(right, _column(place[1]))
        return cell[0]

    data = _CELL.sub(kept, data)
    if bottom * right > MAX_CELLS:
        raise unreadable(name, "sheet_too_wide", sheet=part)
    return data


def _is_blank(xml):
    return not any(
        html.unescape(text.decode("utf-8", "replace")).strip(SPACES) for text in _TEXT.findall(xml)
    )


def _column(letters):
    """Number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
