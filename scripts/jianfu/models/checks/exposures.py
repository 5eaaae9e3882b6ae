"""Exposures that only checks use: without emergency tasks, after the survey, and the intensity of logging."""

from dataclasses import replace

import pandas as pd

from jianfu.indicators.evaluation import build_indicators
from jianfu.indicators.plan import SOURCES
from jianfu.indices.construction import build_exposures, fit_anchors
from jianfu.indices.exposures import CALM, LEAD, SURVEY, Exposure

LOGGING = {"index": "LOG", "indicator": "LOG_auto"}


def check_exposures(
    tables, unit_months, indicators, exposures, plan, members, calendar, window, reference, settings
):
    """Exposures unit_code, month, exposure, value beside those of the plan.

    ``OD_calm`` and ``OD_calm_6m``: as OD and OD_6m without the tasks tagged as emergency, standardised by their own
    mean and SD in the reference window; ``OD_lead_6m``: OD_lead under the name of the survey window, so that a wave
    finds the months after its fieldwork; ``LOG``, ``LOG_6m``: share of automatically recorded tasks, likewise.

    tables: paths of the canonical tables; indicators, exposures: those of the plan; plan, members: indicator table and
    members of the indices; calendar, window, reference: as for the indicators; settings: exclude, exposure, indices of
    the province.
    An exposure that the province's columns do not allow has no rows.
    """
    exposure, methods = settings["exposure"], settings["indices"]
    parts = [_leads(exposures)]
    if _any_emergency(tables["tasks"]) and not settings["exclude"]["emergency"]:
        own = plan["code"].isin(members["indicator"])
        of_tasks = plan["source"].map(lambda source: SOURCES[source][0] == "tasks")
        exclude = settings["exclude"] | {"emergency": True}
        calm, _ = build_indicators(
            tables,
            unit_months,
            plan[own & of_tasks].reset_index(drop=True),
            calendar,
            window,
            reference,
            exclude,
        )
        others = indicators[indicators["indicator"].isin(plan["code"][own & ~of_tasks])]
        built = _built(pd.concat([calm, others]), unit_months, members, reference, exposure, methods)
        parts.append(_renamed(built, variant=CALM))
    logged = indicators[(indicators["indicator"] == LOGGING["indicator"]) & indicators["value"].notna()]
    if len(logged):
        member = plan[plan["code"] == LOGGING["indicator"]].iloc[0]
        traits = {"transformation": member["transformation"], "unit": member["unit_en"]}
        log = pd.DataFrame([LOGGING | traits]).assign(weight=1.0, direction=1.0, per_head=False, yearly=False)
        parts.append(_built(logged, unit_months, log, reference, exposure, None))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["unit_code", "month", "exposure"], ignore_index=True
    )


def _built(indicators, unit_months, members, reference, exposure, methods):
    """Exposures of ``members``, without leads."""
    share = {"min_share": methods["min_share"]} if methods else {}
    anchors = fit_anchors(indicators, members, reference, unit_months, methods=methods, **share, **exposure)
    built = build_exposures(indicators, unit_months, members, anchors, **exposure)
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
