"""What the models do not assume: every disturbance of a simulated province does what its parameter says, and nothing
else moves."""

import functools

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ROOT
from miniature import DEFINITIONS

from jianfu.config.merging import merge
from jianfu.exits.person_months import person_months
from jianfu.simulate.disturbances import ActingExposure
from jianfu.simulate.draw import draw
from jianfu.simulate.parameters import read_parameters

MANY = {"exits": {"yearly": {"70s": 0.08, "80s": 0.10, "90s": 0.20, "00s": 0.15}}}
OFF = read_parameters(ROOT / "config" / "simulation.yaml", small=True)["disturbances"]


@functools.cache
def plain():
    return _drawn({})


def _drawn(changes, seed=4):
    parameters = read_parameters(ROOT / "config" / "simulation.yaml", small=True)
    return draw(merge(merge(parameters, MANY), changes), seed, identities=False)


def _log_hazard(probability):
    return np.log(-np.log1p(-probability))


def _cohort(drawn, codes):
    births = drawn.spells.drop_duplicates("person_key").set_index("person_key")["birth_ym"].astype(str)
    return DEFINITIONS.cohort(births.reindex(codes).str[:4].astype(int))


def test_in_the_demonstration_only_the_pressure_is_hidden():
    own = plain().person_months
    hidden = _log_hazard(own["p_voluntary"]) - _log_hazard(own["p_observed"])
    pressure = plain().pressure.set_index("unit_code")["pressure"].mul(0.40)
    np.testing.assert_allclose(hidden, pressure.reindex(own["unit_code"].astype(object)), atol=1e-9)


def test_pressure_acts_more_on_one_cohort():
    drawn = _drawn({"disturbances": {"pressure_90s": 0.30}})
    own = drawn.person_months
    hidden = _log_hazard(own["p_voluntary"]) - _log_hazard(own["p_observed"])
    young = _cohort(drawn, own["person_key"].astype(object)) == "90后"
    pressure = drawn.pressure.set_index("unit_code")["pressure"].reindex(own["unit_code"].astype(object))
    np.testing.assert_allclose(hidden, pressure * np.where(young, 0.70, 0.40), atol=1e-9)


@pytest.mark.parametrize(("shock", "groups"), [("unit_shock", 24), ("county_shock", 4)])
def test_shocks_move_burden_and_exits_of_a_unit_or_county_together(shock, groups):
    drawn = _drawn(
        {"disturbances": {shock: {"on_burden": 0.6, "on_exit": 0.5}}, "pressure": {"on_exit": 0.0}}
    )
    own = drawn.person_months
    size = 6 if shock == "county_shock" else 9
    hidden = (_log_hazard(own["p_voluntary"]) - _log_hazard(own["p_observed"])) / 0.5
    keys = [own["unit_code"].astype(str).str[:size], own["month"].astype(str)]
    by_month = hidden.groupby(keys)
    assert by_month.std().fillna(0).max() < 1e-8 and len(by_month.first().unstack()) == groups  # noqa: PD010
    shocks = by_month.first()
    assert abs(shocks.mean()) < 1.5 and 0.5 < shocks.std() < 1.5
    # the same shock is in the burden: units with a larger mean shock got more tasks than without it
    tasks = [
        d.indicators.query("indicator == 'A1_tasks'").set_index(["unit_code", "month"])["value"]
        for d in (drawn, plain())
    ]
    change = np.log(tasks[0] / tasks[1]).dropna()
    found = shocks.rename_axis(["place", "month"])
    place = change.index.get_level_values(0).str[:size]
    at = pd.MultiIndex.from_arrays([place, change.index.get_level_values(1)])
    assert np.corrcoef(change, found.reindex(at))[0, 1] > 0.2


def test_exits_follow_the_burden_or_an_earlier_exposure():
    burden = np.random.default_rng(1).standard_normal((5, 15)).cumsum(axis=1)

    def exposures(own):
        acting = ActingExposure(OFF | own, lambda t, headcount: np.full(5, float(t)), burden)
        return np.stack([acting(t, None) for t in range(15)], axis=1)

    np.testing.assert_array_equal(exposures({})[0], np.arange(15.0))
    latent = exposures({"latent": 1})
    mean = (burden[:, 5] + burden[:, 6] + burden[:, 7]) / 3
    assert np.corrcoef(latent[:, 8], mean)[0, 1] > 1 - 1e-12
    decided = exposures({"decided": [3, 9]})
    assert decided[0, 12] == np.mean(np.arange(3, 10)) and decided[0, 4] == 0.5 and decided[0, 2] == 0


