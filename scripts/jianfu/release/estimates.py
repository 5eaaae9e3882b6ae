"""Estimates at the gate: figures with too little behind them, counts of persons, and the reasons beside them."""

import json
from pathlib import Path

import pandas as pd

from jianfu.core.errors import DataError
from jianfu.core.labels import Labels
from jianfu.core.reasons import read_reasons, write_reasons
from jianfu.core.spreadsheets import write_csv
from jianfu.models.estimates import CHECK, RELEASED_COLUMNS, RESTRICTED_COLUMNS
from jianfu.models.reasons import because
from jianfu.models.term import CONSTANT
from jianfu.models.words import said
from jianfu.release.outputs import DIGITS, Limits
from jianfu.release.reasons import coarse_texts, with_dropped
from jianfu.release.reasons_file import reasons_table
from jianfu.release.suppression import gather_small

FIGURES = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n_events"]
RATE_TERM = "events_per_unit"


def release_estimates(estimates: pd.DataFrame, limits: Limits) -> tuple[pd.DataFrame, dict[str, int]]:
    """Estimates that may leave, in the columns they had, and the rows touched by each rule.

    A row keeps its place but loses its figures where fewer than ``min_cell`` observations or events are behind the
    model or the term (:mod:`jianfu.models.behind`), or fewer than ``min_residual_df`` residual degrees of freedom;
    what would tell a withheld one goes with it: event counts, and the smallest further level. Where observations are
    persons (rows without events; ``persons``: not those whose rows are units, months or chains), small dropped groups
    are merged. A small number of observations used goes with the counts whose difference it is, unless none was used;
    behind few events of persons go the units and clusters with them, each of which has one, also from the reasons, and
    what was dropped.
    """
    missing = [column for column in RESTRICTED_COLUMNS if column not in estimates]
    if missing:
        raise DataError("estimates_without_column", column=missing[0])
    released = estimates[RESTRICTED_COLUMNS].copy().reset_index(drop=True)
    used, events = (pd.to_numeric(released[c]) for c in ("n_used", "n_events"))
    fitted = released["estimate"].notna().to_numpy()
    few = (used.lt(limits.min_cell) | events.lt(limits.min_cell)).to_numpy(dtype=bool, na_value=False)
    terms = _thin_terms(released, limits.min_cell)
    freedom = pd.to_numeric(released["residual_df"])
    thin = freedom.lt(limits.min_residual_df).to_numpy(dtype=bool, na_value=False)
    whole = fitted & (few | thin) | few & events.notna().to_numpy()
    hidden = whole | fitted & terms
    for column in FIGURES:
        released[column] = released[column].mask(whole if column == "n_events" else hidden)
    persons = counts_persons(released)
    small = (persons & used.gt(0) & used.lt(limits.min_cell)).to_numpy(dtype=bool, na_value=False)
    scarce = (persons & (events.lt(limits.min_cell) | _said_few(released, limits.min_cell))).to_numpy(
        dtype=bool, na_value=False
    )
    for column in ("n_units", "n_clusters"):  # each has an event, so that they bound the number of events
        released[column] = released[column].mask(scarce)
    small = small | scarce
    for column in ("n_used", "n_dropped"):
        released[column] = released[column].mask(small)
    released["dropped_by_reason"] = released["dropped_by_reason"].mask(small, "{}")
    siblings = _part_outcomes(released, few & whole)
    released["n_events"] = released["n_events"].mask(siblings)
    reasons, coarse = coarse_texts(released["reasons"], limits.min_cell, scarce)
    released = with_reason(released.assign(reasons=reasons), hidden, because("not_published"))
    merged = _merge_dropped(released, (persons & events.isna()).to_numpy(), limits.min_cell)
    counts = {
        "small_cells": int((hidden & (few | terms)).sum()),
        "residual_df": int((hidden & thin & ~few & ~terms).sum()),
        "dropped_groups": merged,
        "reasons": coarse,
    }
    return released, counts


def _said_few(rows, min_cell):
    """Rows whose reasons say that a model has fewer than ``min_cell`` events, as a series."""

    def few(text):
        told = [found.get("why", found) for found in (reason.data() for reason in read_reasons(text))]
        return any(one["code"] == "too_few_events" and one["events"] < min_cell for one in told)

    return rows["reasons"].map(few)


