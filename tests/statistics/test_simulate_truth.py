"""The full-size demonstration province: magnitudes of its table of parameters, and effects that can be found again."""

import functools

import numpy as np
import pandas as pd
import pyfixest
import pytest
from ingest_cases import ROOT
from miniature import DEFINITIONS

from jianfu.exits.cells import hazard_cells
from jianfu.exits.person_months import person_months
from jianfu.simulate.draw import draw
from jianfu.simulate.parameters import read_parameters
from jianfu.simulate.survey import ITEMS, SCALES, SUBSCALES, observed_scores
from jianfu.survey.psychometrics import cfa
from jianfu.survey.psychometrics.measurement import Model


@functools.cache
def parameters():
    return read_parameters(ROOT / "config" / "simulation.yaml")


@functools.cache
def demo():
    return draw(parameters(), 1)


def test_sizes_of_the_province():
    draw = demo()
    assert draw.units["unit_code"].nunique() == 200 and draw.units["county_code"].nunique() == 20
    assert 9_500 < draw.detail.persons.stock < 10_500
    counts = draw.detail.counts
    assert 37 < counts.tasks.mean() < 45
    fourth = np.isin(draw.detail.months.month, (10, 11, 12))
    workdays = draw.detail.months.workdays
    assert (
        1.3
        < (counts.tasks[:, fourth] / workdays[fourth]).mean()
        / (counts.tasks[:, ~fourth] / workdays[~fourth]).mean()
        < 1.5
    )
    assert 6 < counts.flags["veto"].mean() < 10
    values = draw.indicators.groupby("indicator")["value"].mean()
    for code, low, high in (
        ("A4_in_force", 22, 28), ("A5_amp", 0.12, 0.18), ("A6_share", 0.2, 0.32), ("B1_artefacts", 2.9, 3.5),
        ("B1_trace_only", 0.18, 0.26), ("C1_template", 0.5, 0.6), ("B5_apps", 8, 10), ("D3_rest_eve_share", 0.05, 0.08),
    ):  # fmt: skip
        assert low < values[code] < high, code


def test_policies_break_the_series():
    """Formal checks fall by a quarter when the rule comes into force, and forced app functions by 30 %."""
    draw = demo()
    table = draw.indicators.pivot_table(index="month", columns="indicator", values="value")
    per_month = table.loc[:, ["A2_checks", "B6_actions", "A6_share"]]
    before, after = per_month.loc["2023-07":"2024-01"].mean(), per_month.loc["2024-08":"2025-07"].mean()
    assert 0.70 < after["A2_checks"] / before["A2_checks"] < 0.80
    assert after["A6_share"] > before["A6_share"]
    ratio = (
        per_month.loc["2026-01":, "B6_actions"].mean()
        / per_month.loc["2025-01":"2025-06", "B6_actions"].mean()
    )
    assert 0.65 < ratio < 0.75


def test_people_leave_as_often_as_stated():
    truth, draw = demo().person_months, demo()
    birth = draw.detail.attributes.set_index("person_key")["birth_ym"].str[:4].astype(int)
    group = DEFINITIONS.cohort(birth.loc[truth["person_key"].astype(str)].to_numpy())
    yearly = 12 * truth.groupby(group)["p_voluntary"].mean()
    assert 0.05 <= yearly["90后"] <= 0.061
    assert 0.015 < 12 * truth["p_voluntary"][group != "90后"].mean() < 0.025
    exits = draw.spells[draw.spells["exit_type"].isin(["辞职", "遴选", "考录", "调出"])]
    assert abs(exits["destination_level"].isin(["县", "市", "省", "国家"]).mean() - 0.8) < 0.04
    away = draw.spells[~draw.spells["on_post"]]
    first = pd.Timestamp("2025-01-01")
    share = ((away["spell_start"] <= first) & ~(away["spell_end"] < first)).sum() / draw.detail.persons.stock
    assert 0.04 < share < 0.08


