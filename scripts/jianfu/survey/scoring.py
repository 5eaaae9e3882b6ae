"""Survey scales: scores by the keys in config/plan/scales.yaml, exclusions, and the roster's facts on respondents."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from jianfu.core.months import date_month, month_number, month_text
from jianfu.core.tables import own_columns
from jianfu.exits.definitions import SEXES, UNKNOWN, Definitions
from jianfu.exits.spells import post_start

ROSTER_COLUMNS = ("role", "rank", "rank_since", "bianzhi", "education", "entry_route")


VISIBLE = "visible_share"  # share of the weekly hours that goes into visible achievements, asked of leaders


def score_names(scales):
    """Columns of the scores: every scale, its subscales behind it, and :data:`VISIBLE`."""
    return [*(part for name, key in scales.items() for part in (name, *key.get("subscales", ()))), VISIBLE]


def with_ranges(scales, ranges):
    """Scoring keys with the coding of the province: ``ranges`` maps a scale to [lowest, highest]."""
    return {name: key | {"range": ranges.get(name, key["range"])} for name, key in scales.items()}


def _answers(survey, items):
    """Answers as float frame; items that the survey does not have are missing throughout."""
    values = np.full((len(survey), len(items)), np.nan)
    for j, item in enumerate(items):
        if item in survey:
            values[:, j] = survey[item].to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(values, columns=items, index=survey.index)


def turned(survey, key):
    """Answers to the items of one scale with the reversed ones turned round; answers outside the range are missing."""
    low, high = key["range"]
    answers = _answers(survey, key["items"])
    values = answers.to_numpy(copy=True)
    values[~((values >= low) & (values <= high))] = np.nan
    reversed_items = answers.columns.isin(key.get("reversed") or [])
    values[:, reversed_items] = low + high - values[:, reversed_items]
    return pd.DataFrame(values, columns=answers.columns, index=answers.index)


def out_of_range(survey, key):
    """Number of answers to the items of one scale that lie outside its range."""
    low, high = key["range"]
    values = _answers(survey, key["items"]).to_numpy()
    return int((~np.isnan(values) & ~((values >= low) & (values <= high))).sum())


def _mean_of_answered(answers, min_answered):
    """Row means, missing where less than ``min_answered`` of the items is answered."""
    enough = answers.notna().mean(axis=1) >= min_answered
    return answers.mean(axis=1).where(enough)


def score(survey, scales, min_answered):
    """Scores of every scale and subscale: frame with one column each, rows as in ``survey``.

    A score is the mean of the answered items if at least ``min_answered`` of its items are answered. A scale with
    subscales is the weighted sum of the subscale means, if at least ``min_answered`` of all its items are answered
    and every subscale has an answer. A key may name its own ``min_answered``.
    """
    scores, least = {}, min_answered
    for name, key in scales.items():
        min_answered = key.get("min_answered", least)
        answers = turned(survey, key)
        total = _mean_of_answered(answers, min_answered)
        if key.get("subscales"):
            means = pd.DataFrame(
                {sub: answers[items].mean(axis=1) for sub, items in key["subscales"].items()}
            )
            weights = pd.Series(key["weights"], dtype=float)
            weighted = means.mul(weights / weights.sum(), axis=1).sum(axis=1, skipna=False)
            scores[name] = weighted.where(total.notna())
            for sub, items in key["subscales"].items():
                scores[sub] = _mean_of_answered(answers[items], min_answered)
        else:
            scores[name] = total
    return pd.DataFrame(scores, index=survey.index)


def straightliners(survey, scales):
    """True for respondents who gave one and the same answer to every item of every coding.

    Items of the same coding (range) form a group; within each group all answers (before turning) are equal. At least
    two answers and two thirds of the items must be there, so that a nearly empty sheet is not taken for one. Items that
    nobody answered were not asked.
    """
    groups = {}
    for key in scales.values():
        groups.setdefault(tuple(key["range"]), []).extend(key["items"])
    same = pd.Series(True, index=survey.index)
    items = []
    for members in groups.values():
        members = [item for item in members if item in survey and survey[item].notna().any()]
        items += members
        if members:
            answers = _answers(survey, members)
            same &= ~(answers.max(axis=1) > answers.min(axis=1)).to_numpy()
    answered = _answers(survey, items).notna()
    return (same & (answered.sum(axis=1) >= 2) & (answered.mean(axis=1) >= 2 / 3)).to_numpy()


def post_at(survey, spells):
    """What the roster knows about each respondent on the day of the fieldwork.

    Returns a frame, rows as in ``survey``: unit_code, birth_ym, sex, post_start (month number), the roster columns,
    and ``lost``: '' or why the respondent cannot be placed (unknown_person, not_in_post, off_post).
    """
    spells = spells.assign(
        post_start=post_start(spells),
        on_post=spells["on_post"].astype("boolean").fillna(True).astype(bool),
        first=pd.to_datetime(spells["spell_start"]),
        last=pd.to_datetime(spells["spell_end"]),
    )
    wanted = pd.DataFrame(
        {"row": np.arange(len(survey)), "person_key": survey["person_key"].to_numpy(dtype=object)}
    ).assign(day=pd.to_datetime(survey["fieldwork_date"]).to_numpy())
    merged = wanted.merge(spells, on="person_key", how="left", suffixes=("", "_post"))
    known = merged["on_post"].notna()
    begun = merged["first"].isna() | (merged["first"] <= merged["day"])
    there = known & begun & (merged["last"].isna() | (merged["day"] <= merged["last"]))
    merged["grade"] = np.select([there & merged["on_post"].eq(True), there, known], [0, 1, 2], default=3)
    best = merged.sort_values(["row", "grade", "first"], ascending=[True, True, False], kind="stable")
    best = best.drop_duplicates("row").set_index("row")
    reasons = np.array(["", "off_post", "not_in_post", "unknown_person"], dtype=object)
    found = best.reindex(
        columns=["unit_code", "birth_ym", "sex", "post_start", *ROSTER_COLUMNS, *own_columns(spells)]
    )
    found["lost"] = reasons[best["grade"].to_numpy()]
    return found.set_axis(survey.index)


def units_of(survey: pd.DataFrame, spells: pd.DataFrame) -> pd.Series:
    """The unit of every answer: that of the person's post on the day of the fieldwork (else the last one known), and of
    an anonymous answer the one that it names."""
    return _unit(survey, post_at(survey, spells))


def _unit(survey, post):
    return post["unit_code"].where(survey["person_key"].notna(), survey["unit_code"])


def _plain(values):
    """An own column of the roster: numbers, yes and no (1, 0) as numbers, missing where it is not known."""
    numbers = pd.to_numeric(
        values.map(lambda value: value * 1.0 if isinstance(value, bool) else value), "coerce"
    )
    return numbers if numbers.notna().equals(values.notna()) else values


def standardise(values):
    """Values minus their mean over their sample standard deviation."""
    return (values - values.mean()) / values.std(ddof=1)


def survey_scores(
    survey: pd.DataFrame,
    spells: pd.DataFrame,
    scales: dict,
    definitions: Definitions,
    *,
    min_answered: float,
    drop_straightliners: bool,
    min_seconds: float | None,
    added: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Respondents with their scores: ``(frame, flow)``.

    A matched respondent has unit, cohort, sex and tenure from the roster; an anonymous one has the unit and cohort
    that the survey gives and sex and tenure 'unknown'. ``rank_years``: years in the present rank; the items stand there
    with the reversed ones turned round; ``<scale>_z`` is standardised over all rows of the frame.
    added: scales that only this province has; who is a straight-liner is told by the others, so that an own scale
    moves no other figure.
    ``flow`` counts respondents: read, dropped by reason, scored.
    """
    survey = survey.reset_index(drop=True)
    judged = {name: key for name, key in scales.items() if name not in added} or scales
    matched = survey["person_key"].notna()
    post = post_at(survey, spells)
    month = date_month(survey["fieldwork_date"])
    tenure = np.where(matched, month - post["post_start"].to_numpy(dtype=float), np.nan)
    frame = pd.DataFrame(
        {
            "person_key": survey["person_key"],
            "unit_code": _unit(survey, post),
            "wave": survey["wave"],
            "fieldwork_month": month_text(month),
            "cohort": pd.Series(definitions.cohort(month_number(post["birth_ym"]) // 12)).where(
                matched, definitions.cohort_surveyed(survey["cohort"])
            ),
            "sex": post["sex"].where(matched & post["sex"].isin(SEXES), UNKNOWN),
            "tenure_band": definitions.tenure_band(tenure),
            "tenure_months": tenure,
            **{name: post[name] for name in ROSTER_COLUMNS},
            **{name: _plain(post[name]) for name in own_columns(post)},
            "hours_week": survey["hours_week"],
            "hours_trace": survey["hours_trace"],
            "hours_substantive": survey["hours_substantive"],
            VISIBLE: survey["hours_visible"] / survey["hours_week"].where(survey["hours_week"] > 0),
            "rank_years": (month - date_month(post["rank_since"])) / 12,
        }
    )
    scores = score(survey, scales, min_answered)
    reasons = {
        "straightliner": straightliners(survey, judged) if drop_straightliners else False,
        "too_fast": (survey["duration_s"] < min_seconds) if min_seconds is not None else False,
        "no_date": frame["fieldwork_month"].isna(),
        **{
            reason: matched & (post["lost"] == reason)
            for reason in ("unknown_person", "not_in_post", "off_post")
        },
        "missing_unit": frame["unit_code"].isna(),
        "missing_birth": frame["cohort"].isna(),
        "no_scale_answered": scores.isna().all(axis=1),
    }
    lost = pd.Series("", index=frame.index, dtype=object)
    for reason, true in reasons.items():
        lost = lost.mask((lost == "") & true, reason)
    flow = [("read", "", len(frame))]
    flow += [("dropped", reason, int((lost == reason).sum())) for reason in reasons if (lost == reason).any()]
    answers = pd.concat([turned(survey, key) for key in scales.values()], axis=1)
    answers = answers.loc[:, ~answers.columns.duplicated()]
    kept = pd.concat([frame, scores, answers], axis=1)[lost == ""]
    for name in scores:
        kept[f"{name}_z"] = standardise(kept[name])
    kept = kept.sort_values(["wave", "unit_code", "person_key"], kind="stable", ignore_index=True)
    flow.append(("scored", "", len(kept)))
    cells_out = sum(out_of_range(survey, key) for key in scales.values())
    if cells_out:
        flow.append(("answers_set_missing", "out_of_range", cells_out))
    return kept, pd.DataFrame(flow, columns=["step", "reason", "respondents"])
