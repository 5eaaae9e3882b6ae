"""Normal equations with absorbed effects: sparse and dense hold the same, collinear levels are found among many."""

import numpy as np
import pytest

from jianfu.statistics import absorption, designs, hazard, regression


def _cells(n_units=12, months=9, seed=3):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), months * 6)
    month = np.tile(np.repeat(np.arange(months), 6), n_units)
    cohort = np.tile(np.arange(3), n_units * months * 2)
    x = rng.normal(size=(len(unit), 3))
    x[:, 2] = x[:, 0] - x[:, 1] + month  # a combination of the others and of the months
    n = rng.integers(20, 40, len(unit)).astype(float)
    y = rng.binomial(n.astype(int), 0.1 + 0.05 * (x[:, 0] > 0)).astype(float)
    return y, n, x, unit, month, cohort


EFFECTS = {
    "unit, month": lambda unit, month, cohort: [unit, month],
    "unit, county x month": lambda unit, month, cohort: [unit, unit // 4 * 9 + month],
    "unit x month, unit x cohort": lambda unit, month, cohort: [unit * 9 + month, unit * 3 + cohort],
    "unit, month, cohort": lambda unit, month, cohort: [unit, month, cohort],
}


@pytest.mark.parametrize("effects", EFFECTS.values(), ids=EFFECTS)
@pytest.mark.parametrize("link", ["cloglog", "poisson", "ols"])
def test_sparse_equations_are_the_dense_ones(effects, link, monkeypatch):
    y, n, x, unit, month, cohort = _cells()
    codes = effects(unit, month, cohort)

    def fitted():
        if link == "ols":
            return regression.fit(y / n, x, codes, unit, weights=n, vcov="cluster")
        return hazard.fit(y, n, x, codes, unit, link)

    dense = fitted()
    monkeypatch.setattr(absorption, "MANY", 0)
    monkeypatch.setattr(absorption, "DENSE", 0)
    sparse = fitted()
    np.testing.assert_allclose(sparse.coefficients, dense.coefficients, rtol=1e-9)
    np.testing.assert_allclose(sparse.covariance, dense.covariance, rtol=1e-8)
    assert sparse.collinear == dense.collinear == (2,)


def test_few_clusters_beside_many_pairs_of_levels(monkeypatch):
    y, n, x, unit, month, _ = _cells()
    dense = hazard.fit(y, n, x, [unit, month], unit // 4)
    monkeypatch.setattr(
        absorption, "MANY", 50
    )  # pairs of unit and month are more, of cluster and month fewer
    np.testing.assert_allclose(
        hazard.fit(y, n, x, [unit, month], unit // 4).covariance, dense.covariance, rtol=1e-8
    )


def test_the_effects_of_county_and_month_are_those_of_dummies():
    y, n, x, unit, month, _ = _cells()
    cell = unit // 4 * 9 + month
    absorbed = hazard.fit(y, n, x[:, :2], [unit, cell], unit, "poisson")
    dummies = np.column_stack([x[:, :2], designs.dummies(unit), designs.dummies(cell)])
    beside = hazard.fit(y, n, dummies, (), unit, "poisson")
    np.testing.assert_allclose(absorbed.coefficients, beside.coefficients[:2], rtol=1e-8)
    np.testing.assert_allclose(absorbed.covariance, beside.covariance[:2, :2], rtol=1e-7)


@pytest.mark.parametrize("order", ["first", "last"])
def test_dependent_columns_are_found_among_more_than_one_block_of_them(order):
    rng = np.random.default_rng(8)
    columns = rng.normal(size=(600, 200))
    dependent = [70, 131, 199]
    for j in dependent:
        columns[:, j] = columns[:, :5] @ rng.normal(size=5)
    gram, places = columns.T @ columns, np.arange(200)
    taken = places if order == "last" else places[::-1]
    kept = designs.swept(gram, np.diag(gram), taken)
    left = set(places) - set(kept)
    assert left == set(dependent) if order == "last" else len(left) == 3 and left <= {*range(5), *dependent}
