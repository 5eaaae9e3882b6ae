"""Do members of a unit agree: ICC(1), ICC(2) and rwg, which decide whether unit means of a score may be used."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.survey.psychometrics.items import complete


@dataclass(frozen=True)
class Icc:
    """Intraclass correlations from a one-way analysis of variance; ``size`` is the group size put into ICC(1)."""

    icc1: float
    icc2: float
    f_value: float
    size: float
    n: int
    n_groups: int


def icc(scores, groups, size="mean"):
    """ICC(1) = (MSB - MSW) / (MSB + (k - 1) MSW) and ICC(2) = (MSB - MSW) / MSB (Bliese 2000).

    scores (N,), groups (N,). Unequal groups: k is the ``mean`` size N / G, as ``ICC1`` of R multilevel, or with
    ``anova`` (N - sum n^2 / N) / (G - 1), the size at which the estimator is unbiased. Missing scores are left out.
    """
    scores, groups = complete(np.asarray(scores, dtype=float)[:, None], groups)
    scores, codes = scores[:, 0], pd.factorize(groups)[0]
    counts = np.bincount(codes)
    n, n_groups = len(scores), len(counts)
    if n_groups < 2 or n <= n_groups:
        raise NotEstimable("few_groups")
    means = np.bincount(codes, scores) / counts
    within = ((scores - means[codes]) ** 2).sum() / (n - n_groups)
    between = (counts * (means - scores.mean()) ** 2).sum() / (n_groups - 1)
    if not between > 0:
        raise NotEstimable("equal_groups")
    k = n / n_groups if size == "mean" else (n - (counts**2).sum() / n) / (n_groups - 1)
    icc1 = (between - within) / (between + (k - 1) * within)
    f_value = between / within if within > 0 else float("inf")
    return Icc(float(icc1), float((between - within) / between), float(f_value), float(k), n, n_groups)


def rwg(items, groups, answers):
    """Within-group agreement against the uniform null by group: Series indexed by group.

    One item: 1 - s^2 / s_u^2; J items: J (1 - r) / (J (1 - r) + r) with r = mean item variance / s_u^2
    (James, Demaree and Wolf 1984), s_u^2 = (A^2 - 1) / 12 for ``answers`` A possible answers. More spread than
    uniform counts as no agreement (0), as in R multilevel. Groups of one have none (NaN).
    """
    items = np.asarray(items, dtype=float)
    items, groups = complete(items[:, None] if items.ndim == 1 else items, groups)
    null = (answers**2 - 1) / 12
    variances = pd.DataFrame(items).groupby(np.asarray(groups), sort=True).var(ddof=1).mean(axis=1)
    ratio = (variances / null).clip(upper=1)
    j = items.shape[1]
    return j * (1 - ratio) / (j * (1 - ratio) + ratio)
