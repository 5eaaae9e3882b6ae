"""What a run was made with: digests of code and inputs, the resolved settings."""

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

import yaml

from jianfu.core.content import file_digest
from jianfu.core.files import input_files, write_json, write_text_file
from jianfu.core.personal import mask_numbers
from jianfu.core.sources import query_names

# Import statements of modules of the project, at any depth; names in brackets may run over lines.
IMPORT = re.compile(r"^[ \t]*((?:from|import)[ \t]+(?:jianfu\b|\.)[^\n(]*(?:\([^)]*\))?)", re.M)


def _module_files(name, scripts):
    """Source files of a dotted module name: the module and the packages that contain it."""
    parts = name.split(".")
    files = [scripts.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    files.append(scripts.joinpath(*parts).with_suffix(".py"))
    return [file for file in files if file.is_file()]


def _imported(text, package):
    """Dotted names of the project's modules that a source ``text`` in ``package`` (tuple of names) imports.

    Only the import statements are parsed: every start reads the whole library, and parsing all of it takes seconds.
    """
    for node in ast.parse("\n".join(IMPORT.findall(text))).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "jianfu")
        else:
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base.split(".")[0] == "jianfu":
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def _needed(text, package, scripts):
    """Source files that a source ``text`` imports; one answer per text, as all rules share most of the library."""
    return [found for name in _imported(text, package) for found in _module_files(name, scripts)]


def modules_used(script: str, scripts: str | Path, modules=()) -> list[Path]:
    """``scripts/<script>.py`` and the files of the library that it imports, directly or through others, sorted.

    ``modules``: dotted names of modules that it uses beside these, because data name them (estimators of the plan).
    """
    scripts = Path(scripts)
    todo = [scripts / f"{script}.py", *(file for name in modules for file in _module_files(name, scripts))]
    seen = set()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            package = file.relative_to(scripts).parent.parts
            todo += _needed(file.read_text(encoding="utf-8"), package, scripts)
    return sorted(seen)


def files_digest(files, root: str | Path) -> str:
    """SHA-256 over the names (from ``root``) and bytes of ``files``, in order of path."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def run_record(province: str, settings: dict, inputs, code: str) -> dict:
    """Record of a run: seed, digests of code and of every input file, queries (dict, ready for JSON).

    ``code``: digest of the code and plan of the run (:func:`files_digest`). Which versions made which result stands in
    the records of the jobs (:mod:`jianfu.core.environment`), as jobs of one province need not be of one run.
    """
    sources, files = settings["sources"], input_files(inputs, settings["data"]["folder"])
    return {
        "province": province,
        "synthetic": settings["province"]["synthetic"],
        "seed": settings["inference"]["seed"],
        "code": code,
        "inputs": _without_numbers({name: file_digest(path) for name, path in files.items()}),
        "queries": {
            name: source["database"]["query"]
            for source, name in zip(sources, query_names(sources), strict=True)
            if name
        },
    }


def _without_numbers(digests):
    """Digests by name of a file, in which ID and mobile numbers are masked; alike ones then are numbered."""
    found = {}
    for name, digest in digests.items():
        told = mask_numbers(name)
        found[f"{told} ({len(found) + 1})" if told in found else told] = digest
    return found


def record_provenance(
    *, province: str, settings: dict, inputs, code: str, config_path: str | Path, run_path: str | Path
) -> None:
    """Write the resolved settings (YAML) and the run record (JSON)."""
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    write_text_file(f"# Resolved settings of the run for '{province}'.\n{text}", config_path)
    write_json(run_record(province, settings, inputs, code), run_path)
