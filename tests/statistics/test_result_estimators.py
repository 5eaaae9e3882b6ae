"""Estimators meta, pool_imputations and cfa on ready tables against metafor, mice and lavaan, and their honesty."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from told import told

from jianfu.core.errors import ConfigError
from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
FACTORS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


def expected(name):
    return pd.read_csv(REFERENCE / f"{name}_expected.csv", index_col=0)


def estimates(data, **entry):
    """Rows of one entry by term; ``data``: a reference table or a frame's path."""
    settings = {"data": str(data), "list": [{"name": "m", **entry}]}
    own_tables.check(settings, "own.yaml")
    rows = own_tables.estimates(settings, Settings(bootstrap=0), "own")
    for row in rows.itertuples():
        assert row.n_read - sum(json.loads(row.dropped_by_reason).values()) == row.n_used
    return rows.set_index("term")


def close(value, wanted, tolerance=1e-6):
    assert value == pytest.approx(wanted, rel=tolerance, abs=tolerance)


# ------------------------------------------------------------------------------------------------ meta


@pytest.mark.parametrize(
    ("method", "test"), [("REML", "knha"), ("REML", "adhoc"), ("DL", "z"), ("PM", "knha")]
)
def test_meta_is_that_of_metafor(method, test):
    wanted = expected("meta")["value"]
    rows = estimates(
        REFERENCE / "meta_data.csv",
        estimator="meta",
        outcome="yi",
        options={"variance": "vi", "method": method, "test": test},
    )
    key = f"{method}|{test}|"
    pooled = rows.loc["pooled"]
    names = {"estimate": "estimate", "std_error": "se", "ci_low": "lb", "ci_high": "ub", "p_value": "p"}
    for column, name in names.items():
        close(pooled[column], wanted[key + name])
    for term in ("tau2", "I2", "H2", "Q"):
        close(rows.loc[term, "estimate"], wanted[key + term])
    close(rows.loc["tau2", "ci_low"], wanted["QP|tau2_lb"])
    close(rows.loc["tau2", "ci_high"], wanted["QP|tau2_ub"])
    close(rows.loc["Q", "p_value"], wanted[key + "Qp"])
    close(rows.loc["prediction", "ci_low"], wanted[key + "pi_lb"])
    assert method in told(pooled) and test in told(pooled)


def test_moderator_and_leave_one_out():
    wanted = expected("meta")["value"]
    data = REFERENCE / "meta_data.csv"
    rows = estimates(data, estimator="meta", outcome="yi", terms=["ablat"], options={"variance": "vi"})
    close(rows.loc["ablat", "estimate"], wanted["reg|b1"])
    close(rows.loc["ablat", "std_error"], wanted["reg|se1"])
    close(rows.loc["(Intercept)", "estimate"], wanted["reg|b0"])
    rows = estimates(
        data,
        estimator="meta",
        outcome="yi",
        options={"variance": "vi", "label": "trial", "leave_one_out": True},
    )
    for trial in (1, 13):
        close(rows.loc[f"pooled without {trial}", "estimate"], wanted[f"loo|{trial}|estimate"])


def test_meta_says_what_it_lacks(tmp_path):
    frame = pd.read_csv(REFERENCE / "meta_data.csv")
    frame.loc[0, "vi"] = 0.0
    frame.loc[1, "yi"] = np.nan
    frame.to_csv(tmp_path / "m.csv", index=False)
    rows = estimates(tmp_path / "m.csv", estimator="meta", outcome="yi", options={"variance": "vi"})
    assert rows["estimate"].isna().all() and not rows["converged"].any()
    assert "not above zero" in told(rows).iloc[0]
    rows = estimates(tmp_path / "m.csv", estimator="meta", outcome="yi")
    assert "'se'" in told(rows).iloc[0]


# ------------------------------------------------------------------------------------------------ imputations


def _compare_pooled(rows, names):
    wanted = expected("pooling")
    columns = {"estimate": "estimate", "std_error": "se", "p_value": "p", "ci_low": "lb", "ci_high": "ub"}
    for term, name in names.items():
        for column, value in columns.items():
            close(rows.loc[term, column], wanted.loc[name, value])
        for statistic in ("df", "riv", "lambda", "fmi"):
            close(rows.loc[f"{statistic}({term})", "estimate"], wanted.loc[name, statistic])


def test_table_of_estimates_is_pooled_as_mice_does():
    rows = estimates(
        REFERENCE / "pooling_data.csv",
        estimator="pool_imputations",
        outcome="estimate",
        options={"imputation": "imputation", "term": "term", "se": "std_error", "df": "df"},
    )
    _compare_pooled(rows, {"bmi": "bmi", "age": "age", "(Intercept)": "(Intercept)"})


def test_model_in_every_imputation_is_pooled_as_mice_does():
    spec = {"estimator": "pool_imputations", "outcome": "chl", "terms": ["bmi", "age"]}
    options = {"imputation": ".imp", "model": "ols"}
    rows = estimates(REFERENCE / "pooling_imputed.csv", **spec, options=options)
    _compare_pooled(rows, {"bmi": "bmi", "age": "age"})
    assert rows.loc["bmi", "n_used"] == 200


