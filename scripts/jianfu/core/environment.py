"""What computes: Python, the lock, the installed versions; recorded for every result."""

import hashlib
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jianfu.core.content import file_digest, mapping_digest
from jianfu.core.files import write_json

LOCK = Path(__file__).parents[3] / "requirements.txt"
# What computes and draws, named in the report; all packages of the lock count in :func:`environment_digest`.
PACKAGES = [
    "chinesecalendar",
    "duckdb",
    "matplotlib",
    "numpy",
    "pandas",
    "psycopg",
    "pyarrow",
    "pyreadstat",
    "python-calamine",
    "scipy",
    "seaborn",
    "snakemake",
    "sqlalchemy",
    "statsmodels",
    "typst",
]


def environment(lock: Path = LOCK) -> dict:
    """What computes here: Python, versions of :data:`PACKAGES`, and the digest of the ``lock`` they should be from."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "lock": file_digest(lock),
    }


def environment_digest(lock: Path = LOCK) -> str:
    """SHA-256 over Python's version, the lock and the installed version of every package it names."""
    digest = hashlib.sha256(f"{platform.python_version()} {file_digest(lock)}".encode())
    for name in re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.M):
        try:
            digest.update(f" {name} {version(name)}".encode())
        except PackageNotFoundError:  # of another operating system
            continue
    return digest.hexdigest()


def record_job(job) -> None:
    """Write what makes the results of a job: provenance/jobs/<name of its log>.json, beside the folder of its log.

    ``job`` is the object ``snakemake`` of a script: its ``log``, ``output`` and ``params.code``, of which one digest is
    recorded.
    """
    log = Path(job.log[0])
    path = log.parents[1] / "provenance" / "jobs" / f"{log.stem}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"results": list(job.output), "code": mapping_digest(job.params.code), **environment()}
    write_json(record, path)
