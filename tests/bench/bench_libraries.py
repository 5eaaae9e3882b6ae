"""What libraries give where docs/methods.md keeps an estimator of our own: seconds and differences, side by side.

Data are those of the stored R references (tests/data/reference), which our own estimators are tested against, or drawn.

Usage: python tests/bench/bench_libraries.py
"""

import os
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import statsmodels.api as sm  # noqa: E402
from diff_diff import ImputationDiD  # noqa: E402
from statsmodels.miscmodels.ordinal_model import OrderedModel  # noqa: E402

from jianfu.statistics import cox, event_study, gee, hazard, mixed, ordinal  # noqa: E402

REFERENCE = ROOT / "tests" / "data" / "reference"


def read(name):
    return pd.read_csv(REFERENCE / f"{name}.csv")


def timed(function):
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function()
    return result, time.perf_counter() - start


def show(name, own, theirs, errors, others, seconds):
    """One line: largest relative difference of estimates and standard errors, and both times."""
    apart = [np.abs(np.asarray(b) / np.asarray(a) - 1).max() for a, b in ((own, theirs), (errors, others))]
    print(f"{name:34s}{apart[0]:12.1e}{apart[1]:12.1e}{seconds[0]:9.3f}{seconds[1]:12.3f}")


def root(covariance):
    return np.sqrt(np.diag(covariance))


def mixed_models():
    frame = read("sleepstudy")
    x = np.column_stack([np.ones(len(frame)), frame["Days"]])
    own, mine = timed(lambda: mixed.fit(frame["Reaction"], x, [frame["Subject"]], x[:, 1:]))
    theirs, other = timed(
        lambda: sm.MixedLM(frame["Reaction"], x, frame["Subject"], exog_re=x).fit(method="powell")
    )
    show(
        "mixed, random slope",
        own.coefficients,
        theirs.fe_params,
        root(own.covariance),
        theirs.bse_fe,
        (mine, other),
    )
    frame = read("penicillin")
    one = np.ones((len(frame), 1))
    own, mine = timed(lambda: mixed.fit(frame["diameter"], one, [frame["plate"], frame["sample"]]))
    parts = {"plate": "0 + C(plate)", "sample": "0 + C(sample)"}
    model = sm.MixedLM.from_formula("diameter ~ 1", frame, groups=one[:, 0], re_formula="0", vc_formula=parts)
    theirs, other = timed(lambda: model.fit(method="powell"))
    variances = [own.random[0, 0], own.variances[0]]
    show(
        "mixed, crossed (variances, errors)",
        variances,
        theirs.vcomp,
        root(own.covariance),
        theirs.bse_fe,
        (mine, other),
    )


def estimating_equations():
    frame = read("ohio")
    x = np.column_stack([np.ones(len(frame)), frame["age"], frame["smoke"]])
    weights = 7 * np.arange(1, len(frame) + 1) % 5 + 1
    for structure, working in (
        ("exchangeable", sm.cov_struct.Exchangeable()),
        ("ar1", sm.cov_struct.Autoregressive(grid=True)),
    ):
        heavy = weights if structure == "exchangeable" else None
        own, mine = timed(
            lambda s=structure, w=heavy: gee.fit(
                frame["resp"], x, frame["id"], family="binomial", structure=s, weights=w
            )
        )
        model = sm.GEE(
            frame["resp"],
            x,
            frame["id"],
            time=frame["age"].to_numpy() + 2,
            family=sm.families.Binomial(),
            cov_struct=working,
            weights=heavy,
        )
        theirs, other = timed(lambda m=model: m.fit(maxiter=200, ctol=1e-10, ddof_scale=0))
        name = f"gee, {structure}{', weighted' if heavy is not None else ''}"
        show(name, own.coefficients, theirs.params, root(own.covariance), theirs.bse, (mine, other))


def ordered():
    frame = read("wine")
    x = np.column_stack([frame["temp"] == "warm", frame["contact"] == "yes"]).astype(float)
    own, mine = timed(lambda: ordinal.fit(frame["rating"], x, clusters=frame["judge"]))
    theirs, other = timed(
        lambda: OrderedModel(frame["rating"], x, distr="logit").fit(
            method="bfgs",
            disp=0,
            cov_type="cluster",
            cov_kwds={"groups": frame["judge"], "use_correction": False},
        )
    )
    factor = np.sqrt(own.n_clusters / (own.n_clusters - 1))
    show(
        "ordinal, clustered",
        own.coefficients,
        theirs.params[:2],
        root(own.covariance)[:2],
        factor * theirs.bse[:2],
        (mine, other),
    )


def survival():
    rng = np.random.default_rng(1)
    x, entry = rng.normal(size=(2000, 2)), rng.integers(0, 6, 2000)
    stay = 1 + rng.poisson(4 * np.exp(-0.3 * x[:, 0]))
    event = rng.random(2000) < 0.7
    own, mine = timed(lambda: cox.fit(entry, entry + stay, event, x))
    model = sm.PHReg(entry + stay, x, status=event, entry=entry, ties="efron")
    theirs, other = timed(model.fit)
    show(
        "cox, delayed entry on a time grid",
        own.coefficients,
        theirs.params,
        root(own.bread),
        theirs.bse,
        (mine, other),
    )


def absorbed():
    rng = np.random.default_rng(2)
    unit, month = np.repeat(np.arange(200), 36), np.tile(np.arange(36), 200)
    x, n = rng.normal(size=(7200, 2)), rng.integers(5, 30, 7200)
    y = rng.binomial(n, -np.expm1(-np.exp(-3 + 0.2 * x[:, 0] + 0.3 * rng.normal(size=200)[unit])))
    own, mine = timed(lambda: hazard.fit(y, n, x, [unit, month], unit))
    dummies = [(codes[:, None] == np.unique(codes)[1:]) for codes in (unit, month)]
    full = np.column_stack([x, np.ones(7200), *dummies]).astype(float)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    theirs, other = timed(lambda: sm.GLM(np.column_stack([y, n - y]), full, family).fit(tol=1e-12))
    show(
        "hazard, 200 units x 36 months",
        own.coefficients,
        theirs.params[:2],
        root(own.bread),
        theirs.bse[:2],
        (mine, other),
    )


def imputed():
    rng = np.random.default_rng(3)
    first = np.repeat(rng.choice([10.0, 14, 18, 22, np.inf], 2000), 36)
    unit, time = np.repeat(np.arange(2000), 36), np.tile(np.arange(36), 2000)
    y = rng.normal(size=2000)[unit] + rng.normal(size=72000) + (time >= first)
    own, mine = timed(lambda: event_study.imputation(y, unit, time, first, unit, leads=0))
    start = np.where(np.isfinite(first), first + 1, 0)
    panel = pd.DataFrame({"y": y, "unit": unit, "time": time + 1, "start": start})
    fitted = ImputationDiD()
    theirs, other = timed(lambda: fitted.fit(panel, "y", "unit", "time", "start").aggregate("event_study"))
    found = theirs.to_dataframe().set_index("event_time").loc[own.event]
    show(
        "imputation, 2,000 units x 36",
        own.estimate,
        found["att"],
        own.std_errors,
        found["se"],
        (mine, other),
    )


if __name__ == "__main__":
    print(
        f"{'largest relative difference of':34s}{'estimates':>12s}{'errors':>12s}{'own, s':>9s}{'library, s':>12s}"
    )
    for part in (mixed_models, estimating_equations, ordered, survival, absorbed, imputed):
        part()
