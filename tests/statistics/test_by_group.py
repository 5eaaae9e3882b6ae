"""One model in every county alone, and drawn to the mean of the counties: known slopes of a simulated province."""

import numpy as np
import pandas as pd

from jianfu.models.by_group import fits_by
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.provinces import shrinkage
from jianfu.statistics import inference

SPEC = ModelSpec.of(
    {
        "name": "H1_burnout", "estimator": "ols", "data": "survey_scores", "outcome": "burnout",
        "standardise": ["burnout"], "terms": ["OD"], "effects": ["unit"], "cluster": "unit", "report": "all",
    }
)  # fmt: skip
COUNTIES, UNITS, PERSONS = 20, 10, 30


def province(seed):
    """The table of a province whose counties differ in their slopes (mean 0.3, SD 0.1), and the slopes per SD."""
    rng = np.random.default_rng(seed)
    county = np.repeat(np.arange(COUNTIES), UNITS * PERSONS)
    unit = np.repeat(np.arange(COUNTIES * UNITS), PERSONS)
    slopes, od = rng.normal(0.3, 0.1, COUNTIES), rng.normal(size=len(unit))
    burnout = slopes[county] * od + rng.normal(size=COUNTIES * UNITS)[unit] + rng.normal(size=len(unit))
    frame = pd.DataFrame(
        {
            "unit": pd.Categorical([f"u{n:03}" for n in unit]),
            "county": pd.Categorical([f"c{n:02}" for n in county]),
            "OD": od,
            "burnout": burnout,
        }
    )
    table = AnalysisTable(frame, None, len(frame), exposures={"OD": "OD_6m"})
    return table, slopes / burnout.std(ddof=1)


def test_counties_have_their_own_estimates_and_drawn_ones_are_nearer_to_the_truth():
    errors, covered = [], []
    for seed in range(6):
        table, truth = province(seed)
        found = fits_by(SPEC, table, {}, "county", Settings(0.95, 0, 1))
        assert len(found) == COUNTIES and (found["behind"] == UNITS * PERSONS).all()
        raw, errors_of, df = (found[name].to_numpy() for name in ("estimate", "std_error", "df"))
        ends = inference.t_interval(raw, errors_of, df, 0.95)[:2]
        drawn, low, high = shrinkage.shrunken(raw, shrinkage.interval_variances(*ends, 0.95))
        assert np.corrcoef(raw, truth)[0, 1] > 0.7
        errors.append([((values - truth) ** 2).mean() for values in (drawn, raw)])
        covered.append((low < truth) & (truth < high))
    assert np.divide(*np.sum(errors, axis=0)) < 0.95
    assert 0.9 < np.mean(covered) < 0.99


def test_a_county_that_cannot_be_estimated_is_left_out():
    table, _ = province(7)
    frame = table.frame.assign(OD=table.frame["OD"].where(table.frame["county"] != "c03", 1.0))
    found = fits_by(SPEC, AnalysisTable(frame, None, len(frame)), {}, "county", Settings(0.95, 0, 1))
    assert len(found) == COUNTIES - 1 and "c03" not in set(found["group"])
