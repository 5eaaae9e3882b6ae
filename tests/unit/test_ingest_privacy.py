"""No raw name, ID number or phone of the sample reaches any file that ingestion writes, nor its log."""

import csv
import io
import logging
import re

import openpyxl
import pandas as pd
import pytest
from ingest_cases import ROOT, SAMPLE, TABLES, ingest_all, sample_results

from jianfu.config import load_province
from jianfu.errors import ConfigError
from jianfu.ingest.people import SYNTHETIC_KEY, describe_id, normal_id, pseudonym_key
from jianfu.ingest.quality import join_books
from jianfu.logs import LOGGER

PERSONAL = {"姓名", "身份证号", "联系电话", "经办人", "您的身份证号"}


def _personal_cells():
    """Every cell of a personal column of the sample: names and numbers."""
    found = set()
    for path in sorted((SAMPLE / "raw").iterdir()):
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


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Text of everything that ingestion writes: tables, quarantine, counts, headings, notices, log."""
    folder = tmp_path_factory.mktemp("written")
    handler = logging.FileHandler(folder / "log.txt", encoding="utf-8")
    LOGGER.addHandler(handler)
    level = LOGGER.level
    LOGGER.setLevel(logging.DEBUG)
    try:
        province = load_province("sample", ROOT, [ROOT / "config" / "provinces"])
        results = ingest_all(SAMPLE / "raw", province)
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        handler.close()
    for table, result in results.items():
        names = ("quarantine.csv", "counts.csv", "columns.csv", "notices.csv")
        result.write(folder / f"{table}.parquet", *(folder / f"{table}_{name}" for name in names))
    books = [[folder / f"{t}_{name}.csv" for t in TABLES] for name in ("counts", "columns", "notices")]
    joined = [folder / name for name in ("row_counts.csv", "columns.csv", "notices.csv")]
    join_books(*books, SAMPLE / "raw", province["sources"], *joined)
    texts = {}
    for path in folder.iterdir():
        if path.suffix == ".parquet":
            texts[path.name] = pd.read_parquet(path).to_csv(index=False)
        else:
            texts[path.name] = path.read_text(encoding="utf-8")
    return texts


def test_sample_has_persons():
    cells = _personal_cells()
    assert sum(cell.isdigit() and len(cell) == 11 for cell in cells) > 1000
    assert sum(bool(re.fullmatch(r"\d{17}[\dXx]", cell)) for cell in cells) > 1000
    assert sum(not re.search(r"\d", cell) for cell in cells) > 1000


def test_no_personal_cell_in_any_file(written):
    assert {"log.txt", "tasks.parquet", "spells_quarantine.csv", "row_counts.csv"} <= set(written)
    everything = "\n".join(written.values())
    # names are cells of their own: look for them as whole words of Chinese characters
    words = set(re.findall(r"[\u3400-\u9fff\U00020000-\U0003ffff]+", everything))
    numbers = set(re.findall(r"\d{11,17}[\dXx]?", everything))
    cells = _personal_cells()
    assert not {cell for cell in cells if not cell.isascii()} & words
    assert not {cell for cell in cells if cell.isascii()} & numbers


def test_no_id_shaped_number_in_any_file(written):
    for name, text in written.items():
        hashes_removed = re.sub(r"\b[0-9a-f]{64}\b", "", text)
        assert not re.search(r"(?<!\d)39012\d{12}[\dXx]", hashes_removed), name


def test_person_key_is_keyed_and_stable():
    spells = sample_results()["spells"].canonical.to_pandas()
    assert spells["person_key"].str.fullmatch("[0-9a-f]{64}").all()
    key, month, sex = describe_id("39012319770905011x", SYNTHETIC_KEY)
    assert (month, sex) == ("1977-09", "男")
    assert key in set(spells["person_key"])
    assert describe_id("39012319770905011X", b"another key")[0] != key


PLAIN = "39012319770905011X"


@pytest.mark.parametrize(
    "text",
    [
        f"'{PLAIN}",
        f"{PLAIN}\t",
        f" {PLAIN} ",
        PLAIN.lower(),
        "３９０１２３１９７７０９０５０１１X",
        f"‘{PLAIN}",
    ],
)
def test_harmless_forms_of_an_id(text):
    assert normal_id(text) == PLAIN


def test_fifteen_digits_gain_century_and_check_digit():
    assert normal_id("390123770905011") == PLAIN


@pytest.mark.parametrize(
    "text",
    ["3.9012119970607e+17", "3.90E+17", "390121199907120106", "39012119991312010X", "12345", "无", "王某某"],
)
def test_damaged_ids(text):
    assert normal_id(text) is None


def test_real_data_need_a_key(monkeypatch, tmp_path):
    monkeypatch.delenv("JIANFU_KEY", raising=False)
    monkeypatch.delenv("JIANFU_KEY_FILE", raising=False)
    assert pseudonym_key(True) == SYNTHETIC_KEY
    with pytest.raises(ConfigError, match="JIANFU_KEY_FILE"):
        pseudonym_key(False)
    (tmp_path / "key").write_text("a long random text\n", encoding="utf-8")
    monkeypatch.setenv("JIANFU_KEY_FILE", str(tmp_path / "key"))
    assert pseudonym_key(False) == b"a long random text"
    monkeypatch.setenv("JIANFU_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="cannot be read"):
        pseudonym_key(False)
