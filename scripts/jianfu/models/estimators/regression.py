"""What the regressions share: options, kinds of standard errors, contrasts and curves."""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.core.errors import DataError, NotEstimable
from jianfu.core.reasons import Reason
from jianfu.models.estimators.common import COMBINATIONS, POINTS, Effect, Fit, effects_of
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.models.terms import term_variables
from jianfu.statistics import sandwich

BOTH = "(both)"  # column of the intersection of two clusters
VCOV = ("iid", "HC0", "HC1", "HC2", "HC3", "hetero", "cluster", "CR2")
OPTIONS = {"vcov": VCOV, "small_sample": sandwich.SMALL_SAMPLE, "contrasts": COMBINATIONS, "curve": POINTS}


@dataclass(frozen=True)
class Errors:
    """How a regression's standard errors are made: kind, cluster codes (None = none) and small-sample factor."""

    kind: str
    clusters: np.ndarray | None
    small: str

    @property
    def n_clusters(self):
        return 0 if self.clusters is None else int(self.clusters.max()) + 1

    @property
    def name(self):
        """Kind for the column vcov."""
        names = {"cluster": f"cluster_{self.small}" if self.small != "none" else "cluster"}
        return names.get(self.kind, self.kind)


@dataclass(frozen=True)
class Solved:
    """A regression before its effects: estimates (k,), covariance (k, k), df (one number or (k,)), name of the errors,
    and what goes with them."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float | np.ndarray
    vcov: str
    fit: Fit


def errors_of(model, few="cluster", allowed=VCOV, small="G"):
    """The :class:`Errors` of a model: option ``vcov``, else ``few`` where it names a cluster, else iid."""
    options, clusters = model.spec.options, model.clusters
    kind = options.get("vcov", "iid" if clusters is None else few)
    kind = "HC1" if kind == "hetero" else kind
    if kind not in allowed:
        raise NotEstimable("vcov_unavailable", vcov=kind, allowed=list(allowed))
    if kind in ("cluster", "CR2"):
        if clusters is None:
            raise NotEstimable("vcov_needs_cluster", vcov=kind)
        if clusters.max() == 0:
            raise NotEstimable("single_cluster")
    else:
        clusters = None
    return Errors(kind, clusters, options.get("small_sample", small))


def note_of(errors, df):
    """Remarks on the convention of the errors and on the reference distribution."""
    if errors.kind == "CR2":
        return [because("errors_cr2", clusters=errors.n_clusters), because("satterthwaite", df=float(df))]
    first = {"iid": "errors_iid", "cluster": f"factor_{errors.small}"}.get(errors.kind)
    first = because(first) if first else because("errors_robust", vcov=errors.kind)
    return [first, because("normal") if np.isinf(df) else because("t", df=int(df))]


def is_two_way(spec):
    """True if a model names two columns of clusters."""
    return len(spec.clusters) > 1


def two_way(solve, model):
    """What ``solve`` gives, with errors clustered in two ways (Cameron, Gelbach and Miller 2011).

    The covariance is that of the first column, plus that of the second, less that of their intersection, each with its
    own small-sample factor (``sandwich::vcovCL``). Reference: t(min(G) - 1).
    """
    spec = model.spec
    if len(spec.clusters) != 2:
        raise NotEstimable("two_clusters_at_most")
    if spec.options.get("vcov", "cluster") != "cluster":
        raise NotEstimable("vcov_takes_one_cluster", vcov=spec.options["vcov"])
    both = model.used.groupby(list(spec.clusters), observed=True).ngroup()
    model, options = (
        replace(model, used=model.used.assign(**{BOTH: both})),
        spec.options | {"vcov": "cluster"},
    )
    parts = [solve(model.changed(clusters=(name,), options=options)) for name in [*spec.clusters, BOTH]]
    first, second, both = (part.covariance for part in parts)
    covariance, remarks = _positive(first + second - both)
    fewest = min(parts[:2], key=lambda part: part.fit.n_clusters)
    counts = {"n_first": parts[0].fit.n_clusters, "n_second": parts[1].fit.n_clusters}
    first, second = spec.clusters
    reasons = [because("two_way", first=first, second=second, **counts), *fewest.fit.reasons, *remarks]
    fit = replace(fewest.fit, reasons=reasons)
    return replace(fewest, covariance=covariance, vcov=f"{fewest.vcov}_two_way", fit=fit)


def _positive(covariance):
    """The covariance, negative eigenvalues set to 0 where a variance would be negative, and cautions."""
    known = ~np.isnan(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance[np.ix_(known, known)])
    if not len(values) or values.min() >= -1e-12 * abs(values).max():
        return covariance, []
    if (np.diag(covariance)[known] > 0).all():
        return covariance, [because("not_semidefinite")]
    mended = np.full_like(covariance, np.nan)
    mended[np.ix_(known, known)] = (vectors * np.maximum(values, 0)) @ vectors.T
    return mended, [because("eigenvalues_zeroed")]


def rows(model, solved, settings):
    """Effects of all coefficients, then of the contrasts and curves that the options ask for.

    The estimates of ``solved`` stand in the order of the columns of ``model``, with one more at the front if there is a
    constant.
    """
    columns, estimates, covariance = model.columns, solved.estimates, solved.covariance
    names = [CONSTANT] * (len(estimates) - len(columns)) + list(columns)
    found = effects_of(names, estimates, np.sqrt(np.diag(covariance)), solved.df, solved.vcov, settings)
    df = np.broadcast_to(np.asarray(solved.df, dtype=float), len(estimates))
    least = np.min(df[~np.isnan(estimates)], initial=np.inf)
    for name, weights in {**_contrasts(model, names), **_curves(model, names)}.items():
        if not isinstance(weights, Reason) and not weights.any():
            weights = because("nothing_compared")
        if isinstance(weights, Reason):
            found.append(Effect(name, np.nan, reasons=(weights,)))
            continue
        value, error = combined(weights, estimates, covariance)
        found += effects_of([name], [value], [error], least, solved.vcov, settings)
    return found


def combined(weights, estimates, covariance):
    """Estimate and standard error of a linear combination; NaN if a coefficient in it was left out."""
    inside = weights != 0
    if np.isnan(estimates[inside]).any():
        return np.nan, np.nan
    part = weights[inside]
    return part @ estimates[inside], np.sqrt(part @ covariance[np.ix_(inside, inside)] @ part)


def _contrasts(model, names):
    """{name: (k,) weights} of the option ``contrasts``."""
    found = {}
    for name, terms in model.spec.options.get("contrasts", {}).items():
        parts = dict.fromkeys(terms, 1.0) if isinstance(terms, list) else terms
        missing = next((term for term in parts if term not in names), None)
        if missing is not None:
            raise DataError("contrast_of_no_term", contrast=name, name=missing, terms=list(names))
        if name in names:
            raise NotEstimable("columns_of_one_name", column=name)
        found[name] = np.array([float(parts.get(term, 0.0)) for term in names])
    return found


def _curves(model, names):
    """{name: (k,) weights} of the points of the option ``curve``, a reason where the rows do not reach that far."""
    columns, used, found = model.columns, model.used, {}
    variables = [v for v in term_variables(columns.terms, columns.categories) if v not in columns.categories]
    for variable, points in model.spec.options.get("curve", {}).items():
        if variable not in variables:
            raise DataError("curve_of_no_term", name=variable, terms=variables)
        low, high = float(used[variable].min()), float(used[variable].max())
        if not low <= 0 <= high:
            reason = because("curve_without_zero", column=variable, low=low, high=high)
            found |= {f"{variable}={point:g}": reason for point in points}
            continue
        rows = used if any(":" in term for term in columns.terms) else used.head(1)
        zero = columns.at(rows.assign(**{variable: 0.0}))
        for point in points:
            if not low <= point <= high:
                reason = because("beyond_observed", column=variable, low=low, high=high)
                found[f"{variable}={point:g}"] = reason
                continue
            there = columns.at(rows.assign(**{variable: float(point)}))
            change = {name: float(np.mean(there[name] - zero[name])) for name in columns}
            found[f"{variable}={point:g}"] = np.array([change.get(term, 0.0) for term in names])
    return found
