"""Suppression of small groups of persons: cells of tables, steps of curves, dropped groups of a sample flow.

The functions take finished figures; nothing is suppressed before it has been estimated.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from jianfu.release.outputs import OTHER, SHOWN, TOTAL, WITHHELD, Limits, Output


def _numbers(frame, column):
    return frame[column].to_numpy(dtype=float, na_value=np.nan)


def row_keys(frame: pd.DataFrame, columns: Iterable[str]) -> np.ndarray:
    """One text per row (object array) of the values of ``columns``, missing ones included; empty without columns."""
    texts = [frame[column].astype(object).map(str) for column in columns]
    return np.array(
        ["\x1f".join(row) for row in zip(*texts, strict=True)] if texts else [""] * len(frame), object
    )


# ------------------------------------------------------------------------------------------------ cells


def small(frame: pd.DataFrame, output: Output, min_cell: int) -> np.ndarray:
    """Boolean array: rows in which a count of persons, or the rest of a whole, is below ``min_cell`` or missing.

    Zero counts are small; a part of 100 % has a rest of zero.
    """
    found = np.zeros(len(frame), dtype=bool)
    for count in output.counts:
        found |= ~(_numbers(frame, count) >= min_cell)
    for whole, part in output.complements:
        found |= ~(_numbers(frame, whole) - _numbers(frame, part) >= min_cell)
    return found


def dominated(frame: pd.DataFrame, output: Output, share) -> np.ndarray:
    """Boolean array: rows of which the two largest units hold more than ``share``."""
    if not output.dominance:
        return np.zeros(len(frame), dtype=bool)
    return _numbers(frame, output.dominance) > share


def thin_models(frame: pd.DataFrame, output: Output, min_residual_df) -> np.ndarray:
    """Boolean array: rows with fewer than ``min_residual_df`` residual degrees of freedom in the model behind them."""
    if not output.freedom:
        return np.zeros(len(frame), dtype=bool)
    return _numbers(frame, output.freedom) < min_residual_df


def lines(frame: pd.DataFrame, output: Output, count) -> list[tuple[tuple[int, ...], int | None]]:
    """Sums that a reader may know: list of (cells, total), row positions of a line and of its total row or None.

    A line without a total row counts as known too: its total stands in another output.
    """
    found = []
    for dimension in output.totals.get(count, ()):
        others = [d for d in output.dimensions if d != dimension]
        keys = row_keys(frame, others)
        is_total = (frame[dimension].astype(str) == TOTAL).to_numpy()
        for key in sorted(set(keys)):
            rows = np.flatnonzero(keys == key)
            cells = tuple(int(row) for row in rows if not is_total[row])
            totals = [int(row) for row in rows if is_total[row]]
            if cells:
                found.append((cells, totals[0] if totals else None))
    return found


def members(line) -> tuple[int, ...]:
    """Rows of a line: its cells, then its total row if it has one."""
    cells, total = line
    return cells if total is None else (*cells, total)


def feasible_range(counts, hidden, sums, target) -> tuple[float, float]:
    """Smallest and largest value of the withheld count ``target`` that agrees with everything shown.

    counts: true counts, one per row; hidden: boolean per row; sums: as from :func:`lines`. The reader knows all shown
    counts, hence the withheld part of every sum, and that counts are not negative. What a sum holds beside its cells
    (persons of unknown cohort, say) is taken as known too. Two linear programmes.
    """
    rows = np.flatnonzero(hidden)
    position = {int(row): i for i, row in enumerate(rows)}
    matrix = np.zeros((len(sums), len(rows)))
    for line, (cells, total) in enumerate(sums):
        for row in cells:
            if row in position:
                matrix[line, position[row]] = 1.0
        if total in position:
            matrix[line, position[total]] = -1.0
    matrix = matrix[matrix.any(axis=1)]
    objective = np.zeros(len(rows))
    objective[position[target]] = 1.0
    system = {"A_eq": matrix, "b_eq": matrix @ counts[rows]} if len(matrix) else {}
    low = linprog(objective, **system, bounds=(0, None), method="highs")
    high = linprog(-objective, **system, bounds=(0, None), method="highs")
    return low.fun, (-high.fun if high.success else np.inf)


def protect_totals(frame: pd.DataFrame, output: Output, hidden, width) -> np.ndarray:
    """Withhold further rows until no withheld count can be worked out to within less than ``width`` persons.

    Each time, the smallest shown cell that stands in a sum with the exposed one goes too; the total only when no
    cell is left. Of the rows withheld in this way, those that are not needed after all are shown again (together with
    the others of their sum, or alone; the largest first), so that every one that stays is needed. Returns a new
    boolean array; the order of the rows does not matter.
    """
    order = np.argsort(row_keys(frame, output.dimensions), kind="stable")
    frame, first = frame.iloc[order], np.asarray(hidden)[order]
    systems = [
        (np.nan_to_num(_numbers(frame, count)), lines(frame, output, count)) for count in output.totals
    ]
    result = first.copy()
    for counts, sums in systems:
        while (row := exposed_row(counts, result, sums, width)) is not None:
            shown = [
                (other == line[1], counts[other], other)
                for line in connected(sums, result, row)
                for other in members(line)
                if not result[other]
            ]
            result[min(shown)[2]] = True
    for rows in _spare(systems, result & ~first):
        fewer = result.copy()
        fewer[rows] = False
        if all(exposed_row(counts, fewer, sums, width) is None for counts, sums in systems):
            result = fewer
    return result[np.argsort(order)]


def _spare(systems, added):
    """Rows of ``added`` that may be shown again together: those of one sum, then each alone; the largest first."""
    groups = {tuple(row for row in members(line) if added[row]) for _, sums in systems for line in sums}
    groups = {rows for rows in groups if len(rows) > 1} | {(int(row),) for row in np.flatnonzero(added)}

    def size(rows):
        return sum(counts[list(rows)].sum() for counts, _ in systems)

    return [list(rows) for rows in sorted(groups, key=lambda rows: (len(rows) == 1, -size(rows), rows))]


def exposed_row(counts, hidden, sums, width) -> int | None:
    """First withheld row whose count can be worked out to within less than ``width``, or None.

    A row is left alone when nothing that bears on it is shown any more.
    """
    for row in sorted({row for line in sums for row in members(line) if hidden[row]}):
        low, high = feasible_range(counts, hidden, sums, row)
        if high - low < width - 1e-6 and connected(sums, hidden, row):
            return row
    return None


def connected(sums, hidden, row: Mapping) -> list:
    """Sums that hold ``row`` and still show a count; if there are none, sums linked to it by withheld rows."""
    reached = {row}
    while True:
        linked = [line for line in sums if reached & set(members(line))]
        showing = [line for line in linked if not all(hidden[other] for other in members(line))]
        wider = {other for line in linked for other in members(line) if hidden[other]}
        if showing or wider <= reached:
            return showing
        reached |= wider


def release_open(
    frame: pd.DataFrame, output: Output, limits: Limits, shown=frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The declared columns as they are: no persons are behind them."""
    return frame[output.released].copy(), {"open": 0}


