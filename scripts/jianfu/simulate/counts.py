"""Monthly counts of every unit, from which all indicators follow exactly and to which the raw rows are made."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from jianfu.simulate.streams import autoregressive, shifted

ACTIONS = ("打卡", "积分", "拍照", "转发", "填报", "审批", "其他")
ACTION_SHARES = (0.30, 0.10, 0.14, 0.12, 0.20, 0.08, 0.06)
CATEGORIES = ("党建", "乡村振兴", "生态环保", "应急安全", "综治信访", "民政社保", "城乡建设", "经济发展")
ARTEFACTS = ("table", "text", "photo", "video")
FORMAL = ("检查", "督查", "考核", "巡察")
SOFT = ("观摩", "调研", "视察", "指导")


@dataclass(frozen=True)
class Counts:
    """Counts by unit and month (arrays units x months unless stated). The classes of task timing are disjoint:
    day precision, emergency, rest-eve, short (at most 8 working hours), ordinary."""

    logged: np.ndarray  # task and visit log was kept
    app_logged: np.ndarray
    tasks: np.ndarray
    timing: np.ndarray  # units x months x 5, order of TIMING
    flags: dict  # veto, trace_only, template, returned, format_returned, ...: number of tasks
    artefacts: np.ndarray  # units x months x 4, order of ARTEFACTS, of the tasks outside chains
    items: np.ndarray  # scored items, sum over tasks (at least one per task)
    categories: np.ndarray  # units x months x 8
    formal: np.ndarray
    soft: np.ndarray
    disguised: np.ndarray
    modes: dict  # "formal"/"soft": units x months x 3 (desk, on-site, mixed)
    apps: np.ndarray
    actions: np.ndarray  # units x months x 7, order of ACTIONS
    off_hours: np.ndarray
    rest_day: np.ndarray
    paper: np.ndarray
    electronic: np.ndarray
    chains: pd.DataFrame  # one row per child task with known parent: see _chains
    ln_ratio: np.ndarray  # expected ln ratio of a chain, before rounding

    def of_units(self, first, last):
        """The counts of the units from ``first`` to before ``last``, which are numbered from 0."""

        def part(value):
            if isinstance(value, dict):
                return {name: part(each) for name, each in value.items()}
            return rows_of_units(value, first, last) if isinstance(value, pd.DataFrame) else value[first:last]

        return Counts(**{field.name: part(getattr(self, field.name)) for field in fields(self)})


def rows_of_units(frame, first, last):
    """Rows of a frame with the column ``unit`` of the units from ``first`` to before ``last``, numbered from 0."""
    found = frame[frame["unit"].between(first, last - 1)]
    return found.assign(unit=found["unit"] - first).reset_index(drop=True)


MIN_CHAIN_DAYS = 6  # so that no child task is a short or rest-eve one
TIMING = ("day", "emergency", "rest_eve", "short", "ordinary")


@dataclass(frozen=True)
class Burden:
    """Latent burden: the common factor and a function that gives each count its own mixture of it."""

    common: np.ndarray
    parameters: dict
    streams: object

    def member(self, name, share=1.0):
        """Standardised-scale factor of one count: share of the common factor plus its own unit and month parts."""
        size = self.common.shape
        own = self.parameters
        rng = self.streams(f"burden of {name}")
        unit = own["member_unit_sd"] * rng.standard_normal((size[0], 1))
        month = own["member_month_sd"] * autoregressive(rng, size, own["member_month_correlation"])
        return share * self.common + unit + month


def build_burden(parameters, structure, months, unobserved, streams):
    """Common burden factor of unit and month; relief lowers it where it is in force."""
    own = parameters["burden"]
    rng = streams("burden")
    n = len(structure.codes)
    unit = own["unit_sd"] * rng.standard_normal((n, 1))
    month = own["month_sd"] * autoregressive(rng, (n, len(months)), own["month_correlation"])
    common = parameters["pressure"]["on_burden"] * structure.pressure[:, None] + unit + month
    relief = parameters["policies"]["formal_checks"]
    common = common + unobserved.burden + relief["burden"] * policy_active(relief, months, structure)
    return Burden(common, own, streams)


def policy_active(policy, months, structure):
    """Units x months: the rule is in force. The first counties of the list adopt at the early dates."""
    start = np.full(len(structure.county_codes), months.index(policy["start"]))
    for i, date in enumerate(policy["early"]):
        first = i * policy["early_counties"]
        start[first : first + policy["early_counties"]] = months.index(date)
    return np.arange(len(months))[None, :] >= start[structure.county][:, None]


def build_counts(parameters, structure, months, burden, streams):
    """Draw all counts."""
    own = parameters["tasks"]
    relief = parameters["policies"]["formal_checks"]
    relieved = policy_active(relief, months, structure)
    shape = burden.common.shape
    rng = streams("logged")
    logged = rng.random(shape) >= parameters["units"]["unlogged_share"]
    app_logged = rng.random(shape) >= parameters["units"]["app_unlogged_share"]
    size = (structure.staff / structure.staff.mean()) ** own["size_elasticity"]
    rate = np.exp(own["load"] * burden.member("tasks")) * size[:, None] * own["mean"]
    season = np.where(months.month >= 10, own["fourth_quarter"], 1.0) / (1 + (own["fourth_quarter"] - 1) / 4)
    rate *= season * months.workdays / 21
    rng = streams("tasks")
    tasks = rng.poisson(rate * rng.gamma(1 / own["overdispersion"], own["overdispersion"], shape))
    tasks = np.maximum(tasks, 8)
    visits = _visits(parameters["visits"], relief, relieved, burden, months, streams)
    timing = _timing(own, tasks, burden, streams)
    chains, ln_ratio = _chains(own, tasks, timing, burden, streams)
    return Counts(
        logged=logged,
        app_logged=app_logged,
        tasks=tasks,
        timing=timing,
        flags=_flags(own, tasks, chains, burden, streams),
        artefacts=_artefacts(own, tasks, chains, burden, streams),
        items=_items(own, tasks, burden, streams),
        categories=_categories(tasks, burden, streams),
        **visits,
        **_apps(parameters, timing, tasks, structure, months, burden, streams),
        **_documents(parameters["documents"], structure, months, burden, streams),
        chains=chains,
        ln_ratio=ln_ratio,
    )


def _timing(own, tasks, burden, streams):
    rng = streams("timing")
    day = rng.binomial(tasks, own["day_precision"])
    emergency = rng.binomial(tasks - day, own["emergency"] / (1 - own["day_precision"]))
    left = tasks - day - emergency
    unit = own["rest_eve"]["unit_sd"] * rng.standard_normal((len(tasks), 1))
    share = own["rest_eve"]["share"]
    rest_eve = rng.binomial(
        left, shifted(share, own["rest_eve"]["load"] * burden.member("rest eve", 0.6) + unit)
    )
    share = own["short"]["share"]
    short = rng.binomial(left - rest_eve, shifted(share, own["short"]["load"] * burden.member("short")))
    return np.stack([day, emergency, rest_eve, short, left - rest_eve - short], axis=-1)


def all_artefacts(counts):
    """Units x months: artefacts of all tasks together, those of chain tasks included."""
    shape = counts.tasks.shape
    flat = counts.chains["unit"] * shape[1] + counts.chains["t"]
    chained = np.bincount(
        flat, counts.chains["artefacts"] + counts.chains["parent_artefacts"], counts.tasks.size
    )
    return counts.artefacts.sum(axis=-1) + chained.reshape(shape).astype(int)


def in_chains(chains, shape):
    """Units x months: number of child tasks with a known parent (their parents are as many)."""
    return np.bincount(chains["unit"] * shape[1] + chains["t"], minlength=shape[0] * shape[1]).reshape(shape)


def _flags(own, tasks, chains, burden, streams):
    rng = streams("flags")
    traces, rigidity = burden.parameters["share_in_traces"], burden.parameters["share_in_rigidity"]

    def share(name, part):
        return shifted(own[name]["share"], own[name]["load"] * burden.member(name, part))

    flags = {
        # Veto items end in the month in which they begin (chains may not), so that items in force = items issued.
        "veto": rng.binomial(tasks - 2 * in_chains(chains, tasks.shape), share("veto", 1.0)),
        "trace_only": rng.binomial(tasks, share("trace_only", traces)),
        "template": rng.binomial(tasks, share("template", rigidity)),
        "returned": rng.binomial(tasks, own["returned"]),
    }
    flags["format_returned"] = rng.binomial(flags["returned"], share("returned_for_format", rigidity))
    for name in ("auto_recorded", "in_plan", "adapted"):
        flags[name] = rng.binomial(tasks, own[name])
    return flags


def late_tasks(own, tasks, burnout, streams):
    """Tasks done after the deadline (units x months) and their expected share, which rises with expected burnout."""
    share = shifted(own["share"], own["burnout"] * burnout)
    return streams("late tasks").binomial(tasks, share), share


def _artefacts(own, tasks, chains, burden, streams):
    """Artefacts of the tasks outside chains by kind; those of chain tasks stand in the chains."""
    rng = streams("artefacts")
    factor = np.exp(own["artefact_load"] * burden.member("artefacts", burden.parameters["share_in_traces"]))
    means = np.array([own["artefacts"][kind] for kind in ARTEFACTS])
    alone = tasks - 2 * in_chains(chains, tasks.shape)
    return rng.poisson((alone * factor)[..., None] * means)


def _items(own, tasks, burden, streams):
    factor = np.exp(own["items_load"] * burden.member("items", burden.parameters["share_in_rigidity"]))
    return tasks + streams("items").poisson(tasks * (own["items"] * factor - 1))


def _categories(tasks, burden, streams):
    """Tasks by category; concentration (monotony) rises with its own factor."""
    rng = streams("categories")
    k = len(CATEGORIES)
    taste = rng.standard_normal((len(tasks), 1, k))
    weight = np.exp(taste * np.exp(0.25 * burden.member("monotony", 0.2))[..., None] * 0.7)
    return rng.multinomial(tasks, weight / weight.sum(axis=-1, keepdims=True))


def _visits(own, relief, relieved, burden, months, streams):
    rng = streams("visits")
    season = months.workdays / 21
    formal_rate = own["formal"]["mean"] * np.exp(own["formal"]["load"] * burden.member("formal")) * season
    formal = rng.poisson(formal_rate * np.where(relieved, relief["formal"], 1.0))
    soft = rng.poisson(
        own["soft"]["mean"] * np.exp(own["soft"]["load"] * burden.member("soft", 0.5)) * season
    )
    share = shifted(own["disguised"]["share"], own["disguised"]["load"] * burden.member("disguised"))
    disguised = rng.binomial(soft, np.minimum(share * np.where(relieved, relief["disguised"], 1.0), 0.95))
    traces = burden.parameters["share_in_traces"]
    desk = shifted(own["desk"]["share"], own["desk"]["load"] * burden.member("desk", traces))
    probabilities = np.stack([desk * (1 - own["mixed"]), (1 - desk) * (1 - own["mixed"])], axis=-1)
    probabilities = np.concatenate([probabilities, 1 - probabilities.sum(axis=-1, keepdims=True)], axis=-1)
    modes = {name: rng.multinomial(n, probabilities) for name, n in (("formal", formal), ("soft", soft))}
    return {"formal": formal, "soft": soft, "disguised": disguised, "modes": modes}


def _apps(parameters, timing, tasks, structure, months, burden, streams):
    own = parameters["apps"]
    rng = streams("apps")
    shape = tasks.shape
    traces = burden.parameters["share_in_traces"]
    low, high = own["number_range"]
    level = own["number"] + own["number_sd"] * (
        0.6 * rng.standard_normal((shape[0], 1)) + 0.6 * burden.member("apps", traces)
    )
    cut = policy_active(parameters["policies"]["apps"], months, structure)
    factor = np.where(cut, parameters["policies"]["apps"]["actions"], 1.0)
    apps = np.clip(np.rint(level * np.where(cut, 1 - (1 - factor) / 2, 1.0)), low, high).astype(int)
    rate = own["actions"] * structure.staff[:, None] * months.workdays * factor
    rate = rate * np.exp(own["actions_load"] * burden.member("actions", traces))
    total = rng.poisson(rate * rng.gamma(1 / own["overdispersion"], own["overdispersion"], shape))
    actions = rng.multinomial(total, ACTION_SHARES)
    rest = own["rest_day"]
    rest_eve_share = timing[..., 2] / timing[..., 2:].sum(axis=-1)
    share = rest["base"] * np.exp(rest["load"] * burden.member("rest days", 0.3))
    share = share + rest["per_rest_eve"] * rest_eve_share * months.rest_days / months.days
    return {
        "apps": apps,
        "actions": actions,
        "off_hours": rng.binomial(total, own["off_hours"]),
        "rest_day": rng.binomial(total, np.minimum(share, 0.5)),
    }


def _documents(own, structure, months, burden, streams):
    rng = streams("documents")
    # Paper goes on as before, whatever comes by screen.
    volume = np.sqrt(structure.staff / structure.staff.mean())[:, None] * months.workdays / 21
    load = np.exp(own["load"] * burden.member("documents", burden.parameters["share_in_traces"]))
    growth = np.exp(own["electronic_growth"] * np.arange(len(months)))
    paper = rng.poisson(own["paper"] * volume * np.ones(load.shape))
    return {"paper": paper, "electronic": rng.poisson(own["electronic"] * volume * load * growth)}


def _chains(own, tasks, timing, burden, streams):
    """Child tasks with their parents (targets, calendar days allowed and artefacts of both, the mean ln ratio), and the
    expected ln ratio as units x months."""
    rng = streams("chains")
    # Chain tasks are ordinary ones, and six other tasks must be left for the yearly targets.
    most = np.maximum(np.minimum(timing[..., -1] // 2, (tasks - 6) // 2), 0)
    number = np.minimum(rng.poisson(own["chains"] * tasks), most)
    unit, t = np.nonzero(number)
    repeat = number[unit, t]
    unit, t = np.repeat(unit, repeat), np.repeat(t, repeat)
    n = len(unit)
    ratio = own["chain_log_ratio"]
    expected = ratio["mean"] + ratio["load"] * burden.member("cascade")
    mean = expected[unit, t]

    def amplified(parent, sign, least):
        return np.maximum(np.rint(parent * np.exp(sign * rng.normal(mean, ratio["sd"]))), least).astype(int)

    parent_target = rng.integers(*own["target"], n, endpoint=True)
    parent_days = rng.integers(*own["chain_days"], n, endpoint=True)
    parent_artefacts = rng.integers(*own["chain_artefacts"], n, endpoint=True)
    chains = pd.DataFrame(
        {
            "unit": unit,
            "t": t,
            "parent_target": parent_target,
            "target": amplified(parent_target, 1, 1),
            "parent_days": parent_days,
            "days": amplified(parent_days, -1, MIN_CHAIN_DAYS),
            "parent_artefacts": parent_artefacts,
            "artefacts": amplified(parent_artefacts, 1, 1),
        }
    )
    log_ratio = (
        np.log(chains["target"] / parent_target) + np.log(chains["artefacts"] / parent_artefacts)
    ) / 2
    return chains.assign(log_ratio=log_ratio), expected
