"""Hazard cells: person-months with the same unit, month and traits, counted.

The likelihood and every standard error clustered at unit level or above are the same on cells as on person-months.
"""

import numpy as np
import pandas as pd

from jianfu.core.tables import own_columns
from jianfu.exits.spells import POSTS

KEYS = ("unit_code", "month", "cohort", "sex", "tenure_band", "lock", "aged50")
DETAILS = (*KEYS, "role", "lock_band")  # keys of the finer cells
# keys of the finest cells; those of POSTS where the roster has them
TENURE = ("unit_code", "month", "cohort", "sex", "tenure_band", "tenure_month", "lock", "within_35", *POSTS)
BINARY = ("lock", "aged50", "within_35")


def exits(frame: pd.DataFrame) -> pd.DataFrame:
    """Voluntary exits, one row each, from person-months with details: their keys, the cause and ``upward``."""
    rows = frame[frame["kind"] == "voluntary"].reset_index(drop=True)
    return rows[[*DETAILS, "person_key", "cause", "upward"]]


def cell_keys(frame: pd.DataFrame, keys=KEYS) -> tuple[np.ndarray, list[int]]:
    """Cell number of each person-month, increasing in the order of the keys, and the number of levels of each key."""
    key, sizes = np.zeros(len(frame), dtype=np.int64), []
    for name in keys:
        binary = name in BINARY
        sizes.append(2 if binary else len(frame[name].cat.categories))
        key = key * sizes[-1] + (frame[name] if binary else frame[name].cat.codes).to_numpy(dtype=np.int64)
    return key, sizes


def hazard_cells(frame: pd.DataFrame, *, sums=(), keys=KEYS) -> pd.DataFrame:
    """Person-months collapsed to unit x month x cohort x sex x tenure band x lock x aged50, or to other ``keys``.

    ``frame`` as from :func:`jianfu.exits.person_months.person_months` (with details for DETAILS). ``n`` is the number
    of person-months, the event columns count exits by cause (``voluntary``: all of that kind). Columns named in
    ``sums`` are added up as they are.
    """
    key, sizes = cell_keys(frame, keys)
    distinct, cell = np.unique(key, return_inverse=True)

    columns, rest = {}, distinct
    for name, size in zip(reversed(keys), reversed(sizes), strict=True):
        code = rest % size
        binary = name in BINARY
        columns[name] = code == 1 if binary else pd.Categorical.from_codes(code, dtype=frame[name].dtype)
        rest = rest // size
    cells = pd.DataFrame({name: columns[name] for name in keys})
    cells["n"] = np.bincount(cell, minlength=len(distinct))
    voluntary = (frame["kind"] == "voluntary").to_numpy()
    cells["voluntary"] = np.bincount(cell[voluntary], minlength=len(distinct))
    cause = frame["cause"].cat.codes.to_numpy()
    for code, event in enumerate(frame["cause"].cat.categories):
        if event:
            cells[event] = np.bincount(cell[cause == code], minlength=len(distinct))
    for name in sums:
        cells[name] = np.bincount(cell, frame[name].to_numpy(dtype=float), minlength=len(distinct))
    return cells


def own_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Person-months collapsed as for DETAILS and the own columns of the roster; no rows where there are none.

    Own columns of numbers, and those of yes or no (1, 0), are numbers; what the roster leaves open is missing.
    """
    own = own_columns(frame)
    cells = hazard_cells(frame if own else frame.iloc[:0], keys=(*DETAILS, *own))
    for name in own:
        texts = cells[name].astype(object).replace("", None)
        numbers = pd.to_numeric(texts, errors="coerce")
        cells[name] = numbers if numbers.notna().equals(texts.notna()) else texts
    return cells


def tenure_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Person-months collapsed by month of tenure at the post (``tenure_month``) and what else TENURE names.

    A Poisson model on these cells with one effect per month of tenure is the Cox model on tenure with delayed entry
    (Breslow's ties): months of tenure without an event add nothing to either likelihood. Hardly two persons share a
    cell by month of tenure, so that the further keys add few cells.
    """
    frame = frame.assign(tenure_month=pd.Categorical(frame["tenure_months"]))
    return hazard_cells(frame, keys=tuple(name for name in TENURE if name in frame))


def person_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Persons, person-months and voluntary exits by cohort and unit (for descriptive tables)."""
    exits = (frame["kind"] == "voluntary").astype(int)
    groups = frame.assign(exit=exits).groupby(["cohort", "unit_code"], observed=True)
    counts = groups.agg(
        persons=("person_key", "nunique"), person_months=("exit", "size"), exits=("exit", "sum")
    )
    return counts.reset_index()


def persons_used(frame: pd.DataFrame, used: np.ndarray) -> int:
    """Persons behind the cells marked in ``used`` (mask over the rows of ``hazard_cells(frame)``)."""
    keys = cell_keys(frame)[0]
    cell = np.unique(keys, return_inverse=True)[1]
    return int(frame["person_key"][used[cell]].nunique())
