"""Frames in and out of files between rules."""

import pandas as pd


def store(frame, path):
    """Write ``frame`` as Parquet (zstd, no index); categories become text."""
    plain = {
        name: column.astype(object)
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    frame.assign(**plain).to_parquet(path, compression="zstd", index=False)


def load(path):
    """Read a Parquet file as frame."""
    return pd.read_parquet(path)


def read_csv(path):
    """A CSV table that a rule wrote; empty texts stay empty texts."""
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
