"""What a run needs of the machine is said before it starts, and what the machine lacks of it."""

import pytest

from jianfu.commands.needs import Needs, needs_of, told
from jianfu.core.messages import speak
from jianfu.simulate.parameters import expected_bytes

JOBS = [("ingest_table", 1500, 40_000), ("fit_models", 4000, 1), ("release_results", 1000, 0)]


@pytest.fixture(autouse=True)
def english():
    speak("en")


def test_the_largest_job_decides_on_memory_and_all_of_them_on_disk():
    assert needs_of(JOBS) == Needs(memory=4000, rule="fit_models", disk=40_001)
    assert needs_of([]) == Needs(memory=0, rule="", disk=0)


@pytest.mark.parametrize(
    ("memory", "disk", "lacks"),
    [
        (8000, 50_000, []),
        (3000, 50_000, ["memory"]),
        (8000, 30_000, ["disk"]),
        (3999, 40_000, ["memory", "disk"]),
    ],
)
def test_a_machine_with_too_little_is_told_so(memory, disk, lacks):
    first, *others = told(needs_of(JOBS), memory=memory, disk=disk)
    assert "fit_models) needs about 4.0 GB of memory, all results about 40.0 GB of disk" in first
    assert ["memory" if "too little memory" in line else "disk" for line in others] == lacks
    assert "0.1 GB of disk" in told(Needs(memory, "small", 30), memory=memory, disk=disk)[0]  # never nothing


def test_a_simulated_province_says_how_large_its_files_will_be():
    size = {"units": {"towns": 130, "townships": 30, "streets": 40}, "window": ["2023-07", "2026-06"]}
    demonstration = expected_bytes(size | {"tasks": {"mean": 40}})
    assert demonstration == pytest.approx(104e6, rel=0.1)  # measured
    assert expected_bytes(size | {"tasks": {"mean": 100}}, "tasks") > 2 * expected_bytes(
        size | {"tasks": {"mean": 40}}, "tasks"
    )