def release_cells(
    frame: pd.DataFrame, output: Output, limits: Limits, shown=frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Released frame (figures of withheld rows blank, column ``status``) and the number of rows by rule.

    shown: keys of the cells that linked outputs show (see :func:`cell_keys`).
    """
    few, large = small(frame, output, limits.min_cell), dominated(frame, output, limits.dominance)
    if output.linked:
        few = few | np.array([bool(key) and key not in shown for key in frame[output.linked]], dtype=bool)
    thin = thin_models(frame, output, limits.min_residual_df)
    hidden = protect_totals(frame, output, few | large | thin, limits.min_cell)
    released = frame[output.released].copy()
    for column in (*output.persons, *output.figures):
        released[column] = released[column].mask(pd.Series(hidden, index=frame.index))
    released["status"] = np.where(hidden, WITHHELD, SHOWN)
    other = (large | thin) & ~few
    rules = {"small_cells": int((hidden & ~other).sum())}
    rules |= {"dominance": int((large & ~few).sum())} if output.dominance else {}
    return released, rules | ({"residual_df": int((thin & ~large & ~few).sum())} if output.freedom else {})


def cell_keys(released, output: Output) -> set[str]:
    """Keys ``output|dimension|...`` of the cells that a released frame shows."""
    rows = released[released["status"] == SHOWN] if "status" in released else released
    return {"|".join([output.name, *map(str, values)]) for values in rows[list(output.dimensions)].to_numpy()}


# ------------------------------------------------------------------------------------------------ curves


def release_steps(
    frame: pd.DataFrame, output: Output, limits: Limits, shown=frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Points of cumulative curves between which at least ``min_cell`` events lie, and the number of points merged.

    frame: one row per group and time with ``n_events`` (events since the row before) and ``n_at_risk``; time is the
    last dimension. Points in between and after the last full step are left out.
    """
    *groups, time = output.dimensions
    ordered = frame.sort_values([*groups, time], kind="stable").reset_index(drop=True)
    kept, merged = [], 0
    for _, curve in ordered.groupby(groups, sort=True):
        gathered = 0
        for row, events, at_risk in zip(curve.index, curve["n_events"], curve["n_at_risk"], strict=True):
            gathered += events
            if gathered >= limits.min_cell and at_risk >= limits.min_cell:
                kept.append(row)
                gathered = 0
            elif events > 0:
                merged += 1
    released = ordered.loc[kept, output.released].reset_index(drop=True)
    released["status"] = SHOWN
    return released, {"steps": merged}


# ------------------------------------------------------------------------------------------------ flows


def gather_small(drops, min_cell: int) -> dict[str, int]:
    """Counts by reason in which none is small: the smallest are added up to ``other``.

    ``drops`` maps reasons to positive counts that sum to at least ``min_cell``.
    """
    if all(n >= min_cell for n in drops.values()):
        return dict(drops)
    gathered, names = 0, []
    for reason, n in sorted(drops.items(), key=lambda item: (item[1], item[0])):
        if gathered >= min_cell and n >= min_cell:
            break
        gathered += n
        names.append(reason)
    return {**{r: n for r, n in drops.items() if r not in names}, OTHER: gathered}


def merge_small_drops(frame: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """A chain of counts of persons in which no dropped group, and no difference of two counts, is small.

    frame: rows (position, reason, n, ...) of one chain in order; an empty reason marks what remains after the step,
    the others what the step dropped. Small groups become ``other``; a step that drops fewer than ``min_cell`` in all
    is merged with the next one (the last with the one before).
    """
    blocks = []
    for _, step in frame.groupby("position", sort=True):
        head = step[step["reason"] == ""].iloc[0].to_dict()
        drops = {r: n for r, n in zip(step["reason"], step["n"], strict=True) if r and n > 0}
        if blocks and 0 < sum(blocks[-1][1].values()) < min_cell:
            drops = _add(blocks.pop()[1], drops)
        blocks.append((head, drops))
    while len(blocks) > 1 and 0 < sum(blocks[-1][1].values()) < min_cell:
        (_, earlier), (head, drops) = blocks[-2:]
        blocks[-2:] = [(head, _add(earlier, drops))]
    if 0 < sum(blocks[-1][1].values()) < min_cell:
        blocks[-1] = (blocks[-1][0], {})
    rows = []
    for head, drops in blocks:
        rows += [{**head, "reason": reason, "n": n} for reason, n in gather_small(drops, min_cell).items()]
        rows.append(head)
    return pd.DataFrame(rows, columns=frame.columns)


def _add(first, second):
    return {reason: first.get(reason, 0) + second.get(reason, 0) for reason in {**first, **second}}


def release_flow(
    frame: pd.DataFrame, output: Output, limits: Limits, shown=frozenset()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Chains (by ``chain`` and ``unit``) with small groups merged and remaining counts below the minimum blank."""
    chains = [
        merge_small_drops(chain, limits.min_cell) for _, chain in frame.groupby(["chain", "unit"], sort=False)
    ]
    released = pd.concat(chains, ignore_index=True) if chains else frame.copy()
    few = small(released, output, limits.min_cell)
    merged = len(frame) - len(released) + int(few.sum())
    released = released[output.released].copy()
    for column in output.persons:
        released[column] = released[column].mask(few)
    released["status"] = np.where(few, WITHHELD, SHOWN)
    return released, {"small_cells": max(merged, int(few.sum()))}
