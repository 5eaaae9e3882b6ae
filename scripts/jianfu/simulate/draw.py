"""One draw of the province: analysis-table frames, the truth behind them, and the detail that raw exports need."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from jianfu.core.keys import SYNTHETIC_KEY, person_key
from jianfu.simulate import careers, counts, disturbances, measures
from jianfu.simulate.exposure import REFERENCE_MONTHS, OverloadExposure
from jianfu.simulate.identity import id_numbers
from jianfu.simulate.persons import EDUCATION, EDUCATION_SHARES, RANKS, build_persons
from jianfu.simulate.row_measures import OF_ROWS, row_measures
from jianfu.simulate.streams import Streams
from jianfu.simulate.structure import build_structure, extraction_date, months_of
from jianfu.simulate.survey import ITEMS, build_survey, burnout_of_units, survey_exposures
from jianfu.simulate.targets import build_targets
from jianfu.simulate.task_rows import build_task_rows
from jianfu.simulate.unit_years import build_substantive, build_unit_years, points_after

ROSTER = ["birth_ym", "sex", "education", "bianzhi", "entry_route", "rank", "rank_since", "role", "hire_date"]
SURVEY_COLUMNS = ["person_key", "unit_code", "cohort", "wave", "fieldwork_date", *ITEMS, "hours_week", "hours_trace",
                  "hours_substantive", "hours_visible", "duration_s", "submission_id"]  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """A simulated province. All frames are ordered by their keys.

    ``units``, ``spells``, ``survey``, ``policies``, ``unit_year``: canonical tables. ``indicators``: unit_code, month,
    indicator, value, coverage (missing values have no row). ``unit_months``: unit_code, month, tasks_logged,
    app_logged. Truth: ``person_months`` has the exact probabilities of a voluntary exit and of retirement of everyone
    at risk (on the post at the end of the previous month), and of a voluntary exit without anything unobserved;
    ``survey_truth`` the conditional mean of every standardised
    score given what the models know (``intention_given_z``: given the realised burnout and meaning as well,
    ``innovation_given_z``: given the realised burnout); ``unit_month_truth`` the expected share of late tasks and
    ln ratio of a chain; ``unit_year_truth`` the expected cases of accountability, score (given the outcomes) and
    outcomes; ``pressure`` the unobserved pressure; ``exposure`` the OD exposure that entered the hazards.
    ``detail`` holds the inner objects from which :func:`write_raw` makes the exports.
    """

    units: pd.DataFrame
    spells: pd.DataFrame
    indicators: pd.DataFrame
    survey: pd.DataFrame
    policies: pd.DataFrame
    unit_year: pd.DataFrame
    unit_months: pd.DataFrame
    person_months: pd.DataFrame
    survey_truth: pd.DataFrame
    unit_month_truth: pd.DataFrame
    unit_year_truth: pd.DataFrame
    pressure: pd.DataFrame
    exposure: pd.DataFrame
    detail: object


@dataclass(frozen=True)
class Detail:
    """Inner objects of a draw."""

    seed: int
    months: object
    structure: object
    counts: object
    targets: pd.DataFrame
    persons: object
    careers: object
    exposure: object  # the OD exposure in the month loop, with its anchors
    survey: object
    attributes: pd.DataFrame  # one row per slot
    measures: dict


def draw(parameters: dict, seed: int, identities: bool = True, indicators=None) -> Draw:
    """Simulate the province of ``parameters`` (see config/simulation.yaml) with one seed.

    Every random quantity has its own stream, so that a change of one part does not shift the others. No rows of
    tasks, visits or app use are made here: indicators come from monthly counts. Without ``identities`` persons have
    numbers instead of pseudonyms of ID numbers, ``indicators`` names those wanted (default: all that follow from the
    counts): a simulation study that writes no raw exports needs no more.
    """
    streams = Streams(seed)
    months = months_of(*parameters["window"])
    structure = build_structure(parameters, streams)
    unobserved = disturbances.build_unobserved(parameters, structure, months, streams)
    burden = counts.build_burden(parameters, structure, months, unobserved, streams)
    drawn = counts.build_counts(parameters, structure, months, burden, streams)
    substantive = build_substantive(months, len(structure.codes), streams)
    known = (parameters, structure, months, drawn, burden, substantive)
    unit_year, expected_years = build_unit_years(*known, 0.0, streams)
    targets = build_targets(parameters, structure, months, streams)
    fixed = measures.fixed_measures(drawn, structure, months, unit_year, targets)
    persons, career, exposure = _careers(
        parameters, structure, months, drawn, fixed, burden, unobserved, streams
    )
    values = fixed | measures.per_head_measures(drawn, months, career.headcount)
    exposures = survey_exposures(values)
    survey = build_survey(parameters, months, exposures, career, persons, substantive, streams)
    burnout = burnout_of_units(parameters["survey"], exposures)
    drawn.flags["late"], late = counts.late_tasks(parameters["tasks"]["late"], drawn.tasks, burnout, streams)
    after = parameters["unit_year"]["outcome_after"]
    if any(after.values()):
        causes = {
            "late": drawn.flags["late"] / drawn.tasks,
            "outflow": career.left / career.headcount,
            "burnout": burnout,
        }
        unit_year, expected_years = build_unit_years(*known, points_after(after, causes, months), streams)
        values |= measures.fixed_measures(drawn, structure, months, unit_year, targets)
    seen, told = _told(
        parameters, structure, months, drawn, burden, unit_year, targets, career, values, streams
    )
    attributes = _attributes(structure, persons, streams, identities)
    detail = Detail(
        seed, months, structure, drawn, targets, persons, career, exposure, survey, attributes, values
    )
    if indicators is not None:
        if OF_ROWS & set(indicators):
            rows = build_task_rows(detail, streams, extraction_date(months))
            of_rows = row_measures(rows, months, drawn.logged, career.headcount)
            detail = replace(detail, measures=values | of_rows)
            told = told | {code: np.where(seen.logged, value, np.nan) for code, value in of_rows.items()}
        told = {code: told[code] for code in told if code in indicators}
    return Draw(
        units=structure.frame,
        spells=_spells(structure, attributes, career),
        indicators=measures.long_indicators(told, structure, months),
        survey=_survey(attributes, survey),
        policies=_policies(parameters, structure),
        unit_year=unit_year,
        unit_months=_by_month(structure, months, tasks_logged=seen.logged, app_logged=drawn.app_logged),
        person_months=_person_months(structure, months, attributes, career),
        survey_truth=_survey_truth(structure, attributes, survey),
        unit_month_truth=_by_month(structure, months, D8_late=late, ln_ratio=drawn.ln_ratio),
        unit_year_truth=expected_years,
        pressure=pd.DataFrame({"unit_code": structure.codes.astype(object), "pressure": structure.pressure}),
        exposure=_by_month(structure, months, value=career.exposure),
        detail=detail,
    )


def _told(parameters, structure, months, drawn, burden, unit_year, targets, career, values, streams):
    """Counts and indicators as the logs tell them, which is as they are unless the disturbances say otherwise."""
    own = parameters["disturbances"]
    told = values
    if own["lost"]:
        kept = disturbances.kept_logs(own, burden.common, streams)
        drawn = replace(drawn, logged=drawn.logged & kept)
        told = measures.fixed_measures(drawn, structure, months, unit_year, targets)
        told |= measures.per_head_measures(drawn, months, career.headcount)
    return drawn, disturbances.drifted(own, told, burden.common)


def _felt(parameters, drawn, months, fixed, headcount):
    """Log hazard of exits through the expected burnout and meaning of the units, at the staff of the beginning."""
    on_exits, answers = parameters["exits"], parameters["survey"]
    if not (on_exits["burnout"] or on_exits["meaning"]):
        return np.zeros(headcount.shape)
    exposures = survey_exposures(fixed | measures.per_head_measures(drawn, months, headcount))
    meaning = answers["meaning"]["traces"] * exposures["traces"]
    return on_exits["burnout"] * burnout_of_units(answers, exposures) + on_exits["meaning"] * meaning


def _careers(parameters, structure, months, drawn, fixed, burden, unobserved, streams):
    """Run the months twice, see :mod:`jianfu.simulate.exposure`."""
    stock = build_persons(parameters, structure, months, streams)
    away = parameters["people"]["seconded_out"]
    headcount = np.repeat(structure.staff[:, None] * (1 - away), len(months), axis=1)
    felt = _felt(parameters, drawn, months, fixed, headcount)
    for n_months in (min(REFERENCE_MONTHS, len(months)), len(months)):
        persons = _copied(stock)
        exposure = OverloadExposure(fixed, drawn, months, headcount)
        acting = disturbances.ActingExposure(parameters["disturbances"], exposure, burden.common)
        loop = careers.MonthLoop(parameters, structure, months, persons, streams, acting, unobserved, felt)
        career = loop.run(n_months)
        headcount[:, :n_months] = career.headcount
    return persons, career, exposure


def _copied(persons):
    """Persons whose arrays the month loop may change."""
    arrays = {field.name: getattr(persons, field.name) for field in fields(persons)}
    return replace(persons, **{name: a.copy() for name, a in arrays.items() if isinstance(a, np.ndarray)})


def _attributes(structure, persons, streams, identities):
    """What the roster says of each person, one row per slot that was ever filled."""
    rng = streams("attributes")
    filled = ~np.isnat(persons.birth)
    n = len(filled)
    home = rng.integers(0, len(structure.county_codes), n)
    cohort = persons.cohort
    uniform = rng.random(n)
    limits = np.array([np.cumsum(EDUCATION_SHARES[c]) for c in EDUCATION_SHARES])[cohort]
    education = np.array(EDUCATION, dtype=object)[(uniform[:, None] > limits[:, :-1]).sum(axis=1)]
    kinds = list(RANKS)
    ranks = np.array([RANKS[kind] for kind in kinds], dtype=object)
    kind = np.array([kinds.index(k) for k in persons.bianzhi])
    role = np.where(persons.leader, np.where(uniform < 0.3, "乡科级正职", "乡科级副职"), "一般干部").astype(
        object
    )
    frame = pd.DataFrame(
        {
            "male": persons.male,
            "birth": persons.birth,
            "sex": np.where(persons.male, "男", "女").astype(object),
            "education": education,
            "bianzhi": persons.bianzhi,
            "entry_route": persons.entry_route,
            "rank": ranks[kind, persons.rank_step],
            "rank_since": persons.rank_since,
            "role": role,
            "hire_date": persons.hire,
            "lock_until": persons.lock_until,
        }
    )[filled]
    if identities:
        frame["id_number"] = id_numbers(
            structure.county_codes, home[filled], persons.birth[filled], persons.male[filled]
        )
        frame["person_key"] = [person_key(number, SYNTHETIC_KEY) for number in frame["id_number"]]
    else:
        frame["person_key"] = [f"{slot:06d}" for slot in frame.index]
    frame["birth_ym"] = np.datetime_as_string(persons.birth[filled], unit="M").astype(object)
    return frame


def _spells(structure, attributes, career):
    """Canonical ``spells``."""
    rows = career.spells
    person = attributes.loc[rows["slot"]].reset_index(drop=True)
    types = np.array(careers.EXIT_TYPES, dtype=object)[rows["exit_type"]]
    levels = np.array(careers.DESTINATIONS, dtype=object)[rows["destination"]]
    frame = pd.DataFrame(
        {
            "person_key": person["person_key"],
            "unit_code": structure.codes.astype(object)[rows["unit"]],
            **person[ROSTER],
            "on_post": rows["on_post"].to_numpy(),
            "spell_start": rows["start"].to_numpy(),
            "spell_end": rows["end"].to_numpy(),
            "exit_type": np.where(types == "", None, types),
            "destination_level": np.where(levels == "", None, levels),
            "lock_until": person["lock_until"],
        }
    )
    return frame.sort_values(["person_key", "spell_start", "unit_code"], ignore_index=True)


def _survey(attributes, survey):
    """Canonical ``survey``; the unit of a respondent follows from the spells."""
    frame = survey.frame
    table = frame.assign(
        person_key=attributes["person_key"].loc[frame["slot"]].to_numpy(),
        unit_code=None,
        cohort=None,
        submission_id=None,
    )
    return table[SURVEY_COLUMNS].sort_values(["person_key", "wave"], ignore_index=True)


def _policies(parameters, structure):
    """Canonical ``policies``: counties that adopt early, then everywhere."""
    rows = []
    for i, (topic, policy) in enumerate(parameters["policies"].items(), start=1):
        for j, date in enumerate(policy["early"]):
            first = j * policy["early_counties"]
            for county in structure.county_codes[first : first + policy["early_counties"]]:
                rows.append((f"P{i}", f"{policy['name']}（先行试点）", f"{date}-01", county, TOPICS[topic]))
        rows.append((f"P{i}", policy["name"], f"{policy['start']}-01", None, TOPICS[topic]))
    frame = pd.DataFrame(rows, columns=["policy_id", "name", "start_date", "county_code", "topic"])
    frame["start_date"] = pd.to_datetime(frame["start_date"])
    return frame


TOPICS = {"formal_checks": "督查检查考核", "apps": "政务应用程序"}


def _by_month(structure, months, **columns):
    """Frame unit_code, month and the columns, given as arrays units x months."""
    keys = {
        "unit_code": np.repeat(structure.codes.astype(object), len(months)),
        "month": np.tile(np.array(months.names, dtype=object), len(structure.codes)),
    }
    return pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})


def _person_months(structure, months, attributes, career):
    """Exact probabilities of everyone at risk, ordered by month and person slot."""
    risk = career.risk
    position = np.full(attributes.index.max() + 1, -1)
    position[attributes.index] = np.arange(len(attributes))
    return pd.DataFrame(
        {
            "person_key": pd.Categorical.from_codes(
                position[risk["slot"]], attributes["person_key"].to_numpy(object)
            ),
            "unit_code": pd.Categorical.from_codes(risk["unit"], structure.codes.astype(object)),
            "month": pd.Categorical.from_codes(risk["t"], months.names),
            **risk[["p_voluntary", "p_retire", "p_observed"]],
        }
    )


def _survey_truth(structure, attributes, survey):
    truth = survey.truth
    keys = {
        "person_key": attributes["person_key"].loc[truth["slot"]].to_numpy(),
        "unit_code": structure.codes.astype(object)[truth["unit"]],
    }
    frame = truth.drop(columns=["slot", "unit"])
    frame.insert(0, "unit_code", keys["unit_code"])
    frame.insert(0, "person_key", keys["person_key"])
    return frame.sort_values(["person_key", "wave"], ignore_index=True)
