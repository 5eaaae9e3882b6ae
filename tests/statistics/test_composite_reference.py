"""The whole pipeline against base R (tests/data/reference/composite.R), to 1e-8."""

import numpy as np
import pandas as pd
import pytest
from province_cases import ROOT

from jianfu.indices.engine import diagnostics, methods, pipeline, treat, weights
from jianfu.indices.engine.structure import build_structure

DATA = ROOT / "tests" / "data"
CODES = ["clinics", "doctors", "waiting_days", "school_years", "broadband", "complaints"]
SIGNS = [1, 1, -1, 1, 1, -1]
VALUES = pd.read_csv(DATA / "indicators" / "districts.csv")[CODES].to_numpy(float)
EXPECTED = {
    key: rows["value"].to_numpy(float)
    for key, rows in pd.read_csv(DATA / "reference" / "composite_expected.csv").groupby(["what", "code"])
}
ALL = np.ones(len(VALUES), dtype=bool)


def steps(given=None, codes=CODES, **settings):
    """(anchors, steps) of the districts as one flat index."""
    use = [CODES.index(code) for code in codes]
    table = pd.DataFrame(
        {"code": codes, "parent": "index", "direction": [SIGNS[j] for j in use], "weight": given}
    )
    structure = build_structure(table)
    anchors = pipeline.fit(VALUES[:, use], structure, ALL, methods.resolve_all(settings))
    return anchors, pipeline.apply(VALUES[:, use], anchors)


def close(found, *key):
    np.testing.assert_allclose(found, EXPECTED[key], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["z", "minmax", "rank", "borda", "percentile"])
def test_normalisation(method):
    normalised = steps(normalisation=method)[1].normalised
    for j, code in enumerate(CODES):
        close(normalised[:, j], method, code)


def test_skewness_and_kurtosis():
    for j, code in enumerate(CODES):
        close([treat.skewness(VALUES[:, j])], "skewness", code)
        close([treat.kurtosis(VALUES[:, j])], "kurtosis", code)


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_weights(method):
    close(steps(weights=method)[0]["groups"]["index"]["weights"], method, "index")


def test_first_principal_component():
    group = steps(weights="pc1", codes=["clinics", "doctors", "school_years", "broadband"])[0]["groups"][
        "index"
    ]
    close(group["weights"], "pc1", "index")
    close([group["explained"]], "explained", "index")


@pytest.mark.parametrize("method", ["arithmetic", "geometric", "power"])
def test_aggregation(method):
    found = steps(
        [1, 2, 1, 3, 1, 2], normalisation={"method": "minmax", "range": [1, 100]}, aggregation=method
    )[1]
    close(found.aggregated[:, 0], method, "index")


def test_adjusted_mazziotta_pareto_index():
    close(
        steps(normalisation="ampi", weights="equal", aggregation="ampi")[1].aggregated[:, 0], "ampi", "index"
    )


def test_variance_inflation():
    close(diagnostics.vif(weights.minmax(VALUES * SIGNS))[0], "vif", "index")
