"""Errors that a user can act upon: one sentence that names the place and says what to do."""


class JianfuError(Exception):
    """An expected failure; shown to the user without a traceback."""


class ConfigError(JianfuError):
    """A setting or plan file is wrong; the sentence names file and key."""


class DataError(JianfuError):
    """The data cannot be used as they are; the sentence names file, sheet and row or column."""
