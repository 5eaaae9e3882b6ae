"""The nearest valid name for a misspelt one."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from operator import itemgetter
from os.path import commonprefix

from jianfu.core.reasons import Reason

MOST = 20  # names that a sentence lists; of more it shows the first SHOWN in order
SHOWN = 12
# similarity from which two spellings may be one word: one letter of four, one 字 of three
SLIP, SLIP_HAN = 0.75, 0.66
PART = 1 / 3  # share of a name from which its beginning or end may stand for it


def nearest(word, candidates, *, parts: bool = True):
    """The candidate that ``word`` was meant to be, or None where none is near.

    Near is a misspelling, where the words that both begin or end with do not count (``unit_name`` is no misspelt
    ``city_name``); with ``parts``, if there is none, a name that begins or ends with the other.
    """
    said, slips, others = str(word).casefold(), [], []
    similar = SequenceMatcher(None, b=said)
    for candidate in candidates:
        name = str(candidate).casefold()
        similar.set_seq1(name)
        slip = min(similar.real_quick_ratio(), similar.quick_ratio()) >= SLIP_HAN and _misspelt(said, name)
        if slip or (parts and _part(*sorted((said, name), key=len))):
            rank = (-similar.ratio(), -len(commonprefix([said, name])))
            (slips if slip else others).append((rank, candidate))
    return min(slips or others, key=itemgetter(0), default=(0, None))[1]


def _misspelt(one, other):
    if one == other:
        return True
    least = SLIP_HAN if all(word.isalpha() and not word.isascii() for word in (one, other)) else SLIP
    one, other = re.split(r"([_.-])", one), re.split(r"([_.-])", other)
    for _ in range(2):  # from the beginning, then from the end
        shared = len([*takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))])
        one, other = one[shared:][::-1], other[shared:][::-1]
    similar = SequenceMatcher(None, "".join(one), "".join(other))
    return bool(one and other) and (
        similar.ratio() >= least or similar.quick_ratio() == 1
    )  # the same letters


def _part(short, long):
    return len(short) >= PART * len(long) and (long.startswith(short) or long.endswith(short))


def did_you_mean(word, candidates: Sequence) -> Reason:
    """The nearest candidate as advice; the list of the valid ones where none is near."""
    close = nearest(word, candidates)
    return Reason("did_you_mean", name=close) if close else valid_are(candidates)


def valid_are(candidates: Iterable) -> Reason:
    """The valid names as advice; some of them where they are many."""
    names = [str(candidate) for candidate in candidates]
    if len(names) > MOST:
        return Reason("valid_some", names=sorted(names)[:SHOWN], n=len(names))
    return Reason("valid_are", names=names) if names else Reason("none_is_valid")


def one_of(items: Sequence):
    """``a, b or c``: a Reason, or the item where there is only one."""
    return _joined("or", items)


def all_of(items: Sequence):
    """``a, b and c``: a Reason, or the item where there is only one."""
    return _joined("and", items)


def _joined(code, items):
    *before, last = items
    return Reason(code, before=before, last=last) if before else last