def _thin_terms(rows, min_cell):
    """Mask of the rows whose term has few persons or events behind it, and of those that would tell such a one.

    The levels of a variable and its reference add up to what the model uses: levels that are withheld have at least
    ``min_cell`` persons or events together, else the smallest of the others goes with them, and where none is left the
    constant.
    """
    persons, events = (pd.to_numeric(rows[name]) for name in ("behind_persons", "behind_events"))
    size = events.fillna(persons)
    few = (persons.lt(min_cell) | events.lt(min_cell)).to_numpy(dtype=bool, na_value=False, copy=True)
    whole = rows["model"].astype(str).str.split(CHECK).str[0]
    of = rows["behind_of"].astype(object).fillna("").astype(str)
    for _, own in rows[(of != "").to_numpy()].groupby([whole, "outcome", of], dropna=False):
        places = own.index
        hidden = few[places]
        while hidden.any() and size[places][hidden].unique().sum() < min_cell:
            left = size[places][~hidden]
            if left.empty:
                few |= (whole.eq(whole[places[0]]) & rows["term"].eq(CONSTANT)).to_numpy()
                break
            few[places] |= (size[places] == left.min()).to_numpy()
            hidden = few[places]
    return few


def counts_persons(estimates: pd.DataFrame) -> pd.Series:
    """Whether the observations behind each row are persons or counts of them; where unknown, they are."""
    return estimates["persons"].map(lambda known: known is None or bool(known))


def _part_outcomes(released, hidden):
    """Rows whose events, taken from the primary model's, would tell those of a row withheld for few events.

    The causes of exit add up to all voluntary exits: where one is withheld, the event counts of the others go as well.
    """
    found = pd.Series(False, index=released.index)
    for hypothesis in released.loc[hidden, "hypothesis"].unique():
        same = released["hypothesis"] == hypothesis
        whole = set(released.loc[same & (released["role"] == "primary"), "outcome"])
        found |= same & ~released["outcome"].isin(whole)
    return found


def _merge_dropped(released, persons, min_cell):
    """Merge small dropped groups of persons in place; number of rows changed."""
    changed = 0
    for row in released.index[persons]:
        text = released.loc[row, "dropped_by_reason"]
        drops = {
            r: int(n)
            for r, n in (json.loads(text) if isinstance(text, str) and text else {}).items()
            if n > 0
        }
        if not drops or all(n >= min_cell for n in drops.values()):
            continue
        changed += 1
        if sum(drops.values()) >= min_cell:
            drops = gather_small(drops, min_cell)
        else:
            drops = {}
            released.loc[row, ["n_read", "n_dropped"]] = None
        released.loc[row, "dropped_by_reason"] = json.dumps(drops, ensure_ascii=False, sort_keys=True)
    return changed


def with_reason(estimates: pd.DataFrame, rows, reason) -> pd.DataFrame:
    """Estimates with one more reason in ``rows`` (mask)."""
    added = estimates.loc[rows, "reasons"].map(lambda text: write_reasons([*read_reasons(text), reason]))
    return estimates.assign(reasons=added.reindex(estimates.index).fillna(estimates["reasons"]))


def rates_of_released(estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates whose events per unit are those of the released numbers of events and units."""
    rows = estimates["term"].eq(RATE_TERM) & estimates["estimate"].notna()
    estimates = estimates.copy()
    estimates.loc[rows, "estimate"] = estimates.loc[rows, "n_events"] / estimates.loc[rows, "n_units"]
    return estimates


def write_estimates(estimates: pd.DataFrame, folder: str | Path, labels: Labels, mark: str = "") -> None:
    """Write released estimates as estimates.csv, with ``note`` in words, and their reasons as reasons.csv.

    mark: of synthetic data; it stands first in every note and in a column of reasons.csv.
    """
    rows = estimates.to_dict("records")
    reasons = [with_dropped(read_reasons(row["reasons"]), row) for row in rows]
    told = estimates.assign(
        reasons=[write_reasons(found) for found in reasons],
        note=[_note(found, labels, mark) for found in reasons],
    )
    write_csv(told[RELEASED_COLUMNS], Path(folder, "estimates.csv"), digits=DIGITS)
    write_csv(reasons_table(told), Path(folder, "reasons.csv"), mark=mark)


def _note(reasons, labels, mark):
    return labels("list_semicolon").join(part for part in (mark, said(reasons, labels)) if part)
