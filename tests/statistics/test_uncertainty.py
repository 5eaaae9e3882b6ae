"""Reliability within units on data with known error; replicates of the pipeline against repeated rows."""

import numpy as np
import pandas as pd
import pytest

from jianfu.core.months import month_range
from jianfu.indices import construction
from jianfu.indices.specification import Months, index_spec
from jianfu.robustness.uncertainty import bootstrap, coding, reliability

UNITS, MONTHS, K = 40, 24, 5
HALF = Months(1, 6, 4)


def made(seed=3, error=0.8, units=UNITS):
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(units, 1)) * 0.7
    common = level + rng.normal(size=(units, MONTHS)) * 0.6
    values = common[..., None] + error * rng.normal(size=(units, MONTHS, K))
    return common, values


def test_reliability_is_that_of_parallel_members():
    common, values = made(units=400)
    found = reliability.within(values)
    # error of the mean 0.64 / 5; within units and months the true part has the variance 0.36
    assert found.error == pytest.approx(0.64 / K * (1 - 1 / MONTHS), rel=0.03)
    assert found.value == pytest.approx(0.36 / (0.36 + 0.64 / K), abs=0.02)
    assert found.between == pytest.approx(0.49 / (0.49 + 0.36 + 0.128), abs=0.05)
    assert found.value == pytest.approx(1 - found.error / (found.total * (1 - found.between)), abs=1e-3)
    assert common.shape == values.shape[:2]


def test_dividing_by_the_reliability_gives_the_effect_back():
    common, values = made(units=400)
    rng = np.random.default_rng(9)
    y = 0.5 * common + rng.normal(size=(400, 1)) + 0.5 * rng.normal(size=common.shape)
    inside = reliability.deviations(np.stack([y, values.mean(axis=2)], axis=-1), np.ones(common.shape))
    slope = (inside[..., 0] * inside[..., 1]).sum() / (inside[..., 1] ** 2).sum()
    assert slope < 0.42
    assert slope / reliability.within(values).value == pytest.approx(0.5, abs=0.035)


def test_a_unit_drawn_twice_counts_twice_in_the_reliability():
    _, values = made()
    times = np.random.default_rng(2).integers(0, 3, UNITS)
    repeated = reliability.within(values[np.repeat(np.arange(UNITS), times)])
    weighted = reliability.within(values, times)
    assert weighted.value == pytest.approx(repeated.value, abs=1e-8)
    assert weighted.error == pytest.approx(repeated.error, abs=1e-10)


def made_of(values):
    """Cube and specification of an index of K members over MONTHS months, the first year being the reference."""
    months = month_range("2024-01", "2025-12")
    keys = pd.MultiIndex.from_product([[f"{i:03d}" for i in range(len(values))], months])
    frame = keys.to_frame(index=False, name=["unit_code", "month"])
    names = [f"m{j}" for j in range(K)]
    long = frame.join(pd.DataFrame(values.reshape(-1, K), columns=names)).melt(
        ["unit_code", "month"], var_name="indicator"
    )
    plan = pd.DataFrame({"index": "X", "indicator": names, "weight": 1.0, "direction": 1.0})
    spec = index_spec(plan.assign(transformation="none"), ("2024-01", "2024-12"))
    return construction.read_cube(long, frame, spec), spec


def test_constants_come_from_the_drawn_units():
    _, values = made()
    times = np.random.default_rng(4).integers(0, 3, UNITS)
    rows = np.repeat(np.arange(UNITS), times)
    (cube, spec), (alone, _) = made_of(values), made_of(values[rows])
    level, own = construction.levels(cube, spec, times)["X"], construction.levels(alone, spec)["X"]
    assert level[rows] == pytest.approx(own)
    drawn = construction.exposure(level, cube.grid, spec.before, spec.reference, times)
    repeated = construction.exposure(own, alone.grid, spec.before, spec.reference)
    assert drawn[rows] == pytest.approx(repeated, nan_ok=True)


def test_least_squares_with_weights_are_those_of_repeated_units():
    rng = np.random.default_rng(8)
    unit = np.repeat(np.arange(UNITS), 10)
    month = rng.integers(8, MONTHS, len(unit))
    values, columns = rng.normal(size=(UNITS, MONTHS)), rng.normal(size=(len(unit), 2))
    y = 0.4 * values[unit, month] + columns[:, 0] + rng.normal(size=len(unit)) + rng.normal(size=UNITS)[unit]
    times = rng.integers(0, 3, UNITS)
    weighted = bootstrap.Survey(y, columns, unit, month, HALF).estimate(values, times)[0]
    rows = np.concatenate([np.flatnonzero(unit == u) for u in np.repeat(np.arange(UNITS), times)])
    new = np.repeat(np.arange(times.sum()), 10)
    own = values[np.repeat(np.arange(UNITS), times)]
    repeated = bootstrap.Survey(y[rows], columns[rows], new, month[rows], HALF).estimate(own, None)[0]
    assert weighted == pytest.approx(repeated, abs=1e-10)


