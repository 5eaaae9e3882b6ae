"""What was released before: two successive releases must not tell the few persons by whom they differ.

Every block of a release (a row of a table, a curve, a chain, a part of a model) is compared with the same block of
the release before. Where a count of persons or events behind it differs by one to ``min_cell`` - 1, the block is
released as it was; where none differs, or all by more, as it is now. The vintage keeps every block with the true counts
of the data behind what was released, so that small differences add up until they are large enough. It stays in
``restricted/``.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from jianfu.models.term import CONSTANT
from jianfu.release.outputs import TOTAL, Output
from jianfu.release.source_rows import PERSON_TABLES
from jianfu.release.suppression import row_keys

COLUMNS = ["output", "block", "counts", "rows"]
ESTIMATES = "estimates"
AS_BEFORE = "as_before"  # the reason of an estimate that is that of the release before
OF_MODELS = ("n_used", "n_events", "behind_persons", "behind_events")
PART = ["model", "outcome", "part"]  # what tells the blocks of the estimates apart
LEVELS = "levels"  # the part of a model that tells how many are in each level


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
    blocks, places = row_keys(frame, by), row_keys(frame, within)
    if output.method == "steps":
        for block, events in zip(blocks, frame["n_events"], strict=True):
            found.setdefault(block, {"n_events": 0.0})["n_events"] += _number(events)
        return found
    for block, place, row in zip(blocks, places, frame.to_dict("records"), strict=True):
        found.setdefault(block, {}).update({f"{place}{name}": _number(row[name]) for name in output.counts})
    return found


def with_parts(estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates with the column ``part``: what a row tells of a model, its term or the levels of its variables.

    The coefficients of all levels with the constant, the total of the model and its exposure tell the events of every
    level, so they are one part, and products of levels with them. Another term, a product with one included, tells no
    count, and is a part of its own.
    """
    terms = estimates["term"].astype(str)
    models = row_keys(estimates, ["model", "outcome"])
    level = _variables(estimates).ne("") | terms.eq(CONSTANT)
    other = set(zip(models[~level], terms[~level], strict=True))
    alone = [
        not of_level and (":" not in term or any((model, name) in other for name in term.split(":")))
        for model, term, of_level in zip(models, terms, level, strict=True)
    ]
    return estimates.assign(part=terms.where(alone, LEVELS))


def _variables(estimates):
    """The variable of the level that each row tells of, empty where it tells of none."""
    return estimates["behind_of"].astype(object).fillna("").astype(str)


def counts_of_models(estimates: pd.DataFrame, persons: pd.Series) -> dict[str, dict[str, float]]:
    """The same of the estimates by part of a model (:func:`with_parts`): the counts behind the model, behind every term
    of the part, and behind the levels of a variable that have no term."""
    found, keys, rows = {}, row_keys(with_parts(estimates), PART), estimates.to_dict("records")
    for key, row, of, person in zip(keys, rows, _variables(estimates), persons, strict=True):
        counts = found.setdefault(key, {})
        for name in OF_MODELS if person else ("n_events",):
            counts[f"{row['term']}\x1f{name}"] = _number(row[name])
        for name, whole in (("behind_persons", "n_used"), ("behind_events", "n_events")):
            if person and of and pd.notna(row[name]) and pd.notna(row[whole]):
                rest = f"{of}\x1frest\x1f{name}"
                counts[rest] = counts.get(rest, _number(row[whole])) - _number(row[name])
    return found


def as_before(
    name: str, released: pd.DataFrame, by: list[str], counts: dict, vintage: dict, min_cell: int
) -> tuple[pd.DataFrame, int, dict, np.ndarray]:
    """Released rows in which blocks too close to the release before are as they were, their number, the vintage, and
    the mask (N,) of the rows that are as they were.

    by: columns that tell the blocks apart; counts: of the blocks (:func:`counts_of`); vintage: of the release before.
    A block that was released in other columns than it has now is withheld: its rows are left out.
    """
    blocks, placed, repeated, kept, close = {}, [], 0, {}, set()
    for place, (key, row) in enumerate(zip(row_keys(released, by), released.to_dict("records"), strict=True)):
        blocks.setdefault(key, []).append((place, row))
    for key, rows in blocks.items():
        now = counts.get(key, {})
        before, old = vintage.get((name, key), ({}, None))
        if old is not None and _too_close(now, before, min_cell):
            repeated += len(rows)
            close.add(key)
            same = all(set(row) == set(released.columns) for row in old)
            last = len(rows) - 1
            rows = [(rows[min(n, last)][0], row) for n, row in enumerate(old)] if same else []
            now = before
        placed += rows
        kept[name, key] = (now, [row for _, row in rows])
    if repeated:
        rows = [row for _, row in sorted(placed, key=lambda one: one[0])]
        released = _typed(pd.DataFrame(rows, columns=released.columns, dtype=object), released)
    return released, repeated, kept, np.isin(row_keys(released, by), [*close])


def _too_close(now, before, min_cell):
    """Whether a count differs by one to ``min_cell`` - 1 persons."""
    return any(0 < abs(now.get(name, 0) - before.get(name, 0)) < min_cell for name in {*now, *before})


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
