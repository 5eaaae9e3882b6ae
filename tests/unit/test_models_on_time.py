"""Durations on a ready table: rows that are in no risk set are counted with their reason."""

import json

import pandas as pd
import pytest
from told import told

from jianfu.models import own_tables
from jianfu.models.estimators.common import Settings

MODELS = {
    "cox": {"estimator": "cox", "terms": ["x"]},
    "aalen_johansen": {"estimator": "aalen_johansen", "options": {"times": [10]}},
}


def table(tmp_path, gap):
    """300 persons at risk from month ``gap`` to 1 ... 20; the events are spread over all of them."""
    rows = range(300)
    frame = pd.DataFrame(
        {"entry": [gap] * 300, "exit": [i % 20 + 1 for i in rows], "left": [i % 3 == 0 for i in rows]}
    ).assign(x=[(i * 37 % 101) / 50 for i in rows])
    path = tmp_path / "persons.csv"
    frame.astype({"left": int}).to_csv(path, index=False)
    return str(path)


def fit(path, **keys):
    entry = {"name": "m", "entry": "entry", "exit": "exit", "event": "left", **keys}
    own_tables.check({"data": path, "list": [entry]}, "own.yaml")
    return own_tables.estimates({"data": path, "list": [entry]}, Settings(bootstrap=0), "own").iloc[0]


@pytest.mark.parametrize("model", MODELS)
def test_rows_that_are_never_at_risk_are_counted(model, tmp_path):
    row = fit(table(tmp_path, 5), **MODELS[model])
    assert row["converged"]
    assert json.loads(row["dropped_by_reason"]) == {"no_time_at_risk": 75}
    assert (row["n_read"], row["n_used"], row["n_events"]) == (300, 225, 75)


@pytest.mark.parametrize("model", MODELS)
def test_nobody_at_risk_is_a_row_that_says_so(model, tmp_path):
    row = fit(table(tmp_path, 20), **MODELS[model])
    assert not row["converged"]
    assert pd.isna(row["estimate"])
    assert (row["n_used"], json.loads(row["dropped_by_reason"])) == (0, {"no_time_at_risk": 300})
    assert told(row) == "not estimable: no observations left (no_time_at_risk)"


def test_a_landmark_after_every_exit_leaves_nobody(tmp_path):
    row = fit(table(tmp_path, 15), **MODELS["aalen_johansen"] | {"options": {"landmark": 30}})
    assert json.loads(row["dropped_by_reason"]) == {"before_landmark": 75, "no_time_at_risk": 225}
    assert not row["converged"]
