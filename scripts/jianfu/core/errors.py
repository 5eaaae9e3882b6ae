"""Errors that a user can act upon: one sentence that names the place and says what to do, carried as data."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jianfu.core.messages import message
from jianfu.core.reasons import Reason


class JianfuError(Exception):
    """An expected failure; scripts show its one sentence instead of a traceback.

    ``ConfigError("unknown_key", file="x.yaml", key="wieghts", advice=Reason("did_you_mean", name="weights"))``: code
    and values become a sentence of config/plan/messages.csv where they are shown (:func:`str`).
    """

    def __init__(self, code: str, /, **values):
        super().__init__(code)
        self.reason = Reason(code, **values)

    def __str__(self):
        return message(self.reason)

    def __reduce__(self):
        return _remade, (type(self), self.reason)


class ConfigError(JianfuError):
    """The configuration is wrong; the message names file and key."""


class DataError(JianfuError):
    """The data cannot be used; the message names file, sheet, row or key."""


# What the system refuses when it cannot store a file, and the sentence that goes with it.
STORAGE = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "folder_read_only",
    errno.EACCES: "folder_read_only",
    errno.EPERM: "folder_read_only",
}


def storage_failure(error: Exception | str) -> Reason | None:
    """Why a file cannot be stored: ``disk_full`` or ``folder_read_only`` with its ``place``; None for other errors.

    ``error``: what was raised, or its text; libraries in C++ hand on no number but the words of the system.
    """
    for number, code in STORAGE.items():
        if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
            return Reason(code, place=getattr(error, "filename", None) or os.getcwd())
    return None


def in_words(error: JianfuError | OSError) -> str:
    """What stops a command as its one sentence: an expected failure, or what the system refuses."""
    if isinstance(error, JianfuError):
        return str(error)
    refused = Reason("system_refused", place=error.filename or os.getcwd(), what=error.strerror or str(error))
    return message(storage_failure(error) or refused)


@contextmanager
def one_sentence() -> Iterator[None]:
    """End the process with the one sentence of what stops the script within; Ctrl-C is told by who started it."""
    try:
        yield
    except (JianfuError, OSError) as error:
        sys.exit(f"\n{in_words(error)}\n")
    except KeyboardInterrupt:
        sys.exit(130)


class NotEstimable(Exception):
    """A quantity cannot be computed from these data; the reason is a :class:`~jianfu.core.reasons.Reason`.

    ``sample`` holds the rows that were left, where a model came so far.
    """

    def __init__(self, code: str, /, *, sample=None, **values):
        super().__init__(code)
        self.reason, self.sample = Reason(code, **values), sample

    def __reduce__(self):
        return _remade, (type(self), self.reason)


def _remade(kind, reason):
    """An error as it comes back from another process."""
    return kind(reason.code, **reason.values)
