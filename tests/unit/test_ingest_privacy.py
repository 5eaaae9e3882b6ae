"""No raw name, ID number or phone of the sample reaches any file that ingestion writes, nor its log."""

import codecs
import logging
import re
import zipfile

import pandas as pd
import pyarrow as pa
import pytest
from ingest_cases import ROOT, SAMPLE, TABLES, ingest_all, sample_results
from sample_identifiers import found_in, identifiers, text_of

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.keys import FINGERPRINT, SYNTHETIC_KEY, check_one_key, key_fingerprint, pseudonym_key
from jianfu.core.logs import LOGGER
from jianfu.ingest.people import describe_id, normal_id
from jianfu.ingest.quality import join_books
from jianfu.ingest.writer import TableWriter
from jianfu.province.load import load_province


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
    cells = identifiers(SAMPLE / "raw")
    assert sum(cell.isdigit() and len(cell) == 11 for cell in cells) > 1000
    assert sum(bool(re.fullmatch(r"\d{17}[\dXx]", cell)) for cell in cells) > 1000
    assert sum(not re.search(r"\d", cell) for cell in cells) > 1000


def test_no_personal_cell_in_any_file(written):
    assert {"log.txt", "tasks.parquet", "spells_quarantine.csv", "row_counts.csv"} <= set(written)
    everything = "\n".join(written.values())
    assert not found_in(everything, identifiers(SAMPLE / "raw"))


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


KEY = "a long random text of 32 letters"


@pytest.mark.parametrize(
    "saved",
    [
        KEY.encode(),
        KEY.encode() + b"\r\n",
        codecs.BOM_UTF8 + KEY.encode() + b"\n\n",
        codecs.BOM_UTF16_LE + KEY.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + f"{KEY}\r\n".encode("utf-16-be"),
    ],
    ids=["bare", "CRLF", "BOM", "UTF-16", "UTF-16 big-endian"],
)
def test_how_an_editor_saves_a_key_does_not_change_it(monkeypatch, tmp_path, saved):
    (tmp_path / "key").write_bytes(saved)
    monkeypatch.delenv("JIANFU_KEY", raising=False)
    monkeypatch.setenv("JIANFU_KEY_FILE", str(tmp_path / "key"))
    assert pseudonym_key(False) == KEY.encode()
    monkeypatch.setenv("JIANFU_KEY", "\ufeff" + KEY + "\r\n")
    assert pseudonym_key(False) == KEY.encode()


def test_a_short_key_is_refused_for_real_data(monkeypatch):
    monkeypatch.setenv("JIANFU_KEY", "密" * 31)
    with pytest.raises(ConfigError, match="has 31 characters; for real data it needs at least 32"):
        pseudonym_key(False)
    monkeypatch.setenv("JIANFU_KEY", "密" * 32)
    assert pseudonym_key(False) == ("密" * 32).encode()
    monkeypatch.setenv("JIANFU_KEY", "short")
    assert pseudonym_key(True) == SYNTHETIC_KEY


def test_a_fingerprint_tells_keys_apart_and_is_no_part_of_them():
    marks = {key_fingerprint(key) for key in (KEY.encode(), KEY[:-1].encode(), SYNTHETIC_KEY)}
    assert len(marks) == 3 and all(len(mark) == 16 for mark in marks)
    assert key_fingerprint(KEY.encode()) == key_fingerprint(KEY.encode())


def test_tables_of_two_keys_stop(tmp_path):
    tables = {}
    for name, key in (("spells", b"A"), ("survey", b"B"), ("also", b"A"), ("units", None)):
        mark = {FINGERPRINT: key_fingerprint(key)} if key else {}
        tables[name] = tmp_path / f"{name}.parquet"
        with TableWriter(tables[name], pa.schema([("n", pa.int64())]), mark):
            pass
    check_one_key(tables["spells"], tables["also"], tables["units"])
    with pytest.raises(DataError, match="^spells, survey were read under different keys"):
        check_one_key(tables["spells"], tables["survey"])


def test_real_data_need_a_key(monkeypatch, tmp_path):
    monkeypatch.delenv("JIANFU_KEY", raising=False)
    monkeypatch.delenv("JIANFU_KEY_FILE", raising=False)
    assert pseudonym_key(True) == SYNTHETIC_KEY
    with pytest.raises(ConfigError, match="JIANFU_KEY_FILE"):
        pseudonym_key(False)
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    monkeypatch.setenv("JIANFU_KEY_FILE", str(tmp_path / "key"))
    assert pseudonym_key(False) == KEY.encode()
    monkeypatch.setenv("JIANFU_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="cannot be read"):
        pseudonym_key(False)


def test_the_search_finds_what_is_packed_and_what_stands_within_a_word(tmp_path):
    with zipfile.ZipFile(tmp_path / "report.docx", "w") as package:
        package.writestr("word/document.xml", "<w:t>由欧阳建国同志负责</w:t>")
    pd.DataFrame({"post": ["王小明镇长"]}).to_parquet(tmp_path / "a.parquet")
    cells = {"欧阳建国", "王小明", "李大力", "王小"}
    assert found_in(text_of(tmp_path / "report.docx"), cells) == {"欧阳建国"}
    assert found_in(text_of(tmp_path / "a.parquet"), cells) == {"王小明"}
