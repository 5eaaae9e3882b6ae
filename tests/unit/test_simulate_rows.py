"""From counts to rows and files: allocation, timing classes, wordings, workbooks."""

import numpy as np
import openpyxl
import pytest
from clock_cases import rest_eve, working_minutes
from hypothesis import given, settings
from hypothesis import strategies as st
from simulate_cases import drawn

from jianfu.core.calendar import Calendar
from jianfu.ingest.dates import parse
from jianfu.ingest.readers import read_file
from jianfu.simulate import raw_xlsx as xlsx
from jianfu.simulate.allocate import Groups, split
from jianfu.simulate.raw_text import DAY_STYLES, TIME_STYLES, DateTexts
from jianfu.simulate.streams import Streams
from jianfu.simulate.task_rows import DAY, EMERGENCY, ORDINARY, REST_EVE, SHORT, _classes, build_task_rows

SIZES = st.lists(st.integers(0, 12), min_size=1, max_size=8)


@settings(deadline=None, max_examples=40)
@given(SIZES, st.integers(0, 99))
def test_allocation_gives_every_group_its_counts(sizes, seed):
    rng, groups = np.random.default_rng(seed), Groups(sizes)
    sizes = np.array(sizes)
    counts = rng.integers(0, sizes + 1)
    marked = groups.mark(rng, counts)
    assert (np.bincount(groups.of[marked], minlength=len(sizes)) == counts).all()
    among = groups.mark(rng, counts // 2, among=marked)
    assert not (among & ~marked).any()

    table = np.stack([counts, sizes - counts], axis=1)
    dealt = groups.deal(rng, table)
    assert (np.bincount(groups.of[dealt == 0], minlength=len(sizes)) == counts).all()

    totals = np.where(sizes > 0, rng.integers(0, 50, len(sizes)), 0)
    assert (np.bincount(groups.of, groups.scatter(rng, totals), len(sizes)) == totals).all()


@settings(deadline=None, max_examples=40)
@given(SIZES, st.integers(0, 99))
def test_split_adds_up_and_never_exceeds_whole_weights(sizes, seed):
    rng = np.random.default_rng(seed)
    sizes = np.array(sizes) + 1
    group = np.repeat(np.arange(len(sizes)), sizes)
    weights = rng.integers(0, 30, len(group))
    whole = np.bincount(group, weights, len(sizes)).astype(int)
    totals = rng.integers(0, whole + 1)
    parts = split(weights, group, totals)
    assert (np.bincount(group, parts, len(sizes)) == totals).all() and (parts <= weights).all()
    shares = split(0.1 + rng.random(len(group)), group, totals * 3)
    assert (np.bincount(group, shares, len(sizes)) == totals * 3).all() and (shares >= 0).all()


@pytest.mark.parametrize(
    "hours", [(("08:00", "12:00"), ("14:00", "18:00")), (("08:30", "12:00"), ("14:30", "18:00"))]
)
def test_tasks_fall_into_the_timing_class_they_were_drawn_for(hours):
    """Rest-eve and short tasks by the calendar of the pipeline are those of the draw, whatever the office hours."""
    counts = drawn().detail.counts
    rows = build_task_rows(drawn().detail, Streams(1), "2025-07-10")
    calendar = Calendar(office_hours=hours)
    timed = rows.precise & ~rows.flags["emergency"]
    issue, due = rows.issue[timed], rows.due[timed]
    on_eve = rest_eve(issue, due, calendar)
    short = working_minutes(issue, due, calendar) <= 8 * 60
    cell = rows.unit * len(drawn().detail.months) + rows.t
    for found, classes in ((on_eve, [REST_EVE]), (short, [REST_EVE, SHORT])):
        expected = np.where(counts.logged, counts.timing[..., classes].sum(axis=-1), 0).ravel()
        assert (np.bincount(cell[timed][found], minlength=counts.logged.size) == expected).all()


def test_veto_items_end_in_their_month():
    rows = build_task_rows(drawn().detail, Streams(1), "2025-07-10")
    veto = rows.flags["veto"]
    assert (rows.issue[veto].astype("M8[M]") == rows.due[veto].astype("M8[M]")).all()


def test_classes_keep_chain_tasks_ordinary():
    groups, pairs = Groups([6, 5]), np.array([1, 2])
    timing = np.array([[1, 0, 1, 0, 4], [0, 1, 0, 0, 4]])
    classes = _classes(timing, groups, pairs, np.random.default_rng(0))
    assert (classes[[0, 1, 6, 7, 8, 9]] == ORDINARY).all()
    assert sorted(classes[2:6]) == [DAY, REST_EVE, ORDINARY, ORDINARY] and classes[10] == EMERGENCY


def test_every_date_style_reads_as_the_same_moment():
    rng, texts = np.random.default_rng(0), DateTexts("1985-01-01", "2027-12-31")
    moments = np.array(["1999-12-31T23:59", "2024-02-29T00:07", "2026-10-10T12:30"], dtype="M8[m]")
    for style in TIME_STYLES:
        for moment, text in zip(moments, texts.minute(rng, moments, [style], [1]), strict=True):
            assert parse(text) == (moment.astype(object), "minute"), text
    for style in DAY_STYLES:
        for day, text in zip(
            moments.astype("M8[D]"), texts.day(rng, moments.astype("M8[D]"), [style], [1]), strict=True
        ):
            found, precision = parse(text)
            assert (np.datetime64(found, "D"), precision) == (day, "day"), text


def test_workbooks_open_elsewhere_and_keep_values_dates_and_merged_cells(tmp_path):
    days = np.array(["2024-03-05", "NaT"], dtype="M8[D]")
    moment = np.array(["2024-03-05T16:20", "2024-03-06T08:05"], dtype="M8[m]")
    columns = [
        xlsx.texts(["A&B<镇>", ""]),
        xlsx.numbers([1, np.nan]),
        xlsx.dates(days),
        xlsx.numbers(xlsx.serials(moment), xlsx.TIME),
    ]
    sheet = xlsx.Sheet(
        "表 1", [["标题", "", "", ""]], columns, [["合计", "", "", ""]], [(0, 0, 0, 3), (1, 0, 2, 0)]
    )
    path = tmp_path / "a.xlsx"
    xlsx.write_workbook(path, [sheet, xlsx.Sheet("空", [["x"]], [])])
    book = openpyxl.load_workbook(path)
    cells = [[cell.value for cell in row] for row in book["表 1"].iter_rows()]
    assert cells[1][:2] == ["A&B<镇>", 1] and cells[1][2].isoformat() == "2024-03-05T00:00:00"
    assert [str(r) for r in book["表 1"].merged_cells.ranges] == ["A1:D1", "A2:A3"]
    read = read_file(path, "a.xlsx")[0]
    assert read.columns[3].to_pylist()[1:3] == ["2024-03-05 16:20:00", "2024-03-06 08:05:00"]
    assert read.columns[0].to_pylist() == ["标题", "A&B<镇>", "", "合计"] and (1, 0, 2, 0) in read.merged
