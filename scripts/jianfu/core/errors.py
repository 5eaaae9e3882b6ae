"""Errors that a user can act upon: one sentence that names the place and says what to do, carried as data."""

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
