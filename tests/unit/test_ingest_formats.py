"""Every kind of file that ingestion reads, in a small example, and one sentence for every kind of damage."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xlsxwriter
from ingest_cases import ROOT, ingest_rows

from jianfu.core.errors import DataError
from jianfu.ingest import tabular
from jianfu.ingest.readers import read_bytes, read_source

FORMATS = ROOT / "tests" / "data" / "formats"
HEAD = ["编号", "责任单位", "事项类型", "下达时间", "报表数"]
TASKS = [["A", "河口镇", "任务", "2024-03-01 16:00", "3"], ["B", "河口镇", "检查", "2024-03-02", "2"]]
READ = [
    ("A", "390101101", "任务", datetime(2024, 3, 1, 16), 3),
    ("B", "390101101", "检查", datetime(2024, 3, 2), 2),
]
COLUMNS = ["task_id", "unit_code", "event_label", "issue_at", "n_table"]
MOMENTS = [datetime(2024, 3, 1, 16), datetime(2024, 3, 2)]


def _write(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    return ingest_rows(tmp_path, "tasks", None, name)


def _rows(result):
    return [tuple(row.values()) for row in result.canonical.select(COLUMNS).to_pylist()]


def _text(delimiter=","):
    return "\r\n".join(delimiter.join(row) for row in [HEAD, *TASKS]).encode("gb18030")


def _parquet(**options):
    stream = io.BytesIO()
    table = {
        "编号": ["A", "B"],
        "责任单位": pa.array(["河口镇", "河口镇"]).dictionary_encode(),
        "事项类型": ["任务", "检查"],
        "下达时间": pa.array(MOMENTS, pa.timestamp("ns")),
        "报表数": pa.array([3, 2], pa.int8()),
    }
    pq.write_table(pa.table(table), stream, **options)
    return stream.getvalue()


def _statistics(tmp_path, kind, labels=None, **options):
    """Bytes of a Stata or SPSS file with short names, long labels, codes and labels of values."""
    frame = pd.DataFrame(
        {
            "id": ["A", "B"],
            "unit": ["河口镇"] * 2,
            "kind": [1.0, 2.0],
            "issued": MOMENTS,
            "tables": [3.0, 2.0],
        }
    )
    path = tmp_path / f"written.{kind}"
    write = {"sav": pyreadstat.write_sav, "zsav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[kind]
    if kind == "zsav":
        options["compress"] = True
    values = {"kind": labels or {1: "任务", 2: "检查"}}
    write(frame, str(path), column_labels=HEAD, variable_value_labels=values, **options)
    return path.read_bytes()


def _ods():
    def cell(text):
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in [HEAD, *TASKS])
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="台账">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
    )
    return _zip({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def _xlsx():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("台账")
    for number, row in enumerate([HEAD, *TASKS]):
        sheet.write_row(number, 0, row)
    book.close()
    return stream.getvalue()


def _zip(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


CONTENTS = {
    "台账.csv": lambda folder: _text(),
    "台账.tsv": lambda folder: _text("\t"),
    "台账.parquet": lambda folder: _parquet(),
    "台账.xlsx": lambda folder: _xlsx(),
    "台账.ods": lambda folder: _ods(),
    "台账.dta": lambda folder: _statistics(folder, "dta"),
    "台账13.dta": lambda folder: _statistics(folder, "dta", version=13),
    "台账10.dta": lambda folder: _statistics(folder, "dta", version=10),
    "台账.sav": lambda folder: _statistics(folder, "sav"),
    "台账.zsav": lambda folder: _statistics(folder, "zsav"),
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zipped"])
def test_every_format_gives_the_same_rows(tmp_path, name, packed):
    content = CONTENTS[name](tmp_path)
    if packed:
        result = _write(tmp_path, "数据.zip", _zip({f"导出/2024/{name}": content}))
        assert set(result.counts["file"]) == {f"数据.zip/导出/2024/{name}"}
    else:
        result = _write(tmp_path, name, content)
    assert _rows(result) == READ
    assert result.counts.groupby("outcome")["rows"].sum()["kept"] == 2


@pytest.mark.parametrize("name", ["台账.xls", "台账.et"])
def test_binary_workbooks(tmp_path, name):
    """A true xls; WPS writes .et in the same form. Hidden sheets stay out, merged cells are filled."""
    result = _write(tmp_path, name, (FORMATS / "binary.xls").read_bytes())
    assert _rows(result) == READ
    assert "hidden_sheet" in set(result.notices["kind"])


def test_zipped_parts_in_folders(tmp_path):
    """Parts of several formats; the archive's own folders, hidden files and what macOS adds are left alone."""
    parts = {
        "第二页/台账.csv": "\r\n".join([",".join(HEAD), "C,河口镇,任务,2024-03-03,1"]).encode("gb18030"),
        "第一页/台账.xlsx": _xlsx(),
        "第一页/": b"",
        "__MACOSX/第一页/._台账.xlsx": b"\0\0",
        "第一页/.DS_Store": b"\0",
        "第一页/~$台账.xlsx": b"\0",
    }
    result = _write(tmp_path, "数据.zip", _zip(parts))
    assert result.canonical["task_id"].to_pylist() == ["A", "B", "C"]
    assert result.counts["file"].unique().tolist() == [
        "数据.zip/第一页/台账.xlsx",
        "数据.zip/第二页/台账.csv",
    ]


