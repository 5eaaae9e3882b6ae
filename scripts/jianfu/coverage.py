"""Do the intervals hold the truth? Simulated provinces through the same code as real ones."""

import os
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd
from scipy import stats

from jianfu import analysis, cells, estimators, indices, models, panel, scales, targets
from jianfu.calendar import Calendar, calendar_of
from jianfu.config import merge, read_yaml
from jianfu.indicators import read_plan as read_indicators
from jianfu.simulate import draw as simulate_draw
from jianfu.simulate import read_parameters

MODELS = (
    "H1_burnout",
    "H2_exits",
    "H3_exits_by_cohort",
    "H6_meaning",
    "H8_innovation",
    "H5a_burnout_to_intention",
    "H5b_meaning_to_intention",
    "H2_lead",
    "H2_retirement",
    "H2_pooled",
    "H3_pooled",
)
# A pooled row is judged by the target of the within model.
WITHIN = {"H2_pooled": "H2_exits", "H3_pooled": "H3_exits_by_cohort"}
CONFIDENCE = 0.99  # of the binomial range for the share of intervals that hold the target
POOLED_LIMIT = 0.5
FAILURES = ("outside", "not biased")
NOTED = 3  # a bias beyond so many Monte-Carlo errors is named in the verdict
OF_INTEREST = "_per_sd"  # ending of the scale of exposures; the other terms are controls


@dataclass(frozen=True)
class Setup:
    """What every draw needs: simulation parameters, models with their categories, plan of the indices, settings."""

    parameters: dict
    specs: list
    categories: dict
    members: pd.DataFrame
    scales: dict
    calendar: Calendar
    settings: dict


def setup(parameters, defaults, models, indicators, members, scales, small=False):
    """A :class:`Setup` from the files of the plan; ``small`` simulates the test-size province."""
    parameters = read_parameters(parameters, small)
    settings = read_yaml(defaults)
    settings = merge(settings, {"data": {"window": parameters["window"]}})
    plan = read_yaml(models)
    return Setup(
        parameters=parameters,
        specs=[spec for spec in plan["models"] if spec["name"] in MODELS],
        categories=plan["categories"],
        members=indices.read_plan(members, read_indicators(indicators)),
        scales=read_yaml(scales)["scales"],
        calendar=calendar_of(settings["calendar"]),
        settings=settings,
    )


def analysis_tables(draw, setup):
    """Hazard and survey table of a draw, with expected outcomes, through the code that real provinces use."""
    settings, members = setup.settings, setup.members
    window = tuple(settings["data"]["window"])
    logged = draw.unit_months
    frame = panel.build_unit_months(
        draw.units,
        draw.spells,
        logged.loc[logged["tasks_logged"], ["unit_code", "month"]],
        logged.loc[logged["app_logged"], ["unit_code", "month"]],
        window,
        setup.calendar,
    )
    exposure, share = settings["exposure"], settings["indices"]["min_share"]
    means = {
        "lags": tuple(exposure["lags"]),
        "min_months": exposure["min_months"],
        "survey_months": exposure["survey_months"],
        "survey_min_months": exposure["survey_min_months"],
        "min_share": share,
    }
    reference = indices.reference_window(
        window, settings["indices"]["reference_months"], settings["indices"]["reference_window"]
    )
    anchors = indices.fit_anchors(draw.indicators, members, reference, frame, **means)
    exposures = indices.build_exposures(draw.indicators, frame, members, anchors, **means)
    months, flow = cells.person_months(draw.spells, window)
    survey = settings["survey"]
    scores, survey_flow = scales.survey_scores(
        draw.survey,
        draw.spells,
        scales.with_ranges(setup.scales, survey["ranges"]),
        survey["min_answered"],
        survey["drop_straightliners"],
        survey["min_seconds"],
    )
    return {
        "hazard_cells": analysis.hazard_table(
            targets.expected_cells(months, draw.person_months), flow, exposures, draw.units
        ),
        "survey_scores": analysis.survey_table(
            targets.expected_scores(scores, draw.survey_truth), survey_flow, exposures, draw.units
        ),
    }


