"""The smallest effect that a design can detect, before its outcomes are compared with the exposure.

Standard error of a slope under no effect:

    SE = sqrt(design_effect / (D * V))

with D the information of the observations that remain (expected events for a hazard; observations over the residual
variance of the outcome for least squares) and V the variance of the exposure, weighted by it, that effects and
controls do not explain (within units, where unit effects are absorbed). The smallest effect detectable with a given
power in a two-sided test of level alpha is (t[1 - alpha / 2, df] + t[power, df]) * SE (Bloom 1995, Evaluation Review
19:547-556). The design effect is 1 + (m - 1) * rho_x * rho_e (Moulton 1986; m: observations of a cluster, rho_x and
rho_e: intraclass correlations of exposure and residual); unit effects leave rho_e near zero.
"""

import numpy as np
from scipy import stats

from jianfu.statistics import hazard
from jianfu.statistics.designs import COLLINEAR
from jianfu.statistics.sensitivity import linear_parts

POWER = 0.8


def minimum_detectable(std_error, df, confidence=0.95, power=POWER):
    """Smallest effect that a two-sided test detects with ``power``, given its standard error."""
    return float((stats.t.ppf((1 + confidence) / 2, df) + stats.t.ppf(power, df)) * std_error)


def least_squares_error(
    term, controls, effects, weights=None, outcome_sd=1.0, share_explained=0.0, factor=1.0
):
    """Standard error of the slope of ``term`` (N,) in least squares, from the design alone.

    controls: (N, k); effects: arrays of level codes; outcome_sd: SD of the outcome; share_explained: R2 expected of
    effects and controls; factor: design effect.
    """
    rest = _rest(term, controls, effects, weights)
    return float(outcome_sd * np.sqrt((1 - share_explained) * factor / rest)) if rest > 0 else np.nan


def hazard_error(events, n, term, controls, effects, link="cloglog", factor=1.0):
    """Standard error of the slope of ``term`` (N,) in a hazard model under no effect.

    events, n, effects: as in :func:`jianfu.statistics.hazard.fit`. The expected events come from the model with
    controls and effects but without ``term``: outcomes and exposure are never compared. NaN if that model does not
    converge or nothing of the exposure is left.
    """
    fit = hazard.fit(events, n, controls, effects, None, link)
    if not fit.converged:
        return np.nan
    _, weight, _ = hazard.LINKS[link](fit.eta, np.asarray(events, dtype=float), np.asarray(n, dtype=float))
    rest = _rest(term, controls, effects, weight)
    return float(np.sqrt(factor / rest)) if rest > 0 else np.nan


def _rest(term, controls, effects, weights):
    """Weighted sum of squares of ``term`` that controls and effects leave: D * V of the formula."""
    term, controls = np.asarray(term, dtype=float), np.asarray(controls, dtype=float).reshape(len(term), -1)
    weights = np.ones(len(term)) if weights is None else weights
    total = weights @ (term - weights @ term / np.sum(weights)) ** 2
    rest = linear_parts(term, controls, effects, weights).unexplained(range(controls.shape[1]))
    return rest if rest > COLLINEAR * total else 0.0
