"""The rules of the clock (jianfu.indicators.timing) for pairs of times, as the pipeline evaluates them."""

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.indicators import timing

QUERY = """
SELECT is_over_rest(due::DATE, i.rest_start, i.next_workday)
           AND is_rest_eve_time(issue, i.is_workday, i.rest_start) AS rest_eve,
       greatest(minutes_until_due(due, d.is_workday, d.minutes_before)
                - minutes_until_issue(issue, i.is_workday, i.minutes_before), 0) AS minutes
FROM pairs JOIN days i ON i.date = issue::DATE JOIN days d ON d.date = due::DATE ORDER BY row
"""


def _evaluate(column, issue, due, calendar):
    pairs = pd.DataFrame({"issue": pd.DatetimeIndex(issue), "due": pd.DatetimeIndex(due)}).assign(
        row=range(len(issue))
    )
    with duckdb.connect() as con:
        first, last = pairs[["issue", "due"]].min().min(), pairs[["issue", "due"]].max().max()
        timing.prepare(con, calendar or Calendar(), first.date(), last.date())
        con.register("pairs", pairs)
        return con.execute(QUERY).df()[column].to_numpy()


def rest_eve(issue, due, calendar=None):
    """Whether each task is a rest-eve task (arrays of timestamps)."""
    return _evaluate("rest_eve", issue, due, calendar)


def working_minutes(issue, due, calendar=None):
    """Working minutes from ``issue`` to ``due`` (arrays of timestamps)."""
    return _evaluate("minutes", issue, due, calendar)


def plain_rest_eve(issue, due, calendar):
    """A second opinion, day by day in Python."""
    found = []
    for start, end in zip(issue, due, strict=True):
        rest = calendar.rest_start(start.date())
        late = not calendar.is_workday(start.date()) or start.hour >= 14
        found.append(bool(late and rest and rest <= end.date() <= calendar.next_workday(start.date())))
    return np.array(found)


def plain_minutes(issue, due, calendar):
    """A second opinion on the working minutes; a due time of 00:00 counts to the end of the day."""
    table = calendar.table(issue.min().date(), due.max().date()).set_index("date")

    def until(stamp, is_due):
        minute, day = stamp.hour * 60 + stamp.minute, table.loc[stamp.normalize()]
        minute = 24 * 60 if is_due and not minute else minute
        worked = sum(min(max(minute - a, 0), b - a) for a, b in calendar.hours)
        return day["minutes_before"] + (worked if day["is_workday"] else 0)

    return np.array([max(until(e, True) - until(s, False), 0) for s, e in zip(issue, due, strict=True)])
