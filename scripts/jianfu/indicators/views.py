"""The prepared views in which the expressions of config/plan/indicators.csv are evaluated.

Every view has unit_code, month and year. Measures that need arithmetic on dates, parent chains
(:mod:`jianfu.indicators.cascade`), the roster (:mod:`jianfu.indicators.staff_views`) or counts by category are made
once, so that an indicator stays one short expression. All sums are integers or decimals, so that the
order in which rows are read changes nothing. (DuckDB's least() and greatest() skip NULL: conditions stand outside.)
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from jianfu.core.calendar import Calendar
from jianfu.core.months import month_ends, month_range
from jianfu.core.tables import OWN
from jianfu.core.units import latest_units
from jianfu.indicators import cascade, staff_views, timing
from jianfu.indicators.uniformity import uniformity

FOLLOWED = 366  # days after the month of issue for which a due date is followed; later ones are not short
SHORT_MINUTES = 8 * 60
SPLIT = ("tasks", "app_activity")  # tables so long that counties are looked at apart
LAPSED = 30  # days after its due date for which an unfinished task counts as open
ARTEFACTS = {  # number asked for, and whether the title asks for any
    "n_table": "asks_table",
    "n_text": "asks_text",
    "n_photo": "asks_photo",
    "n_video": "asks_video",
}
PARTS = {  # of the sums of a table
    "tasks": (*ARTEFACTS, *ARTEFACTS.values()),
    "unit_year": ("n_basic_duty", "n_coop_duty", "n_clauses"),
}

MACROS = """
CREATE MACRO number(part) AS count(*) FILTER (part);
CREATE MACRO share(flag, part := true) AS
    count(*) FILTER (part AND flag) / nullif(count(*) FILTER (part AND flag IS NOT NULL), 0);
CREATE MACRO total(x, part := true) AS (sum(CAST(x AS DECIMAL(38, 6))) FILTER (part))::DOUBLE;
CREATE MACRO mean_of(x, part := true) AS
    (sum(CAST(x AS DECIMAL(38, 12))) FILTER (part))::DOUBLE / nullif(count(x) FILTER (part), 0);
CREATE MACRO entropy_of(n, n_log_n) AS ln(nullif(sum(n), 0)) - sum(n_log_n)::DOUBLE / nullif(sum(n), 0);
CREATE MACRO effective_number(n, n_log_n) AS exp(entropy_of(n, n_log_n));
CREATE MACRO monotony(n, n_log_n, k) AS CASE WHEN k > 1 AND sum(n) > 0
    THEN greatest(0, 1 - entropy_of(n, n_log_n) / ln(k)) END;
CREATE MACRO is_wanted(topic, month, emergency) AS
    NOT coalesce(list_contains(getvariable('topics'), topic), false)
    AND NOT list_contains(getvariable('months'), month) AND NOT (getvariable('emergency') AND emergency);
CREATE MACRO observed_to_expected(observed, first, second, part) AS
    CASE WHEN number(part AND first) * number(part AND second) >= greatest(number(part), 1)
         THEN number(part AND observed) * number(part) / (number(part AND first) * number(part AND second)) END;
"""

TASKS = """
CREATE VIEW counties AS SELECT unit_code, coalesce(county_code, '') AS county FROM latest_units;

CREATE VIEW tasks_all AS
SELECT *, strftime(issue_at, '%Y-%m') AS month, year(issue_at) AS year,
       event_label = '任务' AS is_task,
       event_label IN ('检查', '督查', '考核', '巡察') AS is_check,
       event_label IN ('观摩', '调研', '视察', '指导') AS is_visit,
       coalesce(emergency, false) AS is_emergency,
       {artefacts} AS artefacts,
       {demand} AS is_demanding,
       CASE WHEN due_at IS NOT NULL THEN date_diff('day', issue_at, due_at) + 1 END AS days_allowed
FROM tasks_read;

CREATE VIEW tasks_in AS
SELECT * FROM tasks_all WHERE is_wanted(topic, month, is_emergency);

CREATE VIEW registers AS
SELECT DISTINCT coalesce(c.county, '') AS county, t.month
FROM tasks_in t LEFT JOIN counties c ON c.unit_code = t.unit_code WHERE t.is_check OR t.is_visit;

