"""Reasons of released estimates tell no counts that the columns beside them withhold or round."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.core.reasons import Reason, read_reasons, write_reasons
from jianfu.models.estimates import RELEASED_COLUMNS, RESTRICTED_COLUMNS
from jianfu.models.reasons import because, codes
from jianfu.release.estimates import rates_of_released, release_estimates
from jianfu.release.gate import release_all
from jianfu.release.outputs import Limits
from jianfu.release.reasons import coarse, tells_counts
from jianfu.report.reading import read_estimates

PLAN = Path(__file__).parents[2] / "config" / "plan"
LIMITS = {"min_cell": 10, "min_residual_df": 10, "dominance": 0.9}
EVENTS = because("too_few_events", events=3, coefficients=22)
FEW = because("too_few_events", events="<10", coefficients=22)


def estimates(reasons, **changes):
    row = dict.fromkeys(RESTRICTED_COLUMNS) | {"outcome": "resign", "role": "robustness", "n_used": 0}
    row |= {"model": "m", "term": "OD", "hypothesis": "H2", "dropped_by_reason": "{}", "scale": ""}
    return pd.DataFrame([row | {"reasons": write_reasons(reasons)} | changes])


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (EVENTS, FEW),
        (because("not_estimable", why=EVENTS), because("not_estimable", why=FEW)),
        (
            because("too_few_events", events=57, coefficients=8),
            because("too_few_events", events="~60", coefficients=8),
        ),
        (because("in_each", remarks=[EVENTS]), because("in_each", remarks=[FEW])),
        (because("at_risk", at_risk=4, time=12), because("at_risk", at_risk="<10", time=12)),
        (because("t", df=199), because("t", df=199)),
    ],
)
def test_counts_in_reasons_are_coarse(reason, told):
    assert coarse([reason], 10) == [told]
    assert tells_counts([reason]) == (told != reason)


def test_figures_in_reasons_have_as_few_digits_as_those_beside_rounded_counts():
    made = coarse([because("detectable", power=0.8, effect=4.175273391219454), because("t", df=1234.0)], 10)
    assert made == [because("detectable", power=0.8, effect=4.18), because("t", df=1234.0)]


def test_a_ratio_that_tells_the_events_stays_inside_and_that_they_are_few_is_said():
    within = [because("few_events"), because("events_per_slope", per_slope=5.7), because("t", df=16)]
    assert coarse(within, 10) == [because("few_events"), because("t", df=16)]


@pytest.mark.parametrize("unknown", [Reason("nobody_declared_me"), Reason("t", df=3, persons=7)])
def test_an_undeclared_reason_stops_the_gate(unknown):
    with pytest.raises(DataError, match="is not declared in models/reasons.py"):
        coarse([unknown], 10)
    with pytest.raises(DataError, match="is not declared in models/reasons.py"):
        coarse([Reason("not_estimable", why=unknown)], 10)


def test_every_value_that_counts_persons_or_events_is_among_the_values_of_its_reason():
    for code, declared in codes().items():
        assert set(declared.counts) <= set(declared.values), code


def test_no_released_byte_tells_a_small_count_of_a_reason(tmp_path):
    drops = {"missing_outcome": 3, "singleton_unit": 41}
    why = [
        [because("not_estimable", why=because("no_observations", reasons=sorted(drops)))],
        [because("few_events"), because("events_per_level", per_slope=4.25, per_level=1.75, column="unit")],
        [because("not_estimable", why=because("too_few_events", events=7, coefficients=88))],
    ]
    frame = pd.concat(
        [
            estimates(why[0], n_read=44, n_dropped=44, dropped_by_reason=json.dumps(drops)),
            *(estimates(own, n_read=0, n_dropped=0) for own in why[1:]),
        ]
    )
    frame.to_parquet(tmp_path / "estimates.parquet")
    for language in ("zh", "en"):
        folder, labels = tmp_path / language, Labels(language, str(PLAN / "labels.csv"))
        release_all(
            published={},
            estimates=tmp_path / "estimates.parquet",
            plan=PLAN / "outputs.csv",
            settings=LIMITS,
            labels=labels,
            synthetic=False,
            folder=folder,
            vintage=tmp_path / "vintage.parquet",
        )
        released = pd.read_csv(folder / "estimates.csv")
        assert list(released.columns) == RELEASED_COLUMNS
        assert released.loc[0, "dropped_by_reason"] == '{"other": 40}'
        assert labels("reason_other") + " 40" in released.loc[0, "note"]
        assert "<10" in released.loc[2, "note"]
        text = "".join(path.read_text(encoding="utf-8-sig") for path in folder.rglob("*.csv"))
        for secret in ("41", "4.25", "1.75", "outcome 3", labels("reason_missing_outcome"), "singleton_unit"):
            assert secret not in text, secret
        found = read_estimates(folder)["reasons"]
        dropped = because("no_observations", reasons=[because("dropped", reason="other", n=40)])
        assert found[0] == [because("not_estimable", why=dropped)]
        assert found[1] == [because("few_events")]


def test_dropped_rows_that_are_withheld_are_named_by_no_reason():
    why = [because("not_estimable", why=because("no_observations", reasons=["no_date"]))]
    frame = estimates(why, n_read=4, n_dropped=4, dropped_by_reason='{"no_date": 4}', n_used=0)
    released, _ = release_estimates(frame, Limits(**LIMITS))
    assert "no_date" not in released.loc[0, "reasons"]
    assert released.loc[0, "dropped_by_reason"] == "{}"


def test_a_withheld_estimate_says_so():
    frame = estimates([because("t", df=8)], estimate=0.2, n_used=900, n_events=9, residual_df=400)
    released, counts = release_estimates(frame, Limits(**LIMITS))
    assert read_reasons(released.loc[0, "reasons"]) == [because("not_published")]
    assert counts["small_cells"] == 1


def test_events_per_unit_do_not_undo_the_rounding_of_events():
    rows = pd.DataFrame(
        {
            "term": ["events_per_unit", "OD"],
            "estimate": [57 / 17, 0.1],
            "n_events": [60.0, 60.0],
            "n_units": [17, 17],
        }
    )
    assert rates_of_released(rows)["estimate"].tolist() == [60 / 17, 0.1]
    assert np.isnan(rates_of_released(rows.assign(estimate=np.nan))["estimate"]).all()
