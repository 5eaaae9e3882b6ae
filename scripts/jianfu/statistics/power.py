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


def least_squares_error(term, controls, effects, residual_sd=1.0, factor=1.0):
    """Standard error of the slope of ``term`` (N,) in least squares, from the design alone.

    controls: (N, k); effects: arrays of level codes; residual_sd: of the outcome, given controls and effects; factor:
    design effect. NaN if nothing of the exposure is left.
    """
    return residual_sd * _error(term, controls, effects, np.ones(len(term)), factor)


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
    return _error(term, controls, effects, weight, factor)


def _error(term, controls, effects, weights, factor):
    """Root of the design effect over D * V, what controls and effects leave of the weighted squares of ``term``."""
    total = weights @ (term - weights @ term / weights.sum()) ** 2
    rest = linear_parts(term, controls, effects, weights).unexplained(range(controls.shape[1]))
    return float(np.sqrt(factor / rest)) if rest > COLLINEAR * total else np.nan
