"""Working days, rest-eve rule and working minutes against cases worked out by hand and against brute force."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from clock_cases import rest_eve, working_minutes

from jianfu.core.calendar import Calendar, read_holidays
from jianfu.core.errors import DataError
from jianfu.core.months import month_range

CALENDAR = Calendar()


@pytest.mark.parametrize(
    ("issue", "due", "expected"),
    [
        ("2024-03-01 16:00", "2024-03-04", True),  # Friday afternoon, due Monday
        ("2024-09-30 16:00", "2024-10-08", True),  # eve of National Day
        ("2024-10-11 16:00", "2024-10-14", False),  # Saturday 12 was a make-up day
        ("2024-10-12 16:00", "2024-10-14", True),  # the make-up Saturday itself
        ("2024-03-01 13:59", "2024-03-04", False),  # before 14:00
        ("2024-03-01 14:00", "2024-03-04", True),
        ("2024-03-01 16:00", "2024-03-01 18:00", False),  # due before the rest period begins
        ("2024-03-01 16:00", "2024-03-02", True),  # due inside it
        ("2024-03-01 16:00", "2024-03-04 23:59", True),  # end of the first working day
        ("2024-03-01 16:00", "2024-03-05", False),
        ("2024-03-02 09:00", "2024-03-03 12:00", True),  # issued and due inside the rest period
        ("2024-03-03 09:00", "2024-03-04", True),
        ("2024-03-03 09:00", "2024-03-05", False),
        ("2024-02-29 16:00", "2024-03-01", False),  # an ordinary Thursday
    ],
)
def test_rest_eve(issue, due, expected):
    assert rest_eve([pd.Timestamp(issue)], [pd.Timestamp(due)])[0] == expected


@pytest.mark.parametrize(
    ("month", "working", "off"),
    [("2024-02", 18, 11), ("2024-03", 21, 10), ("2024-10", 19, 12), ("2025-01", 19, 12), ("2025-10", 18, 13)],
)
def test_days_of_a_month(month, working, off):
    assert (CALENDAR.workdays(month), CALENDAR.rest_days(month)) == (working, off)


def test_about_a_fifth_of_the_working_days_precede_a_rest_period():
    days = CALENDAR.table(date(2024, 1, 1), date(2024, 12, 31))
    eves = days.query("is_workday and rest_start.notna()")
    assert days["is_workday"].sum() == 251
    assert 50 <= len(eves) <= 53


def test_table_numbers_working_days_and_looks_beyond_its_edges():
    days = CALENDAR.table(date(2024, 10, 11), date(2024, 10, 13)).set_index("date")
    assert days["workday_number"].tolist() == [1, 2, 2]
    assert days["minutes_before"].tolist() == [0, 480, 960]
    assert days["next_workday"].dt.day.tolist() == [12, 14, 14]
    assert days["rest_start"].dt.day.tolist()[1:] == [13, 13] and pd.isna(days["rest_start"].iloc[0])
    first_of_year = CALENDAR.table(date(2024, 1, 1), date(2024, 1, 1))
    assert first_of_year["rest_start"].iloc[0] == pd.Timestamp("2023-12-30")


@pytest.mark.parametrize(
    ("issue", "due", "minutes"),
    [
        ("2024-03-01 16:00", "2024-03-04", 120 + 480),  # due day counts to the end of office hours
        ("2024-03-01 16:00", "2024-03-04 09:00", 120 + 60),
        ("2024-03-01 12:30", "2024-03-01 14:30", 30),  # lunch does not count
        ("2024-03-01 19:00", "2024-03-02", 0),
        ("2024-09-30 17:00", "2024-10-08 10:00", 60 + 120),
        ("2024-10-11 17:00", "2024-10-14 09:00", 60 + 480 + 60),  # over the make-up Saturday
    ],
)
def test_working_minutes(issue, due, minutes):
    assert working_minutes([pd.Timestamp(issue)], [pd.Timestamp(due)])[0] == minutes


def test_working_minutes_equal_a_count_minute_by_minute():
    random = np.random.default_rng(1)
    issue = pd.Timestamp("2024-09-26") + pd.to_timedelta(random.integers(0, 20 * 1440, 60), unit="min")
    due = issue + pd.to_timedelta(random.integers(1, 6 * 1440, 60), unit="min")
    due = due.where(due != due.normalize(), due + pd.Timedelta(minutes=1))
    office = Calendar(office_hours=[["08:30", "12:00"], ["14:30", "17:30"]])
    minutes = working_minutes(issue, due, office)
    for start, end, counted in zip(issue, due, minutes, strict=True):
        grid = pd.date_range(start, end, freq="min", inclusive="left")
        minute = grid.hour * 60 + grid.minute
        open_now = ((minute >= 510) & (minute < 720)) | ((minute >= 870) & (minute < 1050))
        worked = [office.is_workday(day.date()) for day in grid[open_now]]
        assert counted == sum(worked)


def test_uncovered_year_stops_in_one_sentence():
    with pytest.raises(
        DataError, match="does not cover 2099-01-01 yet; name a CSV .*2099.*calendar.holidays"
    ):
        CALENDAR.workdays("2099-01")


def test_override_extends_and_wins():
    extended = Calendar({date(2099, 1, 1): False, date(2099, 1, 4): True, date(2024, 3, 1): False})
    assert extended.is_workday(date(2099, 1, 4))  # a Sunday declared as make-up day
    assert not extended.is_workday(date(2099, 1, 3)) and extended.is_workday(date(2099, 1, 5))
    assert not extended.is_workday(date(2024, 3, 1))


def test_horizon_stops_where_the_next_working_day_is_unknown():
    calendar = Calendar({date(2099, 12, 30): True})
    assert calendar.horizon(date(2099, 12, 1), date(2100, 1, 20)) == date(2099, 12, 30)
    assert CALENDAR.horizon(date(2024, 6, 30), date(2024, 7, 31)) == date(2024, 7, 31)


def test_read_holidays(tmp_path):
    file = tmp_path / "holidays.csv"
    file.write_text("\ufeffdate,is_workday\n2099-01-01,0\n2099-01-04,是\n", encoding="utf-8")
    assert read_holidays(str(file)) == {date(2099, 1, 1): False, date(2099, 1, 4): True}
    file.write_text("date,is_workday\n2099/1/1,maybe\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        read_holidays(str(file))


def test_month_range():
    assert month_range("2023-11", "2024-02") == ["2023-11", "2023-12", "2024-01", "2024-02"]
