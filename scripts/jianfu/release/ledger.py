"""The ledger of counts: every released count of the same persons, answers or exits, so that all are rounded alike.

The answers used by two models, or the exits counted in a figure and in a model, are nearly the same, and the difference
of two such counts is a count of those in one and not in the other; so is the difference of a count and the same count a
month later. So every count of persons, answers, person-months and exits is rounded to multiples of ``min_cell``, in
every output and every release, parts of a total included: then their differences tell a small group in no case, and one
number reads alike wherever it stands; rows of estimates say so (``rounded``).

A figure of many digits undoes this: the mean of a scale of whole numbers fits one number of answers only, and so do
weights, measures of fit, and the interval of a model whose errors count observations (t with n - k degrees of freedom).
So figures beside a rounded count, and those in reasons, keep ``FEW_DIGITS`` significant digits, and rates are those of
the rounded counts.
"""

import itertools
import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.numbers import significant
from jianfu.models.reasons import because
from jianfu.release.estimates import FIGURES, rates_of_released, with_reason
from jianfu.release.outputs import DIGITS, FEW_DIGITS
from jianfu.release.source_rows import PERSON_COUNTS, PERSON_TABLES, with_sums

ESTIMATES = "estimates"


@dataclass(frozen=True)
class Entry:
    """Counts in one column of an output, in the rows where the columns ``where`` have one of these values."""

    output: str
    column: str
    where: dict[str, tuple] = field(default_factory=dict)

    def rows(self, frame: pd.DataFrame) -> np.ndarray:
        """Mask (N,) of the rows that hold such a count."""
        mask = frame[self.column].notna().to_numpy()
        for column, values in self.where.items():
            mask = mask & frame[column].astype(str).isin(values).to_numpy()
        return mask


LEDGER = (
    Entry("descriptives", "n", {"row": ("persons", "person_months", "exits")}),
    Entry("descriptives", "n", {"block": ("scores",)}),
    Entry("dose_response", "persons"),
    Entry("dose_response", "exits"),
    Entry("dose_response", "person_months"),
    Entry("cumulative_incidence_at_risk", "n_at_risk"),
    Entry("sample_flow", "n"),
    Entry("scale_reliability", "respondents"),
    Entry("scale_structure", "respondents"),
    Entry("measurement_invariance", "respondents"),
    Entry("survey_response", "respondents"),
    Entry("survey_response", "roster"),
    Entry("survey_response", "effective_n"),
    Entry("burnout_by_overload", "n_respondents"),
    Entry("sample_by_group", "n"),
    Entry("sample_by_group", "of"),
    Entry("correlation_pairs", "n"),
    Entry("stepwise_fit", "n_used"),
    Entry("burnout_by_overload", "n_persons"),
    *(Entry("data_quality", column, {"table": PERSON_TABLES}) for column in PERSON_COUNTS),
    *(Entry("left_out", column, {"table": PERSON_TABLES}) for column in ("rows", "rows_read")),
)
# figures that are a count over another one: {output: (count, over, figures in proportion to it)}
RATES = {
    "dose_response": ("exits", "person_months", ("rate", "ci_low", "ci_high")),
    "survey_response": ("respondents", "roster", ("rate",)),
    "sample_by_group": ("n", "of", ("share",)),
}
EXCESS = re.compile(r"excess_per_1000\((.+?)(?:; (.+?))?( - others)?\)")
OTHERS = " - others"
RMSEA = ("rmsea", "rmsea_low", "rmsea_high")
FEWER_DIGITS = {  # where three tell the count
    "scale_structure": dict.fromkeys(RMSEA, 2),
    "measurement_invariance": dict.fromkeys(RMSEA, 2),
}
COUNTING_ERRORS = ("iid", "hetero", "")  # errors whose intervals count observations, and rows without errors


def rounded(values, base):
    """Counts (series or array) to the nearest multiple of ``base``, halves upwards; missing ones stay missing."""
    return np.floor(pd.to_numeric(values).astype(float) / base + 0.5) * base