def one_draw(setup, seed):
    """Estimates of one simulated province with their targets: one row per model and term, column ``target``.

    Of a mediation the two paths and the direct effects are kept; the product has an interval by bootstrap only.
    """
    tables = analysis_tables(simulate_draw(setup.parameters, seed), setup)
    inference = estimators.Settings(setup.settings["inference"]["confidence"], bootstrap=0)
    estimates = models.fit_models(setup.specs, tables, setup.categories, inference, "")
    truth = targets.targets(setup.specs, tables, setup.categories, inference)
    keys = ["model", "term"]
    found = estimates.merge(truth[[*keys, "target"]], on=keys)
    found = found[~found["term"].str.endswith(estimators.INDIRECT)].reset_index(drop=True)
    own = found.set_index(keys)["target"]
    for row in found.index:
        model, term = found.loc[row, keys]
        if model in WITHIN and (WITHIN[model], term) in own.index:
            found.loc[row, "target"] = own[(WITHIN[model], term)]
    return found.assign(seed=seed)


def many_draws(setup, seeds, processes=1, progress=None):
    """Rows of :func:`one_draw` for all ``seeds``, in their order; ``progress`` gets a line every ten draws.

    Each process uses one numerical thread.
    """
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # read by the new processes
    seeds = list(seeds)
    done = []
    with get_context("spawn").Pool(processes, _initialise, (setup,)) as pool:
        for number, rows in enumerate(pool.imap(_draw, seeds), start=1):
            done.append(rows)
            if progress and (number % 10 == 0 or number == len(seeds)):
                progress(f"coverage: {number} of {len(seeds)} simulated provinces")
    return pd.concat(done, ignore_index=True)


def _initialise(setup):
    global SETUP
    SETUP = setup
    models.LOGGER.setLevel("WARNING")


def _draw(seed):
    return one_draw(SETUP, seed)


def binomial_range(n, share, confidence=CONFIDENCE):
    """Shares of ``n`` intervals that a true coverage of ``share`` gives with probability ``confidence``."""
    low, high = stats.binom.ppf([(1 - confidence) / 2, (1 + confidence) / 2], n, share)
    return low / n, high / n


def summarise(draws, confidence):
    """Coverage table from the rows of :func:`one_draw`: one row per model and term of interest.

    bias_z: bias over its Monte-Carlo error. verdict: ``ok``, ``outside`` (coverage outside the binomial range), with
    ``, z <bias_z>`` behind it if that is beyond 3; for pooled models ``biased`` (coverage below 0.5, as designed),
    ``not biased``, or ``not judged`` (an interaction: the unobserved part of a unit hardly biases it). Draws without an
    estimate are counted in ``n_failed`` and count as not covered.
    """
    rows = []
    for (model, term), part in draws.groupby(["model", "term"], sort=False):
        known = part["estimate"].notna() & part["target"].notna()
        inside = known & (part["ci_low"] <= part["target"]) & (part["target"] <= part["ci_high"])
        n, covered = len(part), float(inside.mean())
        low, high = binomial_range(n, confidence)
        error = part["estimate"] - part["target"]
        mc_error = error.std(ddof=1) / np.sqrt(known.sum())
        z = error.mean() / mc_error if mc_error > 0 else np.nan
        if part["role"].iloc[0] == "pooled":
            verdict = "biased" if covered < POOLED_LIMIT else "not biased"
            verdict = "not judged" if ":" in term else verdict
        else:
            verdict = "ok" if low <= covered <= high else "outside"
            verdict += f", z {z:.1f}" if abs(z) > NOTED else ""
        rows.append(
            {
                "hypothesis": part["hypothesis"].iloc[0],
                "model": model,
                "role": part["role"].iloc[0],
                "term": term,
                "scale": part["scale"].iloc[0],
                "target_mean": part["target"].mean(),
                "estimate_mean": part["estimate"].mean(),
                "bias": error.mean(),
                "bias_mc_error": mc_error,
                "bias_z": z,
                "sd": error.std(ddof=1),
                "mean_std_error": part["std_error"].mean(),
                "coverage": covered,
                "range_low": low,
                "range_high": high,
                "share_significant": float((part["p_value"] < 1 - confidence).mean()),
                "n_draws": n,
                "n_failed": int((~known).sum()),
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)


def failures(table):
    """Rows of a coverage table that must not be: exposures whose verdict is bad. Controls are reported only."""
    return table[table["verdict"].str.startswith(FAILURES) & table["scale"].str.endswith(OF_INTEREST)]
