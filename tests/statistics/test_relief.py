"""Roll-outs of relief against exits (H27): extended Poisson regression, ratio, parallel trends, and their models."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from jianfu.core.errors import NotEstimable
from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import specs_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.tables.unit_months import exit_months
from jianfu.statistics import did, event_study

MONTHS, NEVER = 18, np.inf


def panel(effect=-0.4, overload=-2.0, counties=30, rate=3.0, seed=3):
    """Unit-months of three units a county; a third of the counties starts in month 8, a third in month 11."""
    rng = np.random.default_rng(seed)
    unit, month = (part.ravel() for part in np.meshgrid(range(3 * counties), range(MONTHS), indexing="ij"))
    county = unit // 3
    start = np.select([county % 3 == 0, county % 3 == 1], [8.0, 11.0], NEVER)
    treated, n = month >= start, 30.0 + unit % 7
    level = rate / 30 * np.exp(0.3 * rng.normal(size=3 * counties)[unit] + 0.02 * month + effect * treated)
    frame = pd.DataFrame({"unit": unit, "county": county, "month": month, "start": start, "n": n})
    burden = 50 + rng.normal(size=3 * counties)[unit] + overload * treated + rng.normal(size=len(unit))
    return frame.assign(voluntary=rng.poisson(n * level).astype(float), OD_month=burden)


def poisson(frame, **more):
    columns = (frame[name].to_numpy() for name in ("voluntary", "n", "unit", "month", "start", "county"))
    return event_study.extended_poisson(*columns, **more)


def test_extended_poisson_is_the_regression_on_groups_and_periods():
    frame = panel(counties=9)
    found = poisson(frame)
    since = np.where(
        frame["month"] >= frame["start"],
        (frame["month"] - frame["start"].where(frame["start"] < NEVER, 0)) // 3,
        -1,
    )
    cells = pd.get_dummies(
        pd.Series([f"{g}_{int(s):02d}" if s >= 0 else "" for g, s in zip(frame["start"], since, strict=True)])
    )
    cells = cells.drop(columns="").astype(float)
    dummies = pd.get_dummies(frame[["unit", "month"]].astype(str)).astype(float).drop(columns="month_0")
    design = pd.concat([cells, dummies], axis=1)
    model = sm.GLM(frame["voluntary"], design, family=sm.families.Poisson(), offset=np.log(frame["n"]))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": frame["county"], "use_correction": False})
    own = fitted.params[cells.columns].to_numpy()
    order = np.lexsort([[int(c[-2:]) for c in cells], [float(c[:-3]) for c in cells]])
    np.testing.assert_allclose(found.estimate, own[order], atol=1e-7)
    weight = (cells.to_numpy() * frame[["n"]].to_numpy()).sum(axis=0)
    assert found.overall == pytest.approx(own @ weight / weight.sum(), abs=1e-7)
    covariance = fitted.cov_params().loc[cells.columns, cells.columns].to_numpy() * 9 / 8
    error = np.sqrt(weight @ covariance @ weight) / weight.sum()
    assert np.sqrt((found.overall_contributions**2).sum()) == pytest.approx(error, rel=1e-6)


def test_a_group_without_events_is_refused_not_infinite():
    frame = panel(counties=9)
    frame.loc[(frame["start"] == 8) & (frame["month"] >= 8) & (frame["month"] < 11), "voluntary"] = 0
    with pytest.raises(NotEstimable, match="no_events_after_start"):
        poisson(frame)


def group_time(frame, outcome):
    columns = (frame[name].to_numpy(dtype=float) for name in (outcome, "unit", "month", "start"))
    y, unit, month, start = columns
    return did.att_gt(y, unit.astype(int), month, start, base="universal")


def test_intervals_widen_with_the_trends_that_are_allowed_for():
    frame = panel()
    cells = group_time(frame, "OD_month")
    clusters = (np.arange(90) // 3)[cells.units]
    dynamic = did.aggregate(cells, "dynamic")
    found = did.parallel_trends(
        dynamic, clusters, leads=3, lags=4, multiples=(0.0, 1.0, 2.0), confidence=0.95
    )
    (low0, high0), (low1, high1), (low2, high2) = (found.intervals[m] for m in (0.0, 1.0, 2.0))
    assert low2 < low1 < low0 < found.effect < high0 < high1 < high2
    assert found.effect == pytest.approx(-2, abs=0.5) and high0 < 0
    shown = (dynamic.label >= -4) & (dynamic.label < -1)
    sums = np.array([dynamic.influence[clusters == c][:, shown].sum(axis=0) for c in range(30)])
    slope = found.trend * (dynamic.label[shown] + 1)
    strength = slope @ np.linalg.solve(sums.T @ sums / 90**2, slope)
    assert stats.ncx2.sf(stats.chi2.ppf(0.95, 3), 3, strength) == pytest.approx(0.8, abs=1e-3)


def models(**changes):
    """The models of H27 on exits and their ratio, as the plan declares them."""
    options = {"unit": "unit", "time": "month", "start": "start", "trials": "n"}
    common = {
        "hypothesis": "H27",
        "role": "primary",
        "data": "exit_months",
        "outcome": "voluntary",
        "cluster": "county",
    }
    declared = [
        common | {"name": "exits", "estimator": "did_events", "options": options},
        common | {"name": "ratio", "estimator": "did_ratio", "options": options | {"first": "OD_month"}},
    ]
    frame = panel(**changes)
    table = AnalysisTable(frame, None, len(frame))
    rows = [
        engine.fit_model(spec, table, {}, Settings(bootstrap=0)) for spec in specs_of({"models": declared})
    ]
    return frame, pd.concat(rows).set_index(["model", "term"])


def test_relief_that_keeps_people_is_found_and_what_stands_behind_it_is_counted():
    frame, rows = models()
    found = rows.loc[("exits", "att")]
    assert found["ci_high"] < 0 and abs(found["estimate"] + 0.4) < 3 * found["std_error"]
    treated = frame["month"] >= frame["start"]
    assert found["behind_events"] == min(
        frame.loc[treated, "voluntary"].sum(), frame.loc[~treated, "voluntary"].sum()
    )
    assert found["behind_persons"] == min(frame.loc[treated, "n"].sum(), frame.loc[~treated, "n"].sum())
    per_1000 = rows.loc[("exits", "att_per_1000")]
    assert per_1000["scale"] == "excess_per_1000" and per_1000["ci_high"] < 0
    ratio = rows.loc[("ratio", "ratio")]
    assert ratio["estimate"] > 0 and ratio["ci_low"] < per_1000["estimate"] / -2 < ratio["ci_high"]


def test_relief_that_does_nothing_gives_no_effect_and_no_ratio():
    _, rows = models(effect=0.0, overload=0.0)
    assert rows.loc[("exits", "att"), "p_value"] > 0.05
    assert np.isnan(rows.loc["ratio", "estimate"]).all()
    assert "weak_first_stage" in rows.loc["ratio", "reasons"].iloc[0]


def test_exits_by_unit_and_month_are_those_of_the_cells():
    months = pd.DataFrame({"unit": ["a", "a", "b", "b"], "month": ["2024-01", "2024-02"] * 2, "relief": True})
    cells = pd.DataFrame(
        {
            "unit_code": ["a", "a", "b"],
            "month": ["2024-01", "2024-01", "2024-02"],
            "n": [4, 5, 6],
            "voluntary": [1, 0, 2],
        }
    )
    found = exit_months(AnalysisTable(months, None, 4), cells)
    assert found.frame[["unit", "month", "n", "voluntary"]].to_numpy().tolist() == [
        ["a", "2024-01", 9, 1],
        ["b", "2024-02", 6, 2],
    ]
    assert found.persons and found.n_read == 2
