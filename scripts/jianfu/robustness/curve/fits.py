"""All specifications of the curve: fits on cells, and the joint test by permutation of units."""

import itertools
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import Reason, write_reasons
from jianfu.models.reasons import because
from jianfu.models.sample import Prepared, prepare
from jianfu.models.spec import ModelSpec
from jianfu.robustness.curve.cells import CellFit, Cells, ScoreTest
from jianfu.statistics import designs, hazard, inference

KEYS = ["index", "lag", "link", "controls", "sample", "cluster"]
FIGURES = ["estimate", "std_error", "ci_low", "ci_high", "p_value"]
COLUMNS = [*KEYS, *FIGURES, "n_used", "n_events", "n_units", "n_clusters", "residual_df", "reasons"]
RARE = 1.959963984540054  # |z| of a two-sided test at 5 %, for the share of the joint test
STATISTICS = {
    "median": lambda z: np.abs(np.median(z, axis=1)),
    "share_significant": lambda z: (np.abs(z) > RARE).mean(axis=1),
    "share_positive_significant": lambda z: (z > RARE).mean(axis=1),
}  # of z (B + 1, M)


class Base:
    """Rows of a prepared hazard (:func:`~jianfu.models.sample.prepare`) without its exposure, and the fits on them.

    model: prepared from ``spec``; grid: units and months of the exposures, in which every row has its place.
    """

    def __init__(self, model: Prepared, spec: ModelSpec, grid):
        self.unit = grid.units.get_indexer(model.used["unit"].astype(object))
        self.month = grid.months.get_indexer(model.used["month"].astype(object))
        self.events = model.used[list(spec.outcomes)].sum(axis=1).to_numpy(float)
        self.n = model.weights.astype(float)
        columns = model.of_controls()
        self.design = np.column_stack(columns) if columns else np.zeros((len(self.n), 0))
        patterns, self.pattern = np.unique(self.design, axis=0, return_inverse=True)
        self.patterns, self.pattern = patterns, self.pattern.ravel()
        self._ready = {}

    def rows_with(self, known):
        """Positions of the cells whose exposure is ``known`` (U, T), without units, months and levels of controls
        that have no event (or nothing else)."""
        rows = np.flatnonzero(known[self.unit, self.month])
        groups = {"unit": self.unit[rows], "month": self.month[rows]}
        groups |= {
            f"control {j}": column.astype(int)
            for j, column in enumerate(self.design[rows].T)
            if np.isin(column, (0.0, 1.0)).all()
        }
        kept, _ = hazard.drop_separated(self.events[rows], self.n[rows], groups)
        return rows[kept]

    def cells(self, rows, link):
        """:class:`~jianfu.robustness.curve.cells.Cells` of these rows."""
        return Cells(
            self.events[rows],
            self.n[rows],
            self.unit[rows],
            self.month[rows],
            self.pattern[rows],
            self.patterns,
            link,
        )

    def fit(self, values, link, clusters) -> tuple[CellFit, Cells, np.ndarray]:
        """The fit with the exposure ``values`` (U, T), its cells, and the positions of its units in the exposures.

        clusters: levels of clustering, each as (U,) codes. Fits on the same cells start from one another. Raises
        :class:`NotEstimable`.
        """
        known = ~np.isnan(values)
        key = known.tobytes(), link
        if key not in self._ready:
            rows = self.rows_with(known)
            self._ready[key] = [rows, self.cells(rows, link) if len(rows) else None, None]
        rows, cells, start = self._ready[key]
        if cells is None or self.events[rows].sum() <= coefficients(cells):
            raise NotEstimable("fewer_events")
        units = np.unique(self.unit[rows])
        try:
            fit = cells.fit(
                values[self.unit[rows], self.month[rows]], [codes[units] for codes in clusters], start=start
            )
        except np.linalg.LinAlgError:
            raise NotEstimable("singular_matrix") from None
        if not fit.converged:
            raise NotEstimable("unconverged")
        self._ready[key][2] = fit.start
        return fit, cells, units


def coefficients(cells: Cells) -> int:
    """Number of effects and controls beside the exposure."""
    return cells.n_units + cells.n_months + cells.controls.shape[1]


def base_of(spec: ModelSpec, table, categories, grid) -> Base:
    """The rows of a declared hazard whatever its exposure; raises :class:`NotEstimable` where there are none."""
    spec = replace(spec, terms=())
    return Base(prepare(spec, table, categories), spec, grid)


def specifications(job):
    """Rows of the curve for one sample and one set of controls: every index, lag, link and level of clustering.

    ``job``: (base, names {controls, sample}, exposures, links, clusters {level: (U,) codes}, confidence).
    """
    base, names, exposures, links, clusters, confidence = job
    return [
        row
        for (index, lag), values in exposures.items()
        for link in links
        for row in _specification(
            base, values, {"index": index, "lag": lag, "link": link} | names, clusters, confidence
        )
    ]


def _specification(base, values, key, clusters, confidence):
    """Rows of one fit, one per level of clustering."""
    try:
        fit, cells, units = base.fit(values, key["link"], clusters.values())
    except NotEstimable as error:
        return _without_figures(key, clusters, because(error.reason.code))
    counts = {"n_used": int(cells.n.sum()), "n_events": int(cells.y.sum()), "n_units": cells.n_units}
    counts |= {"residual_df": counts["n_used"] - coefficients(cells)}
    found = []
    for (level, codes), covariance in zip(clusters.items(), fit.covariances, strict=True):
        n_clusters = len(np.unique(codes[units]))
        error = float(np.sqrt(covariance[0, 0]))
        low, high, p = inference.t_interval(fit.coefficients[0], error, n_clusters - 1, confidence)
        figures = dict(zip(FIGURES, map(float, (fit.coefficients[0], error, low, high, p)), strict=True))
        found.append(key | {"cluster": level, "reasons": "", "n_clusters": n_clusters} | figures | counts)
    return found


