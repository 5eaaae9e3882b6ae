"""How far an index depends on the choices made in building it: every combination of choices, computed once.

Full-factorial multiverse (Steegen et al. 2016) over normalisation, weights, aggregation, the component left out and
the reference window. What it does to the ranks of the units is measured by the mean absolute shift against the first
level of every factor (Saisana, Saltelli & Tarantola 2005, JRSS A 168: 307-323), and shared out over the choices by
exact Sobol' indices (:mod:`jianfu.statistics.sobol`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError, DataError
from jianfu.indices.engine import pipeline
from jianfu.indices.engine.methods import resolve_all
from jianfu.indices.engine.structure import build_structure
from jianfu.statistics.sobol import exact_shares, full_factorial

NOTHING_DROPPED = "none"
FACTORS = ("normalisation", "weights", "aggregation", "drop_one", "window")
SCALES = {  # one positive scale for all, on which every aggregation is defined: 100 = middle of the reference window
    "z": {"scale": {"mean": 100, "sd": 10}},
    "minmax": {"range": [70, 130]},
    "goalposts": {"range": [70, 130]},
    "percentile": {"range": [70, 130]},
}


@dataclass(frozen=True)
class Multiverse:
    """design: (S, factors) combinations that were computed; scores: (S, U) what each of them gives; failures: factor,
    level, reason of the levels left out because a combination with them is not defined."""

    design: pd.DataFrame
    scores: np.ndarray
    failures: pd.DataFrame


def multiverse(values, table, windows, factors, measure, drop_one=True):
    """Every combination of the ``factors`` and reference ``windows``.

    values: (N, k), columns as the indicators in ``table`` (as for :func:`build_structure`, a single top); windows:
    {name: (N,) bool}; factors: {normalisation, weights, aggregation: methods, the primary one first}; measure: function
    (index (N,), reference (N,) bool) -> (U,) of what is looked at, as :func:`unit_means`. A level that is not defined
    for the data (refused principal component, say) is left out with its reason, so that the design stays complete.
    """
    codes = build_structure(table).codes
    dropped = [NOTHING_DROPPED, *_droppable(table, codes)] if drop_one else [NOTHING_DROPPED]
    design = full_factorial({**factors, "drop_one": dropped, "window": list(windows)})
    structures = {code: build_structure(table[table["code"] != code]) for code in dropped}
    scores, reasons = [], []
    for row in design.itertuples(index=False):
        try:
            kept = [j for j, code in enumerate(codes) if code != row.drop_one]
            index = _index(values[:, kept], structures[row.drop_one], windows[row.window], row)
            scores.append(np.atleast_1d(measure(index, windows[row.window])))
            reasons.append("")
        except (ConfigError, DataError) as error:
            scores.append(None)
            reasons.append(str(error))
    kept, failures = _complete(design, np.array(reasons, dtype=object))
    found = [score for score, there in zip(scores, kept, strict=True) if there]
    return Multiverse(design[kept].reset_index(drop=True), np.array(found), failures)


def unit_means(units):
    """(names (U,), measure): the mean index of each unit, NaN without any; ``units`` (N,) are the rows' units."""
    names, unit = np.unique(np.asarray(units, dtype=object), return_inverse=True)

    def means(index, _):
        known = ~np.isnan(index)
        n = np.bincount(unit, known, minlength=len(names))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.bincount(unit, np.where(known, index, 0.0), minlength=len(names)) / n

    return names, means


def _droppable(table, codes):
    """Indicators that are not the only member of their group."""
    members = table.set_index("code")["parent"]
    return [code for code in codes if (members == members[code]).sum() > 1]


def _index(values, structure, reference, row):
    """The index (N,) under one combination."""
    settings = {
        "normalisation": {"method": row.normalisation} | SCALES.get(row.normalisation, {}),
        "weights": row.weights,
        "aggregation": row.aggregation,
    }
    anchors = pipeline.fit(values, structure, reference, resolve_all(settings))
    return pipeline.apply(values, anchors).aggregated[:, -1]


def _complete(design, reasons):
    """Mask of the largest complete design without failures, found by leaving out one level after another."""
    kept, failures = np.ones(len(design), dtype=bool), []
    while (failed := kept & (reasons != "")).any():
        shares = [
            (failed[at].sum() / at.sum(), factor, level)
            for factor in design
            for level in design.loc[kept, factor].unique()
            if (at := kept & (design[factor] == level).to_numpy()).any()
        ]
        _, factor, level = max(shares, key=lambda entry: entry[0])
        at = (design[factor] == level).to_numpy()
        failures.append((factor, level, reasons[failed & at][0]))
        kept &= ~at
    return kept, pd.DataFrame(failures, columns=["factor", "level", "reason"])


def ranks(scores):
    """Ranks (S, U) of scores (S, U): 1 = highest, ties share the best rank ("min"), NaN stays NaN."""
    return pd.DataFrame(-np.asarray(scores)).rank(axis=1, method="min").to_numpy()


def rank_shifts(result):
    """Design with ``mean_rank_shift``: mean over units of the absolute difference from the ranks in its first row."""
    positions = ranks(result.scores)
    shift = np.nanmean(np.abs(positions - positions[0]), axis=1) if len(positions) else []
    return result.design.assign(mean_rank_shift=shift)


def shares(result):
    """Exact Sobol' shares of the mean absolute rank shift by factor."""
    shifts = rank_shifts(result)
    return exact_shares(result.design, shifts["mean_rank_shift"])


def bands(scores, units, level=0.9):
    """Rank of each unit in the first row of ``scores`` (S, U) and the band that holds ``level`` of its ranks."""
    positions = ranks(scores)
    tail = 100 * (1 - level) / 2
    low, middle, high = np.nanpercentile(positions, [tail, 50, 100 - tail], axis=0)
    return pd.DataFrame(
        {"unit": units, "rank": positions[0], "rank_median": middle, "rank_low": low, "rank_high": high}
    )
