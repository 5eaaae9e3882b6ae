"""Frozen anchors: a plain dict that is stored as JSON with a check sum over its content."""

import hashlib
import json

from jianfu.core.errors import ConfigError, DataError


def seal(anchors):
    """The anchors with the key ``sha256``."""
    return {key: value for key, value in anchors.items() if key != "sha256"} | {"sha256": digest(anchors)}


def digest(anchors):
    """SHA-256 of the content, whatever the order of its keys."""
    text = json.dumps({k: v for k, v in anchors.items() if k != "sha256"}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write(anchors, path):
    """Store anchors as JSON."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(anchors, file, ensure_ascii=False, indent=1)
        file.write("\n")


def read(path):
    """Stored anchors; raises :class:`DataError` where they were changed after they were made."""
    with open(path, encoding="utf-8") as file:
        try:
            anchors = json.load(file)
        except ValueError:
            anchors = None
    if not isinstance(anchors, dict):
        raise DataError(f"{path}: the file is no JSON with anchors; name the anchors.json of a finished run.")
    if anchors.get("sha256") != digest(anchors):
        raise DataError(
            f"{path}: the anchors do not match their own check sum; make them again, never edit them."
        )
    return anchors


def check_fit(anchors, structure, path):
    """Raise :class:`ConfigError` unless the anchors of a panel were made with the same tree of indicators."""
    if not {"normalisation", "indicators", "groups"} <= set(anchors):
        raise ConfigError(
            f"{path}: these are no anchors of an indicator panel; name the anchors.json of one."
        )
    entries = anchors["indicators"]
    if list(entries) != structure.codes:
        raise ConfigError(
            f"{path}: the anchors are those of {', '.join(entries)}; 'structure' must name the same indicators in "
            "the same order."
        )
    for code, row in structure.indicators.iterrows():
        for key in ("direction", "transformation"):
            if entries[code][key] != row[key]:
                raise ConfigError(
                    f"{path}: the anchors of '{code}' have {key} {entries[code][key]}, not {row[key]:{_form(key)}}; "
                    "use the 'structure' that they were made with."
                )
    trees = [
        {code: list(group["children"]) for code, group in anchors["groups"].items()},
        {group.code: list(group.children) for group in structure.groups},
    ]
    if trees[0] != trees[1]:
        raise ConfigError(
            f"{path}: the anchors aggregate other components; use the 'structure' that they were made with."
        )


def _form(key):
    return "g" if key == "direction" else "s"