# --- columns with types ------------------------------------------------------------------------------------------

VALUES = [
    (pa.array([True, False, None]), ["是", "否", ""]),
    (pa.array([341121100000, None]), ["341121100000", ""]),
    (pa.array([341121100000.0, 2.5, float("nan"), None]), ["341121100000", "2.5", "", ""]),
    (pa.array([3.9012119970607e17]), ["3.9012119970607e+17"]),
    (pa.array([390121199706071234]), ["390121199706071234"]),
    (pa.array([Decimal("12.50"), Decimal("3.00"), Decimal("100.00")]), ["12.5", "3", "100"]),
    (pa.array([date(2024, 3, 5)]), ["2024-03-05"]),
    (pa.array([datetime(2024, 3, 5, 15, 59, 59, 600_000)]), ["2024-03-05 16:00:00"]),
    (pa.array([datetime(2024, 3, 5, 8)], pa.timestamp("ms", "UTC")), ["2024-03-05 16:00:00"]),
    (pa.array([time(8, 30)]), ["08:30:00"]),
    (pa.array(["河口镇".encode(), "河口镇".encode("gb18030"), b"\xff\xff"]), ["河口镇", "河口镇", ""]),
    (pa.array([[1, 2]]), ["[1, 2]"]),
    (pa.array(["镇", None]).dictionary_encode(), ["镇", ""]),
    (pa.nulls(1), [""]),
]


@pytest.mark.parametrize(("column", "texts"), VALUES, ids=lambda v: str(getattr(v, "type", "")))
def test_typed_values_as_text(column, texts):
    """Arrow columns and Python values read alike."""
    assert tabular.arrow_text(column).to_pylist() == texts
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        assert [tabular.value_text(value) for value in column.to_pylist()] == texts


def test_times_outside_the_calendar_are_empty():
    assert tabular.arrow_text(pa.array([2**62], pa.timestamp("s"))).to_pylist() == [""]


def test_value_labels_are_text_and_other_codes_stay(tmp_path):
    """A value with a label is read as its label; a value without one as its code."""
    result = _write(tmp_path, "台账.sav", _statistics(tmp_path, "sav", {1: "任务"}))
    assert result.quarantine[["row", "reason", "value"]].to_numpy().tolist() == [[2, "unknown_category", "2"]]
    source = {"values": {"event_label": {"2": "检查"}}}
    assert _rows(ingest_rows(tmp_path, "tasks", None, "台账.sav", source)) == READ


def test_survey_items_with_labels_of_the_ends_only(tmp_path):
    frame = pd.DataFrame({"unit": ["河口镇"] * 3, "born": [1.0, 1.0, 2.0], "q1": [0.0, 3.0, 6.0]})
    labels = {"born": {1: "90后", 2: "80后"}, "q1": {0: "从不", 6: "每天"}}
    pyreadstat.write_sav(
        frame,
        str(tmp_path / "问卷.sav"),
        column_labels=["单位", "出生年代", "疲惫"],
        variable_value_labels=labels,
    )
    source = {
        "columns": {"q1": "EE1", "出生年代": "cohort"},
        "values": {"EE1": {"从不": 0, "每天": 6}},
        "fixed": {"wave": 1, "fieldwork_date": "2024-03-01"},
    }
    result = ingest_rows(tmp_path, "survey", None, "问卷.sav", source)
    assert result.canonical["EE1"].to_pylist() == [0, 3, 6]
    assert result.canonical["cohort"].to_pylist() == ["90后", "90后", "80后"]


def test_a_column_is_known_by_its_name_or_its_label(tmp_path):
    result = _write(tmp_path, "台账.dta", _statistics(tmp_path, "dta"))
    headings = result.columns.set_index("column")["heading"]
    assert headings[["task_id", "unit_name", "n_table"]].tolist() == ["编号", "责任单位", "报表数"]
    source = {"columns": {"tables": "n_photo"}}
    renamed = ingest_rows(tmp_path, "tasks", None, "台账.dta", source).columns
    assert renamed.set_index("column").loc["n_photo", "heading"] == "tables"


