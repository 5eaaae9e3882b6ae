"""One zip with everything that an office computer without network needs, and the proof that it is complete.

The zip holds the project, its interpreter (:mod:`jianfu.commands.interpreters`), every locked package as a wheel with
the hash of that very file, the manual as PDF, the licences of all parts, and a list of its contents with digests. The
start program installs from the folder ``wheels`` where there is one (:func:`jianfu.commands.start.set_up`).
"""

import email
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pylopdf_fonts_zh_cn
import pypandoc
import typst
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from jianfu.commands.interpreters import FOLDER, PLATFORMS, VERSION, Platform, fetch_interpreter, run
from jianfu.commands.start import WHEELS, requirements
from jianfu.core.content import file_digest
from jianfu.core.errors import ConfigError
from jianfu.core.frames import read_csv
from jianfu.core.spelling import did_you_mean
from jianfu.core.spreadsheets import write_csv

SOURCE_ONLY = ("connection-pool",)  # locked packages that come without a wheel: pure Python, built beforehand
PROJECT = "jianfu"
CONTENTS, LICENCES, MANUAL = "contents.csv", "licences.csv", "手册.pdf"
# What only those need who change the program; the sample, and what the manuals take examples from, stay.
DEVELOPMENT = {".ci", ".gitignore", "Makefile", "pyproject.toml", "tests"}
EXAMPLES = tuple(f"tests/data/{name}/" for name in ("sample", "usual", "models_on", "indicators"))
TRIAL = "减负 试装"  # where a bundle is tried: a folder with Chinese characters and a space


def write_bundle(name: str, *, root: Path, into: Path) -> dict[str, object]:
    """Write the bundle for a platform (``windows``, ``linux-x86_64``, ``linux-aarch64``) into the folder ``into``.

    Its file, digest (SHA-256), size (MB), numbers of files and of packages. Raises :class:`ConfigError` where the
    platform is none of these, or a package or the interpreter cannot be had.
    """
    archive, platform = bundle_file(into, name), PLATFORMS[name]
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        work, folder = Path(scratch) / "work", Path(scratch) / PROJECT
        work.mkdir()
        copy_project(root, folder)
        _leave_out_development(folder)
        parts = fetch_interpreter(platform, folder / FOLDER, work)
        packages = fetch_wheels(platform, root, folder / WHEELS)
        _manual(root, folder / MANUAL)
        write_csv(_licences(folder / WHEELS, parts), folder / LICENCES)
        files = _contents(folder)
        zip_folder(folder, archive)
    size = round(archive.stat().st_size / 1e6)
    return {
        "file": str(archive),
        "digest": file_digest(archive),
        "size": size,
        "files": files,
        "packages": packages,
    }


def bundle_file(folder: Path, name: str) -> Path:
    """The file of the bundle for a platform; raises :class:`ConfigError` where the name is that of none."""
    if name not in PLATFORMS:
        raise ConfigError("bundle_platform", name=name, advice=did_you_mean(name, list(PLATFORMS)))
    return folder / f"{PROJECT}-{name}.zip"


def copy_project(root: Path, folder: Path) -> None:
    """What stands in the repository's index, as it is now; without one, all but results and environments."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, encoding="utf-8"
    )
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else _project_files(root)
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target)


def _project_files(root):
    left_out = {".venv", ".snakemake", "results", "dist", FOLDER, WHEELS, "__pycache__"}
    files = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
    return [file.as_posix() for file in files if not left_out & set(file.parts)]


def _leave_out_development(folder):
    """Leave of the project in a folder what runs it: a person who looks into it finds the start at once."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        name = path.relative_to(folder).as_posix()
        first = name.split("/")[0]
        if (first in DEVELOPMENT or first.startswith("requirements-")) and not name.startswith(EXAMPLES):
            path.unlink()


def locked(text: str, platform: Platform) -> Iterator[tuple[str, list[str]]]:
    """``(name==version, hashes)`` of the packages of a lock file that a platform takes.

    Which those are is decided by the markers of the platform, not by those of the computer that makes the bundle.
    """
    python = ".".join(map(str, VERSION))
    names = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    here = platform.markers | names | {"python_version": python, "python_full_version": f"{python}.0"}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if "--hash=" in block:
            requirement = Requirement(block.split("\\")[0].strip())
            if not requirement.marker or requirement.marker.evaluate(here):
                yield f"{requirement.name}{requirement.specifier}", re.findall(r"--hash=(\S+)", block)


def fetch_wheels(platform: Platform, root: Path, folder: Path) -> int:
    """Every locked package as a wheel for ``platform``, checked against the lock; their number.

    Writes ``requirements.txt`` beside them: each wheel with its own hash. Raises :class:`ConfigError` in one sentence
    where one cannot be had.
    """
    folder.mkdir(parents=True)
    packages = dict(locked((root / requirements("runtime")).read_text(encoding="utf-8"), platform))
    from_source = {entry for entry in packages if entry.split("==")[0] in SOURCE_ONLY}
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.txt"
        python = "".join(map(str, VERSION))
        tags = [part for tag in platform.tags for part in ("--platform", tag)]
        options = [*tags, "--python-version", python, "--implementation", "cp", "--abi", f"cp{python}"]
        options += ["--abi", "abi3", "--abi", "none", "--only-binary", ":all:"]
        _list(wanted, {entry: packages[entry] for entry in packages.keys() - from_source})
        _pip("download", "--no-deps", "--require-hashes", *options, "--dest", folder, "-r", wanted)
        _list(wanted, {entry: packages[entry] for entry in from_source})
        _pip("wheel", "--no-deps", "--require-hashes", "--wheel-dir", folder, "-r", wanted)
    wheels = {file: parse_wheel_filename(file.name)[:2] for file in sorted(folder.glob("*.whl"))}
    own = {f"{name}=={number}": [f"sha256:{file_digest(file)}"] for file, (name, number) in wheels.items()}
    _list(folder / "requirements.txt", own)
    # pip installs the others and is no part of what it installs
    _pip("download", "--no-deps", "--only-binary", ":all:", "--dest", folder, f"pip=={version('pip')}")
    return len(own)


