"""Indicators that the counts of a draw do not fix, from its rows: issuers and open tasks, members of OD-C."""

import numpy as np

from jianfu.simulate.structure import is_workday
from jianfu.simulate.task_rows import DEPARTMENTS, departments, told_done

OF_ROWS = {"A1_issuers", "A12_open"}
LAPSED = 30  # days after its due date for which an unfinished task counts as open


def row_measures(rows, months, logged, headcount):
    """Indicators of :data:`OF_ROWS`, with the definitions of config/plan/indicators.csv: code -> units x months.

    rows: :class:`~jianfu.simulate.task_rows.TaskRows`; logged, headcount: units x months. NaN where nothing was logged.
    """
    made = {
        "A1_issuers": effective_issuers(rows, logged.shape),
        "A12_open": open_workdays(rows, months, len(logged)) / (headcount * months.workdays),
    }
    return {code: np.where(logged, value, np.nan) for code, value in made.items()}


def effective_issuers(rows, shape):
    """exp of the entropy of the issuers of the tasks of a unit and month, units x months (Hill number of order 1)."""
    issuer = rows.level * len(DEPARTMENTS) + departments(rows)
    unit_month = rows.unit * shape[1] + rows.t
    kinds = issuer.max(initial=0) + 1
    counts = np.bincount(unit_month * kinds + issuer, minlength=shape[0] * shape[1] * kinds).reshape(
        -1, kinds
    )
    total = counts.sum(axis=1)
    weighed = (counts * np.log(np.maximum(counts, 1))).sum(axis=1)
    entropy = np.log(np.maximum(total, 1)) - weighed / np.maximum(total, 1)
    return np.exp(entropy).reshape(shape)


def open_workdays(rows, months, n_units):
    """Working days on which tasks were open, summed over the tasks of a unit and month, units x months.

    A task is open from its issue to the day before it was done, at most :data:`LAPSED` days beyond its due date.
    """
    start = months.first[0]
    since = (rows.issue.astype("M8[D]") - start).astype(int)
    lapse = (rows.due.astype("M8[D]") - start).astype(int) + LAPSED
    done = told_done(rows).astype("M8[D]")
    until = np.where(np.isnat(done), lapse, np.minimum((done - start).astype(int) - 1, lapse))
    first = (months.first - start).astype(int)
    days = np.arange(months.first[0], months.first[-1] + months.days[-1])
    worked = np.r_[0, np.cumsum([is_workday(day) for day in days])]  # working days before each day
    result = np.zeros((n_units, len(months)))
    for t in range(len(months)):
        last = first[t] + months.days[t] - 1
        at = np.flatnonzero((since <= last) & (until >= first[t]))
        begin, end = np.maximum(since[at], first[t]), np.minimum(until[at], last)
        number = np.maximum(worked[end + 1] - worked[begin], 0)
        result[:, t] = np.bincount(rows.unit[at], number, n_units)
    return result
