"""Formative diagnostics: how the components of an index hang together and what each contributes to it.

An index that causes define (a formative one) need not have correlated components: there is no reliability coefficient
here. All functions take plain arrays; rows with a missing value are left out pair by pair for correlations, as a
whole for the variance inflation factors.
"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from jianfu.core.numbers import significant
from jianfu.indices.engine.aggregate import aggregate
from jianfu.indices.engine.pipeline import aggregate_groups
from jianfu.indices.engine.treat import varies
from jianfu.indices.engine.weights import correlation

COLUMNS = ("diagnostic", "group", "code", "with", "value", "n", "note")


def pearson(x, y):
    """(r, n) over the rows in which both are present; r is NaN below three rows or without spread."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if len(x) < 3 or not (varies(x.min(), x.max()) and varies(y.min(), y.max())):
        return np.nan, len(x)
    return float(correlation(np.column_stack([x, y]))[0, 1]), len(x)


def spearman(x, y):
    """(rank correlation, n) over the rows in which both are present, mid-ranks for ties."""
    known = ~(np.isnan(x) | np.isnan(y))
    return pearson(*(rankdata(significant(values[known])) for values in (x, y)))


def vif(values):
    """(Variance inflation factors (k,), number of complete rows): the diagonal of the inverse correlation matrix.

    1 = no linear relation with the others; infinite where a component is a linear function of the others; NaN where it
    does not vary or there are not more rows than components.
    """
    found = np.full(values.shape[1], np.nan)
    x = values[~np.isnan(values).any(axis=1)]
    if not len(x):
        return found, 0
    vary = varies(x.min(axis=0), x.max(axis=0))
    if not vary.any() or len(x) <= vary.sum():
        return found, len(x)
    r = correlation(x[:, vary])
    singular = np.linalg.cond(r) > 1e12
    with np.errstate(divide="ignore"):
        found[vary] = [_inflation(r, j) for j in range(len(r))] if singular else np.diag(np.linalg.inv(r))
    return found, len(x)


def _inflation(r, j):
    """1 / (1 - R²) of column j on the others by least squares, infinite where they determine it."""
    others = np.delete(np.arange(len(r)), j)
    fitted = r[j, others] @ np.linalg.lstsq(r[np.ix_(others, others)], r[others, j], rcond=None)[0]
    return 1 / (1 - fitted) if fitted < 1 - 1e-10 else np.inf


def leave_one_out(values, weights, options):
    """Rank correlations (k,) of the score of all components with that without each of them, and rows compared (k,).

    ``values`` (N, k) normalised, ``weights`` (k,), ``options`` of :func:`jianfu.indices.engine.aggregate.aggregate`.
    """
    score, found = aggregate(values, weights, **options), []
    for j in range(values.shape[1]):
        rest = np.delete(np.arange(values.shape[1]), j)
        without = (
            aggregate(values[:, rest], weights[rest], **options)
            if len(rest)
            else np.full(len(values), np.nan)
        )
        found.append(spearman(score, without))
    return tuple(map(np.array, zip(*found, strict=True)))


def influence(values, score):
    """Share (k,) of each component in the sum of its squared correlations with the score, and those squares.

    Linear form of the main effects of Paruolo, Saisana & Saltelli (2013), JRSS A 176: 609–634. Compared with the
    weights: a component may weigh much and move the score little.
    """
    squares = np.array([pearson(column, score)[0] ** 2 for column in values.T])
    total = np.nansum(squares)
    return squares / total if total > 0 else squares, squares


