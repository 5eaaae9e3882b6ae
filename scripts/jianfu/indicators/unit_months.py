"""The frame of the analysis: one row per unit and month, with headcount and statutory days."""

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.months import month_ends, month_range

COLUMNS = [
    "unit_code",
    "month",
    "county_code",
    "unit_type",
    "headcount",
    "establishment",
    "workdays",
    "rest_days",
    "tasks_logged",
    "app_logged",
]


def build_unit_months(
    units: pd.DataFrame,
    spells: pd.DataFrame,
    tasks_months: pd.DataFrame,
    app_months: pd.DataFrame,
    window: tuple[str, str],
    calendar: Calendar,
) -> pd.DataFrame:
    """One row per month of the window and unit valid in it, ordered by unit_code and month.

    ``units`` and ``spells`` are canonical tables; ``tasks_months`` and ``app_months`` hold the columns unit_code,
    month of the unit-months that were logged; ``window`` is the first and last month. ``headcount`` is the number
    of persons on the post at the end of the *previous* month: seconded-out staff are left out, and a person who
    leaves in a month still counts in it. Traits come from the row of ``units`` that is valid latest in the month.
    """
    months = month_range(*window)
    frame = valid_units(units, months)
    frame = frame.merge(_headcount(spells, months), on=["unit_code", "month"], how="left")
    frame["headcount"] = frame["headcount"].fillna(0).astype("int64")
    frame["workdays"] = frame["month"].map({month: calendar.workdays(month) for month in months})
    frame["rest_days"] = frame["month"].map({month: calendar.rest_days(month) for month in months})
    frame["tasks_logged"] = _is_in(frame, tasks_months)
    frame["app_logged"] = _is_in(frame, app_months)
    return frame.sort_values(["unit_code", "month"], ignore_index=True)[COLUMNS]


def logged_months(tasks: str, app_activity: str, excluded=()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Unit-months (unit_code, month) in which the task log and the app statistics were kept.

    ``tasks`` and ``app_activity`` are paths of canonical tables. The task log was kept where it has a task, a meeting
    or something else that is neither check nor visit: a separate register of checks says nothing about tasks. Where a
    province has only such a register, its rows decide. Months in ``excluded`` count as not logged.
    """
    own = "event_label IN ('任务', '会议', '其他')"
    with duckdb.connect(config={"threads": 1}) as con:
        tasks_months = con.execute(
            f"""SELECT DISTINCT unit_code, strftime(issue_at, '%Y-%m') AS month FROM read_parquet($path)
            WHERE {own} OR NOT EXISTS (SELECT 1 FROM read_parquet($path) WHERE {own})""",
            {"path": tasks},
        ).df()
        app_months = con.execute(
            "SELECT DISTINCT unit_code, month FROM read_parquet($path)", {"path": app_activity}
        ).df()
    return tasks_months[~tasks_months["month"].isin(list(excluded))], app_months


def valid_units(units, months):
    """unit_code, month, county_code, unit_type, establishment for every unit valid on some day of the month."""
    start, end = _period(units["valid_from"], units["valid_to"])
    traits = units[["unit_code", "county_code", "unit_type", "establishment"]].assign(start=start, end=end)
    traits = traits.sort_values(["unit_code", "start"], kind="stable", ignore_index=True)
    last = month_ends(months).to_numpy("datetime64[us]")
    first = last.astype("M8[M]").astype("M8[us]")
    begins, ends = (traits[name].to_numpy("datetime64[us]") for name in ("start", "end"))
    month, row = np.nonzero((begins <= last[:, None]) & (ends >= first[:, None]))
    # Rows are in order of unit and start: the last of a unit in a month is the row that is valid latest.
    unit = pd.factorize(traits["unit_code"])[0][row]
    latest = np.r_[(month[1:] != month[:-1]) | (unit[1:] != unit[:-1]), True]
    found = traits.drop(columns=["start", "end"]).take(row[latest]).reset_index(drop=True)
    found.insert(1, "month", np.array(list(months), dtype=object)[month[latest]])
    return found


def _headcount(spells, months):
    """unit_code, month, headcount: persons with an on-post spell that covers the last day of the previous month."""
    on_post = spells[spells["on_post"].astype("boolean").fillna(True).astype(bool)]
    start, end = _period(on_post["spell_start"], on_post["spell_end"])
    days = (month_ends(months) - pd.offsets.MonthEnd(1)).to_numpy("datetime64[us]")
    spell, month = np.nonzero((start.to_numpy()[:, None] <= days) & (end.to_numpy()[:, None] >= days))
    unit, units = pd.factorize(on_post["unit_code"])
    person, _ = pd.factorize(on_post["person_key"])
    # One key per unit, month and person: somebody with two overlapping spells counts once.
    place = unit[spell] * len(months) + month
    keys = np.sort(place * len(on_post) + person[spell])
    once = keys[np.diff(keys, prepend=-1) > 0] // max(len(on_post), 1)
    counts = np.bincount(once, minlength=len(units) * len(months))
    grid = pd.MultiIndex.from_product([units, months], names=["unit_code", "month"])
    return pd.DataFrame({"headcount": counts}, index=grid).reset_index()


def _period(start, end):
    """First and last days as timestamps; an open end lies far away."""
    start, end = (pd.to_datetime(column).astype("datetime64[us]") for column in (start, end))
    return start.fillna(pd.Timestamp("1000-01-01")), end.fillna(pd.Timestamp("9999-12-31"))


def _is_in(frame, logged):
    keys = pd.MultiIndex.from_frame(frame[["unit_code", "month"]])
    return keys.isin(pd.MultiIndex.from_frame(logged[["unit_code", "month"]]))
