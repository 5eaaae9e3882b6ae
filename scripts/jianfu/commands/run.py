"""Run the workflow for a person: clear what a killed run left, say how far it is, and stop in one sentence."""

import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager, redirect_stderr
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import psutil
from snakemake.cli import args_to_api, parse_args

from jianfu.commands.progress import NAME, Progress, earlier_seconds, register, tell
from jianfu.commands.start import RUNNING
from jianfu.core.errors import ConfigError, storage_failure
from jianfu.core.messages import speak, words
from jianfu.province.load import language_of
from jianfu.province.paths import finished_results

# What each command of the start program asks of the workflow, and the pages it shows, by the rule that makes them.
TARGETS = {
    "check": ("check", "answers"),
    "report": ("results/{province}/release/report.docx",),
    "stata": ("results/{province}/restricted/stata",),
}
ANSWERS = {"build_answers": "results/{province}/quality/answers.txt"}
PAGES = {
    "check": {"build_quality_report": "results/{province}/quality/quality_summary.txt", **ANSWERS},
    "answers": ANSWERS,
}
# Where to look afterwards.
RESULTS = {
    "all": ("{province}/release/report.docx",),
    "report": ("{province}/release/report.docx",),
    "full": ("{province}/release/full/estimates.csv",),
    "indices": ("{province}/release/panel/*.csv", "{province}/restricted/indices.parquet"),
    "models": ("{province}/release/estimates.csv",),
    "scenarios": ("{province}/release/tables/scenarios.xlsx", "{province}/scenarios/*/tables/scenarios.xlsx"),
    "stata": ("{province}/restricted/stata/main_table.*",),
    "exchange": ("{province}/release/exchange/*.zip",),
    "provinces": ("provinces/brief.docx",),
}
LOCKS, RECORDS = Path(".snakemake") / "locks", Path(".snakemake") / "metadata"
OURS = {"--config", "-C"}  # an option of Snakemake that would take the place of what is told here
LIBRARIES = "--library-path"  # the last option of the loader (:mod:`jianfu.commands.interpreters`)
PATIENCE = 5  # seconds that a job of a killed run has to end by itself


def run(
    command: str,
    *,
    provinces: str,
    cores: int,
    root: Path,
    options: list[str] = (),
    told: Mapping[str, str] = MappingProxyType({}),
    show: Callable[[str], None] = tell,
) -> bool:
    """Run what ``command`` asks for (a target of the Snakefile) in the folder ``root``; False where it stopped.

    ``provinces``: names with commas; ``options``: further options for Snakemake; ``told``: what else the command
    says (:func:`jianfu.commands.settings.load_command`), nothing where empty. Raises :class:`ConfigError` in one
    sentence where nothing can be written.
    """
    os.chdir(root)
    slugs = [slug.strip() for slug in provinces.split(",") if slug.strip()]
    speak(language_of(slugs[0] if slugs else "", root, [root / "config" / "provinces"]))
    check_writable(root)
    others = clear_remains(root, show)
    goals = _of_provinces(TARGETS.get(command, (command,)), slugs)
    together = (
        f"mem_mb={psutil.virtual_memory().available // 10**6}"  # jobs that fit in it run at the same time
    )
    arguments = [*goals, "--cores", str(cores), "--resources", together, "--logger", NAME, *options]
    if record_lost(slugs):
        show(words("run_record_lost"))
        arguments.append("--forceall")
    pages = {
        rule: [page.format(province=slug) for slug in slugs] for rule, page in PAGES.get(command, {}).items()
    }
    seconds = earlier_seconds(Path("results"), slugs)
    progress = Progress(show, seconds=seconds, cores=cores, goals=goals, pages=pages, lock_holders=others)
    register(progress)
    said = [f"{key}={value}" for key, value in {"provinces": provinces, **told}.items() if value]
    success = _snakemake([*arguments, "--config", *said], options)
    progress.finish(success)
    patterns = _of_provinces(RESULTS.get(command, ()), slugs) if success else []
    for path in (path for pattern in patterns for path in sorted(Path("results").glob(pattern))):
        show(str(path))
    return success


def _of_provinces(names, slugs):
    """Names with ``{province}`` filled in, once for each province; others once."""
    return list(dict.fromkeys(name.format(province=slug) for slug in slugs or [""] for name in names))