def group_rows(group, children, values, score, weights, options):
    """Diagnostics of one group as rows of ``COLUMNS``.

    ``values`` (N, k) normalised components, ``score`` (N,), ``weights`` (k,) or, where each row has its own, None.
    """
    rows = []
    for j, code in enumerate(children):
        for i in range(j):
            rows.append(("correlation", group, children[i], code, *pearson(values[:, i], values[:, j]), ""))
        rows.append(("correlation_with_group", group, code, group, *pearson(values[:, j], score), ""))
    inflation, n = vif(values)
    rows += [("vif", group, code, "", x, n, "") for code, x in zip(children, inflation, strict=True)]
    shares, squares = influence(values, score)
    n = int((~np.isnan(score)).sum())
    rows += [("influence", group, code, group, x, n, "") for code, x in zip(children, shares, strict=True)]
    rows += [
        ("squared_correlation", group, code, group, x, n, "")
        for code, x in zip(children, squares, strict=True)
    ]
    if weights is not None:
        without = zip(children, *leave_one_out(values, weights, options), strict=True)
        rows += [("leave_one_out_rank_correlation", group, c, group, x, int(m), "") for c, x, m in without]
    return rows


def effective_weights(anchors):
    """Weight of every indicator and aggregate in the top of its tree: the product of the weights on the way.

    What was dropped has none, its share goes to the others of its group. NaN below a group whose weights differ from
    row to row.
    """
    groups, effective = anchors["groups"], {}
    dropped = {code for code, entry in anchors["indicators"].items() if entry["dropped"]}
    for code, group in groups.items():  # the lowest first
        dropped |= {code} if dropped >= set(group["children"]) else set()
    for code in reversed(groups):
        group, own = groups[code], effective.get(code, 1.0)
        weights = np.array(group["weights"] or [np.nan] * len(group["children"]), dtype=float)
        kept = np.where([child in dropped for child in group["children"]], 0.0, weights)
        total = kept.sum()
        shares = kept / total if total > 0 else kept
        effective |= {
            child: own * float(share) for child, share in zip(group["children"], shares, strict=True)
        }
    return effective


def index_rows(anchors, steps):
    """What each indicator does to the index at the top of its tree, as rows of ``COLUMNS``.

    Effective weight; and where there are levels between them, influence on the index and rank correlation with the
    index made without the indicator (same weights otherwise).
    """
    codes, groups = list(anchors["indicators"]), anchors["groups"]
    effective, rows = effective_weights(anchors), []
    for j, top in enumerate(groups):
        if any(top in group["children"] for group in groups.values()):
            continue
        leaves, score = _leaves(top, groups), steps.aggregated[:, j]
        direct = set(groups[top]["children"])
        values = steps.normalised[:, [codes.index(leaf) for leaf in leaves]]
        shares, _ = influence(values, score)
        n = int((~np.isnan(score)).sum())
        for i, leaf in enumerate(leaves):
            rows.append(("effective_weight", top, leaf, top, effective[leaf], n, ""))
            if not direct >= set(leaves):
                without = _without(leaf, steps.normalised, codes, groups, j)
                rows.append(("influence_of_indicator", top, leaf, top, shares[i], n, ""))
                rows.append(("leave_one_out_indicator", top, leaf, top, *spearman(score, without), ""))
                rows.append(("correlation_with_index", top, leaf, top, *pearson(values[:, i], score), ""))
    return rows


def _leaves(top, groups):
    """Indicators below an aggregate, in order."""
    return [
        leaf
        for child in groups[top]["children"]
        for leaf in (_leaves(child, groups) if child in groups else [child])
    ]


def _without(leaf, normalised, codes, groups, j):
    """Index number ``j`` with the indicator ``leaf`` left out; an aggregate that it alone makes up goes with it."""
    gone, rest = {leaf}, {}
    for code, group in groups.items():
        kept = [i for i, child in enumerate(group["children"]) if child not in gone]
        if not kept:
            gone.add(code)
            continue
        weights = group["weights"]
        part = {
            "children": [group["children"][i] for i in kept],
            "weights": weights and [weights[i] for i in kept],
        }
        if "peers" in group:
            part["peers"] = [[row[i] for i in kept] for row in group["peers"]]
            part["bounds"] = [group["bounds"][i] for i in kept]
        rest[code] = group | part
    if list(groups)[j] not in rest:
        return np.full(len(normalised), np.nan)
    scores, _, _ = aggregate_groups(normalised, codes, rest)
    return scores[:, list(rest).index(list(groups)[j])]


def frame(rows):
    """Rows of ``COLUMNS`` as frame."""
    return pd.DataFrame(rows, columns=list(COLUMNS))
