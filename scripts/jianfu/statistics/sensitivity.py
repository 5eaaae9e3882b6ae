"""How strong would something unobserved have to be? Robustness values, benchmark bounds, E-values, Oster's delta.

Sources: Cinelli and Hazlett (2020, JRSS B 82:39-67), as in R ``sensemakr``; VanderWeele and Ding (2017, Annals of
Internal Medicine 167:268-274) and VanderWeele (2017, Epidemiology 28:e51; 2020, Biometrics 76:746-752), as in R
``EValue``; Oster (2019, JBES 37:187-204), the exact solutions as in Stata ``psacalc`` and R ``robomit``, not the
approximation by equal ratios.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jianfu.statistics.absorption import Blocks
from jianfu.statistics.designs import COLLINEAR, swept

COMMON = 0.15  # an outcome in more than this share of persons is common: odds and hazard ratios are converted


# ------------------------------------------------------------------------------------------------ robustness value


def partial_r2(t, df):
    """Share of the residual variance of the outcome that a regressor explains: t^2 / (t^2 + df)."""
    return t**2 / (t**2 + df)


def robustness_value(t, df, q=1.0, alpha=None):
    """RV_q, or RV_{q, alpha} if ``alpha`` is given (Cinelli and Hazlett 2020, section 4.1 and appendix).

    A confounder that explains this share of the residual variance of both exposure and outcome lowers the estimate by
    the share q of itself (RV_q), or to where it is no longer significant at level alpha.
    """
    f = q * abs(t) / np.sqrt(df)
    critical = 0.0 if alpha is None else stats.t.isf(alpha / 2, df - 1) / np.sqrt(df - 1)
    beyond = f - critical
    if beyond <= 0:
        return 0.0
    if critical > 0 and f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    return (np.sqrt(beyond**4 + 4 * beyond**2) - beyond**2) / 2


def benchmark_bounds(r2_exposure, r2_outcome, k=1.0):
    """Largest partial R2 (exposure, outcome) of a confounder ``k`` times as strong as an observed covariate.

    r2_exposure: partial R2 of the covariate with the exposure given the others; r2_outcome: with the outcome given
    exposure and the others. NaN where no confounder can be so strong; the second bound is cut at 1.
    """
    with_exposure = k * r2_exposure / (1 - r2_exposure)
    shared = k * r2_exposure**2 / ((1 - k * r2_exposure) * (1 - r2_exposure)) if k * r2_exposure < 1 else 1.0
    if with_exposure >= 1 or shared >= 1:
        return np.nan, np.nan
    factor = (np.sqrt(k) + np.sqrt(shared)) / np.sqrt(1 - shared)
    return with_exposure, min(1.0, factor**2 * r2_outcome / (1 - r2_outcome))


def adjusted_for_confounder(estimate, std_error, df, r2_exposure, r2_outcome):
    """Estimate and standard error had a confounder with these partial R2 been in the model (bias towards zero)."""
    bias = np.sqrt(r2_outcome * r2_exposure / (1 - r2_exposure)) * std_error * np.sqrt(df)
    error = std_error * np.sqrt((1 - r2_outcome) / (1 - r2_exposure) * df / (df - 1))
    return np.sign(estimate) * (abs(estimate) - bias), error


# ------------------------------------------------------------------------------------------------ E-value


def risk_ratio(estimate, measure, common=False):
    """Approximate risk ratio of an effect.

    measure: rr (log risk or rate ratio), or (log odds ratio), hr (log hazard ratio), smd (difference in SD of the
    outcome). ``common``: the outcome occurs in more than 15 % of persons; then sqrt(OR), and
    (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)).
    """
    estimate = np.asarray(estimate, dtype=float)
    if measure == "smd":
        return np.exp(0.91 * estimate)
    ratio = np.exp(estimate)
    if measure == "or" and common:
        return np.sqrt(ratio)
    if measure == "hr" and common:
        return (1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio))
    if measure in ("rr", "or", "hr"):
        return ratio
    raise ValueError(f"unknown measure {measure}; use one of rr, or, hr, smd")


def e_value(ratio, low=None, high=None):
    """E-value of a risk ratio, and of the limit of its interval that is nearer to 1 (1 if the interval holds 1)."""
    point = _e_value(ratio)
    if low is None or high is None or np.isnan(low) or np.isnan(high):
        return point, np.nan
    if low <= 1 <= high:
        return point, 1.0
    return point, _e_value(low if low > 1 else high)


def _e_value(ratio):
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


# ------------------------------------------------------------------------------------------------ Oster


@dataclass(frozen=True)
class Movement:
    """What happens to a coefficient when the observed controls come in.

    beta_short, r2_short: without them; beta_full, r2_full: with them; var_outcome, var_exposure: variances; var_rest:
    variance of the exposure that the controls do not explain. Where effects are absorbed in both regressions, every
    figure is within these effects.
    """

    beta_short: float
    r2_short: float
    beta_full: float
    r2_full: float
    var_outcome: float
    var_exposure: float
    var_rest: float

    @property
    def r_max(self):
        """min(1, 1.3 R2), the value that Oster suggests."""
        return min(1.0, 1.3 * self.r2_full)

    def _pieces(self, r_max):
        r_max = self.r_max if r_max is None else r_max
        gained = (self.r2_full - self.r2_short) * self.var_outcome
        left = (r_max - self.r2_full) * self.var_outcome
        return self.beta_short - self.beta_full, gained, left, self.var_exposure, self.var_rest


def oster_delta(movement, beta=0.0, r_max=None):
    """Strength of selection on unobservables, relative to observables, at which the effect would be ``beta``.

    Oster (2019), proposition 3. Infinite where no such selection changes the estimate.
    """
    move, gained, left, sigma, tau = movement._pieces(r_max)
    v = movement.beta_full - beta
    over = (
        v * gained * tau
        + v * sigma * tau * move**2
        + 2 * v**2 * tau * move * sigma
        + v**3 * (tau * sigma - tau**2)
    )
    under = (
        left * move * sigma
        + v * left * (sigma - tau)
        + v**2 * tau * move * sigma
        + v**3 * (tau * sigma - tau**2)
    )
    return float(over / under) if under != 0 else float(np.inf)


def oster_beta(movement, delta=1.0, r_max=None):
    """Effect if selection on unobservables were ``delta`` times that on observables (Oster 2019, proposition 2).

    The real root of the cubic (quadratic for delta = 1) that moves the estimate on in the direction in which the
    observed controls moved it (her assumption 3) and lies nearest to it; the nearest one if none does. NaN if nothing
    moved.
    """
    move, gained, left, sigma, tau = movement._pieces(r_max)
    cubic = [
        (delta - 1) * (tau * sigma - tau**2),
        tau * move * sigma * (delta - 2),
        delta * left * (sigma - tau) - gained * tau - sigma * tau * move**2,
        left * delta * move * sigma,
    ]
    roots = np.roots(np.trim_zeros(cubic, "f")) if any(cubic) else np.array([])
    real = roots[np.abs(roots.imag) < 1e-9 * np.maximum(1, np.abs(roots))].real
    if not len(real):
        return np.nan
    along = real[np.sign(real) == np.sign(move)]
    chosen = along if len(along) else real
    return float(movement.beta_full - chosen[np.argmin(np.abs(chosen))])


# ------------------------------------------------------------------------------------------------ from data


@dataclass(frozen=True)
class LinearParts:
    """Sums of squares and products within absorbed effects, of which everything above is made.

    gram: (1 + k, 1 + k) of outcome and design columns; n: observations; absorbed: coefficients of the effects.
    """

    gram: np.ndarray
    n: int
    absorbed: int

    def regression(self, column, controls):
        """Least squares of the outcome on design ``column`` and ``controls`` (indices): estimate, iid error, df, R2.

        Estimate, error and R2 are NaN where effects and controls explain the column.
        """
        outcome, rest = self._swept(controls)[np.ix_([0, 1 + column], [0, 1 + column])]
        df = self.n - self.absorbed - self.rank(controls) - 1
        if not rest[1] > COLLINEAR * self.gram[1 + column, 1 + column]:
            return np.nan, np.nan, df, np.nan
        estimate = outcome[1] / rest[1]
        left = outcome[0] - estimate * outcome[1]
        return estimate, np.sqrt(left / df / rest[1]), df, 1 - left / self.gram[0, 0]

    def rank(self, columns):
        """Number of ``columns`` that are linearly independent within the effects."""
        return len(self._independent(columns))

    def unexplained(self, columns):
        """Sum of squares of the outcome that ``columns`` leave."""
        return float(self._swept(list(columns))[0, 0])

    def partial_r2(self, target, group, given):
        """Partial R2 of the columns ``group`` with ``target`` (column index, -1 = the outcome) given others."""
        without = self._swept(given)[1 + target, 1 + target]
        with_group = self._swept([*given, *group])[1 + target, 1 + target]
        return 1 - with_group / without

    def within(self, columns):
        """The same after projecting out ``columns``, as if they were absorbed effects."""
        return LinearParts(self._swept(list(columns)), self.n, self.absorbed + self.rank(columns))

    def movement(self, column, controls):
        """:class:`Movement` of the coefficient of ``column`` when ``controls`` come in."""
        short, _, _, r2_short = self.regression(column, [])
        full, _, _, r2_full = self.regression(column, controls)
        rest = self._swept(controls)[1 + column, 1 + column]
        scale = self.n - 1
        return Movement(
            short,
            r2_short,
            full,
            r2_full,
            self.gram[0, 0] / scale,
            self.gram[1 + column, 1 + column] / scale,
            rest / scale,
        )

    def _independent(self, columns):
        return swept(self.gram, np.diag(self.gram), [1 + c for c in columns])

    def _swept(self, columns):
        """The Gram matrix after projecting out ``columns``."""
        kept = self._independent(columns)
        if not len(kept):
            return self.gram
        solved = np.linalg.solve(self.gram[np.ix_(kept, kept)], self.gram[kept])
        return self.gram - self.gram[:, kept] @ solved


def linear_parts(outcome, design, effects=(), weights=None, grouped_events=False):
    """:class:`LinearParts` of ``outcome`` (N,) and ``design`` (N, k) within ``effects`` (arrays of level codes).

    weights: (N,) observations behind a row. ``grouped_events``: the outcome is a share of the ``weights`` observations
    that had the event; the sum of squares is then that of the single observations (0 or 1).
    """
    outcome = np.asarray(outcome, dtype=float)
    weights = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=float)
    columns = np.column_stack([outcome, design])
    blocks = Blocks(columns - weights @ columns / weights.sum(), list(effects))
    reduced = blocks.reduced(weights)
    later = blocks.independent_effects(reduced, weights)
    gram = reduced.within(columns.shape[1], later)
    gone = np.diag(gram) <= COLLINEAR * (weights @ blocks.design**2)  # nothing but rounding is left
    gone[0] = False
    gram[gone, :] = gram[:, gone] = 0.0
    if grouped_events:
        gram[0, 0] += float(weights @ (outcome * (1 - outcome)))
    return LinearParts(gram, int(round(weights.sum())), blocks.n_first + len(later))
