"""Exposures that only checks use: without emergency tasks, after the survey, and the intensity of logging."""

from dataclasses import replace

import pandas as pd

from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import source_of
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.exposures import CALM, LEAD, SURVEY, Exposure
from jianfu.indices.specification import index_spec

LOGGING = {"index": "LOG", "indicator": "LOG_auto"}


def check_exposures(
    tables, unit_months, indicators, exposures, plan, spec, calendar, window, exclude
) -> pd.DataFrame:
    """Exposures unit_code, month, exposure, value beside those of the plan.

    ``OD_calm`` and ``OD_calm_6m``: as OD and OD_6m without the tasks tagged as emergency, standardised by their own
    mean and SD in the reference window; ``OD_lead_6m``: OD_lead under the name of the survey window, so that a wave
    finds the months after its fieldwork; ``LOG``, ``LOG_6m``: share of automatically recorded tasks, likewise.

    tables: paths of the canonical tables; indicators, exposures: those of the plan; plan: indicator table; spec: how
    the indices are made; calendar, window, exclude: as for the indicators.
    An exposure that the province's columns do not allow has no rows.
    """
    parts = [_leads(exposures)]
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


def _built(indicators, unit_months, spec):
    """Exposures of the indices of ``spec``, without leads."""
    built = build_exposures(indicators, unit_months, spec, fit_anchors(indicators, unit_months, spec))
    return built[~_is_lead(built)]


def _leads(exposures):
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
