"""An analysis table as Stata and SPSS hold one: numeric variables with labels of variables and of values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jianfu.core.labels import Labels
from jianfu.models.words import text_of

LONGEST = 32  # characters of a name in Stata
LONGEST_BYTES = 64  # bytes of a name in SPSS
LONGEST_LABEL = 80  # characters of the label of a variable in Stata
RESERVED = {
    *("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"),  # SPSS
    *("byte", "double", "float", "if", "in", "int", "long", "str", "using", "strl"),  # Stata
}
MONTH = re.compile(r"\d{4}-\d{2}")
TEXT = ("person",)  # columns that stay text: what they hold is no level of anything


@dataclass(frozen=True)
class Variable:
    """One variable of a file: name there, label, {code: label} of its values, whether the codes are months.

    codes: {value of the column: code}, for whoever writes a condition on it.
    """

    name: str
    column: str
    label: str
    levels: Mapping[int, str] = field(default_factory=dict)
    codes: Mapping[object, int] = field(default_factory=dict)
    month: bool = False


@dataclass(frozen=True, kw_only=True)
class Words:
    """Where the label of a column is looked up, in this order: labels, names of indicators, items of scales, headings.

    indicators: {code: label}; items: {item: scale}; headings: {column: usual heading}; names: {column: {value: label}}
    of units and counties; dummies: ``categories`` of config/plan/models.yaml; added: {column: label} of columns that
    only the files have.
    """

    labels: Labels
    indicators: Mapping[str, str]
    items: Mapping[str, str]
    headings: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    dummies: Mapping[str, Mapping[str, str]]
    added: Mapping[str, str] = field(default_factory=dict)

    def of(self, column: str) -> str:
        """Label of a column; its name where there is none."""
        found = self._plain(column)
        stem, _, tail = column.rpartition("_")
        if not found and f"term_suffix_{tail}" in self.labels and self._plain(stem):
            found = self._plain(stem) + self.labels(f"term_suffix_{tail}")
        return (found or column)[:LONGEST_LABEL]

    def _plain(self, column):
        if column in self.added:
            return self.added[column]
        for key in (f"variable_{column}", f"outcome_{column}", column, f"value_{column}"):
            if key in self.labels:
                return self.labels(key)
        if column in self.items:
            return self.labels("variable_item", scale=self.of(self.items[column]), item=column)
        return self.indicators.get(column) or self.headings.get(column, "")

    def of_value(self, column: str, value: object) -> str:
        """Label of a value of a column; the value itself where there is none."""
        dummy = self.dummies.get(column, {}).get(value, "")
        return text_of(dummy, self.labels, self.names.get(column, {}).get(value, value))


def described(frame: pd.DataFrame, words: Words) -> tuple[pd.DataFrame, list[Variable]]:
    """The frame in numbers (text only where it is no level of anything) and its variables, in the order of the columns.

    Levels are coded 1 ... K: declared ones (``categories``) in their order, the reference first, the others sorted;
    months as Stata counts them (months since January 1960); yes and no as 1 and 0.
    """
    columns, variables, taken = {}, [], set()
    for column in frame:
        name = variable_name(column, taken)
        values, codes, month = _in_numbers(frame[column], list(words.dummies.get(column, ())))
        columns[name] = values
        shown = {code: words.of_value(column, value) for value, code in codes.items()}
        if frame[column].dtype == bool:
            shown = {0: words.labels("no"), 1: words.labels("yes")}
        variables.append(Variable(name, column, words.of(column), shown, codes, month))
    return pd.DataFrame(columns, index=frame.index), variables


def variable_name(column: str, taken: set[str]) -> str:
    """A name that Stata, SPSS and R take, other than those ``taken`` whatever their case; it is taken from now on."""
    name = re.sub(r"\W", "_", column).lstrip("_") or "v"
    if name[0].isdigit() or name.lower() in RESERVED:
        name = f"v_{name}"
    stem, number = _shortened(name, ""), 1
    name = stem
    while name.lower() in taken:
        number += 1
        name = _shortened(stem, f"_{number}")
    taken.add(name.lower())
    return name


def _shortened(name, ending):
    name = name[: LONGEST - len(ending)]
    while len((name + ending).encode()) > LONGEST_BYTES:
        name = name[:-1]
    return name.rstrip("_" if not ending else "") + ending


def _in_numbers(values: pd.Series, declared: Iterable) -> tuple[pd.Series, dict, bool]:
    """Values as numbers (missing = NaN), {value: code} of its levels, and whether these are months."""
    if values.dtype == bool:
        return values.astype(float), {}, False
    if not isinstance(values.dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(values):
        return values.astype(float), {}, False
    texts = values.astype(object).where(values.notna(), None)
    if values.name in TEXT:
        return texts.fillna(""), {}, False
    found = [value for value in texts.unique() if value is not None]
    if found and all(MONTH.fullmatch(str(value)) for value in found):
        codes = {value: months_since_1960(str(value)) for value in sorted(found)}
        return texts.map(codes).astype(float), codes, True
    if found and all(isinstance(value, int | float | np.integer) for value in found):
        return texts.astype(float), {}, False
    order = [value for value in declared if value in found]
    order += sorted((value for value in found if value not in order), key=str)
    codes = {value: code for code, value in enumerate(order, start=1)}
    return texts.map(codes).astype(float), codes, False


def months_since_1960(month: str) -> int:
    """A month such as 2024-03 as Stata counts it."""
    year, number = month.split("-")
    return (int(year) - 1960) * 12 + int(number) - 1
