"""Chains of parent and child tasks (construct A5): links, orphans, cycles, levels and amplification.

A link is a task that names a parent at the same unit. A link whose parent is not in the log is an orphan; links that
lie on a cycle are marked. Both are counted and not followed: they have no ratio and no level. Every other link has a
ratio, whatever the depth of its chain.

Time is no part of the ratio: a child task is issued later than its parent and due no later, so that the days allowed
to it are fewer by construction. What can be told apart is kept beside it: whether the child is due before its parent,
and what was left to the parent's deadline when the child was issued against the time allowed to the child (ln_time;
0 = passed on whole).
"""

LINKS = """
CREATE OR REPLACE TABLE chain AS
SELECT t.task_id, t.parent_task_id, t.unit_code, t.month, t.year, p.task_id IS NOT NULL AS is_found,
       CASE WHEN t.target_value > 0 AND p.target_value > 0 THEN ln(t.target_value / p.target_value) END AS by_target,
       t.due_at::DATE < p.due_at::DATE AS by_earlier,
       CASE WHEN t.days_allowed > 0 AND date_diff('day', t.issue_at, p.due_at) >= 0
            THEN ln((date_diff('day', t.issue_at, p.due_at) + 1) / t.days_allowed) END AS by_time,
       CASE WHEN t.artefacts > 0 AND p.artefacts > 0 THEN ln(t.artefacts / p.artefacts) END AS by_artefacts,
       p.issuer_level || '→' || t.issuer_level AS step, false AS is_cycle, NULL::INTEGER AS level
FROM tasks_all p RIGHT JOIN (SELECT * FROM tasks_in WHERE parent_task_id IS NOT NULL) t
  ON p.task_id = t.parent_task_id AND p.unit_code = t.unit_code;
"""

VIEW = """
CREATE OR REPLACE VIEW cascade AS
SELECT unit_code, month, year, is_found, is_cycle, level, step,
       CASE WHEN is_followed THEN by_target END AS ln_target,
       CASE WHEN is_followed THEN by_earlier END AS is_earlier,
       CASE WHEN is_followed THEN by_time END AS ln_time,
       CASE WHEN is_followed THEN by_artefacts END AS ln_artefacts,
       CASE WHEN is_followed THEN
           (coalesce(by_target, 0) + coalesce(by_artefacts, 0))
           / nullif((by_target IS NOT NULL)::INTEGER + (by_artefacts IS NOT NULL)::INTEGER, 0) END AS ln_ratio
FROM (SELECT *, is_found AND NOT is_cycle AS is_followed FROM chain);
"""


def prepare(con) -> dict[str, int]:
    """Table ``chain`` and view ``cascade`` over the views tasks_in and tasks_all; counts of links, orphans, cycles."""
    con.execute(LINKS)
    _mark_cycles(con)
    _number_levels(con)
    con.execute(VIEW)
    links, orphans, cycles = con.execute(
        "SELECT count(*), count(*) FILTER (NOT is_found), count(*) FILTER (is_cycle) FROM chain"
    ).fetchall()[0]
    return {"cascade_links": links, "cascade_orphans": orphans, "cascade_cycles": cycles}


def _mark_cycles(con):
    """Mark the links of ``chain`` that lie on a cycle.

    Peels off, layer by layer, links whose parent has no parent in the remainder, then links whose child has no
    child in it; what is left are the cycles.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE remaining AS SELECT unit_code, task_id, parent_task_id FROM chain WHERE is_found"
    )
    for inner, outer in (("parent_task_id", "task_id"), ("task_id", "parent_task_id")):
        before, left = None, con.execute("SELECT count(*) FROM remaining").fetchall()[0][0]
        while left and left != before:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE remaining AS SELECT r.* FROM remaining r SEMI JOIN remaining o "
                f"ON o.unit_code = r.unit_code AND o.{outer} = r.{inner}"
            )
            before, left = left, con.execute("SELECT count(*) FROM remaining").fetchall()[0][0]
    con.execute(
        "UPDATE chain SET is_cycle = true FROM remaining r "
        "WHERE chain.unit_code = r.unit_code AND chain.task_id = r.task_id"
    )


def _number_levels(con):
    """Number the links of ``chain`` from the top, layer by layer: 1 where the parent is itself no link.

    A link below an orphan counts from the orphan, the highest task that is known. Links on or below a cycle have no top
    and keep no level.
    """
    level, found = 1, -1
    con.execute(
        """UPDATE chain SET level = 1 FROM (
            SELECT c.unit_code, c.task_id FROM chain c
            ANTI JOIN chain p ON p.unit_code = c.unit_code AND p.task_id = c.parent_task_id AND p.is_found
            WHERE c.is_found) top
        WHERE chain.unit_code = top.unit_code AND chain.task_id = top.task_id"""
    )
    while found:
        con.execute(
            f"""UPDATE chain SET level = {level + 1} FROM (
                SELECT unit_code, task_id FROM chain WHERE level = {level}) parent
            WHERE chain.unit_code = parent.unit_code AND chain.parent_task_id = parent.task_id
              AND chain.is_found AND NOT chain.is_cycle"""
        )
        level += 1
        found = con.execute(f"SELECT count(*) FROM chain WHERE level = {level}").fetchall()[0][0]
