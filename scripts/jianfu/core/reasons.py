"""Why something is as it is, as data: a code and its values, put into words once, in the reader's language.

A row is dropped, a model has no estimate, a setting is refused: the place where it happens makes a :class:`Reason`; who
decides reads its code and values; who prints it looks up the words. Nobody reads the words of another.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Reason:
    """A code and what fills the places of its sentence: numbers, texts, further reasons, or lists of these.

    ``Reason("few_clusters", n=12)``. Values keep the order in which they are given.
    """

    code: str
    values: Mapping = field(default_factory=dict)

    def __init__(self, code: str, /, **values):
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "values", MappingProxyType(values))

    def __eq__(self, other):
        return isinstance(other, Reason) and (self.code, dict(self.values)) == (
            other.code,
            dict(other.values),
        )

    def __hash__(self):
        return hash((self.code, json.dumps(self.data(), sort_keys=True, default=str)))

    def __reduce__(self):
        return reason_of, (self.data(),)

    def data(self) -> dict:
        """As plain data: ``{"code": ..., value: ...}``, reasons among the values likewise."""
        return {"code": self.code} | {key: _plain(value) for key, value in self.values.items()}


def _plain(value):
    if isinstance(value, Reason):
        return value.data()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def reason_of(data: Mapping) -> Reason:
    """The reason that :meth:`Reason.data` describes."""
    values = {key: _restored(value) for key, value in data.items() if key != "code"}
    return Reason(data["code"], **values)


def _restored(value):
    if isinstance(value, Mapping) and "code" in value:
        return reason_of(value)
    return [_restored(item) for item in value] if isinstance(value, list) else value


def write_reasons(reasons: list[Reason]) -> str:
    """Reasons as one text for a column of a table (JSON, a list); an empty list is an empty text."""
    return json.dumps([reason.data() for reason in reasons], ensure_ascii=False) if reasons else ""


def read_reasons(text) -> list[Reason]:
    """The reasons that :func:`write_reasons` wrote; none of an empty or missing text."""
    return [reason_of(data) for data in json.loads(text)] if isinstance(text, str) and text else []


def say(
    reason: Reason, words: Callable[[str], str], separator: str = ", ", name: Callable[[str], str] = str
) -> str:
    """A reason in words.

    words: the sentence of a code, with places for its values (``{n}``, ``{p:.3f}``); separator: between the items of a
    list; name: how a text among the values (a column, a term) is called. Raises KeyError for a value that is missing.
    """

    def said(value):
        if isinstance(value, Reason):
            return say(value, words, separator, name)
        if isinstance(value, list | tuple):
            return separator.join(str(said(item)) for item in value)
        return name(value) if isinstance(value, str) else value

    return words(reason.code).format(**{key: said(value) for key, value in reason.values.items()})
