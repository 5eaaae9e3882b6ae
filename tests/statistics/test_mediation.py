"""Mediation with known truth, and against separate regressions."""

import numpy as np
import pandas as pd
import pytest

from jianfu.models import engine
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import mediation, regression


def province(seed, units=80, size=25, a=-0.3, b=-0.4, direct=0.1):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), size)
    wave = np.tile(np.arange(size) % 2, units)
    x = rng.normal(size=len(unit)) + rng.normal(size=units)[unit]
    z = rng.normal(size=len(unit))
    m = a * x + 0.2 * z + 0.5 * rng.normal(size=units)[unit] + 0.1 * wave + rng.normal(size=len(unit))
    y = direct * x + b * m + 0.1 * z + 0.5 * rng.normal(size=units)[unit] + rng.normal(size=len(unit))
    return y, m, x[:, None], z[:, None], [unit, wave], unit


def test_paths_equal_those_of_two_regressions():
    y, m, x, z, effects, unit = province(1)
    fit = mediation.fit(y, m, x, z, effects, unit, 20, 1)
    first = regression.fit(m, np.column_stack([x, z]), effects, unit)
    second = regression.fit(y, np.column_stack([m, x, z]), effects, unit)
    assert fit.a[0] == pytest.approx(first.coefficients[0], abs=1e-9)
    assert fit.b == pytest.approx(second.coefficients[0], abs=1e-9)
    assert fit.direct[0] == pytest.approx(second.coefficients[1], abs=1e-9)
    assert fit.indirect[0] == pytest.approx(fit.a[0] * fit.b)


def test_direct_and_indirect_add_up_to_the_total():
    y, m, x, z, effects, unit = province(2)
    fit = mediation.fit(y, m, x, z, effects, unit, 20, 1)
    total = regression.fit(y, np.column_stack([x, z]), effects, unit).coefficients[0]
    assert fit.direct[0] + fit.indirect[0] == pytest.approx(total, abs=1e-9)


def test_intervals_hold_the_known_indirect_effect():
    inside = 0
    for seed in range(40):
        fit = mediation.fit(*province(seed, units=50, size=12), 199, seed)
        low, high = np.quantile(fit.draws[:, 0], [0.025, 0.975])
        inside += low <= 0.12 <= high
    assert inside >= 34  # 99 % binomial range of 0.95 in 40 draws is 34-40


def test_bootstrap_error_is_that_of_the_coefficients():
    y, m, x, z, effects, unit = province(3, units=150)
    fit = mediation.fit(y, m, x, z, effects, unit, 999, 4)
    first = regression.fit(m, np.column_stack([x, z]), effects, unit)
    second = regression.fit(y, np.column_stack([m, x, z]), effects, unit)
    delta = np.sqrt(fit.b**2 * first.covariance[0, 0] + fit.a[0] ** 2 * second.covariance[0, 0])
    assert fit.draws[:, 0].std() == pytest.approx(delta, rel=0.12)
    assert fit.direct_draws[:, 0].std() == pytest.approx(np.sqrt(second.covariance[1, 1]), rel=0.12)


def test_same_seed_same_draws():
    data = province(4, units=20, size=6)
    assert (mediation.fit(*data, 50, 9).draws == mediation.fit(*data, 50, 9).draws).all()


def test_every_effect_of_an_exposure_is_per_standard_deviation():
    y, m, x, _, _, unit = province(1)
    frame = pd.DataFrame({"unit": unit, "y": y, "m": m, "OD": x[:, 0]})
    table = AnalysisTable(frame, None, len(frame), exposures={"OD": "OD"})
    spec = {
        "name": "a",
        "data": "d",
        "estimator": "mediation",
        "outcome": "y",
        "mediator": "m",
        "terms": ["OD"],
    }
    spec |= {"standardise": ["y", "m"], "effects": ["unit"], "cluster": "unit"}
    rows = engine.fit_model(ModelSpec.of(spec), table, {}, Settings(bootstrap=0)).set_index("term")["scale"]
    assert rows[["OD_a", "OD_direct", "OD_indirect", "OD_total"]].eq("sd_per_sd").all()
