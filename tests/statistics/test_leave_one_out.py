"""Leaving groups out of a hazard: the same as fitting anew without them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jianfu.models.estimators import diagnostics
from jianfu.models.estimators.common import Settings
from jianfu.models.sample import Prepared
from jianfu.models.spec import ModelSpec
from jianfu.models.terms import Design
from jianfu.statistics import hazard


@pytest.mark.parametrize("link", ["cloglog", "logit", "poisson"])
def test_equal_to_fitting_anew(link):
    rng = np.random.default_rng(2)
    unit, month = np.repeat(np.arange(24), 30), np.tile(np.arange(10), 72)
    x = np.column_stack([rng.normal(size=720), rng.integers(0, 2, 720), np.zeros(720)])
    x[:, 2] = 2 * x[:, 0]
    n = rng.integers(5, 30, 720)
    y = rng.binomial(n, -np.expm1(-np.exp(-3 + x[:, :2] @ [0.2, 0.3] + 0.3 * rng.normal(size=24)[unit])))
    y[(month == 9) & (unit >= 4)] = 0  # without the first group nothing happens in the last month
    group = unit // 4
    used = pd.DataFrame({"unit": unit, "month": month, "group": group, "exits": y})
    names = ["a", "b", "twice"]
    rows = used.assign(**dict(zip(names, x.T, strict=True)))

    def ends(*terms):
        spec = ModelSpec(terms=terms, outcomes=("exits",), effects=("unit", "month"), clusters=("unit",))
        spec = replace(spec, options={"model": link, "group": "group"})
        model = Prepared(spec, None, [], used, n, Design(rows, names, {}))
        found = diagnostics.fit_leave_one_out(model, Settings())
        return {effect.term: effect.estimate for effect in found.effects}

    assert np.isnan(list(ends("twice").values())).all()
    own, anew = ends("a", "b"), []
    for level in range(6):
        rows = group != level
        keep, _ = hazard.drop_separated(y[rows], n[rows], {"unit": unit[rows], "month": month[rows]})
        parts = [values[rows][keep] for values in (y, n, x, unit, month)]
        anew.append(hazard.fit(*parts[:3], parts[3:], parts[3], link).coefficients)
    for j, name in enumerate(names[:2]):
        found = [own[f"{end}_without_one({name})"] for end in ("lowest", "highest")]
        expected = np.array(anew)[:, j]
        np.testing.assert_allclose(found, [expected.min(), expected.max()], atol=1e-7)


def test_least_squares_counts_every_row_once():
    """As the model itself does, however many observations stand behind a row."""
    rng = np.random.default_rng(3)
    unit, group = np.repeat(np.arange(12), 10), np.repeat(np.arange(4), 30)
    x, n = rng.normal(size=120), rng.integers(1, 50, 120)
    y = 0.4 * x + rng.normal(size=12)[unit] + rng.normal(size=120)
    used = pd.DataFrame({"unit": unit, "group": group, "y": y, "x": x})
    spec = ModelSpec(terms=("x",), outcomes=("y",), effects=("unit",), clusters=("unit",))
    spec = replace(spec, options={"model": "ols", "group": "group"})
    model = Prepared(spec, None, [], used, n, Design(used, ["x"], {}))
    found = [effect.estimate for effect in diagnostics.fit_leave_one_out(model, Settings()).effects]

    def slope(rows):
        inside = used[rows].groupby("unit")[["x", "y"]].transform(lambda values: values - values.mean())
        return (inside["x"] @ inside["y"]) / (inside["x"] @ inside["x"])

    anew = [slope(group != level) for level in range(4)]
    np.testing.assert_allclose(found, [min(anew), max(anew)], atol=1e-10)
