"""Every line of the plan's hypotheses can be supported and can be contradicted.

For each line two worlds of many units, drawn from its own declared model with a fixed seed: in one the term of interest
acts as predicted, in the other against it (where no effect, or no fall, is predicted, it is there). The declared model,
its estimator and the rule of the verdict must tell them apart. What is never supported, or never contradicted, is no
hypothesis.
"""

import zlib

import numpy as np
import pandas as pd
import pytest
from ingest_cases import ROOT

from jianfu.config.files import read_yaml
from jianfu.core.reasons import read_reasons
from jianfu.models import engine
from jianfu.models.estimates import INDIRECT
from jianfu.models.estimators.common import Settings, columns_named
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.spec import spec_of
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.terms import columns_of, term_variables
from jianfu.models.verdicts import sign_of, verdict

PLAN = read_yaml(ROOT / "config" / "plan" / "models.yaml")
LINES = pd.read_csv(ROOT / "config" / "plan" / "hypotheses.csv", encoding="utf-8-sig")
CATEGORIES, ALPHA = PLAN["categories"], 0.05
UNITS, COUNTIES, MONTHS, PER_CELL = 200, 50, 36, 4
BINARY = ("leader", "young", "lock", "aged50")
POSITIVE = ("tasks_month", "artefacts_month", "headcount_before", "n_errors", "staying")
TIMES = 4  # effects are so many times the smallest of interest
RARE = 0.02  # events per person and row


def rng_of(line):
    return np.random.default_rng(zlib.crc32(f"{line.model} {line.term}".encode()))


def frame_of(spec, rng):
    """Rows of units and periods with a value for every column that the model names."""
    unit, time, _ = (
        a.ravel() for a in np.meshgrid(range(UNITS), range(MONTHS), range(PER_CELL), indexing="ij")
    )
    if "event" in spec.estimator or spec.estimator.startswith("did") or spec.estimator == "segmented":
        unit, time = (a.ravel() for a in np.meshgrid(range(UNITS), range(MONTHS), indexing="ij"))
    n = len(unit)
    months = np.array([f"{2022 + t // 12}-{t % 12 + 1:02d}" for t in range(MONTHS)])
    county = unit % COUNTIES
    keys = {"unit": unit, "month": months[time], "time": time, "wave": time, "year": time, "county": county}
    keys |= {
        "relief_national_since": time - 24,
        "relief_start": np.where(county % 2, 2022 * 12 + 12 + county % 12, np.nan),
    }
    named = [
        *columns_named(spec, ESTIMATORS[spec.estimator]),
        *term_variables([*spec.terms, *spec.controls], CATEGORIES),
    ]
    frame = pd.DataFrame(
        {name: values for name, values in keys.items() if name in named or name in ("unit", "county")}
    )
    for name in named:
        if name in frame:
            continue
        if name in CATEGORIES:
            levels = [level for level in CATEGORIES[name] if level != "不详"]
            frame[name] = rng.choice(levels, n)
        elif name in BINARY:
            frame[name] = rng.integers(0, 2, n).astype(float)
        elif name in POSITIVE:
            frame[name] = np.exp(rng.normal(2, 0.5, n))
        elif name.startswith(("var_", "cov_")):
            frame[name] = 0.0
        else:
            frame[name] = rng.normal(size=n)
    if {"leader", "staff"} <= {*frame}:
        frame["staff"] = 1 - frame["leader"]
    for name, value in spec.where.items():
        frame[name] = value
    return frame


def signal(line, spec, frame, size):
    """What the term of interest adds to the linear predictor (N,), for an effect of ``size``."""
    term, options = line.term, spec.options
    if term == "(Intercept)":
        return np.full(len(frame), size)
    if term == "trend":
        return size * frame["time"].to_numpy()
    if term.startswith("level_"):
        return size * (frame["relief_national_since"] >= 0).to_numpy(dtype=float)
    if term == "att":
        months = frame["month"].str[:4].astype(int) * 12 + frame["month"].str[5:].astype(int) - 1
        return size * (months >= frame["relief_start"]).to_numpy(dtype=float)
    columns = columns_of(frame, spec.terms, CATEGORIES, np.ones(len(frame)))
    parts = options.get("contrasts", {}).get(term, [term])
    return sum(size * columns[part] / len(parts) for part in parts)


def world(line, size):
    """Table of the declared model in which the term of the line has an effect of ``size``."""
    spec, rng = spec_of(PLAN, line.model), rng_of(line)
    frame = frame_of(spec, rng)
    n, noise = len(frame), rng.normal(size=len(frame))
    if line.term.endswith(INDIRECT):
        path = np.sqrt(abs(size))
        term = line.term.removesuffix(INDIRECT)
        frame[spec.mediator] = np.sign(size) * path * frame[term] + rng.normal(size=n)
        frame[spec.outcome] = path * frame[spec.mediator] + noise
        return spec, AnalysisTable(frame, None, n)
    added, estimator = signal(line, spec, frame, size), ESTIMATORS[spec.estimator]
    outcome = spec.outcome
    if spec.options.get("link") == "log":
        frame[outcome] = np.exp(3 + added + 0.3 * noise)
    elif spec.estimator == "poisson":
        frame[outcome] = rng.poisson(np.exp(2 + added)).astype(float)
    elif spec.estimator == "did_events":
        frame["n"] = 2000.0
        frame[outcome] = rng.poisson(2000 * RARE * np.exp(added)).astype(float)
    elif estimator.counts:
        frame["n"] = 60
        frame[outcome] = rng.binomial(60, -np.expm1(-np.exp(np.log(RARE) + added))).astype(float)
    else:
        frame[outcome] = added + noise * (0.05 if line.term == "trend" else 1)
    return spec, AnalysisTable(frame, "n" if estimator.counts and spec.estimator != "poisson" else None, n)


def told(line, size):
    spec, table = world(line, size)
    inference = Settings(bootstrap=199 if line.term.endswith(INDIRECT) else 0, seed=1)
    rows = engine.fit_model(spec, table, CATEGORIES, inference).set_index("term")
    row = rows.loc[line.term].to_dict()
    row["reasons"] = read_reasons(row["reasons"])
    return verdict(row, sign_of(line.predicted_sign), float(line.smallest), ALPHA)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", LINES.itertuples(), ids=lambda line: f"{line.hypothesis} {line.model} {line.term}"
)
def test_every_line_can_be_supported_and_can_be_contradicted(line):
    sign, large = sign_of(line.predicted_sign), TIMES * float(line.smallest)
    as_predicted, against = {
        "+": (large, -large),
        "-": (-large, large),
        ">=": (large, -large),
        "=": (0.0, large),
    }[sign]
    found = told(line, as_predicted)
    assert found.code == "supported", found
    found = told(line, against)
    assert found.code == "contrary", found
    if sign in "+-":
        assert told(line, 0.0).code in ("negligible", "inconclusive")
