"""Unit-years: yearly reference values beside tasks, artefacts and hours of work of the same year."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.models.tables.table import NAMES, AnalysisTable, categorical, with_traits

WAVE = "_wave"  # suffix of a mean of the last survey wave beside the hazard cells
# Sampling (co)variance of the means of two columns of the answers of a unit and year.
SAMPLING = {
    "var_ln_hours_trace": ("ln_hours_trace", "ln_hours_trace"),
    "cov_ln_hours": ("ln_hours_trace", "ln_hours_substantive"),
    "var_ln_hours_substantive": ("ln_hours_substantive", "ln_hours_substantive"),
}
HOURS = ("hours_week", "hours_trace", "hours_substantive")
ANSWERS = 10  # answers of a unit and year from which their mean says something of the unit
SIGNATURES = ("B9_signatures", "B8_total")  # signatures per document, documents per so many working days:
PER_DAYS = 20


def unit_year_table(unit_year, task_years, scores, units):
    """Analysis table of unit-years, ordered by unit and year.

    unit_year: canonical reference values, one row per unit and year; task_years: unit_code, year, months (in which the
    task log was kept), n_tasks, n_artefacts; scores: survey scores (unit_code, fieldwork_month, hours).

    Columns: unit, county, year, those of the reference values, ``tasks_month`` and ``artefacts_month`` (per month in
    which the log was kept), ``ln_hours_trace`` ... (mean of the natural logarithm over those who answered in the year),
    :data:`SAMPLING` (sampling variances of these means and their covariance), ``n_hours`` (answers behind them) and the
    traits of the unit.
    """
    frame = unit_year.merge(task_years, on=["unit_code", "year"], how="left")
    frame = frame.merge(_hours(scores), on=["unit_code", "year"], how="left")
    for name in ("tasks", "artefacts"):
        frame[f"{name}_month"] = frame[f"n_{name}"] / frame["months"]
    frame = frame.sort_values(["unit_code", "year"], ignore_index=True)
    for column in ("unit_code", "year"):
        frame[column] = categorical(frame[column])
    frame = with_traits(frame, units).rename(columns=NAMES)
    absent = {f"ln_{name}": name for name in HOURS if frame[f"ln_{name}"].isna().all()}
    absent |= {
        f"{name}_month": name for name in ("tasks", "artefacts") if frame[f"{name}_month"].isna().all()
    }
    return AnalysisTable(frame.drop(columns=list(absent)), None, len(frame), absent=absent, persons=False)


def _hours(scores):
    """Mean logarithm of each kind of hours by unit and year of the fieldwork, and the answers behind it."""
    own = scores[["unit_code", "fieldwork_month"]].copy()
    own["year"] = own.pop("fieldwork_month").astype(str).str[:4].astype(int)
    own["unit_code"] = own["unit_code"].astype(object)
    for name in HOURS:
        hours = scores[name].to_numpy(dtype=float) if name in scores else np.full(len(own), np.nan)
        own[f"ln_{name}"] = np.log(np.where(hours > 0, hours, np.nan))
    groups = own.groupby(["unit_code", "year"])
    found = groups.mean().assign(n_hours=groups.size())
    for name, pair in SAMPLING.items():
        deviations = [own[column] - groups[column].transform("mean") for column in pair]
        product = (deviations[0] * deviations[1]).groupby([own["unit_code"], own["year"]])
        n = product.count()
        found[name] = product.sum(min_count=2) / ((n - 1) * n)
    return found.reset_index()


def with_year_means(
    table: AnalysisTable, months: AnalysisTable, staff: AnalysisTable, survey: AnalysisTable
) -> AnalysisTable:
    """Unit-year table with what the year was like.

    table: analysis table of unit-years; months: of unit-months; staff: hazard table with role (``leader`` = 1);
    survey: of respondents.

    Columns: every indicator, the mean over its months; every score, the mean of at least :data:`ANSWERS` answers of the
    year, and their number ``n_answers``; ``outflow``, voluntary exits per 100 staff and year; ``ln_signs``, ln(1 +
    signatures per leader and working day). ``absent`` names what the data lack for the last.
    """
    frame, of_staff = table.frame, _staff_years(staff.frame)
    keys = pd.MultiIndex.from_arrays([frame["unit"].astype(object), frame["year"].astype(int)])
    parts = [_month_means(months.frame), _score_means(survey.frame), of_staff[["outflow"]]]
    columns, absent = parts[0], dict(table.absent)
    for part in parts[1:]:
        columns = columns.join(part[part.columns.difference(columns.columns)], how="outer")
    lacking = [name for name in SIGNATURES if name not in columns]
    lacking += [] if "leaders" in of_staff else [staff.absent.get("leader", "role")]
    if lacking:
        absent["ln_signs"] = lacking[0]
    else:
        leaders = of_staff["leaders"].where(of_staff["leaders"] > 0)
        columns["ln_signs"] = np.log1p(
            columns[list(SIGNATURES)].prod(axis=1, skipna=False) / PER_DAYS / leaders
        )
    columns = columns[columns.columns.difference(frame.columns)].reindex(keys).set_axis(frame.index)
    return replace(table, frame=pd.concat([frame, columns], axis=1), absent=absent)


def _by_year(values, unit, month):
    """Groups of the rows of ``values`` by unit and year of the months ('YYYY-MM')."""
    year = month.astype(str).str[:4].astype(int)
    return values.groupby([unit.astype(object), year.rename("year")])


def _month_means(months):
    """Mean of every number of the unit-months by unit and year."""
    numbers = months.select_dtypes("number").columns.difference(["year", "calendar_month", "time"])
    return _by_year(months[numbers], months["unit"], months["month"]).mean()


def _score_means(survey):
    """Mean of every number of the answers by unit and year where enough answered, and ``n_answers``."""
    numbers = survey.select_dtypes("number").columns.difference(["wave"])
    groups = _by_year(survey[numbers], survey["unit"], survey["fieldwork_month"])
    size = groups.size()
    return groups.mean().where(size >= ANSWERS).assign(n_answers=size)


def _staff_years(cells):
    """``outflow`` by unit and year, and the mean number of ``leaders`` over the months where the role is known."""
    counts = cells[["unit", "month", "n", "voluntary"]]
    if "leader" in cells:
        counts = counts.assign(leaders=cells["n"] * cells["leader"])
    monthly = counts.groupby(["unit", "month"], observed=True).sum(min_count=1).reset_index()
    groups = _by_year(monthly[counts.columns.drop(["unit", "month"])], monthly["unit"], monthly["month"])
    total = groups.sum()
    found = pd.DataFrame({"outflow": 1200 * total["voluntary"] / total["n"]})
    return found.assign(leaders=groups["leaders"].mean()) if "leaders" in counts else found


def chain_table(chains, units):
    """Analysis table of chains: unit, county, month, ``ln_ratio`` and its parts, the level and the step of the link.

    chains: unit_code, month, level, step, ln_target, ln_artefacts, ln_ratio, ln_time of each task with a known parent.
    """
    frame = chains.sort_values(["unit_code", "month"], kind="stable", ignore_index=True)
    for column in ("unit_code", "month"):
        frame[column] = categorical(frame[column])
    frame = with_traits(frame, units).rename(columns=NAMES)
    if "step" in frame and frame["step"].notna().any():
        return AnalysisTable(frame, None, len(frame), persons=False)
    frame = frame.drop(columns="step", errors="ignore")
    return AnalysisTable(frame, None, len(frame), absent={"step": "issuer_level"}, persons=False)


def wave_table(survey, months, after):
    """Analysis table of unit-waves: means of the survey and of the indicators from the fieldwork month on.

    survey, months: analysis tables of answers and of unit-months; ``after``: number of months, the fieldwork month
    included, over which indicators are averaged. Columns: unit, county, wave, n_answers, the mean of every score and
    exposure, and the mean of every indicator over the months present.
    """
    frame = survey.frame
    numbers = frame.select_dtypes("number").columns.difference(["wave"])
    groups = frame.groupby(["unit", "wave", "fieldwork_month", "county"], observed=True)
    waves = groups[list(numbers)].mean().assign(n_answers=groups.size()).reset_index()
    waves = waves.sort_values(["unit", "wave"], ignore_index=True)
    monthly = months.frame.drop(columns=["month"]).select_dtypes("number")
    codes = [name for name in monthly if name not in waves]
    keys = pd.MultiIndex.from_frame(months.frame[["unit", "time"]].astype({"unit": object}))
    first = months.frame.drop_duplicates("month").set_index("month")["time"]
    start = waves["fieldwork_month"].astype(object).map(first.to_dict()).astype(float)
    values = monthly[codes].set_axis(keys)
    ahead = np.stack(
        [
            values.reindex(pd.MultiIndex.from_arrays([waves["unit"].astype(object), start + k])).to_numpy(
                float
            )
            for k in range(after)
        ]
    )
    known = ~np.isnan(ahead)
    total, n = np.where(known, ahead, 0).sum(axis=0), known.sum(axis=0)
    mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    frame = pd.concat([waves, pd.DataFrame(mean, columns=codes)], axis=1)
    return AnalysisTable(frame, None, len(frame), {}, survey.exposures, persons=False)


def with_last_wave(table, waves, names):
    """Hazard table with what the last survey wave before each month said of the unit.

    table: analysis table by unit and month; waves: analysis table of unit-waves (:func:`wave_table`). ``names``:
    columns of the waves; they become ``<name>_wave`` beside ``wave``, missing before the first wave and where nobody of
    the unit answered.
    """
    frame, asked = table.frame.copy(deep=False), waves.frame
    known = [name for name in names if name in asked]
    rounds = asked[["wave", "fieldwork_month"]].astype({"fieldwork_month": str}).drop_duplicates()
    months = frame["month"].cat.categories.to_numpy(dtype=object)
    first = rounds.groupby("fieldwork_month")["wave"].max().sort_index()
    place = np.searchsorted(first.index.to_numpy(dtype=object), months) - 1
    last = np.where(place >= 0, first.to_numpy()[np.maximum(place, 0)] if len(first) else np.nan, np.nan)
    wave = last[frame["month"].cat.codes.to_numpy()]
    values = asked.set_index([asked["unit"].astype(object), "wave"])[known]
    rows = values.index.get_indexer(pd.MultiIndex.from_arrays([frame["unit"].astype(object), wave]))
    found = np.where(rows[:, None] >= 0, values.to_numpy(dtype=float)[rows], np.nan) if len(values) else None
    columns = [name + WAVE for name in known]
    frame = pd.concat([frame, pd.DataFrame(found, frame.index, columns, dtype=float)], axis=1)
    exposures = {name + WAVE: waves.exposures[name] for name in known if name in waves.exposures}
    wave = pd.Series(wave, index=frame.index).astype("Int64").astype(object)
    return replace(table, frame=frame.assign(wave=categorical(wave)), exposures=table.exposures | exposures)