def test_delta_moves_the_mean_of_the_imputed(tmp_path):
    frame = pd.DataFrame(
        {"imp": [0] * 4 + [1] * 6 + [2] * 6, "y": [1.0, 2, 3, np.nan] + [1, 2, 3, 4, 5, 7] * 2}
    )
    frame["x"] = [0, 0, 1, 1] + [0, 0, 0, 1, 1, 1] * 2
    frame["flag"] = [0, 0, 0, 1] + [0, 0, 0, 0, 0, 1] * 2
    frame.to_csv(tmp_path / "i.csv", index=False)
    options = {"imputation": "imp", "model": "ols", "imputed": "flag", "delta": [3]}
    rows = estimates(
        tmp_path / "i.csv", estimator="pool_imputations", outcome="y", terms=["x"], options=options
    )
    close(rows.loc["x", "estimate"], 16 / 3 - 2)
    close(rows.loc["x[delta=3]", "estimate"], 16 / 3 - 2 + 1)
    assert json.loads(rows.loc["x", "dropped_by_reason"]) == {"imputation_0": 3, "missing_outcome": 1}


def test_term_missing_in_an_imputation(tmp_path):
    frame = pd.read_csv(REFERENCE / "pooling_data.csv").iloc[1:]
    frame.to_csv(tmp_path / "p.csv", index=False)
    options = {"imputation": "imputation", "term": "term", "se": "std_error"}
    rows = estimates(tmp_path / "p.csv", estimator="pool_imputations", outcome="estimate", options=options)
    assert rows["estimate"].isna().all() and "once in every imputation" in told(rows).iloc[0]


# ------------------------------------------------------------------------------------------------ factor models


def test_cfa_is_that_of_lavaan():
    wanted = expected("psychometrics")["value"]
    rows = estimates(REFERENCE / "psychometrics_hs.csv", estimator="cfa", options={"model": FACTORS})
    assert rows["converged"].all()
    for term in ("visual=~x2", "speed=~x9", "x1~~x1", "textual~~textual"):
        close(rows.loc[term, "estimate"], wanted[f"marker|{term}|1|est"], 2e-5)
        close(rows.loc[term, "std_error"], wanted[f"marker|{term}|1|se"], 2e-5)
    close(rows.loc["std visual=~x2", "estimate"], wanted["std|x2|est"], 2e-5)
    close(rows.loc["std visual=~x2", "std_error"], wanted["std|x2|se"], 2e-5)
    for name in ("cfi", "tli", "rmsea", "srmr", "aic", "bic"):
        close(rows.loc[name, "estimate"], wanted[f"marker|{name}"])
    close(rows.loc["chi2", "estimate"], wanted["marker|chisq"])
    close(rows.loc["rmsea", "ci_high"], wanted["marker|rmsea.ci.upper"])
    assert {"visual~~textual", "textual~~speed"} <= set(rows.index)  # in the order of the model
    assert rows.loc["visual=~x1", "estimate"] == 1 and rows.loc["df", "estimate"] == 24


def test_groups_and_robust_errors():
    wanted = expected("psychometrics")["value"]
    data = REFERENCE / "psychometrics_hs.csv"
    equal = ["loadings", "intercepts"]
    rows = estimates(data, estimator="cfa", options={"model": FACTORS, "group": "school", "equal": equal})
    close(rows.loc["visual~1 [Grant-White]", "estimate"], wanted["scalar|visual~1|2|est"], 2e-5)
    for group in ("Pasteur", "Grant-White"):
        close(rows.loc[f"visual=~x2 [{group}]", "std_error"], wanted["scalar|visual=~x2|1|se"], 2e-5)
        assert rows.loc[f"visual=~x1 [{group}]", "estimate"] == 1
    rows = estimates(data, estimator="cfa", options={"model": FACTORS, "robust": "satorra_bentler"})
    close(rows.loc["chi2_scaled", "estimate"], wanted["mlm_chi2"], 1e-5)
    close(rows.loc["visual=~x2", "std_error"], wanted["mlm_se|x2"], 1e-4)
    assert rows.loc["visual=~x2", "vcov"] == "hetero"


def test_invariance_of_a_ready_table():
    wanted = expected("psychometrics")["value"]
    rows = estimates(
        REFERENCE / "psychometrics_hs.csv",
        estimator="cfa",
        options={"model": FACTORS, "group": "school", "invariance": True},
    )
    for level in ("configural", "metric", "scalar"):
        close(rows.loc[f"{level} chi2", "estimate"], wanted[f"{level}|chisq"])
        close(rows.loc[f"{level} rmsea", "estimate"], wanted[f"{level}|rmsea"])
    change = wanted["scalar|chisq"] - wanted["metric|chisq"]
    close(rows.loc["scalar chi2_difference", "estimate"], change, 1e-5)
    assert "verdict: none" in told(rows).iloc[0]


def test_cfa_that_cannot_be_fitted_and_wrong_options(tmp_path):
    frame = pd.read_csv(REFERENCE / "psychometrics_hs.csv").assign(x2=1.0)
    frame.loc[3, "x1"] = np.nan
    frame.to_csv(tmp_path / "f.csv", index=False)
    rows = estimates(tmp_path / "f.csv", estimator="cfa", options={"model": FACTORS})
    assert rows["estimate"].isna().all() and "item x2 does not vary" in told(rows).iloc[0]
    assert json.loads(rows["dropped_by_reason"].iloc[0])["missing_x1"] == 1
    for model, reason in [
        ({"f": "x1"}, "list of columns"),
        ({"f": ["x1", "xx"]}, "'xx'"),
        ("x1", "group of factors"),
    ]:
        with pytest.raises(ConfigError, match=reason):
            estimates(tmp_path / "f.csv", estimator="cfa", options={"model": model})
