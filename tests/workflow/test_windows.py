"""The sample province as the bundle for Windows makes it, beside a run on Linux: the same files with the same content.

``JIANFU_WINDOWS`` is the folder of a bundle for Windows that was unpacked. Where Windows is at hand through a program,
such as Wine, ``JIANFU_WINDOWS_RUN`` is that program: it runs the Windows command that stands behind it in the working
folder. Without it the results are those that ``开始.bat`` left in the folder, on whatever computer.

The two may have other versions of Python and NumPy (the lock names several), and have other mathematical libraries in any
case, so that the last digits of numbers differ.
"""

import io
import os
import re
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import TIMED, results

BUNDLE, PROGRAM = os.environ.get("JIANFU_WINDOWS"), os.environ.get("JIANFU_WINDOWS_RUN")
COMMANDS = (["setup"], ["check", "sample"], ["run", "sample"])
OF_THE_SYSTEM = {
    "provenance",
    "vintage",
    "manifest.json",
}  # versions, settings with their paths, digests of bytes
DRAWN = {".png", ".pdf"}  # there, but of other bytes
DIGEST = re.compile(r"base64,[^\"]*|image[0-9a-f]{8,}|[0-9a-f]{64}")  # of pictures, of numbers to the last digit
NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")


@pytest.fixture(scope="session")
def on_windows():
    """Results of the sample by the bundle for Windows."""
    for command in COMMANDS if PROGRAM else ():
        subprocess.run([PROGRAM, "cmd", "/c", "开始.bat", *command], cwd=BUNDLE, check=True)
    return results(Path(BUNDLE))


@pytest.mark.slow
@pytest.mark.skipif(not BUNDLE, reason="JIANFU_WINDOWS names no bundle for Windows")
def test_windows_and_linux_make_the_same_results(on_windows, finished):
    linux, windows = _files(results(finished)), _files(on_windows)
    assert set(linux) == set(windows) and len(linux) > 300
    assert linux["release/estimates.csv"].read_bytes() == windows["release/estimates.csv"].read_bytes()
    assert [name for name in linux if not same(linux[name], windows[name])] == []


def same(one, other):
    """Whether two files hold the same texts, and the same numbers up to rounding errors."""
    if one.read_bytes() == other.read_bytes():
        return True
    sides = [_texts(path.name, path.read_bytes()) for path in (one, other)]
    if set(sides[0]) != set(sides[1]):
        return False
    pairs = [[side[name] for side in sides] for name in sides[0]]
    return all(
        _worded(a) == _worded(b) and np.allclose(_numbers(a), _numbers(b), 1e-5, 1e-7) for a, b in pairs
    )


def _texts(name, content):
    """``{part: text}`` of a file: of a document all that is in it."""
    kind = Path(name).suffix
    if kind in DRAWN:
        return {name: ""}
    if kind == ".parquet":
        return {name: pd.read_parquet(io.BytesIO(content)).to_csv()}
    if kind in (".docx", ".xlsx", ".pptx"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = [_texts(f"{name}/{part}", file.read(part)) for part in file.namelist()]
        return {part: text for found in parts for part, text in found.items()}
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    return {name: DIGEST.sub("", re.sub(r"\\+", "/", text))}


def _worded(text):
    return NUMBER.sub("", text)


def _numbers(text):
    return np.array(NUMBER.findall(text), float)


def _files(folder):
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in paths.items()
        if not {*TIMED, *OF_THE_SYSTEM} & set(name.parts)
    }
