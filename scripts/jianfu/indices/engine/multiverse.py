"""How far an index depends on the choices made in building it: every combination of choices, computed once.

Full-factorial multiverse (Steegen et al. 2016) over normalisation, weights, aggregation, the component left out and
the reference window, around the recipe that is declared. What it does to the ranks of the units is measured by the mean
absolute shift against the declared index (Saisana, Saltelli & Tarantola 2005, JRSS A 168: 307-323), and shared out over
the choices by exact Sobol' indices (:mod:`jianfu.indices.engine.variance_shares`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError, DataError, NotEstimable
from jianfu.core.numbers import significant
from jianfu.indices.engine.variance_shares import exact_shares, full_factorial


@dataclass(frozen=True)
class Multiverse:
    """design: (S, factors) combinations that were computed, what is declared first; scores: (S, U) what each of them
    gives; failures: factor, level, reason of the levels left out because a combination with them is not defined."""

    design: pd.DataFrame
    scores: np.ndarray
    failures: pd.DataFrame

    def shares(self, outcome) -> pd.DataFrame:
        """Exact Sobol' shares of ``outcome`` (S,) by factor; ``left_out``: levels without a result, joined by ;."""
        left = self.failures.groupby("factor")["level"].agg(";".join)
        found = exact_shares(self.design, outcome)
        return found.assign(left_out=[left.get(factor, "") for factor in found["factor"]])


def multiverse(factors: Mapping[str, list], score: Callable[..., np.ndarray]) -> Multiverse:
    """Every combination of the ``factors`` {name: levels, the declared one first}.

    score: what is looked at, (U,) or a number, of one combination (a named tuple). A level that is not defined for the
    data (a refused principal component, say, or too few members without the one left out) is left out with its reason,
    so that the design stays complete; levels that are declared are not left out. What the declared combination raises
    is raised, and :class:`DataError` where it has no value.
    """
    design = full_factorial(dict(factors))
    scores, reasons = [], []
    for row in design.itertuples(index=False):
        try:
            found = np.atleast_1d(score(row))
            if np.isnan(found).all():
                raise DataError("combination_without_value")
            scores.append(found)
            reasons.append("")
        except (ConfigError, DataError, NotEstimable) as error:
            if not reasons:
                raise
            scores.append(None)
            reasons.append(str(error))
    kept, failures = _complete(design, np.array(reasons, dtype=object))
    found = [score for score, there in zip(scores, kept, strict=True) if there]
    return Multiverse(design[kept].reset_index(drop=True), np.array(found), failures)


def unit_means(units) -> tuple[np.ndarray, Callable]:
    """(names (U,), function index (N,) -> means (U,), NaN without any); ``units`` (N,) are the rows' units."""
    names, unit = np.unique(np.asarray(units, dtype=object), return_inverse=True)

    def means(index):
        known = ~np.isnan(index)
        n = np.bincount(unit, known, minlength=len(names))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.bincount(unit, np.where(known, index, 0.0), minlength=len(names)) / n

    return names, means


def _complete(design, reasons):
    """Mask of a large complete design without failures, found by leaving out one level after another, never the first
    of a factor."""
    kept, failures = np.ones(len(design), dtype=bool), []
    while (failed := kept & (reasons != "")).any():
        shares = [
            (failed[at].sum() / at.sum(), factor, level)
            for factor in design
            for level in design.loc[kept, factor].unique()[1:]
            if (at := kept & (design[factor] == level).to_numpy()).any()
        ]
        _, factor, level = max(shares, key=lambda entry: entry[0])
        at = (design[factor] == level).to_numpy()
        failures.append((factor, level, reasons[failed & at][0]))
        kept &= ~at
    return kept, pd.DataFrame(failures, columns=["factor", "level", "reason"])


def ranks(scores) -> np.ndarray:
    """Ranks (S, U) of scores (S, U): 1 = highest, ties share the best rank ("min"), NaN stays NaN."""
    return pd.DataFrame(-significant(scores)).rank(axis=1, method="min").to_numpy()


def rank_shifts(result: Multiverse) -> pd.DataFrame:
    """Design with ``mean_rank_shift``: mean over units of the absolute difference from the ranks in its first row."""
    positions = ranks(result.scores)
    shift = np.nanmean(np.abs(positions - positions[0]), axis=1) if len(positions) else []
    return result.design.assign(mean_rank_shift=shift)


def bands(scores, units, level: float) -> pd.DataFrame:
    """Rank of each unit in the first row of ``scores`` (S, U) and the band that holds ``level`` of its ranks."""
    positions = ranks(scores)
    tail = 100 * (1 - level) / 2
    low, middle, high = np.nanpercentile(positions, [tail, 50, 100 - tail], axis=0)
    return pd.DataFrame(
        {"unit": units, "rank": positions[0], "rank_median": middle, "rank_low": low, "rank_high": high}
    )
