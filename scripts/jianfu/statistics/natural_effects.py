"""Natural direct and indirect effects by g-computation for linear and nonlinear models.

Mediator model M ~ A + C and outcome model Y ~ A + M (+ A M) + C, each linear, logit, probit, cloglog or Poisson. With
potential outcomes Y(a, M(a')) the mean of Y is predicted for all four pairs of exposure levels, averaged over the
observed rows, the mediator integrated over its fitted distribution (VanderWeele 2015, chapters 2, 4 and 14). They
need no unmeasured confounding of exposure, mediator and outcome, and none of mediator and outcome that the exposure
affects. A hazard can be turned into the risk over a horizon: 1 - (1 - h)^H.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline
from statsmodels.genmod.generalized_linear_model import GLM

from jianfu.core.errors import NotEstimable
from jianfu.statistics import glm
from jianfu.statistics.designs import sums_by

LINKS = ("linear", "logit", "probit", "cloglog", "poisson")
MANY_COLUMNS = 60  # beyond this the bootstrap takes one Newton step instead of fitting anew
KNOTS = 1000  # of the spline that stands for a mean over the mediator, where there are more rows
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()
EXTREMES = dict.fromkeys(("logit", "probit", "cloglog"), (1e-6, 1 - 1e-6)) | {"poisson": (1e-12, None)}
QUANTITIES = (
    ("total", "direct", "indirect", "direct_total", "indirect_pure", "proportion")
    + ("controlled_direct", "interaction_reference", "interaction_mediated")
    + ("total_ratio", "direct_ratio", "indirect_ratio")
)


@dataclass(frozen=True)
class NaturalEffects:
    """Result of :func:`fit`.

    estimates: {name in QUANTITIES: value}, nan where a divisor is zero; draws: {name: (B,)} bootstrap replicates; a:
    exposure on mediator; b: mediator on outcome (main effect); reliability: of the mediator within exposure and
    controls (1 = taken as exact); one_step: the bootstrap took one Newton step; converged.

    total = direct + indirect; direct is the pure natural direct effect Y(1, M(0)) - Y(0, M(0)), indirect the total
    natural indirect effect Y(1, M(1)) - Y(1, M(0)); direct_total and indirect_pure are their counterparts. Four-way
    decomposition (VanderWeele 2014): total = controlled_direct + interaction_reference + interaction_mediated +
    indirect_pure.
    """

    estimates: dict
    draws: dict
    a: float
    b: float
    reliability: float
    one_step: bool
    converged: bool


def fit(
    outcome,
    mediator,
    exposure,
    controls,
    weights,
    clusters,
    outcome_model="linear",
    mediator_model="linear",
    interaction=False,
    contrast=(0.0, 1.0),
    reference=None,
    horizon=1,
    reliability=1.0,
    replicates=0,
    seed=0,
):
    """Natural effects of moving ``exposure`` (N,) from contrast[0] to contrast[1].

    controls: (N, c) without constant (dummies of effects included); weights: (N,) observations behind a row, for
    hazards the person-months, ``outcome`` then is the share of them with an event; clusters: (N,) codes, drawn whole
    in the bootstrap. ``reference``: mediator level of the controlled direct effect (default: its mean). ``reliability``
    of a linear mediator as measured: the outcome model is fitted to its regression calibration
    (Carroll et al. 2006, chapter 4).
    """
    outcome, mediator = np.asarray(outcome, dtype=float), np.asarray(mediator, dtype=float)
    first = np.column_stack([np.ones(len(outcome)), exposure, controls])
    reference = float(np.average(mediator, weights=weights)) if reference is None else reference
    m_fit = _glm(mediator, first, weights, mediator_model)
    residual = mediator - _mean(first @ m_fit.beta, mediator_model)
    spread = _variance(residual, weights, first.shape[1])
    inner, used = 1.0, mediator
    if reliability < 1:
        total = np.cov(mediator, aweights=weights)
        inner = 1 - (1 - reliability) * float(total) / spread
        if mediator_model != "linear" or inner <= 0:
            raise NotEstimable("mediator_too_noisy")
        used, spread = mediator - (1 - inner) * residual, spread * inner
    second = _outcome_design(used, interaction, first)
    y_fit = _glm(outcome, second, weights, outcome_model)
    models = _Models(
        first,
        second,
        interaction,
        tuple(contrast),
        reference,
        horizon,
        weights,
        outcome_model,
        mediator_model,
    )
    estimates = _quantities(models, m_fit.beta, y_fit.beta, spread)
    draws, one_step = {}, first.shape[1] > MANY_COLUMNS
    if replicates:
        times = _cluster_draws(clusters, replicates, seed)
        if one_step:
            sums = [sums_by(fitted.scores, clusters) for fitted in (m_fit, y_fit)]
            found = [_one_step(models, m_fit, y_fit, sums, drawn, spread) for drawn in times]
        else:
            rows = (outcome, mediator, inner)
            found = [_anew(models, m_fit, y_fit, rows, drawn[clusters]) for drawn in times]
        draws = {name: np.array([row[name] for row in found]) for name in estimates}
    return NaturalEffects(
        estimates=estimates,
        draws=draws,
        a=float(m_fit.beta[1]),
        b=float(y_fit.beta[2]),
        reliability=inner,
        one_step=one_step,
        converged=m_fit.converged and y_fit.converged,
    )


def _one_step(models, m_fit, y_fit, sums, times, spread):
    """Quantities of one replicate after one Newton step from the estimates; sums: scores by cluster of each model."""
    betas = [f.beta + f.inverse @ (times @ own) for f, own in zip((m_fit, y_fit), sums, strict=True)]
    return _quantities(models, *betas, spread)


def _anew(models, m_fit, y_fit, rows, drawn):
    """Quantities of one replicate in which row i counts ``drawn[i]`` times; rows: outcome, mediator, reliability."""
    outcome, mediator, inner = rows
    m_beta = _again(m_fit, mediator, models.first, models.weights, drawn)
    residual = mediator - _mean(models.first @ m_beta, models.mediator_model)
    variance = _variance(residual, models.weights * drawn, models.first.shape[1]) * inner
    second = models.second
    if inner < 1:
        calibrated = mediator - (1 - inner) * residual
        second = _outcome_design(calibrated, models.interaction, models.first)
    y_beta = _again(y_fit, outcome, second, models.weights, drawn)
    return _quantities(models, m_beta, y_beta, variance)


def _outcome_design(mediator, interaction, first):
    """Constant, exposure, mediator, their product and controls, from the columns ``first`` of the mediator model."""
    product = [first[:, 1] * mediator] if interaction else []
    return np.column_stack([first[:, :2], mediator, *product, first[:, 2:]])


def _cluster_draws(clusters, replicates, seed):
    """How often each cluster is drawn, one array (G,) per replicate."""
    n_clusters = int(clusters.max()) + 1
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        yield np.bincount(rng.integers(0, n_clusters, n_clusters), minlength=n_clusters).astype(float)


# ------------------------------------------------------------------------------------------------ predictions


@dataclass(frozen=True)
class _Models:
    first: np.ndarray
    second: np.ndarray
    interaction: bool
    contrast: tuple
    reference: float
    horizon: int
    weights: np.ndarray
    outcome_model: str
    mediator_model: str


def _quantities(models, m_beta, y_beta, variance):
    """All quantities of :data:`QUANTITIES` for one pair of coefficient vectors."""
    low, high = models.contrast
    mediator = models.first @ m_beta - m_beta[1] * models.first[:, 1]
    n_own = 3 + models.interaction
    rest = models.second[:, 0] * y_beta[0] + models.second[:, n_own:] @ y_beta[n_own:]
    at = {a: _mediator_values(models, mediator + m_beta[1] * a, variance) for a in (low, high)}
    y = {(a, b): _risk(models, y_beta, rest, a, *at[b]) for a in (low, high) for b in (low, high)}
    still = (models.reference, np.zeros(1), np.ones(1))
    fixed = {a: _risk(models, y_beta, rest, a, *still) for a in (low, high)}
    y00, y01, y10, y11 = y[low, low], y[low, high], y[high, low], y[high, high]
    controlled = fixed[high] - fixed[low]
    found = {
        "total": y11 - y00,
        "direct": y10 - y00,
        "indirect": y11 - y10,
        "direct_total": y11 - y01,
        "indirect_pure": y01 - y00,
        "proportion": (y11 - y10) / (y11 - y00) if y11 != y00 else np.nan,
        "controlled_direct": controlled,
        "interaction_reference": y10 - y00 - controlled,
        "interaction_mediated": (y11 - y10) - (y01 - y00),
    }
    if models.outcome_model != "linear":
        pairs = {"total_ratio": (y11, y00), "direct_ratio": (y10, y00), "indirect_ratio": (y11, y10)}
        found |= {name: above / below if below else np.nan for name, (above, below) in pairs.items()}
    return found


def _mediator_values(models, eta, variance):
    """(centre (N,) or 0, deviations from it (q,), their weights (q,) or (N, q)): the fitted distribution of the
    mediator with linear predictor ``eta``."""
    if models.mediator_model == "linear":
        if models.outcome_model == "linear":
            return eta, np.zeros(1), np.ones(1)
        return eta, np.sqrt(variance) * NODES, NODE_WEIGHTS
    mean = _mean(eta, models.mediator_model)
    if models.mediator_model != "poisson":
        return 0.0, np.array([0.0, 1.0]), np.column_stack([1 - mean, mean])
    if models.outcome_model == "linear":
        return mean, np.zeros(1), np.ones(1)
    counts = np.arange(int(mean.max() + 10 * np.sqrt(mean.max()) + 15))
    mean = mean[:, None]
    return 0.0, counts.astype(float), np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1))


def _risk(models, beta, rest, a, centre, deviations, weights):
    """Mean outcome over the rows at exposure ``a`` with the mediator distributed as given; rest: other terms (N,)."""
    slope = beta[2] + (beta[3] * a if models.interaction else 0.0)

    def expected(at):
        mean = _mean(at[:, None] + slope * deviations, models.outcome_model)
        if models.horizon > 1:
            mean = 1 - (1 - np.minimum(mean, 1 - 1e-12)) ** models.horizon
        return (mean * weights).sum(axis=1)

    at = rest + beta[1] * a + slope * centre
    by_row = weights.ndim > 1 or len(deviations) == 1
    return float(np.average(expected(at) if by_row else _smooth(expected, at), weights=models.weights))


def _smooth(function, at):
    """A smooth function (N,) -> (N,) at the values ``at``: of more than :data:`KNOTS`, a cubic spline through it.

    With h the distance of the knots its error is at most 5 h^4 / 384 times the fourth derivative (Hall and Meyer 1976).
    """
    low, high = at.min(), at.max()
    if len(at) <= KNOTS or not high > low:
        return function(at)
    knots = np.linspace(low, high, KNOTS)
    return CubicSpline(knots, function(knots))(at)


# ------------------------------------------------------------------------------------------------ fitting


@dataclass(frozen=True)
class _Glm:
    link: str
    beta: np.ndarray
    inverse: np.ndarray
    scores: np.ndarray
    converged: bool


def _mean(eta, link):
    return glm.FAMILIES[link].link.inverse(eta)


def _glm(y, x, weights, link, start=None):
    """Maximum likelihood; coefficients, inverse expected information and row scores at the optimum."""
    family = glm.FAMILIES[link]
    model = GLM(y, x, family, var_weights=weights)
    if start is None:
        mean = np.average(y, weights=weights)
        start = np.zeros(x.shape[1])
        start[0] = family.link(np.clip(mean, *EXTREMES[link])) if link in EXTREMES else mean
    beta, converged, _, _ = glm.maximum(model, start)
    working = model.hessian_factor(beta, scale=1.0, observed=False)
    inverse = np.linalg.pinv((x * working[:, None]).T @ x, hermitian=True)
    return _Glm(link, beta, inverse, model.score_factor(beta, scale=1.0)[:, None] * x, converged)


def _again(fitted, y, x, weights, drawn):
    """Coefficients when rows count ``drawn`` times, fitted anew from the estimates."""
    kept = drawn > 0
    return _glm(y[kept], x[kept], (weights * drawn)[kept], fitted.link, fitted.beta).beta


def _variance(residual, weights, k):
    """Weighted residual variance with k coefficients; weights count observations behind rows."""
    n = (weights > 0).sum()
    return float(np.average(residual**2, weights=weights) * n / max(n - k, 1))


# ------------------------------------------------------------------------------------------------ sensitivity


def rho_zero(outcome, mediator, design, weights):
    """Error correlation at which the indirect effect of linear models vanishes (Imai, Keele and Yamamoto 2010).

    design: (N, k) constant, exposure and controls. Returns (rho at zero, SD of the outcome's residual without the
    mediator, SD of the mediator's residual, exposure on mediator).
    """
    root = np.sqrt(weights)[:, None]
    targets = np.column_stack([outcome, mediator])
    beta = np.linalg.lstsq(design * root, targets * root, rcond=None)[0]
    residual = targets - design @ beta
    covariance = (residual * weights[:, None]).T @ residual / weights.sum()
    spread = np.sqrt(np.diag(covariance))
    return float(covariance[0, 1] / spread.prod()), float(spread[0]), float(spread[1]), float(beta[1, 1])


def indirect_at_rho(rho, outcome, mediator, design, weights):
    """Indirect effect of linear models under error correlations ``rho`` (their theorem 4)."""
    zero, of_outcome, of_mediator, a = rho_zero(outcome, mediator, design, weights)
    rho = np.asarray(rho, dtype=float)
    return a * of_outcome / of_mediator * (zero - rho * np.sqrt((1 - zero**2) / (1 - rho**2)))
