"""Cumulative incidence of leaving by cohort and burden tertile: Aalen-Johansen with delayed entry, time = tenure.

Person-months enter at the tenure they have when the window opens (left truncation), so the risk set of a tenure holds
only persons seen at that tenure. Which exits compete and which only end the time at risk: config/plan/exits.yaml; the
end of the window censors. Never 1 - Kaplan-Meier per cause.
"""

import numpy as np
import pandas as pd

TERTILES = ("low", "middle", "high")
SMOOTH = 12  # months of tenure over which the number at risk is averaged when the range of a curve is chosen
CURVE = ["time_months", "cumulative_incidence", "ci_low", "ci_high", "n_at_risk", "n_events", "from_months"]
COLUMNS = ["cohort", "tertile", *CURVE]


def aalen_johansen(at_risk: np.ndarray, events: np.ndarray, competing: np.ndarray) -> np.ndarray:
    """Cumulative incidence on a discrete time grid (last axis): sum of S(t-) d(t) / n(t).

    at_risk n, events d and competing events c are arrays (..., T); S(t) = prod(1 - (d + c) / n). Nobody at risk at a
    time leaves the curve where it is.
    """
    n = np.where(at_risk > 0, at_risk, 1)
    survival = np.cumprod(1 - (events + competing) / n, axis=-1)
    before = np.concatenate([np.ones_like(survival[..., :1]), survival[..., :-1]], axis=-1)
    return np.cumsum(before * events / n, axis=-1)


def burden_tertiles(exposures: pd.DataFrame, reference: tuple[str, str], *, exposure: str) -> pd.Series:
    """Tertile of each unit by its mean exposure in the ``reference`` months: Series unit_code -> low, middle, high.

    ``reference`` is (first, last) as 'YYYY-MM', ``exposure`` a name. Later months stay out: burden per head rises when
    people leave, so a mean over all months would sort units by their exits. Units without an exposure in these months
    have no tertile.
    """
    rows = exposures[(exposures["exposure"] == exposure) & exposures["month"].between(*reference)]
    mean = rows.groupby("unit_code")["value"].mean().sort_index().sort_values(kind="stable")
    thirds = np.arange(len(mean)) * 3 // max(len(mean), 1)
    return pd.Series(np.array(TERTILES, dtype=object)[thirds], index=mean.index)


def _range(at_risk, enough):
    """First and last month of the tenure that a curve covers, None if there is none.

    The longest run of months in which every group has on average (12 months) ``enough`` persons at risk, from the
    first to the last month in which it really has.
    """
    kernel = np.ones(SMOOTH) / SMOOTH
    smooth = np.logical_and.reduce([np.convolve(n, kernel, "same") >= enough for n in at_risk])
    edges = np.flatnonzero(np.diff(np.r_[0, smooth.astype(int), 0]))
    if len(edges) == 0:
        return None
    longest = np.argmax(edges[1::2] - edges[::2])
    inside = np.arange(edges[2 * longest], edges[2 * longest + 1])
    inside = inside[np.logical_and.reduce([n[inside] >= enough for n in at_risk])]
    return (inside[0], inside[-1]) if len(inside) else None


def _counts(frame, units, length):
    """Person-months at risk, voluntary exits and competing exits by unit and tenure month: three (G, T) arrays."""
    unit, tenure = units.get_indexer(frame["unit_code"].astype(object)), frame["tenure_months"].to_numpy()

    def table(rows):
        flat = np.bincount(unit[rows] * length + tenure[rows], minlength=len(units) * length)
        return flat.reshape(len(units), length)

    everyone = np.ones(len(frame), dtype=bool)
    return (
        table(everyone),
        table((frame["kind"] == "voluntary").to_numpy()),
        table((frame["kind"] == "competing").to_numpy()),
    )


def cumulative_incidence(
    person_months: pd.DataFrame,
    exposures: pd.DataFrame,
    reference: tuple[str, str],
    *,
    exposure: str,
    min_at_risk: int,
    replicates: int,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """Curves by cohort and burden tertile, in frame columns :data:`COLUMNS`.

    ``person_months`` as from :func:`jianfu.exits.person_months.person_months`, ``reference`` and ``exposure`` as in
    :func:`burden_tertiles`. Per cohort the curve covers the longest range of tenure in which on average (12 months)
    at least ``min_at_risk`` persons are at risk in every tertile, and is conditional on being in post at its start
    ``from_months``. Intervals are percentiles of a bootstrap of units within tertiles.
    """
    tertile = burden_tertiles(exposures, reference, exposure=exposure)
    length = int(person_months["tenure_months"].to_numpy().max(initial=0)) + 1
    rng = np.random.default_rng(seed)
    group = person_months["unit_code"].astype(object).map(tertile)
    parts = []
    for cohort in person_months["cohort"].cat.categories:
        counts = {}
        for name in TERTILES:
            rows = person_months[((person_months["cohort"] == cohort) & (group == name)).to_numpy()]
            units = pd.Index(sorted(tertile.index[tertile == name]))
            counts[name] = _counts(rows, units, length)
        run = _range([counts[name][0].sum(axis=0) for name in TERTILES], min_at_risk)
        if run is None:
            continue
        for name in TERTILES:
            own = [table[:, run[0] : run[1] + 1] for table in counts[name]]
            parts.append(_curve(own, run[0], replicates, rng, confidence).assign(cohort=cohort, tertile=name))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _curve(counts, start, replicates, rng, confidence):
    """Curve of one group from (G, T) counts, beginning with a row of zero incidence just before ``start``."""
    total = [table.sum(axis=0) for table in counts]
    n_units = len(counts[0])
    weights = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=replicates)
    draws = aalen_johansen(*(weights @ table for table in counts))
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return pd.DataFrame(
        {
            "time_months": np.arange(len(total[0]) + 1) + start - 1,
            "cumulative_incidence": np.r_[0.0, aalen_johansen(*total)],
            "ci_low": np.r_[0.0, low],
            "ci_high": np.r_[0.0, high],
            "n_at_risk": np.r_[total[0][0], total[0]],
            "n_events": np.r_[0, total[1]],
            "from_months": start - 1,
        }
    )
