"""Spells -> person-months at risk -> hazard cells.

A person is at risk in month m when on the post at the end of m-1; the event falls in the month of ``spell_end``.
Months on secondment (``on_post`` false) are not at risk; after the return the person is at risk again. Persons who
were in post before the window enter with it (delayed entry), those still in post at its end are censored.

Months are counted as year * 12 + month - 1 internally and written 'YYYY-MM' in every table.
"""

import numpy as np
import pandas as pd

from jianfu.core.errors import DataError

COHORTS = ("70后及以前", "80后", "90后", "00后")
SEXES = ("男", "女", "不详")
TENURE_BANDS = ("<1", "1-3", "3-5", "5-10", "10+")
TENURE_EDGES = (12, 36, 60, 120)
UNKNOWN = "不详"
LOCK_BANDS = ("locked", "ended_1y", "ended", "none")
LOCK_YEAR = 12  # months after the end of the minimum service that count as just ended
KEYS = ("unit_code", "month", "cohort", "sex", "tenure_band", "lock", "aged50")
DETAILS = (*KEYS, "role", "lock_band")  # keys of the finer cells
TENURE = (
    "unit_code",
    "month",
    "cohort",
    "sex",
    "tenure_month",
    "lock",
)  # keys of the cells of a Cox model on tenure
EVENTS = ("voluntary", "resign", "select", "exam", "transfer", "retire", "secondment", "other")
CAUSES = {"辞职": "resign", "遴选": "select", "考录": "exam", "退休": "retire", "借调": "secondment"}
VOLUNTARY = ("resign", "select", "exam", "transfer")
UPWARD = ("县", "市", "省", "国家")  # destinations above the township
SAME_POST_GAP = 1  # months without a spell that do not interrupt the tenure at a post


def month_number(months):
    """Months 'YYYY-MM' as float array year * 12 + month - 1; missing gives NaN."""
    months = pd.Series(months, dtype="object")
    text = months.dropna().astype(str)
    number = text.str[:4].astype(int) * 12 + text.str[5:7].astype(int) - 1
    return number.reindex(months.index).to_numpy(dtype=float, na_value=np.nan)


def date_month(dates):
    """Dates as float array year * 12 + month - 1; missing gives NaN."""
    dates = pd.to_datetime(pd.Series(dates))
    return (dates.dt.year * 12 + dates.dt.month - 1).to_numpy(dtype=float, na_value=np.nan)


def month_text(numbers):
    """Month numbers as an array of text 'YYYY-MM'."""
    numbers = np.asarray(numbers, dtype=int)
    levels, codes = np.unique(numbers, return_inverse=True)
    return np.array([f"{n // 12:04d}-{n % 12 + 1:02d}" for n in levels], dtype=object)[codes]


def cohort(birth_year):
    """Cohort names for birth years (array; NaN gives None): 70后及以前 <= 1979, 80后, 90后, 00后."""
    year = np.asarray(birth_year, dtype=float)
    names = np.array(COHORTS, dtype=object)[np.digitize(year, (1980, 1990, 2000))]
    return np.where(np.isnan(year), None, names)


def tenure_band(months):
    """Band of completed tenure at the post, from months (array; NaN gives 不详): <1, 1-3, 3-5, 5-10, 10+ years."""
    months = np.asarray(months, dtype=float)
    names = np.array(TENURE_BANDS, dtype=object)[np.digitize(months, TENURE_EDGES)]
    return np.where(np.isnan(months), UNKNOWN, names)


def lock_band(months):
    """Where a month lies after the end of the minimum service, from months since that end (array; NaN gives none).

    locked: up to the month of the end; ended_1y: the 12 months after it; ended: later; none: no minimum service known.
    """
    months = np.asarray(months, dtype=float)
    names = np.array(LOCK_BANDS, dtype=object)[np.digitize(months, (1, LOCK_YEAR + 1))]
    return np.where(np.isnan(months), "none", names)


