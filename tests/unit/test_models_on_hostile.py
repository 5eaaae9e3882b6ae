"""Hostile inputs of models on a ready table: each gives rows that are right, or one sentence that says why not.

Every estimator meets terms that are text, splines, products, constant, empty, infinite or of one level, outcomes that
do not fit, single rows and clusters, odd names, and options of the wrong kind. What comes back always has a row, never
a figure that cannot be, and every row without a figure says why.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from told import told

from jianfu.config.files import read_yaml
from jianfu.config.schema import check_schema
from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import read_reasons
from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings
from jianfu.models.reasons import failure

N, ROOT = 120, Path(__file__).parents[2]
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


def fit(path, entry, bootstrap=9):
    settings = {"data": str(path), "list": [{"name": "m", **entry}]}
    own_tables.check(settings, "own.yaml")
    return own_tables.estimates(settings, Settings(bootstrap=bootstrap), "own")


def answered(path, entry):
    """Rows, or the sentence with which they are refused; the rules that both keep are checked here."""
    try:
        rows = fit(path, entry)
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


MOST = ("ols", "logit", "cox", "mediation")  # meet everything, the others the most hostile
SOME_TERMS = ["sex", "ns(x, 3)", "sex:x", "one_level", "constant", "infinite", "huge", "stray"]
SOME_OUTCOMES = ["constant", "infinite", "stray", "person"]


def hostile(name, own):
    """(what, entry, rows) of every input of one estimator that fits a model."""
    terms, outcomes = (TERMS, OUTCOMES) if name in MOST else (SOME_TERMS, SOME_OUTCOMES)
    yield from ((term, own | {"terms": [term]}, "all") for term in terms)
    yield from ((f"{rows} rows", own | {"terms": ["x"]}, rows) for rows in ("one", "two", "none"))
    if "outcome" in own:
        yield from (
            (f"of {outcome}", own | {"terms": ["z"], "outcome": outcome}, "all") for outcome in outcomes
        )
    if name not in ("fine_gray", "multinomial", "sensitivity"):
        yield from (
            (f"by {cluster}", own | {"terms": ["x"], "cluster": cluster}, "all")
            for cluster in ("same", "sex")
        )


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


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """{which rows: path of a table}; each is read once."""
    folder, patch = tmp_path_factory.mktemp("hostile"), pytest.MonkeyPatch()
    paths = {rows: folder / f"{rows}.csv" for rows in ("all", *ROWS)}
    for rows, path in paths.items():
        persons().head(ROWS.get(rows, N)).to_csv(path, index=False)
    whole = cache(own_tables.read_analysis_table)
    patch.setattr(own_tables, "read_analysis_table", lambda path: whole(path).copy())
    patch.setattr(own_tables, "read_table", cache(own_tables.read_table))
    yield paths
    patch.undo()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*OF, *sorted({name for name, _ in SINGLE} - set(OF))])
def test_every_input_gets_rows_that_can_be_or_one_sentence(name, tables):
    cases = list(hostile(name, OF[name])) if name in OF else []
    cases += [(str(entry), entry, "all") for own, entry in SINGLE if own == name]
    for what, entry, rows in cases:
        try:
            answered(tables[rows], entry | {"estimator": name})
        except Exception as error:
            raise AssertionError(f"{name} {what}: {error!r}") from error


def own(tables, estimator, **entry):
    return fit(tables["all"], {"estimator": estimator, **entry}).set_index("term")


def said(tables, estimator, **entry):
    return " ".join(told(own(tables, estimator, **entry)))


def test_words_for_still_being_there_are_censored_and_the_note_lists_all_values(tmp_path):
    frame, entry = persons(), {"estimator": "fine_gray", "exit": "time", "event": "how", "terms": ["x"]}
    entry |= {"options": {"cause": "辞职"}}
    estimates = set()
    for word in (
        "在职",
        "在岗",
        "否",
        "no",
        "0",
        "",
        "Censored",
        "未离职",
        "仍在岗",
        "still employed",
        "删失",
    ):
        path = tmp_path / f"own{word}.csv"
        frame.assign(how=frame["how"].replace({"在职": word})).to_csv(path, index=False)
        rows = fit(path, entry)
        estimates.add(round(rows["estimate"].iloc[0], 12))
        assert f"events: 辞职; competing events: 调出; censored: {word or 'empty'}" in told(rows).iloc[0]
    assert len(estimates) == 1
    frame.assign(how=frame["how"].replace({"在职": "退出"})).to_csv(tmp_path / "out.csv", index=False)
    with pytest.raises(DataError, match="says that it is censored"):
        fit(tmp_path / "out.csv", entry)
    named = fit(tmp_path / "out.csv", own_options(entry, censored="退出"))
    assert round(named["estimate"].iloc[0], 12) in estimates


def test_labelled_columns_are_codes_where_numbers_are_wanted_and_code_0_is_censored(tmp_path):
    frame = persons().assign(how=lambda f: f["how"].map({"在职": 0, "辞职": 1, "调出": 2}))
    labels = {"left": {0: "留下", 1: "离开"}, "how": {0: "照常", 1: "辞职", 2: "调出"}}
    columns = ["x", "left", "how", "time"]
    for ending in ("dta", "sav"):
        path = tmp_path / f"own.{ending}"
        getattr(pyreadstat, f"write_{ending}")(frame[columns], str(path), variable_value_labels=labels)
        rows = fit(path, {"estimator": "logit", "outcome": "left", "terms": ["x"]})
        frame[columns].to_csv(tmp_path / "own.csv", index=False)
        plain = fit(tmp_path / "own.csv", {"estimator": "logit", "outcome": "left", "terms": ["x"]})
        np.testing.assert_allclose(rows["estimate"], plain["estimate"])
        gray = {"estimator": "fine_gray", "exit": "time", "event": "how", "terms": ["x"]}
        labelled = fit(path, own_options(gray, cause="辞职"))
        np.testing.assert_allclose(
            labelled["estimate"], fit(tmp_path / "own.csv", own_options(gray, cause=1))["estimate"]
        )


def test_what_stands_beside_a_model_takes_categories_and_splines_by_column(tables):
    options = {"model": "logit"}
    effects = own(tables, "average_marginal_effects", outcome="left", terms=["cohort", "x"], options=options)
    excess = own(tables, "additive_scale", outcome="left", terms=["cohort", "x"], options=options)
    for name in effects.index:
        np.testing.assert_allclose(
            excess.loc[f"excess_per_1000({name})", "estimate"], 1000 * effects.loc[name, "estimate"]
        )
    for estimator, name in (
        ("e_value", "e_value"),
        ("detectable_effect", "detectable"),
        ("sensitivity", "partial_r2"),
    ):
        found = own(tables, estimator, outcome="y", terms=["sex", "ns(x, 3)", "sex:x"])
        assert {f"{name}(sex_男)", f"{name}(ns(x, 3)3)"} <= set(found.index)
    few = fit(
        tables["all"], {"estimator": "ols", "outcome": "y", "terms": ["sex", "ns(x, 2)"], "cluster": "unit"}
    )
    assert told(few)[few["term"] != "(Intercept)"].str.contains("wild cluster bootstrap").all()


def test_effects_through_a_mediator_of_a_category_are_those_of_its_dummy(tables, tmp_path):
    persons().assign(man=lambda f: (f["sex"] == "男").astype(int)).to_csv(tmp_path / "own.csv", index=False)
    entry = {"estimator": "mediation", "outcome": "y", "mediator": "m"}
    text, number = (fit(tmp_path / "own.csv", entry | {"terms": [term]}) for term in ("sex", "man"))
    np.testing.assert_allclose(text["estimate"], number["estimate"])
    assert list(text["term"]) == [term.replace("man_", "sex_男_") for term in number["term"]]


def test_values_in_where_may_be_several_and_are_matched_by_what_they_say(tables):
    entry = {"outcome": "y", "terms": ["x"]}
    part = persons().query("item in (1, 2)")
    wanted = np.polyfit(part["x"], part["y"], 1)[0]
    for values in ([1, 2], ["1", "2"]):
        assert own(tables, "ols", **entry, where={"item": values}).loc["x", "estimate"] == pytest.approx(
            wanted
        )


def test_copies_of_rows_are_counted_and_said(tmp_path):
    pd.concat([persons(), persons().head(7)]).to_csv(tmp_path / "own.csv", index=False)
    rows = fit(tmp_path / "own.csv", {"estimator": "ols", "outcome": "y", "terms": ["x"]})
    assert told(rows).str.contains("7 rows of the table are exact copies").all()


def test_one_treated_cluster_has_no_error_or_a_caution(tables, tmp_path):
    for kind in ("cs", "sunab", "imputation", "twfe"):
        options = STUDY | {"start": "alone", "estimator": kind}
        rows = own(tables, "event_study", outcome="y", options=options)
        assert rows["std_error"].isna().all() and rows["p_value"].isna().all() and rows.loc["att", "estimate"]
    treated = persons().assign(treated=lambda f: ((f["unit"] == 0) & (f["month"] > 3)).astype(int))
    treated.to_csv(tmp_path / "own.csv", index=False)
    for estimator, outcome in (("ols", "y"), ("poisson", "count"), ("gee", "y")):
        entry = {"estimator": estimator, "outcome": outcome, "terms": ["treated"], "cluster": "unit"}
        rows = fit(tmp_path / "own.csv", entry).set_index("term")
        assert "differs in a single cluster" in told(rows.loc["treated"])


def test_sentences_of_what_cannot_be(tables):
    curve = own_options({"outcome": "y", "terms": ["ns(x, 3)"]}, curve={"x": [-9, 1, 9]})
    rows = own(tables, "ols", **curve)
    assert np.isfinite(rows.loc["x=1", "estimate"]) and rows.loc[["x=-9", "x=9"], "estimate"].isna().all()
    assert "not extrapolated" in told(rows.loc["x=9"])
    assert "has a single level" in said(tables, "ols", outcome="y", terms=["one_level", "x"])
    assert "without the main effect of x, z" in said(tables, "ols", outcome="y", terms=["x:z"])
    assert "without the main effect" not in said(tables, "ols", outcome="y", terms=["x", "z", "x:z", "sex:x"])
    overlap = own_options({"exit": "time", "event": "how"}, id="unit")
    assert "overlap in time" in said(tables, "aalen_johansen", **overlap)
    added = own(tables, "ols", outcome=["y", "z"], terms=["x"])
    frame = persons()
    assert added.loc["x", "estimate"] == pytest.approx(np.polyfit(frame["x"], frame["y"] + frame["z"], 1)[0])
    assert (added["outcome"] == "y+z").all()


MORE = {  # input -> columns beside those of persons(), entry, what the first row or the sentence says
    "weights of zero": ({"w": 0.0}, {"weights": "w"}, "no observations left"),
    "a negative weight": ({"w": [-1.0] + [1.0] * (N - 1)}, {"weights": "w"}, "below 0"),
    "weights of text": ({"w": "a"}, {"weights": "w"}, "holds text"),
    "an infinite offset": (
        {"o": [np.inf] + [0.0] * (N - 1)},
        {"estimator": "poisson", "outcome": "count", "offset": "o"},
        "infinite",
    ),
    "one cluster": ({"c": 1}, {"cluster": "c"}, "single cluster"),
    "a cluster without values": ({}, {"cluster": "empty"}, "no values"),
    "the outcome as a term": ({}, {"terms": ["y"]}, "among its own terms"),
    "negative counts": ({"n": -1}, {"estimator": "poisson", "outcome": "n"}, "must not be negative"),
    "counts some of which are negative": (
        {"n": [-3, 9] * (N // 2)},
        {"estimator": "poisson", "outcome": "n"},
        "must not be negative",
    ),
    "a text that tells the events": (
        {"told": lambda f: np.where(f["left"] == 1, "走", "留")},
        {"estimator": "logit", "outcome": "left", "terms": ["told"]},
        "events are separated by told",
    ),
    "yes and no as an outcome": (
        {"yes": lambda f: np.where(f["left"] == 1, "是", "否")},
        {"estimator": "logit", "outcome": "yes"},
        "holds text",
    ),
    "one and two as an outcome": (
        {"o": lambda f: f["left"] + 1},
        {"estimator": "logit", "outcome": "o"},
        "number of trials",
    ),
    "entry after exit": (
        {"e": 99},
        {"estimator": "cox", "exit": "time", "event": "left", "entry": "e"},
        "no_time",
    ),
    "no event": ({"e": 0}, {"estimator": "cox", "exit": "time", "event": "e"}, "0 events"),
    "more knots than persons": ({}, {"terms": ["ns(x, 200)"]}, "too few"),
    "knots of two values": ({}, {"terms": ["ns(left, 3)"]}, "knots that coincide"),
    "an effect for each person": ({}, {"effects": ["person"]}, "singleton"),
    "a term of the effect": (
        {"u": lambda f: f["unit"] / 10},
        {"terms": ["u"], "effects": ["unit"]},
        "effects",
    ),
    "a reference that is no level": (
        {},
        {"terms": ["sex"], "options": {"reference": {"sex": 3}}},
        "no level",
    ),
    "a mediator that is the outcome": ({}, {"estimator": "mediation", "mediator": "y"}, "exactly"),
    "a group for each person": ({}, {"estimator": "mixed", "cluster": "person"}, "group for every"),
    "NULL in every cell": ({"v": "NULL"}, {"terms": ["v"]}, "no values"),
    "percentages as an outcome": (
        {"p": lambda f: [f"{v:.1f}%" for v in f["y"]]},
        {"outcome": "p"},
        "holds text",
    ),
    "an infinite duration": (
        {"t": lambda f: f["time"].where(f["person"] != 3, np.inf)},
        {"estimator": "cox", "exit": "t", "event": "left"},
        "infinite",
    ),
    "infinite weights": (
        {"w": lambda f: f["weight"].where(f["person"] != 3, np.inf)},
        {"weights": "w"},
        "infinite",
    ),
    "a term twice": ({}, {"terms": ["x", "x"]}, "stands twice"),
    "a term that is a control": ({}, {"controls": ["x"]}, "stands twice"),
    "a spline without a degree": ({}, {"terms": ["ns(x, 0)"]}, "degrees of freedom"),
    "a spline of half a degree": ({}, {"terms": ["ns(x, 2.5)"]}, "degrees of freedom"),
    "a spline of words": ({}, {"terms": ["ns(sex, 3)"]}, "column of numbers"),
    "a logarithm of words": ({}, {"terms": ["log(sex)"]}, "column of numbers"),
    "nobody chosen": ({}, {"where": {"sex": "某"}}, "never is"),
    "a column called like a function": ({"log(x)": 1.0}, {"terms": ["log(x)"]}, "rename the column"),
    "a column called like a spline": ({"ns(x, 3)": 1.0}, {"terms": ["ns(x, 3)"]}, "rename the column"),
    "a column called like a dummy": (
        {"sex_男": lambda f: f["x"]},
        {"terms": ["sex", "sex_男"]},
        "two columns would be called sex_男",
    ),
    "a column called like the constant": (
        {"(Intercept)": lambda f: f["x"]},
        {"terms": ["(Intercept)"]},
        "two columns would be called (Intercept)",
    ),
    "a column called like a product": ({"a:b": 1.0}, {"terms": ["a:b"]}, "does not have"),
    "counts of zero": ({"n": 0}, {"estimator": "poisson", "outcome": "n"}, "no events"),
    "everybody leaves": ({"e": 1}, {"estimator": "logit", "outcome": "e"}, "separated"),
    "one leaver": (
        {"e": lambda f: (f["person"] == 3).astype(int)},
        {"estimator": "logit", "outcome": "e"},
        "1 events for 2 coefficients",
    ),
    "ordered words": (
        {"o": lambda f: f["item"].map({1: "低", 2: "中", 3: "高", 4: "很高"})},
        {"estimator": "ordinal", "outcome": "o"},
        "holds text",
    ),
    "an order of everybody": ({}, {"estimator": "ordinal"}, "120 levels"),
    "a mediator that is the term": ({}, {"estimator": "mediation", "mediator": "x"}, "exactly"),
    "an event of half": (
        {"e": lambda f: f["left"] / 2},
        {"estimator": "cox", "exit": "time", "event": "e"},
        "must be 0 or 1",
    ),
    "an event in words": (
        {"e": lambda f: np.where(f["left"] == 1, "是", "否")},
        {"estimator": "cox", "exit": "time", "event": "e"},
        "holds text",
    ),
    "one case of a cause": (
        {"h": lambda f: np.where(f["person"] == 3, "甲", np.where(f["left"] == 1, "乙", "在职"))},
        {"estimator": "fine_gray", "exit": "time", "event": "h", "options": {"cause": "甲"}},
        "1 events for 1 coefficients",
    ),
    "equivalence within nothing": (
        {},
        {"estimator": "tost", "options": {"low": 0.1, "high": 0.1}},
        "not in order",
    ),
    "one imputation": (
        {},
        {"estimator": "pool_imputations", "options": {"imputation": "same", "model": "ols"}},
        "two imputations",
    ),
    "a number among levels": (
        {"s": lambda f: np.where(f["person"] % 9 == 0, "未知", f["item"].astype(str))},
        {"terms": ["s"]},
        "correct the cell",
    ),
    "a level for everybody": (
        {"s": lambda f: [f"L{n}" for n in f["person"]]},
        {"terms": ["s"]},
        "name it under 'effects'",
    ),
    "the effect as a term": ({}, {"terms": ["county"], "effects": ["county"]}, "collinear with the effects"),
    "percentages as a term": (
        {"p": lambda f: [f"{v:.0f}%" for v in f["item"]]},
        {"terms": ["p"]},
        "factor(p)",
    ),
    "decimal commas as a term": (
        {"p": lambda f: f["item"].map({1: "0,345", 2: "1,5", 3: "2,5", 4: "7"})},
        {"terms": ["p"]},
        "a point for decimals",
    ),
    "decimal commas in a function": (
        {"p": lambda f: f["item"].map("{},5".format)},
        {"terms": ["log(p)"]},
        "plain numbers",
    ),
    "blanks of thousands": (
        {"p": lambda f: f["item"].map("{} 000".format)},
        {"terms": ["p"]},
        "plain numbers",
    ),
    "a contrast of zeros": (
        {},
        {"options": {"contrasts": {"none": {"x": 0}}}, "report": ["none"]},
        "zero by definition",
    ),
    "a curve at zero": ({}, {"options": {"curve": {"x": [0]}}, "report": ["x=0"]}, "zero by definition"),
    "a curve of means of units": (
        {},
        {"terms": ["between(x, unit)"], "options": {"curve": {"x": [1]}}, "report": ["x=1"]},
        "zero by definition",
    ),
    "a reference of no term": ({}, {"options": {"reference": {"sex": "男"}}}, "no term of categories"),
    "a reference of a number": ({}, {"options": {"reference": {"x": 1}}}, "factor(x)"),
    "a square that no double holds": ({"b": lambda f: f["x"] * 1e200}, {"terms": ["b"]}, "another unit"),
    "a square of the square root of it": (
        {"b": lambda f: f["x"] * 1e90},
        {"terms": ["square(b)"]},
        "square(b) has numbers beyond",
    ),
    "a square of nearly nothing": ({"b": lambda f: f["x"] * 1e-90}, {"terms": ["square(b)"]}, "another unit"),
    "a product that no double holds": (
        {"b": lambda f: f["x"] * 1e99},
        {"terms": ["b", "b:b:b:b"]},
        "another unit",
    ),
    "an outcome that no double holds the square of": (
        {"b": lambda f: f["x"] * 1e200},
        {"outcome": "b"},
        "another unit",
    ),
    "trials below zero": (
        {"t": -5},
        {"estimator": "poisson", "outcome": "count", "options": {"trials": "t"}},
        "below 0",
    ),
    "events without trials": (
        {"t": 0},
        {"estimator": "poisson", "outcome": "count", "options": {"trials": "t"}},
        "trials t are 0",
    ),
    "nobody at risk": (
        {"t": 0, "n": 0},
        {"estimator": "logit", "outcome": "n", "options": {"trials": "t"}},
        "no_trials",
    ),
    "an effect that tells every event": (
        {},
        {"estimator": "logit", "outcome": "left", "effects": ["person"]},
        "separated_person",
    ),
    "a row alone with HC3": (
        {"d": lambda f: f["person"] == 5},
        {"terms": ["d"], "options": {"vcov": "HC3"}},
        "HC3 is not defined",
    ),
    "a row alone with HC2 of a logit": (
        {"d": lambda f: f["person"] == 5, "e": lambda f: f["person"].isin([5, 6, 7, 8, 9])},
        {"estimator": "logit", "outcome": "e", "terms": ["d"], "options": {"vcov": "HC2"}},
        "separated by d",
    ),
    "the outcome twice": ({}, {"outcome": ["y", "y"]}, "stands twice"),
    "invisible characters": (
        {"k": lambda f: np.where(f["person"] % 2, "甲\u200b", "甲")},
        {"terms": ["k"]},
        "single level",
    ),
    "a contrast called like a term": (
        {},
        {"options": {"contrasts": {"x": ["x"]}}},
        "two columns would be called x",
    ),
    "a contrast of what is no term": ({}, {"options": {"contrasts": {"d": ["x", "q"]}}}, "no term"),
}


ALONE = {  # input of an estimator without terms -> columns, entry, what the sentence says
    "two starts of a unit": (
        {"start": lambda f: np.where(f["month"] > 3, f["start"], 0)},
        "did_cs",
        STUDY,
        "two dates",
    ),
    "a unit twice in a month": (
        {"unit": lambda f: f["unit"] % 10},
        "did_cs",
        STUDY,
        "two rows in one period",
    ),
    "all units from the start": ({"start": 1}, "did_cs", STUDY, "compared with units not treated"),
    "nobody treated": ({"start": 0}, "did_cs", STUDY, "compared with units not treated"),
    "an error of zero": ({"s": 0.0}, "meta", {"se": "s"}, "not above zero"),
    "an infinite error": (
        {"s": lambda f: f["weight"].where(f["person"] != 3, np.inf)},
        "meta",
        {"se": "s"},
        "infinite",
    ),
    "a probability above one": ({"y": 1.5}, "p_adjust", {"method": "holm"}, "no p-values"),
    "a probability below zero": ({"y": -0.1}, "p_adjust", {"method": "BH"}, "no p-values"),
    "two periods before the date": (
        {"month": lambda f: f["month"] * 3},
        "segmented",
        {"time": "month", "dates": [7], "season": False},
        "fewer than 3 periods",
    ),
    "a policy and no events": ({"y": 0, "t": 50}, "did_events", STUDY | {"trials": "t"}, "no events"),
    "an item twice": ({}, "cfa", {"model": {"f": ["q1", "q2", "q2"]}}, "3 items"),
    "items that are copies": (
        {"q2": lambda f: f["q1"]},
        "cfa",
        {"model": {"f": ["q1", "q2", "q3"]}},
        "positive definite",
    ),
    "an item of words": ({"q2": "甲"}, "cfa", {"model": {"f": ["q1", "q2", "q3"]}}, "holds text"),
}


@pytest.mark.parametrize("case", ALONE)
def test_estimators_without_terms_say_what_cannot_be(case, tmp_path):
    columns, estimator, options, wanted = ALONE[case]
    frame = persons()
    for name, values in columns.items():
        frame[name] = values(frame) if callable(values) else values
    frame.to_csv(tmp_path / "own.csv", index=False)
    entry = {"estimator": estimator, "options": options} | ({} if estimator == "cfa" else {"outcome": "y"})
    found = answered(tmp_path / "own.csv", entry)
    assert wanted in told(found).iloc[0] and found["estimate"].isna().all()


def least_squares(frame, columns, y="y"):
    """Slope of the first column, its error and degrees of freedom, by the pseudo-inverse."""
    x, y = np.column_stack([*columns, np.ones(len(frame))]), frame[y].to_numpy(float)
    beta, rank = np.linalg.pinv(x) @ y, np.linalg.matrix_rank(x)
    left = ((y - x @ beta) ** 2).sum() / (len(y) - rank)
    return beta[0], np.sqrt(left * np.linalg.pinv(x.T @ x)[0, 0]), len(y) - rank


RIGHT = {  # input -> columns beside those of persons(), entry, columns (N,) of the same least squares
    "codes with zeros before": ({"u": lambda f: [f"{u:03d}" for u in f["unit"]]}, ["u"]),
    "codes with a fraction": ({"u": lambda f: f["unit"] + 0.5}, ["u"]),
    "codes of eighteen digits": ({"u": lambda f: f["unit"] + 10**17}, ["u"]),
    "one effect nested in another": ({}, ["unit", "county"]),
    "the other way round": ({}, ["county", "unit"]),
    "an effect twice": ({"u": lambda f: f["unit"]}, ["unit", "u"]),
    "effects in two worlds": ({"w": lambda f: f["unit"] // 10 * 100 + f["person"] % 3}, ["unit", "w"]),
    "effects that cross": ({"m": lambda f: f["person"] % 7}, ["unit", "m"]),
}


@pytest.mark.parametrize("case", RIGHT)
def test_effects_cost_the_degrees_of_freedom_that_they_take(case, tmp_path):
    columns, effects = RIGHT[case]
    frame = persons()
    for name, values in columns.items():
        frame[name] = values(frame)
    frame.to_csv(tmp_path / "own.csv", index=False)
    row = fit(
        tmp_path / "own.csv", {"estimator": "ols", "outcome": "y", "terms": ["x"], "effects": effects}
    ).iloc[-1]
    dummies = [pd.get_dummies(frame[name].astype(str), dtype=float).to_numpy() for name in effects]
    slope, error, df = least_squares(frame, [frame["x"], *dummies])
    np.testing.assert_allclose([row["estimate"], row["std_error"]], [slope, error], rtol=1e-7)
    assert f"t({df})" in told(row)


NUMBERS = {  # ways to write the same outcome
    "thousands": lambda v: f"{v:,.0f}",
    "full width": lambda v: f"{v:.0f}".translate(str.maketrans("0123456789-", "０１２３４５６７８９－")),
    "blanks": lambda v: f"  {v:.0f} ",
    "exponents": lambda v: f"{v:.6e}",
}


@pytest.mark.parametrize("form", NUMBERS)
def test_numbers_may_be_written_in_several_ways(form, tmp_path):
    frame = persons()
    frame["v"] = (1e4 * frame["y"]).round()
    wanted = least_squares(frame, [frame["x"]], "v")
    frame["v"] = [NUMBERS[form](value) for value in frame["v"]]
    frame.to_csv(tmp_path / "own.csv", index=False)
    row = fit(tmp_path / "own.csv", {"estimator": "ols", "outcome": "v", "terms": ["x"]}).iloc[-1]
    np.testing.assert_allclose([row["estimate"], row["std_error"]], wanted[:2])


def test_what_the_report_names_has_a_row_and_a_row_alone_a_caution(tables, tmp_path):
    rows = own(tables, "ols", outcome="y", terms=["x"], report=["x", "nix"])
    assert np.isfinite(rows.loc["x", "estimate"]) and "no estimate of this name" in told(rows.loc["nix"])
    persons().assign(d=lambda f: f["person"] == 5).to_csv(tmp_path / "own.csv", index=False)
    rows = fit(
        tmp_path / "own.csv",
        own_options({"estimator": "ols", "outcome": "y", "terms": ["d", "x"]}, vcov="HC1"),
    )
    assert "in a single row" in told(rows.iloc[1]) and "in a single row" not in told(rows.iloc[2])


def test_rows_without_trials_are_no_observations(tmp_path):
    frame = persons().assign(
        t=lambda f: np.where(f["person"] % 9 == 0, 0, 5), n=lambda f: f["left"].where(f["t"] > 0, 0)
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    frame[frame["t"] > 0].to_csv(tmp_path / "rest.csv", index=False)
    for estimator in ("logit", "poisson"):
        entry = own_options({"estimator": estimator, "outcome": "n", "terms": ["x"]}, trials="t")
        rows, rest = (fit(tmp_path / name, entry) for name in ("own.csv", "rest.csv"))
        np.testing.assert_allclose(rows[["estimate", "std_error"]], rest[["estimate", "std_error"]])
        assert rows["n_dropped"].eq((frame["t"] == 0).sum()).all()


def test_a_minus_of_word_processors_and_levels_that_differ_by_rounding(tmp_path):
    frame = persons().assign(
        share=lambda f: np.where(f["item"] < 3, 0.3, 0.7),
        noise=lambda f: f["share"].where(
            f["person"] % 2 == 0, f["item"].map({1: 0.1 + 0.2, 2: 0.1 + 0.2, 3: 0.7, 4: 0.7})
        ),
        minus=lambda f: f["x"].round(3).map("{:.3f}".format).str.replace("-", "−"),
    )
    frame.to_csv(tmp_path / "own.csv", index=False)
    ols = {"estimator": "ols", "outcome": "y"}
    assert frame["noise"].nunique() == 3
    for one, other in (
        ({"terms": ["factor(noise)"]}, {"terms": ["factor(share)"]}),
        ({"terms": ["minus"]}, {"terms": ["x"]}),
        ({"terms": ["z"], "where": {"noise": 0.3}}, {"terms": ["z"], "where": {"share": 0.3}}),
        ({"terms": ["z"], "effects": ["noise"]}, {"terms": ["z"], "effects": ["share"]}),
    ):
        rows, wanted = (fit(tmp_path / "own.csv", ols | entry) for entry in (one, other))
        np.testing.assert_allclose(rows["estimate"], wanted["estimate"], atol=2e-3)
        assert list(rows["n_used"]) == list(wanted["n_used"])


@pytest.mark.parametrize("factor", [1e-300, 1e-9, 1e9, 1e300])
def test_weights_are_relative(tables, tmp_path, factor):
    entry = {"estimator": "ols", "outcome": "y", "terms": ["x"], "weights": "weight"}
    persons().assign(weight=lambda f: f["weight"] * factor).to_csv(tmp_path / "own.csv", index=False)
    columns = ["estimate", "std_error", "p_value"]
    np.testing.assert_allclose(fit(tmp_path / "own.csv", entry)[columns], fit(tables["all"], entry)[columns])


DURATIONS = {
    "cox": {"exit": "time", "event": "left", "terms": ["x"]},
    "fine_gray": {"exit": "time", "event": "how", "terms": ["x"], "options": {"cause": "辞职"}},
    "aalen_johansen": {"exit": "time", "event": "how", "options": {"times": [12]}},
}


@pytest.mark.parametrize("estimator", DURATIONS)
def test_durations_below_zero_are_left_out_and_counted_and_zero_is_kept(estimator, tmp_path):
    frame, entry = persons(), DURATIONS[estimator] | {"estimator": estimator}
    below = frame["person"] < 9
    frame.assign(time=frame["time"].mask(below, -2)).to_csv(tmp_path / "own.csv", index=False)
    frame[~below].to_csv(tmp_path / "rest.csv", index=False)
    rows, rest = (fit(tmp_path / name, entry) for name in ("own.csv", "rest.csv"))
    np.testing.assert_allclose(rows["estimate"], rest["estimate"])
    assert (
        rows["dropped_by_reason"].str.contains('"no_time_at_risk": 9').all()
        and (rows["n_used"] == N - 9).all()
    )
    frame.assign(time=frame["time"].mask(below, 0)).to_csv(tmp_path / "zero.csv", index=False)
    assert (fit(tmp_path / "zero.csv", entry)["n_used"] == N).all()


@pytest.mark.parametrize("case", MORE)
def test_more_of_what_cannot_be_is_said_in_one_sentence(case, tmp_path):
    columns, entry, wanted = MORE[case]
    frame = persons()
    for name, values in columns.items():
        frame[name] = values(frame) if callable(values) else values
    frame.to_csv(tmp_path / "own.csv", index=False)
    smallest = {"terms": ["x"]} | ({} if "exit" in entry else {"estimator": "ols", "outcome": "y"})
    found = answered(tmp_path / "own.csv", smallest | entry)
    text = found if isinstance(found, str) else told(found).iloc[0]
    assert wanted in text and (isinstance(found, str) or found["estimate"].isna().all())


def test_names_of_columns_with_signs_of_formulas_are_names(tmp_path):
    frame, names = persons(), ["a|b", "a~b", "a*b", "(x)", "x+z", "=x", "99", "True"]
    for name in names:
        frame[name] = frame["x"]
    frame.to_csv(tmp_path / "own.csv", index=False)
    slopes = [
        fit(tmp_path / "own.csv", {"estimator": "ols", "outcome": "y", "terms": [name]}).set_index("term")
        for name in ["x", *names]
    ]
    assert len({float(rows["estimate"].iloc[1]) for rows in slopes}) == 1
    assert [rows.index[1] for rows in slopes] == ["x", *names]


def test_decimals_are_numbers_and_lists_stop_no_model_without_them(tmp_path):
    frame = persons().assign(
        d=lambda f: [Decimal(f"{x:.3f}") for x in f["x"]], f=lambda f: f["x"].round(3), pair=[[1, 2]] * N
    )
    frame.to_parquet(tmp_path / "own.parquet")
    entries = {name: {"estimator": "ols", "outcome": "y", "terms": [name]} for name in ("d", "f", "pair")}
    rows = {name: fit(tmp_path / "own.parquet", entry) for name, entry in entries.items()}
    np.testing.assert_allclose(rows["d"]["estimate"], rows["f"]["estimate"])
    assert "has a single level" in told(rows["pair"]).iloc[0]


def test_slopes_do_not_depend_on_units_that_are_far_apart(tmp_path):
    """A pseudo-inverse of the columns as they are takes a column in tiny units beside one in huge ones for nothing."""
    frame = persons().assign(far=lambda f: 1e8 * f["z"] + 1e9, near=lambda f: 1e-8 * f["q1"])
    frame.to_csv(tmp_path / "own.csv", index=False)
    for options in ({}, {"vcov": "HC1"}, {"vcov": "HC3"}, {"vcov": "CR2"}):
        entry = own_options({"estimator": "ols", "outcome": "y", "cluster": "unit"}, **options)
        plain, scaled = (
            fit(tmp_path / "own.csv", entry | {"terms": terms})[["estimate", "std_error"]].to_numpy()[1:]
            for terms in (["x", "z", "q1"], ["x", "far", "near"])
        )
        np.testing.assert_allclose(scaled * np.array([[1], [1e8], [1e-8]]), plain, rtol=1e-6)


@pytest.mark.parametrize("columns", [["unit", "unit"], ["unit", "county", "sex"], ["unit"]])
def test_clusters_are_one_column_or_two(columns):
    schema = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    entry = {"name": "m", "estimator": "ols", "outcome": "y", "terms": ["x"], "cluster": columns}
    with pytest.raises(ConfigError, match="one column or a list of two different ones"):
        check_schema({"models_on": {"data": "own.csv", "list": [entry]}}, schema, "own.yaml")


@pytest.mark.parametrize("column", ["unit", "name"])
def test_a_total_is_no_observation(column, tmp_path):
    frame = persons()[["person", "unit", "y", "x"]].assign(name=lambda f: "镇" + f["unit"].astype(str))
    frame = frame[["person", "name", "unit", "y", "x"]].astype({"unit": object, "person": object})
    total = {"person": "", "name": "", "unit": "", "y": frame["y"].sum(), "x": frame["x"].sum()}
    pd.concat([frame, pd.DataFrame([total | {column: "合 计"}])]).to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DataError, match="row 122 is '合 计': a total is no observation"):
        fit(tmp_path / "own.csv", {"estimator": "ols", "outcome": "y", "terms": ["x"]})
