"""Cohorts, bands of tenure and what counts as leaving, as config/plan/exits.yaml defines them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean

KINDS = ("voluntary", "competing", "censored")
SEXES = ("男", "女", "不详")
UNKNOWN = "不详"
YEARS = range(1900, 2101)  # of birth
KEYS = {"cohorts", "surveyed", "focus", "tenure_bands", "events", "exits", "secondment", "upward", "nowhere"}


@dataclass(frozen=True, kw_only=True)
class Secondment:
    """What departures of the event ``event`` become.

    ``via`` where one of the events ``ends`` follows off the post ``within`` so many months of leaving it, else ``long``
    after ``months`` and more away.
    """

    event: str
    within: int
    ends: list[str]
    via: str
    months: int
    long: str


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """The file as data.

    cohorts: {name: first year of birth}, the first None; surveyed: the same for anonymous answers; tenure_bands: {name:
    months that lie above}, the last None;
    events: {event: kind}; exits: rows (exit type or None, destinations or None, event or None), the first that fits.
    """

    cohorts: dict[str, int | None]
    surveyed: dict[str, int | None]
    focus: str
    tenure_bands: dict[str, int | None]
    events: dict[str, str]
    exits: tuple[tuple[str | None, list[str] | None, str | None], ...]
    secondment: Secondment
    upward: list[str]
    nowhere: list[str]

    def of_kind(self, kind: str) -> list[str]:
        """The events of one of :data:`KINDS`."""
        return [event for event, own in self.events.items() if own == kind]

    def cohort(self, birth_year) -> np.ndarray:
        """Cohort names for years of birth (array; NaN gives None)."""
        year = np.asarray(birth_year, dtype=float)
        names = np.array(list(self.cohorts), dtype=object)[np.digitize(year, list(self.cohorts.values())[1:])]
        return np.where(np.isnan(year), None, names)

    def cohort_surveyed(self, names) -> np.ndarray:
        """Cohorts of anonymous answers (array of names; None where one does not lie within a single cohort)."""
        firsts = [year or -np.inf for year in self.surveyed.values()]
        lasts = [*(year - 1 for year in firsts[1:]), np.inf]
        ends = np.digitize([firsts, lasts], list(self.cohorts.values())[1:])
        own = np.array([*self.cohorts, None], dtype=object)[np.where(ends[0] == ends[1], ends[0], -1)]
        return pd.Series(names, dtype=object).map(dict(zip(self.surveyed, own, strict=True))).to_numpy()

    def tenure_band(self, months) -> np.ndarray:
        """Band of completed tenure at the post, from months (array; NaN gives 不详)."""
        months = np.asarray(months, dtype=float)
        limits = list(self.tenure_bands.values())[:-1]
        names = np.array(list(self.tenure_bands), dtype=object)[np.digitize(months, limits)]
        return np.where(np.isnan(months), UNKNOWN, names)

    def event(self, exit_type, destination) -> np.ndarray:
        """Event of each exit (array of text; '' where no exit is recorded, or one that counts as none)."""
        exit_type, destination = pd.Series(exit_type, dtype="object"), pd.Series(destination, dtype="object")
        event = np.full(len(exit_type), "", dtype=object)
        undecided = exit_type.notna().to_numpy()
        for wanted, places, found in self.exits:
            fits = undecided
            if wanted is not None:
                fits = fits & exit_type.isin([wanted]).to_numpy()
            if places is not None:
                fits = fits & destination.isin(places).to_numpy()
            event[fits] = found or ""
            undecided = undecided & ~fits
        return event

    def needs_destination(self, exit_type) -> np.ndarray:
        """Whether the event of each exit type depends on the destination (boolean array)."""
        return np.isin(
            np.asarray(exit_type, dtype=object).astype(str),
            [wanted for wanted, places, _ in self.exits if wanted is not None and places is not None],
        )


def read_definitions(path: str) -> Definitions:
    """The definitions of a file like config/plan/exits.yaml; raises :class:`ConfigError` for what does not fit."""
    return definitions_of(read_yaml(path), path)


def definitions_of(found: Mapping, path: str) -> Definitions:
    """The same for the content of such a file; ``path``: the file to name where something does not fit."""
    if set(found) != KEYS:
        raise ConfigError("exits_keys", file=path, keys=", ".join(sorted(KEYS)))
    for key in ("cohorts", "surveyed"):
        _check_order(path, key, list(found[key].values()))
    _check_order(path, "tenure_bands", list(found["tenure_bands"].values())[::-1], -1)
    _check_known(path, "focus", [found["focus"]], found["cohorts"])
    _check_known(path, "events", found["events"].values(), KINDS)
    _check_known(path, "exits", [row["event"] for row in found["exits"]], [*found["events"], None])
    _check_known(path, "nowhere", found["nowhere"], found["events"])
    own = found["secondment"]
    if set(own) != {field.name for field in fields(Secondment)}:
        keys = ", ".join(field.name for field in fields(Secondment))
        raise ConfigError("exits_secondment", file=path, keys=keys)
    for name in ("within", "months"):
        if type(own[name]) is not int or own[name] <= 0:
            raise ConfigError("exits_months", file=path, key=f"secondment.{name}", value=own[name])
    named = [own["event"], own["via"], own["long"], *own["ends"]]
    _check_known(path, "secondment", named, found["events"])
    rows = [(row.get("exit_type"), row.get("destination"), row["event"]) for row in found["exits"]]
    return Definitions(**found | {"exits": tuple(rows), "secondment": Secondment(**own)})


def _check_order(path, key, limits, sign=1):
    """The first limit is open, the others are years of birth that rise (``sign`` 1), or months above zero that fall."""
    given = [limit for limit in limits if limit is not None]
    for limit in given:
        if type(limit) is not int or (limit not in YEARS if sign == 1 else limit <= 0):
            code = "exits_year" if sign == 1 else "exits_months"
            raise ConfigError(code, file=path, key=key, value=limit)
    numbers = [sign * limit for limit in given]
    if limits[0] is not None or len(given) < len(limits) - 1 or numbers != sorted(set(numbers)):
        raise ConfigError("exits_order", file=path, key=key)


def _check_known(path, key, values, valid):
    for value in values:
        if value not in valid:
            advice = did_you_mean(value, [*filter(None, valid)])
            raise ConfigError("exits_unknown", file=path, key=key, value=str(value), advice=advice)
