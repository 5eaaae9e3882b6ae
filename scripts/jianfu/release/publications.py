"""Publishable tables, computed from restricted data; each then passes the gate (:mod:`jianfu.release.gate`).

:func:`build_all` writes all of them. The columns of every table stand in ``config/plan/outputs.csv``. Columns such as
``persons`` and ``top2_share`` are there for the gate, which removes them. Nothing small is suppressed here.
"""

from collections.abc import Sequence
from functools import partial

import duckdb
import numpy as np
import pandas as pd

from jianfu.core import frames
from jianfu.core.calendar import calendar_of
from jianfu.core.labels import Labels
from jianfu.core.months import month_ends
from jianfu.core.units import latest_units, top2_share
from jianfu.exits.definitions import read_definitions
from jianfu.exits.person_months import person_months
from jianfu.indicators import timing
from jianfu.indicators.plan import read_plan as read_indicators
from jianfu.indices.roles import leading, read_roles
from jianfu.indices.specification import read_members
from jianfu.models.tables.table import exposure_at
from jianfu.release import channels
from jianfu.release.accounts import data_quality, indicator_list, sample_flow
from jianfu.release.outputs import TOTAL

DESCRIPTIVES = ["block", "row", "cohort", "n", "mean", "sd", "persons", "top2_share", "cell"]
AT_RISK_STEPS = (1, 3, 6, 12, 24, 36, 60, 120)  # months between two published numbers at risk


def with_headcount(indices: pd.DataFrame, unit_months: pd.DataFrame) -> pd.DataFrame:
    """Index values that are not missing, with county and headcount of the unit-month."""
    known = indices[indices["value"].notna()]
    return known.merge(
        unit_months[["unit_code", "month", "county_code", "headcount"]], on=["unit_code", "month"]
    )


# ------------------------------------------------------------------------------------------------ burden


def index_over_time(indices: pd.DataFrame, unit_months: pd.DataFrame) -> pd.DataFrame:
    """Mean and quartiles over units by index and month, with units, persons and the share of the two largest units."""
    frame = with_headcount(indices, unit_months)
    groups = frame.groupby(["index", "month"], sort=True)
    result = groups["value"].agg(mean="mean", units="size")
    result["q25"], result["q75"] = groups["value"].quantile(0.25), groups["value"].quantile(0.75)
    result["persons"] = groups["headcount"].sum()
    result["top2_share"] = groups["headcount"].agg(top2_share)
    columns = ["index", "month", "mean", "q25", "q75", "units", "persons", "top2_share"]
    return result.reset_index()[columns]


def county_heatmap(
    indices: pd.DataFrame, unit_months: pd.DataFrame, units: pd.DataFrame, *, index: str
) -> pd.DataFrame:
    """Mean of one index by county and month of the window; a month without any logged unit has no mean."""
    frame = with_headcount(indices[indices["index"] == index], unit_months)
    keys = ["county_code", "month"]
    result = unit_months.groupby(keys, sort=True).agg(units=("unit_code", "nunique")).reset_index()
    groups = frame.groupby(keys, sort=True)
    measured = groups.agg(
        mean=("value", "mean"), units_logged=("value", "size"), persons=("headcount", "sum")
    )
    measured["top2_share"] = groups["headcount"].agg(top2_share)
    result = result.merge(measured.reset_index(), on=keys, how="left")
    result["units_logged"] = result["units_logged"].fillna(0).astype("int64")
    present = unit_months.groupby(keys)["headcount"].sum().rename("present").reset_index()
    result = result.merge(present, on=keys)
    result["persons"] = result["persons"].fillna(result["present"]).astype("int64")
    result["top2_share"] = result["top2_share"].fillna(0.0)
    names = latest_units(units).drop_duplicates("county_code", keep="last")
    result = result.merge(names[["county_code", "county_name", "city_name"]], on="county_code", how="left")
    order = ["county_code", "county_name", "city_name", "month", "mean", "units", "units_logged"]
    return result[[*order, "persons", "top2_share"]]


