"""Frozen anchors: a plain dict that is stored as JSON with a check sum over its content."""

import hashlib
import json

from jianfu.errors import DataError


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
        anchors = json.load(file)
    if anchors.get("sha256") != digest(anchors):
        raise DataError(
            f"{path}: the anchors do not match their own check sum; make them again, never edit them."
        )
    return anchors