def _list(file, packages):
    lines = (
        f"{entry} {' '.join(f'--hash={each}' for each in hashes)}"
        for entry, hashes in sorted(packages.items())
    )
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _pip(*arguments):
    try:
        run(
            [
                sys.executable,
                "-m",
                "pip",
                arguments[0],
                "--quiet",
                "--disable-pip-version-check",
                *arguments[1:],
            ]
        )
    except subprocess.CalledProcessError as error:
        complaint = [line for line in error.stderr.splitlines() if line.startswith("ERROR")] or [error.stderr]
        raise ConfigError("bundle_no_package", what=" ".join(complaint[-1].split())) from None


def _licences(wheels, parts):
    """A table of all parts with the licence each names itself."""
    rows = [{"part": name, "version": number, "licence": f"{FOLDER}/"} for name, number in parts.items()]
    for file in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(file) as wheel:
            text = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            data = email.message_from_bytes(wheel.read(text))
        classes = [
            each.split(" :: ")[-1] for each in data.get_all("Classifier", []) if each.startswith("License")
        ]
        named = data["License-Expression"] or "; ".join(classes) or (data["License"] or "").split("\n")[0]
        rows.append({"part": data["Name"], "version": data["Version"], "licence": named})
    return pd.DataFrame(rows)


def _manual(root, output):
    """The first steps, README and manual of a province as one PDF, in the bundled font."""
    with tempfile.TemporaryDirectory(dir=root) as scratch:  # pictures are found from the root of the project
        layout = Path(scratch) / "manual.typ"
        sources = [str(root / name) for name in ("docs/offline.md", "README.md", "config/README.md")]
        options = ["--standalone", "--resource-path", str(root), "--variable", "mainfont=Noto Serif CJK SC"]
        run(
            [
                pypandoc.get_pandoc_path(),
                *sources,
                "--from",
                "gfm",
                "--to",
                "typst",
                "--output",
                layout,
                *options,
            ]
        )
        text = layout.read_text(encoding="utf-8").replace('image("docs/', 'image("/docs/')
        layout.write_text(text, encoding="utf-8")
        fonts = [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
        typst.compile(
            str(layout), output=str(output), root=str(root), font_paths=fonts, ignore_system_fonts=True
        )


def _contents(folder):
    """Write the list of all files with their digests; their number."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    rows = [(file.relative_to(folder).as_posix(), file.stat().st_size, file_digest(file)) for file in files]
    write_csv(pd.DataFrame(rows, columns=["file", "bytes", "sha256"]), folder / CONTENTS)
    return len(files) + 1


def zip_folder(folder, archive):
    """A zip that keeps which files are programs, with the same bytes for the same files."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), (2000, 1, 1, 0, 0, 0))
                entry.external_attr = (0o755 if os.access(path, os.X_OK) else 0o644) << 16
                entry.compress_type = zipfile.ZIP_STORED if path.suffix == ".whl" else zipfile.ZIP_DEFLATED
                file.writestr(entry, path.read_bytes())


def verify_bundle(archive: Path, *, into: Path) -> dict[str, object]:
    """Unpack a bundle in an empty folder, compare it with its list, install it without network and run the sample.

    Where the bundle is for another system, its packages are resolved for that one, without network, instead. Raises
    :class:`ConfigError` in one sentence for the first thing that is missing, changed or does not run.
    """
    folder = into / TRIAL / PROJECT
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder.parent)
        for entry in file.infolist():
            (folder.parent / entry.filename).chmod(entry.external_attr >> 16)
    listed = read_csv(folder / CONTENTS)
    for row in listed.itertuples():
        if not (folder / row.file).is_file() or file_digest(folder / row.file) != row.sha256:
            raise ConfigError("bundle_damaged", file=row.file)
    platform = next(name for name in PLATFORMS if archive.stem.endswith(name))
    runs = _runs_here(folder, PLATFORMS[platform])
    for command in (
        _commands(folder, PLATFORMS[platform]) if runs else [_resolve(folder, PLATFORMS[platform])]
    ):
        done = subprocess.run(_offline(command), cwd=folder, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            output = (done.stdout + done.stderr).strip().splitlines()
            raise ConfigError("bundle_does_not_run", command=" ".join(map(str, command)), what=output[-1])
    return {"files": len(listed) + 1, "platform": platform, "ran": runs}


def _runs_here(folder, platform):
    try:
        return subprocess.run([folder / platform.python, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _commands(folder, platform):
    python = str(folder / platform.python)
    return [[python, "jianfu.py", "setup"], [python, "jianfu.py", "run", "sample"]]


def _resolve(folder, platform):
    """All packages found among the wheels for the system and Python of the bundle, each with its hash."""
    python = "".join(map(str, VERSION))
    tags = [part for tag in platform.tags for part in ("--platform", tag)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--no-index"]
    options = ["--only-binary", ":all:", "--python-version", python, "--target", str(folder / "nowhere")]
    options += ["--ignore-requires-python"]  # pip compares with its own; the lock was made for both
    return [
        *pip,
        *options,
        *tags,
        "--require-hashes",
        "--find-links",
        WHEELS,
        "-r",
        f"{WHEELS}/requirements.txt",
    ]


def _offline(command):
    """The command without network, where this system can take it away; else with package indexes switched off."""
    if shutil.which("unshare"):
        return ["unshare", "--map-root-user", "--net", *command]
    return command
