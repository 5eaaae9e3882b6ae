"""Unit-months: every indicator, index and exposure side by side, with the timing of policies."""

import numpy as np
import pandas as pd

from jianfu.core.months import date_month, month_number, month_range
from jianfu.models.tables.table import NAMES, AnalysisTable, categorical, with_exposures, with_traits

Z = "_z"  # suffix of an indicator in SD: transformed as its plan says, less its mean in the reference window
SAME_MONTH = "_month"  # suffix of an index of the same month (50 + 10 x mean z)


def unit_month_table(panel, indicators, indices, exposures, plan, reference, policies, groups, units):
    """Analysis table of unit-months, ordered by unit and month.

    panel: unit_code, month, headcount, workdays ... (restricted/unit_months.parquet); indicators, indices, exposures:
    long tables; plan: the indicator table (code, transformation); reference: (first, last) month in which the mean and
    SD behind ``<code>_z`` are taken; policies: canonical table; groups: {name: words of the policies that belong to it}
    (``policies`` of config/plan/models.yaml).

    Columns: unit, county, month, ``time`` (months since the first one), ``year``, ``calendar_month``, those of the
    panel; ``A2_checks`` as reported and ``A2_checks_z`` in SD; ``OD_month`` the index of the month, ``OD`` the exposure
    (mean of m-1 to m-3), ``OD_lead``; of each group of policies ``relief`` (in force: true from the month of the start
    on), ``relief_start`` (its month number, year * 12 + month - 1; missing where it never comes), ``relief_since``
    (months since the start, negative before), ``relief_early`` (starts before it holds everywhere), and
    ``relief_national``, ``relief_national_since`` of the start that holds everywhere.
    """
    frame = panel.sort_values(["unit_code", "month"], ignore_index=True)
    rows = pd.MultiIndex.from_frame(frame[["unit_code", "month"]])
    number = month_number(frame["month"])
    values = wide(indicators, "indicator", rows)
    inside = frame["month"].isin(month_range(*reference)).to_numpy()
    standard = in_sd(values, plan, inside)
    levels = wide(indices, "index", rows).add_suffix(SAME_MONTH)
    timing = policy_timing(frame["county_code"], number, policies, groups)
    frame = frame.drop(columns=["county_code", "unit_type"]).assign(
        time=number - number.min() if len(frame) else number,
        year=(number // 12).astype(int),
        calendar_month=(number % 12 + 1).astype(int),
    )
    frame = pd.concat([frame, values, standard, levels, timing], axis=1)
    for column in ("unit_code", "month"):
        frame[column] = categorical(frame[column])
    frame, names = with_exposures(frame, exposures, "month", survey=False)
    frame = with_traits(frame, units).rename(columns=NAMES)
    return AnalysisTable(frame, None, len(frame), {}, names, persons=False)


def wide(long, key, rows):
    """One column per value of ``key`` in the long table (unit_code, month, key, value), aligned to ``rows``.

    ``rows``: MultiIndex of (unit_code, month); values that are not known are NaN.
    """
    found = rows.get_indexer(pd.MultiIndex.from_frame(long[["unit_code", "month"]]))
    codes = pd.Index(sorted(long[key].unique()))
    table = np.full((len(rows), len(codes)), np.nan)
    here = found >= 0
    table[found[here], codes.get_indexer(long[key])[here]] = long["value"].to_numpy(dtype=float)[here]
    return pd.DataFrame(table, columns=list(codes))


def in_sd(values, plan, reference):
    """Indicators (frame, one column each) transformed as ``plan`` says and standardised over the rows ``reference``.

    ln(1 + x) for counts and rates, others as they are; the direction is not turned. An indicator without spread in the
    reference window is left out.
    """
    transformation = plan.set_index("code")["transformation"]
    columns = {}
    for code, column in values.items():
        x = column.to_numpy()
        x = np.log1p(x) if transformation.get(code) == "log1p" else x
        known = x[reference & ~np.isnan(x)]
        if len(known) > 1 and known.max() > known.min():
            columns[code + Z] = (x - known.mean()) / known.std(ddof=1)
    return pd.DataFrame(columns, index=values.index)


def policy_timing(county, month, policies, groups):
    """Columns on the start of each group of policies, aligned to ``county`` (codes) and ``month`` (month numbers).

    A policy belongs to a group if its topic or its name contains one of the group's words; without a county it holds
    everywhere. The earliest start counts.
    """
    text = policies["topic"].fillna("").astype(str) + " " + policies["name"].fillna("").astype(str)
    start = pd.Series(date_month(policies["start_date"]), index=policies.index)
    columns = {}
    for group, words in groups.items():
        own = text.apply(lambda t, words=words: any(word in t for word in words)).astype(bool)
        everywhere = policies["county_code"].isna()
        national = start[own & everywhere].min()
        local = start[own & ~everywhere].groupby(policies["county_code"].astype(object)).min()
        first = np.fmin(county.map(local).to_numpy(dtype=float), national)
        columns[group] = first <= month
        columns[f"{group}_start"] = first
        columns[f"{group}_since"] = month - first
        columns[f"{group}_early"] = first < national
        columns[f"{group}_national"] = national <= month
        columns[f"{group}_national_since"] = month - national
    return pd.DataFrame(columns, index=county.index)


def exit_months(months: AnalysisTable, cells: pd.DataFrame) -> AnalysisTable:
    """Unit-months with staff at risk ``n`` and exits by cause, of the unit-months that have any, in their order.

    months: analysis table of unit-months; cells: hazard cells (unit_code, month, n and one column for every cause).
    """
    counts = ["n", *cells.select_dtypes("number").columns.drop("n", errors="ignore")]
    sums = cells.groupby(["unit_code", "month"], observed=True)[counts].sum()
    keys = pd.MultiIndex.from_frame(months.frame[["unit", "month"]].astype(object))
    found = sums.set_axis(pd.MultiIndex.from_tuples(sums.index)).reindex(keys)
    frame = months.frame.drop(columns=months.frame.columns.intersection(counts)).reset_index(drop=True)
    frame = pd.concat([frame, found.reset_index(drop=True)], axis=1)
    frame = frame[frame["n"].gt(0)].reset_index(drop=True)
    return AnalysisTable(frame, None, len(frame), {}, months.exposures)


def indicators_before(table, months, least, groups=()):
    """Means of the indicators in SD over the ``months`` months before each month: frame by (unit, month).

    table: analysis table of unit-months; a mean needs ``least`` months with a value. ``groups`` of policies: the share
    of those months in which they were in force.
    """
    frame = table.frame
    codes = [name for name in frame if name.endswith(Z)] + [name for name in groups if name in frame]
    values = frame[codes].to_numpy(dtype=float)
    known = ~np.isnan(values)
    unit, time = frame["unit"].cat.codes.to_numpy(), frame["time"].to_numpy(dtype=int)
    place = np.full((unit.max() + 1, time.max() + months + 1), -1) if len(frame) else np.empty((0, 0), int)
    place[unit, time + months] = np.arange(len(frame))
    total, n = np.zeros(values.shape), np.zeros(values.shape)
    for lag in range(1, months + 1):
        at = place[unit, time + months - lag]
        there = (at >= 0)[:, None]
        total += np.where(there & known[at], values[at], 0)
        n += there & known[at]
    mean = np.divide(total, n, out=np.full(values.shape, np.nan), where=n >= max(least, 1))
    keys = pd.MultiIndex.from_frame(frame[["unit", "month"]].astype(object))
    return pd.DataFrame(mean, columns=codes, index=keys)
