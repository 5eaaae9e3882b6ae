"""Names, ID numbers and phone numbers in the sample's raw files, to look for where they must not be."""

import csv
import io
import re
import zipfile

import openpyxl
import pandas as pd

PERSONAL = {"姓名", "身份证号", "联系电话", "经办人", "您的身份证号"}


def identifiers(raw):
    """Every cell of a personal column of the files in the folder ``raw``: names and numbers."""
    found = set()
    for path in sorted(raw.iterdir()):
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path, read_only=True)
            sheets = [[list(map(str, row)) for row in sheet.iter_rows(values_only=True)] for sheet in book]
        elif path.name.startswith("督查"):
            text = path.read_bytes().decode("gb18030")
            sheets = [list(csv.reader(io.StringIO(text, newline="")))]
        else:
            continue
        for rows in sheets:
            top = next((i for i, row in enumerate(rows[:6]) if PERSONAL & set(row)), None)
            if top is not None:
                places = [place for place, heading in enumerate(rows[top]) if heading in PERSONAL]
                found |= {row[place].strip("'\t ") for row in rows[top + 1 :] for place in places}
    return {cell for cell in found if len(cell) >= 2 and cell != "None" and cell not in PERSONAL}


def found_in(text, cells):
    """Which of ``cells`` stand in ``text``: a number as a whole number; a name as a whole word, or within a longer one
    where it has three characters or more, as shorter ones are words of other meaning."""
    words = set(re.findall(r"[\u3400-\u9fff\U00020000-\U0003ffff]+", text))
    numbers = set(re.findall(r"\d{11,17}[\dXx]?", text))
    lengths = {len(cell) for cell in cells if len(cell) >= 3 and not cell[0].isdigit()}
    parts = {word[at : at + n] for word in words for n in lengths for at in range(len(word) - n + 1)}
    return cells & (words | parts | numbers)


def text_of(path):
    """What a file holds as text: of Parquet its cells and names, of what is packed (docx, xlsx, pptx) every part."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv(index=False)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())
    return path.read_bytes().decode("utf-8", "replace")
