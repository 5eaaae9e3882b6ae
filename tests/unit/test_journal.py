"""Tables of a journal: stepwise columns and slopes by group against statsmodels, the sample by group by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_fakes
import statsmodels.api as sm
import statsmodels.formula.api as smf

from jianfu.core.labels import Labels
from jianfu.models import journal, predictions
from jianfu.models.estimators.common import Settings
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.release.gate import release_frame
from jianfu.release.outputs import Limits, read_outputs
from jianfu.release.sample_by_group import sample_by_group
from jianfu.report.tables.journal import journal_tables
from jianfu.report.tables.table import Figure, printed

PLAN = Path(__file__).parents[2] / "config" / "plan"
CATEGORIES = {"sex": {"男": "sex_male", "女": "sex_female"}}
SETTINGS = Settings(bootstrap=0)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(4)
    n, units = 1200, 60
    unit = np.repeat(np.arange(units), n // units)
    frame = pd.DataFrame({"unit": unit, "wave": rng.integers(0, 2, n), "sex": rng.choice(["男", "女"], n)})
    frame["post"] = rng.choice(["a", "b", "c"], n)
    frame["OD"] = rng.normal(size=n) + rng.normal(size=units)[unit]
    frame["burnout"] = 0.3 * frame["OD"] + 0.3 * (frame["post"] == "c") * frame["OD"] + rng.normal(size=n)
    frame["burnout"] += rng.normal(size=units)[unit]
    frame["left"] = (rng.random(n) < -np.expm1(-np.exp(-1 + 0.3 * frame["OD"]))).astype(int)
    frame["person"] = np.arange(n).astype(str)
    return AnalysisTable(frame, None, n)


OLS = ModelSpec.of(
    {"name": "m", "estimator": "ols", "data": "t", "outcome": "burnout", "terms": ["OD"], "controls": ["sex"]}
    | {"effects": ["unit", "wave"], "cluster": "unit", "report": "all"}
)
HAZARD = OLS.changed({"name": "h", "estimator": "cloglog", "outcome": "left"})


def test_steps_of_least_squares_and_their_fit(table):
    steps, fits = journal.stepwise([OLS], {"t": table}, CATEGORIES, SETTINGS)
    fits, frame = fits.set_index("step"), table.frame
    right = {"alone": "OD", "controls": "OD + C(sex)", "unit": "OD + C(sex) + C(unit)"}
    right["full"] = right["unit"] + " + C(wave)"
    for step, formula in right.items():
        known = smf.ols(f"burnout ~ {formula}", frame).fit()
        own = steps[(steps["step"] == step) & (steps["term"] == "OD")].iloc[0]
        assert own["estimate"] == pytest.approx(known.params["OD"], abs=1e-9)
        assert fits.loc[step, "r2"] == pytest.approx(known.rsquared, abs=1e-9)
    nothing = smf.ols("burnout ~ C(unit) + C(wave)", frame).fit()
    whole = smf.ols("burnout ~ OD + C(sex) + C(unit) + C(wave)", frame).fit()
    assert fits.loc["full", "r2_within"] == pytest.approx(1 - whole.ssr / nothing.ssr, abs=1e-9)
    assert np.isnan(fits.loc["controls", "r2_within"]) and (fits["n_used"] == 1200).all()
    assert set(steps.loc[steps["step"] == "controls", "term"]) == {"OD", "sex_female"}


def test_steps_of_a_hazard_rest_on_the_rows_of_the_whole_model(table):
    steps, fits = journal.stepwise([HAZARD], {"t": table}, CATEGORIES, SETTINGS)
    fits, frame = fits.set_index("step"), table.frame
    family = sm.families.Binomial(sm.families.links.CLogLog())
    kept = frame.groupby("unit")["left"].transform(lambda values: 0 < values.mean() < 1)
    for step, formula in {"controls": "OD + C(sex)", "full": "OD + C(sex) + C(unit) + C(wave)"}.items():
        known = smf.glm(f"left ~ {formula}", frame[kept], family=family).fit()
        own = steps[(steps["step"] == step) & (steps["term"] == "OD")].iloc[0]
        assert own["estimate"] == pytest.approx(known.params["OD"], abs=1e-6)
        assert fits.loc[step, "pseudo_r2"] == pytest.approx(1 - known.llf / known.llnull, abs=1e-8)
    assert (fits["n_used"] == fits["n_used"].iloc[0]).all()


def test_predicted_events_are_the_mean_over_the_group_with_the_exposure_set(table):
    made = predictions.hazards_over(HAZARD, table, CATEGORIES, "sex", SETTINGS)
    frame = table.frame
    kept = frame.groupby("unit")["left"].transform(lambda values: 0 < values.mean() < 1)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    known = smf.glm("left ~ OD + C(sex) + C(unit) + C(wave)", frame[kept], family=family).fit()
    assert list(made["group"].unique()) == sorted(["男", "女"]) and len(made) == 2 * predictions.POINTS
    for row in made.to_dict("records"):
        own = frame[kept & (frame["sex"] == row["group"])]
        share = len(own) / (frame["sex"] == row["group"]).sum()
        expected = 1000 * share * known.predict(own.assign(OD=row["exposure"])).mean()
        assert row["estimate"] == pytest.approx(expected, rel=1e-6)
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
    ends = made.groupby("group")["exposure"].agg(["min", "max"]).to_numpy()
    assert ends == pytest.approx(np.quantile(frame["OD"], [predictions.TAILS] * 2, method="inverted_cdf"))
    events = frame[frame["left"] == 1].groupby("sex").size()
    assert (made["behind"] <= made["group"].map(events)).all() and (made["behind"] > 100).all()
    nothing = table.frame.assign(left=0)
    empty = predictions.hazards_over(HAZARD, AnalysisTable(nothing, None, 1200), CATEGORIES, "sex", SETTINGS)
    assert empty.empty and list(empty.columns) == predictions.COLUMNS
    merged = AnalysisTable(table.frame.assign(sex="男"), None, 1200)  # no group is told from the others
    assert predictions.hazards_over(HAZARD, merged, CATEGORIES, "sex", SETTINGS).empty


def test_differences_over_the_exposure_are_the_slopes_of_the_groups(table):
    made = predictions.differences_over(OLS, table, CATEGORIES, "post", SETTINGS, least=10)
    slopes = journal.subgroups([OLS], ["post"], {"t": table}, CATEGORIES, SETTINGS, least=10).set_index(
        "level"
    )
    for row in made.to_dict("records"):
        slope = slopes.loc[row["group"]]
        assert row["estimate"] == pytest.approx(slope["estimate"] * row["exposure"])
        ends = sorted([slope["ci_low"] * row["exposure"], slope["ci_high"] * row["exposure"]])
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends)
    assert set(made.columns) == set(read_outputs(PLAN / "outputs.csv")["predictions"].columns)
    assert predictions.differences_over(OLS, table, CATEGORIES, "none", SETTINGS, least=10).empty


def test_slopes_by_group_and_the_test_that_they_are_equal(table):
    found = journal.subgroups([OLS], ["post", "none"], {"t": table}, CATEGORIES, SETTINGS, least=10)
    frame = table.frame
    known = smf.ols("burnout ~ OD:C(post) + C(post) + C(sex) + C(unit) + C(wave)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["unit"], "use_correction": False}
    )
    names = [f"OD:C(post)[{level}]" for level in "abc"]
    assert list(found["level"]) == ["a", "b", "c"]
    assert found["estimate"].to_numpy() == pytest.approx(known.params[names].to_numpy(), abs=1e-9)
    factor = np.sqrt(60 / 59)
    assert found["std_error"].to_numpy() == pytest.approx(factor * known.bse[names].to_numpy(), abs=1e-9)
    contrast = np.array([[-1, 1, 0], [-1, 0, 1]])
    values = contrast @ known.params[names].to_numpy()
    covariance = contrast @ known.cov_params().loc[names, names].to_numpy() @ contrast.T * factor**2
    wald = values @ np.linalg.solve(covariance, values)
    assert found["p_difference"].iloc[0] == pytest.approx(np.exp(-wald / 2), rel=1e-6)  # chi-squared, 2 df
    few = journal.subgroups([OLS], ["post"], {"t": table}, CATEGORIES, SETTINGS, least=10_000)
    assert few.empty


def test_correlations_leave_out_what_does_not_vary():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 5], "b": [2.0, 1, 4, np.nan], "c": [1.0, 1, 1, 1]})
    found = journal.correlations(frame, ["a", "b", "c", "d"])
    known = np.corrcoef([1, 2, 3], [2, 1, 4])[0, 1]
    assert found.to_numpy().tolist() == [["b", "a", pytest.approx(known), 3]]
    assert journal.correlations(frame.head(0), ["a", "b"]).empty


def people():
    """300 persons: half of the 80后 and a fifth of the 90后 are women; of the 00后 three, all women."""
    cohort = ["80后"] * 200 + ["90后"] * 97 + ["00后"] * 3
    sex = ["女", "男"] * 100 + ["女"] * 20 + ["男"] * 77 + ["女"] * 3
    frame = pd.DataFrame(
        {"cohort": pd.Categorical(cohort, ["80后", "90后", "00后"]), "sex": sex, "persons": ""}
    )
    frame["unit_code"] = [f"u{number % 6}" for number in range(300)]
    frame["tenure_years"], frame["exposure"] = np.arange(300) / 10.0, np.nan
    return frame.assign(tenure_band="1-3", lock_band="none", unit_type="镇")


def test_sample_by_group_by_hand_and_past_the_gate():
    persons = people()
    answers = persons.rename(columns={"unit_code": "unit"}).assign(
        burnout=np.where(persons["sex"] == "女", 3.0, 1.0)
    )
    tertiles = pd.Series(["low", "low", "middle", "middle", "high", "high"], [f"u{k}" for k in range(6)])
    found = sample_by_group(persons, answers, tertiles, ["burnout"], least=10)
    women = found[(found["grouping"] == "cohort") & (found["level"] == "女")].set_index("group")
    assert women["n"].to_dict() == {"80后": 100, "90后": 20, "00后": 3, "all": 123}
    assert women.loc["80后", "share"] == 50 and women.loc["90后", "share"] == pytest.approx(100 * 20 / 97)
    p, q = 0.5, 20 / 97
    spread = np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert women.loc["all", "difference"] == round((p - q) / spread, 2)  # the 00后 tell nothing
    burnout = found[(found["grouping"] == "cohort") & (found["variable"] == "burnout")].set_index("group")
    assert burnout.loc["80后", ["mean", "sd"]].tolist() == pytest.approx([2, np.sqrt(200 / 199)])
    assert (found.loc[found["grouping"] == "tertile", "group"] != "").all()
    output = read_outputs(PLAN / "outputs.csv")["sample_by_group"]
    released = release_frame(output, found, Limits(10, 20, 0.9))[0]
    shown = released[(released["grouping"] == "cohort") & (released["level"] == "女")].set_index("group")["n"]
    assert (
        np.isnan(shown["00后"]) and shown.isna().sum() >= 2
    )  # and another, so that the total does not tell it


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_are_laid_out_as_journals_print_them(language):
    released = {Path(name).stem: frame for name, frame in report_fakes.journal_frames().items()}
    models = {model["name"]: model for model in report_fakes.MODELS["models"]}
    made = {
        table.name: table for table in journal_tables(released, models, Labels(language, PLAN / "labels.csv"))
    }
    cohort = made["sample_by_cohort"]
    assert printed(cohort)[0][1:5] == ["", "400", "400", "—"] and len(cohort.header) == 7
    sex, burnout = (
        next(row for row in cohort.rows if kind in row[0])
        for kind in ("n (%)", "(SD)" if language == "en" else "(标准差)")
    )
    assert sex[1] == "1,000" and burnout[1] != ""
    assert "400 (40.0%)" in printed(cohort)[2]
    assert printed(made["correlation_matrix"])[2][1:] == [".34", "−.10"]
    columns = made["stepwise_columns"]
    assert len(columns.header) == 9 and columns.rows[0][1] == "0.310***"
    assert isinstance(columns.rows[0][1], Figure) and columns.rows[0][1].value == 0.31
    assert [row[0] for row in made["subgroup_slopes"].rows][1] == ""
    empty = {name: frame.head(0) for name, frame in released.items()}
    assert not any(
        table.rows for table in journal_tables(empty, models, Labels(language, PLAN / "labels.csv"))
    )
