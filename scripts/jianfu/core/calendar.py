"""The statutory working calendar: working days, rest periods and office hours.

A working day follows the yearly plan of the State Council with its make-up days (调休), as published in the package
chinesecalendar. A rest period is an unbroken run of days off.
"""

import csv
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import pandas as pd

from jianfu.core.errors import DataError

LOGGER = logging.getLogger("jianfu")
OFFICE_HOURS = (("08:00", "12:00"), ("14:00", "18:00"))
DAY = timedelta(days=1)
# Fewer days off on weekdays than this cannot be a whole year's plan.
FEWEST_HOLIDAYS = 11


def read_holidays(path: str) -> dict[date, bool]:
    """Days of a CSV (date, is_workday) that extend or correct the statutory calendar.

    ``is_workday`` is 1/0, true/false or 是/否. In a year that the statutory calendar does not cover, days that are
    not listed follow the week: list every day off on a weekday and every make-up day.
    Raises :class:`DataError` naming the line that cannot be read.
    """
    truth = {"1": True, "true": True, "是": True, "0": False, "false": False, "否": False}
    days = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"date", "is_workday"} <= set(reader.fieldnames or ()):
            raise DataError("holiday_columns", path=str(path))
        for row in reader:
            try:
                days[date.fromisoformat(row["date"].strip())] = truth[row["is_workday"].strip().lower()]
            except (AttributeError, KeyError, ValueError):
                raise DataError("holiday_line", path=str(path), line=reader.line_num) from None
    return days


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class Calendar:
    """Working days and office hours.

    ``overrides``: day → is it a working day; wins over the statutory calendar and covers further years.
    ``office_hours``: pairs of clock times 'HH:MM', in order.
    Every method raises :class:`DataError` for a day in a year that neither source covers.
    """

    def __init__(self, overrides: Mapping[date, bool] | None = None, office_hours=OFFICE_HOURS):
        self.overrides = dict(overrides or {})
        self.hours = [(_minute(start), _minute(end)) for start, end in office_hours]
        self.minutes_per_day = sum(end - start for start, end in self.hours)
        self.extra_years = {day.year for day in self.overrides}
        self._warn_of_short_years()

    def _warn_of_short_years(self):
        for year in sorted(self.extra_years):
            if _statutory(date(year, 1, 1)) is None:
                off = sum(
                    d.year == year and d.weekday() < 5 and not work for d, work in self.overrides.items()
                )
                if off < FEWEST_HOLIDAYS:
                    LOGGER.warning(
                        "The holiday file lists only %d days off on weekdays in %d; all others count as worked.",
                        off,
                        year,
                    )

    def is_workday(self, day: date) -> bool:
        """Whether offices work on this day."""
        if day in self.overrides:
            return self.overrides[day]
        statutory = _statutory(day)
        if statutory is not None:
            return statutory
        if day.year in self.extra_years:
            return day.weekday() < 5
        raise DataError("calendar_uncovered", day=str(day), year=day.year)

    def next_workday(self, day: date) -> date:
        """First working day after ``day``."""
        day += DAY
        while not self.is_workday(day):
            day += DAY
        return day

    def rest_start(self, day: date) -> date | None:
        """First day of the rest period in which ``day`` lies or on whose eve it is; None on other working days."""
        if self.is_workday(day):
            return None if self.is_workday(day + DAY) else day + DAY
        while not self.is_workday(day - DAY):
            day -= DAY
        return day

    def workdays(self, month: str) -> int:
        """Number of working days of a month 'YYYY-MM'."""
        return sum(self.is_workday(day) for day in _days(month))

    def rest_days(self, month: str) -> int:
        """Number of days off of a month 'YYYY-MM'."""
        return sum(not self.is_workday(day) for day in _days(month))

    def horizon(self, first: date, last: date) -> date:
        """The latest day from ``first`` to ``last`` whose following working day is known."""
        self.next_workday(first)
        while last > first:
            try:
                self.next_workday(last)
                return last
            except DataError:
                last -= DAY
        return first

    def table(self, first: date, last: date) -> pd.DataFrame:
        """One row per day from ``first`` to ``last``, for joins.

        Columns: date, is_workday, workday_number (working days from ``first`` up to and including the day),
        minutes_before (working minutes from ``first`` to the start of the day), next_workday, rest_start (missing
        on working days that are followed by a working day).
        """
        days = [first + i * DAY for i in range((last - first).days + 1)]
        frame = pd.DataFrame({"date": days, "is_workday": [self.is_workday(day) for day in days]})
        frame["workday_number"] = frame["is_workday"].cumsum()
        frame["minutes_before"] = (frame["workday_number"] - frame["is_workday"]) * self.minutes_per_day
        frame["next_workday"] = [self.next_workday(day) for day in days]
        frame["rest_start"] = [self.rest_start(day) for day in days]
        for column in ("date", "next_workday", "rest_start"):
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
        return frame


def calendar_of(settings: dict) -> Calendar:
    """The calendar of a province, from the settings ``holidays`` (path or None) and ``office_hours``."""
    overrides = read_holidays(settings["holidays"]) if settings["holidays"] else None
    return Calendar(overrides, settings["office_hours"])


@cache
def _statutory(day: date) -> bool | None:
    """Whether the published calendar makes this a working day; None where it does not cover the year."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None


def _days(month: str) -> list[date]:
    first = date.fromisoformat(f"{month}-01")
    days = [first + i * DAY for i in range(31)]
    return [day for day in days if day.month == first.month]
