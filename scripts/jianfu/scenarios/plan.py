"""The declared scenarios (config/plan/scenarios.yaml), read here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from jianfu.core.errors import ConfigError
from jianfu.core.spelling import did_you_mean, valid_are

PROJECTED, DESCRIPTIVE = "projected", "descriptive"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of the rows of one canonical table: SQL expressions as in config/plan/scenarios.yaml."""

    table: str
    let: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    drop: str = ""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Units ranked by a column of unit_year, and ``instead`` by an SQL expression."""

    by: str
    instead: str
    let: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A declared scenario; ``edits`` of a ``package`` are those of the scenarios that it combines."""

    id: str
    basis: str = ""
    kind: str = PROJECTED
    needs: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    caps: Mapping[str, float] = field(default_factory=dict)
    ranks: Ranks | None = None
    slopes: tuple[str, ...] = ()
    package: bool = False


def read_scenarios(plan: Mapping) -> list[Scenario]:
    """The scenarios of ``plan`` in their order; raises :class:`ConfigError` for a key or scenario that is not there."""
    found: dict[str, Scenario] = {}
    for entry in plan["scenarios"]:
        entry = dict(entry)
        parts = [_named(found, part) for part in entry.pop("combines", ())]
        entry["package"] = bool(parts)
        edits = [_of(Edit, edit, entry["id"]) for edit in entry.pop("edits", ())]
        edits = [*(edit for part in parts for edit in part.edits), *edits]
        needs = dict.fromkeys([*(need for part in parts for need in part.needs), *entry.pop("needs", ())])
        entry |= {"edits": tuple(edits), "needs": tuple(needs), "slopes": tuple(entry.get("slopes", ()))}
        if "ranks" in entry:
            entry["ranks"] = _of(Ranks, entry["ranks"], entry["id"])
        found[entry["id"]] = _of(Scenario, entry, entry["id"])
    return list(found.values())


def chosen(scenarios: list[Scenario], names: str | list[str]) -> list[Scenario]:
    """All scenarios, or those whose ids are named; raises :class:`ConfigError` for an id that is not there."""
    if names == "all":
        return scenarios
    by_id = {scenario.id: scenario for scenario in scenarios}
    return [_named(by_id, name) for name in names]


def _named(found, name):
    if name not in found:
        raise ConfigError("scenario_unknown", name=name, advice=valid_are(found))
    return found[name]


def _of(kind, entry, name):
    keys = [f.name for f in fields(kind)]
    for key in entry:
        if key not in keys:
            raise ConfigError("scenario_key", name=name, key=key, advice=did_you_mean(key, keys))
    return kind(**entry)
