"""Jumps and sources that do not fit: found where they are, none where there are none."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import PLAN

from jianfu.core.labels import Labels
from jianfu.core.months import month_range
from jianfu.quality.findings import (
    QUERIES,
    TOGETHER,
    headcount_jumps,
    jumps,
    silent,
    staffing,
    too_many_answers,
)

MONTHS = month_range("2024-01", "2025-12")


def counts(mean=20, units=12, seed=1):
    """Poisson counts with a common season, one row per unit and month."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.8 * np.sin(np.arange(24) / 24 * 4 * np.pi)
    keys = [(f"u{unit:02d}", month) for unit in range(units) for month in MONTHS]
    means = mean * np.tile(season, units) * np.repeat(rng.uniform(0.5, 3, units), 24)
    frame = pd.DataFrame(keys, columns=["unit_code", "month"])
    return frame.assign(value=rng.poisson(means).astype(float), mean=means)


def test_a_season_and_chance_are_no_jump():
    assert sum(len(jumps(counts(mean, seed=seed))) for mean in (2, 20, 200) for seed in range(20)) <= 2


def test_a_month_exported_many_times_is_a_jump():
    frame = counts()
    at = (frame["unit_code"] == "u03") & (frame["month"] == "2024-09")
    frame.loc[at, "value"] *= 12
    (found,) = jumps(frame).to_dict("records")
    assert (found["unit_code"], found["month"]) == ("u03", "2024-09")
    assert found["usual"] == pytest.approx(frame.loc[at, "mean"].item(), rel=0.25)


def test_a_month_that_is_nearly_empty_is_a_jump():
    frame = counts(mean=100)
    at = (frame["unit_code"] == "u05") & (frame["month"] == "2025-02")
    frame.loc[at, "value"] = 3.0
    assert jumps(frame)[["unit_code", "month"]].to_numpy().tolist() == [["u05", "2025-02"]]


def test_a_short_history_allows_everything():
    frame = counts()
    frame = frame[frame["month"] < "2024-06"]
    frame.loc[frame["unit_code"] == "u03", "value"] *= np.array([1, 1, 1, 1, 40])
    assert jumps(frame).empty


def heads(values):
    return pd.DataFrame(
        {"unit_code": "u", "month": MONTHS[: len(values)], "value": [float(v) for v in values]}
    )


def test_a_headcount_that_doubles_is_a_jump():
    assert headcount_jumps(heads([30, 31, 30, 29])).empty
    assert headcount_jumps(heads([4, 6, 4])).empty  # two of four persons, not five
    assert headcount_jumps(heads([30, 60, 60, 31]))["month"].tolist() == ["2024-02", "2024-04"]


def test_staff_and_established_posts():
    units = pd.DataFrame({"unit_code": ["u"], "establishment": [30]})
    assert staffing(heads([28, 29]), units).empty
    assert staffing(heads([60, 60]), units)[["value", "usual"]].to_numpy().tolist() == [[60.0, 30.0]]
    assert staffing(heads([60]), units.drop(columns="establishment")).empty


def test_more_answers_than_persons():
    answers = pd.DataFrame({"unit_code": ["u"], "month": ["2024-02"], "value": [31.0]})
    assert too_many_answers(answers, heads([30, 31])).empty
    assert len(too_many_answers(answers.assign(value=32.0), heads([30, 31]))) == 1


def test_every_kind_says_what_it_moves_and_what_to_do():
    labels = Labels("zh", PLAN / "labels.csv")
    never = [kind.replace("jump", "never") for kind in QUERIES]
    silent_kinds = [f"silent_{kind}" for kind in TOGETHER]
    for kind in (*QUERIES, *never, *silent_kinds, "jump_headcount", "staffing", "too_many_answers"):
        assert all(f"finding_{kind}{part}" in labels for part in ("", "_effect", "_todo"))


def test_a_month_left_out_of_one_export_is_seen_beside_the_other():
    """No task in a month in which documents came as usual; a month without either, or before the first, is none."""
    tasks, documents = counts(), counts(mean=40, seed=2)
    lost = (tasks["unit_code"] == "u03") & (tasks["month"] == "2024-09")
    neither = ("u04", "2024-10")
    both = (tasks["unit_code"] == neither[0]) & (tasks["month"] == neither[1])
    early = (tasks["unit_code"] == "u05") & (tasks["month"] <= "2024-04")
    found = silent(tasks[~(lost | both | early) & (tasks["value"] > 0)], [documents[~both]])
    assert found[["unit_code", "month"]].to_numpy().tolist() == [["u03", "2024-09"]]
    assert found["usual"].item() == pytest.approx(tasks.loc[lost, "mean"].item(), rel=0.3)


def test_few_records_and_nothing_to_compare_with_say_nothing():
    rare = counts(mean=2)
    rare = rare[rare["value"] > 0]
    assert silent(rare, [counts(mean=40)]).empty
    assert silent(counts(), []).empty and silent(counts(), [counts()[:0]]).empty
    assert silent(counts()[:0], [counts()]).empty
