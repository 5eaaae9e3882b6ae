"""Treatment, imputation and normalisation of composite indicators against hand computation and scipy."""

import numpy as np
import pytest
from scipy import stats

from jianfu.core.errors import DataError
from jianfu.indices.engine import normalise
from jianfu.indices.engine.impute import carry_forward
from jianfu.indices.engine.treat import kurtosis, skewness, transform, winsor_limits

ALL = np.ones(5, dtype=bool)
NAN = np.nan


def column(*values):
    return np.array(values, dtype=float)[:, None]


def scores(values, method, direction=1, reference=None, low=None, high=None, centre=None, **options):
    """Scores of one indicator, fitted on ``reference`` rows (default all)."""
    values = column(*values)
    reference = np.ones(len(values), dtype=bool) if reference is None else np.array(reference)
    ends = [None if x is None else [x] for x in (low, high, centre)]
    entries = normalise.fit(values, reference, [direction], method, *ends)
    return normalise.apply(values, entries, [direction], method, **options)[0][:, 0]


def test_skewness_and_kurtosis_are_of_type_2():
    x = np.random.default_rng(1).lognormal(size=40)
    assert skewness(np.r_[x, NAN]) == pytest.approx(stats.skew(x, bias=False), rel=1e-12)
    assert kurtosis(np.r_[x, NAN]) == pytest.approx(stats.kurtosis(x, bias=False), rel=1e-12)


@pytest.mark.parametrize("values", [[], [1.0, 2.0], [3.0] * 6, [NAN] * 6, [0.0] * 6])
def test_skewness_and_kurtosis_are_missing_where_undefined(values):
    assert np.isnan(skewness(np.array(values))) and np.isnan(kurtosis(np.array(values)))


def test_winsorising_moves_the_longer_tail_until_one_threshold_holds():
    # the example of COINr's manual: 1 … 10 and two outliers; 100 becomes 30, then skewness is below 2
    x = np.r_[np.arange(1.0, 11), 30, 100]
    assert winsor_limits(x) == (-np.inf, 30.0, 1)
    assert winsor_limits(-x) == (-30.0, np.inf, 1)
    # 1000 becomes 200; both are then the largest and become 30: two values moved, in either direction
    x = np.r_[np.arange(1.0, 31), 200, 1000]
    assert winsor_limits(x) == (-np.inf, 30.0, 2)
    assert winsor_limits(-x) == (-30.0, np.inf, 2)


def test_winsorising_stops_at_the_largest_number_of_points():
    x = np.r_[np.arange(1.0, 31) / 100, 50, 1000]
    assert winsor_limits(x, points=1)[1:] == (50.0, 1)


@pytest.mark.parametrize("values", [[NAN] * 4, [2.0] * 4, [1.0], [0.0] * 9, []])
def test_nothing_to_winsorise(values):
    assert winsor_limits(np.array(values, dtype=float)) == (-np.inf, np.inf, 0)


def test_transformations_refuse_what_has_no_logarithm():
    assert transform(np.array([0.0, NAN]), "log1p")[0] == 0
    with pytest.raises(DataError, match="below zero"):
        transform(np.array([-0.1]), "log1p", "x")
    with pytest.raises(DataError, match="x: zero and less"):
        transform(np.array([0.0]), "log", "x")


def test_last_value_is_carried_for_at_most_two_periods_inside_a_unit():
    unit = np.array(["b", "a", "a", "a", "a", "b", "b"])
    period = np.array([1, 4, 1, 2, 3, 2, 9])
    values = column(NAN, NAN, 5, NAN, NAN, 7, NAN)
    filled, flags = carry_forward(values, unit, period, 2)
    # a: 5 in period 1 is carried to 2 and 3, not to 4; b: nothing before period 2, and 9 is too late
    np.testing.assert_array_equal(filled[:, 0], [NAN, NAN, 5, 5, 5, 7, NAN])
    np.testing.assert_array_equal(flags[:, 0], [False, False, False, True, True, False, False])
    np.testing.assert_array_equal(values[:, 0], [NAN, NAN, 5, NAN, NAN, 7, NAN])


def test_z_uses_the_sample_standard_deviation():
    x = [1, 2, 4, NAN]
    np.testing.assert_allclose(scores(x, "z"), [(v - 7 / 3) / np.sqrt(7 / 3) for v in x])
    np.testing.assert_allclose(scores(x, "z", -1, shift=50, stretch=10), 50 - 10 * scores(x, "z"))