def test_stata_file_in_gbk(tmp_path):
    """Files before Stata 14 do not say their encoding."""
    content = _statistics(tmp_path, "dta", version=10)
    places = "河口镇".encode()
    assert content.count(places) == 2
    old = content.replace(places, "河口镇".encode("gb18030").ljust(len(places), b"\0"))
    for text in {*HEAD, "任务", "检查"}:
        old = old.replace(text.encode(), text.encode("gb18030").ljust(len(text.encode()), b"\0"))
    assert _rows(_write(tmp_path, "台账.dta", old)) == READ


def test_missing_values_of_statistics_files_are_empty(tmp_path):
    frame = pd.DataFrame(
        {
            "编号": ["A"],
            "责任单位": ["河口镇"],
            "事项类型": ["任务"],
            "下达时间": ["2024-03-01"],
            "报表数": [99.0],
        }
    )
    pyreadstat.write_sav(frame, str(tmp_path / "台账.sav"), missing_ranges={"报表数": [99]})
    result = ingest_rows(tmp_path, "tasks", None, "台账.sav")
    assert result.canonical["n_table"].to_pylist() == [None]
    assert "bad_optional_value" not in set(result.counts["outcome"])


def test_a_long_parquet_file_comes_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(tabular, "BATCH_ROWS", 1)
    (tmp_path / "台账.parquet").write_bytes(_parquet())
    sheets = [s for part in read_source(tmp_path / "台账.parquet", "台账.parquet", {}) for s in part]
    assert [(sheet.start, sheet.height) for sheet in sheets] == [(0, 1), (1, 1)]
    result = ingest_rows(tmp_path, "tasks", None, "台账.parquet")
    assert _rows(result) == READ
    assert result.origins["row"].to_pylist() == [1, 2]
    assert len(result.columns) == len(HEAD)


# --- damage ------------------------------------------------------------------------------------------------------


def _nested():
    return _zip({"里面.zip": _zip({"台账.csv": _text()})})


def _broken_part():
    content = bytearray(_zip({"台账.csv": _text() * 50}))
    content[60:70] = b"\xff" * 10
    return bytes(content)


DAMAGE = {
    "locked workbook": (lambda: (FORMATS / "protected.xlsx").read_bytes(), "protected by a password"),
    "half a workbook": (lambda: _xlsx()[:-700], "damaged|cannot be read"),
    "half a binary workbook": (lambda: (FORMATS / "binary.xls").read_bytes()[:2600], "cannot be read"),
    "half a Parquet file": (lambda: _parquet()[:-30], "Parquet file cannot be read"),
    "archive in an archive": (_nested, "archive inside the archive"),
    "broken part": (_broken_part, "part '台账.csv' of the archive is damaged"),
    "empty archive": (lambda: _zip({}), "damaged|holds no file"),
    "archive with folders only": (lambda: _zip({"a/": b""}), "holds no file"),
    "nothing": (lambda: b" \r\n", "is empty"),
}


@pytest.mark.parametrize(("content", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_damage_gives_one_sentence(content, sentence):
    with pytest.raises(DataError, match=sentence) as error:
        read_bytes(content(), "坏.xls")
    assert str(error.value).startswith("坏.xls") and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_half_a_statistics_file(tmp_path, kind):
    content = _statistics(tmp_path, kind)
    for length in (20, 150, len(content) // 2):
        with pytest.raises(DataError, match="cannot be read as Stata or SPSS"):
            read_bytes(content[:length], "坏.sav")


def test_locked_archive(tmp_path):
    content = bytearray(_zip({"台账.csv": _text()}))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="archive is protected by a password"):
        read_bytes(bytes(content), "坏.zip")


def test_archive_that_expands_beyond_the_limit(tmp_path):
    (tmp_path / "数据.zip").write_bytes(_zip({"台账.csv": _text() + b"\r\n" * 2_000_000}))
    data = {"max_unzipped_gb": 0.001}
    with pytest.raises(DataError, match=r"数据.zip: the archive expands to more than 0.001 GB"):
        ingest_rows(tmp_path, "tasks", None, "数据.zip", data=data)


def test_empty_folder(tmp_path):
    with pytest.raises(DataError, match=r"No file matches '\*.csv' \(tasks\) in the data folder"):
        ingest_rows(tmp_path, "tasks", None, "*.csv")


def test_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(DataError, match="台账.csv: the file cannot be opened"):
        next(iter(read_source(Path(tmp_path) / "台账.csv", "台账.csv", {})))