def audit(province: str, *, root: Path, show: Callable[[str], None] = tell) -> bool:
    """Snakemake's own account of finished results: every released figure with the rule, code and time behind it.

    Raises :class:`ConfigError` where the province has none.
    """
    os.chdir(root)
    folders = [root / "config" / "provinces"]
    speak(language_of(province, root, folders))
    file = finished_results(province, folders) / "workflow_report.html"
    progress = Progress(show, seconds={}, cores=1)
    register(progress)
    told = ["--report", str(file), "--logger", NAME, "--config", f"provinces={province}"]
    done = _snakemake(["--cores", "1", *told])
    if done:
        show(words("audit_done", file=file.as_posix()))
    else:
        progress.finish(False)
    return done


def _snakemake(arguments, given=()):
    """Snakemake in this process, without its remark on the profile that it takes its options from.

    ``given``: those of the options that the user wrote.
    """
    remarks = io.StringIO()
    try:
        if OURS & set(given):
            raise SystemExit
        with redirect_stderr(remarks):
            parser, options = parse_args(arguments)
    except SystemExit:
        raise ConfigError("run_options_refused", options=list(given)) from None
    with _executable_for_shells():
        return args_to_api(options, parser)


@contextmanager
def _executable_for_shells():
    """Quote the path of Python while Snakemake writes it into commands, which it does as it stands, blanks and all."""
    path = sys.executable
    sys.executable = f'"{path}"' if " " in path else path
    try:
        yield
    finally:
        sys.executable = path


def check_writable(root: Path) -> None:
    """Raise :class:`ConfigError` where the folder of the project takes no file, or its disk is full."""
    try:
        for folder in (root / ".snakemake", root / "results"):
            folder.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(1 << 16))
    except OSError as error:
        failure = storage_failure(error)
        if not failure:
            raise
        raise ConfigError(failure.code, place=str(root)) from None


def clear_remains(root: Path, show: Callable[[str], None]) -> list[int]:
    """End the jobs that a killed run left behind and remove its lock; process numbers of runs that are going on.

    Where another run is going on in this folder, nothing is touched: Snakemake says whether the two are in each
    other's way.
    """
    runs, jobs = processes(root)
    if runs:
        return [process.pid for process in runs]
    for process in jobs:
        process.terminate()
    for process in psutil.wait_procs(jobs, timeout=PATIENCE)[1]:
        process.kill()
    if any(LOCKS.glob("*.lock")):
        shutil.rmtree(LOCKS)
        show(words("run_was_cut_off"))
    return []


def processes(root: Path) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Other runs of the workflow in the folder ``root``, and jobs there that belong to none of them."""
    mine = psutil.Process()
    mine = {mine.pid, *(process.pid for process in mine.parents())}
    runs, jobs = [], []
    for process in psutil.process_iter():
        try:
            if process.pid in mine or not os.path.samefile(process.cwd(), root):
                continue
            words_of = process.cmdline()
        except (psutil.Error, OSError):  # ended meanwhile, or of another user
            continue
        if any(".snakemake/scripts/" in word.replace("\\", "/") for word in words_of):
            jobs.append(process)
        elif is_run(words_of):
            runs.append(process)
    going = {process.pid for process in runs}
    return runs, [job for job in jobs if not going & {above.pid for above in _above(job)}]


def is_run(command_line: list[str]) -> bool:
    """Whether a process runs the workflow: python with snakemake, -m snakemake or jianfu.py with such a command.

    The Python of a bundle for Linux stands behind its loader and what that takes.
    """
    if LIBRARIES in command_line:
        command_line = command_line[command_line.index(LIBRARIES) + 2 :]
    words_of = [word.replace("\\", "/") for word in command_line[:4]]
    if any(re.search(r"(^|/)snakemake(\.exe)?$", word) for word in words_of):
        return True
    started = [after for word, after in pairwise(words_of) if re.search(r"(^|/)jianfu\.py$", word)]
    return bool(started) and started[0] in RUNNING


def _above(process):
    try:
        return process.parents()
    except psutil.Error:
        return []


def record_lost(slugs: list[str]) -> bool:
    """Whether there are results of a province, but no longer Snakemake's record of what they were made of."""
    kept = RECORDS.is_dir() and any(RECORDS.iterdir())
    return not kept and any(any(Path("results", slug, "benchmarks").glob("*.tsv")) for slug in slugs)
