"""The indicator table: which indicators there are, and what is aggregated into what, at any number of levels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import nearest
from jianfu.indices.engine.treat import TRANSFORMATIONS

TEXTS = ("parent", "transformation", "treatment", "denominator", "label")
NUMBERS = ("direction", "weight", "low", "high", "lower", "upper", "reference")
COLUMNS = ("code", *TEXTS, *NUMBERS)
SIGNS = {"+": 1, "-": -1, "−": -1}  # of a direction
DESCRIPTIVE = (
    "name",
    "label_zh",
    "label_en",
    "description",
    "unit",
    "level",
    "source",
    "note",
)  # for readers only


@dataclass(frozen=True)
class Group:
    """An aggregate: its code, its level (indicators are 1), the codes it is made of and their declared weights."""

    code: str
    level: int
    children: tuple
    weights: tuple


@dataclass(frozen=True)
class Structure:
    """``indicators``: frame by code with direction, transformation, treatment, denominator, label, low, high, lower,
    upper, reference (NaN = not given); ``groups``: aggregates from the lowest level upwards, so that each stands after
    those it is made of."""

    indicators: pd.DataFrame
    groups: tuple

    @property
    def codes(self):
        return list(self.indicators.index)

    @property
    def levels(self):
        """Number of levels of aggregates."""
        return max(group.level for group in self.groups) - 1


def build_structure(table, name="structure"):
    """:class:`Structure` of a table with the columns code, parent and optionally the others of ``COLUMNS``.

    A code that is the parent of another is an aggregate; a parent without a row of its own is a top of the tree.
    ``name`` stands in the sentences of :class:`ConfigError`.
    """
    table = _clean(table, name)
    parents = table["parent"]
    aggregates = set(parents.dropna())
    for code in table.index[parents.isna()]:
        if code not in aggregates:
            raise ConfigError(
                f"{name}: '{code}' has no parent and is no parent; name the index it belongs to."
            )
    level = _levels(parents, aggregates, name)
    _check(table, aggregates, name)
    tops = sorted(aggregates - set(table.index))
    groups = []
    for code in [*(code for code in table.index if code in aggregates), *tops]:
        children = table.index[parents == code]
        weights = table.loc[children, "weight"].fillna(1.0)
        groups.append(Group(code, level[code], tuple(children), tuple(weights)))
    groups.sort(key=lambda group: group.level)
    indicators = table.loc[~table.index.isin(aggregates)].drop(columns=["parent", "weight"])
    return Structure(indicators, tuple(groups))


def _clean(table, name):
    """The table by code, with all columns, texts stripped and numbers as floats."""
    table = table.rename(columns=lambda column: str(column).strip().lower())
    table = table.drop(columns=[column for column in table.columns if column in DESCRIPTIVE])
    for column in table.columns:
        if column not in COLUMNS:
            close = nearest(column, COLUMNS)
            advice = f"did you mean '{close}'?" if close else f"valid are {', '.join(COLUMNS)}."
            raise ConfigError(f"{name}: unknown column '{column}'; {advice}")
    for column in ("code", "parent"):
        if column not in table:
            raise ConfigError(
                f"{name}: the column '{column}' is missing; each row needs a code and its parent."
            )
    table = table.dropna(how="all").reindex(columns=COLUMNS)
    for column in ("code", *TEXTS):
        table[column] = table[column].map(_text)
    for column in NUMBERS:
        numbers = pd.to_numeric(table[column].replace(SIGNS), errors="coerce")
        wrong = table.loc[numbers.isna() & table[column].notna() & (table[column].map(_text).notna()), "code"]
        if len(wrong):
            raise ConfigError(f"{name}: '{column}' of '{wrong.iloc[0]}' is no number; correct the cell.")
        table[column] = numbers.astype(float)
    if table["code"].isna().any():
        raise ConfigError(f"{name}: row {int(np.argmax(table['code'].isna())) + 1} has no code; fill it in.")
    twice = table.loc[table["code"].duplicated(), "code"]
    if len(twice):
        raise ConfigError(f"{name}: the code '{twice.iloc[0]}' stands twice; keep one row.")
    if table.empty:
        raise ConfigError(f"{name}: the table has no row; write one per indicator.")
    return table.set_index("code")


def _text(value):
    """Text of a cell; whole numbers without decimals; None where it is empty or NA, as R writes it."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if text in ("", "NA", "NaN", "nan") else text


def _levels(parents, aggregates, name):
    """Level of every code: 1 for indicators, one more than the highest child for aggregates."""
    children = {code: [] for code in aggregates}
    for code, parent in parents.items():
        if parent is not None and not pd.isna(parent):
            children[parent].append(code)
    level, path = {}, []

    def climb(code):
        if code in path:
            circle = " → ".join([*path[path.index(code) :], code])
            raise ConfigError(f"{name}: the parents run in a circle ({circle}); correct one of them.")
        if code not in level:
            path.append(code)
            level[code] = 1 + max((climb(child) for child in children.get(code, [])), default=0)
            path.pop()
        return level[code]

    for code in [*parents.index, *aggregates]:
        climb(code)
    return level


def _check(table, aggregates, name):
    own = ~table.index.isin(aggregates)
    table["direction"] = table["direction"].fillna(1.0)
    table["transformation"] = table["transformation"].fillna("none")
    table["treatment"] = table["treatment"].fillna("default")
    for code, row in table.iterrows():
        if row["direction"] not in (-1.0, 1.0):
            raise ConfigError(f"{name}: 'direction' of '{code}' must be 1 or -1, not {row['direction']:g}.")
        if row["weight"] < 0:
            raise ConfigError(f"{name}: 'weight' of '{code}' must not be below zero.")
        if row["transformation"] not in TRANSFORMATIONS:
            raise ConfigError(
                f"{name}: 'transformation' of '{code}' cannot be '{row['transformation']}'; "
                f"valid are {', '.join(TRANSFORMATIONS)}."
            )
        if row["treatment"] not in ("default", "none"):
            raise ConfigError(f"{name}: 'treatment' of '{code}' can only be none (or empty).")
        for first, second in (("low", "high"), ("lower", "upper")):
            if row[first] >= row[second]:
                raise ConfigError(f"{name}: '{first}' of '{code}' must lie below '{second}'.")
    for code in table.index[~own & (table["direction"] == -1)]:
        raise ConfigError(f"{name}: '{code}' is an aggregate; give a direction to its indicators instead.")