def test_minmax_goalposts_and_direction():
    x = [1, 2, 5, NAN]
    np.testing.assert_allclose(scores(x, "minmax"), [0, 0.25, 1, NAN])
    np.testing.assert_allclose(scores(x, "minmax", -1, shift=1, stretch=99), [100, 75.25, 1, NAN])
    np.testing.assert_allclose(scores(x, "goalposts", low=2, high=4, clip=True), [0, 0, 1, NAN])
    np.testing.assert_allclose(scores(x, "goalposts", -1, low=1, high=9, clip=True), [1, 0.875, 0.5, NAN])


def test_ampi_scale_has_the_reference_at_100():
    # mean 3, range 4: 70 at 1, 130 at 5
    np.testing.assert_allclose(scores([1, 2, 5, 4], "ampi"), [70, 85, 130, 115][:4])
    np.testing.assert_allclose(scores([1, 2, 5, 4], "ampi", -1), [130, 115, 70, 85])
    np.testing.assert_allclose(scores([1, 2, 5], "ampi", low=0, high=10, centre=2), [94, 100, 118])


@pytest.fixture(autouse=True)
def ampi_scale(monkeypatch):
    """The scale that the settings give to the method ampi."""
    apply = normalise.apply

    def scaled(values, entries, direction, method, **options):
        options = {"shift": 70, "stretch": 60} | options if method == "ampi" else options
        return apply(values, entries, direction, method, **options)

    monkeypatch.setattr(normalise, "apply", scaled)


def test_ranks_take_the_smallest_of_tied_places():
    x = [10, 30, 20, 20, NAN]
    np.testing.assert_array_equal(scores(x, "rank"), [1, 4, 2, 2, NAN])
    np.testing.assert_array_equal(scores(x, "rank", -1), [4, 1, 2, 2, NAN])
    np.testing.assert_array_equal(scores(x, "borda"), [0, 3, 1, 1, NAN])
    np.testing.assert_allclose(scores(x, "percentile"), [0, 1, 1 / 3, 1 / 3, NAN])


def test_ranks_of_later_rows_are_places_in_the_reference():
    x, reference = [10, 20, 30, 5, 25, 99], [True] * 3 + [False] * 3
    np.testing.assert_array_equal(scores(x, "rank", reference=reference), [1, 2, 3, 1, 3, 4])
    np.testing.assert_array_equal(scores(x, "percentile", reference=reference), [0, 0.5, 1, 0, 1, 1])


def test_distance_to_the_best():
    np.testing.assert_allclose(scores([1, 2, 4], "distance"), [0.25, 0.5, 1])
    np.testing.assert_allclose(scores([1, 2, 4], "distance", -1), [1, 0.5, 0.25])


@pytest.mark.parametrize("method", ["z", "minmax", "ampi"])
@pytest.mark.parametrize("values", [[3, 3, 3], [0, 0, 0], [NAN] * 3, [2], []], ids=str)
def test_an_indicator_without_spread_is_dropped_with_its_reason(method, values):
    assert np.isnan(scores(values, method)).all()
    x = np.array(values, dtype=float)[:, None]
    assert normalise.fit(x, np.ones(len(x), dtype=bool), [1], method)[0]["dropped"]


def test_constant_indicators_have_ranks_and_goalposts():
    np.testing.assert_array_equal(scores([3, 3, 3], "rank"), [1, 1, 1])
    np.testing.assert_array_equal(scores([3, 3, 3], "borda"), [0, 0, 0])
    np.testing.assert_array_equal(scores([3, 3, 3], "percentile"), [0, 0, 0])
    np.testing.assert_array_equal(scores([3], "rank"), [1])
    np.testing.assert_array_equal(scores([3], "percentile"), [NAN])
    np.testing.assert_array_equal(scores([3], "goalposts", low=1, high=5), [0.5])
    np.testing.assert_array_equal(scores([NAN], "rank"), [NAN])


@pytest.mark.parametrize("method", normalise.METHODS)
def test_rows_after_the_window_change_no_old_score(method):
    x = np.random.default_rng(2).random(30) + 1
    reference = np.arange(30) < 20
    ends = {"low": 1.2, "high": 1.8} if method == "goalposts" else {}
    old = scores(x[:25], method, reference=reference[:25], **ends)
    new = scores(np.r_[x[:25], x[25:] * 100], method, reference=reference, **ends)
    np.testing.assert_array_equal(new[:25], old)
