"""The structural equations under an intervention: what the rows of a draw would have been, and what follows from them.

Levers are those of config/plan/scenarios.yaml, S1 to S6, written here once more on the simulator's own rows and without
SQL, so that the edit of canonical rows can be compared with them. Everything else of the world stays as it was drawn:
the random numbers, what is not edited, the anchors on which persons feel their load, and who is hired when and where
(equal in both arms, as in what scenarios project). What follows does follow: exits, headcount, load per head, and the
answers of the same respondents.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from jianfu.simulate import measures
from jianfu.simulate.careers import Careers, MonthLoop
from jianfu.simulate.counts import ACTIONS, CATEGORIES, FORMAL, Counts
from jianfu.simulate.disturbances import build_unobserved
from jianfu.simulate.draw import Draw
from jianfu.simulate.persons import Persons, build_persons
from jianfu.simulate.raw_apps import app_owners, build_app_rows
from jianfu.simulate.raw_visits import MODES, build_visit_rows
from jianfu.simulate.streams import Streams
from jianfu.simulate.structure import Months, extraction_date
from jianfu.simulate.survey import expected_scores, survey_exposures
from jianfu.simulate.task_rows import (
    ORDINARY,
    REST_EVE,
    VETO_DOMAINS,
    TaskRows,
    build_task_rows,
    veto_domain,
    work_days,
)

KEPT_DOMAINS = ("安全生产", "信访", "社会稳定")
FORCED = ("打卡", "积分", "转发")
CUT, FEWER, MORE = 0.3, 0.8, 1.2  # traces; duties and powers
CHECK_DAYS, CHECKS_A_YEAR = 30, 24


@dataclass(frozen=True)
class Record:
    """Rows behind the counts of a draw. artefacts: (tasks,) required by each task, of which an intervention may leave
    fractions; visits, apps: dicts of arrays; unit_year: canonical; targets: of :mod:`jianfu.simulate.targets`."""

    months: Months
    tasks: TaskRows
    artefacts: np.ndarray
    visits: Mapping[str, np.ndarray]
    apps: Mapping[str, np.ndarray]
    unit_year: pd.DataFrame
    targets: pd.DataFrame


@dataclass(frozen=True)
class World:
    """A draw under an intervention. ``measures``: indicators (units, months) at the headcounts of the draw as it was,
    which is what an edit of its rows gives; careers: what became of the persons; expected: standardised conditional
    means of the scales for the respondents of the draw."""

    measures: Mapping[str, np.ndarray]
    careers: Careers
    persons: Persons
    expected: pd.DataFrame


def record_of(drawn: Draw) -> Record:
    """The rows of a draw, as its raw exports hold them."""
    detail, streams = drawn.detail, Streams(drawn.detail.seed)
    tasks = build_task_rows(detail, streams, extraction_date(detail.months))
    visits, apps = build_visit_rows(detail, streams), build_app_rows(detail, streams)
    asked = tasks.artefacts.sum(axis=1).astype(float)
    return Record(detail.months, tasks, asked, visits, apps, drawn.unit_year, detail.targets)


def world(drawn: Draw, record: Record, parameters: Mapping, levers: Sequence[str]) -> World:
    """The draw under ``levers`` (keys of :data:`LEVERS`), one after the other; none = the draw itself.

    record: of :func:`record_of`; parameters: of the draw.
    """
    detail = drawn.detail
    for lever in levers:
        record = LEVERS[lever](record)
    counts, months, structure = counted(record, detail.counts), detail.months, detail.structure
    fixed = measures.fixed_measures(counts, structure, months, record.unit_year, record.targets)
    streams = Streams(detail.seed)
    persons = build_persons(parameters, structure, months, streams)
    acting, hidden = (
        detail.exposure.under(fixed, counts),
        build_unobserved(parameters, structure, months, streams),
    )
    nothing, recruits = np.zeros(counts.tasks.shape), detail.careers.recruits
    loop = MonthLoop(
        parameters, structure, months, persons, streams, acting, hidden, nothing, recruits=recruits
    )
    careers = loop.run(len(months))
    felt = fixed | measures.per_head_measures(counts, months, careers.headcount)
    exposures = survey_exposures(felt, detail.measures)
    return World(
        fixed | measures.per_head_measures(counts, months, detail.careers.headcount),
        careers,
        persons,
        expected_scores(parameters["survey"], detail.survey, detail.persons, months, exposures),
    )


# ------------------------------------------------------------------------------------------------ levers


def _no_rest_eve(record):
    """S1: what was due over a rest period is due at the end of the second working day after its issue."""
    tasks, days = record.tasks, work_days(record.months).days
    eve = tasks.timing == REST_EVE
    worked = np.searchsorted(days, tasks.issue.astype("M8[D]"), side="right")  # working days up to the issue
    later = days[worked + 1].astype(tasks.due.dtype)
    due = np.where(eve, np.maximum(tasks.due, later), tasks.due)
    return replace(record, tasks=replace(tasks, due=due, timing=np.where(eve, ORDINARY, tasks.timing)))


def _fewer_traces(record):
    """S2: per unit and month three tenths of the artefacts less, trace-only tasks first; one without any is dropped."""
    tasks, asked = record.tasks, record.artefacts
    trace_only = tasks.flags["trace_only"]
    group = tasks.unit * len(record.months) + tasks.t
    order = np.lexsort((tasks.task_id.astype(str), ~trace_only, group))
    own, sizes = group[order], asked[order]
    first = np.r_[True, own[1:] != own[:-1]]
    before = np.cumsum(sizes) - sizes
    before -= before[first][np.cumsum(first) - 1]
    budget = CUT * np.bincount(own, sizes)[own]
    left = np.ones(len(asked))
    some = sizes > 0
    left[order[some]] = 1 - np.clip(budget - before, 0, sizes)[some] / sizes[some]
    keep = ~((left == 0) & trace_only)
    years = record.months.year[tasks.t]
    gone = pd.MultiIndex.from_arrays([tasks.unit[~keep], years[~keep], tasks.indicator[~keep]])
    known = pd.MultiIndex.from_frame(record.targets[["unit", "year", "indicator_id"]])
    return replace(
        record,
        tasks=_only(tasks, keep),
        artefacts=(asked * left)[keep],
        targets=record.targets[~known.isin(gone)],
    )


def _fewer_vetoes(record):
    """S3: a one-vote veto only in the domains that are kept."""
    tasks = record.tasks
    kept = np.isin(np.array(VETO_DOMAINS)[veto_domain(tasks)], KEPT_DOMAINS)
    return replace(record, tasks=replace(tasks, flags=tasks.flags | {"veto": tasks.flags["veto"] & kept}))


def _merged_checks(record):
    """S4: one check per department in thirty days, so many a year at most; visits without results."""
    visits = record.visits
    day = visits["start"].astype("M8[D]")
    start = np.where(visits["precise"], visits["start"], day.astype(visits["start"].dtype))
    frame = pd.DataFrame(
        {
            "unit": visits["unit"],
            "issuer": visits["level"] * 1000 + visits["department"],
            "period": (day - np.datetime64("2000-01-01")).astype(int) // CHECK_DAYS,
            "year": visits["year"],
            "start": start,
            "id": visits["id"],
        }
    )
    checks = frame[np.isin(visits["label"], FORMAL)].sort_values(["start", "id"])
    checks = checks.drop_duplicates(["unit", "issuer", "period"])
    kept = checks[checks.groupby(["unit", "year"]).cumcount() < CHECKS_A_YEAR].index
    keep = ~np.isin(visits["label"], FORMAL)
    keep[kept] = True
    flags = visits["flags"] & np.isin(visits["label"], FORMAL)[:, None]
    return replace(
        record, visits={name: values[keep] for name, values in (visits | {"flags": flags}).items()}
    )


def _merged_apps(record):
    """S5: of every owner the app that is used most; no check-in, points or forwarding."""
    apps = record.apps
    used = pd.DataFrame({"app": apps["app"], "owner": app_owners(apps["app"]), "n": apps["count"]})
    used = used.groupby(["owner", "app"], as_index=False)["n"].sum()
    most = used["n"] == used.groupby("owner")["n"].transform("max")
    forced = np.isin(apps["action"], [ACTIONS.index(name) for name in FORCED])
    keep = np.isin(apps["app"], used.loc[most, "app"]) & ~forced
    return replace(record, apps={name: values[keep] for name, values in apps.items()})


def _empowered(record):
    """S6: fewer cooperating duties, more powers."""
    factors = {
        "n_coop_duty": FEWER,
        **{f"n_power_{kind}": MORE for kind in ("enforcement", "finance", "personnel")},
    }
    changed = {name: factor * record.unit_year[name] for name, factor in factors.items()}
    return replace(record, unit_year=record.unit_year.assign(**changed))


LEVERS: Mapping[str, Callable[[Record], Record]] = {
    "S1": _no_rest_eve,
    "S2": _fewer_traces,
    "S3": _fewer_vetoes,
    "S4": _merged_checks,
    "S5": _merged_apps,
    "S6": _empowered,
}


def _only(tasks, keep):
    arrays = {field.name: getattr(tasks, field.name) for field in fields(tasks)}
    flags = {name: flag[keep] for name, flag in arrays.pop("flags").items()}
    return TaskRows(**{name: values[keep] for name, values in arrays.items()}, flags=flags)


# ------------------------------------------------------------------------------------------------ counts


def counted(record: Record, drawn: Counts) -> Counts:
    """Counts of the rows; those of months whose log was not kept, and what no row holds, stay as ``drawn``."""
    return replace(drawn, **_of_tasks(record, drawn), **_of_visits(record, drawn), **_of_apps(record, drawn))


def _table(unit, t, shape, *, part=slice(None), weights=None, kind=None, kinds=1):
    """Numbers of rows, or sums of ``weights``, by unit and month (units, months) or also by ``kind`` (..., kinds)."""
    flat = (unit * shape[1] + t) * kinds + (0 if kind is None else kind)
    found = np.bincount(flat[part], None if weights is None else weights[part], shape[0] * shape[1] * kinds)
    return found.reshape(shape if kind is None else (*shape, kinds))


def _of_tasks(record, drawn):
    tasks, shape = record.tasks, drawn.tasks.shape

    def table(**options):
        return _table(tasks.unit, tasks.t, shape, **options)

    flags = {name: table(part=flag) for name, flag in tasks.flags.items() if name in drawn.flags}
    flags["veto"] = _in_force(record, shape)
    found = {
        "tasks": table(),
        "timing": table(kind=tasks.timing, kinds=drawn.timing.shape[-1]),
        "artefacts": table(weights=record.artefacts)[..., None],
        "items": table(weights=tasks.items),
        "categories": table(kind=tasks.category, kinds=len(CATEGORIES)),
    }
    flags = {name: np.where(drawn.logged, flag, drawn.flags[name]) for name, flag in flags.items()}
    for name, values in found.items():
        kept = getattr(drawn, name)
        kept = kept.sum(axis=-1, keepdims=True) if name == "artefacts" else kept
        found[name] = np.where(drawn.logged.reshape(*shape, *[1] * (values.ndim - 2)), values, kept)
    return found | {"flags": flags, "chains": _chains(record)}


def _in_force(record, shape):
    """Veto items by month, from that of their issue to that of their due date."""
    tasks = record.tasks
    veto = tasks.flags["veto"]
    last = np.searchsorted(record.months.first, tasks.due.astype("M8[D]"), side="right") - 1
    found = np.zeros(shape, dtype=int)
    for more in range(1 + int((last - tasks.t)[veto].max(initial=0))):
        part = veto & (tasks.t + more <= last)
        found += _table(tasks.unit, tasks.t + more, shape, part=part)
    return found


def _chains(record):
    """Child tasks whose parent is there, with the mean ln ratio of targets and artefacts; all artefacts are counted
    with the tasks."""
    tasks, asked = record.tasks, record.artefacts
    parent = tasks.parents()
    child = np.flatnonzero(parent >= 0)
    parent = parent[child]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log(np.stack([tasks.target[child] / tasks.target[parent], asked[child] / asked[parent]]))
    known = np.isfinite(ratios)
    ratio = np.where(known, ratios, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    frame = pd.DataFrame({"unit": tasks.unit[child], "t": tasks.t[child], "log_ratio": ratio})
    return frame[known.any(axis=0)].assign(artefacts=0, parent_artefacts=0)


def _of_visits(record, drawn):
    visits, months, shape = record.visits, record.months, drawn.tasks.shape
    t = np.searchsorted(months.first, visits["start"].astype("M8[D]"), side="right") - 1
    formal = np.isin(visits["label"], FORMAL)
    mode = np.array([MODES.index(name) for name in visits["mode"]])

    def table(part, **options):
        found = _table(visits["unit"], t, shape, part=part, **options)
        return found

    found = {
        "formal": table(formal),
        "soft": table(~formal),
        "disguised": table(~formal & visits["flags"].any(axis=1)),
    }
    found = {name: np.where(drawn.logged, values, getattr(drawn, name)) for name, values in found.items()}
    modes = {"formal": table(formal, kind=mode, kinds=3), "soft": table(~formal, kind=mode, kinds=3)}
    return found | {
        "modes": {k: np.where(drawn.logged[..., None], v, drawn.modes[k]) for k, v in modes.items()}
    }


def _of_apps(record, drawn):
    apps, shape = record.apps, drawn.tasks.shape
    frame = pd.DataFrame({name: apps[name] for name in ("unit", "t", "app")})[apps["mandatory"]]
    frame = frame.drop_duplicates()
    unit, t = apps["unit"], apps["t"]
    found = {
        "apps": _table(frame["unit"].to_numpy(), frame["t"].to_numpy(), shape),
        "off_hours": _table(unit, t, shape, weights=apps["off_hours"]),
        "rest_day": _table(unit, t, shape, weights=apps["rest_day"]),
    }
    found = {name: np.where(drawn.app_logged, values, getattr(drawn, name)) for name, values in found.items()}
    actions = _table(unit, t, shape, weights=apps["count"], kind=apps["action"], kinds=len(ACTIONS))
    return found | {"actions": np.where(drawn.app_logged[..., None], actions, drawn.actions)}
