"""What no single row shows: jumps in what a unit records, and sources that do not fit each other.

Each finding is a kind, a unit, a month where it has one, what stands there and what would be usual. What a kind does to
which result, and what to do about it, are the words ``finding_<kind>``, ``…_effect`` and ``…_todo``.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jianfu.core.months import month_range
from jianfu.core.units import latest_units
from jianfu.indicators import views
from jianfu.indicators.unit_months import valid_units

COLUMNS = ["kind", "unit_code", "month", "value", "usual"]
LEAST_MONTHS = 6  # months of a unit that make a history
SPREADS = 6  # robust standard deviations of a unit's own history that are a jump ...
FACTOR = 3  # ... if the value is so many times the usual one, or so many times smaller
HEADCOUNT_CHANGE = (0.3, 5)  # share of the month before, and persons, from which a headcount jumps
STAFFING = (0.4, 1.5)  # persons on the post per established post within which nothing is odd
QUERIES = {  # unit_code, month, value of what is recorded
    "jump_tasks": """SELECT unit_code, strftime(issue_at, '%Y-%m') AS month, count(*)::DOUBLE AS value
        FROM tasks_read WHERE event_label IN ('任务', '会议', '其他') GROUP BY ALL""",
    "jump_actions": """SELECT unit_code, month, sum(count)::DOUBLE AS value FROM app_activity_read
        WHERE action_type <> '在线时长' GROUP BY ALL""",
    "jump_documents": "SELECT unit_code, month, sum(n_docs)::DOUBLE AS value FROM documents_read GROUP BY ALL",
}
VISITS = """SELECT unit_code, strftime(issue_at, '%Y-%m') AS month, count(*)::DOUBLE AS value
    FROM tasks_read WHERE event_label NOT IN ('任务', '会议', '其他') GROUP BY ALL"""
# records that go on together: a month without the first while another is as usual was not exported or not entered
TOGETHER = {
    "tasks": ("documents", "visits"),
    "documents": ("tasks", "visits"),
    "visits": ("tasks", "documents"),
}
REGULAR = 0.8  # share of the months between its first and last that make a record one of every month
LEAST_USUAL = 6  # records of a usual month from which none at all is no chance (e^-6)
HEADCOUNT = """SELECT unit_code, month, count(DISTINCT person_key)::DOUBLE AS value
    FROM (SELECT unnest($months) AS month) m JOIN spells_read s ON coalesce(on_post, true)
     AND spell_start <= last_day(strptime(month || '-01', '%Y-%m-%d'))
     AND (spell_end IS NULL OR spell_end >= last_day(strptime(month || '-01', '%Y-%m-%d'))) GROUP BY ALL"""
ANSWERS = """SELECT unit_code, strftime(fieldwork_date, '%Y-%m') AS month, count(*)::DOUBLE AS value
    FROM survey_read WHERE unit_code IS NOT NULL GROUP BY unit_code, wave, month"""


def find(tables: Mapping[str, str], window: tuple[str, str]) -> pd.DataFrame:
    """Frame of :data:`COLUMNS`, ordered; ``tables``: {canonical table: path}, ``window``: first and last month."""
    months = month_range(*window)
    with views.connect() as con:
        filled, _ = views.open_tables(con, tables)
        recorded = {
            kind: _within(con.execute(query).df(), months)
            for kind, query in QUERIES.items()
            if filled[query.split("FROM ")[1].split("_read")[0]]
        }
        by_month = {kind.removeprefix("jump_"): frame for kind, frame in recorded.items()}
        if filled["tasks"]:
            by_month["visits"] = _within(con.execute(VISITS).df(), months)
        heads = pd.DataFrame(columns=["unit_code", "month", "value"])
        if filled["spells"]:
            heads = con.execute(HEADCOUNT, {"months": months}).df()
        answers = con.execute(ANSWERS).df() if {"unit_code", "fieldwork_date"} <= filled["survey"] else None
        units = con.execute("SELECT * FROM units_read").df()
    units = units[units["unit_code"].isin(valid_units(units, months)["unit_code"])]
    found = [jumps(frame).assign(kind=kind) for kind, frame in recorded.items()]
    found += [headcount_jumps(heads), staffing(heads, latest_units(units)), *_absent(recorded, units)]
    found += [
        silent(by_month[kind], [by_month[other] for other in others if other in by_month]).assign(
            kind=f"silent_{kind}"
        )
        for kind, others in TOGETHER.items()
        if kind in by_month
    ]
    if answers is not None:
        found.append(too_many_answers(answers, heads))
    table = pd.concat([frame for frame in found if len(frame)] or [pd.DataFrame(columns=COLUMNS)])
    return table[COLUMNS].sort_values(["kind", "unit_code", "month"], ignore_index=True)


def jumps(recorded: pd.DataFrame) -> pd.DataFrame:
    """Months in which a unit records far more or less than its own history allows: unit_code, month, value, usual.

    recorded: unit_code, month, value (a count). Usual is the unit's median, times what the median unit has in that
    month relative to its own. On the scale of roots, where counts spread alike, the spread is 1.4826 times the median
    deviation of the unit, at least that of a Poisson count (one half). A jump is :data:`SPREADS` of them and a
    :data:`FACTOR` of the usual value.
    """
    frame = recorded.copy()
    own = frame.groupby("unit_code")["value"].transform("median")
    season = ((frame["value"] + 0.5) / (own + 0.5)).groupby(frame["month"]).transform("median")
    frame["usual"] = own * season
    rest = np.sqrt(frame["value"]) - np.sqrt(frame["usual"])
    spread = 1.4826 * rest.abs().groupby(frame["unit_code"]).transform("median")
    ratio = (frame["value"] + 1) / (frame["usual"] + 1)
    history = frame.groupby("unit_code")["month"].transform("size") >= LEAST_MONTHS
    odd = (rest.abs() > SPREADS * np.maximum(spread, 0.5)) & ((ratio > FACTOR) | (ratio < 1 / FACTOR))
    return frame.loc[odd & history, ["unit_code", "month", "value", "usual"]]


def silent(recorded: pd.DataFrame, others: list[pd.DataFrame]) -> pd.DataFrame:
    """Months without any record of a kind while another of the unit is as usual: unit_code, month, value 0, usual.

    recorded, others: unit_code, month, value (a count). Usual is the unit's median, times what the median unit has in
    that month relative to its own, and as usual at least half of it. Only units that have the record in a
    :data:`REGULAR` share of the months from their first to their last, :data:`LEAST_MONTHS` of them; only months in
    which :data:`LEAST_USUAL` records would be usual.
    """
    others = [other for other in others if len(other)]
    if not others or recorded.empty:
        return pd.DataFrame(columns=["unit_code", "month", "value", "usual"])
    counts, expected = _with_usual(recorded)
    inside = counts.ffill().notna() & counts.bfill().notna()
    regular = (counts.count() >= LEAST_MONTHS) & (counts.count() >= REGULAR * inside.sum())
    going_on = np.zeros(counts.shape, dtype=bool)
    for other in others:
        own, usual = _with_usual(other)
        going_on |= (own >= 0.5 * usual).reindex_like(counts).fillna(False).to_numpy(bool)
    silent = counts.isna() & inside & regular & going_on & (expected >= LEAST_USUAL)
    unit, month = np.nonzero(silent.T.to_numpy())
    found = pd.DataFrame({"unit_code": counts.columns[unit], "month": counts.index[month], "value": 0.0})
    return found.assign(usual=expected.to_numpy()[month, unit])


def _with_usual(recorded):
    """Counts (months, units) and what would be usual there."""
    counts = recorded.pivot_table(index="month", columns="unit_code", values="value")
    counts = counts.reindex(month_range(counts.index.min(), counts.index.max()))
    season = (counts / counts.median()).median(axis=1)
    return counts, pd.DataFrame(np.outer(season, counts.median()), counts.index, counts.columns)


def headcount_jumps(heads: pd.DataFrame) -> pd.DataFrame:
    """Months at whose end a unit has far more or fewer persons than a month before: a roster read twice or in part."""
    frame = heads.sort_values(["unit_code", "month"]).assign(kind="jump_headcount")
    frame["usual"] = frame.groupby("unit_code")["value"].shift()
    change = (frame["value"] - frame["usual"]).abs()
    share, persons = HEADCOUNT_CHANGE
    return frame[(change >= persons) & (change > share * frame["usual"])]


def staffing(heads: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Units whose mean number of persons does not fit their established posts (``usual``)."""
    if "establishment" not in units or heads.empty:
        return pd.DataFrame(columns=COLUMNS)
    frame = heads.groupby("unit_code", as_index=False)["value"].mean().merge(units, on="unit_code")
    frame = frame[frame["establishment"] > 0].rename(columns={"establishment": "usual"})
    odd = ~(frame["value"] / frame["usual"]).between(*STAFFING)
    return frame[odd].assign(kind="staffing", month="")


def too_many_answers(answers: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Units of which more persons answered a wave than the roster knows (``usual``) in that month."""
    frame = answers.merge(heads.rename(columns={"value": "usual"}), on=["unit_code", "month"])
    return frame[frame["value"] > frame["usual"]].assign(kind="too_many_answers")


def _absent(recorded, units):
    """Units that one record knows and another never does; none where a record knows less than half of the units."""
    known = {kind: set(frame["unit_code"]) for kind, frame in recorded.items()}
    for kind, own in known.items():
        others = set().union(*(more for other, more in known.items() if other != kind))
        lacking = sorted((others & set(units["unit_code"])) - own)
        if 0 < len(lacking) < len(own):
            yield pd.DataFrame({"unit_code": lacking}).assign(
                kind=kind.replace("jump", "never"), month="", value=0.0, usual=np.nan
            )


def _within(frame, months):
    return frame[frame["month"].isin(months)]
