"""Estimators on ready tables against R (tests/data/reference/models_on.R): coefficients and errors to 1e-6."""

import numpy as np
import pandas as pd
import pytest
from province_cases import ROOT

from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings

TABLES = {
    name: str(ROOT / "tests" / "data" / "models_on" / f"{name}.csv")
    for name in ("persons", "panel", "results")
}
REFERENCE = pd.read_csv(ROOT / "tests" / "data" / "reference" / "models_on.csv")
AGE = ["workload", "age"]
EXITS = {"data": "panel", "outcome": "exits", "terms": ["workload"], "effects": ["unit", "month"]}
TASKS = {"data": "panel", "outcome": "tasks", "terms": ["workload", "rule"], "offset": "ln_staff"}


def _entries():
    def add(name, estimator, data="persons", vcov=None, **keys):
        options = keys.pop("options", {}) | ({"vcov": vcov} if vcov else {})
        entries.append({"name": name, "estimator": estimator, "data": data, **keys, "options": options})

    entries = []
    weighted = {"outcome": "burnout", "terms": AGE, "weights": "weight"}
    for kind in ("iid", "HC0", "HC1", "HC2", "HC3"):
        add(f"ols_{kind}", "ols", vcov=kind, **weighted)
    add("ols_cluster", "ols", cluster="unit", **weighted)
    add("ols_none", "ols", cluster="unit", options={"small_sample": "none"}, **weighted)
    add("ols_full", "ols", cluster="unit", options={"small_sample": "full"}, **weighted)
    add("ols_CR2", "ols", cluster="county", outcome="burnout", terms=AGE)
    for kind in ("iid", "HC0", "HC1"):
        add(f"fe_{kind}", "ols", vcov=kind, outcome="burnout", terms=AGE, effects=["unit"])
    add("fe_cluster", "ols", outcome="burnout", terms=AGE, effects=["unit"], cluster="unit")
    add("splines", "ols", outcome="burnout", terms=["ns(age, 3)", "bs(workload, 5)"])
    for link in ("logit", "cloglog"):
        for kind in ("iid", "HC0", "HC3"):
            add(f"{link}_{kind}", link, vcov=kind, outcome="left", terms=[*AGE, "cohort"])
        add(f"{link}_cluster", link, outcome="left", terms=[*AGE, "cohort"], cluster="unit")
        add(f"{link}_weights", link, outcome="left", terms=AGE, weights="weight")
    add("cells_iid", "cloglog", options={"trials": "staff"}, **EXITS)
    add("cells_cluster", "cloglog", cluster="unit", options={"trials": "staff"}, **EXITS)
    add("poisson_iid", "poisson", **TASKS)
    add("poisson_HC1", "poisson", vcov="hetero", **TASKS)
    add("poisson_cluster", "poisson", cluster="unit", **TASKS)
    add("poisson_fe_iid", "poisson", effects=["unit"], **TASKS)
    add("poisson_fe_HC0", "poisson", effects=["unit"], vcov="HC0", **TASKS)
    add("poisson_fe_cluster", "poisson", effects=["unit"], cluster="unit", **TASKS)
    add(
        "poisson_fe_full",
        "poisson",
        effects=["unit"],
        cluster="unit",
        options={"small_sample": "full"},
        **TASKS,
    )
    slopes = ["sex", "workload", "sex:workload"]
    add("slopes", "ols", outcome="burnout", terms=slopes[2:])
    add("slopes_difference", "ols", outcome="burnout", terms=slopes)
    add("slopes_main", "ols", outcome="burnout", terms=slopes[1:])
    add("slopes_logit", "logit", outcome="left", terms=slopes[2:])
    for ties in ("efron", "breslow"):
        late = {"exit": "exit", "event": "left", "entry": "entry", "terms": AGE}
        add(
            f"cox_plain_{ties}",
            "cox",
            exit="exit",
            event="left",
            terms=[*AGE, "cohort"],
            options={"ties": ties},
        )
        add(f"cox_entry_{ties}", "cox", options={"ties": ties}, **late)
        add(f"cox_cluster_{ties}", "cox", cluster="unit", options={"ties": ties}, **late)
        add(f"cox_strata_{ties}", "cox", options={"ties": ties, "strata": ["county", "sex"]}, **late)
        add(f"cox_weights_{ties}", "cox", weights="weight", vcov="HC0", options={"ties": ties}, **late)
    how = {"exit": "exit", "event": "how"}
    add("curve", "aalen_johansen", options={"times": [24, 40], "group": "cohort"}, **how)
    add("curve_entry", "aalen_johansen", entry="entry", options={"times": [24, 40], "id": "person"}, **how)
    add("fine_gray", "fine_gray", terms=AGE, options={"cause": "辞职"}, **how)
    for link in ("logit", "cloglog", "poisson"):
        outcome = "item" if link == "poisson" else "left"
        add(f"margin_{link}", "average_marginal_effects", outcome=outcome, terms=AGE, options={"model": link})
    add("multinomial", "multinomial", outcome="how", terms=AGE, options={"base": "在岗"})
    for method in ("holm", "hochberg", "hommel", "bonferroni", "BH", "BY"):
        add(
            f"p_{method}", "p_adjust", "results", outcome="p", options={"method": method, "label": "province"}
        )
    return entries


@pytest.fixture(scope="module")
def rows():
    settings = {"data": TABLES, "list": _entries()}
    own_tables.check(settings, "reference")
    found = own_tables.estimates(settings, Settings(bootstrap=0), "x")
    several = found["outcome"].str.startswith("how=")
    found.loc[several, "model"] = "multinomial_" + found.loc[several, "outcome"].str.removeprefix("how=")
    return found


@pytest.mark.parametrize("model", [m for m in REFERENCE["model"].unique() if not m.endswith("_limits")])
def test_coefficients_and_errors_are_those_of_r(rows, model):
    wanted = REFERENCE[REFERENCE["model"] == model].set_index("term")
    found = rows[rows["model"] == model].set_index("term")
    if model.startswith(("fe_", "cells_", "poisson_fe")):
        wanted = wanted.drop("(Intercept)")
    assert set(wanted.index) <= set(found.index)
    found = found.loc[wanted.index]
    assert found["converged"].all()
    # nnet stops a little before the maximum
    tolerance = 1e-5 if model.startswith("multinomial") else 1e-6
    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=tolerance, atol=tolerance)
    if not model.startswith("p_"):
        np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=tolerance)


@pytest.mark.parametrize("model", ["curve", "curve_entry"])
def test_limits_of_cumulative_incidence_are_those_of_survfit(rows, model):
    wanted = REFERENCE[REFERENCE["model"] == f"{model}_limits"].set_index("term")
    found = rows[rows["model"] == model].set_index("term").loc[wanted.index]
    np.testing.assert_allclose(found["ci_low"], wanted["estimate"], rtol=1e-6)
    np.testing.assert_allclose(found["ci_high"], wanted["std_error"], rtol=1e-6)
