"""Notes of released estimates tell no counts that the columns beside them withhold or round."""

import numpy as np
import pandas as pd
import pytest

from jianfu.models.estimates import ESTIMATE_COLUMNS
from jianfu.release.gate import release_estimates
from jianfu.release.notes import coarse_notes, rates_of_released
from jianfu.release.outputs import Limits

LIMITS = Limits(min_cell=10, min_residual_df=10, dominance=0.9)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("not estimable: 3 events for 22 coefficients", "not estimable: <10 events for 22 coefficients"),
        ("not estimable: 57 events for 88 coefficients", "not estimable: ~60 events for 88 coefficients"),
        ("57 events, 17 clusters, SE 0.22", "~60 events, 17 clusters, SE 0.22"),
        ("t(16); few events: 5.7 per slope, 3.4 per unit; p", "t(16); few events; p"),
        ("t(16); events: 89.8 per slope, 4.8 per unit; p", "t(16); p"),
        ("events: 89.8 per slope; p", "p"),
        ("4 at risk at 12", "<10 at risk at 12"),
        ("G/(G-1); t(199)", "G/(G-1); t(199)"),
    ],
)
def test_counts_in_notes_are_coarse(note, told):
    assert coarse_notes(pd.Series([note, np.nan]), 10).fillna("")[0] == told


def test_the_gate_passes_no_small_count_in_a_note():
    row = dict.fromkeys(ESTIMATE_COLUMNS) | {
        "hypothesis": "H2",
        "outcome": "resign",
        "role": "robustness",
        "dropped_by_reason": "{}",
        "note": "not estimable: 3 events for 22 coefficients",
    }
    released, _ = release_estimates(pd.DataFrame([row]), LIMITS, "withheld")
    assert released.loc[0, "note"] == "not estimable: <10 events for 22 coefficients"


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
