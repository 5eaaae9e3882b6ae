"""The attack on a release recovers nothing from one that passed the gate, and what is planted in one that did not."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from release_attack import COHORTS, attack, digits, groups, margins, read
from scipy import stats

from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons, write_reasons
from jianfu.models.estimates import RESTRICTED_COLUMNS
from jianfu.models.reasons import because, in_words
from jianfu.release.estimates import release_estimates
from jianfu.release.gate import release_all
from jianfu.release.ledger import round_alike
from jianfu.release.outputs import Limits
from jianfu.release.reasons_file import reasons_table

PLAN = Path(__file__).parents[2] / "config" / "plan"
LABELS = Labels("zh", str(PLAN / "labels.csv"))
MONTHS = dict(zip(COHORTS, (3929, 6469, 6929, 1490), strict=True))  # person-months by cohort
PERSONS = dict(zip(COHORTS, (241, 377, 443, 102), strict=True))
EXITS = dict(zip(COHORTS, (11, 26, 84, 4), strict=True))


def doses(exits, persons):
    """The groups of the dose-response figure: two by cohort, with totals."""
    rows = [
        (cohort, part, persons[cohort] // 2 + 20, n // 2 if part == "1" else n - n // 2, MONTHS[cohort] // 2)
        for cohort, n in exits.items()
        for part in "12"
    ]
    frame = pd.DataFrame(rows, columns=["cohort", "bin", "persons", "exits", "person_months"])
    for column, other in (("bin", "cohort"), ("cohort", "bin")):
        sums = frame.groupby(other, as_index=False)[["persons", "exits", "person_months"]].sum()
        frame = pd.concat([frame, sums.assign(**{column: "all"})], ignore_index=True)
    rate = 1000 * frame["exits"] / frame["person_months"]
    return frame.assign(exposure_mean=0.123456789, rate=rate, ci_low=rate / 1.7, ci_high=rate * 1.7)


def described(exits, persons, answers):
    """Persons, person-months and exits by cohort; scales of 3 and 15 whole items with the given numbers of answers."""
    rows = []
    for row, counts in (("persons", persons), ("person_months", MONTHS), ("exits", exits)):
        for cohort, n in {"all": sum(counts.values()), **counts}.items():
            behind = n if row == "exits" else persons.get(cohort, sum(persons.values()))
            rows.append(("persons", row, cohort, n, np.nan, np.nan, behind))
    rng = np.random.default_rng(1)
    for name, items, n in zip(("intention", "burnout"), (3, 15), answers, strict=True):
        scores = rng.integers(1, 6, (n, items)).mean(axis=1)
        rows.append(("scores", name, "all", n, scores.mean(), scores.std(ddof=1), n))
    frame = pd.DataFrame(rows, columns=["block", "row", "cohort", "n", "mean", "sd", "persons"])
    return frame.assign(top2_share=0.1, cell="")


def responses(women=159, men=135):
    """Answers of one wave by sex with weights of mean 1."""
    weights = np.array([0.985843943, (women + men - women * 0.985843943) / men])
    frame = pd.DataFrame({"wave": 1, "variable": "sex", "level": ["女", "男", "all"]})
    frame["roster"], frame["respondents"] = [566, 504, 1070], [women, men, women + men]
    frame["rate"] = frame["respondents"] / frame["roster"]
    return frame.assign(weight=[*weights, 1.0], effective_n=[np.nan, np.nan, women + men - 2.2])


def model(**changes):
    row = dict.fromkeys(RESTRICTED_COLUMNS, "") | {
        "persons": True,
        "dropped_by_reason": "{}",
        "reasons": "[]",
    }
    row |= {"n_dropped": 0, "residual_df": 500, "converged": True, "p_value": 0.05, "p_adjusted": 0.1}
    row |= {"behind_persons": np.nan, "behind_events": np.nan, "n_units": 40, "n_clusters": 40}
    return row | changes


def models(answers, exits):
    """Two regressions of answers with errors that count them, and a model of exits with older cohorts merged."""
    rows = [
        model(model=f"H1_{n}", outcome="burnout", term="OD", vcov="iid", scale="sd_per_sd")
        | {"n_read": 618, "n_used": n, "n_dropped": 618 - n, "dropped_by_reason": f'{{"missing": {618 - n}}}'}
        | {"estimate": 0.2734032189, "std_error": 0.1402113397, "n_events": np.nan}
        for n in answers
    ]
    for row in rows:
        half = stats.t.ppf(0.975, row["n_used"] - 20) * row["std_error"]
        row |= {"ci_low": row["estimate"] - half, "ci_high": row["estimate"] + half}
    by_cohort = model(model="H2", outcome="voluntary", term="cohort_90s", vcov="cluster_G", n_read=19867)
    by_cohort |= {"n_used": 18817, "n_dropped": 1050, "dropped_by_reason": '{"off_post": 1050}'}
    by_cohort |= {
        "estimate": 1.1,
        "std_error": 0.3,
        "ci_low": 0.5,
        "ci_high": 1.7,
        "n_events": sum(exits.values()),
    }
    levels = ["cohort_00s → cohort_90s", "cohort_70s → cohort_80s"]
    return pd.DataFrame(
        [*rows, by_cohort | {"reasons": write_reasons([because("levels_merged", levels=levels)])}]
    )


def release(folder, month, exits=EXITS, persons=PERSONS, answers=(581, 590)):
    """A release of a small province in ``folder``/``month``."""
    tables = {
        "dose_response": doses(exits, persons),
        "descriptives": described(exits, persons, answers),
        "survey_response": responses(),
    }
    for name, frame in {**tables, "estimates": models(answers, exits)}.items():
        frame.to_parquet(folder / f"{name}.parquet")
    release_all(
        published={name: folder / f"{name}.parquet" for name in tables},
        estimates=folder / "estimates.parquet",
        plan=PLAN / "outputs.csv",
        settings=asdict(Limits(min_cell=10, min_residual_df=10, dominance=0.9)),
        labels=LABELS,
        synthetic=False,
        folder=folder / month,
        vintage=folder / "restricted" / "vintage.parquet",
    )
    return folder / month


def planted(folder, name, change):
    """The release with a file changed, as if it had not passed the gate."""
    path = next(folder.rglob(f"{name}.csv"))
    frame = pd.read_csv(path, encoding="utf-8-sig").astype(object)
    change(frame)
    frame.to_csv(path, index=False)
    return {leak.group for leak in attack(folder)}


def put(frame, rows, **values):
    for column, value in values.items():
        frame.loc[rows, column] = value


def test_nothing_is_recovered_from_what_passed_the_gate(tmp_path):
    folder = release(tmp_path, "one")
    assert attack(folder) == []
    assert read(folder, "descriptives")["status"].eq("withheld").any()


def test_a_withheld_cell_that_the_others_tell_is_found(tmp_path):
    folder = release(tmp_path, "one")

    def shown(frame):
        exact = doses(EXITS, PERSONS).set_index(["cohort", "bin"])["exits"]
        keys = list(zip(frame["cohort"], frame["bin"], strict=True))
        put(frame, slice(None), exits=[np.nan if key == ("00后", "1") else exact[key] for key in keys])

    assert planted(folder, "dose_response", shown) == {"exits/00后/1"}
    assert [(leak.low, leak.high) for leak in margins(folder)] == [(2, 2)]


def test_counts_that_the_digits_of_figures_tell_are_found(tmp_path):
    folder = release(tmp_path, "one")
    means = described(EXITS, PERSONS, (581, 590)).query("block == 'scores'")["mean"].round(9)
    scores = lambda frame: put(frame, (frame["block"] == "scores").to_numpy(), mean=list(means))  # noqa: E731
    assert "answers to intention" in planted(folder, "descriptives", scores)
    weights = lambda frame: put(frame, slice(None), weight=list(responses()["weight"].round(9)))  # noqa: E731
    assert "wave 1 sex" in planted(folder, "survey_response", weights)
    effective = lambda frame: put(frame, frame["level"] == "all", effective_n=291.8)  # noqa: E731
    assert "answers of wave 1" in planted(folder, "survey_response", effective)
    full = models((581, 590), EXITS)[["estimate", "std_error", "ci_low", "ci_high"]].round(10)
    intervals = lambda frame: put(frame, slice(None), **{c: list(full[c]) for c in full})  # noqa: E731
    assert {"observations of H1_581", "observations of H1_590"} <= planted(folder, "estimates", intervals)


@pytest.mark.parametrize(("digits_", "found"), [(9, {"answers to burnout"}), (3, set())])
def test_answers_that_the_fit_of_a_factor_model_tells_are_found(tmp_path, digits_, found):
    n, df, chi2 = 584, 87, 141.27436213
    rmsea = np.sqrt((chi2 - df) / (df * (n - 1)))
    row = {"scale": "burnout", "respondents": 580, "df": df, "chi2": chi2, "rmsea": rmsea}
    frame = pd.DataFrame(
        [{key: float(f"{x:.{digits_}g}") if isinstance(x, float) else x for key, x in row.items()}]
    )
    frame.to_csv(tmp_path / "scale_structure.csv", index=False)
    assert {leak.group for leak in digits(tmp_path)} == found


def test_answers_and_events_that_a_likelihood_tells_are_found(tmp_path):
    """Three digits are enough: 590 answers, R2 0.0624, and 57 events in 11,760 person-months."""
    half = 590 / 2 * (np.log(2 * np.pi * (1 - 0.0624)) + 1)
    alone = 57 * np.log(57 / 11760) + 11703 * np.log1p(-57 / 11760)
    rows = [
        {"model": "H1", "step": "alone", "n_used": 590, "log_likelihood": float(f"{-half:.3g}"), "r2": 0.0624}
    ]
    rows += [
        {
            "model": "H2",
            "step": "alone",
            "n_used": 11760,
            "log_likelihood": float(f"{alone * 0.9948:.3g}"),
            "pseudo_r2": 0.0052,
        }
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "stepwise_fit.csv", index=False)
    found = {leak.group: (leak.low, leak.high) for leak in digits(tmp_path)}
    assert set(found) == {"answers of H1 alone", "events of H2 alone"}
    assert found["events of H2 alone"][0] <= 57 <= found["events of H2 alone"][1]


def test_events_that_an_excess_over_its_coefficient_tells_are_found_and_not_released(tmp_path):
    """Rates of two levels and of all give the observations of the levels, and their events: 39 and 18 of 57."""
    levels, slope = {"80后": (6542, 18), "90后": (5217, 39)}, 0.1215
    whole = tuple(map(sum, zip(*levels.values(), strict=True)))
    counts = {"": whole} | {f"; {name}": count for name, count in levels.items()}
    excess = {name: 1000 * slope * e / n for name, (n, e) in counts.items()}
    excess["; 90后 - others"] = excess["; 90后"] - excess["; 80后"]
    rows = [model(model="H2", outcome="voluntary", term="OD", estimate=slope, std_error=0.2)]
    for name, value in excess.items():
        row = model(model="H2.additive", outcome="voluntary", term=f"excess_per_1000(OD{name})")
        row |= {"estimate": value, "std_error": 1.0, "ci_low": value - 2, "ci_high": value + 2}
        rows.append(
            row | dict(zip(("behind_persons", "behind_events"), counts.get(name, whole), strict=True))
        )
    full = pd.DataFrame(rows).assign(n_read=19867, n_used=whole[0], n_events=whole[1], vcov="cluster_G")
    released = round_alike({}, full, 10, np.ones(len(full), bool))[1]
    for name, frame in (("exact", full.assign(n_events=60, n_used=11760)), ("released", released)):
        (tmp_path / name).mkdir()
        frame.to_csv(tmp_path / name / "estimates.csv", index=False)
    found = {leak.group.partition("(")[2]: (leak.low, leak.high) for leak in digits(tmp_path / "exact")}
    assert found == {"OD)": (57, 58), "OD; 80后)": (18, 18), "OD; 90后)": (39, 39)}
    assert digits(tmp_path / "released") == []
    shown = released.set_index("term")["estimate"]
    assert shown["excess_per_1000(OD; 90后)"] == pytest.approx(1000 * slope * 40 / 5220)
    difference = shown["excess_per_1000(OD; 90后)"] - shown["excess_per_1000(OD; 80后)"]
    assert shown["excess_per_1000(OD; 90后 - others)"] == pytest.approx(difference, rel=1e-9)


def test_answers_that_the_step_between_two_iccs_tells_are_found_and_not_released(tmp_path):
    size, one = 574 / 48, 0.0715
    row = {
        "scale": "inefficacy",
        "respondents": 574.0,
        "icc1": one,
        "icc2": size * one / (1 + (size - 1) * one),
    }
    estimates = pd.DataFrame([model(n_read=620, n_used=590, n_dropped=30, n_events=np.nan)])
    tables = round_alike({"scale_reliability": pd.DataFrame([row])}, estimates, 10, np.array([True]))[0]
    released = tables["scale_reliability"]
    exact = released.assign(icc2=round(row["icc2"], 3))
    units = pd.DataFrame([{"block": "units", "row": "units", "n": 24, "mean": np.nan}])
    waves = pd.concat([responses(), responses().assign(wave=2)]).round(2)
    for name, table in (("exact", exact), ("released", released)):
        (tmp_path / name).mkdir()
        for file, frame in (
            ("scale_reliability", table),
            ("descriptives", units),
            ("survey_response", waves),
        ):
            frame.to_csv(tmp_path / name / f"{file}.csv", index=False)
    found = [
        {leak.group for leak in digits(tmp_path / name) if "groups" in leak.group}
        for name in ("exact", "released")
    ]
    assert found == [{"answers to inefficacy in groups"}, set()]


def test_a_small_group_that_its_level_and_group_tell_is_found(tmp_path):
    """Exact counts of sex by cohort of which one is withheld follow from totals of the level and of the group."""
    counts = {("男", "80后"): 31, ("女", "80后"): 7, ("男", "90后"): 44, ("女", "90后"): 25}
    rows = [("cohort", "sex", *key, n) for key, n in counts.items()]
    rows += [("cohort", "sex", sex, "all", 75 if sex == "男" else 32) for sex in ("男", "女")]
    rows += [("cohort", "persons", "", group, n) for group, n in (("80后", 38), ("90后", 69), ("all", 107))]
    frame = pd.DataFrame(rows, columns=["grouping", "variable", "level", "group", "n"]).assign(mean=np.nan)
    frame["n"] = frame["n"].astype(float)
    frame.loc[[1, 3, 4, 5], "n"] = np.nan  # the level and its total are withheld; the groups tell it
    frame.to_csv(tmp_path / "sample_by_group.csv", index=False)
    assert ("groups/cohort/sex/女/80后", 7, 7) in {
        (leak.group, leak.low, leak.high) for leak in margins(tmp_path)
    }


def test_rows_of_persons_that_the_rows_read_tell_are_found(tmp_path):
    row = {
        "table": "survey",
        "rows_read": 407,
        "kept": 391,
        "duplicate": 12,
        "rejected": np.nan,
        "nondata": 1,
    }
    pd.DataFrame([row]).to_csv(tmp_path / "data_quality.csv", index=False)
    assert [(leak.group, leak.low, leak.high) for leak in margins(tmp_path)] == [
        ("rows/survey/rejected", 3, 3)
    ]


def test_exits_that_rate_ratios_of_unmerged_cohorts_tell_are_found(tmp_path):
    folder = release(tmp_path, "one")
    rate = {cohort: np.log(EXITS[cohort] / MONTHS[cohort]) for cohort in COHORTS}
    path = folder / "estimates.csv"
    frame = pd.read_csv(path, encoding="utf-8-sig")
    row = frame[frame["model"] == "H2"].iloc[0].to_dict() | {"note": ""}
    rows = [row | {"term": COHORTS[c], "estimate": rate[c] - rate["80后"]} for c in COHORTS if c != "80后"]
    pd.DataFrame(rows).to_csv(path, index=False)
    found = [leak for leak in attack(folder) if leak.attack == "coefficients"]
    assert [leak.group for leak in found] == ["exits 00后 by H2"] and found[0].low == pytest.approx(
        4, abs=0.2
    )


TOLD = {  # what a model of seven exits in six of 24 units may tell of these, and the fewest exits that follow
    "units": ({"n_units": 6}, [], 6),
    "clusters": ({}, [because("few_clusters", clusters=6)], 6),
    "degrees of freedom": ({}, [because("t", df=5)], 6),
    "levels": ({}, [because("levels_without_events", column="unit", levels=18)], 6),
    "coarse levels": ({}, [because("levels_without_events", column="month", levels="<10")], 9),
    "rows dropped": ({"n_used": 3000, "dropped_by_reason": '{"separated_unit": 9000}'}, [], 4),
}


@pytest.mark.parametrize("kind", TOLD)
def test_withheld_events_that_units_with_an_event_bound_are_found_and_not_released(tmp_path, kind):
    """Each unit or month that a model keeps has an event: six units are six to nine of fewer than ten exits."""
    changes, reasons, least = TOLD[kind]
    plain = {"n_used": 12000, "n_read": 12000, "n_units": 24, "n_clusters": 24, "n_events": 7}
    said = [because("few_events"), *reasons]
    few = model(model="H2_resign", outcome="resign", estimate=0.1, std_error=0.2, **plain | changes)
    few["reasons"] = write_reasons([one for one in said if not isinstance(one.data().get("levels"), str)])
    whole = model(model="H2", outcome="voluntary", estimate=0.1, std_error=0.2, **plain | {"n_events": 60})
    full = pd.DataFrame([few, whole])
    naive = full.assign(n_events=[np.nan, 60])
    naive["reasons"] = [write_reasons([*said, because("not_published")]), "[]"]
    months = pd.DataFrame(
        {"month": [f"2024-{m:02d}" for m in range(1, 13)] + [f"2025-{m:02d}" for m in range(1, 7)]}
    )
    released = release_estimates(full, Limits(10, 10, 0.9))[0]
    for name, frame in (("naive", naive), ("released", released)):
        (tmp_path / name).mkdir()
        frame.drop(columns="reasons").to_csv(tmp_path / name / "estimates.csv", index=False)
        reasons_table(frame).to_csv(tmp_path / name / "reasons.csv", index=False)
        months.to_csv(tmp_path / name / "index_over_time.csv", index=False)
    assert [(leak.group, leak.low) for leak in groups(tmp_path / "naive")] == [("events of H2_resign", least)]
    assert groups(tmp_path / "released") == []
    assert all(
        in_words(read_reasons(text), LABELS) for text in released["reasons"].head(1)
    )  # what is left can be said


LATER = EXITS | {"80后": 29, "90后": 120}  # one cohort by three, another by thirty-six


@pytest.mark.parametrize(
    "exits", [EXITS, LATER, EXITS | {"90后": 87}, EXITS | {"70后及以前": 30, "80后": 25}]
)
def test_two_successive_releases_tell_no_small_group(tmp_path, exits):
    one, two = release(tmp_path, "one"), release(tmp_path, "two", exits, answers=(584, 590))
    assert attack(two, one) == []


def test_a_small_difference_of_two_releases_is_found(tmp_path):
    """What the gate kept as it was follows from the new total where that is exact."""
    far = {"answers": (560, 590), "persons": PERSONS}
    one, two = release(tmp_path, "one", **far), release(tmp_path, "two", LATER, **far)
    for folder, exits in ((one, EXITS), (two, LATER)):
        exact = doses(exits, PERSONS).set_index(["cohort", "bin"])["exits"]

        def shown(frame, exact=exact):
            values = [exact[key] for key in zip(frame["cohort"], frame["bin"], strict=True)]
            put(frame, slice(None), exits=values)

        planted(folder, "dose_response", shown)
    found = {leak.group for leak in attack(two, one) if leak.attack == "successive"}
    assert {"exits/80后/1", "exits/80后/2"} <= found
