"""App exports with one row per punch, as monthly counts by unit, month, app and action."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.errors import DataError

_MONTHLY = """
    SELECT min((src::BIGINT << 32) | "row") AS origin, unit_code, strftime(punched_at, '%Y-%m') AS month,
        app_name, action_type, count(*) AS count,
        CASE WHEN bool_and(workday IS NOT NULL AND precision = 'minute')
            THEN count(*) FILTER (NOT workday OR NOT ({office})) END AS off_hours_count,
        CASE WHEN bool_and(workday IS NOT NULL) THEN count(*) FILTER (NOT workday) END AS rest_day_count
    FROM (SELECT *, hour(punched_at) * 60 + minute(punched_at) AS minute FROM punches)
    LEFT JOIN days ON day = punched_at::DATE
    GROUP BY ALL ORDER BY ALL
"""


def monthly(rows, calendar, schema):
    """Counts of an Arrow table of punches (src, row, unit_code, punched_at, precision, app_name, action_type).

    Returns src and row of the first punch of every count and the columns of ``schema`` (those of app_activity).
    Off-hours lie outside the office hours of a working day; they are unknown where a punch has no clock time. Off-hours
    and rest days are unknown where the calendar does not cover the day.
    """
    days = pc.unique(rows["punched_at"].cast(pa.date32())).to_pylist()
    office = " OR ".join(f"minute >= {start} AND minute < {end}" for start, end in calendar.hours)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("punches", rows)
        connection.register("days", _calendar_days(days, calendar))
        counts = connection.sql(_MONTHLY.format(office=office)).to_arrow_table()
    origin = counts["origin"].to_numpy()
    given = {
        name: counts[name].cast(schema.field(name).type)
        for name in counts.column_names
        if name in schema.names
    }
    columns = {
        name: given.get(name, pa.nulls(counts.num_rows, schema.field(name).type)) for name in schema.names
    }
    return pa.table(
        {"src": (origin >> 32).astype(np.int32), "row": (origin & 0xFFFFFFFF).astype(np.int32), **columns}
    )


def _calendar_days(days, calendar):
    work = pa.array([workday(day, calendar) for day in days], pa.bool_())
    return pa.table({"day": pa.array(days, pa.date32()), "workday": work})


def workday(day, calendar):
    """Whether offices work on a day; None where the calendar does not cover it."""
    try:
        return calendar.is_workday(day)
    except DataError:
        return None
