"""From staged text to typed rows: every required cell checked, every unusable row given its one reason."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.ingest import dates
from jianfu.ingest.people import describe_employee, describe_id
from jianfu.ingest.personal import Persons, without_ids
from jianfu.ingest.progress import completed, odd_states
from jianfu.ingest.punches import workday
from jianfu.ingest.schema import REASONS
from jianfu.ingest.several import one_row_each, one_row_per_county
from jianfu.ingest.sheet import FAILED
from jianfu.ingest.stage import DAY_PREFIX, MONTH, PART_PREFIX, PLACE, STAND_INS, values_of
from jianfu.ingest.texts import coded, plain
from jianfu.ingest.titles.deadlines import stated_on
from jianfu.ingest.titles.fill import SAID, marks_of, said_columns, said_type
from jianfu.ingest.values import BAD, EMPTY, OK, TOKEN, Converted, bad, percentages

# cells of kept rows that are counted: what they are, and why where that has a reason of its own
ODD_KINDS = (
    ("null_token", ""),
    ("bad_optional_value", ""),
    ("bad_optional_value", "excel_error"),
    ("bad_optional_value", "no_stored_value"),
    ("bad_optional_value", "personal_cell"),
)
NO_ODD = pa.schema([("src", pa.int32()), ("row", pa.int32()), ("kind", pa.int16())]).empty_table()
# derived columns that say how precise a time is, and the time
PRECISION_OF = {"tasks": ("issue_precision", "issue_at"), "punches": ("precision", "punched_at")}
_TIME = re.compile(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
REJECT_COLUMNS = ["src", "row", "column", "reason", "value"]
# Reasons that one cell or the row alone decides, in the order in which the first one wins.
ROW_REASONS = (*REASONS[: REASONS.index("conflicting_duplicate")], "damaged_id")
# levels of offices by a word in their names; the first that fits
_LEVELS = (
    ("乡", "[镇乡]|街道"),
    ("省", "自治区(?!.*[市县])"),
    ("县", "县|区(?!域)|旗"),
    ("市", "市"),
    ("国家", "^(中央|中直|国务院|国家)"),
    ("省", "省|厅$"),
    ("其他", "公司|企业|集团|银行|大学|学院"),
)
MERGER_DATES = {
    "tasks": "issue_at",
    "app_activity": "month",
    "documents": "month",
    "punches": "punched_at",
    "unit_year": "year",
    "roster": "spell_start",
    "ledger": "date",
    "survey": "fieldwork_date",
    "app_days": "date",
}


@dataclass(frozen=True)
class Built:
    """``rows``: Arrow table with src, row and the typed columns of rows that passed every check of their own.

    ``rejects``: frame src, row, column, reason, value. ``odd``: Arrow table src, row, kind of null tokens and unusable
    optional cells in ``rows``, kinds as in :data:`ODD_KINDS` by column. ``remarks``: {(kind of
    notice, column): rows}. ``several``: frame src, row, units of raw rows that became several.
    """

    rows: pa.Table
    rejects: pd.DataFrame
    odd: pa.Table
    remarks: dict
    several: pd.DataFrame | None = None


class Builder:
    """Builds the rows of one raw table; ``units`` is its :class:`UnitIndex`, ``key`` the pseudonym key.

    ``calendar`` tells the days off of sheets that are wide by day, ``titles`` (TitleCoder) the event label of files
    without that column.
    """

    def __init__(self, table, units=None, key=None, calendar=None, titles=None):
        self.table, self.units, self.key, self.calendar, self.titles = table, units, key, calendar, titles

    def build(self, cells, converter, names=frozenset()):
        """:class:`Built` for a staged table of text (src, row and one column per canonical name).

        names: what stands in the name columns of these rows.
        """
        persons = Persons(names, self.table.name)
        cells = (
            one_row_per_time(cells.combine_chunks())
            if self.table.name == "punches"
            else cells.combine_chunks()
        )
        cells, parts = self._one_row_per_part(cells, converter)
        raw, found, remarks, whole_day = {}, {}, {}, {}
        if self.table.name == "policies" and "county_code" in cells.column_names and self.units.counties:
            explained = converter.explained("county_code")
            cells, parts, unknown = one_row_per_county(cells, self.units, explained)
            remarks["unknown_county", "county_code"] = unknown
        height = cells.num_rows
        described, said = self._people(cells, converter) if self._has_people() else None, {}
        for name, column in self.table.columns.items():
            raw[name] = _cells(cells, name)
            if name == "punched_at":
                raw[name] = _with_day(raw[name], _cells(cells, "punched_on"))
            if name in STAND_INS and raw[name] is None:
                raw[name] = _stand_in(name, cells)
            if column.type == "person":
                found[name] = described["person_key"]
            elif column.type == "unit":
                found[name], raw[name] = self._unit(cells, converter, remarks)
            elif column.derived or raw[name] is None:
                found[name] = Converted(pa.nulls(height, column.arrow), np.full(height, EMPTY, np.int8))
            elif column.type == "time":
                found[name], whole_day[name] = converter.times(raw[name], column)
            else:
                found[name] = converter.convert(raw[name], column)
            if column.type == "text" and not column.private and raw[name] is not None:
                found[name] = persons.without(found[name], converter.wordings.words_of(name))
            elif column.type in ("id", "code"):
                found[name] = without_ids(found[name])
        for name, column in self.table.columns.items():
            if column.type == "number" and raw[name] is not None and name not in converter.percent:
                remarks |= percentages(raw[name], found[name], name)
        if "count" in self.table.columns and raw["count"] is None:
            self._sum_days(cells, converter, found, raw)
        if self.table.name == "tasks":
            told = {name: _cells(cells, name) for name in ("feedback_at", "state", "source")}
            absent = {name for name, column in raw.items() if column is None}
            given = completed(told, found, absent, converter)
            remarks |= odd_states(told["state"], converter)
            if self.titles and "title" not in absent:
                said = self.titles.said(found["title"].typed, self.table, absent)
            if "event_label" in said:
                given |= _labelled(said["event_label"], found)
            given |= self._date_by_title(found, whole_day, converter)
            if given:
                found["coded"] = Converted(marks_of(given), np.full(height, OK, np.int8))
        if described:
            self._prefer_id(described, found, remarks)
        if self.table.name == "ledger":
            if "exit_type" not in cells.column_names:
                found["exit_type"] = _without_bad(found["exit_type"])
            _entries_have_no_exit(found)
        if self.table.name == "units" and raw["county_code"] is None:
            found["county_code"] = _counties_of(found["unit_code"])
        if self.table.name in PRECISION_OF:
            name, time = PRECISION_OF[self.table.name]
            found[name] = _precision(found[time], whole_day[time])
        self._follow_mergers(found)
        return self._settle(cells, raw, found, whole_day, remarks, persons, parts, said)

    def _has_people(self):
        return any(column.type == "person" for column in self.table.columns.values())

    # --- persons -------------------------------------------------------------------------------------------------

    def _people(self, cells, converter):
        """person_key, birth_ym and sex as :class:`Converted`, from the ID number or else an employee number."""
        names = ("person_key", "birth_ym", "sex")
        column, describe = _cells(cells, "id_number"), describe_id
        if column is None:
            column, describe = _cells(cells, "employee_id"), describe_employee
        if column is None:
            height = cells.num_rows
            return dict.fromkeys(
                names, Converted(pa.nulls(height, pa.string()), np.full(height, EMPTY, np.int8))
            )
        texts, status, codes = converter.distinct(column)
        people = [
            describe(text, self.key) if s == OK else None
            for text, s in zip(texts.to_pylist(), status, strict=True)
        ]
        known = np.array([person is not None for person in people], bool)
        status = np.where((status == OK) & ~known, bad("damaged_id"), status).astype(np.int8)
        parts = [[person and person[part] for person in people] for part in range(len(names))]
        arrays = [pa.array(part, pa.string()) for part in parts]
        return {n: converter.spread(a, status, codes) for n, a in zip(names, arrays, strict=True)}

    @staticmethod
    def _prefer_id(described, found, remarks):
        """Birth month and sex come from the ID; where another column says otherwise, the ID wins."""
        for name in ("birth_ym", "sex"):
            if name not in found:
                continue
            own = described[name].array()
            column = found[name].array()
            known = np.array([value is not None for value in own], bool)
            told = found[name].status == OK
            remarks["contradiction", name] = int((known & told & (own != column)).sum())
            values = pa.array(np.where(known, own, column), pa.string(), from_pandas=True)
            found[name] = Converted(values, np.where(known, OK, found[name].status).astype(np.int8))

    # --- titles --------------------------------------------------------------------------------------------------

    def _date_by_title(self, found, whole_day, converter):
        """Put the day that its title or number names into rows without issue_at; {"issue_at": rows that got one}."""
        issue, title = found["issue_at"], found["title"]
        rows = np.flatnonzero(np.isin(issue.status, (EMPTY, TOKEN)) & (title.status == OK))
        if not len(rows) or "issue_at" not in whole_day:
            return {}
        days = [stated_on(text) or "" for text in plain(title.typed.take(pa.array(rows))).to_pylist()]
        told, _ = converter.times(pa.array(days, pa.string()), self.table.columns["issue_at"])
        known, times = told.status == OK, issue.array()
        times[rows[known]] = told.array()[known]
        status, filled = issue.status.copy(), np.zeros(len(issue.status), bool)
        filled[rows[known]] = True
        status[filled], whole_day["issue_at"][filled] = OK, True
        found["issue_at"] = Converted(pa.array(times, issue.typed.type), status)
        return {"issue_at": filled} if filled.any() else {}

    # --- units ---------------------------------------------------------------------------------------------------

    def _unit(self, cells, converter, remarks):
        """Codes from the code column where it names a unit, else from the name column; and the raw wording."""
        counties = _cells(cells, "county_name") if "county_name" in self.table.inputs else None
        if counties is None and PLACE in cells.column_names:
            counties = self._counties_told(coded(_cells(cells, PLACE)))
        columns = [c for c in (_cells(cells, "unit_code"), _cells(cells, "unit_name")) if c is not None]
        if not columns:
            height = cells.num_rows
            return Converted(pa.nulls(height, pa.string()), np.full(height, EMPTY, np.int8)), None
        several = self.table.name == "tasks"
        found = [converter.units(column, counties, self.units, several) for column in columns]
        if len(found) == 1:
            return found[0], columns[0]
        code, name = found
        by_code, by_name = (f.array() for f in found)
        both = (code.status == OK) & (name.status == OK)
        remarks["contradiction", "unit_code"] = int((both & (by_code != by_name)).sum())
        use_name = (code.status != OK) & ((name.status == OK) | (code.status < BAD))
        values = pa.array(np.where(use_name, by_name, by_code), pa.string(), from_pandas=True)
        wording = np.where(
            use_name,
            plain(columns[1]).to_numpy(zero_copy_only=False),
            plain(columns[0]).to_numpy(zero_copy_only=False),
        )
        return Converted(values, np.where(use_name, name.status, code.status)), pa.array(wording, pa.string())

    def _counties_told(self, places):
        """The county that title, sheet or file name of every row (甲县花名册.xlsx); None where none does."""
        told = [self.units.county_in(text) for text in places.dictionary.to_pylist()]
        return pa.array(told, pa.string()).take(places.indices) if any(told) else None

    def _follow_mergers(self, found):
        name = MERGER_DATES.get(self.table.name)
        if not name or not self.units.successors:
            return
        codes = found["unit_code"]
        typed = coded(codes.typed)
        former = pc.is_in(typed.dictionary, pa.array(sorted({s[0] for s in self.units.successors if s[0]})))
        if not pc.any(former).as_py():
            return
        rows = pc.fill_null(former.take(typed.indices), False)
        moved = self.units.follow(
            plain(typed.filter(rows)).to_numpy(zero_copy_only=False), _days(found[name].typed.filter(rows))
        )
        values = pc.replace_with_mask(plain(typed), rows, pa.array(moved, pa.string(), from_pandas=True))
        found["unit_code"] = Converted(values, codes.status)

    # --- wide by month or day ------------------------------------------------------------------------------------

    def _one_row_per_part(self, cells, converter):
        """``(staged rows with what each part is and its count, frame src, row, units)`` of a sheet with a column per
        month, or per app.

        Empty cells and null tokens are no rows. A row with a cell that cannot be read keeps that cell alone, by which
        it is rejected; so does a row without any. The frame has the number of rows that a raw row became; other staged
        rows come back as they are, with None.
        """
        wide = [name for name in cells.column_names if name.startswith(PART_PREFIX)]
        if not wide:
            return cells, None
        count = next(
            column for column in self.table.columns.values() if column.required and column.type == "count"
        )
        status = np.array([converter.convert(_cells(cells, name), count).status for name in wide])
        bad_rows = (status >= BAD).any(axis=0)
        taken = np.where(bad_rows, (status >= BAD) & ((status >= BAD).cumsum(axis=0) == 1), status == OK)
        taken[0, ~taken.any(axis=0)] = True
        rows, parts = np.nonzero(taken.T)
        texts = np.array([plain(_cells(cells, name)).to_numpy(zero_copy_only=False) for name in wide], object)
        split = cells.drop_columns(wide).take(pa.array(rows))
        said = [values_of(name) for name in wide]
        for column in dict.fromkeys(column for values in said for column in values):
            own = [values.get(column, "") for values in said]
            split = split.append_column(column, pa.array([own[part] for part in parts], pa.string()))
        split = split.append_column(count.name, pa.array(texts[parts, rows], pa.string()))
        places = {name: cells[name].to_numpy() for name in ("src", "row")}
        return split.combine_chunks(), pd.DataFrame({**places, "units": taken.sum(axis=0)})

    def _sum_days(self, cells, converter, found, raw):
        """The monthly count of a sheet that is wide by day; an unreadable day makes the count unreadable."""
        days = [name for name in cells.column_names if name.startswith(DAY_PREFIX)]
        if not days:
            return
        height, column = cells.num_rows, self.table.columns["count"]
        total, status = np.zeros(height), np.full(height, EMPTY, np.int8)
        months = coded(found["month"].typed)
        free, rest = self._days_off(months.dictionary.to_pylist()), np.zeros(height)
        places = months.indices.fill_null(len(free) - 1).to_numpy()
        wording = np.full(height, "", object)
        for name in days:
            day = converter.convert(_cells(cells, name), column)
            values = day.array()
            total += np.where(day.status == OK, values, 0.0)
            off = free[places, int(name.removeprefix(DAY_PREFIX))]
            rest += np.where((day.status == OK) | np.isnan(off), off * np.nan_to_num(values), 0.0)
            wrong = (day.status >= BAD) & (status < BAD)
            wording[wrong] = plain(_cells(cells, name)).to_numpy(zero_copy_only=False)[wrong]
            status = np.where(wrong, day.status, np.where((status == EMPTY) & (day.status == OK), OK, status))
        values = pa.array(np.where(status == OK, total, np.nan), pa.float64(), from_pandas=True)
        found["count"], raw["count"] = (
            Converted(values, status.astype(np.int8)),
            pa.array(wording, pa.string()),
        )
        if raw["rest_day_count"] is None:
            known = (status == OK) & ~np.isnan(rest)
            values = pa.array(np.where(known, rest, np.nan), pa.float64(), from_pandas=True)
            found["rest_day_count"] = Converted(values, np.where(known, OK, EMPTY).astype(np.int8))

    def _days_off(self, months):
        """Array months (and one row for no month) x days of the month (from 0, unused): 1 for days off.

        Days that a month does not have are 0; all days of a month that the calendar does not cover are NaN.
        """
        free = np.zeros((len(months) + 1, 32))
        free[-1] = np.nan
        for place, month in enumerate(months):
            first = date.fromisoformat(f"{month}-01")
            days = [day for n in range(31) if (day := first + timedelta(days=n)).month == first.month]
            work = [workday(day, self.calendar) for day in days]
            free[place, 1 : len(days) + 1] = [np.nan if w is None else not w for w in work]
        return free

    # --- reasons -------------------------------------------------------------------------------------------------

    def _settle(self, cells, raw, found, whole_day, remarks, persons, parts, said):
        """Sort rows into usable and rejected; list odd cells of the usable ones.

        ``parts``: frame src, row, units of the rows that became several, or None; ``said``: what titles say.
        """
        height = cells.num_rows
        required = self._required(cells)
        reason, where = np.full(height, -1, np.int16), np.full(height, "", object)

        def strike(mask, label, column):
            new = mask & (reason < 0)
            reason[new], where[new] = REASONS.index(label), column

        for label in ROW_REASONS:
            if label == "due_before_issue":
                if self.table.name == "tasks":
                    strike(_due_before_issue(found, whole_day), label, "due_at")
                continue
            for name in required:
                status = found[name].status
                missing = (status == EMPTY) | (status == TOKEN)
                strike(missing if label == "missing_required" else status == bad(label), label, name)
        typed = {"src": cells["src"].combine_chunks(), "row": cells["row"].combine_chunks()}
        typed |= {name: found[name].typed for name in self.table.columns}
        typed |= {
            name: said.get(name.removeprefix(SAID), pa.nulls(height, said_type(column)))
            for name, column in said_columns(self.table).items()
        }
        usable = pa.array(reason < 0)
        rows = pa.table(typed)
        rows = rows if pc.all(usable).as_py() else rows.filter(usable)
        several = parts if parts is None else parts[~_among_frame(parts, typed, reason >= 0)]
        if self.table.name == "tasks":
            rows, several = one_row_each(rows, self.units)
            none = several.index[several["units"] == 0]
            strike(_among(typed, several.loc[none]), "unit_not_named", "unit_code")
            several = several.drop(index=none)
        rejects = _rejects(typed, raw, reason, where, self.table, persons)
        odd = _odd_cells(typed, found, reason < 0, set(required))
        if parts is not None:  # one cell of the file in the rows of all parts
            odd = pa.Table.from_pandas(odd.to_pandas().drop_duplicates(), odd.schema, preserve_index=False)
        return Built(rows, rejects, odd, remarks, several)

    def _required(self, cells):
        """Required columns of this source: without an ID number some others must say what it would have said."""
        required = [name for name, column in self.table.columns.items() if column.required]
        given = set(cells.column_names)
        if self.table.name == "survey" and not {"id_number", "employee_id"} & given:
            return ["unit_code", "cohort", *(name for name in required if name != "person_key")]
        if self.table.name == "roster" and "id_number" not in given:
            required.append("birth_ym")
        return required


def _among(typed, places):
    """Boolean array: rows of a batch that the frame ``places`` (src, row) lists."""
    rows = pd.MultiIndex.from_arrays([typed["src"].to_numpy(), typed["row"].to_numpy()])
    return (
        rows.isin(pd.MultiIndex.from_frame(places[["src", "row"]]))
        if len(places)
        else np.zeros(len(rows), bool)
    )


def _among_frame(frame, typed, rows):
    """Boolean array: lines of a frame src, row whose raw row is among the ``rows`` (boolean) of a batch."""
    places = pd.MultiIndex.from_arrays([typed[name].to_numpy()[rows] for name in ("src", "row")])
    return pd.MultiIndex.from_frame(frame[["src", "row"]]).isin(places)


def _cells(cells, name):
    """Text column of a staged table without nulls, or None where it is absent."""
    if name not in cells.column_names:
        return None
    column = cells[name].combine_chunks()
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.fill_null("") if column.null_count else column


def one_row_per_time(cells: pa.Table) -> pa.Table:
    """Punches one below the other from staged rows with the times of a person in a column per day (08:55 18:02).

    Words without a number (休息, 缺卡) are no punch. A row with a number that is no time (a count) keeps that cell
    alone, by which it is rejected. Other tables come back as they are.
    """
    days = {
        name: int(name.removeprefix(DAY_PREFIX)) for name in cells.column_names if name.startswith(DAY_PREFIX)
    }
    if not days:
        return cells
    months = plain(_cells(cells, MONTH)).to_pylist()
    texts = {name: plain(_cells(cells, name)).to_pylist() for name in days}
    found = []  # (row, day, time)
    for row, month in enumerate(months):
        own = [(row, f"{month}-{day:02d}", texts[name][row] or "") for name, day in days.items()]
        wrong = [cell for cell in own if re.search(r"\d", cell[2]) and not _TIME.search(cell[2])]
        found += wrong[:1] or [(row, day, time) for row, day, text in own for time in _TIME.findall(text)]
    kept = cells.drop_columns([*days, MONTH]).take(pa.array([row for row, _, _ in found], pa.int64()))
    for place, name in ((1, "punched_on"), (2, "punched_at")):
        kept = kept.append_column(name, pa.array([cell[place] for cell in found], pa.string()))
    return kept.combine_chunks()


def _with_day(times, days):
    """Clock times (8:31) completed by a column with the day, where there is one."""
    if times is None or days is None:
        return days if times is None else times
    times = plain(times)
    alone = pc.match_substring_regex(times, r"^\s*\d{1,2}\s*[:：时]")
    return pc.if_else(alone, pc.binary_join_element_wise(plain(days), times, " "), times)


def _stand_in(name, cells):
    """Cells of the column that stands in for ``name``: start and end come from 起止时间, 增减类别 from 变动原因."""
    column, origin = _cells(cells, STAND_INS[name]), STAND_INS[name]
    if column is None or origin not in ("period", "destination"):
        return column
    encoded = coded(column)
    texts = encoded.dictionary.to_pylist()
    if origin == "period":
        found = [dates.split_period(text)[name == "done_at"] for text in texts]
    else:
        found = [level_of(text) for text in texts]
    return pa.array(found, pa.string()).take(encoded.indices)


def level_of(office):
    """Level of an office by the smallest place in its name (丙市甲县某局 is 县); the name where it says none."""
    return next((level for level, words in _LEVELS if re.search(words, office)), office)


def _labelled(labels, found):
    """Put the event labels that titles say into ``found``; {"event_label": rows that got one}."""
    known = labels.is_valid().to_numpy(zero_copy_only=False)
    found["event_label"] = Converted(labels, np.where(known, OK, EMPTY).astype(np.int8))
    return {"event_label": known}


def _without_bad(converted):
    """Cells of a stand-in that mean nothing here (减员 is no way of leaving) are empty, not bad."""
    status = np.where(converted.status >= BAD, EMPTY, converted.status).astype(np.int8)
    return Converted(converted.typed, status)


def _counties_of(units):
    """County codes as the first six digits of unit codes of nine or twelve digits."""
    codes = plain(units.typed)
    county = pc.if_else(
        pc.match_substring_regex(codes, r"^\d{9}(\d{3})?$"), pc.utf8_slice_codeunits(codes, 0, 6), None
    )
    status = np.where(
        (units.status == OK) & ~county.is_valid().to_numpy(zero_copy_only=False), EMPTY, units.status
    )
    return Converted(county, status.astype(np.int8))


def _days(values):
    """datetime64[D] of a date, time, month or year column; NaT where it is null."""
    values = plain(values)
    if pa.types.is_string(values.type) or pa.types.is_integer(values.type):
        texts = values.cast(pa.string()).fill_null("NaT").to_numpy(zero_copy_only=False)
        return texts.astype("datetime64[D]")
    return values.cast(pa.timestamp("s")).to_numpy(zero_copy_only=False).astype("datetime64[D]")


def _precision(issue, whole_day):
    """'day' or 'minute' for every row with a time."""
    codes = pa.array(whole_day.astype(np.int32), mask=issue.status != OK)
    return Converted(pa.DictionaryArray.from_arrays(codes, ["minute", "day"]), issue.status)


def _due_before_issue(found, whole_day):
    """Rows due before they were issued; compared by day where either side has day precision."""
    issue, due = found["issue_at"], found["due_at"]
    if "due_at" not in whole_day:
        return np.zeros(len(issue.status), bool)
    both = (issue.status == OK) & (due.status == OK)
    start = issue.array().astype("datetime64[s]")
    end = due.array().astype("datetime64[s]")
    by_day = whole_day["issue_at"] | whole_day["due_at"]
    earlier = np.where(by_day, end.astype("datetime64[D]") < start.astype("datetime64[D]"), end < start)
    return both & earlier


def _entries_have_no_exit(found):
    """In a movement ledger the reason of an entry (新录用, 借调返回) is no exit type and no bad cell."""
    entries = found["movement"].array() == "in"
    for name in ("exit_type", "destination_level"):
        values = found[name].array().copy()
        values[entries] = None
        status = np.where(entries, EMPTY, found[name].status).astype(np.int8)
        found[name] = Converted(pa.array(values, pa.string()), status)


def _rejects(typed, raw, reason, where, table, persons):
    """Frame of the rejected rows with the offending text, except where column or text tells who somebody is."""
    places = np.flatnonzero(reason >= 0)
    values = np.full(len(places), "", object)
    for name in set(where[places]):
        cells = None if table.columns[name].type == "person" else raw.get(name)
        if cells is not None:
            here = where[places] == name
            texts = plain(cells.take(pa.array(places[here])))
            values[here] = persons.masked(
                pc.replace_substring(texts, FAILED, "").to_pylist(), table.columns[name].type
            )
    found = pd.DataFrame(
        {
            "src": typed["src"].to_numpy()[places],
            "row": typed["row"].to_numpy()[places],
            "column": where[places],
            "reason": np.array(REASONS, object)[reason[places]],
            "value": values,
        },
        columns=REJECT_COLUMNS,
    )
    return found.drop_duplicates(["src", "row"], ignore_index=True)  # a raw row may have become several


def _odd_cells(typed, found, usable, required):
    """Table src, row, kind of the null tokens and bad optional cells of usable rows."""
    src, row = typed["src"].to_numpy(), typed["row"].to_numpy()
    places, kinds = [np.zeros(0, np.int64)], [np.zeros(0, np.int16)]
    for column, (name, converted) in enumerate(found.items()):
        if name in required or converted.status.max(initial=0) < TOKEN:
            continue
        status = converted.status
        masks = [status == TOKEN, status >= BAD, *(status == bad(reason) for _, reason in ODD_KINDS[2:])]
        masks[1] &= ~np.any(masks[2:], axis=0)
        for kind, mask in enumerate(masks):
            here = np.flatnonzero(mask & usable)
            places.append(here)
            kinds.append(np.full(len(here), column * len(ODD_KINDS) + kind, np.int16))
    places = np.concatenate(places)
    return pa.table({"src": src[places], "row": row[places], "kind": np.concatenate(kinds)})
