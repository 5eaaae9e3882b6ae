"""What a person sees of a run: steps done and to come, about how long they take, and one sentence where it stops.

Snakemake tells its events as data (logger plugins); the words here are those of config/plan/messages.csv.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from logging import LogRecord
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from jianfu.core.errors import storage_failure
from jianfu.core.logs import CLEARED
from jianfu.core.messages import message, words
from jianfu.core.reasons import Reason

NAME = "jianfu"
SPOKEN = 10  # lines of progress in a run
# What a rule is part of, by the beginning of its name; the first that fits.
STAGES = {
    "ingest": "reading",
    "build_indic": "indices",
    "build_exposures": "indices",
    "build_panel": "indices",
    "settle": "indices",
    "fit": "estimating",
    "build": "estimating",
    "plot": "writing",
    "tabulate": "writing",
    "render": "writing",
}
TELLING = 0.1  # share of the work after which the pace of this run says more than those of earlier ones


class Progress:
    """The events of a run, told in lines through ``show``.

    ``seconds``: how long rules took in earlier runs (:func:`earlier_seconds`); ``cores``: jobs at a time; ``goals``:
    rules that make nothing themselves; ``pages``: files to show by the rule that makes them, as soon as they are up to
    date; ``lock_holders``: process numbers of other runs in this folder.
    """

    def __init__(
        self,
        show: Callable[[str], None],
        *,
        seconds: Mapping[str, float],
        cores: int,
        goals: Sequence[str] = (),
        pages: Mapping[str, Sequence[str]] = MappingProxyType({}),
        lock_holders: Sequence[int] = (),
    ):
        self.show, self.seconds, self.cores, self.goals = show, seconds, cores, goals
        self.pages, self.lock_holders = dict(pages), lock_holders
        self.rules, self.left, self.total, self.told = {}, Counter(), 0, 0
        self.begun, self.expected = time.monotonic(), 0.0
        self.stopped, self.failure = False, None

    def event(self, record: LogRecord) -> None:
        """Take note of one event of Snakemake's, and say what a person wants to know of it."""
        kind = getattr(record, "event", None)
        if kind == LogEvent.RUN_INFO and not self.total:
            self._planned(record.stats)
        elif kind == LogEvent.JOB_INFO:
            self.rules[record.jobid] = record.rule_name
        elif kind == LogEvent.JOB_FINISHED:
            self._finished(self.rules.get(record.job_id))
        elif kind == LogEvent.JOB_ERROR:
            self.stopped = True
            log = next(iter(record.log), "–")
            self.show(
                words("run_stopped" if _gave_a_reason(log) else "run_ended", rule=record.rule_name, log=log)
            )
        elif kind == LogEvent.ERROR and not self.failure:
            self.failure = self._failure(record)

    def finish(self, success: bool) -> None:
        """The last words of a run: how long it took, or why it stopped where no job has said so."""
        if not success:
            if not self.stopped:
                self.show("\n" + message(self.failure or Reason("run_interrupted")) + "\n")
            return
        for rule in list(self.pages):
            self._show_pages(rule)
        took = duration(time.monotonic() - self.begun)
        self.show(words("run_done", took=took) if self.total else words("run_nothing"))

    def _planned(self, stats):
        self.left = Counter({rule: n for rule, n in stats.items() if rule not in ("total", *self.goals)})
        self.total = self.left.total()
        for rule in [rule for rule in self.pages if rule not in self.left]:
            self._show_pages(rule)
        self.begun, self.expected = time.monotonic(), self._ahead()
        self.show(words("run_planned", steps=self.total, left=_time_left(self.expected / self.cores)))

    def _finished(self, rule):
        if not self.left[rule]:
            return
        self.left[rule] -= 1
        self._show_pages(rule)
        done = self.total - self.left.total()
        if done * SPOKEN // self.total > self.told:
            self.told = done * SPOKEN // self.total
            ahead, elapsed = self._ahead(), time.monotonic() - self.begun
            behind = self.expected - ahead
            seconds = elapsed * ahead / behind if behind > TELLING * self.expected else ahead / self.cores
            stage = next(
                (stage for beginning, stage in STAGES.items() if rule.startswith(beginning)), "other"
            )
            said = {"stage": Reason(f"stage_{stage}"), "took": duration(elapsed), "left": _time_left(seconds)}
            self.show(words("run_progress", done=done, steps=self.total, **said))

    def _ahead(self):
        """Seconds of work that the jobs to come took in earlier runs; a rule without any counts as the mean one."""
        known = {rule: self.seconds[rule] for rule in self.left if rule in self.seconds}
        usual = sum(known.values()) / len(known) if known else 0
        return sum(n * known.get(rule, usual) for rule, n in self.left.items())

    def _show_pages(self, rule):
        for page in map(Path, self.pages.pop(rule, ())):
            if page.is_file():  # a dry run makes none
                self.show(page.read_text(encoding="utf-8"))

    def _failure(self, record):
        """Why a run stops of itself, without a job that failed."""
        text = record.getMessage()
        if record.exception == "LockException":
            holders = list(self.lock_holders)
            return Reason("run_locked", processes=holders) if holders else Reason("run_locked_elsewhere")
        raised = "Traceback (most recent call last)" in text  # the error itself is its last line
        what = text.strip().splitlines()[-1] if raised else " ".join(text.split())
        return storage_failure(text) or Reason("run_refused", what=what)


def _gave_a_reason(log):
    """Whether a job that failed told why: one that the system ends has no time to."""
    try:
        return " ERROR " in Path(log).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _time_left(seconds):
    return words("run_left", duration=duration(seconds)) if seconds else ""


def tell(line: str) -> None:
    """Print a line; in a terminal in the place of what passes there."""
    # one piece of text, as others speak at the same time
    sys.stdout.write((CLEARED if sys.stdout.isatty() else "") + line + "\n")


def duration(seconds: float) -> str:
    """Seconds in words: seconds up to a minute and a half, then whole minutes."""
    if seconds < 90:
        return words("n_seconds", n=max(1, round(seconds)))
    return words("n_minutes", n=round(seconds / 60))


def earlier_seconds(results: Path, provinces: list[str]) -> dict[str, float]:
    """``{rule: mean seconds}`` by the benchmarks of earlier runs; those of ``provinces`` before those of others."""
    found = {}
    names = [path.name for path in results.glob("*") if path.name not in provinces]
    for province in [*names, *provinces]:
        of_rules = {}
        for file in (results / province / "benchmarks").glob("*.tsv"):
            seconds = _seconds(file)
            for rule in {file.stem, "ingest_table" if file.stem.startswith("ingest_table_") else file.stem}:
                of_rules.setdefault(rule, []).extend(seconds)
        found |= {rule: sum(each) / len(each) for rule, each in of_rules.items() if each}
    return found


def _seconds(file):
    """Seconds of a benchmark of Snakemake's; none where a killed run left half a file."""
    try:
        return [float(file.read_text(encoding="utf-8").splitlines()[1].split("\t")[0])]
    except (OSError, IndexError, ValueError):
        return []


def register(progress: Progress) -> None:
    """Make Snakemake tell its events to ``progress`` alone (``--logger jianfu``); its own log file keeps the rest."""

    class LogHandler(LogHandlerBase):
        writes_to_stream, writes_to_file = True, False
        has_filter, has_formatter, needs_rulegraph = True, True, False

        def emit(self, record):
            progress.event(record)

    registry = LoggerPluginRegistry()
    registry.plugins.pop(NAME, None)
    registry.register_plugin(registry.module_prefix + NAME, SimpleNamespace(LogHandler=LogHandler))
