"""Do the intervals hold the truth of simulated provinces? A dozen draws always, a hundred on demand (slow)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jianfu import coverage, targets
from jianfu.errors import DataError

CONFIG = Path(__file__).parents[2] / "config"
PLAN = CONFIG / "plan"


def setup(small=False):
    return coverage.setup(
        CONFIG / "simulation.yaml",
        CONFIG / "default.yaml",
        PLAN / "models.yaml",
        PLAN / "indicators.csv",
        PLAN / "indices.csv",
        PLAN / "scales.yaml",
        small,
    )


@pytest.fixture(scope="module")
def few():
    return coverage.summarise(coverage.many_draws(setup(), range(1, 13), 2), 0.95).set_index(
        ["model", "term"]
    )


INTEREST = [
    ("H1_burnout", "OD"),
    ("H2_exits", "OD"),
    ("H3_exits_by_cohort", "OD"),
    ("H3_exits_by_cohort", "OD:cohort_90s"),
    ("H6_meaning", "TR"),
    ("H8_innovation", "RG"),
    ("H5a_burnout_to_intention", "OD_a"),
    ("H5a_burnout_to_intention", "burnout_b"),
    ("H5a_burnout_to_intention", "OD_direct"),
    ("H5b_meaning_to_intention", "TR_a"),
    ("H5b_meaning_to_intention", "meaning_b"),
    ("H5b_meaning_to_intention", "TR_direct"),
    ("H2_lead", "OD_lead"),
    ("H2_retirement", "OD"),
]


def test_intervals_of_a_dozen_provinces(few):
    # of twelve 95 % intervals fewer than eight hold the truth once in 5,400 sets, and there are fourteen sets; the
    # direct effect of H5a has 8 in these seeds, and 94 of the hundred in docs/coverage.csv
    assert (few.loc[INTEREST, "coverage"] >= 8 / 12).all()
    assert (few.loc[INTEREST, "n_failed"] == 0).all()


def test_bias_is_small_against_the_spread_of_the_draws(few):
    rows = few.loc[INTEREST]
    assert (rows["bias"].abs() < 4 * rows["bias_mc_error"]).all()


def test_standard_errors_are_of_the_size_of_the_spread(few):
    ratio = few.loc[INTEREST, "mean_std_error"] / few.loc[INTEREST, "sd"]
    assert ratio.between(0.5, 2.0).all()


def test_without_unit_effects_the_unobserved_pressure_misleads(few):
    pooled = few.loc[[("H2_pooled", "OD"), ("H3_pooled", "OD")]]
    assert (pooled["coverage"] < 0.5).all()
    assert (pooled["bias_z"] > 3).all()
    assert few.loc[("H3_pooled", "OD:cohort_90s"), "verdict"] == "not judged"


def test_paths_of_the_intention_have_the_sign_and_less_than_the_size_of_the_latent_ones(few):
    # 0.35 and -0.20 hold for scores without measurement error
    assert 0.2 < few.loc[("H5a_burnout_to_intention", "burnout_b"), "target_mean"] < 0.35
    assert -0.2 < few.loc[("H5b_meaning_to_intention", "meaning_b"), "target_mean"] < -0.1
    assert not few.index.get_level_values("term").str.endswith("_indirect").any()


def test_targets_are_those_of_the_plan_of_the_simulator(few):
    assert few.loc[("H3_exits_by_cohort", "OD"), "target_mean"] == pytest.approx(0.14, abs=1e-3)
    assert few.loc[("H3_exits_by_cohort", "OD:cohort_90s"), "target_mean"] == pytest.approx(0.20, abs=1e-3)
    assert few.loc[("H2_exits", "OD"), "target_mean"] == pytest.approx(0.27, abs=0.02)


@pytest.mark.slow
def test_coverage_of_a_hundred_provinces():
    result = coverage.summarise(coverage.many_draws(setup(), range(1, 101), 2), 0.95)
    wrong = coverage.failures(result)
    assert wrong.empty, wrong[["model", "term", "coverage"]].to_string()


def test_a_draw_does_not_depend_on_the_others():
    small = setup(small=True)
    alone = coverage.one_draw(small, 5)
    together = coverage.many_draws(small, [4, 5], 2)
    again = together[together["seed"] == 5].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, again)


def test_every_person_month_needs_its_probability():
    small = setup(small=True)
    drawn = coverage.simulate_draw(small.parameters, 1)
    months, _ = coverage.cells.person_months(drawn.spells, tuple(small.parameters["window"]))
    joined = targets.with_probabilities(months, drawn.person_months)
    assert len(joined) == len(drawn.person_months)
    voluntary = joined["cause"].isin(coverage.cells.VOLUNTARY).sum()
    assert abs(voluntary - joined["p_voluntary"].sum()) < 5 * np.sqrt(voluntary)
    with pytest.raises(DataError, match="have no probability"):
        targets.with_probabilities(months, drawn.person_months.iloc[:-50])


def test_summary_by_hand():
    rows = [("H2_exits", "OD", "primary", 0.2, e, 0.1, e - 0.2, e + 0.2) for e in (0.1, 0.2, 0.5, 0.3)]
    rows += [("H2_pooled", "OD", "pooled", 0.2, 0.6, 0.1, 0.4, 0.8)] * 3
    rows += [("H2_pooled", "OD", "pooled", 0.2, np.nan, np.nan, np.nan, np.nan)]
    columns = ["model", "term", "role", "target", "estimate", "std_error", "ci_low", "ci_high"]
    draws = pd.DataFrame(rows, columns=columns).assign(hypothesis="H2", scale="s", p_value=0.01)
    found = coverage.summarise(draws, 0.95).set_index("model")
    assert found.loc["H2_exits", "coverage"] == 0.75
    assert found.loc["H2_exits", "bias"] == pytest.approx(0.075)
    assert found.loc["H2_exits", "n_draws"] == 4
    assert found.loc["H2_pooled", ["coverage", "n_failed"]].tolist() == [0, 1]
    assert found["verdict"].tolist() == ["ok", "biased"]
    assert found.loc["H2_exits", "bias_z"] == pytest.approx(0.075 / (np.std([-0.1, 0, 0.3, 0.1], ddof=1) / 2))
    near = draws[draws["model"] == "H2_exits"].assign(estimate=[0.299, 0.3, 0.301, 0.3])
    assert coverage.summarise(near, 0.95)["verdict"].str.startswith("ok, z 2").all()
    crossed = draws[draws["model"] == "H2_pooled"].assign(term="OD:cohort_90s")
    assert coverage.summarise(crossed, 0.95)["verdict"].tolist() == ["not judged"]
    assert coverage.binomial_range(100, 0.95) == (0.89, 1.0)


def test_controls_are_reported_but_only_exposures_decide():
    table = pd.DataFrame(
        {
            "scale": ["log_hazard_per_sd", "log_hazard"] * 2,
            "verdict": ["ok, z -3.2", "outside"] + ["outside, z 4.0"] * 2,
        }
    )
    assert coverage.failures(table).index.tolist() == [2]
