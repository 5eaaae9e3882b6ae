"""Indicators of the drawn counts, with the definitions of config/plan/indicators.csv, as arrays units x months.

Everything here is exact: the raw exports are made from the same counts, so the pipeline must find the same values.
"""

import numpy as np
import pandas as pd

from jianfu.simulate.counts import ACTIONS, CATEGORIES, all_artefacts
from jianfu.simulate.targets import yearly_uniformity
from jianfu.simulate.unit_years import yearly


def _ratio(part, whole):
    """part / whole, missing where the whole is zero."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


def fixed_measures(counts, structure, months, unit_year, targets):
    """Indicators that do not depend on the headcount: dict code -> units x months (NaN = missing)."""
    n_units = len(structure.codes)
    per20 = 20 / months.workdays
    timed = counts.timing[..., 2:].sum(axis=-1)  # minute precision, no emergency
    flags, chains = counts.flags, counts.chains
    flat = chains["unit"] * len(months) + chains["t"]
    size = n_units * len(months)
    log_ratio = np.bincount(flat, chains["log_ratio"], size)
    pairs = np.bincount(flat, minlength=size)

    def of_year(column):
        return yearly(unit_year, column, months, n_units)

    powers = sum(of_year(f"n_power_{kind}") for kind in ("enforcement", "finance", "personnel"))
    duties = of_year("n_basic_duty") + of_year("n_coop_duty") + of_year("n_clauses")
    cases = of_year("n_tolerance") + of_year("n_accountability")
    modes = counts.modes["formal"]
    share = counts.categories / counts.tasks[..., None]
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=-1)
    task_log = {
        "A2_checks": counts.formal * per20,
        "A3_veto": flags["veto"].astype(float),
        "A5_amp": _ratio(log_ratio, pairs).reshape(n_units, -1),
        "A5_adhoc": 1 - flags["in_plan"] / counts.tasks,
        "A6_share": _ratio(counts.disguised, counts.soft),
        "A6_disguised": counts.disguised * per20,
        "B1_artefacts": all_artefacts(counts) / counts.tasks,
        "B1_trace_only": flags["trace_only"] / counts.tasks,
        "B2_desk": _ratio(modes[..., 0], modes[..., 0] + modes[..., 1]),
        "C1_template": flags["template"] / counts.tasks,
        "C1_items": counts.items / counts.tasks,
        "C3_format_returns": _ratio(flags["format_returned"], flags["returned"]),
        "C3_returns": flags["returned"] / counts.tasks,
        "C5_short_share": _ratio(counts.timing[..., 2] + counts.timing[..., 3], timed),
        "D3_rest_eve_share": _ratio(counts.timing[..., 2], timed),
        "D6_monotony": 1 - entropy / np.log(len(CATEGORIES)),
        "LOG_auto": flags["auto_recorded"] / counts.tasks,
    }
    app_log = {
        "B5_apps": counts.apps.astype(float),
        "D2_off_hours": _ratio(counts.off_hours, counts.actions.sum(axis=-1)),
    }
    other = {
        "A4_letters": of_year("n_letters") / structure.establishment[:, None],
        "A4_in_force": of_year("n_letters"),
        "A9_tolerance": _ratio(of_year("n_tolerance"), cases),
        "A10": np.log((duties + 1) / (powers + 1)),
        "B4_walls": of_year("n_wall"),
        "C2_uniformity": yearly_uniformity(targets, structure, months),
        "C6_citizens": of_year("w_citizen"),
        "B8_total": (counts.paper + counts.electronic) * per20,
        "B8_paper": counts.paper * per20,
        "B8_electronic": counts.electronic * per20,
        "F1_innovations": 100 * of_year("n_innovation") / structure.establishment[:, None],
        "F2_accountability": of_year("n_accountability"),
        "G1_hotline": of_year("outcome_hotline"),
        "G1_satisfaction": of_year("outcome_satisfaction"),
    }
    logged = {code: np.where(counts.logged, value, np.nan) for code, value in task_log.items()}
    logged |= {code: np.where(counts.app_logged, value, np.nan) for code, value in app_log.items()}
    return logged | other


def per_head_measures(counts, months, headcount):
    """Indicators per head on the headcount at the end of the previous month."""
    per_head = 20 / (headcount * months.workdays)
    per_rest_day = 1 / (headcount * months.rest_days)
    actions = counts.actions
    measures = {
        "B6_actions": actions.sum(axis=-1) * per_head,
        "D4_rest_actions": counts.rest_day * per_rest_day,
    }
    for code, action in (("checkin", "打卡"), ("points", "积分"), ("forwarding", "转发"), ("photos", "拍照")):
        measures[f"B6_{code}"] = actions[..., ACTIONS.index(action)] * per_head
    measures = {code: np.where(counts.app_logged, value, np.nan) for code, value in measures.items()}
    return measures | {"A1_tasks": tasks_per_head(counts, months, headcount)}


def tasks_per_head(counts, months, headcount, t=slice(None)):
    """A1: tasks per head and 20 working days in the months ``t``."""
    value = counts.tasks[:, t] * 20 / (headcount * months.workdays[t])
    return np.where(counts.logged[:, t], value, np.nan)


def long_indicators(measures, structure, months):
    """The long table unit_code, month, indicator, value, coverage; missing values have no row."""
    codes = sorted(measures)
    cube = np.stack([measures[code] for code in codes], axis=-1)
    unit, t, code = np.nonzero(~np.isnan(cube))
    return pd.DataFrame(
        {
            "unit_code": structure.codes.astype(object)[unit],
            "month": np.array(months.names, dtype=object)[t],
            "indicator": np.array(codes, dtype=object)[code],
            "value": cube[unit, t, code],
            "coverage": 1.0,
        }
    )