def exit_cause(exit_type, destination):
    """Cause of each exit (array of text; '' where no exit is recorded).

    辞职, 遴选 and 考录 count whatever the destination, 调出 unless it leads to another township (乡); 死亡, 开除,
    组织选派 and 乡镇间调动 are 'other' (theory.md, section 5).
    """
    cause = pd.Series(exit_type, dtype="object").map(CAUSES)
    given = pd.Series(exit_type, dtype="object").notna().to_numpy()
    moved = (pd.Series(exit_type, dtype="object") == "调出").to_numpy()
    away = moved & (pd.Series(destination, dtype="object") != "乡").to_numpy()
    cause = cause.to_numpy(dtype=object, na_value=None)
    cause[away] = "transfer"
    cause[given & pd.isna(cause)] = "other"
    cause[~given] = ""
    return cause


def post_start(spells):
    """Month in which the present tenure at the post began (float array, one value per row of ``spells``).

    Consecutive spells of a person at the same unit form one tenure: a secondment and the return do not start it anew.
    """
    start, end = date_month(spells["spell_start"]), date_month(spells["spell_end"])
    order = np.lexsort((start, spells["unit_code"].to_numpy(), spells["person_key"].to_numpy()))
    person, unit = spells["person_key"].to_numpy()[order], spells["unit_code"].to_numpy()[order]
    same = np.r_[False, (person[1:] == person[:-1]) & (unit[1:] == unit[:-1])]
    previous = np.r_[np.nan, end[order][:-1]]
    continued = same & (start[order] <= previous + SAME_POST_GAP)
    chain = np.cumsum(~continued) - 1
    began = start[order][~continued][chain]
    result = np.empty(len(began))
    result[order] = began
    return result


def spell_months(spells, window):
    """One row per spell with the first and last month at risk in ``window`` and everything the cells need.

    ``window`` is (first, last) as 'YYYY-MM'. Spells that do not touch the window are left out.
    """
    missing = [c for c in ("person_key", "unit_code", "birth_ym", "spell_start") if c not in spells]
    if missing:
        raise DataError(f"spells: the column '{missing[0]}' is missing; check the roster's mapping.")
    first, last = month_number(pd.Series(window))
    start, end = date_month(spells["spell_start"]), date_month(spells["spell_end"])
    frame = pd.DataFrame(
        {
            "person_key": spells["person_key"].to_numpy(dtype=object),
            "unit_code": spells["unit_code"].to_numpy(dtype=object),
            "birth": month_number(spells["birth_ym"]),
            "sex": spells["sex"].where(spells["sex"].isin(SEXES), UNKNOWN).to_numpy(dtype=object),
            "on_post": spells["on_post"].astype("boolean").fillna(True).to_numpy(dtype=bool),
            "start": start,
            "post_start": post_start(spells),
            "lock_until": date_month(spells["lock_until"]),
            "cause": exit_cause(spells["exit_type"], spells["destination_level"]),
            "ends": ~np.isnan(end) & (end <= last),
            "no_destination": (spells["exit_type"] == "调出").to_numpy() & spells["destination_level"].isna(),
            "destination": spells["destination_level"].to_numpy(dtype=object, na_value=None),
            "role": _or_unknown(spells, "role"),
            "first": np.fmax(start + 1, first),
            "last": np.fmin(end, last),
        }
    )
    touches = (np.isnan(end) | (end >= first)) & (np.isnan(start) | (start <= last))
    frame = frame[touches.to_numpy() if hasattr(touches, "to_numpy") else touches]
    frame = frame.sort_values(["person_key", "start", "unit_code"], kind="stable", ignore_index=True)
    frame["months"] = np.maximum(frame["last"] - frame["first"] + 1, 0).astype(int)
    return frame


def _or_unknown(spells, column):
    """Text of an optional column, 不详 where it is missing or the column is absent."""
    if column not in spells:
        return np.full(len(spells), UNKNOWN, dtype=object)
    return spells[column].to_numpy(dtype=object, na_value=UNKNOWN)


