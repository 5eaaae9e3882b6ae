"""The sample with the usual columns only, from raw files to the report: the main question has an answer."""

import shutil

import pandas as pd
import pytest
from conftest import ROOT, copy_repository, results, snakemake

MAIN = ("H1", "H2", "H3")


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The folder of results of the province `usual`, run as `make` runs it."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"))
    raw = "tests/data/usual/raw"
    shutil.copytree(ROOT / raw, folder / raw)
    snakemake(folder, "--cores", "2", province="usual")
    return folder / "results" / "usual"


def _primary(folder, index):
    """The primary estimates of the main hypotheses whose term is or begins with an index, by hypothesis and term."""
    rows = pd.read_parquet(folder / "restricted" / "estimates_full.parquet")
    own = rows["hypothesis"].isin(MAIN) & (rows["role"] == "primary") & rows["estimate"].notna()
    rows = rows[own & rows["term"].str.match(rf"{index}(:|$)")]
    return rows.assign(term=rows["term"].str.removeprefix(index)).set_index(["hypothesis", "model", "term"])


@pytest.mark.slow
def test_the_common_tier_is_there(usual):
    """OD-C in at least 95 % of the logged unit-months."""
    months = pd.read_parquet(usual / "restricted" / "unit_months.parquet")
    logged = months.loc[months["tasks_logged"].astype(bool), ["unit_code", "month"]]
    indices = pd.read_parquet(usual / "restricted" / "indices.parquet").dropna(subset=["value"])
    found = logged.merge(indices[indices["index"] == "OD-C"], on=["unit_code", "month"])
    assert len(found) >= 0.95 * len(logged)


@pytest.mark.slow
def test_the_main_hypotheses_are_estimated_and_reported(usual):
    found = _primary(usual, "OD-C")
    assert set(MAIN) <= set(found.index.get_level_values("hypothesis"))
    assert (usual / "release" / "report.docx").stat().st_size > 20_000


@pytest.mark.slow
def test_no_verdict_is_contradicted_by_the_full_tier(usual, finished):
    """No effect that is significant on the usual columns has the other sign, significantly, on all columns."""
    common, full = _primary(usual, "OD-C"), _primary(results(finished), "OD")
    both = common.join(full.add_suffix("_full"), how="inner")
    assert set(MAIN) <= set(both.index.get_level_values("hypothesis"))
    firm = (both["p_value"] < 0.05) & (both["p_value_full"] < 0.05)
    assert not (firm & (both["estimate"] * both["estimate_full"] < 0)).any()
