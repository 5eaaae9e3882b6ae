"""How an index is made, as one frozen value; every other way to make it is a change to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from jianfu.indices.engine import pipeline
from jianfu.indices.engine.methods import of_group, resolve_all
from jianfu.indices.engine.structure import Structure

CHOICES = ("normalisation", "weights", "aggregation")
NOTHING_DROPPED = "none"  # level of the factor drop_one
MIXED = "declared"  # name of a choice that is not the same for all aggregates
SCALES = {  # one positive scale for all, on which every aggregation is defined: 100 = middle of the reference window
    "z": {"scale": {"mean": 100, "sd": 10}},
    "minmax": {"range": [70, 130]},
    "goalposts": {"range": [70, 130]},
    "percentile": {"range": [70, 130]},
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is aggregated into what, and how: the ``settings`` imputation, treatment, normalisation, weights and
    aggregation as they are written (:func:`~jianfu.indices.engine.methods.resolve_all`); others are passed over."""

    structure: Structure
    settings: Mapping = field(default_factory=dict)

    @cached_property
    def methods(self) -> dict:
        """The settings as used. Raises :class:`~jianfu.core.errors.ConfigError` where they are wrong."""
        return resolve_all(self.settings)

    @cached_property
    def choices(self) -> dict[str, str]:
        """Names of the methods chosen: {normalisation, weights, aggregation}."""
        found = {"normalisation": self.methods["normalisation"]["method"]}
        for key in ("weights", "aggregation"):
            used = {of_group(self.methods[key], group)["method"] for group in self.structure.groups}
            found[key] = used.pop() if len(used) == 1 else MIXED
        return found

    def fit(self, values: np.ndarray, reference: np.ndarray) -> dict:
        """Anchors from the rows of ``values`` (N, k) where ``reference`` (N,) is true."""
        return pipeline.fit(values, self.structure, reference, self.methods)

    def changed(self, **settings) -> Self:
        """The same with other ``settings``."""
        return replace(self, settings={**self.settings, **settings})

    def without(self, code: str) -> Self:
        """The same without one indicator."""
        return replace(self, structure=self.structure.without(code))

    def varied(self, **choices: str) -> Self:
        """The same with other methods by name, as in :attr:`choices`; the others stay as they are written.

        Where normalisation or aggregation are others, scores lie on :data:`SCALES`. The share of components that must
        be present stays.
        """
        choices = {**self.choices, **choices}
        new = {key: method for key, method in choices.items() if method != self.choices[key]}
        settings = {key: {"method": method} for key, method in new.items()}
        if "aggregation" in new:
            settings["aggregation"]["min_share"] = self.methods["aggregation"]["default"]["min_share"]
        if {"normalisation", "aggregation"} & set(new):
            method, written = choices["normalisation"], self.settings.get("normalisation")
            kept = written if isinstance(written, Mapping) and "normalisation" not in new else {}
            settings["normalisation"] = {**kept, "method": method, **SCALES.get(method, {})}
        return self.changed(**settings)

    def grid(self, choices: Mapping, codes: Sequence[str]) -> dict[str, list]:
        """Levels of every factor of a multiverse, what is declared first.

        choices: the further methods {normalisation, weights, aggregation: names} and ``drop_one``, whether each of
        ``codes`` is left out in turn; a code that alone makes up its aggregate never is.
        """
        found = {key: list(dict.fromkeys([self.choices[key], *choices[key]])) for key in CHOICES}
        alone = {group.children[0] for group in self.structure.groups if len(group.children) == 1}
        dropped = [code for code in codes if code not in alone] if choices["drop_one"] else []
        return found | {"drop_one": [NOTHING_DROPPED, *dropped]}

    def at(self, row) -> Self:
        """The recipe of one combination of the levels of :meth:`grid`."""
        found = self.varied(**{key: getattr(row, key) for key in CHOICES})
        return found if row.drop_one == NOTHING_DROPPED else found.without(row.drop_one)
