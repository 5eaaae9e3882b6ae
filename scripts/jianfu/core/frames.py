"""Frames in and out of files between rules."""

from pathlib import Path

import pandas as pd


def store(frame, path):
    """Write ``frame`` as Parquet (zstd, no index); categories become text."""
    plain = {
        name: column.astype(object)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    frame.assign(**plain).to_parquet(path, compression="zstd", index=False)


def load(path, **options):
    """A Parquet file as frame, or several of the same columns one below the other; options: of pandas."""
    return joined(path, lambda one: pd.read_parquet(one, **options))


def read_csv(path):
    """A CSV table that a rule wrote, or several; empty texts stay empty texts."""
    return joined(path, _read_csv)


def joined(path, read):
    """What ``read`` makes of a path, or of each of a list of them put together (frames of the same columns)."""
    paths = [path] if isinstance(path, str | Path) else list(path)
    return read(paths[0]) if len(paths) == 1 else pd.concat(map(read, paths), ignore_index=True)


def _read_csv(path):
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
