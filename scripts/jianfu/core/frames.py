"""Frames in and out of Parquet files between rules."""

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