CREATE VIEW tasks AS
WITH dated AS (
    SELECT t.*, coalesce(t.due_at::DATE > least(getvariable('horizon'), last_day(t.issue_at) + {followed}), false)
               AS is_far,
           CASE WHEN NOT is_far THEN t.due_at::DATE END AS due_day,
           issue_precision = 'minute' AS is_clocked,
           is_task AND NOT is_emergency AND due_at IS NOT NULL AS has_due,
           has_due AND is_clocked AS has_slack
    FROM tasks_in t
), timed AS (
    SELECT t.*, i.is_workday, i.rest_start, r.month IS NOT NULL AS has_register,
           is_over_rest(due_day, i.rest_start, i.next_workday) AS is_over_rest,
           is_rest_eve_time(issue_at, i.is_workday, i.rest_start) AS is_rest_eve_time,
           coalesce(d.workday_number - i.workday_number <= 1, false) AS is_one_day,
           minutes_until_due(due_at, d.is_workday, d.minutes_before)
           - minutes_until_issue(issue_at, i.is_workday, i.minutes_before) AS slack
    FROM dated t
    JOIN days i ON i.date = t.issue_at::DATE
    LEFT JOIN days d ON d.date = t.due_day
    LEFT JOIN counties c ON c.unit_code = t.unit_code
    LEFT JOIN registers r ON r.month = t.month AND r.county = coalesce(c.county, '')
)
SELECT * EXCLUDE (is_far, due_day, slack, is_workday, rest_start, is_over_rest),
       CASE WHEN has_slack AND NOT is_far THEN greatest(slack, 0) END AS slack_minutes,
       has_slack AND NOT is_far AND slack <= {short} AS is_short,
       is_over_rest AND is_rest_eve_time AS is_rest_eve,
       is_over_rest AND (NOT is_workday OR is_clocked AND is_rest_eve_time) AS is_rest_eve_lower,
       is_over_rest AND (NOT is_clocked OR is_rest_eve_time) AS is_rest_eve_upper,
       CASE WHEN coalesce(has_score, has_rank, has_material_list, has_rectify) IS NOT NULL
            THEN coalesce(has_score, false) OR coalesce(has_rank, false)
                 OR coalesce(has_material_list, false) OR coalesce(has_rectify, false) END AS is_disguised,
       regexp_matches(return_reason, '格式|模板|版式|样式|排版') AS is_format_reason
FROM timed;

CREATE VIEW task_rest_days AS
SELECT DISTINCT unit_code, strftime(date, '%Y-%m') AS month, year(date) AS year, date
FROM (SELECT unit_code, issue_at::DATE AS date FROM tasks_in WHERE is_task
      UNION ALL SELECT unit_code, due_at::DATE FROM tasks_in WHERE is_task) JOIN days USING (date)
WHERE NOT days.is_workday;

CREATE VIEW veto AS
SELECT t.* EXCLUDE (since, until), m.month, left(m.month, 4)::INTEGER AS year, true AS is_active
FROM (SELECT unit_code, issuer, issuer_level, topic, veto_domain, issue_at::DATE AS since,
             coalesce(due_at, done_at, issue_at)::DATE AS until
      FROM tasks_in WHERE is_veto) t
JOIN month_days m ON t.since <= m.last AND t.until >= m.first;

CREATE VIEW open_tasks AS
SELECT t.* EXCLUDE (since, until), m.month, left(m.month, 4)::INTEGER AS year,
       CASE WHEN t.until IS NOT NULL
            THEN greatest(b.workday_number - a.workday_number + a.is_workday::INTEGER, 0) END AS open_workdays
FROM (SELECT unit_code, issuer, issuer_level, topic, issue_at::DATE AS since,
             least(done_at::DATE - 1, due_at::DATE + {lapsed}) AS until
      FROM tasks_in WHERE is_task) t
JOIN month_days m ON t.since <= m.last AND coalesce(t.until, t.since) >= m.first
JOIN days a ON a.date = greatest(t.since, m.first)
LEFT JOIN days b ON b.date = least(t.until, m.last);
"""

COUNTED = """
CREATE VIEW {view} AS
SELECT unit_code, month, any_value(year) AS year, count({column}) AS n, count(*) AS n_all,
       CAST(count({column}) * ln(nullif(count({column}), 0)) AS DECIMAL(38, 12)) AS n_log_n,
       (SELECT count(DISTINCT {column})
        FROM (SELECT *, strftime(issue_at, '%Y-%m') AS month FROM tasks_of_all_units)
        WHERE event_label = '任务' AND is_wanted(topic, month, coalesce(emergency, false))
          AND month BETWEEN getvariable('reference_first') AND getvariable('reference_last')) AS k
FROM tasks_in WHERE is_task GROUP BY unit_code, month, {column};
"""

OTHERS = """
CREATE VIEW app_activity AS
SELECT * REPLACE (
           CASE WHEN NOT online THEN count END AS count,
           CASE WHEN NOT online THEN off_hours_count END AS off_hours_count,
           CASE WHEN NOT online THEN rest_day_count END AS rest_day_count
       ), CASE WHEN online THEN count END AS online_hours
