"""What an estimate depends on, as named values with one digest: two provinces asked the same where the digests match.

A dependency is a row of the plan, a group of settings or a digest of code, by its name: ``model.terms``,
``indices.OD.A1_tasks``, ``cohorts.90后``, ``settings.exposure``, ``code``. Where digests differ, the names whose values
differ say what deviates, so that a province takes part in whatever it did not change.
"""

import re
from collections.abc import Iterable, Mapping

from jianfu.core.content import mapping_digest

WORD = re.compile(r"[\w-]+")
UNNAMED = (
    "name",
    "hypothesis",
    "role",
    "label_zh",
    "label_en",
    "report",
)  # of a model: how it is called and shown
EVENTS = ("events", "exits", "secondment", "upward", "nowhere")  # tables of the plan that say what is an exit
OF_EXITS = ("hazard", "exits")  # what the names of analysis tables of exits begin with
OF_ANSWERS = ("survey", "unit_waves")  # and of those of the survey
VARIABLES = {
    "cohort": ("cohorts", "focus"),
    "tenure": ("tenure_bands",),
}  # tables behind levels of a variable
FROZEN = ("frozen", "anchors")  # settings of the indices that name files of one machine


def dependencies(model: Mapping, record: Mapping, code: str) -> dict[str, object]:
    """{name: value} of everything that decides an estimate of ``model``.

    model: its entry in the plan as it is applied in the province; record: settings and tables of the province
    (:func:`jianfu.province.record.plan_record`); code: digest of the modules behind it.
    """
    tables = {name: {tuple(names): value for names, value in rows} for name, rows in record["tables"].items()}
    found = {f"model.{key}": value for key, value in model.items() if key not in UNNAMED}
    used = _used(model, tables)
    settings, data = record["settings"], model["data"]
    for names, weight in tables["indices"].items():
        if names[0] in used["indices"]:
            found[f"indices.{'.'.join(names)}"] = weight
            used["indicators"].add(names[1])
    for name in ("indicators", "scales", "variables", "policies"):
        rows = {names: row for names, row in tables[name].items() if names[-1] in used[name]}
        found |= {".".join([name, *names]): _without_words(row) for names, row in rows.items()}
    if used["indices"]:
        own = {key: value for key, value in settings["indices"].items() if key not in FROZEN}
        found |= {"settings.indices": own, "settings.exposure": settings["exposure"]}
    if data.startswith(OF_ANSWERS):
        found["settings.survey"] = settings["survey"]
    wanted = [*(EVENTS if data.startswith(OF_EXITS) else ())]
    for variable, behind in VARIABLES.items():
        wanted += behind if any(word.split("_")[0] == variable for word in used["words"]) else ()
    for name in wanted:
        found |= {".".join([name, *names]): value for names, value in tables[name].items()}
    return found | {"settings.exclude": settings["exclude"], "code": code}


def _used(model, tables) -> dict[str, set[str]]:
    """Words of a model and, by table of the plan, the rows that they name; derived variables bring their own words."""
    derived = {names[1]: value for names, value in tables["variables"].items() if names[0] == model["data"]}
    words, todo = set(), set(_words([value for key, value in model.items() if key not in UNNAMED]))
    while todo:
        words |= todo
        todo = {word for name in todo & derived.keys() for word in _words(derived[name])} - words
    indices = {names[0] for names in tables["indices"]}
    indicators = {names[0] for names in tables["indicators"]}
    policies = {names[0] for names in tables["policies"]}
    scales = {names[0] for names in tables["scales"]}
    parts = {
        part
        for name in scales
        for part in _words(tables["scales"][(name,)].get("subscales", {}))
        if part in words
    }
    return {
        "words": words,
        "indices": {owner for word in words if (owner := owner_of(word, indices))},
        "indicators": {owner for word in words if (owner := owner_of(word, indicators))},
        "scales": {name for name in scales if name in words or parts & {*_words(tables["scales"][(name,)])}},
        "variables": words & derived.keys(),
        "policies": {owner for word in words if (owner := owner_of(word, policies))},
    }


def _without_words(row):
    """A row of the plan without how it is called in print."""
    if not isinstance(row, Mapping):
        return row
    return {key: value for key, value in row.items() if not key.endswith(("_zh", "_en"))}


def owner_of(word: str, codes: Iterable[str]) -> str:
    """The code whose name, or name with an ending, a word is; the longest where several are, "" where none is."""
    return max((code for code in codes if word == code or word.startswith(f"{code}_")), key=len, default="")


def _words(value) -> list[str]:
    if isinstance(value, Mapping):
        return [word for pair in value.items() for part in pair for word in _words(part)]
    if isinstance(value, list | tuple):
        return [word for one in value for word in _words(one)]
    return WORD.findall(value) if isinstance(value, str) else []


def digest(found: Mapping[str, object]) -> str:
    """SHA-256 of the dependencies of an estimate."""
    return mapping_digest(found)


def differing(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Names of the dependencies in which two estimates differ, sorted."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
