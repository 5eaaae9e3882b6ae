"""Confirmatory factor analysis by maximum likelihood, in one group or in several with equal parameters.

Model of group g: covariance S_g = L_g P_g L_g' + T_g, mean m_g = n_g + L_g a_g (Joreskog 1971). Discrepancy, with
observed covariance C_g and mean c_g (divisor N_g),

    F = sum_g N_g / N [ log|S_g| + tr(C_g S_g^-1) - log|C_g| - p + (c_g - m_g)' S_g^-1 (c_g - m_g) ],

chi-squared N F, errors from the expected information: the conventions of lavaan (likelihood = "normal"). Rows with a
missing answer are left out. The discrepancy is minimised by a trust-region Newton method (scipy ``trust-exact``) with
the analytic gradient and the expected information as Hessian.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import optimize

from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import Reason
from jianfu.survey.psychometrics.items import complete, positive_definite
from jianfu.survey.psychometrics.measurement import Layout, Model, implied

GRADIENT = 1e-7  # largest gradient of a converged fit, in units of the standard errors at N = 1
# a discrepancy up to here is rounding: the model reproduces the moments, as one without df does
EXACT = 1e-12


@dataclass(frozen=True)
class Fit:
    """A fitted model. ``matrices``: per group (L, P, T, n, a); ``problems``: what a reader must know (Reasons)."""

    model: Model
    groups: list
    n: list
    converged: bool
    parameters: list = field(default_factory=list)
    estimates: np.ndarray = field(default_factory=lambda: np.empty(0))
    covariance: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    matrices: list = field(default_factory=list)
    moments: list = field(default_factory=list)
    chi2: float = float("nan")
    df: int = 0
    problems: tuple = ()
    dropped: int = 0
    layout: object = None
    rows: list = field(default_factory=list)

    @property
    def std_errors(self):
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))


class _Objective:
    """Discrepancy, gradient and expected Hessian at parameters z / scale."""

    def __init__(self, layout, moments, shares):
        self.layout, self.moments, self.shares = layout, moments, shares
        self.scale = np.ones(len(layout.parameters))
        self.constants = [np.linalg.slogdet(c)[1] + len(c) for c, _ in moments]

    def _residual(self, g, mean):
        return self.moments[g][1] - mean if self.layout.means else np.zeros(len(mean))

    def value(self, z):
        total = 0.0
        for g, matrices in enumerate(self.layout.matrices(z / self.scale)):
            covariance, mean = implied(matrices)
            try:
                root = np.linalg.cholesky(covariance)
            except np.linalg.LinAlgError:
                return np.inf
            half = np.linalg.solve(root, np.column_stack([self._residual(g, mean), self.moments[g][0]]))
            trace = np.trace(np.linalg.solve(root.T, half[:, 1:]))
            determinant = 2 * np.log(np.diag(root)).sum()
            total += self.shares[g] * (determinant + trace - self.constants[g] + half[:, 0] @ half[:, 0])
        return float(total)

    def slopes(self, values):
        """Gradient (q,) and expected Hessian (q, q) of F at unscaled parameters."""
        matrices = self.layout.matrices(values)
        d_covariance, d_mean = self.layout.derivatives(matrices)
        q = len(values)
        gradient, hessian = np.zeros(q), np.zeros((q, q))
        for g, share in enumerate(self.shares):
            covariance, mean = implied(matrices[g])
            inverse = np.linalg.inv(covariance)
            residual = self._residual(g, mean)
            excess = inverse @ (covariance - self.moments[g][0] - np.outer(residual, residual)) @ inverse
            turned = (inverse @ d_covariance[g]).reshape(q, -1)
            other = (d_covariance[g] @ inverse).reshape(q, -1)
            weighted = d_mean[g] @ inverse
            gradient += share * (d_covariance[g].reshape(q, -1) @ excess.ravel() - 2 * weighted @ residual)
            hessian += share * (turned @ other.T + 2 * weighted @ d_mean[g].T)
        return gradient, hessian

    def gradient(self, z):
        return self.slopes(z / self.scale)[0] / self.scale

    def hessian(self, z):
        return self.slopes(z / self.scale)[1] / np.outer(self.scale, self.scale)


def _starting_values(layout, moments, shares):
    """Loadings from the mean correlation with the other items of the factor, the rest from the moments."""
    values = np.zeros(len(layout.parameters))
    pooled = sum(share * c for share, (c, _) in zip(shares, moments, strict=True))
    center = sum(share * m for share, (_, m) in zip(shares, moments, strict=True))
    spread = np.sqrt(np.diag(pooled))
    correlation = pooled / np.outer(spread, spread)
    strength = np.zeros((len(layout.items), len(layout.factors)))
    for j, factor in enumerate(layout.factors):
        own = [layout.items.index(item) for item in layout.model.factors[factor]]
        block = correlation[np.ix_(own, own)]
        first = np.linalg.eigh(block)[1][:, -1]
        first = first if first[0] >= 0 else -first
        size = np.clip(np.abs(first) * np.sqrt(len(own)) * 0.7, 0.2, 0.9)
        strength[own, j] = np.where(first >= 0, size, -size) * spread[own]
    unit = np.ones(len(layout.factors))
    if layout.model.identification == "marker":
        first = [layout.items.index(layout.model.factors[factor][0]) for factor in layout.factors]
        unit = strength[first, range(len(unit))]
    for g, matrix, i, j, index in layout.places:
        if matrix == 0:
            values[index] = strength[i, j] / unit[j]
        elif matrix == 1:
            values[index] = unit[i] ** 2 if i == j else 0.0
        elif matrix == 2:
            values[index] = moments[g][0][i, i] * 0.5 if i == j else 0.0
        elif matrix == 3:
            shared = "intercepts" in layout.model.equal
            values[index] = (center if shared else moments[g][1])[i]
    return values


def _moments(items, groups, levels, names):
    """(covariance, mean) of every group; :class:`NotEstimable` where one has too few rows or an item is constant."""
    found, sizes, rows = [], [], []
    for level in levels:
        own = items if groups is None else items[groups == level]
        problem = _unfit(own, names)
        if problem:
            problem = _in_group(problem, level)
            raise NotEstimable(problem.code, **problem.values)
        found.append((np.cov(own, rowvar=False, ddof=0), own.mean(axis=0)))
        sizes.append(len(own))
        rows.append(own)
    return found, sizes, rows


def _unfit(items, names):
    """Why ``items`` (N, p) of one group have no covariances to fit, or None."""
    if len(items) <= items.shape[1]:
        return Reason("few_rows", rows=len(items), items=items.shape[1])
    constant = np.flatnonzero(np.ptp(items, axis=0) == 0)
    if len(constant):
        return Reason("constant_item", item=names[constant[0]])
    if not positive_definite(np.cov(items, rowvar=False, ddof=0)):
        return Reason("not_positive_definite")
    return None


def _in_group(problem, group):
    """The problem with the group that has it; of a model without groups as it is."""
    return problem if group is None else Reason("in_group", what=problem, group=str(group))


def fit(items, model, groups=None):
    """Fit ``model`` to ``items``, a frame with a column for every item of the model; ``groups`` (N,) or None.

    Always returns a :class:`Fit`: where the answers do not allow one, ``converged`` is False, figures are NaN and
    ``problems`` says why. The groups are those of the complete rows, in the order in which they occur (as in lavaan) or
    in that of their categories; the first is the reference of latent means and variances.
    """
    wanted = np.asarray(items[model.items], dtype=float)
    if wanted.shape[1] < 3:
        return Fit(model, [], [], False, problems=(Reason("few_items", items=3),))
    if groups is None:
        data, levels = complete(wanted), [None]
    else:
        order = groups.cat.categories if hasattr(groups, "cat") else None
        known = pd.notna(groups)
        data, groups = complete(wanted[known], np.asarray(groups, dtype=object)[known])
        found = list(dict.fromkeys(groups))
        levels = found if order is None else [level for level in order if level in found]
    dropped = len(wanted) - len(data)
    try:
        if not levels:
            raise NotEstimable("few_rows", rows=0, items=wanted.shape[1])
        moments, sizes, rows = _moments(data, groups, levels, model.items)
    except NotEstimable as error:
        return Fit(model, levels, [], False, problems=(error.reason,), dropped=dropped)
    means = len(levels) > 1 if model.meanstructure is None else model.meanstructure
    layout = Layout(model, levels, means)
    p, q = len(model.items), len(layout.parameters)
    df = len(levels) * (p * (p + 1) // 2 + (p if means else 0)) - q
    empty = Fit(model, levels, sizes, False, layout.parameters, moments=moments, df=df, dropped=dropped)
    if df < 0:
        return _failed(empty, "not_identified")
    return _minimised(layout, moments, sizes, rows, empty)


def _failed(empty, code):
    q = len(empty.parameters)
    nothing = {"estimates": np.full(q, np.nan), "covariance": np.full((q, q), np.nan)}
    return Fit(**(vars(empty) | nothing | {"problems": (Reason(code),), "converged": False}))


def _standardised(layout, moments, shares):
    """Moments in units of the pooled SD of the items around their pooled mean, and how parameters turn back.

    The model is the same in any units: a parameter is ``factor`` times its value in the new ones plus ``shift``.
    """
    spread = np.sqrt(sum(share * np.diag(c) for share, (c, _) in zip(shares, moments, strict=True)))
    center = sum(share * m for share, (_, m) in zip(shares, moments, strict=True))
    unit = np.ones(len(layout.factors))
    if layout.model.identification == "marker":
        unit = spread[[layout.items.index(items[0]) for items in layout.model.factors.values()]]
    factor, shift = np.ones(len(layout.parameters)), np.zeros(len(layout.parameters))
    for _, matrix, i, j, index in layout.places:
        sides = {
            0: (spread, 1 / unit),
            1: (unit, unit),
            2: (spread, spread),
            3: (spread, None),
            4: (unit, None),
        }
        rows, columns = sides[matrix]
        factor[index] = rows[i] * (1.0 if columns is None else columns[j])
        shift[index] = center[i] if matrix == 3 else 0.0
    scaled = [(c / np.outer(spread, spread), (m - center) / spread) for c, m in moments]
    return scaled, factor, shift


def _largest(objective, values):
    """Gradient (q,), expected Hessian (q, q) and the largest gradient in units of the standard errors."""
    gradient, hessian = objective.slopes(values)
    size = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    return gradient, hessian, np.abs(gradient / size).max()


def _observed_hessian(objective, values, size):
    """Hessian by central differences of the gradient, steps in units of the standard errors ``1 / size``."""
    steps = 1e-4 / size
    columns = [
        objective.slopes(values + h * unit)[0] - objective.slopes(values - h * unit)[0]
        for h, unit in zip(steps, np.eye(len(values)), strict=True)
    ]
    hessian = np.array(columns) / (2 * steps[:, None])
    return (hessian + hessian.T) / 2


def _polished(objective, values):
    """From near the minimum until the gradient is gone: Fisher scoring, or Newton where that no longer helps.

    Fisher scoring is slow where the model fits badly, as the expected information is then not the observed one.
    """
    gradient, hessian, largest = _largest(objective, values)
    newton = False
    for _ in range(30):
        if largest < GRADIENT:
            break
        size = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        used = _observed_hessian(objective, values, size) if newton else hessian
        step = np.linalg.lstsq(used / np.outer(size, size), gradient / size, rcond=1e-12)[0] / size
        if not np.isfinite(objective.value((values - step) * objective.scale)):
            break
        found = _largest(objective, values - step)
        if found[2] < (1.0 if newton else 0.3) * largest:
            values, (gradient, hessian, largest) = values - step, found
        elif newton:
            break
        else:
            newton = True
    return values


def _minimised(layout, moments, sizes, rows, empty):
    total = sum(sizes)
    shares = [n / total for n in sizes]
    scaled, factor, shift = _standardised(layout, moments, shares)
    objective = _Objective(layout, scaled, shares)
    start = _starting_values(layout, scaled, shares)
    objective.scale = np.sqrt(np.maximum(np.diag(objective.slopes(start)[1]), 1e-12))
    result = optimize.minimize(
        objective.value,
        start * objective.scale,
        jac=objective.gradient,
        hess=objective.hessian,
        method="trust-exact",
        options={"gtol": 1e-6, "maxiter": 200, "initial_trust_radius": 1.0, "max_trust_radius": 100.0},
    )
    if not np.isfinite(result.fun):
        return _failed(empty, "not_converged")
    values = _polished(objective, result.x / objective.scale)
    _, hessian, largest = _largest(objective, values)
    size = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    if not largest < GRADIENT:
        return _failed(empty, "not_converged")
    correlation = hessian / np.outer(size, size)
    if np.linalg.eigvalsh(correlation)[0] < 1e-9:
        return _failed(empty, "not_identified")
    covariance = 2 * np.linalg.inv(correlation) / np.outer(size, size) / total * np.outer(factor, factor)
    discrepancy = objective.value(values * objective.scale)
    values = factor * values + shift
    matrices = layout.matrices(values)
    return Fit(
        **vars(empty)
        | {
            "converged": True,
            "estimates": values,
            "covariance": covariance,
            "matrices": matrices,
            "chi2": float(total * discrepancy) if discrepancy > EXACT else 0.0,
            "problems": _improper(matrices, layout),
            "layout": layout,
            "rows": rows,
        }
    )


def _improper(matrices, layout):
    """Negative variances and correlations beyond one (Heywood cases), by name."""
    found = []
    for (_, factors, residuals, _, _), group in zip(matrices, layout.groups, strict=True):
        what = [
            Reason("negative_variance", item=item)
            for item, variance in zip(layout.items, np.diag(residuals), strict=True)
            if variance < 0
        ]
        if np.linalg.eigvalsh(factors)[0] < -1e-10 * max(np.trace(factors), 1e-300):
            what.append(Reason("factors_not_positive_definite"))
        found += [_in_group(Reason("heywood", what=part), group) for part in what]
    return tuple(found)
