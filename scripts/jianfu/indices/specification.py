"""The specification of the burden indices of a province: members, methods, reference window, months of exposures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.indices.engine.recipe import Recipe
from jianfu.indices.engine.structure import Group, Structure
from jianfu.indices.methods import resolve_methods

NO_PAIR = (np.nan, np.nan)


@dataclass(frozen=True)
class Months:
    """The months m - ``first`` to m - ``last`` before a month m, of which ``least`` must be present."""

    first: int
    last: int
    least: int

    @property
    def name(self) -> str:
        """``1-3``."""
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, kw_only=True)
class IndexSpec(Recipe):
    """How the burden indices of a province are made.

    structure: an indicator may belong to several indices, the groups; its frame has also ``per_head``, ``yearly`` and
    ``unit``. settings: the group ``indices`` of the province. reference: first and last month of the reference window,
    from which anchors come. before, survey: the months of the exposures.
    """

    reference: tuple[str, str]
    before: Months = Months(1, 3, 2)
    survey: Months = Months(1, 6, 4)

    @cached_property
    def methods(self) -> dict:
        """As for every recipe, with the scales of the burden indices."""
        return resolve_methods(self.settings)

    @property
    def indices(self) -> list[str]:
        """Codes of the indices."""
        return [group.code for group in self.structure.groups]

    @property
    def codes(self) -> list[str]:
        """Codes of the members, each once."""
        return self.structure.codes

    def only(self, *indices: str) -> Self:
        """The same for some of the indices, without what the settings say of others."""
        groups = tuple(group for group in self.structure.groups if group.code in indices)
        members = list(dict.fromkeys(code for group in groups for code in group.children))
        settings = {
            key: {
                **value,
                "parents": {code: value["parents"][code] for code in indices if code in value["parents"]},
            }
            if isinstance(value, Mapping) and "parents" in value
            else value
            for key, value in self.settings.items()
        }
        structure = Structure(self.structure.indicators.loc[members], groups)
        return replace(self, structure=structure, settings=settings)


def read_members(path: str, indicators: pd.DataFrame) -> pd.DataFrame:
    """Members of the indices: index, indicator, weight, direction, transformation, per_head, yearly, unit.

    ``path`` is the plan's indices.csv (index, indicator, weight), ``indicators`` the indicator table.
    """
    return members_of(pd.read_csv(path, dtype={"weight": float}, encoding="utf-8-sig"), indicators, path)


def members_of(members: pd.DataFrame, indicators: pd.DataFrame, path: str) -> pd.DataFrame:
    """The same for rows index, indicator, weight; ``path``: the file to name where something is wrong."""
    order = pd.Index(members["index"].unique())
    members = members.sort_values("index", key=order.get_indexer, kind="stable", ignore_index=True)
    members["weight"] = members["weight"].fillna(1.0)
    traits = indicators.set_index("code")
    for row in members.itertuples():
        if row.indicator not in traits.index:
            raise ConfigError("member_unknown", file=path, index=row.index, code=row.indicator)
        if row.weight <= 0:
            raise ConfigError("member_weight", file=path, code=row.indicator)
    members["direction"] = members["indicator"].map(traits["direction"])
    members["transformation"] = members["indicator"].map(traits["transformation"])
    members["per_head"] = members["indicator"].map(traits["denominator"]).str.contains("headcount")
    members["yearly"] = members["indicator"].map(traits["frequency"]) == "year"
    members["unit"] = members["indicator"].map(traits["unit_en"])
    return members


def index_spec(
    members: pd.DataFrame,
    reference: tuple[str, str],
    *,
    settings: Mapping | None = None,
    exposure: Mapping | None = None,
) -> IndexSpec:
    """The specification of a province.

    members: as from :func:`read_members` (per_head, yearly and unit may be absent: none of these); settings, exposure:
    the groups ``indices`` and ``exposure`` of the province; without them z-scores, weights of the plan, arithmetic
    mean, and the months of :class:`IndexSpec`. Raises :class:`ConfigError` where settings name no member.
    """
    settings = settings or {}
    table = members.drop_duplicates("indicator").set_index("indicator")
    posts, limits = settings.get("goalposts") or {}, settings.get("limits") or {}
    for key, given in (("goalposts", posts), ("limits", limits)):
        for code in given:
            if code not in table.index:
                raise ConfigError("no_member", key=key, code=code)
    indicators = pd.DataFrame(
        {
            "direction": table["direction"],
            "transformation": table["transformation"],
            "treatment": "default",
            "low": [posts.get(code, NO_PAIR)[0] for code in table.index],
            "high": [posts.get(code, NO_PAIR)[1] for code in table.index],
            "lower": [limits.get(code, NO_PAIR)[0] for code in table.index],
            "upper": [limits.get(code, NO_PAIR)[1] for code in table.index],
            "reference": np.nan,
            "per_head": table.get("per_head", False),
            "yearly": table.get("yearly", False),
            "unit": table.get("unit", ""),
        }
    )
    groups = tuple(
        Group(index, 2, tuple(part["indicator"]), tuple(part["weight"]))
        for index, part in members.groupby("index", sort=False)
    )
    months = {}
    if exposure:
        months["before"] = Months(*exposure["lags"], exposure["min_months"])
        months["survey"] = Months(1, exposure["survey_months"], exposure["survey_min_months"])
    return IndexSpec(
        structure=Structure(indicators, groups), settings=settings, reference=tuple(reference), **months
    )
