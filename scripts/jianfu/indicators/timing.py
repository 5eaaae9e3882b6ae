"""What the clock and the calendar say of a task, as DuckDB macros over the table ``days``; the rules stand only here.

Rest-eve task (theory, D3): issued at or after 14:00 on the last working day before a rest period, or inside it, and due
after the rest period has begun and by the end of the first working day after it. Working minutes are the office
minutes of working days; a due time of 00:00 is known to the day and counts to the end of that day's office hours.
"""

from datetime import date

from jianfu.core.calendar import Calendar

REST_EVE_MINUTE = 14 * 60
DAYS = """
CREATE TABLE days AS SELECT * REPLACE (date::DATE AS date, next_workday::DATE AS next_workday,
                                       rest_start::DATE AS rest_start) FROM days_frame;
"""
MACROS = """
CREATE MACRO minute_of(stamp) AS hour(stamp) * 60 + minute(stamp);
CREATE MACRO is_rest_eve_time(issue, is_workday, rest_start) AS
    rest_start IS NOT NULL AND (NOT is_workday OR minute_of(issue) >= {rest_eve});
CREATE MACRO is_over_rest(due_day, rest_start, next_workday) AS
    coalesce(due_day BETWEEN rest_start AND next_workday, false);
CREATE MACRO minutes_worked(minute) AS {worked};
CREATE MACRO minutes_until_issue(issue, is_workday, minutes_before) AS
    minutes_before + CASE WHEN is_workday THEN minutes_worked(minute_of(issue)) ELSE 0 END;
CREATE MACRO minutes_until_due(due, is_workday, minutes_before) AS
    minutes_before + CASE WHEN NOT is_workday THEN 0 WHEN minute_of(due) = 0 THEN {full_day}
                          ELSE minutes_worked(minute_of(due)) END;
"""


def prepare(con, calendar: Calendar, first: date, last: date) -> None:
    """Table ``days`` (:meth:`jianfu.core.calendar.Calendar.table` from ``first`` to ``last``) and the macros."""
    con.register("days_frame", calendar.table(first, last))
    con.execute(DAYS)
    worked = " + ".join(f"greatest(0, least(minute - {a}, {b - a}))" for a, b in calendar.hours)
    con.execute(
        MACROS.format(rest_eve=REST_EVE_MINUTE, worked=f"({worked})", full_day=calendar.minutes_per_day)
    )
