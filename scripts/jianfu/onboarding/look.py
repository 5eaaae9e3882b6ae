"""What lies in a folder: every sheet that can be read, and every file that cannot."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from jianfu.core.errors import DataError
from jianfu.ingest.readers import read_source
from jianfu.ingest.sheet import Sheet

LONG_FILE = 64 * 1024**2  # bytes beyond which only the first and last rows are kept in memory
NO_TABLES = {
    ".doc",
    ".docx",
    ".pdf",
    ".ppt",
    ".pptx",
    ".wps",
    ".txt~",
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
}
# What the sentences of the readers mean in Chinese.
_REASONS = (
    ("password", "有密码保护，请另存一份不带密码的副本"),
    ("is empty", "空文件，请重新导出或移走"),
    ("XML spreadsheet", "是 2003 版 XML 表格，请用 Excel 或 WPS 打开后另存为 .xlsx"),
    ("archive; unpack", "是 zip 以外的压缩包，请先解压"),
    ("PDF document|Word document", "是文档不是表格，请把里面的表另存为 .xlsx"),
    ("expands to", "压缩包解开后太大，请先解压"),
    ("not readable as", "文字编码无法识别，请用 Excel 或 WPS 打开后另存为“CSV UTF-8”"),
    ("without a table", "网页里没有表格，请重新导出"),
    ("neither a spreadsheet|of an unknown kind", "不是表格文件"),
    ("cannot be opened", "打不开，请检查权限"),
    ("damaged|cannot be read|broken", "文件已损坏，请用 Excel 或 WPS 打开后另存为 .xlsx，或重新导出"),
)


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
    """``pages`` that can be read, ``troubles``: (file, Chinese sentence) of those that cannot, ``files``: all names."""

    pages: list
    troubles: list
    files: list


def look(folder):
    """:class:`Look` into a folder and its subfolders. Raises :class:`DataError` where there is nothing to look at."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"找不到文件夹“{folder}”；请检查 DATA= 后面的路径。")
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not _is_hidden(p.relative_to(folder)))
    if not paths:
        raise DataError(f"文件夹“{folder}”是空的；请把各系统导出的原始文件原样放进去再运行。")
    pages, troubles = [], []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            pages += _pages(path, name)
        except DataError as error:
            troubles.append((name, _in_chinese(str(error), path)))
    return Look(pages, troubles, [path.relative_to(folder).as_posix() for path in paths])


def _is_hidden(path):
    return any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts)


def _pages(path, name):
    if path.suffix.lower() in NO_TABLES:
        raise DataError(f"{name}: the file is neither a spreadsheet nor a table in text form.")
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


def _in_chinese(sentence, path):
    if path.suffix.lower() in NO_TABLES:
        return "不是表格文件，已跳过"
    return next((chinese for pattern, chinese in _REASONS if re.search(pattern, sentence)), sentence)
