"""Reliability of an exposure within units, from the agreement of its members.

The exposure is the mean of k members. What a member does beyond the mean of all, from month to month within its unit,
counts as error: var(e) = s^2 / k with s^2 the mean variance between the members of a unit-month, unit and month means
taken out. A burden index is formative, so part of this is substance of that member and not error: the reliability is a
lower and the corrected estimate an upper limit. With fixed effects an error weighs more than without,

    lambda = 1 - var(e) / (var(x) (1 - rho)),    rho = share of var(x) between units and months

(Griliches and Hausman 1986, Journal of Econometrics 31: 93-118), and the least-squares or maximum-likelihood estimate
within units tends to lambda times the effect: regression calibration divides by lambda (Carroll, Ruppert, Stefanski and
Crainiceanu 2006, section 4).
"""

from dataclasses import dataclass

import numpy as np

ITERATIONS, SETTLED = 200, 1e-10


@dataclass(frozen=True)
class Reliability:
    """error: var(e); total: var(x); between: rho; value: lambda within units and months; members: k."""

    error: float
    total: float
    between: float
    value: float
    members: int


def deviations(values, weights):
    """``values`` (U, T, m), no missing ones where ``weights`` (U, T) > 0, less unit and month means (by turns)."""
    result = np.where(weights[..., None] > 0, values, 0.0)
    by_unit, by_month = weights.sum(axis=1), weights.sum(axis=0)
    for _ in range(ITERATIONS):
        unit = (result * weights[..., None]).sum(axis=1) / np.maximum(by_unit, 1e-300)[:, None]
        result = result - unit[:, None]
        month = (result * weights[..., None]).sum(axis=0) / np.maximum(by_month, 1e-300)[:, None]
        result = result - month[None]
        if np.abs(month).max() < SETTLED:
            break
    return result


def within(members, times=None):
    """:class:`Reliability` of the mean of ``members`` (U, T, k) within units and months.

    members: exposures made of one member each, NaN = missing; members without any value are left out, and only
    complete unit-months count. times: (U,) how often every unit counts (bootstrap), None = once. NaN where fewer than
    two members or no complete unit-month are left.
    """
    members = members[..., ~np.isnan(members).all(axis=(0, 1))]
    k = members.shape[2]
    times = np.ones(len(members)) if times is None else np.asarray(times, dtype=float)
    weights = times[:, None] * ~np.isnan(members).any(axis=2)
    if k < 2 or not weights.sum() > 0:
        return Reliability(np.nan, np.nan, np.nan, np.nan, k)
    mean = np.where(weights > 0, members.mean(axis=2), 0.0)
    total = np.average((mean - np.average(mean, weights=weights)) ** 2, weights=weights)
    inside = deviations(members, weights)
    own = inside.mean(axis=2)
    spread = np.average(((inside - own[..., None]) ** 2).sum(axis=2) / (k - 1), weights=weights)
    variance = np.average(own**2, weights=weights)
    error = spread / k
    return Reliability(
        float(error), float(total), float(1 - variance / total), float(1 - error / variance), k
    )