FROM (SELECT *, left(month, 4)::INTEGER AS year, action_type = '在线时长' AS online FROM app_activity_read);
CREATE VIEW app_runs AS
SELECT unit_code, strftime(date, '%Y-%m') AS month, year(date) AS year,
       row_number() OVER (PARTITION BY unit_code, island ORDER BY date) AS run
FROM (SELECT unit_code, date::DATE AS date,
             date::DATE - row_number() OVER (PARTITION BY unit_code ORDER BY date)::INTEGER AS island
      FROM app_days_read WHERE actions > 0);
"""


TARGETS = """
SELECT unit_code, year, indicator_id, sum(CAST(target_value AS DECIMAL(38, 6)))::DOUBLE / count(*) AS target
FROM tasks_in WHERE is_task AND indicator_id IS NOT NULL AND target_value IS NOT NULL
GROUP BY unit_code, year, indicator_id ORDER BY unit_code, year, indicator_id
"""


@dataclass(frozen=True)
class Means:
    """What a job may use of the computer: threads, and MB of memory for its rows."""

    threads: int = 1
    memory: int = 1000


ONE_THREAD = Means()


def connect(means: Means = ONE_THREAD) -> duckdb.DuckDBPyConnection:
    """An in-memory database that needs no network; beyond its memory it uses the temporary folder.

    The right side of a join is the one that is held in memory, as written: of views it takes a log of millions of rows
    for thousands, and would hold it in the place of the unit-months.
    """
    return duckdb.connect(
        config={
            "disabled_optimizers": "build_side_probe_side",
            "threads": means.threads,
            "memory_limit": f"{means.memory}MB",
            "temp_directory": str(Path(tempfile.gettempdir(), f"jianfu-{os.getpid()}")),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def open_tables(
    con, tables, reference_window=None, units=None
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Make each canonical table (path of a Parquet file, frame or Arrow table) readable as ``<table>_read``.

    ``units``: codes of the units to which tasks and app use are limited; what is looked up in the tasks of the whole
    province stands in ``tasks_of_all_units``. Returns the columns of each (whole) table that hold any value, and those
    of them without the parts of a sum (a kind of artefact, accountability clauses) that no row of the reference window
    holds while it holds others: a column that comes later moves nothing before. Without a window they are the same.
    """
    filled = {}
    for table, source in tables.items():
        if isinstance(source, str | Path):
            path = str(source).replace("'", "''")
            con.execute(f"CREATE VIEW {table}_read AS SELECT * FROM read_parquet('{path}')")
        else:
            con.register(f"{table}_read", source)
        columns = [row[0] for row in con.execute(f"DESCRIBE {table}_read").fetchall()]
        counts = con.execute(
            f"SELECT {', '.join(f'count({c})' for c in columns)} FROM {table}_read"
        ).fetchall()[0]
        filled[table] = {column for column, count in zip(columns, counts, strict=True) if count}
    con.execute("CREATE VIEW tasks_of_all_units AS SELECT * FROM tasks_read")
    if units is not None:
        con.register("own_units", pd.DataFrame({"unit_code": list(units)}, dtype=object))
        for table in SPLIT:
            con.execute(f"ALTER VIEW {table}_read RENAME TO {table}_of_all")
            con.execute(
                f"CREATE VIEW {table}_read AS SELECT * FROM {table}_of_all SEMI JOIN own_units USING (unit_code)"
            )
        con.execute("CREATE OR REPLACE VIEW tasks_of_all_units AS SELECT * FROM tasks_of_all")
    return filled, _summed(con, filled, reference_window) if reference_window else filled


def register_unit_months(con, unit_months: pd.DataFrame) -> None:
    """Make the frame of the analysis readable as ``unit_months``; ``year`` is the one whose yearly values it takes."""
    frame = unit_months[["unit_code", "month", "workdays", "tasks_logged", "app_logged"]]
    year = frame["month"].str[:4].astype(int) - 1
    con.register("unit_months", frame.assign(row=range(len(frame)), year=year))


