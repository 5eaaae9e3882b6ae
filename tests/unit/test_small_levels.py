"""Levels with few persons or events: merged before estimation, or withheld with what would tell them."""

import numpy as np
import pandas as pd
import pytest

from jianfu.core.reasons import read_reasons
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.reasons import has
from jianfu.models.small_levels import Merging
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.release.estimates import release_estimates
from jianfu.release.outputs import Limits

LIMITS = Limits(min_cell=10, min_residual_df=10, dominance=0.9)
ORDER = ["old", "middle", "young", "youngest"]
NAMES = {level: f"cohort_{level}" for level in ORDER}


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([30, 30, 30, 30], {}),
        ([30, 30, 30, 9], {"youngest": "young"}),
        ([30, 4, 20, 30], {"middle": "young"}),
        ([9, 30, 30, 9], {"old": "middle", "youngest": "young"}),
        ([4, 5, 30, 30], {"old": "young", "middle": "young"}),
        ([1, 1, 1, 1], {"old": "middle", "young": "middle", "youngest": "middle"}),
        ([9, 9, 40, 4], {"old": "middle", "youngest": "young"}),
    ],
)
def test_neighbours_in_the_order_are_merged_until_none_is_small(sizes, merged):
    found = Merging(10, {"cohort": ORDER}).of("cohort", pd.Series(sizes, ORDER), None)
    groups = {}
    for level, size in zip(ORDER, sizes, strict=True):
        groups.setdefault(found.get(level, level), []).append(size)
    assert len(groups) == 1 or all(sum(sizes) >= 10 for sizes in groups.values())
    assert set(found) | {*found.values()} == set(merged) | {*merged.values()}


def test_a_level_without_place_in_the_order_joins_the_largest():
    merging = Merging(10, {"cohort": ["a", "b"]})
    assert merging.of("cohort", pd.Series({"a": 30, "b": 50, "?": 3}), None) == {"?": "b"}
    assert Merging(10).of("sex", pd.Series({"m": 30, "f": 50, "?": 3}), None) == {"?": "f"}


def test_few_events_count_as_few_persons():
    persons, events = pd.Series({"a": 300, "b": 500}), pd.Series({"a": 9, "b": 60})
    assert Merging(10).of("x", persons, events) == {"a": "b"} and Merging(10).of("x", persons, None) == {}


def cells(events, months=2000, seed=3):
    """Person-months with the given events by cohort, and an exposure."""
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame({"cohort": level, "left": rng.permutation(np.arange(months) < n).astype(float)})
        for level, n in events.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["x"], frame["unit"] = rng.normal(size=len(frame)), rng.integers(0, 40, len(frame))
    return frame.assign(n=1)


def fitted(frame, merging=None, report="all", **changes):
    spec = {"name": "m", "estimator": "cloglog", "data": "d", "outcome": "left", "terms": ["x"]}
    spec |= {"controls": ["cohort"], "report": report, "role": "primary", "hypothesis": "H2"} | changes
    table = AnalysisTable(frame, "n", len(frame), merging=merging or Merging())
    rows = engine.fit_model(ModelSpec.of(spec), table, {"cohort": NAMES}, Settings(bootstrap=0))
    return rows.assign(province="p")


WITHHELD = {"old": 9, "middle": 9, "young": 45, "youngest": 4}  # the exits of three cohorts are withheld


def test_small_cohorts_are_merged_before_estimation_and_the_row_says_so():
    rows = fitted(cells(WITHHELD), Merging(10, {"cohort": ORDER}))
    assert set(rows["term"]) == {"(Intercept)", "x", "cohort_young"}
    assert all(has(read_reasons(text), "levels_merged") for text in rows["reasons"])
    assert (
        rows["behind_events"].min() >= 10 and not release_estimates(rows, LIMITS)[0]["estimate"].isna().any()
    )


def test_a_control_whose_levels_are_all_merged_has_no_reference():
    def references(events):
        rows = fitted(cells(events), Merging(10, {"cohort": ORDER}))
        reasons = [reason for text in rows["reasons"] for reason in read_reasons(text)]
        return [reason.data()["levels"] for reason in reasons if reason.code == "reference"]

    assert references({"old": 3, "middle": 2, "young": 1, "youngest": 3}) == []
    assert references({"old": 30, "middle": 40, "young": 50, "youngest": 30})


