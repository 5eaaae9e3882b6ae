"""Raw files as columns of text: the content decides how a file is read, never its name.

A file gives one or more :class:`Sheet`. Every cell is text as a person would see it; an empty cell is the empty text.
Row numbers are positions in the used range, counted from 1, so that they match what Excel shows.
"""

import io
import lzma
import re
import zipfile
import zlib
from functools import partial

import lxml.etree

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason
from jianfu.ingest import database, tabular
from jianfu.ingest.delimited import TextSheet, find_encoding, first_records, first_text, text_chunks
from jianfu.ingest.html import html_sheets, is_html
from jianfu.ingest.package import TEXTS, counts_from_1904, main_part, mended
from jianfu.ingest.sheet import Sheet, unreadable
from jianfu.ingest.workbooks import OLE, compound_sheets, workbook_sheets

MAX_UNZIPPED = 2 * 1024**3  # bytes that one archive may expand to
START = 1 << 16  # bytes from which the kind of a file is told
# What the libraries raise for damaged archives, wrong passwords and unknown ways of packing.
_BAD_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, lxml.etree.LxmlError),
    *(OSError, EOFError, RuntimeError, ValueError),
)
# other files that offices send, and what to do with them
OTHER_KINDS = {
    b"Rar!": Reason("an_archive", kind="RAR"),
    b"7z\xbc\xaf": Reason("an_archive", kind="7z"),
    b"\x1f\x8b": Reason("an_archive", kind="gzip"),
    b"%PDF": Reason("a_pdf_document"),
}
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
# a page with its pictures in one file, as Excel and old office systems save it under the name of .xls
_MHTML = re.compile(
    r"\s*(?:[A-Za-z-]+:[^\n]*\n\s*)*?(?:MIME-Version:|Content-Type:\s*multipart/related)", re.IGNORECASE
)
# why a part of an archive is no table, so that it can be left out
NO_TABLE = (
    "file_empty",
    "file_word",
    "file_no_workbook",
    "file_no_table",
    "file_kind_unknown",
    "html_without_table",
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without members


def read_source(path, name, source, max_unzipped=MAX_UNZIPPED):
    """Yields lists of sheets that are to be judged together: those of a workbook, or each batch of a long table.

    ``path``, ``name`` and ``source`` as from :func:`jianfu.core.sources.find_files`.
    """
    if "database" in source:
        yield from ([sheet] for sheet in database.batches(source["database"], path, name))
    elif tabular.kind_of(_start(partial(open, path, "rb"), name)):
        yield from ([sheet] for sheet in tabular.batches(path, name))
    else:
        yield read_file(path, name, max_unzipped)


def read_file(path, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of the file at ``path``; ``name`` is what messages and counts call it.

    Raises :class:`DataError` with one sentence where a file is empty, locked, damaged or of an unknown kind, or an
    archive that expands to more than ``max_unzipped`` bytes.
    """
    return _read(partial(open, path, "rb"), name, max_unzipped)


def read_bytes(content, name, max_unzipped=MAX_UNZIPPED):
    """Sheets of a file given by its content."""
    return _read(partial(io.BytesIO, content), name, max_unzipped)


def _start(open_file, name):
    try:
        with open_file() as file:
            return file.read(START)
    except OSError:
        raise unreadable(name, "file_unopened") from None


def _read(open_file, name, max_unzipped):
    """Sheets of the bytes that ``open_file`` opens; delimited text opens them again whenever it is read."""
    start = _start(open_file, name)
    if not start.strip() and len(start) < START:
        raise unreadable(name, "file_empty")
    if start.startswith((OLE, *ZIP)) or tabular.kind_of(start):
        with open_file() as file:
            content = file.read()
        if start.startswith(OLE):
            return compound_sheets(content, name)
        if start.startswith(ZIP):
            return _zip(content, name, max_unzipped)
        return list(tabular.batches(content, name))
    for mark, kind in OTHER_KINDS.items():
        if start.startswith(mark):
            raise unreadable(name, "file_of_other_kind", kind=kind)
    if start.startswith(PICTURES):
        raise unreadable(name, "file_kind_unknown")
    encoding, mark = find_encoding(open_file)
    if b"\0" in start and not encoding.startswith("utf-16"):
        raise unreadable(name, "file_kind_unknown")
    sample, whole = first_text(open_file, name, encoding, mark)
    if _MHTML.match(sample):
        raise unreadable(name, "file_mhtml")
    if is_html(sample):
        return html_sheets(b"".join(text_chunks(open_file, name, encoding, mark)), name)
    if "<Workbook" in sample[:2000]:
        raise unreadable(name, "file_xml_2003")
    found = first_records(sample, whole)
    if found is None:
        raise unreadable(name, "file_no_table")
    if "\0" in sample[:4096]:
        raise unreadable(name, "file_kind_unknown")
    return [TextSheet(name, open_file, encoding, mark, *found)]


def decode(content, name):
    """Text of a file in UTF-8, UTF-16 or GB18030."""
    open_file = partial(io.BytesIO, content)
    return b"".join(text_chunks(open_file, name, *find_encoding(open_file))).decode()


# --- archives --------------------------------------------------------------------------------------------------


def _zip(content, name, max_unzipped):
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [info for info in archive.infolist() if not info.is_dir()]
        main = main_part(archive)
    except _BAD_ARCHIVE:
        raise unreadable(name, "file_damaged") from None
    if main in TEXTS:
        raise unreadable(name, "file_word")
    if main:
        return _zipped_workbook(content, name, main, max_unzipped)
    if sum(info.file_size for info in members) > max_unzipped:
        raise unreadable(name, "archive_too_large", gigabytes=max_unzipped / 1024**3)
    if any(info.flag_bits & 1 for info in members):
        raise unreadable(name, "archive_locked")
    sheets = []
    for info in sorted(members, key=_member_name):
        member = _member_name(info)
        if member.startswith("__MACOSX/") or member.rsplit("/", 1)[-1].startswith((".", "~$")):
            continue
        try:
            part = archive.read(info)
        except _BAD_ARCHIVE:
            raise unreadable(name, "archive_member_damaged", member=member) from None
        if part.startswith(ZIP) and _is_archive(part):
            raise unreadable(name, "archive_in_archive", member=member)
        sheets += _member_sheets(part, f"{name}/{member}", max_unzipped)
    if not sheets:
        raise unreadable(name, "archive_empty")
    return sheets


def _zipped_workbook(content, name, main, most):
    try:
        content = mended(content, name, most)
    except _BAD_ARCHIVE:
        raise unreadable(name, "workbook_unreadable") from None
    bounded = main.endswith(".xml") and main != "content.xml"
    return workbook_sheets(content, name, bounded, early=counts_from_1904(content, main))


def _member_sheets(content, name, max_unzipped):
    """Sheets of a part of an archive; one that is no table says so and is left out."""
    try:
        return read_bytes(content, name, max_unzipped)
    except DataError as error:
        why = error.reason.values["what"]
        if why.code not in NO_TABLE and why != Reason("file_of_other_kind", kind=Reason("a_pdf_document")):
            raise
        return [Sheet(name, "", [], left_out=why)]


def _is_archive(content):
    """True for a zip file that is no workbook or text document."""
    try:
        return main_part(zipfile.ZipFile(io.BytesIO(content))) is None
    except _BAD_ARCHIVE:
        return False


def _member_name(info):
    """Name of an archive member; archives hold names in UTF-8 or, from Chinese Windows, GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return info.filename
