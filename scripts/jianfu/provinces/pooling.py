"""What all provinces say together: random-effects meta-analysis of what each was asked in the same way.

A line is a hypothesis with the model and term that decide it, on the full tier or on the common one. A province answers
it with a released estimate and with what this rests on (:mod:`jianfu.provinces.dependencies`). Answers that rest on the
same are pooled by REML with the errors of Hartung and Knapp (:mod:`jianfu.statistics.meta`); the others are listed with
what deviates. The truths of provinces, drawn to their mean, and that of a further one are those of the normal
hierarchical model of the same estimates, with what is not known of its heterogeneity. Where released estimates of
counties are on this machine, one model of both levels draws them to their province, and provinces to the nation.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models import families
from jianfu.models.reasons import because
from jianfu.models.tiers import TWIN, renamed
from jianfu.models.verdicts import deciding_estimates, sign_of, usable, verdict
from jianfu.provinces import shrinkage
from jianfu.provinces.dependencies import differing, digest
from jianfu.provinces.package import Package
from jianfu.statistics import inference, meta

FULL, COMMON, EITHER = "full", "common", ""  # the tier of a line; a line without burden index has none
KEY = ["hypothesis", "model", "term", "tier"]
POOLED = [
    *KEY,
    *("outcome", "scale", "provinces", "deviating", "estimate", "std_error", "ci_low", "ci_high", "p_value"),
    *(
        "p_adjusted",
        "prediction_low",
        "prediction_high",
        "tau2",
        "tau2_low",
        "tau2_high",
        "i2",
        "q",
        "q_df",
        "q_p",
    ),
    *("n_used", "n_events", "verdict"),
]
OF_PROVINCES = [
    *KEY,
    "province",
    "scale",
    "estimate",
    "ci_low",
    "ci_high",
    "shrunken",
    "shrunken_low",
    "shrunken_high",
]
LEFT_OUT = [*KEY, "without", "estimate", "ci_low", "ci_high", "tau2"]
NESTED = [
    *KEY,
    *("outcome", "scale", "provinces", "counties", "estimate", "std_error", "ci_low", "ci_high"),
    *("prediction_low", "prediction_high", "county_low", "county_high"),
    *("tau2", "omega2", "omega2_low", "omega2_high"),
]
COUNTY = ["county_code", "county_name", "city_name"]
COUNTIES = [
    *KEY,
    "province",
    *COUNTY,
    *("scale", "estimate", "ci_low", "ci_high", "shrunken", "shrunken_low", "shrunken_high"),
]
DEVIATING = [*KEY, "province", "estimate", "ci_low", "ci_high", "why"]
MATRIX = [*KEY, "province", "verdict", "pooled"]


@dataclass(frozen=True)
class Answer:
    """What one province says to a line.

    plan: the line (hypothesis, statement, predicted sign, smallest effect, family); row: its estimate; rests_on: its
    dependencies by name; variance: that of its interval.
    """

    province: str
    plan: Mapping
    row: Mapping
    rests_on: Mapping[str, object]
    variance: float

    @property
    def digest(self) -> str:
        """Of what it rests on."""
        return digest({**self.rests_on, "scale": self.row["scale"], "outcome": self.row["outcome"]})


@dataclass(frozen=True)
class Pools:
    """Frames with the columns :data:`POOLED`, :data:`OF_PROVINCES`, :data:`LEFT_OUT`, :data:`NESTED`,
    :data:`COUNTIES`, :data:`DEVIATING`, :data:`MATRIX`."""

    pooled: pd.DataFrame
    shrunken: pd.DataFrame
    leave_one_out: pd.DataFrame
    nested: pd.DataFrame
    counties: pd.DataFrame
    deviating: pd.DataFrame
    matrix: pd.DataFrame


def answers_of(package: Package, counterparts: Mapping[str, str]) -> dict[tuple, Answer]:
    """{(hypothesis, model, term, tier): answer} of a province; lines without a released estimate are not among them.

    counterparts: {index of the full tier: that of the common one} of config/plan/tiers.csv. The key names the line as
    the full tier has it.
    """
    estimates, settled = package.estimates, package.tables["hypotheses"]
    common = {full: other for full, other in counterparts.items() if other}
    back = {other: full for full, other in common.items()}
    known = [*common, *back, *{names[0][0] for names in package.record["tables"]["indices"]}]
    twins = settled.assign(
        model=settled["model"] + TWIN, term=[renamed(term, common, known) for term in settled["term"]]
    )
    found = {}
    for plan, row in [*deciding_estimates(estimates, settled), *deciding_estimates(estimates, twins)]:
        if row is None:
            continue
        exposure = f"{row['exposure']}:{plan['term']}"
        tier = COMMON if renamed(exposure, back, known) != exposure else FULL
        tier = tier if renamed(exposure, common | back, known) != exposure else EITHER
        key = (plan["hypothesis"], plan["model"].removesuffix(TWIN), renamed(plan["term"], back, known), tier)
        interval = (row["ci_low"], row["ci_high"], package.confidence)
        variance = float(shrinkage.interval_variances(*interval)) if usable(row) else np.nan
        found[key] = Answer(package.province, plan, row, package.depends_on(row["model"]), variance)
    return found


def pool(
    packages: Sequence[Package],
    counterparts: Mapping[str, str],
    confidence: float,
    least: int,
    counties: pd.DataFrame,
) -> Pools:
    """All lines of all provinces pooled; ``least``: so many matching estimates make a pooled one.

    counties: released estimates of the counties of provinces on this machine: province, model, :data:`COUNTY`,
    estimate, ci_low, ci_high, confidence.
    """
    answers = [answers_of(package, counterparts) for package in packages]
    keys = list(dict.fromkeys(key for own in answers for key in own))
    rows = {name: [] for name in [field.name for field in fields(Pools)]}
    plans = {}
    for key in keys:
        given = [own[key] for own in answers if key in own]
        plans[key] = _most([one.plan for one in given])
        able = [one for one in given if np.isfinite(one.variance) and one.variance > 0]
        same, others = matching(able)
        rows["deviating"] += [_deviation(key, one, same[0]) for one in others]
        fitted, found = _pooled(key, same, len(others), confidence, least)
        rows["pooled"].append(found)
        rows["shrunken"] += _of_provinces(key, same, fitted, confidence)
        rows["leave_one_out"] += _left_out(key, same, fitted, confidence, least)
        both, drawn = _nested(key, same, counties, confidence, least)
        rows["nested"] += both
        rows["counties"] += drawn
        alpha = round(1 - confidence, 6)
        rows["matrix"] += [
            (*key, one.province, _verdict(one.row, one.plan, alpha), one in same) for one in given
        ]
    pooled = _judged(pd.DataFrame(rows["pooled"], columns=POOLED), plans, confidence)
    columns = {
        "shrunken": OF_PROVINCES,
        "leave_one_out": LEFT_OUT,
        "nested": NESTED,
        "counties": COUNTIES,
        "deviating": DEVIATING,
        "matrix": MATRIX,
    }
    return Pools(pooled, *(pd.DataFrame(rows[name], columns=columns[name]) for name in columns))


def matching(answers: Sequence[Answer]) -> tuple[list[Answer], list[Answer]]:
    """The answers that rest on the same as most of them (of several such, as the first), and the others."""
    counts = Counter(one.digest for one in answers)
    most = max(counts.values(), default=0)
    chosen = next((one.digest for one in answers if counts[one.digest] == most), None)
    return [one for one in answers if one.digest == chosen], [one for one in answers if one.digest != chosen]


def _pooled(key, same, deviating, confidence, least):
    """The fitted model (None where there is none) and the row of :data:`POOLED`, yet without verdict."""
    empty = dict.fromkeys(POOLED, np.nan) | dict(zip(KEY, key, strict=True))
    empty |= {"provinces": len(same), "deviating": deviating, "verdict": "not_tested"}
    if same:
        empty |= {name: same[0].row[name] for name in ("outcome", "scale")}
    if len(same) < max(least, 2):
        return None, empty
    estimates, variances = _figures(same)
    try:
        fitted = meta.fit(estimates, variances, confidence=confidence)
    except NotEstimable:
        return None, empty
    estimate, error = fitted.coefficients[0], fitted.std_errors[0]
    low, high, p_value = (float(x) for x in inference.t_interval(estimate, error, fitted.df, confidence))
    prediction = shrinkage.prediction(estimates, variances, confidence)
    tau2_low, tau2_high = meta.tau2_interval(estimates, variances, confidence=confidence)
    counts = {
        name: pd.to_numeric(pd.Series([one.row[name] for one in same])).sum(min_count=1)
        for name in ("n_used", "n_events")
    }
    return fitted, empty | counts | {
        "estimate": estimate,
        "std_error": error,
        "ci_low": low,
        "ci_high": high,
        "p_value": p_value,
        "prediction_low": prediction[0],
        "prediction_high": prediction[1],
        "tau2": fitted.tau2,
        "tau2_low": tau2_low,
        "tau2_high": tau2_high,
        "i2": fitted.i2,
        "q": fitted.q,
        "q_df": fitted.q_df,
        "q_p": fitted.q_p,
    }


def _most(plans):
    """The plan of a line as most provinces have it: predicted sign, smallest effect of interest, family."""
    asked = [tuple(plan[name] for name in ("predicted_sign", "smallest", "family")) for plan in plans]
    counts = Counter(asked)
    return plans[asked.index(max(asked, key=counts.get))]


def _figures(answers):
    return (
        np.array([one.row["estimate"] for one in answers], dtype=float),
        np.array([one.variance for one in answers]),
    )


def _of_provinces(key, same, fitted, confidence):
    none = np.full((3, len(same)), np.nan)
    drawn = none if fitted is None else np.array(shrinkage.shrunken(*_figures(same), confidence))
    return [
        (
            *key,
            one.province,
            *(one.row[name] for name in ("scale", "estimate", "ci_low", "ci_high")),
            *drawn[:, place],
        )
        for place, one in enumerate(same)
    ]


def _left_out(key, same, fitted, confidence, least):
    """The pooled estimate without each province in turn, where enough are left."""
    if fitted is None or len(same) - 1 < max(least, 2):
        return []
    rows = []
    for one, rest in zip(same, meta.leave_one_out(*_figures(same), confidence=confidence), strict=True):
        if rest is not None:
            interval = inference.t_interval(rest.coefficients[0], rest.std_errors[0], rest.df, confidence)
            rows.append((*key, one.province, rest.coefficients[0], *map(float, interval[:2]), rest.tau2))
    return rows


def _nested(key, same, counties, confidence, least):
    """Rows of :data:`NESTED` and :data:`COUNTIES`: the counties of matching provinces that released some."""
    asked = pd.DataFrame([(one.province, one.row["model"]) for one in same], columns=["province", "model"])
    own = counties.dropna(subset=["estimate", "ci_low", "ci_high"]).merge(asked, on=["province", "model"])
    own = own[own["ci_high"] > own["ci_low"]]
    members, names = pd.factorize(own["province"])
    if len(names) < max(least, 2):
        return [], []
    variances = shrinkage.interval_variances(own["ci_low"], own["ci_high"], own["confidence"])
    try:
        found = shrinkage.nested(own["estimate"].to_numpy(), variances, members, confidence)
    except NotEstimable:
        return [], []
    (outcome, scale), mean = (same[0].row[name] for name in ("outcome", "scale")), found.mean
    low, high, _ = inference.t_interval(mean.coefficients[0], mean.std_errors[0], mean.df, confidence)
    figures = (mean.coefficients[0], mean.std_errors[0], low, high, *found.province, *found.county)
    spreads = (mean.tau2, found.omega2, found.omega2_low, found.omega2_high)
    rows = own[["province", *COUNTY]].to_numpy().tolist()
    values = np.column_stack([own[["estimate", "ci_low", "ci_high"]], found.of_counties.T]).tolist()
    return (
        [(*key, outcome, scale, len(names), len(own), *map(float, (*figures, *spreads)))],
        [(*key, *row, scale, *drawn) for row, drawn in zip(rows, values, strict=True)],
    )


def _deviation(key, one, reference):
    why = differing(one.rests_on, reference.rests_on)
    why += [name for name in ("scale", "outcome") if one.row[name] != reference.row[name]]
    return (*key, one.province, *(one.row[name] for name in ("estimate", "ci_low", "ci_high")), " ".join(why))


def _verdict(row, plan, alpha):
    return verdict(row, sign_of(plan["predicted_sign"]), float(plan["smallest"]), alpha).code


def _judged(pooled, plans, confidence):
    """The pooled rows with p-values adjusted within the families of each tier, and their verdicts."""
    if pooled.empty:
        return pooled
    lines = pd.DataFrame([(*key, plan["family"]) for key, plan in plans.items()], columns=[*KEY, "family"])
    for _, rows in pooled[pooled["estimate"].notna()].groupby("tier"):
        found = families.adjust_families(rows, lines.merge(rows[KEY]))["p_adjusted"]
        pooled.loc[rows.index, "p_adjusted"] = found.to_numpy()
    codes = []
    for row in pooled.to_dict("records"):
        plan = plans[tuple(row[name] for name in KEY)]
        df = row["q_df"] if np.isfinite(row["estimate"]) else np.nan
        known = {"converged": True, "n_clusters": np.nan, "vcov": "", "reasons": [because("t", df=df)]}
        codes.append(_verdict(row | known, plan, round(1 - confidence, 6)))
    return pooled.assign(verdict=codes)


def nearest_first(packages: Sequence[Package], departures: Callable[[Mapping], list[dict]]) -> list[Package]:
    """The packages by how little they change of the common plan: where as many rest on one plan as on another, the
    one that changes less is pooled and the other deviates. departures: as in :func:`plans_side_by_side`."""
    return sorted(packages, key=lambda package: len(departures(package.record)))


def plans_side_by_side(
    packages: Sequence[Package], departures: Callable[[Mapping], list[dict]]
) -> pd.DataFrame:
    """What the plan of any province changes: table, row, field, common, one column per province ("" = as common).

    departures: from the record of a province to its differences from the common plan.
    """
    found: dict[tuple, dict] = {}
    for package in packages:
        for change in departures(package.record):
            place = (change["table"], change["row"], change["field"])
            line = found.setdefault(place, {"common": change["common"]})
            line[package.province] = change["own"]
    names = [package.province for package in packages]
    rows = [
        (*place, *(_shown(line.get(name, "")) for name in ("common", *names)))
        for place, line in found.items()
    ]
    return pd.DataFrame(rows, columns=["table", "row", "field", "common", *names])


def _shown(value):
    return value if isinstance(value, str) else repr(value)
