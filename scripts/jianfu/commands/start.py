"""From a bare Python to the program: read the command line, install what is needed, go on in that environment.

Uses the standard library alone, as nothing else is installed when it runs for the first time. The environment is the
folder .venv, made of the locked requirements: from the folder ``wheels`` of an offline bundle where there is one, else
from the package index that pip is set to.
"""

import argparse
import contextlib
import filecmp
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

if os.name == "nt":
    import msvcrt
else:
    import fcntl

from jianfu.core.errors import ConfigError, storage_failure
from jianfu.core.messages import WHEELS, speak, system_language, words
from jianfu.core.spelling import did_you_mean

# The commands with their arguments; `?` marks one that may be left out. What each does: `cmd_<name>` of the messages.
PROVINCE = ("province?",)
COMMANDS = {
    "start": (),
    "setup": (),
    "new-province": ("slug", "folder"),
    "check": PROVINCE,
    "run": PROVINCE,
    "full": PROVINCE,
    "indices": PROVINCE,
    "models": PROVINCE,
    "scenarios": PROVINCE,
    "planner": PROVINCE,
    "report": PROVINCE,
    "stata": PROVINCE,
    "figure": ("province", "name"),
    "table": ("province", "name"),
    "report-check": PROVINCE,
    "freeze": PROVINCE,
    "compare": PROVINCE,
    "exchange": PROVINCE,
    "provinces": ("province",),
    "verify": PROVINCE,
    "update": PROVINCE,
    "audit": PROVINCE,
    "unlock": (),
    "clean": ("province",),
    "bundle": ("platform",),
}
OPTIONS = {
    "compare": {"--vintage": {"required": True}},
    "update": {"--until": {"default": ""}},
    "scenarios": {"--scenarios": {"default": ""}},
    "setup": {"--development": {"action": "store_true"}},
    "new-province": {
        "--language": {"default": "", "choices": ("", "zh", "en")},
        "--force": {"action": "store_true"},
    },
    "exchange": {"--verify": {"default": ""}},
    "provinces": {"--packages": {"default": ""}},
    "bundle": {"--into": {"default": "dist"}, "--verify": {"action": "store_true"}},
}
WORKFLOW = (
    "check",
    "run",
    "full",
    "indices",
    "models",
    "scenarios",
    "planner",
    "report",
    "stata",
    "provinces",
)
RUNNING = (
    *WORKFLOW,
    "new-province",
    "figure",
    "table",
    "exchange",
)  # commands in whose process the workflow runs
# Commands that are scripts of their own, with the options that they take besides the province.
SCRIPTS = {
    "freeze": ("freeze_plan.py", ()),
    "compare": ("compare_results.py", ("vintage",)),
    "verify": ("verify_release.py", ("cores",)),
    "update": ("update_release.py", ("until", "cores")),
    "report-check": ("check_report.py", ()),
}
ENVIRONMENT = ".venv"
UNFINISHED = ".venv-unfinished"  # a file that is there while the environment is filled
# What runs the program: UTF-8 on every system, results that follow no order of hashing, pip that speaks of its task.
SETTINGS = {"PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
SHOWN = 2  # seconds between two counts of the packages that are installed
LONG_PATH = 120  # characters of the folder's path above which Windows may refuse files in it (260 in all)


class Parser(argparse.ArgumentParser):
    """A parser whose help and complaint are sentences of the messages."""

    def format_help(self) -> str:
        lines = [words("start_help"), ""]
        for name in COMMANDS:
            lines += [f"  {usage(name)}", f"      {words(f'cmd_{name.replace(chr(45), chr(95))}')}"]
        return "\n".join([*lines, "", words("start_help_end"), ""])

    def error(self, message):
        """One sentence with how the command is written, in place of the parser's English one."""
        sys.exit(words("start_usage", usage=usage(self.prog.split()[-1]) + " [--cores N]"))


def _number_of_cores(text):
    """The number of cores that is written; ValueError, as argparse takes it, where it is none."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def usage(name: str) -> str:
    """How a command is written: its arguments and options, those in brackets that may be left out."""
    arguments = (f"[{a[:-1]}]" if a.endswith("?") else a for a in COMMANDS[name])
    options = (
        f"{option} …" if settings.get("required") else f"[{option}]"
        for option, settings in OPTIONS.get(name, {}).items()
    )
    return " ".join([name, *arguments, *options])


def read_arguments(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command with its options, and what is meant for Snakemake; speaks the language of the system from here on."""
    speak(system_language())
    parser = Parser(add_help=True)
    if not arguments:
        sys.exit(parser.format_help())
    if arguments[0] not in (*COMMANDS, "-h", "--help"):
        advice = did_you_mean(arguments[0], list(COMMANDS))
        sys.exit(words("start_no_command", name=arguments[0], advice=advice))
    commands = parser.add_subparsers(dest="command", required=True, metavar="command", parser_class=Parser)
    for name, positional in COMMANDS.items():
        command = commands.add_parser(name)
        for argument in positional:
            optional = {"nargs": "?", "default": "demo"} if argument.endswith("?") else {}
            command.add_argument(argument.rstrip("?"), **optional)
        for option, settings in OPTIONS.get(name, {}).items():
            command.add_argument(option, **settings)
        command.add_argument("--cores", type=_number_of_cores, default=min(2, os.cpu_count() or 1))
    options, others = parser.parse_known_args(arguments)
    if others and options.command not in WORKFLOW:
        commands.choices[options.command].error(" ".join(others))
    return options, others


def ready(options: argparse.Namespace, root: str | Path) -> bool:
    """Whether this very process can run the program: its environment was filled by the lock of ``root``."""
    settings = all(os.environ.get(name) == value for name, value in SETTINGS.items())
    return settings and _is_filled(Path(sys.prefix), Path(root), _kind(options))


def hand_over(options: argparse.Namespace, root: str | Path, arguments: Sequence[str]) -> int:
    """Install what is missing, then run the program in its environment; the exit code."""
    root, kind = Path(root), _kind(options)
    try:
        python = sys.executable if _is_filled(Path(sys.prefix), root, kind) else set_up(root, kind)
    except ConfigError as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 1
    command, environment = [str(python), *arguments], os.environ | SETTINGS
    if os.name != "nt":
        os.execve(python, command, environment)  # one process, so that a signal meets the program itself
    process = subprocess.Popen(command, env=environment)
    while True:
        with contextlib.suppress(
            KeyboardInterrupt
        ):  # Ctrl-C goes to both; the program itself says how it ends
            return process.wait()


def set_up(root: Path, kind: str) -> Path:
    """The Python of the environment .venv of ``root``, made and filled where it is not that of the lock.

    ``kind``: runtime, or development with what tests and checks of style need. What an earlier attempt left that was
    cut off is made anew, as it may be half a package. Raises :class:`ConfigError` in one sentence where the environment
    cannot be made, a package cannot be had, or another process is at the same.
    """
    folder, unfinished = root / ENVIRONMENT, root / UNFINISHED
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if _has_python(folder, python) and _is_filled(folder, root, kind):
        return python
    if os.name == "nt" and len(str(root)) > LONG_PATH:
        raise ConfigError("start_long_path", folder=str(root), length=len(str(root)), most=LONG_PATH)
    try:
        cut_off = unfinished.exists()
        with open(unfinished, "w") as file:
            _hold(file)
            print(words("start_setting_up", folder=ENVIRONMENT), flush=True)
            if cut_off and folder.exists():
                shutil.rmtree(folder)
            _install(python, root, kind)
            for each in {"runtime", kind}:
                shutil.copy(root / requirements(each), folder / each)
        unfinished.unlink()
    except (OSError, ValueError, subprocess.CalledProcessError, StopIteration) as error:
        raise _not_set_up(error, folder) from None
    return python


def _has_python(folder, python):
    """Whether an environment has its Python, and that the one which it was made from: folders are moved."""
    settings = folder / "pyvenv.cfg"
    if not (python.exists() and settings.is_file()):
        return False
    made_from = re.search(r"^home *= *(.+)$", settings.read_text(encoding="utf-8"), re.M)
    return bool(made_from) and Path(made_from[1].strip()).is_dir()


def _hold(file):
    """Keep an open file to this process; raises :class:`ConfigError` where another has it."""
    try:
        if os.name == "nt":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigError("start_twice") from None


def _install(python, root, kind):
    wheels = root / WHEELS
    if not _has_python(root / ENVIRONMENT, python):
        venv.create(root / ENVIRONMENT, with_pip=not wheels.is_dir(), symlinks=os.name != "nt")
    pip = [next(wheels.glob("pip-*.whl")) / "pip"] if wheels.is_dir() else ["-m", "pip"]
    source = ["--isolated", "--no-index", "--find-links", wheels] if wheels.is_dir() else []
    listed = (wheels if wheels.is_dir() else root) / requirements(kind)
    options = ["--quiet", "--require-hashes", "--no-compile"]  # what is never imported needs no byte code
    command = [python, *pip, "install", *options, *source, "-r", listed]
    told = {"stderr": subprocess.PIPE, "text": True, "encoding": "utf-8", "errors": "replace"}
    packages = listed.read_text(encoding="utf-8").count("==")
    with subprocess.Popen([str(part) for part in command], env=os.environ | SETTINGS, **told) as pip:
        said = None
        while said is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                said = pip.communicate(timeout=SHOWN)[1]
            _show_installed(python.parents[1], packages)
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, command, stderr=said)


