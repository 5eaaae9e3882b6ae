"""Files of a run by name, and plain values as a file."""

import json
import os
from pathlib import Path


def input_files(paths, folder: str | Path | None = None) -> dict[str, Path]:
    """``{name: path}`` of the files among ``paths`` and below its folders, in order of name.

    A name is the path from the data folder ``folder``, or from the folder in ``paths`` that holds the file; the
    whole path of a file on another drive of Windows, to which none leads from the folder.
    """
    found = {}
    for path in map(Path, paths):
        if path.is_dir():
            found |= {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
        else:
            found[_from(folder, path) if folder else path.name] = path
    return dict(sorted(found.items()))


def _from(folder, path):
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return Path(os.path.abspath(path)).as_posix()


def write_text_file(text: str, path: str | Path) -> None:
    """Write a text in UTF-8, with the same line ends on every system, so that a release has the same digests."""
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def write_json(content, path: str | Path) -> None:
    """Write plain values, one to a line."""
    write_text_file(json.dumps(content, ensure_ascii=False, indent=1) + "\n", path)
