"""A plan registered before its outcomes are looked at (``make freeze``).

A registration is the record of one day (:mod:`jianfu.province.record`) with the digests of the raw files that were
there; it lies beside the province file, in ``registrations/<province>/<day>T<time>.json``, and is never written again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as pq

from jianfu.core.content import Digests, mapping_digest
from jianfu.core.errors import ConfigError
from jianfu.core.files import input_files, write_json
from jianfu.core.sources import matching_files
from jianfu.core.tables import PARTS

OUTCOMES = {
    "spells": PARTS["spells"],
    "survey": ("survey",),
}  # canonical tables of outcomes: raw tables behind each


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One registered plan.

    made: local date and time (ISO 8601); record: as from :func:`jianfu.province.record.plan_record`; inputs: {raw file:
    SHA-256} of that time; outcomes: canonical tables of outcomes that were there by then.
    """

    made: str
    record: dict
    inputs: dict[str, str]
    outcomes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: neither the plan nor the date can be another one under the same digest."""
        return mapping_digest(asdict(self))

    @property
    def after_the_fact(self) -> bool:
        """Whether outcomes could have been looked at."""
        return bool(self.outcomes)


def outcomes_there(settings: Mapping, results: str | Path) -> tuple[str, ...]:
    """Canonical tables of outcomes that could have been looked at.

    Their raw files are there, a database holds them (when it was filled cannot be told), they have been simulated, or
    a run has read them (``results``: folder of the province's results).
    """
    found = []
    for table, raw in OUTCOMES.items():
        sources = [source for source in settings["sources"] if source["table"] in raw]
        canonical = Path(results, "restricted", "canonical", f"{table}.parquet")
        if settings["simulate"]:
            there = Path(results, "simulated", "raw").is_dir()
        else:
            folder = settings["data"]["folder"]
            there = any("database" in source or matching_files(folder, source) for source in sources)
        if there or (canonical.is_file() and pq.read_metadata(canonical).num_rows > 0):
            found.append(table)
    return tuple(found)


def inputs_there(settings: Mapping) -> dict[str, str]:
    """{name of a raw file from the data folder: SHA-256} of what the sources name and is there."""
    folder = settings["data"]["folder"]
    if folder is None:
        return {}
    paths = [path for source in settings["sources"] for path in matching_files(folder, source)]
    files = {name: path for name, path in input_files(paths, folder).items() if path.is_file()}
    digests = Digests().of(files.values())
    return {name: digests[str(path)] for name, path in files.items()}


def read_registration(path: str | Path) -> Registration:
    """One registration; raises :class:`ConfigError` where the file is none, or not as it was written."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        digest = content.pop("digest")
        found = Registration(**{**content, "outcomes": tuple(content["outcomes"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ConfigError("registration_unreadable", file=str(path)) from None
    if found.digest != digest:
        raise ConfigError("registration_changed", file=str(path))
    return found


def write_registration(found: Registration, path: str | Path) -> None:
    """Store what :func:`read_registration` reads, with its digest."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_json({"digest": found.digest, **asdict(found)}, path)


def summary(found: Registration, held: bool) -> dict:
    """What a report says of a registration; held: whether it is held against this one (:func:`binding`)."""
    return {"made": found.made, "digest": found.digest, "outcomes": list(found.outcomes), "held": held}


def binding(found: Iterable[Registration]) -> Registration | None:
    """The registration that a report is held against: the last one before any outcome was there, else the first."""
    found = list(found)
    before = [one for one in found if not one.after_the_fact]
    return before[-1] if before else found[0] if found else None
