"""The files of a raw table in blocks, and how jobs share the blocks.

A block is always read by itself, whether one job reads all of them or many jobs some each. So the batches of rows are
the same, and with them every byte that is made of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jianfu.core.sources import find_files
from jianfu.core.tables import raw_tables

BLOCK_BYTES = 128 * 2**20  # files of so many bytes are a block
PIECE_BYTES = 2**30  # what one job reads, where the province does not say how many jobs there are


@dataclass(frozen=True)
class Block:
    """Consecutive ``files`` (as from :func:`jianfu.core.sources.find_files`) of the raw ``table``, and their bytes."""

    number: int
    table: str
    files: list
    size: int


def blocks_of(table: str, folder: str | Path, sources: Iterable[Mapping]) -> list[Block]:
    """Blocks of the files of a canonical ``table``, in order of raw table and file; a database behind
    an address, or a file that is not there, counts no bytes."""
    names = raw_tables(table)
    files = find_files(folder, [source for source in sources if source["table"] in names])
    blocks = []
    for name in names:
        waiting, size = [], 0
        for file in (file for file in files if file[2]["table"] == name):
            waiting.append(file)
            size += file[0].stat().st_size if file[0] and file[0].exists() else 0
            if size >= BLOCK_BYTES:
                blocks.append(Block(len(blocks), name, waiting, size))
                waiting, size = [], 0
        if waiting:
            blocks.append(Block(len(blocks), name, waiting, size))
    return blocks


def pieces_of(blocks: list[Block], pieces: int | None = None) -> list[list[Block]]:
    """Consecutive ``blocks`` shared out among jobs by their bytes: among at most ``pieces``; without that number, one
    job for every :data:`PIECE_BYTES`. No job is without a block, unless there is none at all."""
    total = sum(block.size for block in blocks)
    jobs = min(pieces or -(-total // PIECE_BYTES), len(blocks))
    if jobs < 2:
        return [blocks]
    shares, before = {}, 0
    for block in blocks:
        job = min(jobs * (2 * before + block.size) // max(2 * total, 1), jobs - 1)
        shares.setdefault(job, []).append(block)
        before += block.size
    return list(shares.values())