def rebuilt(released, person_months):
    """Events by level that the released figures tell: total, person-months and rate ratios of a model with dummies.

    Of a level without a released coefficient what is left of the total, where it is the only one.
    """
    shown = released[released["estimate"].notna()].set_index("term")["estimate"]
    if "(Intercept)" not in shown:
        return {}
    dummies = {level: NAMES[level] for level in person_months.index if NAMES[level] in set(released["term"])}
    found = {
        level: np.exp(shown["(Intercept)"] + shown.get(dummies.get(level), 0.0)) * months
        for level, months in person_months.items()
        if level not in dummies or dummies[level] in shown
    }
    unknown = set(person_months.index) - set(found)
    left = released["n_events"].iloc[0] - sum(found.values())
    return found | ({unknown.pop(): left} if len(unknown) == 1 else {})


def attacked(events, merging, check):
    """Events by level as they are and as an attacker finds them; merged levels count as one, as the row says."""
    frame = cells(events)
    rows = fitted(frame, merging, terms=["cohort"], controls=[])
    sizes = frame.groupby("cohort")["left"].agg(["size", "sum"])
    level = sizes.index.to_series().replace((merging or Merging()).of("cohort", sizes["size"], sizes["sum"]))
    sizes = sizes.groupby(level).sum()
    return sizes["sum"], rebuilt(check(rows), sizes["size"])


def test_the_attack_finds_withheld_events_where_nothing_is_merged_or_withheld():
    truth, told = attacked(WITHHELD, None, lambda rows: rows)
    assert len(truth) == 4 and all(told[level] == pytest.approx(n, abs=1) for level, n in truth.items())


@pytest.mark.parametrize("merging", [None, Merging(10, {"cohort": ORDER})])
@pytest.mark.parametrize(
    "sizes", [(9, 9, 45, 4), (30, 40, 45, 4), (4, 40, 45, 60), (30, 4, 45, 3), (60, 5, 0, 0)]
)
def test_no_released_model_tells_the_events_of_a_small_cohort(merging, sizes):
    events = {level: n for level, n in zip(ORDER, sizes, strict=True) if n}
    truth, told = attacked(events, merging, lambda rows: release_estimates(rows, LIMITS)[0])
    for level, n in truth.items():
        assert n >= 10 or abs(told.get(level, np.inf) - n) > 1, level
    assert merging is None or truth.min() >= 10


def test_a_level_that_would_tell_the_withheld_one_goes_with_it():
    released, _ = release_estimates(
        fitted(cells({"old": 90, "middle": 40, "young": 45, "youngest": 4})), LIMITS
    )
    shown = released.set_index("term")["estimate"].notna()
    assert not shown[["cohort_youngest", "cohort_middle"]].any() and shown[["x", "cohort_young"]].all()


def test_a_dummy_of_two_persons_is_withheld_on_an_own_table():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=200), "x": rng.normal(size=200), "two": np.arange(200) < 2})
    frame["twice"] = frame["two"] * 3.0 + (frame.index == 5)
    spec = ModelSpec.of({"name": "m", "estimator": "ols", "data": "d", "outcome": "y", "terms": ["x", "two"]})
    for terms in (("x", "two"), ("x", "x:two"), ("x", "twice")):
        table = AnalysisTable(frame.astype(float), None, 200)
        rows = engine.fit_model(
            spec.changed({"terms": terms, "report": "all"}), table, {}, Settings(bootstrap=0)
        )
        released, counts = release_estimates(rows, LIMITS)
        shown = released.set_index("term")["estimate"].notna()
        assert shown["x"] and not shown[terms[1]] and counts["small_cells"] == 1


def test_persons_are_counted_once_over_waves():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"person": np.repeat(np.arange(60), 4), "y": rng.normal(size=240)})
    frame["leader"] = (frame["person"] < 5).astype(float)
    spec = ModelSpec.of({"name": "m", "estimator": "ols", "data": "d", "outcome": "y", "terms": ["leader"]})
    row = engine.fit_model(spec, AnalysisTable(frame, None, 240), {}, Settings(bootstrap=0)).iloc[0]
    assert row["behind_persons"] == 5