def _show_installed(environment, packages):
    """How many packages are there, in a line of a terminal that is written over."""
    if sys.stdout.isatty():
        site = environment.glob("Lib/site-packages" if os.name == "nt" else "lib/*/site-packages")
        done = sum(name.endswith(".dist-info") for folder in site for name in os.listdir(folder))
        print(words("start_installed", done=done, packages=packages), end="\r", flush=True)


def _not_set_up(error, folder):
    """Why the environment could not be made: what the system refused, or what pip complained of."""
    said = (getattr(error, "stderr", None) or str(error)).strip()
    failure = storage_failure(error) or storage_failure(said)
    if failure:
        return ConfigError(failure.code, **failure.values)
    complaints = [line for line in said.splitlines() if line.startswith("ERROR")]
    return ConfigError("start_not_set_up", folder=str(folder), what=(complaints or [said])[-1])


def _kind(options):
    return "development" if getattr(options, "development", False) else "runtime"


def _is_filled(environment, root, kind):
    """Whether an environment keeps the lock of ``root`` as what was installed last; content decides, not time."""
    kept = environment / kind
    return kept.is_file() and filecmp.cmp(root / requirements(kind), kept, shallow=False)


def requirements(kind: str) -> str:
    """Name of the lock file of an environment: runtime or development."""
    return {"runtime": "requirements.txt", "development": "requirements-dev.txt"}[kind]
