"""Files that are written in several processes at once."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def spread(work, jobs, processes):
    """Call ``work(*job)`` for an iterable of jobs, as many at once as there are ``processes``; no more are held."""
    if processes == 1:
        for job in jobs:
            work(*job)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        pending = []
        for job in jobs:
            if len(pending) > processes:
                pending.pop(0).result()
            pending.append(pool.submit(work, *job))
        for job in pending:
            job.result()
