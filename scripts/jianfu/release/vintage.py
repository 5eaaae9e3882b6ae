"""What was released before: two successive releases must not tell the few persons by whom they differ.

Every block of a release (a row of a table, a curve, a chain, a model) is compared with the same block of the release
before. Where a count of persons or events behind it differs by one to ``min_cell`` - 1, the block is released as it
was; where none differs, or all by more, as it is now. The vintage keeps every block with the true counts of the data
behind what was released, so that small differences add up until they are large enough. It stays in ``restricted/``.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from jianfu.release.outputs import TOTAL, Output
from jianfu.release.source_rows import PERSON_TABLES

COLUMNS = ["output", "block", "counts", "rows"]
ESTIMATES = "estimates"
AS_BEFORE = "as_before"  # the reason of an estimate that is that of the release before
OF_MODELS = ("n_used", "n_events", "behind_persons", "behind_events")


def read_vintage(path: str | Path) -> dict[tuple[str, str], tuple[dict, list]]:
    """``{(output, block): (counts, released rows)}`` of the release before; nothing where there was none."""
    if not Path(path).exists():
        return {}
    rows = pd.read_parquet(path).itertuples(index=False)
    return {(row.output, row.block): (json.loads(row.counts), json.loads(row.rows)) for row in rows}


def write_vintage(vintage: dict, path: str | Path) -> None:
    """Store what :func:`read_vintage` gives back."""
    rows = [(*key, *map(_text, content)) for key, content in sorted(vintage.items())]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=COLUMNS).astype(str).to_parquet(path, compression="zstd", index=False)


def block_columns(output: Output) -> list[str]:
    """Columns that tell the blocks of an output apart."""
    if output.method == "steps":
        return list(output.dimensions[:-1])
    return ["chain", "unit"] if output.method == "flow" else list(output.dimensions)


def counts_of(frame: pd.DataFrame, output: Output) -> dict[str, dict[str, float]]:
    """``{block: {name of a count: persons or events}}`` of an output before the gate."""
    if output.method == "open":
        return {}
    if output.method == "rows":
        frame = frame[frame["table"].isin([*PERSON_TABLES, TOTAL])]
    by, found = block_columns(output), {}
    within = [column for column in output.dimensions if column not in by]
    blocks, places = _keys(frame, by), _keys(frame, within)
    if output.method == "steps":
        for block, events in zip(blocks, frame["n_events"], strict=True):
            found.setdefault(block, {"n_events": 0.0})["n_events"] += _number(events)
        return found
    for block, place, row in zip(blocks, places, frame.to_dict("records"), strict=True):
        found.setdefault(block, {}).update({f"{place}{name}": _number(row[name]) for name in output.counts})
    return found


def counts_of_models(estimates: pd.DataFrame, persons: pd.Series) -> dict[str, dict[str, float]]:
    """The same of the estimates: a block is a model, its counts are those behind the model and behind every term."""
    found = {}
    for row, person in zip(estimates.to_dict("records"), persons, strict=True):
        counts = found.setdefault(str(row["model"]), {})
        for name in OF_MODELS if person else ("n_events",):
            counts[f"{row['outcome']}\x1f{row['term']}\x1f{name}"] = _number(row[name])
    return found


def as_before(
    name: str, released: pd.DataFrame, by: list[str], counts: dict, vintage: dict, min_cell: int
) -> tuple[pd.DataFrame, int, dict, set[str]]:
    """Released rows in which blocks too close to the release before are as they were, their number, the vintage, and
    the blocks.

    by: columns that tell the blocks apart; counts: of the blocks (:func:`counts_of`); vintage: of the release before.
    A block that was released in other columns than it has now is withheld: its rows are left out.
    """
    blocks, placed, repeated, kept, close = {}, [], 0, {}, set()
    for place, (key, row) in enumerate(zip(_keys(released, by), released.to_dict("records"), strict=True)):
        blocks.setdefault(key, []).append((place, row))
    for key, rows in blocks.items():
        now = counts.get(key, {})
        before, old = vintage.get((name, key), ({}, None))
        if old is not None and _too_close(now, before, min_cell):
            repeated += len(rows)
            close.add(key)
            same = all(set(row) == set(released.columns) for row in old)
            rows, now = [(rows[0][0], row) for row in old] if same else [], before
        placed += rows
        kept[name, key] = (now, [row for _, row in rows])
    if not repeated:
        return released, 0, kept, close
    rows = [row for _, row in sorted(placed, key=lambda one: one[0])]
    return _typed(pd.DataFrame(rows, columns=released.columns, dtype=object), released), repeated, kept, close


def _too_close(now, before, min_cell):
    """Whether a count differs by one to ``min_cell`` - 1 persons."""
    return any(0 < abs(now.get(name, 0) - before.get(name, 0)) < min_cell for name in {*now, *before})


def _keys(frame, columns):
    """One text per row (object array) made of the values of ``columns``."""
    texts = [frame[column].astype(str) for column in columns]
    return np.array(["\x1f".join(row) for row in zip(*texts, strict=True)] or [""] * len(frame), object)


def _number(value):
    return 0.0 if value is None or pd.isna(value) else float(value)


def _typed(frame, like):
    """The frame with numbers where ``like`` has numbers."""
    frame = frame.reset_index(drop=True)
    numbers = [column for column in like if pd.api.types.is_numeric_dtype(like[column])]
    return frame.assign(**{column: pd.to_numeric(frame[column]) for column in numbers})


def _text(content):
    """Counts or rows as JSON; what is missing is null."""
    return json.dumps(content, ensure_ascii=False, default=_plain)


def _plain(value):
    if value is pd.NA or value is pd.NaT:
        return None
    return value.item() if isinstance(value, np.generic) else str(value)
