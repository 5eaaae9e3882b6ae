"""Frozen anchors: a plain dict that is stored as JSON with a check sum over its content."""

import hashlib
import json

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.files import write_json


def seal(anchors):
    """The anchors with the key ``sha256``."""
    return {key: value for key, value in anchors.items() if key != "sha256"} | {"sha256": digest(anchors)}


def digest(anchors):
    """SHA-256 of the content, whatever the order of its keys."""
    text = json.dumps({k: v for k, v in anchors.items() if k != "sha256"}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write(anchors, path):
    """Store anchors as JSON."""
    write_json(anchors, path)


def read(path):
    """Stored anchors; raises :class:`DataError` where they were changed after they were made."""
    with open(path, encoding="utf-8") as file:
        try:
            anchors = json.load(file)
        except ValueError:
            anchors = None
    if not isinstance(anchors, dict):
        raise DataError("no_anchors_file", file=path)
    if anchors.get("sha256") != digest(anchors):
        raise DataError("anchors_edited", file=path)
    return anchors


def check_fit(anchors, structure, path):
    """Raise :class:`ConfigError` unless the anchors of a panel were made with the same tree of indicators."""
    if not {"normalisation", "indicators", "groups"} <= set(anchors):
        raise ConfigError("no_anchors_of_panel", file=path)
    entries = anchors["indicators"]
    if list(entries) != structure.codes:
        raise ConfigError("anchors_of_others", file=path, codes=list(entries))
    for code, row in structure.indicators.iterrows():
        for key in ("direction", "transformation"):
            if entries[code][key] != row[key]:
                raise ConfigError(
                    "anchors_differ",
                    file=path,
                    code=code,
                    trait=key,
                    theirs=entries[code][key],
                    ours=f"{row[key]:g}" if key == "direction" else row[key],
                )
    trees = [
        {code: list(group["children"]) for code, group in anchors["groups"].items()},
        {group.code: list(group.children) for group in structure.groups},
    ]
    if trees[0] != trees[1]:
        raise ConfigError("anchors_aggregate_others", file=path)
