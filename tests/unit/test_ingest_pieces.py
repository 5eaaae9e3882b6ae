"""Files read by several jobs: the same bytes as in one piece, whatever the number of jobs."""

import pytest
from ingest_cases import PLAN, ROOT, SAMPLE, SCHEMA

from jianfu.ingest import blocks as library
from jianfu.ingest.blocks import Block, blocks_of, pieces_of
from jianfu.ingest.tables import ingest_table, read_piece
from jianfu.province.load import load_province


@pytest.fixture(scope="module")
def sample():
    return load_province("sample", ROOT, [ROOT / "config" / "provinces"])


@pytest.fixture(scope="module")
def units(sample):
    return ingest_table("units", SAMPLE / "raw", sample, PLAN, SCHEMA).canonical.to_pandas()


def _written(result, folder):
    """Bytes of everything that ingestion writes."""
    names = (
        "table.parquet",
        "quarantine.csv",
        "counts.csv",
        "columns.csv",
        "notices.csv",
        "titles.csv",
        "label.csv",
    )
    paths = [folder / name for name in names]
    folder.mkdir()
    result.write(*paths[:5], titles=paths[5], to_label=paths[6])
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("table", ["tasks", "app_activity", "spells", "survey"])
def test_three_jobs_make_the_bytes_of_one(tmp_path, monkeypatch, sample, units, table):
    monkeypatch.setattr(library, "BLOCK_BYTES", 1)
    plan = {"settings": sample, "plan_dir": PLAN, "schema": SCHEMA, "units": units}
    blocks = blocks_of(table, SAMPLE / "raw", sample["sources"])
    shares = pieces_of(blocks, 3)
    assert 1 < len(shares) <= 3 and [block for share in shares for block in share] == blocks
    folders = [tmp_path / f"piece-{number}" for number in range(len(shares))]
    for folder, share in zip(folders, shares, strict=True):
        read_piece(table, share, into=folder, **plan)
    joined = ingest_table(table, SAMPLE / "raw", pieces=folders, **plan)
    whole = ingest_table(table, SAMPLE / "raw", **plan)
    assert _written(joined, tmp_path / "joined") == _written(whole, tmp_path / "whole")
    assert joined.origins.equals(whole.origins)
    assert all(any(folder.iterdir()) for folder in folders)  # of other jobs: not ours to remove


def _blocks(*sizes):
    return [Block(number, "tasks", [], size) for number, size in enumerate(sizes)]


def test_files_are_shared_out_by_their_bytes():
    def sizes(shares):
        return [[block.size for block in share] for share in shares]

    assert sizes(pieces_of(_blocks(5, 1, 1, 1, 2), 2)) == [[5], [1, 1, 1, 2]]
    assert sizes(pieces_of(_blocks(9, 1), 5)) == [[9], [1]]
    assert sizes(pieces_of(_blocks(0, 0), 2)) == [[0, 0]]  # databases
    assert pieces_of([], 4) == [[]]


def test_a_province_that_is_large_is_shared_out_by_itself():
    gigabytes = library.PIECE_BYTES // 4
    assert len(pieces_of(_blocks(gigabytes, gigabytes))) == 1
    assert len(pieces_of(_blocks(*[gigabytes] * 9))) == 3


def test_a_block_ends_between_files(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "BLOCK_BYTES", 10)
    for number in range(5):
        (tmp_path / f"{number}.csv").write_bytes(b"12345")
    found = blocks_of("tasks", tmp_path, [{"table": "tasks", "files": ["*.csv"]}])
    assert [[name for _, name, _ in block.files] for block in found] == [
        ["0.csv", "1.csv"],
        ["2.csv", "3.csv"],
        ["4.csv"],
    ]
    assert [block.size for block in found] == [10, 10, 5]
