"""Which rows of a ready table a model uses: empty events, weights, dates of start outside the table."""

import json

import numpy as np
import pandas as pd
import pytest
from told import told

from jianfu.models import own_tables
from jianfu.models.estimators import mediation
from jianfu.models.estimators.common import Settings


def fit(frame, tmp_path, **entry):
    path = str(tmp_path / "own.csv")
    frame.to_csv(path, index=False)
    settings = {"data": path, "list": [{"name": "m", **entry}]}
    own_tables.check(settings, "own.yaml")
    return own_tables.estimates(settings, Settings(bootstrap=19), "own")


def persons():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"time": rng.integers(1, 30, 300), "x": rng.normal(size=300)})
    frame["how"] = rng.choice(["left", "retired", ""], 300)
    frame["y"], frame["weight"] = frame["x"] + rng.normal(size=300), rng.integers(0, 3, 300)
    return frame


SURVIVAL = {
    "aalen_johansen": {"options": {"times": [5, 10]}},
    "fine_gray": {"terms": ["x"], "options": {"cause": "left"}},
}


@pytest.mark.parametrize("estimator", SURVIVAL)
def test_an_empty_event_is_censored_unless_censoring_has_a_value(estimator, tmp_path):
    frame, keys = persons(), {"exit": "time", "event": "how", **SURVIVAL[estimator]}
    empty = fit(frame, tmp_path, estimator=estimator, **keys)
    said = fit(frame.replace({"how": {"": "censored"}}), tmp_path, estimator=estimator, **keys)
    pd.testing.assert_frame_equal(empty.drop(columns="reasons"), said.drop(columns="reasons"))
    assert (
        told(empty).str.contains("censored: empty").all()
        and told(said).str.contains("censored: censored").all()
    )
    frame["how"] = np.where(np.arange(300) < 5, "stayed", frame["how"])
    keys["options"] = keys["options"] | {"censored": "stayed"}
    unknown = json.loads(fit(frame, tmp_path, estimator=estimator, **keys)["dropped_by_reason"].iloc[0])
    assert unknown == {"missing_how": int((frame["how"] == "").sum())}


def test_rows_of_weight_zero_are_not_observations(tmp_path):
    frame, keys = persons(), {"estimator": "ols", "outcome": "y", "terms": ["x"], "weights": "weight"}
    rows, without = fit(frame, tmp_path, **keys), fit(frame[frame["weight"] > 0], tmp_path, **keys)
    zero = int((frame["weight"] == 0).sum())
    assert json.loads(rows["dropped_by_reason"].iloc[0]) == {"zero_weight": zero}
    np.testing.assert_array_equal(rows["std_error"], without["std_error"])
    np.testing.assert_array_equal(rows["p_value"], without["p_value"])


@pytest.mark.parametrize("estimator", ["ols", "logit"])
def test_weights_below_zero_are_refused(estimator, tmp_path):
    frame = persons().assign(outcome=lambda f: (f["y"] > 0).astype(int), weight=lambda f: f["weight"] - 1)
    rows = fit(frame, tmp_path, estimator=estimator, outcome="outcome", terms=["x"], weights="weight")
    assert rows["estimate"].isna().all()
    assert told(rows).str.contains("the weights weight are below 0").all()


def panel():
    frame = pd.DataFrame({"unit": np.repeat(np.arange(24), 8), "time": np.tile(np.arange(1, 9), 24)})
    frame["start"] = np.repeat([0, 4, 6, 1], 6)[frame["unit"]]
    return frame.assign(y=np.random.default_rng(4).normal(size=len(frame)), weight=1 + frame["unit"] % 3)


def study(frame, tmp_path, kind, **keys):
    options = {"unit": "unit", "time": "time", "start": "start", "estimator": kind}
    return fit(frame, tmp_path, estimator="event_study", outcome="y", options=options, **keys)


