"""What a result was made with: digests of code and inputs, versions, the resolved settings."""

import ast
import hashlib
import json
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import yaml

from jianfu.core.sources import query_names

PACKAGES = [
    "chinesecalendar",
    "duckdb",
    "matplotlib",
    "numpy",
    "pandas",
    "psycopg",
    "pyarrow",
    "pyfixest",
    "pyreadstat",
    "python-calamine",
    "scipy",
    "seaborn",
    "snakemake",
    "sqlalchemy",
    "statsmodels",
    "typst",
]


def _module_files(name, scripts):
    """Source files of a dotted module name: the module and the packages that contain it."""
    parts = name.split(".")
    files = [scripts.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    files.append(scripts.joinpath(*parts).with_suffix(".py"))
    return [file for file in files if file.is_file()]


def _imported(text, package):
    """Dotted names of the project's modules that a source ``text`` in ``package`` (tuple of names) imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "jianfu")
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base.split(".")[0] == "jianfu":
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def _needed(text, package, scripts):
    """Source files that a source ``text`` imports; one answer per text, as all rules share most of the library."""
    return [found for name in _imported(text, package) for found in _module_files(name, scripts)]


def modules_used(script, scripts):
    """Files of the library that ``scripts/<script>.py`` imports, directly or through others, sorted."""
    scripts = Path(scripts)
    todo, seen = [scripts / f"{script}.py"], set()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            package = file.relative_to(scripts).parent.parts
            todo += _needed(file.read_text(encoding="utf-8"), package, scripts)
    return sorted(seen)


def code_digest(script, scripts):
    """SHA-256 over ``scripts/<script>.py`` and every library module it uses (text, in order of name)."""
    digest = hashlib.sha256()
    for file in modules_used(script, scripts):
        digest.update(file.relative_to(scripts).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def file_digest(path):
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def project_digest(root):
    """SHA-256 over all scripts, the library and the files of the common plan (in order of path)."""
    root, digest = Path(root), hashlib.sha256()
    plan = [path for path in (root / "config" / "plan").rglob("*") if path.is_file()]
    for file in sorted([*(root / "scripts").rglob("*.py"), *plan]):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def input_files(paths, folder=None):
    """``{name: path}`` of the files among ``paths`` and below its folders, in order of name.

    A name is the path from the data folder ``folder``, or from the folder in ``paths`` that holds the file.
    """
    found = {}
    for path in map(Path, paths):
        if path.is_dir():
            found |= {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
        else:
            found[Path(os.path.relpath(path, folder)).as_posix() if folder else path.name] = path
    return dict(sorted(found.items()))


def run_record(province, settings, inputs, code):
    """Record of a run: versions, seed, digests of code and of every input file, queries (dict, ready for JSON).

    ``code``: digest of :func:`project_digest`.
    """
    sources, files = settings["sources"], input_files(inputs, settings["data"]["folder"])
    return {
        "province": province,
        "synthetic": settings["province"]["synthetic"],
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "seed": settings["inference"]["seed"],
        "code": code,
        "inputs": {name: file_digest(path) for name, path in files.items()},
        "queries": {
            name: source["database"]["query"]
            for source, name in zip(sources, query_names(sources), strict=True)
            if name
        },
    }


def record_provenance(province, settings, inputs, code, config_path, run_path):
    """Write the resolved settings (YAML) and the run record (JSON)."""
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    Path(config_path).write_text(
        f"# Resolved settings of the run for '{province}'.\n{text}", encoding="utf-8"
    )
    record = json.dumps(run_record(province, settings, inputs, code), ensure_ascii=False, indent=1)
    Path(run_path).write_text(record + "\n", encoding="utf-8")