def test_respondents_who_are_no_known_person_make_no_level_large():
    rng = np.random.default_rng(4)
    level = np.repeat(["a", "b", "c"], [100, 100, 40])
    person = np.arange(240).astype(object)
    person[200:231] = None  # of the last level nine are known
    frame = pd.DataFrame({"y": rng.normal(size=240), "level": pd.Categorical(level), "person": person})
    spec = ModelSpec.of({"name": "m", "estimator": "ols", "data": "d", "outcome": "y", "terms": ["level"]})
    table = AnalysisTable(frame, None, 240, merging=Merging(10, {"level": ["a", "b", "c"]}))
    names = {"level": {"a": "level_a", "b": "level_b", "c": "level_c"}}
    rows = engine.fit_model(spec.changed({"report": "all"}), table, names, Settings(bootstrap=0))
    assert set(rows["term"]) & {"level_b", "level_c"} == {"level_b"}


def test_points_of_curves_and_contrasts_count_who_is_there():
    frame = cells({"old": 60, "middle": 60})
    frame["x"] = frame["x"].clip(-3, 3)
    rows = fitted(frame, terms=["ns(x, 3)"], options={"curve": {"x": [1, 2.99]}}).set_index("term")
    assert rows.loc["x=1", "behind_events"] > rows.loc["x=2.99", "behind_events"]
    released, _ = release_estimates(rows.reset_index(), LIMITS)
    assert released.set_index("term")["estimate"].notna()[["x=1", "x=2.99"]].tolist() == [True, False]
    sums = {"contrasts": {"both": ["cohort_middle", "x"]}}
    few = fitted(cells({"old": 60, "middle": 5}), options=sums).set_index("term")
    assert few.loc["both", "behind_events"] == 5


def test_survival_curves_show_no_step_of_few_events():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"time": rng.uniform(1, 24, 300).round(), "event": rng.random(300) < 0.5})
    frame["event"] = frame["event"].map({True: "left", False: ""})
    options = {"times": [2, 12, 13, 24], "cause": "left"}
    spec = {
        "name": "m",
        "estimator": "aalen_johansen",
        "data": "d",
        "exit": "time",
        "event": "event",
        "options": options,
    }
    table = AnalysisTable(frame, None, 300)
    released, _ = release_estimates(
        engine.fit_model(ModelSpec.of(spec), table, {}, Settings(bootstrap=0)), LIMITS
    )
    steps = [
        ((frame["event"] == "left") & frame["time"].between(a, b)).sum()
        for a, b in ((1, 2), (3, 12), (13, 13))
    ]
    assert released["estimate"].notna().tolist()[:3] == [step >= 10 for step in steps]


@pytest.mark.parametrize("estimator", ["multinomial", "ordinal"])
def test_levels_of_an_outcome_that_few_persons_have_are_withheld(estimator):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"x": rng.normal(size=300), "y": rng.choice([1.0, 2.0], 300)})
    frame.loc[:5, "y"] = 3.0
    spec = ModelSpec.of(
        {"name": "m", "estimator": estimator, "data": "d", "outcome": "y", "terms": ["x"], "report": "all"}
    )
    rows = engine.fit_model(spec, AnalysisTable(frame, None, 300), {}, Settings(bootstrap=0))
    released, _ = release_estimates(rows, LIMITS)
    few = released["outcome"].isin(["y=3", "y=3.0"]) | released["term"].eq("threshold 2|3")
    assert (
        few.any()
        and released.loc[few, "estimate"].isna().all()
        and released.loc[~few, "estimate"].notna().all()
    )


@pytest.mark.parametrize("events", [0, 5, 9])
def test_a_truth_value_says_nothing_of_how_few_events_its_small_side_has(events):
    """With none the side would be left out as separated, which told that there were none."""
    frame = cells({"old": 40, "young": 45})
    own = frame.index[frame["cohort"].eq("old") & frame["left"].eq(0)][:600]
    frame["lock"] = frame.index.isin(
        [*own, *frame.index[frame["cohort"].eq("old") & frame["left"].eq(1)][:events]]
    )
    merging = Merging(10, {"cohort": ORDER})
    rows = fitted(frame, merging, controls=["cohort", "lock"])
    assert (
        rows["dropped_by_reason"].eq("{}").all()
        and rows.set_index("term").loc["lock", ["estimate"]].isna().all()
    )
    assert rows["reasons"].str.contains("lock_1 → lock_0").all()
    many = fitted(frame.assign(lock=frame["x"] > 0), merging, controls=["cohort", "lock"]).set_index("term")
    assert np.isfinite(many.loc["lock", "estimate"])
