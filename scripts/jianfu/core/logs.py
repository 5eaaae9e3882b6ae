"""The one way in which a script logs: to its rule's log file, with warnings and tracebacks."""

import atexit
import logging
import sys
import traceback
from pathlib import Path

from jianfu.core.errors import JianfuError

LOGGER = logging.getLogger("jianfu")


def start(path: str) -> logging.Logger:
    """Send messages, captured warnings and an uncaught exception of this process to the file ``path``.

    An expected failure (:class:`JianfuError`) shows on screen as its one sentence; anything else as one sentence
    that names the log file. The traceback stands in the log in both cases.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.captureWarnings(True)
    for logger in (LOGGER, logging.getLogger("py.warnings")):
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False

    screen = logging.StreamHandler(sys.stderr)
    screen.addFilter(lambda record: getattr(record, "progress", False))
    LOGGER.addHandler(screen)

    def report(kind, error, trace):
        LOGGER.error("".join(traceback.format_exception(kind, error, trace)))
        if issubclass(kind, JianfuError):
            print(f"\n{error}\n", file=sys.stderr)
        else:
            print(f"\nUnexpected {kind.__name__}; the traceback is in {path}.\n", file=sys.stderr)

    sys.excepthook = report
    LOGGER.info("started")
    atexit.register(LOGGER.info, "ended")
    return LOGGER


def progress(message: str) -> None:
    """Write a line of progress to the log and, in a script, to the screen (long jobs only)."""
    LOGGER.info(message, extra={"progress": True})
