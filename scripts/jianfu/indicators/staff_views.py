"""Prepared views of people, documents and years: what joins a log with the roster, the survey or an earlier period.

They stand beside the views of :mod:`jianfu.indicators.views` and have the same columns unit_code, month, year. People
are those on the post at the end of the previous month, as in the headcount. Everything looks back only.
"""

DAYS_PER_YEAR = 365.25
MATCHED_MONTHS = 6  # calendar months that two years must share before their tasks are compared
LEADER = "正职|副职|书记|镇长|乡长|街道办.*主任|党.{0,3}委员|人大主席|班子|领导"
NO_LEADER = "非领导|秘书|助理|一般|村|社区"

POSTS = """
CREATE VIEW posts AS
SELECT s.unit_code, m.month, left(m.month, 4)::INTEGER AS year, s.person_key,
       max(CASE WHEN s.rank_since <= m.before THEN date_diff('day', s.rank_since::DATE, m.before) / {days} END)
           AS years_in_rank,
       bool_or(s.role IS NOT NULL) AS has_role,
       bool_or(coalesce(regexp_matches(s.role, '{leader}') AND NOT regexp_matches(s.role, '{no_leader}'), false))
           AS is_leader
FROM spells_read s
JOIN (SELECT month, first - 1 AS before FROM month_days) m
  ON s.spell_start <= m.before AND coalesce(s.spell_end, DATE '9999-12-31') >= m.before
WHERE coalesce(s.on_post, true)
GROUP BY s.unit_code, m.month, s.person_key;

CREATE VIEW leaders AS
SELECT unit_code, month, count(*) FILTER (is_leader) AS leaders FROM posts GROUP BY unit_code, month;
"""

DOCUMENTS = """
CREATE VIEW month_work AS
SELECT strftime(date, '%Y-%m') AS month, count(*) FILTER (is_workday) AS workdays FROM days GROUP BY 1;

CREATE VIEW documents AS
SELECT d.*, left(d.month, 4)::INTEGER AS year, l.leaders, w.workdays
FROM documents_read d
LEFT JOIN leaders l ON l.unit_code = d.unit_code AND l.month = d.month
LEFT JOIN month_work w ON w.month = d.month;

CREATE VIEW document_changes AS
WITH monthly AS (
    SELECT unit_code, month, any_value(year) AS year, strptime(month || '-01', '%Y-%m-%d')::DATE AS first,
           total(n_docs, channel = '纸质') * 20 / any_value(workdays) AS paper,
           total(n_docs, channel = '电子') * 20 / any_value(workdays) AS electronic
    FROM documents GROUP BY unit_code, month HAVING count(DISTINCT channel) = 2
)
SELECT m.unit_code, m.month, m.year, m.paper - p.paper AS paper_change,
       m.electronic - p.electronic AS electronic_change
FROM monthly m JOIN monthly p ON p.unit_code = m.unit_code AND m.first = p.first + INTERVAL 1 MONTH;
"""

YEARS = """
CREATE VIEW unit_year AS SELECT * REPLACE ({n_clauses} AS n_clauses) FROM unit_year_read;

CREATE VIEW involution AS
WITH worked AS (
    SELECT u.unit_code, left(u.month, 4)::INTEGER AS year, right(u.month, 2) AS part, any_value(u.workdays) AS workdays,
           count(t.task_id) AS n
    FROM (SELECT unit_code, month, task_id FROM tasks_in WHERE is_task) t
    RIGHT JOIN unit_months u ON t.unit_code = u.unit_code AND t.month = u.month
    WHERE u.tasks_logged GROUP BY u.unit_code, u.month
), effort AS (
    SELECT w.unit_code, w.year, ln((sum(w.n) / sum(w.workdays)) / nullif(sum(p.n) / sum(p.workdays), 0)) AS change
    FROM worked w JOIN worked p ON p.unit_code = w.unit_code AND p.year = w.year - 1 AND p.part = w.part
    GROUP BY w.unit_code, w.year HAVING count(*) >= {matched} AND sum(w.n) > 0
), outcome AS (
    SELECT y.unit_code, y.year,
           CASE WHEN y.outcome_hotline > 0 AND p.outcome_hotline > 0
                THEN ln(y.outcome_hotline / p.outcome_hotline) END AS hotline,
           CASE WHEN y.outcome_satisfaction > 0 AND p.outcome_satisfaction > 0
                THEN ln(y.outcome_satisfaction / p.outcome_satisfaction) END AS satisfaction,
           coalesce((hotline + satisfaction) / 2, hotline, satisfaction) AS change
    FROM unit_year_read y JOIN unit_year_read p ON p.unit_code = y.unit_code AND p.year = y.year - 1
)
SELECT e.unit_code, e.year, e.change - o.change AS involution
FROM effort e JOIN outcome o USING (unit_code, year);
"""

HOURS = """
CREATE VIEW survey_hours AS
SELECT coalesce(p.unit_code, s.unit_code) AS unit_code, strftime(s.fieldwork_date, '%Y-%m') AS month,
       year(s.fieldwork_date) AS year, s.hours_week, s.hours_trace
FROM survey_read s
LEFT JOIN (SELECT person_key, month, min(unit_code) AS unit_code FROM posts GROUP BY person_key, month) p
  ON p.person_key = s.person_key AND p.month = strftime(s.fieldwork_date, '%Y-%m');
"""


def prepare(con, summed) -> None:
    """Create the views; needs the views of the task log, the calendar tables, unit_months and the macros.

    ``summed``: as for the views of the log. Accountability clauses that a province does not record count as none.
    """
    con.execute(POSTS.format(days=DAYS_PER_YEAR, leader=LEADER, no_leader=NO_LEADER))
    con.execute(DOCUMENTS)
    n_clauses = "n_clauses" if "n_clauses" in summed["unit_year"] else "0"
    con.execute(YEARS.format(n_clauses=n_clauses, matched=MATCHED_MONTHS))
    con.execute(HOURS)
