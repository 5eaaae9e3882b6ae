"""The nearest valid name for a misspelt one."""

import difflib
from collections.abc import Iterable, Sequence

from jianfu.core.reasons import Reason

MOST = 20  # names that a sentence lists; of more it shows the first SHOWN in order
SHOWN = 12


def nearest(word, candidates, cutoff=0.6) -> str | None:
    """The candidate closest in spelling to ``word``, or None where none reaches the similarity ``cutoff``."""
    lowered = [str(candidate).lower() for candidate in candidates]
    found = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=cutoff)
    return next((c for c in candidates if found and str(c).lower() == found[0]), None)


def did_you_mean(word, candidates: Sequence, *, cutoff: float = 0.4) -> Reason:
    """The nearest candidate as advice; the list of the valid ones where none is near."""
    close = nearest(word, candidates, cutoff)
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
