"""From the estimates of all draws to one table: bias, spread, size, power and coverage with Monte-Carlo errors."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from jianfu.models.estimates import CHECK
from jianfu.study.design import scenario_of, seed_of

POOLED_LIMIT = (
    0.5  # a pooled model that covers its target more often does not show the bias it is there to show
)
NOTED = 3  # a bias beyond so many Monte-Carlo errors is named in the verdict
RESULTS = ("supported", "contrary", "negligible", "passed", "failed")
FAILURES = ("size", "coverage", "not biased")


def share(hits, confidence):
    """Share of true values in ``hits`` (N,) with its Clopper-Pearson interval: (share, low, high)."""
    n, k = len(hits), int(np.sum(hits))
    low, high = proportion_confint(k, n, alpha=1 - confidence, method="beta")
    return k / n, float(np.nan_to_num(low, nan=0.0)), float(np.nan_to_num(high, nan=1.0))


def summarise(draws, design, confidence):
    """One row per scenario, model and term from the rows of :func:`jianfu.study.draws.chunk_draws`.

    The target of a row is the mean of the targets that its draws have: the value around which estimates vary from
    province to province when units are a sample, which is what errors clustered by unit allow for. Draws without an
    estimate count as not covered and not rejected (``n_failed``). ``tested``: size (the target is zero) or power.
    ``verdict`` of judged rows: ok, or which of size and coverage lie outside the limits with their whole Monte-Carlo
    interval; of pooled rows: biased (coverage below 0.5, as designed), not biased, or not judged (an interaction, which
    the unobserved part of a unit hardly biases); of others: reported. ``tested`` is bell for a falsification test,
    whose ``rejected`` is how often it rings; :data:`RESULTS` are the shares of what verdicts and tests say.
    """
    rows = []
    for (name, model, term), part in draws.groupby(["scenario", "model", "term"], sort=False):
        rows.append(_row(part, design, confidence, scenario_of(design, name), model, term))
    return pd.DataFrame(rows)


def _row(part, design, confidence, scenario, model, term):
    mc = design["mc_confidence"]
    known = part["estimate"].notna().to_numpy()
    targets = part["target"].dropna()
    target = targets.mean()
    target_error = targets.std(ddof=1) / np.sqrt(len(targets)) if len(targets) > 1 else np.nan
    spread = part["estimate"].std(ddof=1)
    bias_error = np.hypot(spread / np.sqrt(known.sum()), np.nan_to_num(target_error))
    bias = part["estimate"].mean() - target
    rejected = share(known & (part["p_value"] < 1 - confidence).to_numpy(), mc)
    inside = ((part["ci_low"] <= target) & (target <= part["ci_high"])).to_numpy()
    covered = share(known & inside, mc) if part["ci_low"].notna().any() else (np.nan,) * 3
    zero = bool((targets == 0).all())
    said = part["result"].to_numpy()
    row = {
        "scenario": scenario["name"],
        "truth": scenario["truth"],
        "world": scenario["world"],
        "hypothesis": part["hypothesis"].iloc[0],
        "model": model,
        "role": part["role"].iloc[0],
        "term": term,
        "scale": part["scale"].iloc[0],
        "n_draws": len(part),
        "n_failed": int((~known).sum()),
        "target": target,
        "target_mc_error": target_error,
        "estimate_mean": part["estimate"].mean(),
        "bias": bias,
        "bias_mc_error": bias_error,
        "bias_z": bias / bias_error if bias_error > 0 else np.nan,
        "sd": spread,
        "mean_std_error": part["std_error"].mean(),
        "tested": "bell" if CHECK in model else "size" if zero else "power",
        "rejected": rejected[0],
        "rejected_mc_error": np.sqrt(rejected[0] * (1 - rejected[0]) / len(part)),
        "rejected_low": rejected[1],
        "rejected_high": rejected[2],
        "coverage": covered[0],
        "coverage_mc_error": np.sqrt(covered[0] * (1 - covered[0]) / len(part)),
        "coverage_low": covered[1],
        "coverage_high": covered[2],
        **{name: np.mean(said == name) if (said != "").all() else np.nan for name in RESULTS},
        "judged": model in scenario["holds"] and term in design["judged"].get(model, []),
        "first_seed": seed_of(design, scenario["name"], 0),
        "date": design["date"],
    }
    return row | {"verdict": verdict(row, design)}


def verdict(row, design):
    """What becomes of a row, see :func:`summarise`."""
    if row["role"] == "pooled":
        result = "biased" if row["coverage"] < POOLED_LIMIT else "not biased"
        return "not judged" if ":" in row["term"] else result
    outside = []
    for name, figure in (("size", "rejected"), ("coverage", "coverage")):
        low, high = design["limits"][name]
        applies = row["judged"] and (name == "coverage" or row["tested"] == "size")
        if applies and (row[f"{figure}_high"] < low or row[f"{figure}_low"] > high):
            outside.append(name)
    if row["judged"] and row["n_failed"] == row["n_draws"]:
        outside = ["coverage"]
    result = f"{' and '.join(outside)} outside" if outside else ("ok" if row["judged"] else "reported")
    return result + (f", z {row['bias_z']:.1f}" if abs(row["bias_z"]) > NOTED else "")


def failures(table):
    """Rows of the table whose verdict must not be."""
    return table[table["verdict"].str.startswith(FAILURES)]


def compared(direct, raw, tolerance):
    """Estimates of the same draws made directly and through raw files.

    One row per draw, model and term: both estimates, their difference and that of the standard errors, and ``same``.
    """
    keys = ["seed", "model", "term"]
    figures = ["estimate", "std_error"]
    both = direct[[*keys, *figures]].merge(
        raw[[*keys, *figures]], on=keys, how="outer", suffixes=("", "_raw")
    )
    for name in figures:
        both[f"{name}_difference"] = (both[f"{name}_raw"] - both[name]).abs()
    largest = both[[f"{name}_difference" for name in figures]].max(axis=1, skipna=False)
    return both.assign(same=(largest <= tolerance).to_numpy())
