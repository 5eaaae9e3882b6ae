"""From a bare Python to the program: read the command line, install what is needed, go on in that environment.

Uses the standard library alone, as nothing else is installed when it runs for the first time. The environment is the
folder .venv, made of the locked requirements: from the folder ``wheels`` of an offline bundle where there is one, else
from the package index that pip is set to.
"""

import argparse
import contextlib
import ctypes
import filecmp
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from jianfu.core.errors import ConfigError
from jianfu.core.messages import speak, words

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
# Commands that are scripts of their own; they take the province and further options.
SCRIPTS = {
    "freeze": "freeze_plan.py",
    "compare": "compare_results.py",
    "verify": "verify_release.py",
    "update": "update_release.py",
    "report-check": "check_report.py",
}
WHEELS = "wheels"
ENVIRONMENT = ".venv"
# What runs the program: UTF-8 on every system, results that follow no order of hashing, pip that speaks of its task.
SETTINGS = {"PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
LONG_PATH = 120  # characters of the folder's path above which Windows may refuse files in it (260 in all)


class Parser(argparse.ArgumentParser):
    """A parser whose help and complaint are sentences of the messages."""

    def format_help(self) -> str:
        lines = [words("start_help"), ""]
        for name, arguments in COMMANDS.items():
            usage = " ".join([name, *(f"[{a[:-1]}]" if a.endswith("?") else a for a in arguments)])
            usage += "".join(f" [{option}]" for option in OPTIONS.get(name, ()))
            lines += [f"  {usage}", f"      {words(f'cmd_{name.replace(chr(45), chr(95))}')}"]
        return "\n".join([*lines, "", words("start_help_end"), ""])

    def error(self, message):
        sys.exit(words("start_usage", what=message))


def read_arguments(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command with its options, and what is meant for Snakemake; speaks the language of the system from here on."""
    speak(system_language())
    parser = Parser(add_help=True)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command", parser_class=Parser)
    for name, positional in COMMANDS.items():
        command = commands.add_parser(name)
        for argument in positional:
            optional = {"nargs": "?", "default": "demo"} if argument.endswith("?") else {}
            command.add_argument(argument.rstrip("?"), **optional)
        for option, settings in OPTIONS.get(name, {}).items():
            command.add_argument(option, **settings)
        command.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1))
    options, others = parser.parse_known_args(arguments)
    if others and options.command not in (*WORKFLOW, *SCRIPTS):
        parser.error(" ".join(others))
    return options, others


def system_language() -> str:
    """en where the system speaks English, else zh."""
    if os.name == "nt":
        return "en" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 9 else "zh"
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    return "en" if named.startswith("en") else "zh"


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

    ``kind``: runtime, or development with what tests and checks of style need. Raises :class:`ConfigError` in one
    sentence where the environment cannot be made or a package cannot be had.
    """
    folder, wheels = root / ENVIRONMENT, root / WHEELS
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and _is_filled(folder, root, kind):
        return python
    if os.name == "nt" and len(str(root)) > LONG_PATH:
        raise ConfigError("start_long_path", folder=str(root), length=len(str(root)), most=LONG_PATH)
    print(words("start_setting_up", folder=ENVIRONMENT), flush=True)
    try:
        if not python.exists():
            venv.create(folder, with_pip=not wheels.is_dir(), symlinks=os.name != "nt")
        pip = [next(wheels.glob("pip-*.whl")) / "pip"] if wheels.is_dir() else ["-m", "pip"]
        source = ["--isolated", "--no-index", "--find-links", wheels] if wheels.is_dir() else []
        listed = (wheels if wheels.is_dir() else root) / requirements(kind)
        command = [python, *pip, "install", "--quiet", "--require-hashes", *source, "-r", listed]
        subprocess.run([str(part) for part in command], check=True, env=os.environ | SETTINGS)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise ConfigError("start_not_set_up", folder=str(folder), what=str(error)) from None
    for each in {"runtime", kind}:
        shutil.copy(root / requirements(each), folder / each)
    return python


def _kind(options):
    return "development" if getattr(options, "development", False) else "runtime"


def _is_filled(environment, root, kind):
    """Whether an environment keeps the lock of ``root`` as what was installed last; content decides, not time."""
    kept = environment / kind
    return kept.is_file() and filecmp.cmp(root / requirements(kind), kept, shallow=False)


def requirements(kind: str) -> str:
    """Name of the lock file of an environment: runtime or development."""
    return {"runtime": "requirements.txt", "development": "requirements-dev.txt"}[kind]
