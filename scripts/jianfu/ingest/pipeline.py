"""Work on a stream of pieces in several threads, results in order."""

from collections import deque

WORKERS = 2  # threads; results do not depend on it
AHEAD = 2  # pieces that may be under way in each step


def ordered(pool, work, pieces):
    """Yield ``work(piece)`` for every piece, in their order, while up to AHEAD further ones are under way."""
    waiting = deque()
    for piece in pieces:
        waiting.append(pool.submit(work, piece))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
