"""Two survey waves: answers from latent scores with known effects, and their exact conditional means."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from jianfu.simulate.exposure import anchor, index_of, window_mean
from jianfu.simulate.persons import YEAR
from jianfu.simulate.streams import shifted
from jianfu.simulate.unit_years import EFFORT_LOG_SD, years_of

EFFICACY = ("PE1", "PE2", "PE3", "PE4", "PE5", "PE6")
# Scale, subscale, items, lowest and highest code, reversed items: as in config/plan/scales.yaml.
SUBSCALES = (
    ("burnout", "exhaustion", ("EE1", "EE2", "EE3", "EE4", "EE5"), 0, 6, ()),
    ("burnout", "cynicism", ("CY1", "CY2", "CY3", "CY4"), 0, 6, ()),
    ("burnout", "inefficacy", EFFICACY, 0, 6, EFFICACY),
    ("meaning", "meaning", ("MW1", "MW2", "MW3", "MW4", "MW5", "MW6"), 1, 5, ("MW3",)),
    ("innovation", "innovation", ("IN1", "IN2", "IN3", "IN4"), 1, 5, ("IN2",)),
    ("autonomy", "autonomy", ("AU1", "AU2", "AU3"), 1, 5, ()),
    ("intention", "intention", ("LI1", "LI2", "LI3"), 1, 5, ()),
    ("distrust", "distrust", ("DT1", "DT2", "DT3"), 1, 5, ("DT3",)),
    ("support", "support", ("SS1", "SS2", "SS3"), 1, 5, ()),
    ("insecurity", "insecurity", ("FB1", "FB2"), 1, 5, ()),
    ("responsibility", "responsibility", ("FR1",), 1, 5, ()),
    ("expectation_gap", "expectation_gap", ("EG1", "EG2"), 1, 5, ("EG2",)),
)
BURNOUT_WEIGHTS = {"exhaustion": 0.4, "cynicism": 0.3, "inefficacy": 0.3}
USUAL = ("burnout", "meaning", "innovation", "autonomy", "intention")
RARE = (
    "distrust",
    "support",
    "insecurity",
    "responsibility",
    "expectation_gap",
)  # asked behind the usual ones
SCALES = (*USUAL, *RARE)


def items_of(scales):
    """Items of these scales in the order of the questionnaire."""
    return tuple(item for scale, _, items, *_ in SUBSCALES if scale in scales for item in items)


ITEMS = items_of(SCALES)
# Exposures as unweighted indices; `demands` is OD as a whole, `overload` leaves out what `pressure` (D7) holds, as the
# joint model H4 does.
EXPOSURES = {
    "overload": ("A1_tasks", "A4_letters", "A5_amp", "A6_share"),
    "demands": ("A1_tasks", "A2_checks", "A3_veto", "A4_letters", "A5_amp", "A6_share", "C5_short_share"),
    "pressure": ("A2_checks", "A3_veto", "A4_letters", "C5_short_share"),
    "monotony": ("D6_monotony",),
    "rest_day_work": ("D4_rest_actions",),
    "traces": ("B1_artefacts", "B1_trace_only", "B2_desk", "B4_walls", "B5_apps", "B6_actions", "B8_total"),
    "rigidity": ("C1_template", "C1_items", "C2_uniformity", "C3_format_returns"),
    "mismatch": ("A10",),
    "accountability": ("F2_accountability",),
    "apps": ("B5_apps", "B6_actions"),
    "veto": ("A3_veto",),
}
# Effects on burnout shared by a whole unit.
OF_UNIT = ("overload", "pressure", "monotony", "rest_day_work", "apps", "demands")
SURVEY_MONTHS, SURVEY_MIN_MONTHS = 6, 4
MEDIATED = ("innovation", "intention", *RARE)  # scales that depend on other scales of the same person


@dataclass(frozen=True)
class Survey:
    """Respondents of all waves: ``frame`` with slot, unit, t and the canonical columns; ``truth`` row by row.

    variance: of every scale around its conditional mean; moments: (mean, SD) of its observed scores, by which ``truth``
    is standardised.
    """

    frame: pd.DataFrame
    truth: pd.DataFrame
    variance: dict
    moments: dict


def survey_exposures(measures, anchored=None):
    """Six-month means before every month, standardised like the exposures of the models: dict of units x months.

    anchored: the measures whose moments count, where they are others than ``measures``.
    """
    exposures = {}
    for name, codes in EXPOSURES.items():
        codes = [code for code in codes if code in measures]
        index, anchors = index_of(measures if anchored is None else anchored, codes)
        past = window_mean(index, SURVEY_MONTHS, 1, SURVEY_MIN_MONTHS)
        mean, sd = anchor(past)
        if anchored is not None:
            past = window_mean(index_of(measures, codes, anchors)[0], SURVEY_MONTHS, 1, SURVEY_MIN_MONTHS)
        exposures[name] = np.nan_to_num((past - mean) / sd)
    return exposures


def _respondents(own, months, careers, streams, burnout):
    """Persons on the post throughout the fieldwork month who answer: slot, unit, t, wave.

    burnout: latent burnout of persons (frame as returned here), on which the response may depend.
    """
    rng = streams("response")
    parts, share = [], own["response"]
    for wave, name in enumerate(own["waves"], start=1):
        t = months.index(name)
        here, after = (careers.risk[careers.risk["t"] == month] for month in (t, t + 1))
        stays = here.merge(after[["slot", "unit"]], on=["slot", "unit"])[["slot", "unit"]]
        stays = stays.assign(t=t, wave=wave)
        if own["response_burnout"]:
            share = shifted(own["response"], own["response_burnout"] * burnout(stays))
        parts.append(stays[rng.random(len(stays)) < share])
    return pd.concat(parts, ignore_index=True).sort_values(["wave", "unit", "slot"], ignore_index=True)


def burnout_of_units(own, exposures):
    """Expected burnout before cohorts, units x months, in SD."""
    effects = own["burnout"]
    level = sum(effects[name] * exposures[name] for name in OF_UNIT)
    return level + effects["overload_x_mismatch"] * exposures["overload"] * exposures["mismatch"]


def _predictors(own, people, persons, months, exposures):
    """Systematic part of every latent score: dict of arrays, one value per respondent; intention without mediators."""
    unit, t, slot = (people[name].to_numpy() for name in ("unit", "t", "slot"))
    x = {name: values[unit, t] for name, values in exposures.items()}
    years = (months.first[t] - persons.rank_since[slot]).astype(float) / YEAR
    plateau = (years - years.mean()) / years.std()
    cohort = persons.cohort[slot]
    burnout = burnout_of_units(own, exposures)[unit, t] + np.array(own["burnout_by_cohort"])[cohort]
    effects = own["meaning"]
    meaning = effects["traces"] * x["traces"] + effects["plateau"] * plateau
    meaning = meaning + effects["traces_x_plateau"] * x["traces"] * plateau
    meaning = meaning + effects["traces_x_young"] * x["traces"] * (cohort >= 2)
    effects = own["innovation"]
    innovation = sum(effects[name] * x[name] for name in ("rigidity", "accountability", "veto"))
    return {
        "burnout": burnout,
        "meaning": meaning,
        "innovation": innovation,
        "autonomy": own["autonomy"]["rigidity"] * x["rigidity"],
        "intention": np.zeros(len(people)),
        "insecurity": own["insecurity"]["accountability"] * x["accountability"],
        **{name: np.zeros(len(people)) for name in RARE if name != "insecurity"},
    }


def _residuals(own, people, n_units, n_slots, explained, streams, name):
    """Unit, person and occasion parts of a latent score; total variance 1 with the explained part."""
    rng = streams(f"latent {name}")
    free = 1 - own["unit_icc"] - explained
    unit = np.sqrt(own["unit_icc"]) * rng.standard_normal(n_units)[people["unit"]]
    person = np.sqrt(own["person_share"] * free) * rng.standard_normal(n_slots)[people["slot"]]
    waves = people["wave"].max()
    occasion = rng.standard_normal((n_slots, waves))[people["slot"], people["wave"] - 1]
    return unit + person + np.sqrt((1 - own["person_share"]) * free) * occasion


def mediators(own, name):
    """Effects of other scales on the scale ``name`` as {scale: effect}."""
    return {scale: own[name][scale] for scale in SCALES if name in MEDIATED and scale in own[name]}


def _means(own, predictors):
    """Mean of every latent score given what the models know: dict of arrays, one value per respondent."""
    mean = {}
    for name in SCALES:
        effects = mediators(own, name)
        mean[name] = predictors[name]
        if effects:
            mean[name] = mean[name] + sum(effects[scale] * mean[scale] for scale in effects)
    return mean


def _latent(own, people, predictors, n_units, n_slots, streams):
    """Realised latent scores, and mean and residual variance of each given what the models know."""
    latent, mean, variance = {}, _means(own, predictors), {}
    for name in SCALES:
        effects = mediators(own, name)
        mediated = sum(effects[scale] * (latent[scale] - mean[scale]) for scale in effects)
        explained = np.var(mean[name]) + np.var(mediated)
        own_part = _residuals(own, people, n_units, n_slots, explained, streams, name)
        latent[name] = mean[name] + mediated + own_part
        variance[name] = np.var(mediated) + 1 - np.var(mean[name]) - np.var(mediated)
    for name in MEDIATED:
        given = mediators(own, name)
        mean[f"{name}_given"] = predictors[name] + sum(given[s] * latent[s] for s in given)
        variance[f"{name}_given"] = 1 - np.var(mean[f"{name}_given"])
    return latent, mean, variance


def _expected_answer(level, spread, low, high):
    """Mean of a rounded and clipped normal answer: sum over the codes of the probability to reach them."""
    return low + sum(norm.cdf((level - (code - 0.5)) / spread) for code in range(low + 1, high + 1))


def _answers(own, latent, n, streams):
    """Item answers: frame of codes as coded in the field (reversed items turned back)."""
    common, sub = own["loading"]["common"], own["loading"]["subscale"]
    answers = {}
    for scale, subscale, items, low, high, turned in SUBSCALES:
        rng = streams(f"answers {subscale}")
        level, spread = own["items"][subscale]
        shared = common * latent[scale] + sub * rng.standard_normal(n)
        noise = np.sqrt(1 - common**2 - sub**2) * rng.standard_normal((len(items), n))
        for item, part in zip(items, noise, strict=True):
            code = np.clip(np.rint(level + spread * (shared + part)), low, high) + 0.0  # no negative zero
            answers[item] = low + high - code if item in turned else code
    return pd.DataFrame(answers)


def _expected_scores(own, mean, variance):
    """Expected score of every scale given the predictors, in the units of the scale."""
    common = own["loading"]["common"]
    scores = {}
    for name in mean:
        scale = name.removesuffix("_given")
        parts = {}
        for _, subscale, _, low, high, _ in (row for row in SUBSCALES if row[0] == scale):
            level, spread = own["items"][subscale]
            left = np.sqrt(common**2 * variance[name] + 1 - common**2)
            parts[subscale] = _expected_answer(level + spread * common * mean[name], spread * left, low, high)
        weights = BURNOUT_WEIGHTS if scale == "burnout" else {scale: 1.0}
        scores[name] = sum(weight * parts[subscale] for subscale, weight in weights.items())
    return scores


def observed_scores(answers):
    """Scores of the answers by the keys of config/plan/scales.yaml (missing items left out)."""
    scores = dict.fromkeys(SCALES, 0.0)
    for scale, subscale, items, low, high, turned in SUBSCALES:
        block = answers[list(items)].to_numpy(dtype=float, copy=True)
        flip = [items.index(item) for item in turned]
        block[:, flip] = low + high - block[:, flip]
        weight = BURNOUT_WEIGHTS.get(subscale, 1.0)
        scores[scale] = scores[scale] + weight * pd.DataFrame(block).mean(axis=1).to_numpy()
    return scores


def _hours(own, people, months, exposures, substantive, streams):
    rng = streams("hours")
    unit, t = people["unit"].to_numpy(), people["t"].to_numpy()
    effort = substantive[unit, months.year[t] - years_of(months)[0]]
    n = len(people)
    hours = own["hours"]
    week = (
        hours["week"]
        + hours["overload"] * exposures["overload"][unit, t]
        + hours["week_sd"] * rng.normal(size=n)
    )
    week = np.clip(np.rint(week), *hours["week_range"])
    trace = (
        week * hours["trace_share"] * np.exp(0.10 * exposures["traces"][unit, t] + 0.2 * rng.normal(size=n))
    )
    real = week * hours["substantive_share"] * np.exp(EFFORT_LOG_SD * effort + 0.2 * rng.normal(size=n))
    return {"hours_week": week, "hours_trace": np.rint(trace), "hours_substantive": np.rint(real)}


def _hours_visible(own, week, leads, streams):
    """Weekly hours of leaders on projects that show; others were not asked."""
    noise = own["visible_log_sd"] * streams("hours visible").normal(size=len(week))
    return np.where(leads, np.rint(np.minimum(week * own["visible_share"] * np.exp(noise), week)), np.nan)


def build_survey(parameters, months, exposures, careers, persons, substantive, streams):
    """Answers of both waves and the conditional mean of every score of every respondent.

    exposures: as from :func:`survey_exposures`.
    """
    own = parameters["survey"]
    sizes = (len(substantive), len(persons.male))

    def latents(people):
        return _latent(own, people, _predictors(own, people, persons, months, exposures), *sizes, streams)

    people = _respondents(own, months, careers, streams, lambda asked: latents(asked)[0]["burnout"])
    n = len(people)
    latent, mean, variance = latents(people)
    answers = _answers(own, latent, n, streams)
    rng = streams("survey damage")
    flat = rng.random(n) < own["straightline"]
    for _, _, items, low, high, _ in SUBSCALES:
        answers.loc[flat, list(items)] = (low + high) // 2
    scores = observed_scores(answers)
    expected = _expected_scores(own, mean, variance)
    observed = {name: values[~flat] for name, values in scores.items()}
    moments = {name: (values.mean(), values.std(ddof=1)) for name, values in observed.items()}
    truth = _standardised(expected, moments)
    for asked, draws in ((USUAL, rng), (RARE, streams("survey damage rare"))):
        part = list(items_of(asked))
        answers[part] = answers[part].mask(draws.random((n, len(part))) < own["item_missing"])
    seconds = np.where(flat, rng.integers(45, 90, n), np.rint(np.exp(rng.normal(5.75, 0.4, n))) + 90)
    day = rng.integers(5, 26, n)
    hours = _hours(own, people, months, exposures, substantive, streams)
    leads = persons.leader[people["slot"]]
    hours["hours_visible"] = _hours_visible(own["hours"], hours["hours_week"], leads, streams)
    frame = people.assign(
        fieldwork_date=months.first[people["t"]] + (day - 1).astype("m8[D]"),
        **answers,
        **hours,
        duration_s=seconds.astype(float),
        straightline=flat,
    )
    truth = people[["slot", "unit", "wave"]].assign(**truth, straightline=flat)
    return Survey(frame, truth, variance, moments)


def _standardised(scores, moments):
    found = {}
    for name, values in scores.items():
        mean, sd = moments[name.removesuffix("_given")]
        found[f"{name}_z"] = (values - mean) / sd
    return found


def expected_scores(own, survey, persons, months, exposures):
    """Conditional mean (<scale>_z) of every score for the respondents of ``survey`` under other ``exposures``."""
    mean = _means(own, _predictors(own, survey.frame, persons, months, exposures))
    return pd.DataFrame(_standardised(_expected_scores(own, mean, survey.variance), survey.moments))
