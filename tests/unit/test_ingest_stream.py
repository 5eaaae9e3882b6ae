"""Long text files: results do not depend on blocks, ranges of keys or threads; nothing personal or unfinished stays."""

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_cases import ingest_rows

from jianfu.core.errors import DataError
from jianfu.ingest import delimited, pipeline, quotes, spill, tables

HEAD = ["编号", "责任单位", "事项类型", "下达时间", "主题", "经办人", "报表数"]


def _rows(number=600):
    """A log in no order, with duplicates, conflicts, rejects, line breaks and short rows."""
    rng = random.Random(7)
    rows = []
    for n in range(number):
        task = f"T{rng.randrange(number)}"
        day = rng.choice(["2024-03-01 16:00", "2024/3/1 8:05", "2024年3月1日", "45352", "待定"])
        topic = rng.choice(["防汛", '说"好"', "两\n行", ""])
        rows.append(
            [task, rng.choice(["河口镇", "甲县城关镇", "没有的镇"]), "任务", day, topic, f"王某{n}", "—"]
        )
    rows += [rows[n] for n in range(0, number, 7)]
    rows.insert(40, ["合计", "", "", "", "", "", "9"])
    return [HEAD, *rows]


def _written(folder, rows=None):
    """Bytes of everything that ingestion of ``rows`` writes."""
    folder.mkdir()
    result = ingest_rows(folder, "tasks", rows or _rows())
    names = ("tasks.parquet", "quarantine.csv", "counts.csv", "columns.csv", "notices.csv")
    result.write(*(folder / name for name in names))
    return [(folder / name).read_bytes() for name in names], result.origins.to_pylist(), result.canonical


def test_blocks_ranges_and_threads_do_not_matter(tmp_path, monkeypatch):
    books, origins, canonical = _written(tmp_path / "whole")
    monkeypatch.setattr(delimited, "BLOCK", 700)
    monkeypatch.setattr(delimited, "text_chunks", _small_chunks)
    monkeypatch.setattr(tables, "LEAST_ROWS", 50)
    monkeypatch.setattr(spill, "SAMPLE_ROWS", 3)
    monkeypatch.setattr(spill, "RANGE_ROWS", 60)
    for workers in (1, 2):
        monkeypatch.setattr(tables, "WORKERS", workers)
        again, places, table = _written(tmp_path / f"parts{workers}")
        assert table.equals(canonical) and places == origins
        assert again[1:] == books[1:]
        if workers == 1:
            first = again[0]
    assert again[0] == first


_CHUNKS = delimited.text_chunks


def _small_chunks(open_file, name, encoding, mark, size=700):
    return _CHUNKS(open_file, name, encoding, mark, size)


