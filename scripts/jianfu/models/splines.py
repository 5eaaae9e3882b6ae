"""Spline bases as R's package ``splines`` makes them: cubic B-splines and natural cubic splines.

Interior knots lie at equally spaced quantiles of the values that the basis is fitted to, boundary knots at their range;
there is no constant among the columns. Beyond the boundary a natural spline is a straight line.
"""

import numpy as np
from scipy.interpolate import BSpline

DEGREE = 3


def _knots(known, interior, counts):
    """Full knot sequence with ``interior`` inner knots, from the values ``known`` (M,) that occur ``counts`` times."""
    inner = quantiles(known, counts, np.linspace(0, 1, interior + 2)[1:-1])
    known = known if counts is None else known[counts > 0]
    low, high = known.min(), known.max()
    return np.r_[[low] * (DEGREE + 1), inner, [high] * (DEGREE + 1)]


def _basis(x, knots, derivative=0):
    """Cubic B-spline basis (N, len(knots) - 4) or a derivative of it."""
    width = len(knots) - DEGREE - 1
    splines = BSpline(knots, np.eye(width), DEGREE, extrapolate=True)
    return (splines.derivative(derivative) if derivative else splines)(x)


def quantiles(values, counts, shares):
    """Quantiles (as R's type 7) of ``values`` (M,) each of which occurs ``counts`` times, None = once."""
    if counts is None:
        return np.quantile(values, shares)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(np.asarray(counts, dtype=np.int64)[order])
    place = np.asarray(shares) * (upto[-1] - 1)
    low, high = (
        values[order][np.searchsorted(upto, end(place), side="right")] for end in (np.floor, np.ceil)
    )
    return low + (high - low) * (place - np.floor(place))


def b_spline(x, df, known, counts=None):
    """B-spline basis (N, df) of ``x`` as ``bs(x, df = df)``, knots from ``known``; df >= 3.

    counts: how often each of ``known`` occurs, None = once.
    """
    return _basis(np.asarray(x, dtype=float), _knots(known, df - DEGREE, counts))[:, 1:]


def natural(x, df, known, counts=None):
    """Natural spline basis (N, df) of ``x`` as ``ns(x, df = df)``, knots from ``known``; df >= 1.

    counts: how often each of ``known`` occurs, None = once.

    The B-spline basis without its first column is turned so that second derivatives vanish at both boundary knots
    (QR of the two constraints, first two columns dropped).
    """
    x, knots = np.asarray(x, dtype=float), _knots(known, df - 1, counts)
    edges = knots[[0, -1]]
    constraint = _basis(edges, knots, 2)[:, 1:]
    inside = np.clip(x, *edges)
    basis = _basis(inside, knots)[:, 1:] + (x - inside)[:, None] * _basis(inside, knots, 1)[:, 1:]
    rotation = np.linalg.qr(constraint.T, mode="complete")[0]
    return (basis @ rotation)[:, 2:]