def test_replicates_do_not_depend_on_how_they_are_shared_out():
    _, values = made()
    rng = np.random.default_rng(8)
    unit = np.repeat(np.arange(UNITS), 10)
    month = rng.integers(8, MONTHS, len(unit))
    models = {"H1": bootstrap.Survey(rng.normal(size=len(unit)), np.empty((len(unit), 0)), unit, month, HALF)}
    arguments = (*made_of(values), models, np.arange(UNITS), 1)
    found, lambdas = bootstrap.draws(*arguments, 0, 4)
    later, own = bootstrap.draws(*arguments, 2, 2)
    assert np.array_equal(found["H1"][2:], later["H1"])
    assert np.array_equal(lambdas[HALF][2:], own[HALF])


def _labelled(wrong, units=300, seed=5):
    """True counts of tasks and checks (units, months), the counts of a coder that takes ``wrong`` of either for the
    other, and these as :class:`~jianfu.robustness.uncertainty.coding.Coded` with the index of the tasks alone."""
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.normal(size=(units, MONTHS)) * 0.35)
    true = np.stack([rng.poisson(12 * rates), rng.poisson(12, size=rates.shape)], axis=-1)
    errors = np.array([[1 - wrong, wrong], [wrong, 1 - wrong]])
    seen = sum(rng.multinomial(true[..., place], row) for place, row in enumerate(errors))
    coded = coding.Coded(["任务", "检查"], seen.astype(float), seen.astype(float), errors)
    cube, spec = made_of(np.repeat(seen[..., :1] / 3.0, K, axis=2))
    return true[..., 0] / 3.0, coded, cube, spec


MEMBERS = {f"m{j}": ["任务"] for j in range(K)}


def test_errors_of_labels_weaken_an_effect_and_their_reliability_gives_it_back():
    true, coded, cube, spec = _labelled(0.1)
    lambdas = coding.reliability(cube, spec, coded, MEMBERS, [HALF], draws=20, seed=1)
    level = construction.build(cube, spec, construction.fit(cube, spec)).levels["X"]
    x = construction.mean_before(level, cube.grid, HALF)
    y = 0.5 * construction.mean_before(true, cube.grid, HALF)
    weights = (~np.isnan(x)).astype(float)
    inside = reliability.deviations(np.stack([y, x], axis=-1), weights)[weights > 0]
    # the same with exact labels: what the slope is per point of an index without error
    sharp, spec = made_of(np.repeat(true[..., None], K, axis=2))
    exact = construction.mean_before(construction.levels(sharp, spec)["X"], sharp.grid, HALF)
    right = reliability.deviations(np.stack([y, exact], axis=-1), weights)[weights > 0]
    slope, truth = ((p[:, 0] @ p[:, 1]) / (p[:, 1] @ p[:, 1]) for p in (inside, right))
    assert lambdas[HALF] < 0.95
    # per standard deviation an error takes sqrt(lambda) of the slope
    slope, truth = slope * inside[:, 1].std(), truth * right[:, 1].std()
    assert slope < 0.98 * truth
    assert slope / np.sqrt(lambdas[HALF]) == pytest.approx(truth, rel=0.02)


def test_a_coder_without_errors_takes_nothing_away():
    _, coded, cube, spec = _labelled(0.0)
    assert coding.reliability(cube, spec, coded, MEMBERS, [HALF], draws=2, seed=1) == {HALF: 1.0}
    assert (coded.share, coded.agreement) == (1.0, 1.0)


def test_labels_of_the_files_have_no_error_of_the_coder():
    months = pd.DataFrame({"unit_code": ["a", "a"], "month": ["2024-01", "2024-02"]})
    tasks = pd.DataFrame(
        [
            ("a", "2024-01", "任务", True, 3),
            ("a", "2024-01", "检查", False, 2),
            ("b", "2024-01", "任务", True, 9),
        ],
        columns=["unit_code", "month", "event_label", "is_coded", "n"],
    )
    errors = pd.DataFrame({"given": ["任务", "任务"], "coded": ["任务", "检查"], "titles": [3, 1]})
    counted = coding.count(tasks, errors, construction.Grid(months))
    assert counted.labels == ["任务", "检查"] or counted.labels == ["检查", "任务"]
    again = coding.again(counted, np.random.default_rng(0))
    assert again.sum() == counted.every.sum() == 5
    assert counted.share == 0.6 and counted.agreement == 0.75
    check = counted.labels.index("检查")
    assert again[..., check].sum() >= 2
