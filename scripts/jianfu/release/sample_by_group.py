"""Table 1: who the sample is made of, by cohort and by tertile of burden, before disclosure control."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from jianfu.core.units import latest_units
from jianfu.exits.incidence import TERTILES
from jianfu.models.tables.table import exposure_at
from jianfu.release.outputs import TOTAL

COLUMNS = ["grouping", "variable", "level", "group", "n", "of", "share", "mean", "sd", "difference"]
SHARES = ("sex", "tenure_band", "lock_band", "unit_type")  # of persons, at their first month at risk
MEANS = ("tenure_years", "exposure")


def persons_of(
    months: pd.DataFrame, units: pd.DataFrame, exposures: pd.DataFrame, *, index: str
) -> pd.DataFrame:
    """One row per person: cohort, unit, traits and years of tenure in the first month at risk, mean exposure over all.

    months: person-months with details, ordered by person and month; index: name of the exposure, NaN where unknown.
    """
    value = pd.Series(exposure_at(months["unit_code"], months["month"], exposures, index), months.index)
    mean = value.groupby(months["person_key"], observed=True).mean()
    first = months.drop_duplicates("person_key").astype({"unit_code": object, "person_key": object})
    types = latest_units(units).set_index("unit_code")["unit_type"]
    return first.assign(
        unit_type=first["unit_code"].map(types),
        tenure_years=first["tenure_months"] / 12,
        exposure=first["person_key"].map(mean),
        persons="",
    ).reset_index(drop=True)


def sample_by_group(
    persons: pd.DataFrame, answers: pd.DataFrame, tertiles: pd.Series, scales: Sequence[str], *, least: int
) -> pd.DataFrame:
    """Long table COLUMNS: persons and answers by cohort and by tertile of burden of their unit, each with the total.

    persons: of :func:`persons_of`; answers: survey scores with cohort and unit; tertiles: Series unit -> tertile.
    share: n of ``of``, the persons of the group (of all persons in the row of their number), per cent; difference: the
    largest standardised difference between two groups, of means in pooled SD, of shares as Austin
    (2009, Commun. Stat. 38, 1228), in the rows of all.
    """
    rows = []
    for grouping in ("cohort", "tertile"):
        order = list(persons["cohort"].cat.categories) if grouping == "cohort" else list(TERTILES)
        for frame, unit, shares, means in (
            (persons, "unit_code", ("persons", *SHARES), MEANS),
            (answers, "unit", (), scales),
        ):
            group = frame["cohort"].astype(object)
            if grouping == "tertile":
                group = frame[unit].astype(object).map(tertiles)
            own = frame[group.notna()].assign(group=group)
            order_here = [name for name in order if (own["group"] == name).any()]
            for variable in shares:
                rows += _shares(own, grouping, variable, order_here, least)
            for variable in means:
                rows += _means(own, grouping, variable, order_here, least)
    return pd.DataFrame(rows, columns=COLUMNS)


def _shares(frame, grouping, variable, order, least):
    """Rows of a variable with levels: numbers and shares by group, then those of all with the largest difference."""
    levels = frame[variable].astype(object)
    sizes = {name: int((frame["group"] == name).sum()) for name in order}
    rows = []
    ordered = getattr(frame[variable], "cat", None)
    present = set(levels.dropna())
    for level in ordered.categories if ordered else sorted(present):
        if level not in present:
            continue
        here = levels == level
        found = {name: int((here & (frame["group"] == name)).sum()) for name in order}
        parts = {name: n / sizes[name] for name, n in found.items() if least <= n <= sizes[name] - least}
        spread = {name: part * (1 - part) for name, part in parts.items()}
        difference = np.nan if variable == "persons" else _largest(parts, spread)
        shown = {**found, TOTAL: int(here.sum())}
        for name, n in shown.items():
            of = len(frame) if name == TOTAL or variable == "persons" else sizes[name]
            last = difference if name == TOTAL else np.nan
            rows.append((grouping, variable, str(level), name, n, of, 100 * n / of, np.nan, np.nan, last))
    return rows


def _means(frame, grouping, variable, order, least):
    """Rows of a number: answers or persons with it, mean and SD by group, then those of all."""
    if variable not in frame:
        return []
    known = frame[frame[variable].notna()]
    parts = {name: known.loc[known["group"] == name, variable] for name in order}
    enough = {name: values for name, values in parts.items() if len(values) >= least}
    difference = _largest(
        {name: values.mean() for name, values in enough.items()},
        {name: values.var(ddof=1) for name, values in enough.items()},
    )
    return [
        (
            *(
                grouping,
                variable,
                "",
                name,
                len(values),
                len(values),
                np.nan,
                values.mean(),
                values.std(ddof=1),
            ),
            difference if name == TOTAL else np.nan,
        )
        for name, values in {**parts, TOTAL: known[variable]}.items()
        if len(values)
    ]


def _largest(means, variances):
    """The largest difference of two means in the root of their mean variance, to two decimals; NaN without any."""
    found = [
        abs(means[a] - means[b]) / np.sqrt((variances[a] + variances[b]) / 2)
        for a, b in combinations(means, 2)
        if variances[a] + variances[b] > 0
    ]
    return round(max(found), 2) if found else np.nan
