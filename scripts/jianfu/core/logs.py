"""The one way in which a script logs: to its job's log file, with warnings and tracebacks; failures on screen."""

import atexit
import logging
import os
import shutil
import sys
import traceback
from pathlib import Path

from jianfu.core.content import unchanged
from jianfu.core.environment import record_job
from jianfu.core.errors import JianfuError, storage_failure
from jianfu.core.messages import message, speak
from jianfu.core.personal import mask_quoted
from jianfu.core.reasons import Reason

LOGGER = logging.getLogger("jianfu")
CLEARED = "\r\x1b[2K"  # the line of a terminal, empty again
RESTRICTED = "restricted"  # the folder of what may not leave: persons, by pseudonym


class _Masking(logging.Formatter):
    """Lines of a log without ID and mobile numbers, and without names that stand in quotation marks (tracebacks)."""

    def format(self, record):
        return mask_quoted(super().format(record))


def start(job) -> logging.Logger:
    """Send messages, captured warnings and an uncaught exception of this process to the log file of ``job``.

    ``job`` is the object ``snakemake`` of a script: its ``log``, its ``wildcards``, and of its ``config`` the entry
    ``languages`` ({province: language}), which says how the province at hand is spoken to. What makes its results is
    recorded (:func:`~jianfu.core.environment.record_job`), and no file of the plan may change meanwhile. An expected
    failure (:class:`JianfuError`) shows on screen as its one sentence; anything else as one sentence that names the log
    file. The traceback stands in the log in both cases.
    """
    path = job.log[0]
    speak(_language(job.config["languages"], job.wildcards.get("province")))
    LOGGER.handlers = [logging.NullHandler()]
    logging.raiseExceptions = False  # a log that a full disk does not take is no reason to show a traceback

    def report(kind, error, trace):
        LOGGER.error("".join(traceback.format_exception(kind, error, trace)))
        unexpected = Reason("unexpected_failure", kind=kind.__name__, log=str(path))
        expected = error.reason if issubclass(kind, JianfuError) else storage_failure(error)
        print(f"\n{message(expected or unexpected)}\n", file=sys.stderr)

    sys.excepthook = report
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(_Masking("%(asctime)s %(levelname)s %(message)s"))
    logging.captureWarnings(True)
    for logger in (LOGGER, logging.getLogger("py.warnings")):
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False

    LOGGER.addHandler(_Screen(sys.stderr))
    record_job(job)
    _keep_private(getattr(job, "output", ()))
    LOGGER.info("started")
    _hold_files(job)
    atexit.register(LOGGER.info, "ended")
    return LOGGER


def _hold_files(job):
    """Fail where a file of the project among the inputs is or becomes another than ``params.code`` says."""
    digests = {path: digest for path, digest in job.params.code.items() if path in set(job.input)}
    held = unchanged(digests)
    held.__enter__()

    def leave():
        try:
            held.__exit__(None, None, None)
        except JianfuError as error:
            sys.excepthook(type(error), error, error.__traceback__)
            logging.shutdown()
            sys.stderr.flush()
            os._exit(1)  # what was written is not kept

    atexit.register(leave)


class _Screen(logging.StreamHandler):
    """Lines of progress; what passes shows in a terminal alone, as one line that the next one takes the place of."""

    def emit(self, record):
        kind = getattr(record, "progress", None)
        if kind == "passing" and self.stream.isatty():
            line = record.getMessage()[
                : shutil.get_terminal_size().columns // 2
            ]  # a Chinese character takes two
            self.stream.write(CLEARED + line)
            self.flush()
        elif kind == "said":
            super().emit(record)


def _keep_private(paths):
    """Let only the user into the folders ``restricted`` that a job writes to."""
    folders = {folder for path in paths for folder in Path(path).parents if folder.name == RESTRICTED}
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)


def _language(languages, province):
    """Of the province; a job that belongs to none speaks as the first one does."""
    return languages[province] if province else next(iter(languages.values()))


def progress(code: str, /, **values) -> None:
    """Write a line to the log and, in a script, to the screen."""
    LOGGER.info(message(Reason(code, **values)), extra={"progress": "said"})


def passing(code: str, /, **values) -> None:
    """Write a line to the log and show it in a terminal until the next one: what a long job is at."""
    LOGGER.info(message(Reason(code, **values)), extra={"progress": "passing"})