def round_alike(
    tables: dict[str, pd.DataFrame], estimates: pd.DataFrame, min_cell: int, persons=True
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, int]]:
    """Released tables (by name) and estimates with rounded counts; cells changed by output.

    persons: mask of the estimates whose observations are persons or counts of them.
    """
    before = {**tables, ESTIMATES: estimates}
    excess = _of_rounded_rates(estimates, persons, min_cell)
    tables = {name: _rounded_table(name, frame, min_cell) for name, frame in tables.items()}
    estimates = excess.copy()
    rows = _round_models(estimates, persons, min_cell)
    counting = rows & persons & estimates["vcov"].fillna("").isin(COUNTING_ERRORS).to_numpy()
    estimates = rates_of_released(
        _with_few_digits(estimates, counting, {*estimates} - {*FIGURES} | {"n_events"})
    )
    changed = {name: _changed({**tables, ESTIMATES: estimates}[name], old) for name, old in before.items()}
    shown = rows & estimates["estimate"].notna().to_numpy()
    return tables, with_reason(estimates, shown, because("rounded", n=min_cell)), changed


def _rounded_table(name, before, base):
    """One released table with its counts rounded, and what follows from them."""
    entries, frame, touched = (
        [e for e in LEDGER if e.output == name],
        before.copy(),
        np.zeros(len(before), bool),
    )
    for entry in entries:
        rows = entry.rows(before)
        _round(frame, entry.column, rows, base)
        touched |= rows
    _rescale(frame, before, name)
    if name == "sample_flow":
        frame = _added_up(frame, before)
    elif name == "data_quality":
        frame = with_sums(frame, base)
    return _with_few_digits(frame, touched, {entry.column for entry in entries}, FEWER_DIGITS.get(name, {}))


def _round(frame, column, rows, base):
    frame[column] = pd.to_numeric(frame[column]).astype(float).mask(rows, rounded(frame[column], base))


def _with_few_digits(frame, rows, kept, fewer=MappingProxyType({})):
    """The frame with ``FEW_DIGITS`` significant digits in the figures of ``rows``, save in the columns ``kept``;
    ``fewer``: {column: digits} of others."""
    figures = [name for name in frame if name not in kept and pd.api.types.is_float_dtype(frame[name])]
    digits = dict.fromkeys(figures, FEW_DIGITS) | fewer
    short = {name: frame[name].map(lambda x, n=digits[name]: float(f"{x:.{n}g}")) for name in figures}
    return frame.assign(**{name: frame[name].where(~rows, short[name]) for name in figures})


def of_rounded_events(frame: pd.DataFrame, base: int) -> pd.DataFrame:
    """Hazards (``estimate``, ``ci_low``, ``ci_high``) as they follow from the rounded events ``behind`` them."""
    factor = rounded(frame["behind"], base) / frame["behind"]
    return frame.assign(**{name: frame[name] * factor for name in ("estimate", "ci_low", "ci_high")})


def _of_rounded_rates(estimates, persons, base):
    """The estimates, excess events per 1,000 (coefficient times rate) as they follow from the rounded rates.

    The excess over the coefficient is the rate, which tells the events to the last one. What a level has more than the
    others is the difference of the two, its error in proportion to that of the level.
    """
    shown = estimates.copy()
    wanted = (
        estimates["term"].astype(str).str.fullmatch(EXCESS.pattern) & estimates["estimate"].notna() & persons
    )
    of_level = {}
    for place in sorted(shown.index[wanted], key=lambda place: OTHERS in estimates.loc[place, "term"]):
        row = estimates.loc[place]
        _, level, others = EXCESS.fullmatch(row["term"]).groups()
        whole = np.array([row["n_used"], row["n_events"]], float)
        key = (row["model"], row["outcome"], row["term"].replace(OTHERS, ""))
        if others and key not in of_level:
            shown.loc[place, list(FIGURES)] = np.nan
            continue
        if others:
            exact, counts, factor = of_level[key]
            value = exact * factor - (exact - row["estimate"]) * _rate_factor(whole - counts, base)
        else:
            counts = row[["behind_persons", "behind_events"]].to_numpy(float) if level else whole
            factor = _rate_factor(counts, base)
            of_level[key] = row["estimate"], counts, factor
            value = row["estimate"] * factor
        error = row["std_error"] * factor
        ends = value + (row[["ci_low", "ci_high"]].to_numpy(float) - row["estimate"]) * factor
        p_value = 2 * stats.t.sf(abs(value) / error, row["n_clusters"] - 1) if others else row["p_value"]
        shown.loc[place, ["estimate", "std_error", "ci_low", "ci_high", "p_value"]] = [
            value,
            error,
            *ends,
            p_value,
        ]
    return shown


