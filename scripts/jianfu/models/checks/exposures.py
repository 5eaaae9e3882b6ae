"""Exposures that only checks use: without emergency tasks, after the survey, of a unit elsewhere, and of logging."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import source_of
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.exposures import CALM, ELSEWHERE, LEAD, SURVEY, Exposure
from jianfu.indices.specification import index_spec

LOGGING = {"index": "LOG", "indicator": "LOG_auto"}


def check_exposures(
    tables, unit_months, indicators, exposures, plan, spec, calendar, window, exclude
) -> pd.DataFrame:
    """Exposures unit_code, month, exposure, value beside those of the plan.

    ``OD_calm`` and ``OD_calm_6m``: as OD and OD_6m without the tasks tagged as emergency, standardised by their own
    mean and SD in the reference window; ``OD_lead_6m``: OD_lead under the name of the survey window, so that a wave
    finds the months after its fieldwork; ``OD_elsewhere``, ``OD_elsewhere_6m``: OD and OD_6m of the matched unit
    (:func:`matched_units`), which cannot act here; ``LOG``, ``LOG_6m``: share of automatically recorded tasks,
    standardised likewise.

    tables: paths of the canonical tables; indicators, exposures: those of the plan; plan: indicator table; spec: how
    the indices are made; calendar, window, exclude: as for the indicators.
    An exposure that the province's columns do not allow has no rows.
    """
    parts = [survey_leads(exposures), elsewhere(exposures, unit_months)]
    if _any_emergency(tables["tasks"]) and not exclude["emergency"]:
        own = plan["code"].isin(spec.codes)
        of_tasks = plan["source"].map(lambda source: source_of(source)[0] == "tasks")
        calm, _ = build_indicators(
            tables,
            unit_months,
            plan[own & of_tasks].reset_index(drop=True),
            calendar,
            window,
            spec.reference,
            exclude | {"emergency": True},
        )
        others = indicators[indicators["indicator"].isin(plan["code"][own & ~of_tasks])]
        built = _built(pd.concat([calm, others]), unit_months, spec)
        parts.append(_renamed(built, variant=CALM))
    logged = indicators[(indicators["indicator"] == LOGGING["indicator"]) & indicators["value"].notna()]
    if len(logged):
        member = plan[plan["code"] == LOGGING["indicator"]].iloc[0]
        traits = {"transformation": member["transformation"], "unit": member["unit_en"]}
        members = pd.DataFrame([LOGGING | traits]).assign(weight=1.0, direction=1.0)
        log = replace(index_spec(members, spec.reference), before=spec.before, survey=spec.survey)
        parts.append(_built(logged, unit_months, log))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["unit_code", "month", "exposure"], ignore_index=True
    )


def matched_units(unit_months: pd.DataFrame) -> pd.Series:
    """The unit of another county that is most like each unit, {unit: other unit}: of the same type, and nearest in the
    logarithm of the mean headcount (the first by code of those equally near). Missing where no county has one.

    unit_months: unit_code, month, county_code, unit_type, headcount.
    """
    months = unit_months.astype({"unit_code": object, "county_code": object, "unit_type": object})
    units = months.groupby("unit_code")[["county_code", "unit_type"]].last()
    size = np.log(months[months["headcount"] > 0].groupby("unit_code")["headcount"].mean())
    size = size.reindex(units.index).to_numpy(dtype=float)
    away, alike = (units[name].to_numpy() for name in ("county_code", "unit_type"))
    fits = (away[:, None] != away) & (alike[:, None] == alike)
    distance = np.where(fits, np.abs(size[:, None] - size), np.inf)
    distance = np.where(np.isnan(distance), np.inf, distance)
    nearest = units.index.to_numpy()[distance.argmin(axis=1)] if len(units) else []
    return pd.Series(nearest, units.index, dtype=object).where(np.isfinite(distance).any(axis=1))


def elsewhere(exposures: pd.DataFrame, unit_months: pd.DataFrame) -> pd.DataFrame:
    """Every exposure of the matched unit (:func:`matched_units`), without leads."""
    pairs = matched_units(unit_months).dropna().rename("from").rename_axis("unit_code").reset_index()
    rows = exposures[~_is_lead(exposures)].rename(columns={"unit_code": "from"})
    rows = rows.astype({"from": object}).merge(pairs, on="from")[list(exposures.columns)]
    return _renamed(rows, variant=ELSEWHERE)


def _built(indicators, unit_months, spec):
    """Exposures of the indices of ``spec``, without leads."""
    built = build_exposures(indicators, unit_months, spec, fit_anchors(indicators, unit_months, spec))
    return built[~_is_lead(built)]


def survey_leads(exposures: pd.DataFrame) -> pd.DataFrame:
    """The leads under the names of the survey window."""
    return _renamed(exposures[_is_lead(exposures)], window=SURVEY)


def _is_lead(exposures):
    names = exposures["exposure"].unique()
    return exposures["exposure"].isin([name for name in names if Exposure.of(name).variant == LEAD])


def _renamed(exposures, **changes):
    names = {name: replace(Exposure.of(name), **changes).name for name in exposures["exposure"].unique()}
    return exposures.assign(exposure=exposures["exposure"].map(names))


def _any_emergency(tasks):
    tagged = pd.read_parquet(tasks, columns=["emergency"])["emergency"]
    return bool(tagged.fillna(False).astype(bool).any())
