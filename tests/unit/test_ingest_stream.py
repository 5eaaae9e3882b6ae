"""Long text files: results do not depend on blocks, ranges of keys or threads; nothing personal or unfinished stays."""

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_cases import ingest_rows

from jianfu.core.errors import DataError
from jianfu.ingest import delimited, pipeline, spill, tables

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
    for piece in delimited.whole_records(chunks, ",", "x.csv"):
        columns, _ = delimited.read_block(piece, "x.csv", ",", [delimited.pa.string()] * 3)
        found += zip(*(column.to_pylist() for column in columns), strict=True)
    assert [list(row) for row in found] == rows


def test_quotation_marks_inside_texts_open_nothing():
    data = '1,5" 屏,甲\n2,"a\nb",乙\n3,他说"好",丙\n4,"未完'.encode()
    assert data[: delimited.records_end(data, ord(","))].endswith("丙\n".encode())


def test_a_quotation_mark_that_never_closes_stops_in_a_long_file(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST", 2000)
    rows = "".join(f"A{n},河口镇,任务,2024-03-01\n" for n in range(500))
    text = "编号,责任单位,事项类型,下达时间\n" + 'B,"河口镇,任务,2024-03-01\n' + rows
    (tmp_path / "数据.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="broken quotation marks"):
        ingest_rows(tmp_path, "tasks", None)


def test_intermediate_files_hold_nothing_personal_and_go(tmp_path, monkeypatch):
    seen = []

    def look(self, *arguments):
        settled = self._bounds_before(*arguments)
        seen.extend(path.read_bytes() for path in self.folder.iterdir())
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
