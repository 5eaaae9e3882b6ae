"""A fitted model as something that predicts: coefficients with their covariance, and what it expects of each row."""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators import hazards, ols
from jianfu.models.sample import Prepared, prepare
from jianfu.statistics import hazard, sandwich

SOLVERS = {"ols": ols.solve, "cloglog": hazards.solve}
FEWEST = 0.9  # share of the samples of clusters in which the terms must be estimable


@dataclass(frozen=True)
class Predictor:
    """model: the prepared model, N rows; names: of its J terms of interest that could be estimated; coefficients: (J,);
    covariance: (J, J); df: degrees of freedom of their t distribution, inf = normal; resampled: (B, J) coefficients on
    samples of the clusters, None = not made."""

    model: Prepared
    names: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    df: float = np.inf
    resampled: np.ndarray | None = None

    def draws(self, n: int, seed: int) -> np.ndarray:
        """Coefficients (n, J) drawn from the multivariate t distribution that their own intervals rest on; those on
        samples of the clusters where they have been made."""
        if self.resampled is not None:
            return self.resampled
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
    solved = _solved(model)
    terms = [term for term in spec.terms if term in model.columns]
    names = tuple(
        name
        for name, place in zip(terms, _places(model, solved, terms), strict=True)
        if np.isfinite(solved.estimates[place])
    )
    if not names:
        raise NotEstimable("no_variation", column=", ".join(spec.terms))
    at = _places(model, solved, names)
    return Predictor(
        model,
        names,
        solved.estimates[at],
        np.asarray(solved.covariance)[np.ix_(at, at)],
        float(np.min(np.broadcast_to(solved.df, solved.estimates.shape)[at])),
    )


def with_clusters_left_out(found: Predictor) -> Predictor:
    """The same with the covariance that leaving out one cluster after another gives, and its t(G - 1).

    With few or unlike clusters the sandwich is too small: leaving out sees what each cluster does to
    the estimate (MacKinnon, Nielsen and Webb 2023). A model without clusters stays as it is.
    """
    model = found.model
    if model.clusters is None:
        return found
    outcome, n, offset = _rows(model)
    arrays = (model.design, model.effects)
    kept, scores, weights = hazard.at_the_fit(outcome, n, *arrays, model.spec.estimator, offset)
    covariance = sandwich.left_out(model.design[:, kept], model.effects, model.clusters, scores, weights)
    at = [list(kept).index(list(model.columns).index(name)) for name in found.names]
    return replace(found, covariance=covariance[np.ix_(at, at)], df=float(model.clusters.max()))


def on_samples(found: Predictor, n: int, seed: int) -> Predictor:
    """The same with coefficients of ``n`` samples of its clusters, drawn with replacement and each fitted anew (the
    pairs cluster bootstrap: Cameron, Gelbach and Miller 2008).

    Samples in which a term cannot be estimated are left out; raises :class:`NotEstimable` where they are many.
    """
    model, rng = found.model, np.random.default_rng(seed)
    clusters = np.arange(len(model.used)) if model.clusters is None else model.clusters
    size = clusters.max() + 1
    samples = (np.bincount(rng.integers(0, size, size), minlength=size)[clusters] for _ in range(n))
    outcome, trials, offset = _rows(model)
    arrays = (model.design, model.effects, samples, model.spec.estimator, offset)
    drawn, _ = hazard.on_weights(outcome, trials, *arrays)
    drawn = drawn[:, [list(model.columns).index(name) for name in found.names]]
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if len(drawn) < FEWEST * n:
        raise NotEstimable("too_few_replicates")
    return replace(found, resampled=drawn)


def _rows(model):
    """Outcome or events (N,), weights or trials (N,) and offset of the rows of a model, as :mod:`hazard` takes them."""
    if model.spec.estimator == "ols":
        outcome, weights = ols.outcome_of(model)
        return outcome, np.ones(len(outcome)) if weights is None else weights, 0.0
    weights = model.column("weights", 1.0)
    return model.events * weights, model.trials * weights, model.column("offset", 0.0)


def _solved(model):
    solved = SOLVERS[model.spec.estimator](model)
    if not solved.fit.converged:
        raise NotEstimable("unconverged")
    return solved


def _places(model, solved, names):
    """Where the coefficients of ``names`` stand; a constant stands in front of a model without effects."""
    columns = list(model.columns)
    return [columns.index(name) + len(solved.estimates) - len(columns) for name in names]