def expand(frame):
    """Person-months of the spells in ``frame``: row number in ``frame`` and month number, as two integer arrays."""
    counts = frame["months"].to_numpy()
    row = np.repeat(np.arange(len(frame)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, frame["first"].to_numpy()[row].astype(int) + offset


def flow_row(step, reason, spells, person_months, events=0):
    """A row of the sample flow: persons, person-months and exits behind ``step`` and ``reason``."""
    return {
        "step": step,
        "reason": reason,
        "persons": spells["person_key"].nunique(),
        "person_months": int(person_months),
        "events": int(events),
    }


def person_months(spells, window, details=False):
    """Person-months at risk and how the sample came about.

    Returns ``(frame, flow)``. ``frame`` has one row per person and month: person_key, unit_code, month, cohort, sex,
    tenure_band, tenure_months, lock, aged50 and ``cause`` ('' = no exit), ordered by person and month. In ``flow``
    the rows of step 'dropped' subtracted from the row 'read' give the row 'at_risk'. With ``details`` there are also
    role, lock_band and ``upward``: 1 if the exit leads above the township, 0 if not (NaN: no exit, or unknown).
    """
    table = spell_months(spells, window)
    flow = [flow_row("read", "", table, table["months"].sum(), _ended(table).sum())]
    reasons = {
        "off_post": ~table["on_post"],
        "missing_start": table["start"].isna(),
        "missing_birth": table["birth"].isna(),
    }
    lost = np.select(list(reasons.values()), list(reasons), default="")
    for reason in reasons:
        out = table[lost == reason]
        if len(out):
            flow.append(flow_row("dropped", reason, out, out["months"].sum(), _ended(out).sum()))
    table = table[lost == ""].reset_index(drop=True)

    row, month = expand(table)
    keep = _first_of_person_month(table, row, month)
    if not keep.all():
        out = table.iloc[np.unique(row[~keep])]
        flow.append(flow_row("dropped", "overlapping_post", out, (~keep).sum()))
    row, month = row[keep], month[keep]

    ends = table["ends"].to_numpy()[row] & (month == table["last"].to_numpy()[row])
    birth, tenure = table["birth"].to_numpy()[row], month - table["post_start"].to_numpy()[row]
    frame = pd.DataFrame(
        {
            "person_key": _categorical(table["person_key"])[row],
            "unit_code": _categorical(table["unit_code"])[row],
            "month": _month_categorical(month, window),
            "cohort": _categorical(cohort(table["birth"] // 12), COHORTS)[row],
            "sex": _categorical(table["sex"], SEXES)[row],
            "tenure_band": pd.Categorical.from_codes(np.digitize(tenure, TENURE_EDGES), TENURE_BANDS),
            "tenure_months": tenure.astype(int),
            "lock": table["lock_until"].to_numpy()[row] >= month,
            "aged50": month - birth >= 600,
            "cause": _categorical(table["cause"], ("", *EVENTS[1:]))[row],
        }
    )
    if details:
        since = month - table["lock_until"].to_numpy()[row]
        frame["role"] = _categorical(table["role"])[row]
        frame["lock_band"] = _categorical(lock_band(since), LOCK_BANDS)
        frame["upward"] = np.where(ends, _upward(table)[row], np.nan)
    frame.loc[~ends, "cause"] = ""
    exits = frame["cause"] != ""
    flow.append(flow_row("at_risk", "", frame, len(frame), exits.sum()))
    flow += _remarks(table, frame, table["no_destination"].to_numpy()[row] & ends)
    return frame, pd.DataFrame(flow)


def _upward(table):
    """1.0 for spells that end with a move above the township, 0.0 for other destinations, NaN where it is unknown."""
    destination = table["destination"].to_numpy(dtype=object)
    resigned = (table["cause"] == "resign").to_numpy()
    upward = np.isin(destination.astype(str), UPWARD).astype(float)
    upward[pd.isna(destination) & ~resigned] = np.nan
    upward[resigned] = 0.0
    return upward


def exits(frame):
    """Voluntary exits, one row each, from person-months with details: their keys, the cause and ``upward``."""
    rows = frame[frame["cause"].isin(VOLUNTARY)].reset_index(drop=True)
    return rows[[*DETAILS, "person_key", "cause", "upward"]]


def _categorical(values, levels=None):
    """Values as pandas categorical, with the given levels or the sorted ones that occur."""
    values = np.asarray(values, dtype=object)
    return pd.Categorical(values, sorted(set(values)) if levels is None else levels)


def _month_categorical(numbers, window):
    """Month numbers as categorical 'YYYY-MM' whose levels are all months of the window."""
    first, last = month_number(pd.Series(window)).astype(int)
    return pd.Categorical.from_codes(numbers - first, month_text(np.arange(first, last + 1)))


def _ended(table):
    """Spells whose recorded exit falls in a month at risk."""
    return table["ends"] & (table["cause"] != "") & (table["months"] > 0)


def _first_of_person_month(table, row, month):
    """True for the first spell of a person in a month: overlapping posts must not count a person twice."""
    person = pd.factorize(table["person_key"])[0]
    if len(np.unique(person)) == len(person):
        return np.ones(len(row), dtype=bool)
    return ~pd.Series(person[row] * 40_000 + month).duplicated().to_numpy()


def _remarks(table, frame, no_destination):
    """Flow rows on person-months that stay in but rest on an assumption."""
    unknown_sex = frame["sex"] == UNKNOWN
    no_type = table["ends"] & (table["cause"] == "") & (table["months"] > 0)
    short = table["ends"] & (table["cause"] != "") & (table["months"] == 0)
    remarks = [
        flow_row("kept", "sex_unknown", frame[unknown_sex], unknown_sex.sum()),
        flow_row("kept", "destination_missing", frame[no_destination], 0, no_destination.sum()),
        flow_row("censored", "exit_type_missing", table[no_type], 0, no_type.sum()),
        flow_row("never_at_risk", "exit_in_entry_month", table[short], 0, short.sum()),
    ]
    return [remark for remark in remarks if remark["persons"]]


def cell_keys(frame, keys=KEYS):
    """Cell number of each person-month, increasing in the order of the keys, and the number of levels of each key."""
    key, sizes = np.zeros(len(frame), dtype=np.int64), []
    for name in keys:
        binary = name in ("lock", "aged50")
        sizes.append(2 if binary else len(frame[name].cat.categories))
        key = key * sizes[-1] + (frame[name] if binary else frame[name].cat.codes).to_numpy(dtype=np.int64)
    return key, sizes


def hazard_cells(frame, sums=(), keys=KEYS):
    """Person-months collapsed to unit x month x cohort x sex x tenure band x lock x aged50, or to other ``keys``.

    ``frame`` as from :func:`person_months` (with details for DETAILS). ``n`` is the number of person-months, the event
    columns count exits by cause (``voluntary`` = resign + select + exam + transfer). Columns named in ``sums`` are
    added up as they are.
    The likelihood and every standard error clustered at unit level or above are the same on cells as on person-months.
    """
    key, sizes = cell_keys(frame, keys)
    distinct, cell = np.unique(key, return_inverse=True)

    columns, rest = {}, distinct
    for name, size in zip(reversed(keys), reversed(sizes), strict=True):
        code = rest % size
        binary = name in ("lock", "aged50")
        columns[name] = code == 1 if binary else pd.Categorical.from_codes(code, dtype=frame[name].dtype)
        rest = rest // size
    cells = pd.DataFrame({name: columns[name] for name in keys})
    cells["n"] = np.bincount(cell, minlength=len(distinct))
    cause = frame["cause"].cat.codes.to_numpy()
    counts = {
        event: np.bincount(cell[cause == code], minlength=len(distinct))
        for code, event in enumerate(frame["cause"].cat.categories)
        if event
    }
    cells["voluntary"] = sum(counts[event] for event in VOLUNTARY)
    for event in EVENTS[1:]:
        cells[event] = counts[event]
    for name in sums:
        cells[name] = np.bincount(cell, frame[name].to_numpy(dtype=float), minlength=len(distinct))
    return cells


def tenure_cells(frame):
    """Person-months collapsed by month of tenure at the post (``tenure_month``) in place of the tenure band.

    A Poisson model on these cells with one effect per month of tenure is the Cox model on tenure with delayed entry
    (Breslow's ties): months of tenure without an event add nothing to either likelihood.
    """
    return hazard_cells(frame.assign(tenure_month=pd.Categorical(frame["tenure_months"])), keys=TENURE)


def person_counts(frame):
    """Persons, person-months and voluntary exits by cohort and unit (for descriptive tables)."""
    exits = frame["cause"].isin(VOLUNTARY)
    groups = frame.assign(exit=exits.astype(int)).groupby(["cohort", "unit_code"], observed=True)
    counts = groups.agg(
        persons=("person_key", "nunique"), person_months=("exit", "size"), exits=("exit", "sum")
    )
    return counts.reset_index()


def persons_used(frame, used):
    """Persons behind the cells marked in ``used`` (mask over the rows of ``hazard_cells(frame)``)."""
    keys = cell_keys(frame)[0]
    cell = np.unique(keys, return_inverse=True)[1]
    return int(frame["person_key"][used[cell]].nunique())