def county_indices(
    indices: pd.DataFrame, unit_months: pd.DataFrame, units: pd.DataFrame, *, described: list[str]
) -> pd.DataFrame:
    """:func:`county_heatmap` of each index of ``described``, with the ``index`` in front."""
    parts = []
    for name in described:
        part = county_heatmap(indices, unit_months, units, index=name)
        part.insert(0, "index", name)
        parts.append(part[part["mean"].notna()])
    return pd.concat(parts, ignore_index=True)


def members_over_time(
    indicators: pd.DataFrame, unit_months: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Mean over units of every member of an index by month, in its own unit, with units, persons and the share of the
    two largest units; members: rows index, indicator (an indicator may be a member of several indices)."""
    own = indicators[indicators["indicator"].isin(members["indicator"])].rename(
        columns={"indicator": "index"}
    )
    means = index_over_time(own, unit_months).drop(columns=["q25", "q75"]).rename(columns={"index": "code"})
    of_index = members[["index", "indicator"]].rename(columns={"indicator": "code"})
    return of_index.merge(means, on="code")


def policy_dates(policies: pd.DataFrame) -> pd.DataFrame:
    """One row per policy and start date; ``counties`` is the number of counties it holds for, missing = everywhere."""
    groups = policies.groupby(["policy_id", "name", "start_date"], sort=True, dropna=False)["county_code"]
    result = groups.agg(counties="nunique", everywhere=lambda codes: codes.isna().any()).reset_index()
    result["counties"] = result["counties"].astype("Int64").mask(result["everywhere"].astype(bool))
    result["start_date"] = pd.to_datetime(result["start_date"]).dt.strftime("%Y-%m-%d")
    result = result.sort_values(["start_date", "policy_id"], kind="stable", ignore_index=True)
    return result[["policy_id", "name", "start_date", "counties"]]


CLOCK = """
SELECT isodow(issue_at) - 1 AS weekday, hour(issue_at) AS hour, count(*) AS tasks,
       count(*) FILTER (is_over_rest(due_at::DATE, d.rest_start, d.next_workday)
                        AND is_rest_eve_time(issue_at, d.is_workday, d.rest_start)) AS rest_eve
FROM {tasks} t JOIN days d ON d.date = t.issue_at::DATE
WHERE event_label = '任务' AND issue_precision = 'minute' AND NOT coalesce(emergency, false)
  AND NOT coalesce(list_contains(CAST(? AS VARCHAR[]), topic), false)
  AND NOT list_contains(CAST(? AS VARCHAR[]), strftime(issue_at, '%Y-%m'))
GROUP BY ALL ORDER BY weekday, hour
"""


def issue_clock(tasks, calendar, window, exclude) -> pd.DataFrame:
    """Non-emergency tasks known to the minute by weekday (0 = Monday) and hour of issue.

    tasks: path of the canonical Parquet file, or a frame. ``share`` is of all these tasks, ``rest_eve_share`` of the
    tasks in the cell (rest-eve rule: :mod:`jianfu.indicators.timing`). Tasks outside ``window`` and those in
    ``exclude`` (topics, months) are left out.
    """
    ends = month_ends(window)
    with duckdb.connect(config={"threads": 1}) as con:
        timing.prepare(con, calendar, ends[0].replace(day=1).date(), ends[1].date())
        if isinstance(tasks, pd.DataFrame):
            con.register("task_rows", tasks)
            source = "task_rows"
        else:
            source = "read_parquet('{}')".format(str(tasks).replace("'", "''"))
        parameters = [list(exclude["topics"]), list(exclude["months"])]
        result = con.execute(CLOCK.format(tasks=source), parameters).df()
    result["share"] = result["tasks"] / max(int(result["tasks"].sum()), 1)
    result["rest_eve_share"] = result["rest_eve"] / result["tasks"]
    return result[["weekday", "hour", "tasks", "share", "rest_eve_share"]]


# ------------------------------------------------------------------------------------------------ outcomes


def persons_by_cohort(months) -> pd.Series:
    """Persons at risk by cohort and, under ``all``, altogether (Series); each person counts once.

    months: person-months as from :func:`jianfu.exits.person_months.person_months`.
    """
    persons = months.groupby(months["cohort"].astype(object))["person_key"].nunique()
    persons[TOTAL] = persons.sum()
    return persons.astype("int64")


def with_exposed_exits(counts, months, exposures, *, exposure: str) -> pd.DataFrame:
    """person_counts with the exits of person-months whose ``exposure`` is known: the exits of the dose-response figure.

    Exits of all person-months beside these would tell, by their difference, the few that have no exposure.
    """
    known = ~np.isnan(exposure_at(months["unit_code"], months["month"], exposures, exposure))
    exits = months[known & (months["kind"] == "voluntary").to_numpy()]
    exits = exits.astype({"cohort": object, "unit_code": object}).groupby(["cohort", "unit_code"]).size()
    result = counts.drop(columns="exits").merge(
        exits.rename("exits").reset_index(), on=["cohort", "unit_code"], how="left"
    )
    return result.assign(exits=result["exits"].fillna(0).astype("int64"))


def cumulative_incidence(curves: pd.DataFrame) -> pd.DataFrame:
    """The curves with the month at which they begin; the gate merges their steps."""
    columns = ["cohort", "tertile", "time_months", "cumulative_incidence", "ci_low", "ci_high"]
    return curves[[*columns, "from_months", "n_at_risk", "n_events"]]


def cumulative_incidence_at_risk(curves: pd.DataFrame) -> pd.DataFrame:
    """Numbers at risk at about six round times of every curve."""
    parts = []
    for _, cohort in curves.groupby("cohort", sort=False):
        times = cohort["time_months"]
        step = next((s for s in AT_RISK_STEPS if (times.max() - times.min()) / s <= 6), AT_RISK_STEPS[-1])
        parts.append(cohort[times % step == 0])
    columns = ["cohort", "tertile", "time_months", "n_at_risk"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


# ------------------------------------------------------------------------------------------------ descriptives


def descriptives(persons, person_counts, indices, unit_months, scores, scales, *, cohorts, described):
    """Long table block, row, cohort, n, mean, sd with the persons behind each row and the linked cell.

    persons: as from :func:`persons_by_cohort`; person_counts: frame cohort, unit_code, persons, person_months, exits by
    unit and cohort (a person who moved stands in two units). indices, unit_months: as stored. scores: respondents with
    one column per scale; ``scales`` names the columns to describe, ``described`` the indices.
    """
    parts = [_unit_rows(unit_months)]
    parts += [
        _person_rows(persons, person_counts, measure, cohorts)
        for measure in ("persons", "person_months", "exits")
    ]
    parts.append(_index_rows(indices, unit_months, described))
    parts.append(_score_rows(scores, scales))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)[DESCRIPTIVES]


def _unit_rows(unit_months):
    """Number of units, altogether and by type."""
    units = unit_months.groupby("unit_code").agg(
        unit_type=("unit_type", "last"), headcount=("headcount", "max")
    )
    groups = [("units", units), *units.groupby("unit_type", sort=True)]
    return pd.DataFrame(
        [_row("units", name, len(part), int(part["headcount"].sum()), 0.0) for name, part in groups]
    )


def _person_rows(persons, counts, measure, cohorts):
    """Totals of one measure by cohort and over all cohorts; the gate looks at exits for exits, else at persons."""
    gate = "exits" if measure == "exits" else "persons"
    rows = []
    for cohort in (TOTAL, *cohorts):
        part = counts if cohort == TOTAL else counts[counts["cohort"] == cohort]
        n = persons.get(cohort, 0) if measure == "persons" else part[measure].sum()
        behind = part["exits"].sum() if measure == "exits" else persons.get(cohort, 0)
        share = top2_share(part.groupby("unit_code")[gate].sum())
        cell = f"dose_response|{cohort}|{TOTAL}" if measure == "exits" else ""
        rows.append(_row("persons", measure, int(n), int(behind), share, cohort=cohort, cell=cell))
    return pd.DataFrame(rows)


def _index_rows(indices, unit_months, described):
    frame = with_headcount(indices, unit_months)
    rows = []
    for name in described:
        part = frame[frame["index"] == name]
        if len(part):
            persons = part.groupby("unit_code")["headcount"].max()
            share = top2_share(persons)
            rows.append(_row("indices", name, len(part), int(persons.sum()), share, part["value"]))
    return pd.DataFrame(rows)


def _score_rows(scores, scales):
    rows = []
    for name in scales:
        part = scores[scores[name].notna()] if name in scores else scores.iloc[:0]
        if len(part):
            share = top2_share(part.groupby("unit_code").size())
            rows.append(_row("scores", name, len(part), len(part), share, part[name]))
    return pd.DataFrame(rows)


def _row(block, row, n, persons, share, values=None, *, cohort=TOTAL, cell=""):
    """One row of the descriptives; ``values``: those whose mean and SD it shows."""
    moments = (np.nan, np.nan) if values is None else (float(values.mean()), float(values.std(ddof=1)))
    return dict(zip(DESCRIPTIVES, (block, row, cohort, n, *moments, persons, share, cell), strict=True))


# ------------------------------------------------------------------------------------------------ all of them


def build_all(
    *, inputs, outputs, scores_described: Sequence[str], window, calendar, exclude, language: str
) -> None:
    """Read restricted tables, compute every publishable table, write one Parquet file each.

    inputs: paths by name (as in rule build_publication); outputs: paths by name of the table; scores_described: columns
    of the survey scores whose mean and SD are shown; the others are settings.
    """
    read = frames.load
    indices, unit_months, units = read(inputs["indices"]), read(inputs["unit_months"]), read(inputs["units"])
    definitions = read_definitions(inputs["definitions"])
    months, _ = person_months(read(inputs["spells"]), window, definitions)
    persons, curves = persons_by_cohort(months), read(inputs["curves"])
    roles = read_roles(inputs["roles"])
    person_counts = with_exposed_exits(
        read(inputs["person_counts"]), months, read(inputs["exposures"]), exposure=leading(roles)
    )
    scores = read(inputs["scores"])
    words = Labels(language, inputs["labels"])
    plan = read_indicators(inputs["indicator_plan"])
    members = read_members(inputs["index_plan"], plan)
    books = {
        name: frames.joined(inputs[name], partial(pd.read_csv, encoding="utf-8-sig"))
        for name in ("row_counts", "headings", "absences", "notices", "unanchored")
    }
    books = {name: book.fillna({"sheet": "", "reason": ""}) for name, book in books.items()}
    indicators = read(inputs["indicators"])
    heads = unit_months.groupby("unit_code")["headcount"].mean()
    tables = {
        "index_over_time": index_over_time(indices, unit_months),
        "policy_dates": policy_dates(read(inputs["policies"])),
        "county_heatmap": county_heatmap(indices, unit_months, units, index=leading(roles)),
        "county_indices": county_indices(indices, unit_months, units, described=roles["index"].tolist()),
        "members_over_time": members_over_time(
            indicators, unit_months, members[members["index"].isin(roles["index"])]
        ),
        "documents_over_time": channels.documents_over_time(indicators, unit_months),
        "cascade": channels.cascade(read(inputs["chains"]), heads),
        "app_rule_audit": channels.app_rule_audit(inputs["app_activity"], heads),
        "issue_clock": issue_clock(inputs["tasks"], calendar_of(calendar), window, exclude),
        "dose_response": read(inputs["rates"]),
        "cumulative_incidence": cumulative_incidence(curves),
        "cumulative_incidence_at_risk": cumulative_incidence_at_risk(curves),
        "burnout_by_overload": read(inputs["bins"]),
        "sample_flow": sample_flow(pd.read_csv(inputs["flow"], encoding="utf-8-sig").fillna({"reason": ""})),
        "descriptives": descriptives(
            persons,
            person_counts,
            indices,
            unit_months,
            scores,
            scores_described,
            cohorts=definitions.cohorts,
            described=roles["index"],
        ),
        "data_quality": data_quality(books["row_counts"], books["headings"], books["absences"]),
        "indicator_list": indicator_list(
            indicators, plan, members, books["notices"], books["unanchored"], words
        ),
    }
    for name, path in outputs.items():
        tables[name].to_parquet(path, compression="zstd", index=False)
