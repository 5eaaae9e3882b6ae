"""What lies in a folder: every sheet that can be read, and every file that cannot."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from jianfu.core.errors import DataError
from jianfu.core.sources import check_readable
from jianfu.ingest.readers import read_source
from jianfu.ingest.sheet import Sheet, unreadable

LONG_FILE = 64 * 1024**2  # bytes beyond which only the first and last rows are kept in memory
NO_TABLES = (".doc", ".docx", ".pdf", ".ppt", ".pptx", ".wps", ".txt~", ".jpg", ".jpeg", ".png", ".gif")


@dataclass(frozen=True)
class Page:
    """One sheet of a file. ``path`` is the file below the folder (an archive, not its member)."""

    path: str
    sheet: Sheet
    partly: bool = False

    @property
    def place(self):
        return f"{self.sheet.file}［{self.sheet.name}］" if self.sheet.name else self.sheet.file


@dataclass(frozen=True)
class Look:
    """``pages`` that can be read, ``troubles``: (file, Reason) of those that cannot, ``files``: all names."""

    pages: list
    troubles: list
    files: list


def look(folder):
    """:class:`Look` into a folder and its subfolders. Raises :class:`DataError` where there is nothing to look at."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("no_data_folder", folder=str(folder))
    check_readable(folder)
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not _is_hidden(p.relative_to(folder)))
    if not paths:
        raise DataError("data_folder_empty", folder=str(folder))
    pages, troubles = [], []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            found = _pages(path, name)
            pages += [page for page in found if not page.sheet.left_out]
            troubles += [(page.sheet.file, page.sheet.left_out) for page in found if page.sheet.left_out]
        except DataError as error:
            troubles.append((error.reason.values["file"], error.reason.values["what"]))
    return Look(pages, troubles, [path.relative_to(folder).as_posix() for path in paths])


def _is_hidden(path):
    return any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts)


def _pages(path, name):
    if path.suffix.lower() in NO_TABLES:
        raise unreadable(name, "file_no_table")
    sheets = [sheet for sheet in next(iter(read_source(path, name, {})), []) if sheet.visible]
    if os.path.getsize(path) > LONG_FILE:
        return [Page(name, _ends(sheet), partly=True) for sheet in sheets]
    return [Page(name, sheet.whole()) for sheet in sheets]


def _ends(sheet):
    """First and last batch of a long sheet."""
    first = last = None
    for batch in sheet.batches():
        first, last = first or batch, batch
    if first is last:
        return first
    columns = [pa.concat_arrays(ends) for ends in zip(first.columns, last.columns, strict=True)]
    return replace(first, columns=columns)
