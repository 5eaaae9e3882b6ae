"""What the models need of the task log beyond the indicators: links of chains, and tasks and artefacts of a year."""

from jianfu.indicators import views

LINKS = """
SELECT unit_code, month, level, step, ln_target, ln_artefacts, ln_ratio, ln_time FROM cascade
WHERE is_found AND NOT is_cycle ORDER BY ALL
"""
YEARS = """
SELECT u.unit_code, u.year::INTEGER AS year, any_value(u.months)::INTEGER AS months, count(t.unit_code) AS n_tasks,
       sum(CAST(t.artefacts AS DECIMAL(38, 6)))::DOUBLE AS n_artefacts
FROM (SELECT unit_code, year, artefacts FROM tasks_in WHERE is_task) t
RIGHT JOIN (SELECT unit_code, left(month, 4)::INTEGER AS year, count(*) AS months
            FROM logged WHERE tasks_logged GROUP BY ALL) u USING (unit_code, year)
GROUP BY u.unit_code, u.year ORDER BY u.unit_code, u.year
"""


def build_task_tables(tables, unit_months, calendar, window, reference_window, exclude):
    """``(chains, task_years)`` as frames.

    chains: one row per task with a known parent task that lies on no cycle: unit_code, month, level of the link
    (1 = from the top), step (issuing levels of parent and child: 省→市; null where one is not known), ln_target,
    ln_artefacts (child to parent), their mean ln_ratio, and ln_time (time left to the parent to that of the child).
    task_years: unit_code, year, months in which the log was kept, n_tasks, n_artefacts required in them.

    tables: {canonical table: path}; unit_months: frame (restricted/unit_months.parquet); exclude: topics, months and
    emergency to leave out, as for the indicators.
    """
    con = views.connect()
    _, summed = views.open_tables(con, tables, reference_window)
    frame = unit_months[["unit_code", "month", "workdays", "tasks_logged", "app_logged"]]
    con.register("logged", frame)
    con.register(
        "unit_months", frame.assign(row=range(len(frame)), year=frame["month"].str[:4].astype(int) - 1)
    )
    views.prepare(con, summed, calendar, window, reference_window, exclude)
    return con.execute(LINKS).df(), con.execute(YEARS).df()
