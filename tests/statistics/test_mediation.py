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


def test_a_replicate_is_two_regressions_on_the_drawn_clusters():
    """Their effects add up to the total of a third."""
    y, m, x, z, effects, unit = province(1)
    indirect, direct = mediation.bootstrap(y, m, x, z, effects, unit, 3, 1)
    drawn = np.random.default_rng(1).multinomial(80, np.full(80, 1 / 80), size=3)[:, unit]
    for found, straight, times in zip(indirect[:, 0], direct[:, 0], drawn, strict=True):
        rows = np.repeat(np.arange(len(y)), times)
        one, two, three = (
            regression.fit(
                of[rows], np.column_stack(columns)[rows], [codes[rows] for codes in effects], unit[rows]
            ).coefficients
            for of, columns in ((m, [x, z]), (y, [m, x, z]), (y, [x, z]))
        )
        assert found == pytest.approx(one[0] * two[0], abs=1e-9)
        assert straight == pytest.approx(two[1], abs=1e-9)
        assert found + straight == pytest.approx(three[0], abs=1e-9)


def test_intervals_hold_the_known_indirect_effect():
    inside = 0
    for seed in range(40):
        indirect, _ = mediation.bootstrap(*province(seed, units=50, size=12), 199, seed)
        low, high = np.quantile(indirect[:, 0], [0.025, 0.975])
        inside += low <= 0.12 <= high
    assert inside >= 34  # 99 % binomial range of 0.95 in 40 draws is 34-40


def test_bootstrap_error_is_that_of_the_coefficients():
    y, m, x, z, effects, unit = province(3, units=150)
    indirect, direct = mediation.bootstrap(y, m, x, z, effects, unit, 999, 4)
    first = regression.fit(m, np.column_stack([x, z]), effects, unit)
    second = regression.fit(y, np.column_stack([m, x, z]), effects, unit)
    a, b = first.coefficients[0], second.coefficients[0]
    delta = np.sqrt(b**2 * first.covariance[0, 0] + a**2 * second.covariance[0, 0])
    assert indirect[:, 0].std() == pytest.approx(delta, rel=0.12)
    assert direct[:, 0].std() == pytest.approx(np.sqrt(second.covariance[1, 1]), rel=0.12)


def test_same_seed_same_draws():
    data = province(4, units=20, size=6)
    once, again = (mediation.bootstrap(*data, 50, 9)[0] for _ in range(2))
    assert (once == again).all()


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
