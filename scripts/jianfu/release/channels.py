"""How burden reaches the townships: down the levels of government, on paper and electronically, through apps.

Publishable tables as those of :mod:`jianfu.release.publications`: ``persons`` and ``top2_share`` are for the gate.
"""

import duckdb
import numpy as np
import pandas as pd

from jianfu.core.units import top2_share
from jianfu.release.outputs import TOTAL
from jianfu.statistics.inference import t_quantile

PAPER, ELECTRONIC = "B8_paper", "B8_electronic"
CASCADE = {"targets": "ln_target", "artefacts": "ln_artefacts", "time": "ln_time"}
INTERVAL = 0.95
RULE_MONTH = "2026-02"  # the first whole month after 国办函〔2026〕12号 of 2026-01-25
ANY = """CASE WHEN coalesce(check_in, points, online, forwarding, below_county) IS NOT NULL
    THEN coalesce(check_in, false) OR coalesce(points, false) OR coalesce(online, false)
      OR coalesce(forwarding, false) OR coalesce(below_county, false) END"""  # of the clauses that are known
DID = "bool_or(action_type = '{action}' AND count > 0)"
KNOWN = "CASE WHEN bool_or({column}) IS NOT NULL THEN {did} AND bool_or({column}) END"  # unknown where the column is
# Clauses of the rule that rows can speak to, each as what a month of an app in a unit does against it. Whether the
# installation of a compulsory app was forced and whether a photo was needless no row tells, so that these stand apart
# from ANY.
CLAUSES = {
    "check_in": KNOWN.format(column="is_mandatory", did=DID.format(action="打卡")),
    "points": KNOWN.format(column="is_mandatory", did=DID.format(action="积分")),
    "online": KNOWN.format(column="is_mandatory", did=DID.format(action="在线时长")),
    "forwarding": KNOWN.format(column="used_in_assessment", did=DID.format(action="转发")),
    "installed": "bool_or(is_mandatory)",
    "below_county": "bool_or(owner_level = '乡')",
    "photos": DID.format(action="拍照"),
}
MONTHS_OF_APPS = """
CREATE TABLE used AS
SELECT unit_code, app_name AS app, month >= '{month}' AS after, {clauses} FROM activity
WHERE app_name IS NOT NULL GROUP BY unit_code, app_name, month
"""
AUDIT = """
SELECT '{clause}' AS clause, {app} AS app, unit_code, count({flag}) FILTER (NOT after) AS n_before,
       count_if({flag}) FILTER (NOT after) AS against_before, count({flag}) FILTER (after) AS n_after,
       count_if({flag}) FILTER (after) AS against_after
FROM used GROUP BY ALL HAVING count({flag}) > 0 ORDER BY ALL
"""


def documents_over_time(indicators: pd.DataFrame, unit_months: pd.DataFrame) -> pd.DataFrame:
    """Mean paper and electronic documents (per 20 working days) by month over the units that know both.

    Columns: month, paper, electronic, units, persons, top2_share; the two add up to all documents of these units.
    """
    own = indicators[indicators["indicator"].isin([PAPER, ELECTRONIC])]
    wide = own.pivot_table(index=["unit_code", "month"], columns="indicator", values="value")
    wide = wide.reindex(columns=[PAPER, ELECTRONIC]).dropna().reset_index()
    frame = wide.merge(unit_months[["unit_code", "month", "headcount"]], on=["unit_code", "month"])
    result = frame.groupby("month", sort=True).agg(
        paper=(PAPER, "mean"),
        electronic=(ELECTRONIC, "mean"),
        units=("unit_code", "size"),
        persons=("headcount", "sum"),
        top2_share=("headcount", top2_share),
    )
    return result.reset_index()


def cascade(chains: pd.DataFrame, heads: pd.Series) -> pd.DataFrame:
    """What a level adds when it passes a task on, by ``step`` (level→level) and ``part`` of :data:`CASCADE`.

    chains: a row per child task with step and log ratios (:mod:`jianfu.indicators.cascade`); heads: staff by unit.
    ``mean`` of the log ratio with its interval, units as clusters; n: tasks; units; persons and top2_share
    of the units.
    """
    rows = []
    for part, column in CASCADE.items():
        known = chains[chains[column].notna() & chains["step"].notna()]
        for step, own in known.groupby("step", sort=True):
            mean, error, units = _clustered_mean(own[column], own["unit_code"])
            half = error * t_quantile(INTERVAL, max(units - 1, 1))
            staff = heads.reindex(own["unit_code"].unique()).fillna(0)
            figures = (mean, mean - half, mean + half, len(own), units, int(staff.sum()), top2_share(staff))
            rows.append((step, part, *figures))
    names = ["step", "part", "mean", "ci_low", "ci_high", "n", "units", "persons", "top2_share"]
    return pd.DataFrame(rows, columns=names)


def _clustered_mean(values, clusters):
    """Mean, its standard error with independent clusters (times G / (G - 1)), and G; one cluster has no error."""
    mean = values.mean()
    sums = (values - mean).groupby(clusters).sum()
    n = len(sums)
    error = np.sqrt((sums**2).sum() * n / (n - 1)) / len(values) if n > 1 else np.nan
    return mean, error, n


def app_rule_audit(activity: str | pd.DataFrame, heads: pd.Series) -> pd.DataFrame:
    """Apps against the rule of 2026: shares of the months of apps in units that go against a clause, before and after.

    activity: path of the canonical Parquet file, or a frame; heads: staff by unit. Rows: every clause of
    :data:`CLAUSES` and those of :data:`ANY` together, over all apps; the latter for every app. A clause whose columns
    the province lacks has no row. ``before`` and ``after``: shares; ``months_before`` and ``months_after``: of apps in
    units; units; persons and top2_share of the units.
    """
    with duckdb.connect(config={"threads": 1}) as con:
        if isinstance(activity, pd.DataFrame):
            con.register("activity", activity)
        else:
            path = str(activity).replace("'", "''")
            con.execute(f"CREATE VIEW activity AS SELECT * FROM read_parquet('{path}')")
        clauses = ", ".join(f"{sql} AS {name}" for name, sql in CLAUSES.items())
        con.execute(MONTHS_OF_APPS.format(month=RULE_MONTH, clauses=clauses))
        asked = [(clause, clause, f"'{TOTAL}'") for clause in CLAUSES]
        asked += [(TOTAL, ANY, f"'{TOTAL}'"), (TOTAL, ANY, "app")]
        parts = [con.execute(AUDIT.format(clause=c, flag=f, app=a)).df() for c, f, a in asked]
    found = pd.concat(parts, ignore_index=True)
    found["heads"] = found["unit_code"].map(heads).fillna(0).round()
    groups = found.groupby(["clause", "app"], sort=False)
    sums = groups[["n_before", "against_before", "n_after", "against_after"]].sum()
    result = pd.DataFrame(
        {
            "before": sums["against_before"] / sums["n_before"].where(sums["n_before"] > 0),
            "after": sums["against_after"] / sums["n_after"].where(sums["n_after"] > 0),
            "months_before": sums["n_before"],
            "months_after": sums["n_after"],
            "units": groups.size(),
            "persons": groups["heads"].sum().astype(int),
            "top2_share": groups["heads"].agg(top2_share),
        }
    )
    return result.reset_index()