CELL = st.text(st.sampled_from(list('a,"\r\n甲 ')), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=30), st.integers(8, 90))
def test_records_are_cut_where_they_end(rows, size):
    """Blocks of any size hold the same cells as the whole text, quoted line breaks included."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data = text.getvalue().encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    found = []
    for piece in delimited.whole_records(chunks, ",", 3, "x.csv"):
        columns, _ = delimited.read_block(piece, "x.csv", ",", [delimited.pa.string()] * 3)
        found += zip(*(column.to_pylist() for column in columns), strict=True)
    assert [list(row) for row in found] == rows


def test_quotation_marks_inside_texts_open_nothing():
    data = '1,5" 屏,甲\n2,"a\nb",乙\n3,他说"好",丙\n4,"未完'.encode()
    found = quotes.find_records(data, ",", 3, final=False)
    assert data[: found.end].endswith("丙\n".encode())
    assert (found.number, found.lines, found.strays) == (3, 4, [])


HEADS = "编号,责任单位,事项类型,下达时间,主题\n"


def _log(number, **odd):
    """Text of a log; ``odd`` are lines to put in the place of others, {"_<number>": line}."""
    lines = (odd.get(f"_{n}", f"A{n},河口镇,任务,2024-03-01,主题{n}") for n in range(number))
    return HEADS + "\n".join(lines) + "\n"


STRAYS = {
    "one, which never closes": {"_3": 'A3,"河口镇,任务,2024-03-01,主题'},
    "one before an enclosed cell": {
        "_3": 'A3,"河口镇,任务,2024-03-01,x',
        "_40": 'A40,河口镇,任务,2024-03-01,"a,b"',
    },
    "one before empty enclosed cells": {
        "_3": 'A3,"河口镇,任务,2024-03-01,x',
        "_9": 'A9,河口镇,任务,2024-03-01,""',
    },
    "one before a note of two lines": {
        "_3": '"A3,河口镇,任务,2024-03-01,',
        "_9": 'A9,河口镇,任务,2024-03-01,"x\n二"',
    },
    "a pair in one column": {
        "_3": 'A3,河口镇,任务,2024-03-01,"主题',
        "_90": 'A90,河口镇,任务,2024-03-01,主题"',
    },
    "a pair in two columns": {
        "_3": 'A3,"河口镇,任务,2024-03-01,主题',
        "_90": 'A90,河口镇,任务,2024-03-01,主题"',
    },
    "the last cell and the next first": {
        "_3": 'A3,河口镇,任务,2024-03-01,"主题',
        "_4": 'A4",河口镇,任务,2024-03-01,x',
    },
    "every row": {f"_{n}": f'A{n},河口镇,任务,2024-03-01,"主题' for n in range(100)},
    "beside blank lines": {
        "_3": 'A3,河口镇,任务,2024-03-01,"x',
        "_4": "",
        "_5": "",
        "_9": 'A9,河口镇,任务,2024-03-01,y"',
    },
}


@pytest.mark.parametrize("odd", STRAYS.values(), ids=STRAYS)
@pytest.mark.parametrize("small", [False, True])
def test_a_stray_quotation_mark_swallows_no_row(tmp_path, monkeypatch, odd, small):
    if small:
        monkeypatch.setattr(delimited, "text_chunks", _small_chunks)
    (tmp_path / "数据.csv").write_text(_log(100, **odd), encoding="utf-8")
    result = ingest_rows(tmp_path, "tasks", None)
    rows = result.counts.loc[result.counts["outcome"] != "bad_optional_value", "rows"]
    assert rows.sum() == 101  # the note of two lines is one row
    strays = sum(line.startswith('"') or (line.count('"') == 1 and ',"' in line) for line in odd.values())
    assert result.notices.set_index("kind").loc["stray_quotes", "rows"] == strays


NOTES = {
    "line breaks": "第一行\n第二行",
    "line breaks and commas": "一,报表\n二,照片,视频\n三",
    "as many commas as a row, amid": "说明\na,b,c,d,e\n完",
    "quotation marks": '他说""好""，\n又说""不好""。',
    "blank lines": "一\n\n\n二,三",
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_a_note_of_several_lines_stays_one_cell(tmp_path, note):
    odd = {f"_{n}": f'A{n},河口镇,任务,2024-03-01,"{note}"' for n in (3, 4, 50)}
    (tmp_path / "数据.csv").write_text(_log(100, **odd), encoding="utf-8")
    result = ingest_rows(tmp_path, "tasks", None)
    assert result.canonical.num_rows == 100
    assert set(result.canonical["topic"].to_pylist()) >= {note.replace('""', '"')}
    assert "stray_quotes" not in set(result.notices["kind"])


def test_a_cell_over_lines_that_may_be_rows_stops_with_its_line(tmp_path):
    odd = {"_3": 'A3,河口镇,任务,2024-03-01,"他说,', "_4": '"好",A4'}
    (tmp_path / "数据.csv").write_text(_log(100, **odd), encoding="utf-8")
    with pytest.raises(DataError, match="from line 5 on"):
        ingest_rows(tmp_path, "tasks", None)


@pytest.mark.slow
def test_a_stray_quotation_mark_in_a_long_file(tmp_path):
    odd = {"_1000": 'B,"河口镇,任务,2024-03-01,主题'}
    (tmp_path / "数据.csv").write_text(_log(200_000, **odd), encoding="utf-8")
    assert ingest_rows(tmp_path, "tasks", None).counts["rows"].sum() == 200_001


def test_intermediate_files_hold_nothing_personal_and_go(tmp_path, monkeypatch):
    seen = []

    def look(self, *arguments):
        settled = self._bounds_before(*arguments)
        seen.extend(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        return settled

    monkeypatch.setattr(spill.Spill, "_bounds_before", spill.Spill._bounds, raising=False)
    monkeypatch.setattr(spill.Spill, "_bounds", look)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = ingest_rows(tmp_path, "tasks", _rows(30))
    assert seen and not any("王某".encode() in content for content in seen)
    assert any("防汛".encode() in content for content in seen)
    assert len(list(tmp_path.glob(".ingest-*"))) == 1
    del result
    assert not list(tmp_path.glob(".ingest-*"))


def test_a_failed_run_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "数据.csv").write_bytes("编号,责任单位,事项类型,下达时间\n".encode() + b"\xff\xff\xff,\n")
    with pytest.raises(DataError):
        ingest_rows(tmp_path, "tasks", None)
    assert [path.name for path in tmp_path.iterdir()] == ["数据.csv"]


def test_results_come_in_order():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        assert list(pipeline.ordered(pool, lambda n: n * n, range(20))) == [n * n for n in range(20)]
