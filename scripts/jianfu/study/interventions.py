"""What scenarios project against what the interventions do in the simulator, draw by draw.

True are the expected exits that an intervention avoids (the difference between the sums of the exact probabilities of
everyone at risk in both worlds, which have the same random numbers), among them what follows from the larger headcount,
and the change of the conditional mean of each score over the respondents.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from jianfu.config.merging import merge
from jianfu.core.errors import ConfigError
from jianfu.simulate.draw import Draw
from jianfu.simulate.interventions import World
from jianfu.simulate.persons import COHORTS
from jianfu.study.summary import share

PER_YEARS = 12 * 1000
FOCUS = "90s"
ROUNDING = 1e-9  # within which an intervention moves nothing
SEEDS_PER_WORLD = 100_000
KEYS = ["world", "intervention", "quantity", "group"]


def parameters_of(parameters: Mapping, design: Mapping, world: str) -> dict:
    """Simulation parameters of a world; raises :class:`ConfigError` if there is none."""
    if world not in design["worlds"]:
        raise ConfigError("no_such_scenario", name=world)
    return merge(merge(parameters, design["province"]), design["worlds"][world])


def seed_of(design: Mapping, world: str, number: int) -> int:
    """Seed of draw ``number`` of ``world``."""
    return design["seed"] + SEEDS_PER_WORLD * list(design["worlds"]).index(world) + number


def truth(drawn: Draw, natural: World, changed: World, focus: str) -> dict[tuple[str, str], float]:
    """{(quantity, group): true change}, in the units of :mod:`jianfu.scenarios.effects`; focus: its name of 90后."""
    found = {}
    sums, time = _exits(natural)
    fewer = sums - _exits(changed)[0]
    for group, own in (("all", [0, 1]), (focus, [1]), ("others", [0])):
        found["exits_avoided", group] = fewer[own].sum() / time[own].sum() * PER_YEARS
    respondents = ~drawn.detail.survey.truth["straightline"].to_numpy()
    for name in ("burnout", "meaning", "innovation"):
        moved = changed.expected[f"{name}_z"] - natural.expected[f"{name}_z"]
        found[name, "all"] = float(moved[respondents].mean())
    return found


def _exits(world):
    """Expected exits and person-months (2,) of others and 90后."""
    risk = world.careers.risk
    group = (world.persons.cohort[risk["slot"].to_numpy()] == list(COHORTS).index(FOCUS)).astype(int)
    return np.bincount(group, risk["p_voluntary"], 2), np.bincount(group, minlength=2)


def with_truth(rows: list[tuple], known: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """Projected rows (quantity, group, estimate, low, high, behind) with their ``truth``; others are left out."""
    frame = pd.DataFrame(rows, columns=["quantity", "group", "estimate", "ci_low", "ci_high", "behind"])
    frame["truth"] = [known.get(key) for key in zip(frame["quantity"], frame["group"], strict=True)]
    return frame.dropna(subset="truth").drop(columns="behind")


def summarised(draws: pd.DataFrame, design: Mapping) -> pd.DataFrame:
    """One row per world, intervention, quantity and group: mean truth and estimate, bias with its Monte-Carlo error,
    coverage with its interval, and the verdict: ok, outside, or reported."""
    rows = []
    low, high = design["limits"]
    for keys, part in draws.groupby(KEYS, sort=False):
        error = part["estimate"] - part["truth"]
        inside = (part["ci_low"] <= part["truth"]) & (part["truth"] <= part["ci_high"])
        unmoved = (part[["truth", "estimate"]].abs() < ROUNDING).all(axis=None)
        coverage, least, most = share(inside.to_numpy(), design["mc_confidence"])
        judged = keys[2] in design["judged"].get(keys[0], ()) and not unmoved
        verdict = ("outside" if most < low or least > high else "ok") if judged else "reported"
        row = dict(zip(KEYS, keys, strict=True)) | {
            "n_draws": len(part),
            "truth": part["truth"].mean(),
            "estimate": part["estimate"].mean(),
            "bias": error.mean(),
            "bias_mc_error": error.std(ddof=1) / np.sqrt(len(part)),
            "sd": error.std(ddof=1),
            "coverage": coverage,
            "coverage_low": least,
            "coverage_high": most,
            "verdict": verdict,
            "date": design["date"],
        }
        rows.append(row)
    return pd.DataFrame(rows)