@pytest.mark.parametrize("kind", ["cs", "sunab", "imputation", "twfe"])
def test_a_start_after_the_last_period_is_never(kind, tmp_path):
    late = panel().assign(start=lambda f: np.where((f["start"] == 0) & (f["unit"] % 2 == 0), 20, f["start"]))
    pd.testing.assert_frame_equal(study(late, tmp_path, kind), study(panel(), tmp_path, kind))


@pytest.mark.parametrize("kind", ["sunab", "imputation"])
def test_clusters_of_units_treated_from_the_first_period_on_do_not_count(kind, tmp_path):
    rows = study(panel(), tmp_path, kind)
    without = study(panel()[lambda f: f["start"] != 1], tmp_path, kind)
    assert (rows["n_clusters"] == 18).all()
    np.testing.assert_allclose(rows["p_value"], without["p_value"])
    np.testing.assert_allclose(rows["std_error"], without["std_error"])


@pytest.mark.parametrize("kind", ["sunab", "imputation", "twfe"])
def test_weights_are_not_taken_in_silence(kind, tmp_path):
    rows = study(panel(), tmp_path, kind, weights="weight")
    assert rows["estimate"].isna().all()
    assert told(rows).str.contains("takes no weights").all()


def test_pooled_coefficients_of_a_logit_have_the_degrees_of_freedom_of_its_rows(tmp_path):
    """Barnard and Rubin with the residual degrees of freedom, as mice: fewer than the 38 of 40 rows."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"imputation": np.repeat(np.arange(1, 6), 40), "x": np.tile(rng.normal(size=40), 5)})
    frame["y"] = (frame["x"] + 2 * rng.normal(size=200) > 0).astype(int)
    frame.loc[frame.index % 40 < 30, "y"] = np.tile(frame["y"].to_numpy()[:30], 5)
    options = {"imputation": "imputation", "model": "logit"}
    rows = fit(frame, tmp_path, estimator="pool_imputations", outcome="y", terms=["x"], options=options)
    assert rows.set_index("term").loc["df(x)", "estimate"] < 38


def test_a_mediation_of_rows_says_nothing_of_few_clusters(tmp_path):
    frame = persons().assign(m=lambda f: f["y"] + f["x"])
    rows = fit(frame, tmp_path, estimator="mediation", outcome="y", mediator="m", terms=["x"])
    assert not told(rows).str.contains("few clusters").any()


def test_natural_effects_with_a_column_for_too_many_levels_are_refused(tmp_path, monkeypatch):
    frame = persons().assign(m=lambda f: f["y"] + f["x"], unit=lambda f: np.arange(len(f)) // 2)
    declared = {
        "estimator": "mediation",
        "outcome": "y",
        "mediator": "m",
        "terms": ["x"],
        "effects": ["unit"],
    }
    declared |= {"cluster": "unit", "options": {"interaction": True}}
    monkeypatch.setattr(mediation, "LARGEST_DESIGN", len(frame) * (frame["unit"].nunique() + 1))
    assert fit(frame, tmp_path, **declared)["estimate"].notna().any()
    monkeypatch.setattr(mediation, "LARGEST_DESIGN", len(frame) * (frame["unit"].nunique() + 1) - 1)
    rows = fit(frame, tmp_path, **declared)
    assert rows["estimate"].isna().all() and told(rows).str.contains("too large").all()


@pytest.mark.parametrize("slope, warned", [(0.0, True), (3.0, False)])
def test_a_share_of_a_total_around_zero_is_said_to_say_nothing(slope, warned, tmp_path):
    frame = persons().assign(m=lambda f: f["weight"] + 0.5 * f["x"])
    frame["y"] = slope * frame["x"] + frame["y"] - frame["x"] + 0.3 * (frame["m"] - 0.5 * frame["x"])
    declared = {"estimator": "mediation", "outcome": "y", "mediator": "m", "terms": ["x"]}
    rows = fit(frame, tmp_path, **declared, options={"interaction": True})
    share = told(rows[rows["term"] == "x_proportion"]).item()
    assert ("a share of it says nothing" in share) == warned
    assert not told(rows[rows["term"] == "x_total"]).str.contains("says nothing").any()
