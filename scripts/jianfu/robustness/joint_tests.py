"""Romano-Wolf p-values of the declared hypotheses, beside Holm and Benjamini-Hochberg."""

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import write_reasons
from jianfu.models.reasons import because
from jianfu.models.response import residual
from jianfu.models.sample import prepare
from jianfu.robustness import romano_wolf
from jianfu.statistics import hazard
from jianfu.statistics.absorption import beside

HAZARDS = ("cloglog", "logit", "poisson")
COLUMNS = [
    "family",
    "hypothesis",
    "model",
    "term",
    "p_value",
    "p_adjusted",
    "p_score",
    "p_romano_wolf",
    "n_behind",
    "residual_df",
    "reasons",
]


def cluster_scores(spec, term, table, categories):
    """Efficient scores of one term by cluster as a series; raises :class:`NotEstimable` where there are none."""
    if spec.estimator not in (*HAZARDS, "ols"):
        raise NotEstimable("no_efficient_score", estimator=spec.estimator)
    if term not in spec.terms:
        raise NotEstimable("not_a_term", term=term)
    model = prepare(spec, table, categories)
    used, design, effects, place = model.used, model.design, model.effects, list(model.columns).index(term)
    codes, names = pd.factorize(used[spec.cluster].astype(object))
    if spec.estimator in HAZARDS:
        events = used[list(spec.outcomes)].sum(axis=1).to_numpy(float)
        scores = hazard.efficient_scores(events, model.weights, design, effects, codes, spec.estimator, place)
        if scores is None:
            raise NotEstimable("restricted_unconverged")
    else:
        y = used[spec.outcome].to_numpy(float)
        scores = least_squares_scores(y, design, place, effects, codes)
    return pd.Series(scores, index=names)


def least_squares_scores(y, design, place, effects, clusters):
    """Scores (G,) of column ``place`` of least squares at coefficient zero: sums of residual exposure x residual."""
    kept = beside(design, effects, np.ones(len(y)), place)
    others = [design[:, j] for j in kept]
    own, rest = (residual(values, others, effects) for values in (design[:, place], y))
    return np.bincount(clusters, own * rest)


def romano_wolf_table(specs, tables, categories, hypotheses, estimates, replicates, seed):
    """One row per declared test (:data:`COLUMNS`); in each family the tests whose model has efficient scores.

    Clusters are matched by name over all tests of a family, so that a unit has one weight in exits and survey; a unit
    that a model does not use has the score zero there.
    """
    by_name = {spec.name: spec for spec in specs}
    known = estimates.drop_duplicates(["model", "term"]).set_index(["model", "term"])
    parts = []
    for family, tests in hypotheses[hypotheses["model"].isin(by_name)].groupby("family", sort=False):
        rows, scores = [], {}
        for test in tests.drop_duplicates(["model", "term"]).itertuples():
            key, reasons = (test.model, test.term), []
            try:
                spec = by_name[test.model]
                if spec.cluster != "unit" or spec.data not in tables:
                    raise NotEstimable("outside_joint_test", table=spec.data, cluster=spec.cluster)
                scores[key] = cluster_scores(spec, test.term, tables[spec.data], categories)
            except NotEstimable as error:
                reasons = [because(error.reason.code, **error.reason.values)]
            except np.linalg.LinAlgError:
                reasons = [because("singular_matrix")]
            own = known.loc[key] if key in known.index else dict.fromkeys(known.columns, np.nan)
            behind = own["n_used"] if pd.isna(own["n_events"]) else own["n_events"]
            figures = own["p_value"], own["p_adjusted"], behind, own["residual_df"]
            rows.append((family, test.hypothesis, *key, *figures, write_reasons(reasons)))
        frame = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("p_score", "p_romano_wolf")])
        parts.append(_adjusted(frame, scores, replicates, seed))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _adjusted(frame, scores, replicates, seed):
    frame = frame.assign(p_score=np.nan, p_romano_wolf=np.nan)
    if not scores:
        return frame
    matrix = pd.concat(scores, axis=1).fillna(0.0).sort_index()
    single, adjusted = romano_wolf.adjust(matrix.to_numpy(), replicates, seed)
    found = {key: (p, q) for key, p, q in zip(scores, single, adjusted, strict=True)}
    for row in frame.index:
        key = tuple(frame.loc[row, ["model", "term"]])
        if key in found:
            frame.loc[row, ["p_score", "p_romano_wolf"]] = found[key]
    return frame
