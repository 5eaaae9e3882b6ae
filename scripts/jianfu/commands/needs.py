"""What a run needs of the machine, from what its jobs declare (mem_mb, disk_mb), and what the machine lacks of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from jianfu.core.messages import words

MB_IN_GB = 1000
LEAST = 0.1  # GB, the smallest number that is told


@dataclass(frozen=True)
class Needs:
    """Memory of the largest job and its rule; disk that all jobs write together; in MB."""

    memory: float
    rule: str
    disk: float


def needs_of(jobs: Iterable[tuple[str, float, float]]) -> Needs:
    """What ``jobs`` (rule, mem_mb, disk_mb) need: one after the other in memory, together on disk."""
    jobs = list(jobs)
    rule, memory, _ = max(jobs, key=lambda job: job[1], default=("", 0, 0))
    return Needs(memory, rule, sum(disk for _, _, disk in jobs))


def told(needs: Needs, *, memory: float, disk: float) -> list[str]:
    """The lines to show before a run on a machine with so much free ``memory`` and ``disk``, in MB."""
    values = {
        "rule": needs.rule,
        "needs_memory": needs.memory / MB_IN_GB,
        "needs_disk": max(needs.disk / MB_IN_GB, LEAST),
        "memory": memory / MB_IN_GB,
        "disk": disk / MB_IN_GB,
    }
    short = [
        code
        for code, lacks in (
            ("run_memory_short", needs.memory > memory),
            ("run_disk_short", needs.disk > disk),
        )
        if lacks
    ]
    return [words(code, **values) for code in ("run_needs", *short)]