def test_some_leave_by_way_of_a_secondment_and_others_have_not_been_transferred_yet():
    changes = {"exits": {"via_secondment": {"share": 0.5, "months": [3, 9]}}}
    drawn = _drawn(changes)
    window = tuple(drawn.detail.months.names[i] for i in (0, -1))
    months, flow = person_months(drawn.spells, window, DEFINITIONS)
    found = months["cause"].value_counts()
    none = _drawn({"exits": {"via_secondment": {"share": 0.0, "months": [3, 9]}}})
    straight, _ = person_months(none.spells, window, DEFINITIONS)
    assert straight["cause"].value_counts()["via_secondment"] == 0
    moved = found[["select", "exam", "transfer"]].sum()
    assert 0.2 < found["via_secondment"] / (found["via_secondment"] + moved) < 0.6
    # truth holds them all, also those whose transfer is still to come
    expected = drawn.person_months["p_voluntary"].sum()
    voluntary = (months["kind"] == "voluntary").sum()
    assert voluntary < expected + 3 * np.sqrt(expected)
    assert flow.set_index("reason").loc["secondment_open", "events"] > 0


def test_logs_are_lost_and_drift_with_the_burden():
    drawn = _drawn({"disturbances": {"lost": 0.2, "lost_load": 0.8, "drift": -0.1}})
    common = drawn.indicators.query("indicator == 'A2_checks'").set_index(["unit_code", "month"])["value"]
    before = plain().indicators.query("indicator == 'A2_checks'").set_index(["unit_code", "month"])["value"]
    assert 0.6 < len(common) / len(before) < 0.9
    # what is left is the less burdened part, and falls short the more the higher the burden
    assert before.reindex(common.index).mean() < before.mean()
    ratio = (common / before.reindex(common.index)).dropna()
    high = before.reindex(ratio.index) > before.median()
    assert ratio[high].mean() < 1 < ratio[~high].mean()
    pd.testing.assert_frame_equal(drawn.person_months, plain().person_months)
    assert drawn.unit_months["tasks_logged"].sum() == len(common)


def test_response_falls_with_burnout_itself():
    drawn = _drawn({"survey": {"response_burnout": -1.0}})
    asked = [len(d.survey) for d in (drawn, plain())]
    assert 0.8 < asked[0] / asked[1] < 1.1
    means = [d.survey[["EE1", "EE2", "EE3"]].stack().mean() for d in (drawn, plain())]  # noqa: PD013
    assert means[0] < means[1] - 0.1


def test_exits_through_burnout_and_after_the_lock():
    drawn = _drawn({"exits": {"burnout": 0.5, "after_lock": 0.4, "overload": 0.0, "overload_90s": 0.0}})
    none = _drawn({"exits": {"overload": 0.0, "overload_90s": 0.0}})
    keys = ["person_key", "unit_code", "month"]
    first = none.person_months["month"].astype(str) == none.detail.months.names[0]
    both = drawn.person_months.merge(none.person_months[first], on=keys, suffixes=("", "_none"))
    change = (_log_hazard(both["p_observed"]) - _log_hazard(both["p_observed_none"])).round(9)
    # in the first month no exposure is known yet: what is left is the spike of those whose lock has just ended
    assert set(change.unique()) == {0.0, 0.4} and 0.01 < (change > 0).mean() < 0.2


def test_relief_lowers_the_burden_from_its_start_on():
    drawn = _drawn({"policies": {"formal_checks": {"burden": -2.0, "formal": 1.0, "disguised": 1.0}}})
    tasks = [
        d.indicators.query("indicator == 'A1_tasks'").groupby("month")["value"].mean()
        for d in (drawn, plain())
    ]
    change = np.log(tasks[0] / tasks[1])
    # from October 2024 on everywhere; tasks have the load .20
    assert change.loc[:"2024-06"].abs().max() < 0.1 and (change.loc["2024-11":] < -0.2).all()
