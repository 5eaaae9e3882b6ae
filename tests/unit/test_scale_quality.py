"""Tables on the survey scales: known truth, defined answers where nothing can be said, and the gate."""

import numpy as np
import pandas as pd
import pytest
from ingest_cases import PLAN

from jianfu.config.files import read_yaml
from jianfu.core.labels import Labels
from jianfu.release.gate import release_frame
from jianfu.release.outputs import Limits, read_outputs
from jianfu.report.tables.released import released_table
from jianfu.survey import scale_quality

KEYS = {
    "burnout": {
        "items": ["EE1", "EE2", "EE3", "CY1", "CY2", "CY3"],
        "range": [0, 6],
        "subscales": {"exhaustion": ["EE1", "EE2", "EE3"], "cynicism": ["CY1", "CY2", "CY3"]},
    },
    "meaning": {"items": ["MW1", "MW2", "MW3", "MW4"], "range": [1, 5]},
}
TABLES = {
    "scale_reliability": scale_quality.scale_reliability,
    "scale_structure": scale_quality.scale_structure,
    "measurement_invariance": scale_quality.measurement_invariance,
}


@pytest.fixture(scope="module")
def answers():
    """600 respondents of two waves and two cohorts; MW4 is understood otherwise by the young."""
    random, n = np.random.default_rng(7), 600
    young = np.arange(n) % 2 == 1
    unit = random.integers(0, 30, n)
    level = random.standard_normal((30, 1))[unit] * 0.5 + random.standard_normal((n, 1))
    parts = level + random.standard_normal((n, 2)) * 0.5
    items = np.repeat(parts, 3, axis=1) + random.standard_normal((n, 6)) * 0.6
    meaning = random.standard_normal((n, 1)) + random.standard_normal((n, 4)) * 0.6
    meaning[:, 3] += 1.2 * young
    return pd.DataFrame(
        np.column_stack([items, meaning]), columns=KEYS["burnout"]["items"] + KEYS["meaning"]["items"]
    ).assign(
        unit_code=[f"39012{u:04d}" for u in unit],
        wave=np.where(np.arange(n) < 300, 1, 2),
        cohort=np.where(young, "90后", "80后"),
    )


def test_every_scale_and_subscale_is_described(answers):
    found = scale_quality.scale_reliability(answers, KEYS, draws=20).set_index("scale")
    assert list(found.index) == ["burnout", "exhaustion", "cynicism", "meaning"]
    assert (found["note"] == "").all() and found.drop(columns="note").notna().all().all()
    assert (found["alpha_low"] < found["alpha"]).all() and (found["alpha"] < found["alpha_high"]).all()
    assert found.loc["meaning", "alpha"] == pytest.approx(4 / 3 * (1 - 4 * 1.36 / (16 + 4 * 0.36)), abs=0.04)
    assert found.loc["burnout", "components"] == 1 and found.loc["burnout", "items"] == 6
    assert found.loc["burnout", "icc1"] > 0.06 > 0.04 > found.loc["meaning", "icc1"]


def test_structure_has_the_subscales_as_factors(answers):
    found = scale_quality.scale_structure(answers, KEYS).set_index("scale")
    assert list(found["factors"]) == [2, 1] and list(found["df"]) == [8, 2]
    assert (found["cfi"] > 0.98).all()


def test_verdict_names_what_differs(answers):
    found = scale_quality.measurement_invariance(answers, KEYS)
    verdicts = found.groupby(["scale", "grouping"])["verdict"].first()
    assert verdicts["burnout", "cohort"] == verdicts["burnout", "wave"] == "scalar"
    assert verdicts["meaning", "wave"] == "scalar"
    assert verdicts["meaning", "cohort"] == "metric"
    assert (found["forbids"] == found["verdict"]).all()
    scalar = found[(found["scale"] == "meaning") & (found["grouping"] == "cohort")].iloc[-1]
    assert scalar["holds"] == "no" and scalar["cfi_difference"] < -0.01 and scalar["p_difference"] < 0.001


def test_small_groups_are_left_out(answers):
    few = answers.assign(cohort=np.where(np.arange(600) < 30, "00后", answers["cohort"]))
    found = scale_quality.measurement_invariance(few, {"meaning": KEYS["meaning"]})
    cohorts = found[found["grouping"] == "cohort"]
    assert set(cohorts["groups"]) == {2} and set(cohorts["respondents"]) == {570}
    alone = scale_quality.measurement_invariance(answers.assign(wave=1), {"meaning": KEYS["meaning"]})
    last = alone.iloc[-1]
    assert (last["verdict"], last["note"], last["groups"]) == ("unknown", "few_groups", 1)


@pytest.mark.parametrize("change", ["nobody", "constant", "absent"])
def test_what_cannot_be_judged_has_a_row_and_a_reason(answers, change):
    frame = {
        "nobody": answers[:0],
        "constant": answers.assign(MW2=3.0),
        "absent": answers.drop(columns="MW2"),
    }[change]
    note = "constant_item" if change == "constant" else "few_rows"
    keys = {"meaning": KEYS["meaning"]}
    for name in ("scale_reliability", "scale_structure"):
        row = TABLES[name](frame, keys).iloc[0]
        assert row["note"] == note and row["respondents"] in (0, 600)
    found = scale_quality.measurement_invariance(frame, keys)
    assert (found["verdict"] == "unknown").all() and found["chi2"].isna().all()


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("rows", [600, 0])
def test_tables_pass_the_gate_and_have_words_in_both_languages(answers, name, rows):
    table = TABLES[name](answers[:rows], KEYS)
    released, _ = release_frame(
        read_outputs(PLAN / "outputs.csv")[name],
        table,
        Limits(min_cell=10, min_residual_df=10, dominance=0.9),
    )
    assert "smallest_group" not in released
    if rows:
        assert released["chi2" if "chi2" in released else "alpha"].notna().all()
    for language in ("zh", "en"):
        words = Labels(language, PLAN / "labels.csv")
        shown = released_table(name, released, words)
        assert not any("_" in heading for heading in shown.header)
        if name == "measurement_invariance" and language == "en" and rows:
            assert any("must not" in str(cell) or "Nothing" in str(cell) for cell in shown.rows[0])


def test_every_reason_has_words():
    words = Labels("zh", PLAN / "labels.csv")
    codes = "few_items few_rows few_groups constant_item not_positive_definite items_cancel_out equal_groups "
    for code in (codes + "not_identified not_converged heywood").split():
        assert words(f"value_note_{code}")


def test_indices_of_burden_are_not_scales():
    plan = read_yaml(PLAN / "scales.yaml")
    indices = set(pd.read_csv(PLAN / "indices.csv", encoding="utf-8-sig").iloc[:, 0])
    assert not indices & set(scale_quality.all_scales(plan["scales"]))