def _rate_factor(counts, base):
    """What a rate changes by when its observations and events, ``counts`` (2,), are rounded."""
    observations, events = rounded(counts, base) / counts
    return events / observations if counts[1] > 0 else 1.0


def _round_models(estimates, persons, base):
    """Round the counts of the models in place; observations read, dropped and used still add up where all are told.

    Returns the mask of the rows of which a count was rounded.
    """
    events, rows = estimates["n_events"].notna(), persons & estimates["n_used"].notna()
    _round(estimates, "n_events", events, base)
    _round(estimates, "n_used", rows, base)
    known = (rows & estimates["n_read"].notna()).to_numpy()
    _round(
        estimates, "n_read", persons & estimates["n_read"].notna(), base
    )  # also where those used are withheld
    lost = estimates["n_read"] - estimates["n_used"]
    estimates["n_dropped"] = pd.to_numeric(estimates["n_dropped"]).astype(float).mask(known, lost)
    texts = estimates["dropped_by_reason"].astype(object).to_numpy(copy=True)
    for place in np.flatnonzero(known):
        drops = json.loads(texts[place]) if isinstance(texts[place], str) and texts[place] else {}
        drops = adding_up(drops, int(lost.iloc[place]), base)
        texts[place] = json.dumps(drops, ensure_ascii=False, sort_keys=True)
    estimates["dropped_by_reason"] = pd.Series(texts, estimates.index, estimates["dropped_by_reason"].dtype)
    return (events | rows).to_numpy()


def adding_up(drops: dict[str, int], total: int, base: int) -> dict[str, int]:
    """Counts by reason rounded to multiples of ``base`` so that they add up to ``total``: the largest gives way."""
    nearest = rounded(np.array([*drops.values()]), base)
    found = {reason: int(n) for reason, n in zip(drops, nearest, strict=True)}
    for reason in sorted(found, key=lambda reason: (-drops[reason], reason)):
        found[reason] = max(found[reason] + total - sum(found.values()), 0)
    return found


def _added_up(frame, before):
    """Chains whose dropped groups are the differences of what remains."""
    frame = frame.copy()
    for _, chain in frame.groupby(["chain", "unit"], sort=False):
        left = chain[chain["reason"] == ""].sort_values("position")
        changed = not chain["n"].equals(pd.to_numeric(before.loc[chain.index, "n"]).astype(chain["n"].dtype))
        for (_, earlier), (_, later) in itertools.pairwise(left.iterrows()) if changed else ():
            drops = chain[(chain["reason"] != "") & (chain["position"] == later["position"])]
            if drops["n"].isna().any() or pd.isna(earlier["n"]) or pd.isna(later["n"]):
                continue
            found = adding_up(drops.set_index("reason")["n"].to_dict(), int(earlier["n"] - later["n"]), 1)
            frame.loc[drops.index, "n"] = [float(found[reason]) for reason in drops["reason"]]
    return frame


def _rescale(frame, before, name):
    """Rates in place as they follow from the rounded counts, and ICC(2), which tells the answers of a group."""
    if name == "scale_reliability" and "icc1" in frame:
        one, two = frame["icc1"], frame["icc2"]
        size = two * (1 - one) / (one * (1 - two)) * frame["respondents"] / before["respondents"]
        frame["icc2"] = (size * one / (1 + (size - 1) * one)).where(one != 0, two)
    if name not in RATES:
        return
    count, over, figures = RATES[name]
    new, old = (
        pd.to_numeric(f[count]).astype(float) / pd.to_numeric(f[over]).astype(float) for f in (frame, before)
    )
    factor = new / old
    for column in frame.columns.intersection(list(figures)):
        scaled = pd.to_numeric(frame[column]).astype(float) * factor
        frame[column] = frame[column].mask(factor.ne(1) & factor.notna(), scaled)


def _changed(frame, before):
    """Number of cells that differ as they are released."""
    frame, before = (
        pd.DataFrame({name: _as_released(each[name]) for name in each}) for each in (frame, before)
    )
    same = (frame == before) | (frame.isna() & before.isna())
    return int((~same).to_numpy().sum())


def _as_released(column):
    if not pd.api.types.is_float_dtype(column):
        return column.astype(object)
    return pd.Series(significant(column.astype(float), DIGITS), column.index, dtype=object)
