"""The nearest valid name for a misspelt one."""

import difflib


def nearest(word, candidates, cutoff=0.6):
    """The candidate closest in spelling to ``word``, or None where none reaches the similarity ``cutoff``."""
    lowered = [str(candidate).lower() for candidate in candidates]
    found = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=cutoff)
    return next((c for c in candidates if found and str(c).lower() == found[0]), None)


def suggestion(word, candidates):
    """``did you mean 'x'?`` for the nearest candidate, else the list of the valid ones."""
    close = nearest(word, candidates, cutoff=0.4)
    return f"did you mean '{close}'?" if close else f"{valid(candidates)}."


def valid(candidates):
    """``valid are a, b``."""
    return f"valid are {', '.join(map(str, candidates))}"
