"""A fitted model as something that predicts: coefficients with their covariance, and what it expects of each row."""

from dataclasses import dataclass

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import hazards, ols
from jianfu.models.sample import Prepared, prepare
from jianfu.statistics import hazard

SOLVERS = {"ols": ols.solve, "cloglog": hazards.solve}


@dataclass(frozen=True)
class Predictor:
    """model: the prepared model, N rows; names: of its J terms of interest that could be estimated; coefficients: (J,);
    covariance: (J, J); df: degrees of freedom of their t distribution, inf = normal."""

    model: Prepared
    names: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    df: float = np.inf

    def draws(self, n: int, seed: int) -> np.ndarray:
        """Coefficients (n, J) drawn from the multivariate t distribution that their own intervals rest on."""
        rng = np.random.default_rng(seed)
        around = rng.multivariate_normal(
            np.zeros(len(self.names)), self.covariance, size=n, method="cholesky"
        )
        scale = np.sqrt(self.df / rng.chisquare(self.df, n)) if np.isfinite(self.df) else np.ones(n)
        return self.coefficients + scale[:, None] * around

    def expected(self) -> np.ndarray:
        """Probability (N,) of the event in one trial of every row of a cloglog model, as fitted.

        With absorbed effects the expected events of a level add up to the observed ones only approximately; the score
        equations hold for the weighted ones.
        """
        model = self.model
        fit = hazard.fit(
            model.events, model.trials, model.design, model.effects, model.clusters, model.spec.estimator
        )
        return -np.expm1(-np.exp(np.minimum(fit.eta, 4)))


def predictor(spec, table, categories) -> Predictor:
    """Fit the declared model ``spec`` (ols or cloglog) on ``table``.

    Terms of interest that are collinear are left out. Raises :class:`NotEstimable` where there is no estimate.
    """
    model = prepare(spec, table, categories)
    solved = SOLVERS[spec.estimator](model)
    if not solved.fit.converged:
        raise NotEstimable("unconverged")
    columns = list(model.columns)
    offset = len(solved.estimates) - len(columns)  # the constant stands in front of a model without effects
    places = [columns.index(term) for term in spec.terms if term in columns]
    places = [j for j in places if np.isfinite(solved.estimates[j + offset])]
    if not places:
        raise NotEstimable("no_variation", column=", ".join(spec.terms))
    at = np.array(places) + offset
    return Predictor(
        model,
        tuple(columns[j] for j in places),
        solved.estimates[at],
        np.asarray(solved.covariance)[np.ix_(at, at)],
        float(np.min(np.broadcast_to(solved.df, solved.estimates.shape)[at])),
    )
