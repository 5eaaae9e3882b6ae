"""Normalisation: fitted on the rows of the reference window, then applied to any row with the same constants.

A direction of -1 multiplies the (transformed) indicator before anything else, so that a high score is always a high
score of the index. Linear methods are score = shift + stretch × (direction × x - centre) / scale:

z           centre mean, scale sample standard deviation; default shift 0 and stretch 1 (option ``scale``)
minmax      centre smallest, scale range; on [0, 1] (option ``range``)
goalposts   centre and scale from the indicator's goalposts ``low`` and ``high``; on [0, 1], clipped
ampi        centre reference value R, half the range Δ on either side: 70 … 130 with 100 at R, not clipped
            (Mazziotta & Pareto 2016); R is the mean unless the indicator names its ``reference``
rank        1 + number of reference values below it ("min" ties, which may differ beyond the 12th digit); 1 = lowest
borda       rank - 1
percentile  (rank - 1)/(n - 1), at most 1; n = number of reference values
distance    x / best reference value (direction -1: best / x); option ``to``: best, mean or worst; see
            :func:`check_ratio`

An indicator that the reference rows cannot anchor (no value; no spread where the method divides by it) is dropped: its
scores are missing and the reason is kept. Ranks of a constant indicator are all 1; goalposts need no reference at all.
"""

import numpy as np

from jianfu.core.errors import DataError
from jianfu.core.numbers import significant
from jianfu.indices.engine.treat import varies

LINEAR = ("z", "minmax", "goalposts", "ampi")
RANKS = ("rank", "borda", "percentile")
METHODS = (*LINEAR, *RANKS, "distance")
DIGITS = 14  # significant digits of stored means: beyond, processors may differ


def fit(values, reference, direction, method, low=None, high=None, centre=None, to="best"):
    """Constants per indicator: list of k dicts with n, mean, sd, min, max, dropped and what the method needs.

    values     (N, k) treated; reference (N,) bool; direction (k,) of ±1
    low, high  (k,) goalposts on the scale of ``values`` (for ampi: NaN = smallest and largest reference value)
    centre     (k,) reference values of ampi, NaN = mean
    """
    k = values.shape[1]
    nothing = np.full(k, np.nan)
    low, high, centre = (nothing if x is None else np.asarray(x, dtype=float) for x in (low, high, centre))
    entries = []
    for j in range(k):
        x = values[reference, j]
        x = x[~np.isnan(x)]
        entry = _moments(x)
        posts = _posts(entry, method, direction[j], (low[j], high[j], centre[j]))
        entry |= {name: float(value) if np.isfinite(value) else None for name, value in posts.items()}
        if method in RANKS:
            entry["sorted"] = np.sort(direction[j] * x).tolist()
        if method == "distance":
            entry["best"] = _settle(_distance_anchor(x, to, direction[j]))
        entry["dropped"] = _reason(entry, method)
        entries.append(entry)
    return entries


def apply(values, entries, direction, method, shift=0.0, stretch=1.0, clip=False):
    """Scores (N, k) of ``values`` (N, k) with the constants of :func:`fit`, and the cells cut off (N, k): -1, 0, 1."""
    direction = np.asarray(direction, dtype=float)
    dropped = np.array([entry["dropped"] is not None for entry in entries])
    scores = np.full(values.shape, np.nan)
    clipped = np.zeros(values.shape, dtype=np.int8)
    if method in LINEAR:
        centre, scale = (_column(entries, name) for name in ("centre", "scale"))
        scores = (direction * values - centre) / scale
        if clip:
            clipped = (scores > 1).astype(np.int8) - (scores < 0).astype(np.int8)
            scores = np.clip(scores, 0.0, 1.0)
        scores = shift + stretch * scores
    elif method in RANKS:
        for j in np.flatnonzero(~dropped):
            ranks = _ranks(direction[j] * values[:, j], np.array(entries[j]["sorted"]), method)
            scores[:, j] = shift + stretch * ranks
    elif method == "distance":
        best = _column(entries, "best")
        with np.errstate(divide="ignore", invalid="ignore"):  # zeros: see check_ratio; best 0: dropped
            scores = np.where(direction > 0, values / best, best / values)
    scores[:, dropped] = np.nan
    return scores, clipped


def check_ratio(values, direction, codes):
    """Raise :class:`DataError` where ``distance`` is undefined: values (N, k) below zero, or zero as a divisor."""
    wrong = (values < 0) | ((values == 0) & (np.asarray(direction) < 0))
    if wrong.any():
        code = codes[int(np.flatnonzero(wrong.any(axis=0))[0])]
        raise DataError("distance_is_a_ratio", code=code)


def _moments(x):
    """n, mean, sample standard deviation, smallest and largest of the values present."""
    n = len(x)
    spread = n > 1 and varies(x.min(), x.max())
    return {
        "n": n,
        "mean": _settle(x.mean()) if n else None,
        "sd": _settle(x.std(ddof=1)) if spread else (0.0 if n > 1 else None),
        "min": float(x.min()) if n else None,
        "max": float(x.max()) if n else None,
    }


def _posts(entry, method, direction, given):
    """Centre and scale of a linear method, in directed values."""
    low, high, centre = given
    smallest, largest, mean, sd = (
        np.nan if entry[name] is None else entry[name] for name in ("min", "max", "mean", "sd")
    )
    if method == "z":
        return {"centre": direction * mean, "scale": sd or np.nan}
    if method in ("minmax", "goalposts"):
        low, high = (smallest, largest) if method == "minmax" else (low, high)
        return {
            "centre": low if direction > 0 else -high,
            "scale": high - low if varies(low, high) else np.nan,
        }
    if method == "ampi":
        width = (largest if np.isnan(high) else high) - (smallest if np.isnan(low) else low)
        middle = mean if np.isnan(centre) else centre
        wide = varies(smallest if np.isnan(low) else low, largest if np.isnan(high) else high)
        return {"centre": direction * middle - width / 2, "scale": width if wide else np.nan}
    return {}


def _reason(entry, method):
    """Why the indicator cannot be anchored, a code (its words are the message ``dropped_<code>``), or None."""
    if method in LINEAR and entry["scale"] is not None and entry["centre"] is not None:
        return None
    if entry["n"] == 0:
        return "no_value"
    if method in LINEAR or method == "percentile":
        if entry["n"] < 2:
            return "one_value"
        if method in LINEAR:
            return "no_spread"
    if method == "distance" and not entry["best"]:
        return "nothing_to_measure_by"
    return None


def _distance_anchor(x, to, direction):
    if not len(x):
        return np.nan
    ends = (x.max(), x.min()) if direction > 0 else (x.min(), x.max())
    return {"best": ends[0], "mean": x.mean(), "worst": ends[1]}[to]


def _ranks(x, ordered, method):
    rank = 1.0 + np.searchsorted(significant(ordered), significant(x), side="left")
    rank[np.isnan(x)] = np.nan
    if method == "rank":
        return rank
    if method == "borda":
        return rank - 1
    return np.minimum((rank - 1) / (len(ordered) - 1), 1.0)


def _column(entries, name):
    return np.array([np.nan if entry[name] is None else entry[name] for entry in entries])


def _settle(value):
    """A float with as many digits as survive another processor; None where it is missing."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
