"""Coefficients over the multiverse of an index: equal to a direct fit, shares exact, failures left out."""

import numpy as np
import pandas as pd
import pytest

from jianfu.indices.construction import read_cube
from jianfu.indices.engine.variance_shares import exact_shares
from jianfu.indices.specification import index_spec
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.robustness.curve import fits
from jianfu.robustness.curve.shares import coefficient, coefficient_shares
from jianfu.statistics import designs, hazard

CATEGORIES = {"cohort": {"80后": "cohort_80s", "90后": "cohort_90s"}}
MODEL = ModelSpec(
    name="H",
    estimator="cloglog",
    data="hazard_cells",
    outcomes=("voluntary",),
    controls=("cohort",),
    effects=("unit", "month"),
    clusters=("unit",),
)
CHOICES = {
    "normalisation": ["z", "minmax"],
    "weights": ["given"],
    "aggregation": ["arithmetic"],
    "drop_one": True,
    "reference_months": [12, 18],
}


@pytest.fixture(scope="module")
def province():
    """40 units in 18 months with two components, exits following the first."""
    random = np.random.default_rng(4)
    months = [f"2024-{m:02d}" for m in range(1, 13)] + [f"2025-{m:02d}" for m in range(1, 7)]
    names = [f"33010{u // 10}{u:03d}" for u in range(40)]
    unit_months = pd.DataFrame(
        [(u, m, u[:6], 60) for u in names for m in months],
        columns=["unit_code", "month", "county_code", "headcount"],
    )
    level = random.normal(size=len(unit_months))
    indicators = pd.concat(
        [
            unit_months[["unit_code", "month"]].assign(indicator="a", value=level),
            unit_months[["unit_code", "month"]].assign(indicator="b", value=random.normal(size=len(level))),
        ],
        ignore_index=True,
    )
    frame = unit_months.rename(columns={"unit_code": "unit", "county_code": "county"})
    frame = frame.loc[frame.index.repeat(2)].assign(cohort=["80后", "90后"] * len(unit_months), n=60)
    lagged = pd.Series(level).groupby(unit_months["unit_code"]).shift(1).fillna(0.0)
    rate = 1 - np.exp(-np.exp(-4 + 0.4 * np.repeat(lagged.to_numpy(), 2)))
    frame["voluntary"] = random.binomial(60, rate)
    frame = frame.astype({"unit": "category", "month": "category", "cohort": "category"}).reset_index(
        drop=True
    )
    plan = pd.DataFrame(
        {"index": "OD", "indicator": ["a", "b"], "weight": 1.0, "direction": 1, "transformation": "none"}
    )
    spec = index_spec(plan, ("2024-01", "2024-12"))
    cube = read_cube(indicators, unit_months, spec)
    base = fits.base_of(MODEL, AnalysisTable(frame, "n", int(frame["n"].sum())), CATEGORIES, cube.grid)
    return frame, cube, spec, coefficient(base, "cloglog", np.arange(40))


def test_the_first_coefficient_is_that_of_a_direct_fit(province):
    frame, cube, spec, estimate = province
    grid, _ = coefficient_shares(cube, spec, CHOICES, estimate)
    assert len(grid) == 2 * 3 * 2
    keys = pd.MultiIndex.from_product([cube.grid.units, cube.grid.months])
    year = keys.get_level_values(1) <= "2024-12"
    values = cube.screened.reshape(-1, 2)
    z = (values - values[year].mean(axis=0)) / values[year].std(axis=0, ddof=1)
    index = pd.Series(z.mean(axis=1)).groupby(keys.get_level_values(0))
    lags = pd.concat([index.shift(lag) for lag in (1, 2, 3)], axis=1)
    exposure = lags.mean(axis=1).where(lags.notna().sum(axis=1) >= 2)
    own = exposure[year].dropna()
    exposure = (exposure - own.mean()) / own.std(ddof=1)
    wanted = pd.MultiIndex.from_arrays([frame["unit"].astype(object), frame["month"].astype(object)])
    frame = frame.assign(x=pd.Series(exposure.to_numpy(), index=keys).reindex(wanted).to_numpy())
    frame = frame[frame["x"].notna()]
    design = np.column_stack([frame["x"], frame["cohort"] == "90后"])
    effects = [designs.codes_of(frame[name].cat.codes.to_numpy())[0] for name in ("unit", "month")]
    direct = hazard.fit(frame["voluntary"].to_numpy(float), frame["n"].to_numpy(float), design, effects)
    assert grid["estimate"][0] == pytest.approx(direct.coefficients[0], abs=1e-7)


def test_shares_are_those_of_the_grid_and_leaving_the_driver_out_matters_most(province):
    _, cube, spec, estimate = province
    grid, shares = coefficient_shares(cube, spec, CHOICES, estimate)
    expected = exact_shares(
        grid[["normalisation", "weights", "aggregation", "drop_one", "window"]], grid["estimate"]
    )
    assert np.allclose(shares["first_order"].fillna(0), expected["first_order"].fillna(0))
    assert shares.set_index("factor")["total"].idxmax() == "drop_one"
    assert abs(grid.loc[grid["drop_one"] == "a", "estimate"]).max() < grid["estimate"].max() / 2


def test_an_undefined_level_is_named(province):
    _, cube, spec, estimate = province
    choices = CHOICES | {
        "aggregation": ["arithmetic", "geometric"],
        "normalisation": ["z"],
        "drop_one": False,
    }
    _, shares = coefficient_shares(cube, spec, choices, estimate)
    assert shares.set_index("factor")["left_out"]["aggregation"] == "geometric"
