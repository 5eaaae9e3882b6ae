"""Weights for the answers of a survey: the inverse of the probability of responding, estimated from the roster.

Within a wave the persons on post on the median day of the fieldwork are compared with the respondents by cohort, sex
and type of unit: a logit of responding on these three (main effects, on cells) gives the probability. Sex is left out
of a wave in which that of some respondents is not known (anonymous answers). What an answer itself does to responding
no weight can see: the share of a unit that is silent serves bounds for that (``burnout_silent_above`` of the plan).
"""

import warnings

import numpy as np
import pandas as pd
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from jianfu.core.months import month_number
from jianfu.core.units import latest_units
from jianfu.exits.definitions import SEXES, UNKNOWN, Definitions

TRIM = 5.0  # a weight is at most this many times the mean of its wave
VARIABLES = ("cohort", "sex", "unit_type")
ALL = "all"
TABLE_COLUMNS = ["wave", "variable", "level", "roster", "respondents", "rate", "weight", "effective_n"]


def on_post(spells: pd.DataFrame, day: pd.Timestamp, definitions: Definitions) -> pd.DataFrame:
    """Persons on post on ``day``, one row each: unit_code, cohort, sex."""
    first, last = pd.to_datetime(spells["spell_start"]), pd.to_datetime(spells["spell_end"])
    there = spells["on_post"].astype("boolean").fillna(True).astype(bool)
    there &= (first.isna() | (first <= day)) & (last.isna() | (last >= day))
    found = spells[there].assign(first=first[there]).sort_values("first", kind="stable")
    found = found.drop_duplicates("person_key", keep="last")
    return pd.DataFrame(
        {
            "unit_code": found["unit_code"].to_numpy(dtype=object),
            "cohort": definitions.cohort(month_number(found["birth_ym"]) // 12),
            "sex": found["sex"].where(found["sex"].isin(SEXES), UNKNOWN).to_numpy(dtype=object),
        }
    )


def response_probability(roster, respondents, variables):
    """Probability of responding of every respondent (n,), at most 1.

    roster, respondents: frames with ``variables``. Levels without a respondent have no part in the
    model. Cells with more respondents than persons count as complete.
    """
    variables = list(variables)
    for name in variables:
        roster = roster[roster[name].isin(set(respondents[name]))]
    persons = roster.groupby(variables, sort=True).size() if variables else pd.Series({0: len(roster)})
    answers = (
        respondents.groupby(variables, sort=True).size() if variables else pd.Series({0: len(respondents)})
    )
    table = pd.DataFrame({"persons": persons, "answers": answers}).fillna(0.0)
    table["persons"] = table[["persons", "answers"]].max(axis=1)
    table = table[table["persons"] > 0].reset_index()
    design = [np.ones(len(table))]
    for name in variables:
        levels = sorted(set(table[name]))
        design += [(table[name] == level).to_numpy(dtype=float) for level in levels[1:]]
    counts = np.column_stack([table["answers"], table["persons"] - table["answers"]])
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter(
            "ignore", PerfectSeparationWarning
        )  # as many coefficients as cells, or all responded
        fit = GLM(counts, np.column_stack(design), family=families.Binomial()).fit(maxiter=100)
    if not variables:
        return np.full(len(respondents), float(fit.fittedvalues[0]))
    fitted = table[variables].assign(probability=fit.fittedvalues)
    return respondents[variables].merge(fitted, on=variables, how="left")["probability"].to_numpy()


def trimmed(weights):
    """Weights with mean 1, none above :data:`TRIM`."""
    weights = weights / weights.mean()
    for _ in range(50):
        if weights.max() <= TRIM * (1 + 1e-12):
            break
        weights = np.minimum(weights, TRIM)
        weights = weights / weights.mean()
    return weights


def effective_size(weights):
    """Kish's effective number of observations, (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted(
    scores: pd.DataFrame,
    survey: pd.DataFrame,
    spells: pd.DataFrame,
    units: pd.DataFrame,
    definitions: Definitions,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores with the columns ``weight`` and ``silent``, and the response by group: ``(frame, table)``.

    silent: share of the persons on post in the unit of whom there is no answer in the wave; missing where nobody is.

    scores: respondents (wave, unit_code, cohort, sex ...); survey: canonical table, for the days of the fieldwork. The
    table has wave, variable (cohort, sex, unit_type), level (or all), roster (persons on post), respondents, rate, mean
    weight, and for all levels together the effective number of respondents.
    """
    types = latest_units(units).set_index("unit_code")["unit_type"]
    days = (
        pd.to_datetime(survey["fieldwork_date"]).groupby(survey["wave"]).quantile(0.5, interpolation="lower")
    )
    scores, rows = scores.assign(weight=np.nan, silent=np.nan), []
    for wave, own in scores.groupby("wave", sort=True):
        roster = on_post(spells, days[wave], definitions)
        scores.loc[own.index, "silent"] = _silent(roster["unit_code"], own["unit_code"])
        roster = roster.assign(unit_type=roster["unit_code"].map(types)).dropna(
            subset=["cohort", "unit_type"]
        )
        own = own[["unit_code", "cohort", "sex"]].astype(object)
        own = own.assign(unit_type=own["unit_code"].map(types))
        known = own["unit_type"].notna()
        variables = [name for name in VARIABLES if name != "sex" or not (own["sex"] == UNKNOWN).any()]
        weight = np.ones(len(own))
        if known.any() and len(roster):
            probability = response_probability(roster, own[known].reset_index(drop=True), variables)
            weight[known] = trimmed(1 / probability)
        scores.loc[own.index, "weight"] = weight
        rows += _rows(wave, roster, own, variables, weight)
    return scores, pd.DataFrame(rows, columns=TABLE_COLUMNS)


def _silent(on_post, answered):
    """Share without an answer in the unit of each answer (n,), from the units of persons and of answers."""
    answered = answered.astype(object)
    persons, answers = on_post.value_counts(), answered.map(answered.value_counts())
    return (1 - answers / answered.map(persons)).clip(lower=0).to_numpy(dtype=float)


def _rows(wave, roster, own, variables, weight):
    """Rows of the response table of one wave: the levels of every variable, then all of them."""
    found = []
    for name in variables:
        for level in sorted(set(roster[name].dropna()) | set(own[name].dropna())):
            here = own[name].eq(level).to_numpy(dtype=bool, na_value=False)
            mean = weight[here].mean() if here.any() else np.nan
            found.append((name, level, int((roster[name] == level).sum()), int(here.sum()), mean, np.nan))
        found.append((name, ALL, len(roster), len(own), weight.mean(), effective_size(weight)))
    return [
        (str(wave), name, level, persons, answers, answers / persons if persons else np.nan, mean, effective)
        for name, level, persons, answers, mean, effective in found
    ]