def _without_figures(key, clusters, reason):
    return [key | {"cluster": level, "reasons": write_reasons([reason])} for level in clusters]


def run(bases, exposures, refused, lags, links, clusters, confidence, processes=1) -> pd.DataFrame:
    """All specifications as a frame (:data:`COLUMNS`).

    bases: {(controls, sample): :class:`Base`, or the reason why there is none}; exposures, refused: of
    :func:`~jianfu.robustness.curve.variants.exposures_of`; lags: names of the months; clusters: {level: (U,) codes of
    the units}.
    """
    jobs, rows, ways = [], [], dict.fromkeys(name for name, _ in exposures)
    for (controls, sample), base in bases.items():
        names = {"controls": controls, "sample": sample}
        lacking = dict.fromkeys(refused, because("index_refused"))
        if isinstance(base, Reason):
            lacking |= dict.fromkeys(ways, base)
        else:
            jobs.append((base, names, exposures, links, clusters, confidence))
        for index, reason in lacking.items():
            for lag, link in itertools.product(lags, links):
                rows += _without_figures({"index": index, "lag": lag, "link": link} | names, clusters, reason)
    fitted = [row for part in mapped(specifications, jobs, processes) for row in part]
    return pd.DataFrame(fitted + rows).reindex(columns=COLUMNS)


def mapped(work, jobs, processes):
    """``work`` of every job, in their order, in so many processes (results do not depend on it)."""
    if processes < 2:
        return [work(job) for job in jobs]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, jobs))


# ------------------------------------------------------------------------------------------------ joint test


def score_statistics(job):
    """|z| and sign of the efficient scores of all exposures under permuted units: (B + 1, M) array of z.

    ``job``: (base, exposures (U, T, m) without missing values, link, clusters, orders (B + 1, U)); the first order is
    the observed one.
    """
    base, exposures, link, clusters, orders = job
    used = base.rows_with(np.ones(exposures.shape[:2], dtype=bool))
    cells = base.cells(used, link)
    test = ScoreTest(cells)
    units, months = np.unique(base.unit[used]), np.unique(base.month[used])
    found = []
    for order in orders:
        own = exposures[order[units]][:, months].reshape(len(units) * len(months), -1)
        scores = test.scores_of(own)
        found.append(np.concatenate([_z(scores, codes[units]) for codes in clusters.values()]))
    return np.array(found)


def _z(scores, codes):
    codes, n_clusters = designs.codes_of(codes)
    sums = np.zeros((n_clusters, scores.shape[1]))
    np.add.at(sums, codes, scores)
    return sums.sum(axis=0) / np.sqrt((sums**2).sum(axis=0))


def joint_test(bases, exposures, plan, clusters, seed, processes=1):
    """Are median and share of the curve what chance gives? Frame with statistic, observed, p_value, permutations.

    Permuted are the units: every unit gets the whole exposure series of another unit, so that the course over the
    months and the dependence between months stay, while the link to the unit's own exits is broken; events, controls
    and effects stay where they are. The same order is used in every specification. Statistics are efficient scores at
    the estimate without exposure (score over the root of the summed squares of the clusters), so that nothing is fitted
    anew; a missing exposure counts as the mean of its unit. p = (1 + number as large) / (B + 1), ties count.
    """
    rng = np.random.default_rng(seed)
    filled = np.stack([_filled(values) for values in exposures.values()], axis=-1)
    n_units = filled.shape[0]
    orders = np.array([np.arange(n_units), *(rng.permutation(n_units) for _ in range(plan["permutations"]))])
    jobs = [
        (base, filled, link, clusters, orders)
        for base in bases.values()
        for link in plan["links"]
        if isinstance(base, Base)
    ]
    if not jobs:
        return pd.DataFrame({"statistic": list(STATISTICS), "p_value": np.nan, "permutations": 0})
    z = np.concatenate(mapped(score_statistics, jobs, processes), axis=1)
    rows = [
        {
            "statistic": name,
            "observed": values[0],
            "p_value": (1 + int((values[1:] >= values[0] * (1 - 1e-10)).sum())) / len(values),
            "permutations": len(values) - 1,
        }
        for name, values in ((name, statistic(z)) for name, statistic in STATISTICS.items())
    ]
    return pd.DataFrame(rows)


def _filled(values):
    """Exposures less the mean of their unit, missing ones zero."""
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known, values - mean[:, None], 0.0)


def summary(rows, tests, level=0.05):
    """One row: how many specifications, failed, median and quartiles of the estimates, shares, and the joint tests."""
    fitted = rows[rows["estimate"].notna()]
    estimates = fitted["estimate"]
    found = {
        "specifications": len(rows),
        "failed": len(rows) - len(fitted),
        "median": estimates.median(),
        "q25": estimates.quantile(0.25),
        "q75": estimates.quantile(0.75),
        "share_positive": (estimates > 0).mean(),
        "share_significant": (fitted["p_value"] < level).mean(),
        "share_positive_significant": ((fitted["p_value"] < level) & (estimates > 0)).mean(),
    }
    for row in tests.itertuples():
        found[f"p_{row.statistic}"] = row.p_value
    return pd.DataFrame([found | {"permutations": int(tests["permutations"].iloc[0])}])
