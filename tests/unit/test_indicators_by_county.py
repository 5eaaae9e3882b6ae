"""Indicators of counties that several jobs look at: the same to the last digit, whatever the number of jobs."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import PLAN, sample_results

from jianfu.core.calendar import Calendar
from jianfu.core.tables import MEASURED
from jianfu.indicators.evaluation import evaluate, evaluate_counties, units_of_job
from jianfu.indicators.plan import read_plan
from jianfu.indicators.unit_months import build_unit_months, logged_months

WINDOW = ("2024-01", "2025-06")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Tables (paths), frame of the analysis, plan and the rest, as evaluate takes them."""
    folder, tables = tmp_path_factory.mktemp("canonical"), {}
    for name, result in sample_results().items():
        tables[name] = str(folder / f"{name}.parquet")
        result.canonical.to_pandas().to_parquet(tables[name])
    logged = logged_months(tables["tasks"], tables["app_activity"])
    units, spells = (pd.read_parquet(tables[name]) for name in ("units", "spells"))
    frame = build_unit_months(units, spells, *logged, WINDOW, Calendar())
    measured = {name: tables[name] for name in MEASURED}
    return measured, frame, read_plan(PLAN / "indicators.csv"), Calendar(), WINDOW, WINDOW


@pytest.mark.parametrize("jobs", [2, 3, 9])
def test_jobs_make_what_one_makes(tmp_path, inputs, jobs):
    parts = [tmp_path / f"{number}.npz" for number in range(1, jobs + 1)]
    for number, part in enumerate(parts, start=1):
        evaluate_counties(part, number, jobs, *inputs)
    joined, whole = evaluate(*inputs, parts=parts), evaluate(*inputs)
    pd.testing.assert_frame_equal(joined.long(), whole.long(), check_exact=True)
    pd.testing.assert_frame_equal(joined.notices, whole.notices)
    for step in ("raw", "denominated", "values", "coverage"):
        np.testing.assert_array_equal(getattr(joined, step), getattr(whole, step))
    assert np.isfinite(whole.values).mean() > 0.3


def test_a_part_that_is_missing_is_no_gap(tmp_path, inputs):
    evaluate_counties(tmp_path / "1.npz", 1, 2, *inputs)
    with pytest.raises(AssertionError, match="no part"):
        evaluate(*inputs, parts=[tmp_path / "1.npz"])


def test_no_county_is_cut():
    county = ["c1"] * 3 + ["c2"] * 3 + [None, None] + ["c3"]
    units = pd.DataFrame({"unit_code": list("abcdefghi"), "county_code": county, "valid_from": pd.NaT})
    shares = [units_of_job(units, number, 3) for number in (1, 2, 3)]
    assert shares == [["g", "h"], ["a", "b", "c"], ["d", "e", "f", "i"]]
    assert units_of_job(units, 1, 1) == list("abcdefghi")
