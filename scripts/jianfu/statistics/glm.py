"""Generalised linear models on a dense design with a constant, by statsmodels' GLM.

What this adds to statsmodels: columns in units of their spread, collinear columns left out, separation told apart from
slow convergence, and the pieces of the sandwich. For many levels of absorbed effects use
:func:`jianfu.statistics.hazard.fit`.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from jianfu.statistics.designs import independent, left_out, placed, standardised
from jianfu.statistics.newton import FLAT, MOVING

TOLERANCE, MAX_STEPS = 1e-10, 25
FAMILIES = {
    "linear": families.Gaussian(),
    "logit": families.Binomial(),
    "probit": families.Binomial(families.links.Probit()),
    "cloglog": families.Binomial(families.links.CLogLog()),
    "poisson": families.Poisson(),
}


@dataclass(frozen=True)
class GlmFit:
    """Result of :func:`fit`.

    coefficients: (k,), NaN for a collinear column; bread: (k, k) inverse information, zero for collinear columns;
    scores, working: (N,) score and expected working weight of each row; collinear, moving: indices; converged;
    separated: no finite maximum.
    """

    coefficients: np.ndarray
    bread: np.ndarray
    scores: np.ndarray
    working: np.ndarray
    collinear: tuple
    moving: tuple
    converged: bool
    separated: bool


def fit(
    y: np.ndarray,
    n: np.ndarray,
    design: np.ndarray,
    *,
    link: str,
    offset: float | np.ndarray = 0.0,
    information: str = "expected",
) -> GlmFit:
    """Maximum likelihood of ``y`` (N,) events in ``n`` (N,) trials (Poisson: exposure) on ``design`` (N, k).

    The first column of ``design`` is the constant. A column that is a linear combination of earlier ones is left out.
    ``information`` (expected or observed) is the kind behind ``bread``.
    """
    y, n = np.asarray(y, dtype=float), np.asarray(n, dtype=float)
    slopes, centre, unit = standardised(design[:, 1:], np.ones(len(y)))
    k, free = design.shape[1], independent(np.column_stack([np.ones(len(y)), slopes]))
    back = np.eye(k)  # from the standardised to the given columns
    back[0, 1:], back[1:] = -centre / unit, back[1:] / np.r_[1.0, unit]
    back = back[:, free]
    x = design @ back
    offset = np.broadcast_to(np.asarray(offset, dtype=float), len(y))
    if link == "poisson":
        model = GLM(y, x, FAMILIES[link], offset=offset + np.log(n))
        rate = y.sum() / n.sum()
    else:
        model = GLM(y / n, x, FAMILIES[link], offset=offset, var_weights=n)
        rate = (y.sum() + 0.5) / (n.sum() + 1)
    start = np.zeros(len(free))
    start[0] = FAMILIES[link].link(rate) - offset.mean()
    beta, converged, separated, step = maximum(model, start)
    bread = np.zeros((k, k))
    if converged:
        behind = model.hessian_factor(beta, scale=1.0, observed=information == "observed")
        bread = back @ np.linalg.inv(x.T @ (x * behind[:, None])) @ back.T
    return GlmFit(
        coefficients=placed((back @ beta)[free], free, k),
        bread=bread,
        scores=model.score_factor(beta, scale=1.0),
        working=model.hessian_factor(beta, scale=1.0, observed=False),
        collinear=left_out(free, k),
        moving=tuple(free[j] for j in np.flatnonzero(np.abs(step) > MOVING)),
        converged=converged,
        separated=separated,
    )


def maximum(model: GLM, start: np.ndarray) -> tuple[np.ndarray, bool, bool, np.ndarray]:
    """Coefficients (k,), converged, separated (flat likelihood, moving coefficients) and the last step (k,)."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # convergence and separation are judged here, by the history
        fitted = model.fit(
            start_params=start, tol=TOLERANCE, tol_criterion="params", maxiter=MAX_STEPS, cov_type="nonrobust"
        )
    path, deviance = fitted.fit_history["params"], fitted.fit_history["deviance"]
    step = path[-1] - path[-2]
    converged = bool(fitted.converged and np.isfinite(path[-1]).all())
    flat = abs(deviance[-1] - deviance[-2]) <= 1e4 * FLAT * max(abs(deviance[-1]), 1.0)
    separated = not converged and flat and np.abs(step).max() > MOVING
    return np.asarray(path[-1]), converged, bool(separated), step
