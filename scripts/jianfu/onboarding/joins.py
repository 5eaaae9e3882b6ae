"""What tables say of each other: persons of the survey on the roster, parents among the tasks, one sheet twice."""

import re
from collections import Counter
from functools import cache
from pathlib import PurePosixPath

from jianfu.core.reasons import Reason
from jianfu.ingest import dates
from jianfu.ingest.people import normal_id
from jianfu.ingest.sheet import SPACES

FEW, ENOUGH = 0.2, 20  # share that is found below which a join is none, and cells from which it can be told
SAME = 0.95  # share of equal rows that makes two sheets one


def check_joins(proposals):
    """Switch off what leads nowhere: survey numbers that no roster has, parents that are no tasks."""
    with_roster = any(proposal.table == "roster" for proposal in proposals)
    for proposal in proposals:
        if proposal.table == "survey" and with_roster:
            for column in ("id_number", "employee_id"):
                _keep_if_found(
                    proposal, column, _cells(proposals, ("roster", "ledger"), column), "ev_not_on_roster"
                )
        if proposal.table == "tasks":
            _keep_if_found(
                proposal, "parent_task_id", _cells(proposals, ("tasks",), "task_id"), "ev_no_parents"
            )


def _keep_if_found(proposal, column, known, why):
    """Leave a column on where enough of its numbers are ``known``; a parent that the dictionary knows stays on."""
    headings = [h for _, own in proposal.pages for h in own if h.column == column]
    cells = _cells([proposal], (proposal.table,), column)
    if not headings or len(cells) < ENOUGH or (not known and column == "parent_task_id"):
        return
    share = len(cells & known) / len(cells)
    if share >= FEW or (column == "parent_task_id" and headings[0].in_dictionary):
        return
    for heading in headings:
        proposal.switch_off(heading, Reason(why, share=share))


def _cells(proposals, tables, column):
    """The different numbers in a column of these tables, as they are compared."""
    found = set()
    for recognised, headings in (page for p in proposals if p.table in tables for page in p.pages):
        for heading in headings:
            if heading.column == column:
                cells = recognised.sheet.columns[heading.place].slice(recognised.bottom).unique().to_pylist()
                found |= {_number(cell or "", column) for cell in cells}
    return found - {""}


def _number(cell, column):
    text = re.sub(r"\.0$", "", cell.strip(SPACES + "'"))
    return (normal_id(text) or text) if column == "id_number" else text


def same_sheets(pages):
    """{place in ``pages``: place of an earlier sheet of the same table with the same period, headings and rows}."""
    alike, twins = {}, {}
    rows = cache(lambda place: _rows(pages[place]))
    for place, recognised in enumerate(pages):
        if recognised.page.partly:
            continue
        earlier = alike.setdefault((recognised.table, _period(recognised), *recognised.headings), [])
        height = recognised.sheet.height - recognised.bottom
        near = [n for n, other in earlier if min(height, other) >= SAME * max(height, other)]
        twin = next((n for n in near if _same(rows(place), rows(n))), None)
        if twin is None:
            earlier.append((place, height))
        else:
            twins[place] = twin
    return twins


def _period(recognised):
    """The month or year that title, sheet or file name: figures of two years may be equal."""
    places = (recognised.title, recognised.sheet.name, PurePosixPath(recognised.sheet.file).stem)
    return next((found for text in places if (found := dates.month_in(text) or dates.year_in(text))), "")


def _rows(recognised):
    """The rows below the headings, each as its cells without what a kind of file adds (00:00:00, .0), and counted."""
    columns = [column.slice(recognised.bottom).to_pylist() for column in recognised.sheet.columns]
    plain = [
        [re.sub(r"( 00:00:00|\.0)$", "", (cell or "").strip(SPACES + "'")) for cell in cells]
        for cells in columns
    ]
    return Counter(row for row in zip(*plain, strict=True) if any(row))


def _same(one, other):
    total = max(one.total(), other.total())
    return total > 1 and (one & other).total() >= SAME * total
