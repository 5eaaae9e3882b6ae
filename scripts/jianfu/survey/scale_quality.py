"""Publishable tables on the quality of the survey's reflective scales. Burden indices are formative and not among them.

Respondents are those of the survey scores: straight-liners and hasty answers are left out before, and counted in
flow_survey.csv. Every table has one row per scale (or subscale) and a ``note``: the code of the first problem, or ''.
"""

import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.survey.psychometrics import adequacy, agreement, cfa, fit_measures, reliability
from jianfu.survey.psychometrics.invariance import invariance
from jianfu.survey.psychometrics.items import complete
from jianfu.survey.psychometrics.measurement import Model

LEAST_GROUP = 50  # respondents that a cohort or wave must have to be compared
GROUPINGS = ("cohort", "wave")
ALPHA = ["alpha", "alpha_low", "alpha_high", "omega", "omega_minres"]
ADEQUACY = ["kmo", "bartlett_chi2", "bartlett_df", "bartlett_p", "components"]
RELIABILITY = ["scale", "respondents", *ALPHA, *ADEQUACY, "icc1", "icc2", "rwg", "items", "note"]
FIT = ["chi2", "df", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr"]
STRUCTURE = ["scale", "respondents", *FIT, "items", "factors", "note"]
DIFFERENCES = ["chi2_difference", "df_difference", "p_difference", "cfi_difference", "rmsea_difference"]
INVARIANCE = ["scale", "grouping", "level", "respondents", "smallest_group", *FIT, *DIFFERENCES]
INVARIANCE = [*INVARIANCE, "groups", "holds", "verdict", "forbids", "note"]


def all_scales(keys):
    """Scales and subscales with their items: ``{name: (items, lowest code, highest code)}``."""
    found = {}
    for name, key in keys.items():
        found[name] = (key["items"], *key["range"])
        for part, items in key.get("subscales", {}).items():
            found[part] = (items, *key["range"])
    return found


def model_of(name, key):
    """Measurement model of a scale: one factor, or correlated factors of its subscales."""
    return Model(key["subscales"] if key.get("subscales") else {name: key["items"]})


def first_code(problems) -> str:
    """Code of the first problem, or '' without any; of what one group has, what it has."""
    for problem in problems:
        return dict(problem.values)["what"].code if problem.code == "in_group" else problem.code
    return ""


class _Statistics(dict):
    """Figures by name; :meth:`add` leaves them out, and remembers the first reason, where they cannot be had."""

    problem = ""

    def add(self, compute, *arguments):
        try:
            self.update(compute(*arguments))
        except NotEstimable as error:
            self.note([error.reason])

    def note(self, problems):
        self.problem = self.problem or first_code(problems)


def scale_reliability(answers, keys, confidence=0.95, draws=200, seed=20240401):
    """Reliability, adequacy and agreement of every scale and subscale.

    answers: one row per respondent with the items (reversed ones turned round, NaN = no answer), unit_code and wave.
    Omega is that of the scale's factor model (congeneric, maximum likelihood); omega_minres of one minres factor of the
    correlations. components: by parallel analysis. ICC: of the mean of the items over units within waves; rwg: median
    over them.
    """
    rows = []
    for name, (items, low, high) in all_scales(keys).items():
        frame = answers.reindex(columns=items).astype(float)
        found = _Statistics()
        found.add(_alpha, frame, confidence)
        fit = cfa.fit(frame, model_of(name, keys.get(name, {"items": items})))
        found["omega"] = reliability.omega_total(fit)
        found.note(fit.problems)
        found.add(_omega_minres, frame)
        found.add(_adequacy, frame, draws, seed)
        found.add(_agreement, frame, answers, high - low + 1)
        row = {"scale": name, "respondents": len(complete(frame)), "items": len(items), "note": found.problem}
        rows.append(row | found)
    return pd.DataFrame(rows, columns=RELIABILITY)


def _alpha(frame, confidence):
    found = reliability.cronbach_alpha(frame, confidence)
    return {"alpha": found.alpha, "alpha_low": found.low, "alpha_high": found.high}


def _omega_minres(frame):
    return {"omega_minres": reliability.omega_minres(frame)}


def _adequacy(frame, draws, seed):
    test, components = (
        adequacy.bartlett(frame),
        adequacy.parallel_analysis(frame, draws, seed=seed).components,
    )
    figures = (adequacy.kmo(frame)[0], test.chi2, test.df, test.p_value, components)
    return dict(zip(ADEQUACY, figures, strict=True))


def _agreement(frame, answers, codes):
    here = frame.notna().all(axis=1).to_numpy()
    groups = (answers["unit_code"].astype(str) + "|" + answers["wave"].astype(str)).to_numpy()[here]
    items = frame.to_numpy()[here]
    found = agreement.icc(items.mean(axis=1), groups)
    within = agreement.rwg(items, groups, codes).median()
    return {"icc1": found.icc1, "icc2": found.icc2, "rwg": float(within)}


def scale_structure(answers, keys):
    """Fit of the factor model of every scale: subscales as correlated factors, else one factor."""
    rows = []
    for name, key in keys.items():
        model = model_of(name, key)
        fit = cfa.fit(answers.reindex(columns=key["items"]).astype(float), model)
        rows.append(
            {
                "scale": name,
                "respondents": sum(fit.n),
                **_fit(fit_measures.measures(fit)),
                "items": len(key["items"]),
                "factors": len(model.factors),
                "note": first_code(fit.problems),
            }
        )
    return pd.DataFrame(rows, columns=STRUCTURE)


def _fit(found):
    return {name: getattr(found, name) for name in FIT}


def measurement_invariance(answers, keys):
    """Configural, metric and scalar invariance of every scale over cohorts and over waves.

    Groups with fewer than :data:`LEAST_GROUP` complete answers are left out. ``verdict`` is the highest level that
    holds, ``forbids`` the same code for the words that say what must not be compared. Waves are compared as if of
    different persons: that leaves the estimates as they are, and the tests are cautious.
    """
    rows = []
    for name, key in keys.items():
        items = answers.reindex(columns=key["items"]).astype(float)
        whole = items.notna().all(axis=1)
        for grouping in GROUPINGS:
            groups = answers[grouping].astype(object).where(answers[grouping].notna())
            sizes = groups[whole].value_counts()
            kept = sorted(sizes.index[sizes >= LEAST_GROUP])
            own = pd.Series(pd.Categorical(groups.where(groups.isin(kept)), kept), index=groups.index)
            rows += _levels(name, grouping, items, own, model_of(name, key), sizes[kept])
    return pd.DataFrame(rows, columns=INVARIANCE)


def _levels(name, grouping, items, groups, model, sizes):
    if len(sizes) < 2:
        empty = {"respondents": int(sizes.sum()), "smallest_group": int(sizes.min()) if len(sizes) else 0}
        empty |= {"groups": len(sizes), "holds": "", "verdict": "unknown", "forbids": "unknown"}
        return [{"scale": name, "grouping": grouping, "level": "configural", **empty, "note": "few_groups"}]
    steps, verdict = invariance(items, model, groups)
    return [
        {
            "scale": name,
            "grouping": grouping,
            "level": step.level,
            "respondents": int(sizes.sum()),
            "smallest_group": int(sizes.min()),
            **_fit(step.measures),
            **{column: getattr(step, column) for column in DIFFERENCES},
            "groups": len(sizes),
            "holds": {True: "yes", False: "no", None: ""}[step.holds],
            "verdict": verdict,
            "forbids": verdict,
            "note": first_code(step.fit.problems),
        }
        for step in steps
    ]
