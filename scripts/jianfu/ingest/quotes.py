"""Quotation marks of delimited text: which of them enclose a cell, and which belong to the text.

A mark at the beginning of a cell encloses it up to the next mark that is not doubled. Where that cell would run over
several lines, it may be a note with line breaks, or a stray mark that would swallow rows: the lines decide, by whether
they have as many cells as rows of this table usually have. So no row is swallowed, and rows add up to lines.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

LONGEST_CELL = 1 << 20  # bytes; a cell with line breaks that is longer is none
NEWLINE, RETURN, QUOTE = b'\n\r"'


class Unclear(Exception):
    """A cell over several lines that may be one or may have swallowed rows; ``lines`` end before it."""

    def __init__(self, lines):
        super().__init__(lines)
        self.lines = lines


@dataclass(frozen=True)
class Records:
    """The records that a text begins with: they end at ``end``, ``number`` of them on ``lines`` lines.

    ``strays`` are the places of quotation marks at the beginning of a cell that belong to its text.
    """

    end: int
    number: int
    lines: int
    strays: list


def find_records(data, delimiter, usual, final):
    """:class:`Records` of ``data`` (bytes).

    delimiter  one character; usual: number of cells of most rows; final: nothing follows, so that the last line needs
               no end and a mark that does not close is a stray one

    Raises :class:`Unclear`.
    """
    if b'"' not in data:
        end = len(data) if final else max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1
        lines = int(np.count_nonzero(np.frombuffer(data, np.uint8, end) == NEWLINE))  # faster than data.count
        if data.find(b"\r", 0, end) >= 0:
            lines += data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end)
        lines += final and end > 0 and data[-1] not in b"\n\r"
        return Records(end, lines, lines, [])
    view = np.frombuffer(data, np.uint8)
    quotes, ends = np.flatnonzero(view == QUOTE), _line_ends(data, view, final)
    judge = _Judge(data, delimiter.encode(), usual, final, ends.tolist())
    marks, strays = quotes, []
    if not _regular(view, quotes, ord(delimiter)) or _any_stray(judge, quotes, ends):
        marks, strays = _one_by_one(judge, quotes.tolist())
    outside = ends[np.searchsorted(marks, ends) % 2 == 0]
    end = len(data) if final else int(outside[-1]) + 1 if len(outside) else 0
    rest = int(final and (not len(ends) or ends[-1] + 1 < len(data)))
    lines = int(np.searchsorted(ends, end)) + rest
    return Records(end, len(outside) + rest, lines, [place for place in strays if place < end])


def literal(data, strays, delimiter):
    """``data`` with the cells that begin with a stray mark enclosed, so that every parser reads them as they stand."""
    parts, done = [], 0
    for place in strays:
        cell = re.compile(rb"[^\r\n%s]*" % re.escape(delimiter.encode())).match(data, place)[0]
        parts += [data[done:place], b'"', cell.replace(b'"', b'""'), b'"']
        done = place + len(cell)
    return b"".join([*parts, data[done:]])


def _line_ends(data, view, final):
    """Places of the last byte of every line end: \\n, \\r\\n or \\r."""
    ends = view == NEWLINE
    if b"\r" in data:
        alone = view == RETURN
        alone[:-1] &= ~ends[1:]
        alone[-1] &= final  # \n may follow
        ends |= alone
    return np.flatnonzero(ends)


def _regular(view, quotes, delimiter):
    """Whether every second quotation mark opens a cell and every other closes one or is doubled."""
    edge = np.zeros(256, bool)
    edge[[delimiter, NEWLINE, RETURN, QUOTE]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = edge[view[opening - 1]] | (opening == 0)
    after = edge[view[np.minimum(closing + 1, len(view) - 1)]] | (closing + 1 == len(view))
    return bool(before.all() and after.all())


def _any_stray(judge, quotes, ends):
    """Whether, all marks being regular, one begins a cell over several lines that is none."""
    inside = ends[np.searchsorted(quotes, ends) % 2 == 1]
    if not len(inside):
        return False
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) > len(closing):
        closing = np.append(closing, len(judge.data))
    doubled = opening[1:] == closing[:-1] + 1
    opening, closing = opening[np.append(True, ~doubled)], closing[np.append(~doubled, True)]
    cells = np.unique(np.searchsorted(opening, inside) - 1)
    before = np.searchsorted(quotes, opening[cells])
    found = zip(opening[cells].tolist(), closing[cells].tolist(), before.tolist(), strict=True)
    return any(judge.is_stray(first, last, quotes[:marks]) for first, last, marks in found)


def _one_by_one(judge, places):
    """``(marks that open or close a cell, stray marks)``; the others are part of a text (5" screen)."""
    data, marks, strays, at = judge.data, [], [], 0
    while at < len(places):
        opening, last = places[at], at + 1
        if opening and data[opening - 1] not in judge.edges:
            at += 1
            continue
        while last + 1 < len(places) and places[last + 1] == places[last] + 1:
            last += 2
        closing = places[last] if last < len(places) else len(data)
        if judge.is_stray(opening, closing, marks):
            strays.append(opening)
            at += 1
        else:
            marks += [opening, closing]
            at = last + 1
    return np.array(marks, np.int64), strays


class _Judge:
    """Tells whether the mark at the beginning of a cell that runs over several lines is a stray one."""

    def __init__(self, data, delimiter, usual, final, ends):
        self.data, self.delimiter, self.usual, self.final, self.ends = data, delimiter, usual, final, ends
        self.edges = delimiter + b"\r\n"
        cell = rb'("(?:[^"]|"")*+")?+[^%s\r\n]*+(%s)?+'
        self.cell = re.compile(cell % ((re.escape(delimiter),) * 2))

    def is_stray(self, opening, closing, marks):
        """``marks``: those before that open and close a cell, in order."""
        data, usual = self.data, self.usual
        first, last = bisect_left(self.ends, opening), bisect_left(self.ends, closing)
        if closing < len(data) and first == last:
            return False
        if closing - opening > LONGEST_CELL:
            return True
        width, complete = self._cells(self._record(opening, marks), closing + LONGEST_CELL)
        if closing == len(data) or not complete:
            return self.final  # else the rest of the record is yet to come
        holds = data.find(self.delimiter, opening, closing) >= 0
        proper = closing + 1 == len(data) or data[closing + 1] in self.edges
        if proper and (
            width <= usual if not holds else width == usual and self._among_quoted(opening, closing)
        ):
            return False
        if not proper and data[closing - 1] in self.edges:
            last -= 1  # this mark begins a cell
        starts = [self._line(number) for number in range(first, last + 2)]
        fits = [self._cells(*line)[0] == usual for line in pairwise(starts)]
        fitting = proper and width == usual
        if 2 * sum(fits) > len(fits) and (not fitting or (fits[0] and fits[-1])):
            return True
        if not proper or (holds and not fitting and any(fits)):
            raise Unclear(first)
        return False

    def _line(self, number):
        """Where the line ``number`` (from 0) begins."""
        return 0 if number == 0 else self.ends[number - 1] + 1 if number <= len(self.ends) else len(self.data)

    def _record(self, place, marks):
        """Where the record begins that holds ``place``, all marks before it being settled."""
        start = self._line(bisect_left(self.ends, place))
        for number in range(len(marks) - 1, 0, -2):
            if marks[number] < start:
                break
            start = self._line(bisect_left(self.ends, marks[number - 1]))
        return start

    def _cells(self, start, limit):
        """``(number of cells, whether they end before the text does)`` of the record at ``start``.

        It ends at ``limit`` at the latest; a mark that does not close before belongs to the text.
        """
        number, more, closes = 0, True, True
        while more:
            found = self.cell.match(self.data, start, limit)
            closes &= found[1] is not None or self.data[start : start + 1] != b'"'
            number, start, more = number + 1, found.end(), found[2]
        return number, self.final or (start < len(self.data) and (closes or limit <= len(self.data)))

    def _among_quoted(self, opening, closing):
        """Whether a cell beside this one is enclosed, too, as where a program encloses all."""
        beside = self.data[max(opening - 2, 0) : opening], self.data[closing + 1 : closing + 3][::-1]
        return b'"' + self.delimiter in beside
