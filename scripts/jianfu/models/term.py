"""What a term of a model is: a product of parts, each a column, a level, or a function of a column."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

CONSTANT = "(Intercept)"  # the term of the constant
GROUPED = ("between", "within")  # functions of a column and a group
FUNCTIONS = ("log", "log1p", "sqrt", "square", "ns", "bs", *GROUPED)
FIGURE = re.compile(r"(\w+)\((.+)\)")
CALL = re.compile(rf"({'|'.join(FUNCTIONS)})\((.+)\)")


@dataclass(frozen=True)
class Part:
    """A factor of a term: a column, a level, or a ``function`` of a column ("" = none) with further arguments."""

    text: str
    function: str
    arguments: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """The part of this text."""
        found = CALL.fullmatch(text.strip())
        if not found:
            return cls(text, "", (text,))
        return cls(text, found[1], tuple(argument.strip() for argument in found[2].split(",")))

    @property
    def column(self) -> str:
        """The column, or level, that the part is or is made of."""
        return self.arguments[0]


class Term(str):
    """A term, of a model or of an estimate: a product of parts, equal to its text (``OD:cohort_90s``)."""

    __slots__ = ()

    @classmethod
    def product(cls, names: Iterable[str]) -> Self:
        """The product of parts."""
        return cls(":".join(names))

    @property
    def names(self) -> tuple[str, ...]:
        """The texts of the parts."""
        return tuple(part.strip() for part in self.split(":"))

    @property
    def first(self) -> str:
        """The text of the first part: in an interaction, the exposure."""
        return self.names[0]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts."""
        return tuple(Part.of(name) for name in self.names)


def parts_of(terms: Iterable[str]) -> list[Part]:
    """All parts of ``terms`` in their order, each once."""
    return list(dict.fromkeys(part for term in terms for part in Term(term).parts))


def names_of(terms: Iterable[str]) -> list[str]:
    """The texts of all parts of ``terms`` in their order, each once."""
    return [part.text for part in parts_of(terms)]


def figure_of(term: str) -> tuple[str, str]:
    """A figure and what it is of: ``detectable(OD)`` gives ("detectable", "OD"), a term itself ("", term)."""
    found = FIGURE.fullmatch(term)
    return (found[1], found[2]) if found else ("", term)
