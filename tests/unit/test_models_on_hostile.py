"""Hostile inputs of models on a ready table: each gives rows that are right, or one sentence that says why not.

Every estimator meets terms that are text, splines, products, constant, empty, infinite or of one level, outcomes that
do not fit, single rows and clusters, odd names, and options of the wrong kind. What comes back always has a row, never
a figure that cannot be, and every row without a figure says why.
"""

import numpy as np
import pandas as pd
import pytest
from told import told

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import read_reasons
from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings
from jianfu.models.reasons import failure

N = 120
OF = {  # the smallest entry of each estimator that fits a model
    "ols": {"outcome": "y"},
    "logit": {"outcome": "left"},
    "cloglog": {"outcome": "left"},
    "poisson": {"outcome": "count"},
    "cox": {"exit": "time", "event": "left"},
    "fine_gray": {"exit": "time", "event": "how", "options": {"cause": "辞职"}},
    "average_marginal_effects": {"outcome": "left", "options": {"model": "logit"}},
    "multinomial": {"outcome": "how"},
    "mediation": {"outcome": "y", "mediator": "m"},
    "mixed": {"outcome": "y", "cluster": "unit"},
    "gee": {"outcome": "y", "cluster": "unit"},
    "ordinal": {"outcome": "item"},
    "sensitivity": {"outcome": "y"},
    "tost": {"outcome": "y", "options": {"low": -0.1, "high": 0.1}},
    "e_value": {"outcome": "y"},
    "leave_one_out": {"outcome": "y", "options": {"group": "county"}},
    "additive_scale": {"outcome": "left", "options": {"model": "logit"}},
    "detectable_effect": {"outcome": "y"},
    "pool_imputations": {"outcome": "y", "options": {"imputation": "county", "model": "ols"}},
}
TERMS = [
    "sex",
    "ns(x, 3)",
    "sex:x",
    "sex:cohort",
    "one_level",
    "constant",
    "empty",
    "infinite",
    "huge",
    "tiny",
    "x:z",
]
TERMS += [
    "factor(item)",
    "工作 量",
    "if",
    "C(x)",
    "truth",
    "kind",
    "stray",
    "day",
    "between(x, unit)",
    "copy",
]
ROWS = {"one": 1, "two": 2, "none": 0}
OUTCOMES = ["constant", "empty", "infinite", "huge", "truth", "day", "stray", "x", "person", "how"]