def prepare(con, summed, calendar: Calendar, window, reference_window, exclude) -> dict[str, int]:
    """Create the views over the opened tables; returns the counts of cascade links, orphans and cycles.

    ``summed``: the second answer of :func:`open_tables`; ``exclude`` has the keys topics, months, emergency. The frame
    ``unit_months`` is registered already.
    """
    _set_variables(con, reference_window, exclude)
    _make_days(con, calendar, window)
    for table in summed:
        if table.startswith(OWN):
            _make_own(con, table)
    artefacts = " + ".join(column for column in ARTEFACTS if column in summed["tasks"])
    units = con.execute("SELECT * FROM units_read").df()
    con.register("latest_units", latest_units(units))
    con.execute(MACROS)
    con.execute(
        TASKS.format(
            artefacts=artefacts or "NULL::DOUBLE",
            demand=_demand(summed["tasks"]),
            short=SHORT_MINUTES,
            followed=FOLLOWED,
            lapsed=LAPSED,
        )
    )
    con.execute(COUNTED.format(view="task_issuers", column="issuer"))
    con.execute(COUNTED.format(view="task_categories", column="category"))
    con.execute(OTHERS)
    staff_views.prepare(con, summed)
    return follow_tasks(con)


def follow_tasks(con) -> dict[str, int]:
    """Make what is computed from all tasks at once, chains and uniformity, anew from ``tasks_read`` as it is now.

    Returns the counts of cascade links, orphans and cycles.
    """
    targets = con.execute(TARGETS).df()
    found = uniformity(targets, con.execute("SELECT * FROM units_read").df())
    con.execute("DROP TABLE IF EXISTS uniformity")
    con.from_df(found).create("uniformity")
    return cascade.prepare(con)


def _make_own(con, table):
    """The view of a table that only this province has, by month or by day."""
    columns = {row[0] for row in con.execute(f"DESCRIBE {table}_read").fetchall()}
    when = (
        "strftime(date, '%Y-%m') AS month, year(date) AS year"
        if "date" in columns
        else "left(month, 4)::INTEGER AS year"
    )
    con.execute(f"CREATE VIEW {table} AS SELECT *, {when} FROM {table}_read")


def _demand(filled):
    """SQL: whether a task asks for any artefact. A number given counts before the title; nothing known = NULL."""
    known = [
        [test for column, test in ((number, f"{number} > 0"), (asked, asked)) if column in filled]
        for number, asked in ARTEFACTS.items()
    ]
    tests = [f"coalesce({', '.join(kind)})" for kind in known if kind]
    if not tests:
        return "NULL::BOOLEAN"
    any_of = " OR ".join(f"coalesce({test}, false)" for test in tests)
    return f"CASE WHEN coalesce({', '.join(tests)}) IS NOT NULL THEN {any_of} END"


def _summed(con, filled, window):
    """``filled`` without the parts of sums that no row of the reference ``window`` holds, while it holds others.

    Where it holds none of a sum, there is nothing before that could be kept: nothing is left out.
    """
    years = [int(month[:4]) - 1 for month in window]  # a month takes the yearly values of the year before
    when = {
        "tasks": ("tasks_of_all_units", "strftime(issue_at, '%Y-%m')", window),
        "unit_year": ("unit_year_read", "year", years),
    }
    for table, (view, time, (first, last)) in when.items():
        known = [part for part in PARTS[table] if part in filled[table]]
        counts = ", ".join(f"count({part})" for part in known) or "count(NULL)"
        found = con.execute(f"SELECT {counts} FROM {view} WHERE {time} BETWEEN ? AND ?", [first, last])
        held = found.fetchall()[0]
        if any(held):
            late = {part for part, n in zip(known, held, strict=True) if not n}
            filled = filled | {table: filled[table] - late}
    return filled


def _set_variables(con, reference_window, exclude):
    con.execute("SET VARIABLE topics = CAST(? AS VARCHAR[])", [list(exclude["topics"])])
    con.execute("SET VARIABLE months = CAST(? AS VARCHAR[])", [list(exclude["months"])])
    con.execute("SET VARIABLE emergency = ?", [bool(exclude["emergency"])])
    con.execute("SET VARIABLE reference_first = ?", [reference_window[0]])
    con.execute("SET VARIABLE reference_last = ?", [reference_window[1]])


def _make_days(con, calendar, window):
    """Tables ``days`` (the calendar of the window and a little beyond) and ``month_days`` (first and last day)."""
    months = month_range(*window)
    ends = month_ends(months)
    first, last = ends[0].replace(day=1).date(), ends[-1].date()
    horizon = calendar.horizon(last, (ends[-1] + pd.Timedelta(days=FOLLOWED)).date())
    timing.prepare(con, calendar, first, horizon)
    con.register("month_frame", pd.DataFrame({"month": months, "last": ends}))
    con.execute(
        "CREATE TABLE month_days AS "
        "SELECT month, date_trunc('month', last)::DATE AS first, last::DATE AS last FROM month_frame"
    )
    con.execute("SET VARIABLE horizon = ?", [horizon])