def test_survey_has_the_stated_levels_and_response():
    frame = demo().detail.survey.frame
    frame = frame[~frame["straightline"]]
    scores = observed_scores(frame[list(ITEMS)])
    for _, name, items, low, high, turned in SUBSCALES[:3]:
        block = frame[list(items)].to_numpy()
        mean = np.nanmean(low + high - block if turned else block, axis=1)
        expected = {"exhaustion": (2.2, 1.3), "cynicism": (1.7, 1.3), "inefficacy": (1.7, 1.1)}[name]
        assert abs(mean.mean() - expected[0]) < 0.12 and abs(mean.std() - expected[1]) < 0.12
    assert 0.57 < (scores["burnout"] >= 1.5).mean() < 0.70
    t = demo().detail.months.index("2024-10")
    at_risk = (demo().detail.careers.risk["t"] == t).sum()
    assert abs((frame["wave"] == 1).sum() / at_risk - 0.65) < 0.03


@pytest.mark.parametrize("scale", [*SCALES, "intention_given"])
def test_conditional_means_are_what_answers_average_to(scale):
    """A regression of scores on their stated conditional means has slope one (within three standard errors)."""
    survey = demo().detail.survey
    kept = ~survey.frame["straightline"]
    score = observed_scores(survey.frame.loc[kept, list(ITEMS)])[scale.removesuffix("_given")]
    kept[kept], score = ~np.isnan(score), score[~np.isnan(score)]
    data = pd.DataFrame({"unit": survey.frame.loc[kept, "unit"], "x": survey.truth.loc[kept, f"{scale}_z"]})
    data["y"] = (score - score.mean()) / score.std(ddof=1)
    fit = pyfixest.feols("y ~ x | unit", data, vcov={"CRV1": "unit"}).tidy().loc["x"]
    assert abs(fit["Estimate"] - 1) < 3 * fit["Std. Error"]
    assert abs(data["x"].mean()) < 0.12


@pytest.mark.parametrize(("first", "second"), [("distrust", "burnout"), ("support", "burnout")])
def test_factors_of_the_rare_scales_correlate_as_stated(first, second):
    """Correlation of the factors of two scales: the stated effect, less the share of a subscale of its own in each."""
    own = parameters()["survey"]
    names = {"burnout": "exhaustion"}
    keys = {name: row for row in SUBSCALES for name in (first, second) if row[1] == names.get(name, name)}
    frame = demo().detail.survey.frame
    answers = frame.loc[~frame["straightline"], [item for row in keys.values() for item in row[2]]].copy()
    for _, _, _, low, high, turned in keys.values():
        answers[list(turned)] = low + high - answers[list(turned)]
    fit = cfa.fit(answers, Model({name: list(row[2]) for name, row in keys.items()}, identification="std_lv"))
    common, sub = own["loading"]["common"], own["loading"]["subscale"]
    expected = own[first][second] * common**2 / (common**2 + sub**2)
    assert abs(fit.matrices[0][1][0, 1] - expected) < 0.06


def test_true_effects_are_found_with_unit_effects_and_missed_without():
    """Poisson models of the true probabilities: 0.14 and 0.20 with unit and month effects, far more when pooled."""
    months, _ = person_months(demo().spells, parameters()["window"], DEFINITIONS)
    truth = demo().person_months.astype({"person_key": str, "month": str}).set_index(["person_key", "month"])
    keys = pd.MultiIndex.from_arrays([months["person_key"].astype(str), months["month"].astype(str)])
    months["p"] = truth["p_voluntary"].loc[keys].to_numpy()
    cells = hazard_cells(months, sums=["p"]).astype({"unit_code": str, "month": str, "lock": int})
    exposure = demo().exposure.rename(columns={"value": "OD"})
    known = exposure[~exposure["month"].isin(demo().detail.months.names[:3])]
    cells = cells.merge(known, on=["unit_code", "month"])
    cells["OD_90s"] = cells["OD"] * (cells["cohort"] == "90后")
    cells["log_n"] = np.log(cells["n"])

    def fitted(effects):
        formula = f"p ~ OD + OD_90s + C(cohort) + C(tenure_band) + lock | {effects}"
        return pyfixest.fepois(formula, cells, offset="log_n", vcov="iid").coef()[["OD", "OD_90s"]]

    np.testing.assert_allclose(fitted("unit_code + month"), [0.14, 0.20], atol=0.005)
    assert fitted("month")["OD"] > 0.14 + 0.08
