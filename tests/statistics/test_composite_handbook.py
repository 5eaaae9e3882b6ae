"""The Technology Achievement Index: data and printed tables of the OECD/JRC Handbook on Constructing Composite
Indicators (2008), tables 14, 15, 19 and 20, and values that R gives for the same data (see the comments)."""

import numpy as np
import pandas as pd
import pytest
from province_cases import ROOT

from jianfu.indices.engine import normalise, weights

TAI = pd.read_csv(ROOT / "tests" / "data" / "reference" / "tai.csv")
VALUES = TAI.iloc[:, 1:].to_numpy(dtype=float)
SCHOOLING = TAI[["schooling"]].to_numpy(dtype=float)
# table 15, mean years of school: Finland, United States, Sweden, Japan, Korea, Netherlands, …, Slovenia
Z = """0.26 1.52 1.14 -0.06 0.76 -0.12 -0.12 1.27 0.83 -1.58 0.38 1.46 -0.12 -0.19 1.33 -0.76 -1.08 0.00 -1.46 -1.52
-0.06 -0.31 -1.58"""
MINMAX = """0.59 1.00 0.88 0.49 0.76 0.47 0.47 0.92 0.78 0.00 0.63 0.98 0.47 0.45 0.94 0.27 0.16 0.51 0.04 0.02 0.49
0.41 0.00"""
RANK = "15 23 19 12 17 9 9 20 18 1 16 22 9 8 21 6 5 14 4 3 12 7 1"
TO_MEAN = """1.04 1.25 1.19 0.99 1.13 0.98 0.98 1.21 1.14 0.74 1.06 1.24 0.98 0.97 1.22 0.88 0.82 1.00 0.76 0.75 0.99
0.95 0.74"""
TO_BEST = """0.83 1.00 0.95 0.79 0.90 0.78 0.78 0.97 0.91 0.59 0.85 0.99 0.78 0.78 0.98 0.70 0.66 0.80 0.61 0.60 0.79
0.76 0.59"""
TO_WORST = """1.41 1.69 1.61 1.34 1.52 1.32 1.32 1.63 1.54 1.00 1.44 1.68 1.32 1.31 1.65 1.18 1.11 1.35 1.03 1.01 1.34
1.28 1.00"""
# table 19, in the same order (the Handbook's own data have more digits than it prints: ± 0.01)
BENEFIT = """1 1 1 0.87 0.80 0.75 0.71 0.73 0.66 0.62 0.62 0.86 0.60 0.54 0.58 0.52 0.51 0.49 0.34 0.38 0.31 0.27
0.28"""
COMPARISONS = [  # table 20
    [1, 2, 3, 2, 5, 5, 1, 3],
    [1 / 2, 1, 2, 1 / 2, 4, 4, 1 / 2, 3],
    [1 / 3, 1 / 2, 1, 1 / 4, 2, 2, 1 / 5, 1 / 2],
    [1 / 2, 2, 4, 1, 4, 4, 1 / 2, 3],
    [1 / 5, 1 / 4, 1 / 2, 1 / 4, 1, 1, 1 / 5, 1 / 2],
    [1 / 5, 1 / 4, 1 / 2, 1 / 4, 1, 1, 1 / 5, 1 / 2],
    [1, 2, 5, 2, 5, 5, 1, 4],
    [1 / 3, 1 / 3, 2, 1 / 3, 2, 2, 1 / 4, 1],
]


def scores(values, method, **options):
    anchors = normalise.fit(
        values, np.ones(len(values), dtype=bool), np.ones(values.shape[1]), method, **options
    )
    return normalise.apply(values, anchors, np.ones(values.shape[1]), method)[0]


@pytest.mark.parametrize(
    "method, options, printed",
    [
        ("z", {}, Z),
        ("minmax", {}, MINMAX),
        ("rank", {}, RANK),
        ("distance", {"to": "mean"}, TO_MEAN),
        ("distance", {"to": "best"}, TO_BEST),
        ("distance", {"to": "worst"}, TO_WORST),
    ],
)
def test_normalisations_of_the_handbook(method, options, printed):
    expected = np.array(printed.split(), dtype=float)
    np.testing.assert_allclose(scores(SCHOOLING, method, **options)[:, 0], expected, rtol=0, atol=0.00501)


def test_normalisation_of_an_interval_scale_in_the_handbook():
    # table 14: temperature and humidity of two countries, divided by the leader
    celsius, fahrenheit = (
        scores(np.array([[35.0, 75], [39, 50]]) * a + b, "distance").mean(axis=1)
        for a, b in ((1, 0), (np.array([1.8, 1]), np.array([32, 0])))
    )
    np.testing.assert_allclose(celsius, [0.949, 0.833], atol=5e-4)
    np.testing.assert_allclose(fahrenheit, [0.965, 0.833], atol=5e-4)


def test_benefit_of_the_doubt_in_the_handbook():
    y = scores(VALUES, "minmax")
    bounds = np.tile([0.1, 0.15], (y.shape[1], 1))
    used, found = weights.bod(y, y, bounds, "weights")
    np.testing.assert_allclose(found, np.array(BENEFIT.split(), dtype=float), rtol=0, atol=0.0151)
    share = used / used.sum(axis=1, keepdims=True)
    assert share.min() > 0.1 - 1e-9 and share.max() < 0.15 + 1e-9
    np.testing.assert_allclose(used[4], [0.22, 0.14, 0.14, 0.22, 0.14, 0.14, 0.22, 0.22], atol=0.01)  # Korea


def test_pairwise_comparisons_of_the_handbook():
    found, largest, index, ratio = weights.ahp(COMPARISONS)  # R: eigen()
    np.testing.assert_allclose([largest, index, ratio], [8.211079397091, 0.03015419958439, 0.02138595715205])
    assert found.argmax() == 6 and ratio < 0.1
