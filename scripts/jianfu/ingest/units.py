"""Which unit a cell names: by code, name, alias, former name, with or without county and city in front.

The canonical code is the one in `units`, as it stands there, of 9 or 12 digits. A wording that fits several units is
ambiguous, one that fits none unknown.
"""

import re
import unicodedata
from dataclasses import dataclass, field

import numpy as np

UNKNOWN, AMBIGUOUS = "unknown_unit", "ambiguous_unit"
_OFFICES = {"街道": ("", "办", "办事处"), "": ("", "政府", "人民政府")}
_ALIAS_BREAK = re.compile(r"[;；、,，|\n]+")
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?E\+?(\d{1,2})")


def normal_name(text):
    """A unit name without blanks and in half-width letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).strip("\u200b\ufeff'")


def whole_code(text):
    """A code as digits, floats repaired (390121189.0); None where Excel has lost digits (3.90E+08)."""
    text = normal_name(text).upper()
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        lead, decimals, exponent = scientific[1], scientific[2] or "", int(scientific[3])
        if len(decimals) < exponent or decimals[exponent:].strip("0"):
            return None
        text = lead + decimals[:exponent]
    return re.sub(r"^(\d+)\.0*$", r"\1", text)


def normal_code(text):
    """A code by which codes are compared: as :func:`whole_code`, without the zeros of lower levels (390121189000)."""
    text = whole_code(text)
    if text is not None and text.isdigit() and len(text) in (9, 12):
        while len(text) > 6 and text.endswith("000"):
            text = text[:-3]
    return text


@dataclass(frozen=True)
class UnitIndex:
    """Lookup of units: ``wordings`` from every accepted wording to the set of its codes.

    ``successors`` holds (predecessor code, successor code, valid_from) in order of date; ``kinds`` the unit type of
    every code, ``areas`` the codes of every county and city by its name, ``periods`` the (first, last) days on which a
    code is in force, NaT where they are open; ``counties`` the codes of the counties that a code, or the name of a
    county or city, means.
    """

    wordings: dict
    successors: list
    kinds: dict = field(default_factory=dict)
    areas: dict = field(default_factory=dict)
    periods: dict = field(default_factory=dict)
    counties: dict = field(default_factory=dict)

    @classmethod
    def from_units(cls, units):
        """Index of the canonical units table (frame with the contract's columns)."""
        wordings, successors, kinds, areas, periods, counties = {}, [], {}, {}, {}, {}
        codes = {normal_code(code): code for code in units["unit_code"]}
        for unit in units.itertuples():
            code = unit.unit_code
            kinds[code] = _text(unit.unit_type) or _kind_of(unit.unit_name)
            periods.setdefault(code, []).append((_day(unit.valid_from), _day(unit.valid_to)))
            county, city = _text(unit.county_name), _text(unit.city_name)
            for area in filter(None, map(normal_name, (county, city))):
                areas.setdefault(area, set()).add(code)
            if own := _text(unit.county_code):
                for wording in filter(None, (own, normal_code(own), normal_name(county), normal_name(city))):
                    counties.setdefault(wording, set()).add(own)
            for wording in (code, normal_code(code)):
                wordings.setdefault(wording, set()).add(code)
            names = {unit.unit_name, *_ALIAS_BREAK.split(_text(unit.aliases))}
            for name in filter(None, map(normal_name, names)):
                for wording in _wordings(name, normal_name(county), normal_name(city)):
                    wordings.setdefault(wording, set()).add(code)
            if _text(unit.predecessor_code):
                start = _day(unit.valid_from)
                for old in _ALIAS_BREAK.split(unit.predecessor_code):
                    successors.append((codes.get(normal_code(old), normal_code(old)), code, start))
        successors.sort(key=lambda s: (str(s[2]), s[0] or "", s[1]))
        return cls(wordings, successors, kinds, areas, periods, counties)

    def resolve(self, wording, county=""):
        """Code of a wording, or UNKNOWN or AMBIGUOUS. ``county`` comes from a column of its own."""
        name = normal_name(wording)
        if county:
            found = self.wordings.get(normal_name(county) + name, set())
            if len(found) == 1:
                return next(iter(found))
        found = self.wordings.get(name) or self.wordings.get(normal_code(wording), set())
        if not found:
            return UNKNOWN
        return next(iter(found)) if len(found) == 1 else AMBIGUOUS

    def area_in(self, text):
        """The county or city whose name a text begins with (甲县应急局), or ''."""
        return max((area for area in self.areas if text.startswith(area)), key=len, default="")

    def county_in(self, text):
        """The one county that a title or name speaks of (甲县花名册), or ''; a city counts where it has no other."""
        text = normal_name(text)
        named = [area for area in self.areas if area in text]
        named = [area for area in named if not any(self.areas[area] > self.areas[other] for other in named)]
        return named[0] if len({frozenset(self.areas[area]) for area in named}) == 1 else ""

    def counties_named(self, text):
        """Codes of the counties that a code or name means, in order; [] where it means none. A name may have words
        around it (乙县范围内)."""
        found = self.counties.get(normal_name(text)) or self.counties.get(normal_code(text))
        return sorted(found or self.counties.get(self.county_in(text), ()))

    def of_kind(self, kinds, area=""):
        """Codes of the units of these types, in order, of one county or city where ``area`` names it."""
        within = self.areas.get(normal_name(area), set()) if area else self.kinds
        return sorted(code for code in within if self.kinds[code] in kinds)

    def in_force(self, code, day):
        """Whether a code is in force on a day (datetime64)."""
        return any(not (start > day or end < day) for start, end in self.periods[code])

    def follow(self, codes, days):
        """Codes after mergers: a predecessor leads to its successor from the successor's first day.

        ``codes`` object array, ``days`` datetime64 array (NaT counts as before). Returns a new array.
        """
        codes = codes.copy()
        for old, new, start in self.successors:
            since = np.ones(len(codes), bool) if np.isnat(start) else days >= start
            codes[(codes == old) & since] = new
        return codes


def _day(value):
    return np.datetime64("NaT") if value is None or value != value else np.datetime64(value, "D")


def _kind_of(name):
    return next((kind for kind in ("街道", "镇", "乡") if name.endswith(kind)), "其他")


def _text(value):
    return value if isinstance(value, str) else ""


def _wordings(name, county, city):
    """Every accepted way to write a unit's name, which may itself begin with its county and city (甲县河口镇)."""
    bare = name.removeprefix(city).removeprefix(county) or name
    stems = {name, bare}
    for office in ("人民政府", "政府", "办事处"):
        stems |= {stem.removesuffix(office) for stem in (name, bare) if stem != office}
    for stem in stems:
        for office in _OFFICES["街道" if stem.endswith("街道") else ""]:
            for place in {"", county, city, city + county}:
                yield place + stem + office
