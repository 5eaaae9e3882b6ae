"""What a release is and what it was made of, as digests that travel with it (release/manifest.json).

Whoever holds the raw files can make the release again and see whether it is the same (``jianfu verify``); whoever holds
the release alone can see whether a file of it was changed.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from jianfu.core.content import file_digest, mapping_digest
from jianfu.core.environment import LOCK
from jianfu.core.reasons import Reason

NAME = "manifest.json"
ON_REQUEST = ("full", "planner", "exchange")  # folders of a release that a run alone does not make
# What a release is made of, in the order in which a difference explains the next ones; the last is the release itself.
PARTS = ("inputs", "settings", "plan", "code", "lock", "seed", "anchors", "row_counts", "files")


def made_of(results: Path) -> dict:
    """What results, finished or not, are made of, from their provenance: the parts of a manifest that no result is
    needed for, with the names of the raw files."""
    record = json.loads((results / "provenance" / "run.json").read_text(encoding="utf-8"))
    return {
        "inputs": record["inputs"],
        "settings": file_digest(results / "provenance" / "config.yaml"),
        "plan": file_digest(results / "provenance" / "plan.json"),
        "code": record["code"],
        "lock": file_digest(LOCK),
        "seed": record["seed"],
    }


def make_manifest(results: Path, root: Path) -> dict:
    """The manifest of finished results; ``results``: results/<province>, ``root``: the project's folder.

    Digests are SHA-256; ``row_counts`` is that of the page with what became of every row, so that counts of persons can
    be compared without being told. ``commit`` is None outside a repository; ``changed`` says whether its files were.
    """
    record = json.loads((results / "provenance" / "run.json").read_text(encoding="utf-8"))
    anchors, counts = results / "restricted" / "anchors.json", results / "quality" / "row_counts.csv"
    release = results / "release"
    others = {release / name for name in ON_REQUEST}
    files = sorted(file for file in release.rglob("*") if file.is_file() and not others & {*file.parents})
    return {
        "province": record["province"],
        "synthetic": record["synthetic"],
        "commit": _commit(root),
        **made_of(results),
        "inputs": {f"#{place}": one for place, one in enumerate(record["inputs"].values(), 1)},
        "anchors": file_digest(anchors) if anchors.exists() else None,
        "row_counts": file_digest(counts) if counts.exists() else None,
        "files": {
            file.relative_to(release).as_posix(): file_digest(file) for file in files if file.name != NAME
        },
    }


def _commit(root):
    """{"id", "changed"} of the repository at ``root``; None where it is none or git is not there."""
    try:
        said = [
            subprocess.run(
                ["git", *words], cwd=root, capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"id": said[0], "changed": bool(said[1])}


def difference(before: Mapping, now: Mapping) -> Reason | None:
    """The first part in which two manifests differ and, of files, how many and the first by name; None where none."""
    for part in (part for part in PARTS if part in before):
        if before[part] == now[part]:
            continue
        if not isinstance(before[part], dict):
            return Reason(f"verify_{part}")
        names = before[part].keys() | now[part].keys()
        moved = sorted(name for name in names if before[part].get(name) != now[part].get(name))
        return Reason(f"verify_{part}", n=len(moved), first=moved[0])
    return None


def digest(manifest: Mapping) -> str:
    """One digest of a whole release."""
    return mapping_digest({part: json.dumps(manifest[part], sort_keys=True) for part in PARTS})
