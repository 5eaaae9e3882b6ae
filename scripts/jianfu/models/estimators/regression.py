"""What the regressions share: options, kinds of standard errors, contrasts and curves."""

from dataclasses import dataclass, replace

import numpy as np

from jianfu.core.errors import DataError, NotEstimable
from jianfu.models.estimators.common import codes_of, effects_of
from jianfu.models.reasons import because
from jianfu.statistics import sandwich

CONSTANT = "(Intercept)"
BOTH = "(both)"  # column of the intersection of two clusters
VCOV = ("iid", "HC0", "HC1", "HC2", "HC3", "hetero", "cluster", "CR2")
OPTIONS = {"vcov": VCOV, "small_sample": sandwich.SMALL_SAMPLE, "contrasts": dict, "curve": dict}


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


def errors_of(spec, used, few="cluster", allowed=VCOV):
    """The :class:`Errors` of a model: option ``vcov``, else ``few`` where it names a cluster, else iid."""
    options = spec.options
    clusters = codes_of(used[spec.cluster]) if spec.cluster else None
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
    return Errors(kind, clusters, options.get("small_sample", "G"))


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


def two_way(solve, spec, used, *others):
    """What ``solve`` gives, with errors clustered in two ways (Cameron, Gelbach and Miller 2011).

    The covariance is that of the first column, plus that of the second, less that of their intersection, each with its
    own small-sample factor (``sandwich::vcovCL``). Reference: t(min(G) - 1).
    """
    if len(spec.clusters) != 2:
        raise NotEstimable("two_clusters_at_most")
    if spec.options.get("vcov", "cluster") != "cluster":
        raise NotEstimable("vcov_takes_one_cluster", vcov=spec.options["vcov"])
    used = used.assign(**{BOTH: used.groupby(list(spec.clusters), observed=True).ngroup()})
    options = spec.options | {"vcov": "cluster"}
    parts = [
        solve(replace(spec, clusters=(name,), options=options), used, *others)
        for name in [*spec.clusters, BOTH]
    ]
    first, second, both = (covariance for _, covariance, _ in parts)
    covariance, remarks = _positive(first + second - both)
    estimates, _, extra = min(parts[:2], key=lambda part: part[2]["n_clusters"])
    counts = {"n_first": parts[0][2]["n_clusters"], "n_second": parts[1][2]["n_clusters"]}
    first, second = spec.clusters
    notes = [because("two_way", first=first, second=second, **counts), *extra["notes"], *remarks]
    return estimates, covariance, extra | {"notes": notes, "vcov": f"{extra['vcov']}_two_way"}


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


def rows(spec, used, columns, estimates, covariance, df, vcov, settings):
    """Effects of all coefficients, then of the contrasts and curves that the options ask for.

    ``columns``: :class:`jianfu.models.terms.Design`; ``estimates`` (k,) and ``covariance`` (k, k) in its order, with
    one more at the front if there is a constant; ``df``: one number or (k,).
    """
    names = [CONSTANT] * (len(estimates) - len(columns)) + list(columns)
    found = effects_of(names, estimates, np.sqrt(np.diag(covariance)), df, vcov, settings)
    options, least = (
        spec.options,
        np.min(
            np.broadcast_to(np.asarray(df, dtype=float), len(estimates))[~np.isnan(estimates)], initial=np.inf
        ),
    )
    for name, weights in _combinations(options, used, columns, names).items():
        value, error = combined(weights, estimates, covariance)
        found += effects_of([name], [value], [error], least, vcov, settings)
    return found


def combined(weights, estimates, covariance):
    """Estimate and standard error of a linear combination; NaN if a coefficient in it was left out."""
    inside = weights != 0
    if np.isnan(estimates[inside]).any():
        return np.nan, np.nan
    part = weights[inside]
    return part @ estimates[inside], np.sqrt(part @ covariance[np.ix_(inside, inside)] @ part)


def _combinations(options, used, columns, names):
    """{name: (k,) weights} of the options ``contrasts`` and ``curve``."""
    found = {}
    for name, terms in options.get("contrasts", {}).items():
        parts = dict.fromkeys(terms, 1.0) if isinstance(terms, list) else terms
        missing = next((term for term in parts if term not in names), None)
        if missing is not None:
            raise DataError("contrast_of_no_term", contrast=name, name=missing, terms=list(names))
        found[name] = np.array([float(parts.get(term, 0.0)) for term in names])
    for variable, points in options.get("curve", {}).items():
        rows = used if any(":" in term for term in columns.terms) else used.head(1)
        zero = columns.at(rows.assign(**{variable: 0.0}))
        for point in points:
            there = columns.at(rows.assign(**{variable: float(point)}))
            change = {name: float(np.mean(there[name] - zero[name])) for name in columns}
            found[f"{variable}={point:g}"] = np.array([change.get(term, 0.0) for term in names])
    return found


def with_constant(columns, n):
    """Design matrix (n, k + 1) with a constant in front; without columns the constant alone."""
    return np.column_stack([np.ones(n), *columns.values()])
