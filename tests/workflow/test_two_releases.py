"""Two successive releases of one province, a month apart, through the whole workflow: together they tell no few persons.

The attack knows what a reader knows. Beside it stands what only the office knows: where the persons or events behind a
model or a cell differ by fewer than ten, the later release says what the earlier one said, to the last digit.
"""

import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import copy_repository, results, snakemake
from release_attack import LEAST, attack, charts_of, read, views_of

WINDOW = 'window: ["2024-01", "2025-06"]'
COUNTED = ("n_used", "n_events", "behind_persons", "behind_events")
FIGURES = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "n_used", "n_events"]
CELLS = {  # counts of persons before the gate, and the columns by which a cell is named
    "dose_response": (["cohort", "bin"], ["persons", "exits"]),
    "descriptives": (["block", "row", "cohort"], ["persons"]),
    "sample_by_group": (["grouping", "variable", "level", "group"], ["n", "of"]),
    "survey_response": (["wave", "variable", "level"], ["roster", "respondents"]),
    "correlation_pairs": (["row", "column"], ["n"]),
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """The results of the earlier and of the later release, each with its exchange package."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"))
    province = folder / "config" / "provinces" / "sample.yaml"
    text = province.read_text(encoding="utf-8")
    assert text.count(WINDOW) == 1
    province.write_text(text.replace(WINDOW, WINDOW.replace("2025-06", "2025-05")), encoding="utf-8")
    snakemake(folder, "all", "exchange", "--cores", "2")
    shutil.copytree(results(folder), folder / "earlier")
    province.write_text(text, encoding="utf-8")
    snakemake(folder, "all", "exchange", "--cores", "2")
    return folder / "earlier", results(folder)


def close(one, other):
    """Where counts of two releases, aligned, differ by one to nine."""
    apart = (one.astype(float).fillna(0) - other.astype(float).fillna(0)).abs()
    return ((apart > 0) & (apart < LEAST)).any(axis=1)


@pytest.mark.slow
def test_an_attack_on_both_recovers_nothing(releases):
    earlier, later = (folder / "release" for folder in releases)
    assert attack(earlier) == [] and attack(later, earlier) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", ["release", "release/exchange"])
def test_models_that_few_persons_tell_apart_are_as_they_were(releases, part):
    names = ["model", "outcome", "term"]
    full = [pd.read_parquet(folder / "restricted" / "estimates_full.parquet") for folder in releases]
    counts = [frame.groupby(names)[list(COUNTED)].first() for frame in full]
    rows = counts[0].index.intersection(counts[1].index)
    few = close(*(frame.loc[rows] for frame in counts))
    models = set(few.index[few].get_level_values("model"))
    assert len(models) > 10
    told = [pd.read_csv(folder / part / "estimates.csv", encoding="utf-8-sig") for folder in releases]
    one, other = (frame[frame["model"].isin(models)].reset_index(drop=True) for frame in told)
    persons = one["n_events"].notna() | one["n_used"].mod(LEAST).eq(0)
    pd.testing.assert_frame_equal(one[persons][FIGURES], other[persons][FIGURES])


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_cells_that_few_persons_tell_apart_are_as_they_were(releases, name):
    by, counted = CELLS[name]
    full = [pd.read_parquet(folder / "restricted/publish" / f"{name}.parquet") for folder in releases]
    told = [read(folder / "release", name) for folder in releases]
    full, told = ([frame.fillna({c: "" for c in by}).astype(dict.fromkeys(by, str)).set_index(by)
                   for frame in pair] for pair in (full, told))  # fmt: skip
    cells = full[0].index.intersection(full[1].index).intersection(told[0].index).intersection(told[1].index)
    few = close(*(frame.loc[cells, counted] for frame in full))
    cells = few.index[few]
    pd.testing.assert_frame_equal(*(frame.loc[cells] for frame in told))


@pytest.mark.slow
def test_every_count_of_persons_is_rounded_in_both(releases):
    """In CSV files, on the page to explore and on the slides of both releases."""
    for folder in releases:
        release = folder / "release"
        for name, (_, counted) in CELLS.items():
            values = read(release, name).reindex(columns=counted).to_numpy(dtype=float)
            assert not (values[np.isfinite(values)] % LEAST).any(), name
        assert views_of(release / "index.html") and charts_of(release / "slides.pptx")