def persons(n=N):
    """One row per person, with every kind of column that people bring."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"person": np.arange(n), "unit": np.arange(n) % 20, "x": rng.normal(size=n)})
    frame["z"], frame["county"] = rng.normal(size=n), frame["unit"] // 5
    frame["sex"], frame["cohort"] = rng.choice(["女", "男"], n), rng.choice(["70后", "80后", "90后"], n)
    frame["y"] = 0.5 * frame["x"] + 0.4 * (frame["sex"] == "男") + rng.normal(size=n)
    frame["m"] = 0.5 * frame["x"] + rng.normal(size=n)
    frame["left"] = (rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * frame["x"]))).astype(int)
    frame["count"], frame["time"] = rng.poisson(np.exp(0.3 * frame["x"])), rng.integers(1, 30, n)
    frame["how"] = np.where(frame["left"] == 1, rng.choice(["辞职", "调出"], n), "在职")
    frame["item"], frame["weight"] = rng.integers(1, 5, n), rng.uniform(0.5, 2, n)
    frame["q1"], frame["q2"], frame["q3"] = (frame["m"] + rng.normal(size=n) for _ in range(3))
    frame["one_level"], frame["constant"], frame["empty"] = "甲", 3.0, np.nan
    frame["infinite"] = frame["x"].where(frame["person"] != 3, np.inf)
    frame["huge"], frame["tiny"], frame["copy"] = 1e12 * frame["x"], 1e-12 * frame["x"], 2 * frame["x"]
    frame["工作 量"], frame["if"], frame["C(x)"] = frame["x"], frame["sex"], frame["z"]
    frame["truth"] = np.where(frame["z"] > 0, "True", "False")
    frame["kind"] = pd.Categorical(frame["cohort"])
    frame["stray"] = frame["x"].round(3).astype(str).where(frame["person"] != 7, "不详")
    frame["day"] = pd.date_range("2020-01-31", periods=n, freq="D").strftime("%Y-%m-%d")
    frame["month"], frame["start"] = frame["person"] // 20 + 1, np.where(frame["unit"] < 8, 4, 0)
    frame["alone"], frame["same"] = np.where(frame["unit"] == 0, 4, 0), 1
    return frame


def fit(frame, folder, entry, bootstrap=9):
    frame.to_csv(folder / "own.csv", index=False)
    settings = {"data": str(folder / "own.csv"), "list": [{"name": "m", **entry}]}
    own_tables.check(settings, "own.yaml")
    return own_tables.estimates(settings, Settings(bootstrap=bootstrap), "own")


def answered(frame, folder, entry):
    """Rows, or the sentence with which they are refused; the rules that both keep are checked here."""
    try:
        rows = fit(frame, folder, entry)
    except (ConfigError, DataError) as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return str(error)
    assert len(rows)
    for row in rows.itertuples():
        reasons = read_reasons(row.reasons)
        assert np.isfinite(row.estimate) or failure(reasons), row.term
        assert not np.isinf([row.estimate, row.std_error, row.ci_low, row.ci_high, row.p_value]).any(), (
            row.term
        )
        if row.std_error == row.std_error and row.estimate:
            assert row.std_error > 1e-12 * abs(row.estimate), row.term
    assert told(rows).str.len().gt(0).all()
    return rows


def own_options(entry, **more):
    return entry | {"options": entry.get("options", {}) | more}


HOSTILE = [
    (f"{name} {term}", name, own | {"terms": [term]}, "all") for name, own in OF.items() for term in TERMS
]
HOSTILE += [
    (f"{name} {rows} rows", name, own | {"terms": ["x"]}, rows) for name, own in OF.items() for rows in ROWS
]
HOSTILE += [
    (f"{name} of {outcome}", name, own | {"terms": ["z"], "outcome": outcome}, "all")
    for name, own in OF.items()
    if "outcome" in own
    for outcome in OUTCOMES
]
HOSTILE += [
    (f"{name} by {cluster}", name, own | {"terms": ["x"], "cluster": cluster}, "all")
    for name, own in OF.items()
    if name not in ("fine_gray", "multinomial", "sensitivity")
    for cluster in ("same", "person", "sex", "day")
]
STUDY = {"unit": "unit", "time": "month", "start": "start"}
CURVE = {"exit": "time", "event": "how"}
SINGLE = [  # what only some estimators take
    ("ols", {"outcome": ["y", "x"], "terms": ["z"]}),
    ("gee", {"outcome": ["y", "x"], "terms": ["z"], "cluster": "unit"}),
    ("ols", {"outcome": "y", "terms": []}),
    ("ols", {"outcome": "", "terms": ["x"]}),
    ("ols", {"outcome": "y", "terms": ["x"], "weights": "z"}),
    ("ols", {"outcome": "y", "terms": ["x"], "weights": "empty"}),
    ("ols", {"outcome": "y", "terms": ["x"], "weights": "sex"}),
    ("ols", {"outcome": "y", "terms": ["x"], "effects": ["person"]}),
    ("ols", {"outcome": "y", "terms": ["county"], "effects": ["unit"]}),
    ("ols", {"outcome": "y", "terms": ["x"], "where": {"item": [1, 2]}}),
    ("ols", {"outcome": "y", "terms": ["x"], "where": {"item": "1"}}),
    ("ols", {"outcome": "y", "terms": ["x"], "where": {"sex": "m"}}),
    ("ols", {"outcome": "y", "terms": ["x"], "where": {"sex": {"is": "男"}}}),
    ("ols", {"outcome": "y", "terms": ["x"], "where": {"sex": None}}),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, curve={"x": [-9, 1]})),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, curve={"x": ["1"]})),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, curve={"sex": [1]})),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, contrasts={"sum": {"x": "a"}})),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, contrasts=[["x"]])),
    ("ols", own_options({"outcome": "y", "terms": ["x"]}, vcov="cluster")),
    ("ols", own_options({"outcome": "y", "terms": ["factor(item)"]}, reference={"item": 9})),
    ("logit", own_options({"outcome": "left", "terms": ["x"]}, trials="sex")),
    ("logit", {"outcome": "left", "terms": ["how"]}),
    ("poisson", {"outcome": "z", "terms": ["x"]}),
    ("poisson", {"outcome": "count", "terms": ["x"], "offset": "infinite"}),
    ("cox", {"exit": "time", "event": "how", "terms": ["x"]}),
    ("cox", {"exit": "day", "event": "left", "terms": ["x"]}),
    ("cox", {"exit": "time", "entry": "time", "event": "left", "terms": ["x"]}),
    ("aalen_johansen", own_options(CURVE, times=["12个月"])),
    ("aalen_johansen", own_options(CURVE, times=[])),
    ("aalen_johansen", own_options(CURVE, times=[float("inf")])),
    ("aalen_johansen", own_options(CURVE, id="unit")),
    ("aalen_johansen", own_options(CURVE, id="same")),
    ("aalen_johansen", own_options(CURVE, group="empty")),
    ("aalen_johansen", own_options(CURVE, group="person", times=[5])),
    ("aalen_johansen", own_options(CURVE, censored="离世")),
    ("aalen_johansen", own_options(CURVE, cause="退休")),
    ("aalen_johansen", own_options(CURVE, landmark=99)),
    ("aalen_johansen", {"exit": "time", "event": "cohort"}),
    ("aalen_johansen", {"exit": "time", "event": "empty"}),
    ("fine_gray", {"exit": "time", "event": "how", "terms": ["x"]}),
    ("multinomial", own_options({"outcome": "how", "terms": ["x"]}, base="无")),
    ("mediation", {"outcome": "left", "mediator": "m", "terms": ["x"], "cluster": "same"}),
    (
        "mediation",
        own_options({"outcome": "left", "mediator": "m", "terms": ["cohort"]}, outcome_model="logit"),
    ),
    ("mediation", own_options({"outcome": "y", "mediator": "m", "terms": ["x"]}, reliability=2)),
    ("mediation", own_options({"outcome": "y", "mediator": "m", "terms": ["x"]}, contrast=[1])),
    ("mediation", own_options({"outcome": "y", "mediator": "m", "terms": ["x"]}, rho=[1])),
    ("mediation", own_options({"outcome": "y", "mediator": "m", "terms": ["x"]}, horizon=1.5)),
    ("mediation", {"outcome": "y", "mediator": "how", "terms": ["x"]}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"start": "alone"}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"time": "sex"}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"time": "day"}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"unit": "same"}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"start": "empty"}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"anticipation": -1}}),
    ("did_cs", {"outcome": "y", "options": STUDY | {"aggregate": ["simpel"]}}),
    ("did_cs", {"outcome": "constant", "options": STUDY}),
    ("event_study", {"outcome": "y", "options": STUDY | {"start": "alone", "estimator": "sunab"}}),
    ("event_study", {"outcome": "y", "options": STUDY | {"estimator": "twfe", "leads": "3"}}),
    ("segmented", {"outcome": "y", "options": {"time": "month", "dates": ["三月"]}}),
    ("segmented", {"outcome": "y", "options": {"time": "day", "dates": [4]}}),
    ("segmented", {"outcome": "y", "options": {"time": "month", "dates": [99], "season": False}}),
    ("meta", {"outcome": "y", "options": {"se": "z"}}),
    ("meta", {"outcome": "y", "options": {"se": "sex"}}),
    ("p_adjust", {"outcome": "y", "options": {"method": "holm"}}),
    ("cfa", {"options": {"model": {"f": ["q1", "q2"]}}}),
    ("cfa", {"options": {"model": {"f": ["q1", "q2", "constant"]}}}),
    ("cfa", {"options": {"model": {"f": ["q1", "q2", "q3"]}, "residual_covariances": ["q1"]}}),
    ("detectable_effect", own_options({"outcome": "y", "terms": ["x"]}, power=1)),
    ("mixed", own_options({"outcome": "y", "terms": ["x"], "cluster": "unit"}, slopes=["z"])),
    ("pool_imputations", {"outcome": "y", "terms": ["x"], "options": {"imputation": "same", "model": "ols"}}),
    ("tost", {"outcome": "y", "terms": ["x"], "options": {"low": 1, "high": -1}}),
]
HOSTILE += [(f"{name} {number}", name, entry, "all") for number, (name, entry) in enumerate(SINGLE)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*OF, *sorted({name for name, _ in SINGLE} - set(OF))])
def test_every_input_gets_rows_that_can_be_or_one_sentence(name, folder):
    for case, estimator, entry, rows in HOSTILE:
        if estimator == name:
            try:
                answered(persons().head(ROWS.get(rows, N)), folder, entry | {"estimator": name})
            except Exception as error:
                raise AssertionError(f"{case}: {error!r}") from error
