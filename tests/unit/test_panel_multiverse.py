"""The multiverse of a user's own panel: the grid, its shares and the ranks, from the example tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu.indices.engine.variance_shares import exact_shares
from jianfu.indices.own_panel.multiverse import panel_multiverse
from jianfu.indices.own_panel.reading import read_recipe

FOLDER = Path(__file__).resolve().parents[1] / "data" / "indicators"
CHOICES = {
    "normalisation": ["z", "minmax"],
    "weights": ["given", "entropy"],
    "aggregation": ["arithmetic", "ampi"],
    "drop_one": True,
}


@pytest.fixture(scope="module")
def settings():
    return {
        "data": str(FOLDER / "districts.csv"),
        "unit": "district",
        "structure": str(FOLDER / "districts_structure.csv"),
    }


def test_grid_shares_and_ranks(settings):
    tables = panel_multiverse(settings, CHOICES)
    grid, ranks = tables["multiverse"], tables["ranks"]
    structure = read_recipe(settings).structure
    assert len(grid) == 2 * 2 * 2 * grid["drop_one"].nunique() * 1
    assert set(grid["drop_one"]) - {"none"} <= set(structure.codes)
    assert grid["mean_rank_shift"].iloc[0] == 0
    design = grid.drop(columns="mean_rank_shift")
    expected = exact_shares(design, grid["mean_rank_shift"])
    assert np.allclose(tables["multiverse_shares"]["total"], expected["total"], equal_nan=True)
    districts = pd.read_csv(FOLDER / "districts.csv", encoding="utf-8-sig")["district"]
    assert set(ranks["unit"]) == set(districts.astype(str))
    assert ranks["rank"].min() == 1 and (ranks["rank_low"] <= ranks["rank_high"]).all()
