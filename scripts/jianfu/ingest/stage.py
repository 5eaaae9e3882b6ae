"""From the files of one raw table to text columns under canonical names, with the place of every row.

Rows that are no data (title, headings, totals, signatures, blank) are counted here and go no further; so do columns
that identify persons, except the number behind the pseudonym, which stays in memory until it is hashed.
"""

import fnmatch
import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.errors import DataError
from jianfu.core.logs import passing
from jianfu.core.personal import ID, NAME, PHONE, is_name, mask_numbers, mask_place
from jianfu.core.reasons import Reason
from jianfu.core.spelling import all_of, did_you_mean
from jianfu.ingest import dates
from jianfu.ingest.headings import (
    IDENTIFIERS,
    MIN_DAYS,
    MIN_MONTHS,
    PERSONAL,
    UNMAPPED,
    UNPIVOTED,
    Column,
    Matcher,
    day_of,
    month_of,
    month_of_day,
    normal_heading,
    read_header,
)
from jianfu.ingest.numbers import MEASURES, measure_in, measures_above
from jianfu.ingest.pipeline import ordered
from jianfu.ingest.readers import MAX_UNZIPPED, read_source
from jianfu.ingest.sheet import SPACES, sheet_place
from jianfu.ingest.texts import blank, coded, constant, is_coded, matching, plain

# columns that another one can stand in for where the files do not have them
STAND_INS = {"issue_at": "period", "done_at": "period", "movement": "exit_type", "exit_type": "movement"}
STAND_INS["destination_level"] = "destination"
# columns whose empty cells another one completes, see :mod:`jianfu.ingest.progress`
COMPLETED_BY = {"done_at": "feedback_at", "issuer": "source", "late": "state"}
DAY_PREFIX, MONTH = "@day:", "@month"  # staged columns of a sheet that is wide by day, and its month
PLACE = "@place"  # staged title, sheet and file, which may name the county of a sheet
PART_PREFIX = "@part:"  # staged columns whose cells are rows of their own, and what their rows are, as JSON
MANY_CUT, MANY_CUT_SHARE = 3, 0.01  # so many ID numbers ending in 000 are no chance (one in a thousand is)
_CUT_ID = r"^\D?\d{15}000\s*$|^\d\.\d+[eE]\+?17$"
_TOTAL = re.compile(
    r"^(本页|本表|全县|全市|全省|全区)?(合|小|总|累|共)计(\W.{0,12}|\d.{0,8}|数|人数)?$|^.{1,10}(合计|小计|总计)$|^(本页|本表|全县|全市|全省|全区)?平均(值|数|水平)?$"
    r"|^(?i:(grand|sub)?-?totals?|averages?|means?)$"
)
_WHOLE = re.compile("^(全部|所有|汇总|总)(应用|平台|系统|操作|类型|渠道|次数|数|量|体)?$")
_FOOTER = re.compile(
    r"^(填表|填报|制表|审核|复核|审批|统计|单位负责|分管负责|分管领导|主要领导|负责|经办|联系|报送|打印|导出|数据截至|截至|盖章|备注|说明|注|(数据|资料)?来源)"
    r"[^:：]{0,8}[:：]|^以下(空白|无正文)|^第\d+页|^[（(]?盖章"
)
# few different texts are expected in columns of these types: they are read as codes
CODED_TYPES = (
    "text",
    "unit",
    "category",
    "boolean",
    "count",
    "number",
    "month",
    "year",
    "wave",
    "item",
    "duration",
)
UNIT_NAMES = ("unit_name", "unit_code", "county_name")
# 小计 and 全部 may stand in these as well
TOTALLED = ("month", "app_name", "action_type", "channel", "event_label")
_NOTE_HINT = "计|平均|[:：]|以下|^\\s*第|盖章"  # a text without any of these is no total and no footer
_UNIT_IN_TITLE = re.compile(r"(?:单位|乡镇|街道)[^:：\s]{0,4}[:：]\s*(\S+)")
# what says who has left a roster
LEAVING = {"status", "leave_date", "retire_date", "transfer_date", "exit_type"}
SERIAL = r"^\d{5}(\.\d+)?$"  # a plain number of days
DAYS_TO_1904 = 1462
_LEFT = re.compile(
    "离开|流出|历史人员|离退休|退休|离休|调出|转出|调离|离职|离任|离岗|辞职|减员|去世|死亡|开除"
)
_LEAVES = re.compile(_LEFT.pattern + "|调[往至到县市省]|考[走取]|病故|已故|辞去")
_STAYS = re.compile("在职|在编|在岗|在册|现有")
_CAME = re.compile("(?<!减)增(?=员|加|人|编|$)|调入|转入|新进|新录|招录|录用|到岗|入职")
_WENT = re.compile("(?<!增)减(?=员|少|人|编|$)|" + _LEFT.pattern.replace("|减员", ""))
_WAVE = re.compile(
    r"第\s*([\d一二三四五六七八九十])\s*[次轮期波批]|(?<![A-Za-z])(?:[TW]|wave|round)[ _-]?([1-9])(?![\dA-Za-z])",
    re.IGNORECASE,
)


MONTHLY = {"app_activity", "documents"}  # tables that may have a column per month


@dataclass(frozen=True)
class SourceSheet:
    """One sheet that was read: its place in the order of files, and how many rows were no data."""

    number: int
    file: str
    name: str
    rows_read: int
    nondata: int


@dataclass(frozen=True)
class Staged:
    """Text columns of several sheets of one source: ``cells`` has src, row and one column per canonical name.

    names: what stands in the name columns of these rows, to know it again where it should not be.
    """

    source: dict
    cells: pa.Table
    names: frozenset = frozenset()


class Staging:
    """Reads the files of one raw table, sheet by sheet, and keeps the books about sheets, columns and notices."""

    def __init__(self, table, dictionary, max_unzipped=MAX_UNZIPPED):
        self.table = table
        self.dictionary = dictionary
        self.max_unzipped = max_unzipped
        self.sheets, self.columns, self.notices = [], [], []
        self.mapped = set()

    def read(self, files, pool):
        """Yields :class:`Staged` batches; ``files`` as from ``sources.find_files``, ``pool`` runs the work."""
        matchers = {}
        for path, name, source in files:
            passing("reading_file", file=name)
            matcher = matchers.setdefault(id(source), Matcher(self.dictionary, source, self.table.known))
            for sheets in read_source(path, name, source, self.max_unzipped):
                for sheet, header in self._usable(sheets, matcher, source):
                    yield from self._stage(sheet, header, source, pool)

    def notice(self, kind, file="", sheet="", column="", rows=0):
        """Note something that the quality report must mention."""
        self.notices.append(notice(self.table.name, kind, file, sheet, column, rows))

    def _usable(self, sheets, matcher, source):
        """Sheets with a complete header; the others are listed, or stop the run where the file has no other."""
        wanted, candidates = source.get("sheets"), []
        for sheet in sheets:
            if sheet.left_out:
                self.notice("no_table", sheet.file)
            elif wanted and not any(fnmatch.fnmatchcase(sheet.name, pattern) for pattern in wanted):
                self.notice("sheet_not_selected", sheet.file, sheet.name, rows=sheet.height)
            elif not sheet.visible:
                self.notice("hidden_sheet", sheet.file, sheet.name, rows=sheet.height)
            elif sheet.height == 0 and sheet.headings is None:
                self.notice("empty_sheet", sheet.file, sheet.name)
            else:
                header = read_header(sheet, matcher)
                lacking = self.lacking(header, sheet, source) if header else [Reason("a_heading_row")]
                candidates.append((sheet, header, lacking))
        complete = [(sheet, header) for sheet, header, lacking in candidates if not lacking]
        for sheet, header in complete:
            self._refuse_two_dates(sheet, header, source, alone=len(complete) == 1)
        most = max((len(header.places()) for _, header in complete), default=0)
        for sheet, header, lacking in candidates:
            if not lacking:
                continue
            leavers = self.table.name == "roster" and _who_left(
                _title(header, sheet) if header else "", sheet
            )
            if not complete or (header and not leavers and len(header.places()) > most / 2):
                self._refuse(sheet, header, lacking)
            self.notice(
                "leavers_not_read" if leavers else "no_header", sheet.file, sheet.name, rows=sheet.height
            )
        if not candidates and sheets and all(sheet.left_out for sheet in sheets):
            raise DataError("in_file", file=sheets[0].file, what=sheets[0].left_out)
        if not candidates:
            raise DataError(
                "no_sheet_with_data",
                file=sheets[0].file if sheets else Reason("a_file"),
                table=self.table.name,
            )
        return complete

    def _refuse(self, sheet, header, lacking):
        place = sheet_place(sheet.file, sheet.name)
        if header is None:
            raise DataError("no_heading_row", place=place, table=self.table.name)
        raise DataError(
            "columns_lacking",
            place=place,
            columns=lacking,
            table=self.table.name,
            unmapped=[h for c, h in zip(header.columns, _told(header), strict=True) if c.status == UNMAPPED]
            or Reason("none"),
        )

    def _refuse_two_dates(self, sheet, header, source, alone):
        """Stop where the title names another month or year than the sheet, or than the file of a single sheet."""
        given = {*header.places(), *(source.get("fixed") or {}), *(source.get("fill") or {})}
        for name in {"month", "year"} & {
            n for n, origin in self.table.default.items() if origin == "place"
        } - given:
            find, title = IN_TEXT[name], _title(header, sheet)
            named = find(sheet.name) or (find(Path(sheet.file).stem) if alone else None)
            if named and find(title) not in (None, named):
                place = sheet_place(sheet.file, sheet.name)
                raise DataError("places_disagree", place=place, column=name, title=find(title), name=named)

    def lacking(self, header, sheet, source):
        """Required columns that neither a heading nor a default gives; texts, or a Reason for one of several."""
        places, given = header.places(), {**(source.get("fixed") or {}), **(source.get("fill") or {})}
        wide = self._said_by_parts(header, sheet, source)
        wide |= {self._counted()} if wide else set()
        lacking = []
        for name, column in self.table.columns.items():
            if not column.required or name in places or name in given:
                continue
            if column.type == "unit" and "unit_name" in {*places, *given}:
                continue
            if column.type == "person":
                anonymous = self.table.name == "survey" and {"cohort"} <= {*places, *given}
                if anonymous or any(name in places for name in IDENTIFIERS):
                    continue
                name = Reason("an_id_number")
            if name in wide:
                continue
            default = self.table.default.get(name)
            if default and (default != "place" or self._from_place(name, header, sheet)):
                continue
            if name == "punched_at" and ("punched_on" in places or _days_of_punches(header, sheet)):
                continue
            if STAND_INS.get(name) in places or (column.title and "title" in places):
                continue
            if column.type == "count" and len(day_places(header)) >= MIN_DAYS:
                continue
            lacking.append(name)
        if self.table.name == "roster" and not {"id_number", "birth_ym"} & set(places):
            lacking.append("birth_ym")
        return lacking

    def _stage(self, sheet, header, source, pool):
        """Yields the data rows of one sheet as text columns, batch by batch."""
        plan = self._plan(sheet, header, source)
        rows, nondata, surplus, strays, cut, early, filled, persons = 0, 0, 0, 0, 0, 0, set(), set()
        for batch, kept, beyond, names in ordered(pool, plan.stage, sheet.batches(pool, plan.coded())):
            rows += batch.height
            nondata += batch.height - kept.num_rows
            surplus += batch.surplus
            strays += batch.strays
            cut += _cut_ids(kept)
            if getattr(sheet, "from_1904", False):
                kept, n = _from_1904(kept, self.table)
                early += n
            filled |= beyond
            persons |= names
            self.mapped |= set(kept.column_names) - {"src", "row", PLACE}
            yield Staged(source, kept, names)
        place = mask_place(sheet.file, persons), mask_place(sheet.name, persons)
        if sheet.start == 0:
            self._list_columns(place, header, set(plan.wide.values()), filled)
            self._note_leavers(place, header, sheet)
        if surplus:
            self.notice("surplus_cells", *place, rows=surplus)
        if strays:
            self.notice("stray_quotes", *place, rows=strays)
        if cut >= MANY_CUT and cut > MANY_CUT_SHARE * (rows - nondata):
            self.notice("ids_end_in_zeros", *place, "id_number", cut)
        if early:
            self.notice("days_from_1904", *place, rows=early)
        if sheet.start:
            before = self.sheets.pop()
            rows, nondata = rows + before.rows_read, nondata + before.nondata
        self.sheets.append(SourceSheet(plan.number, *place, rows, nondata))

    def _plan(self, sheet, header, source):
        number = len(self.sheets) - bool(sheet.start)
        wide, of = self._parts(header, sheet, source), _any_month
        if not wide and self._by_days(header):
            wide = {f"{DAY_PREFIX}{day:02d}": place for day, place in day_places(header).items()}
            of = day_of
        if wide:
            self._refuse_alike(sheet, header, of)
        constants = self._constants(header, sheet, source)
        if wide and self.table.name == "punches":
            constants[MONTH] = self._from_place("month", header, sheet)
        measures = self._measures(header, sheet) | self._measures_of(wide, header)
        return _Plan(self.table, header, number, wide, constants, _titles(sheet, header), measures)

    def _measures(self, header, sheet):
        """{column: measure} where heading or title say that numbers are in another one than the column (万次, 亩)."""
        found, above = {}, measures_above(_title(header, sheet))
        headings = {column.column: column.heading for column in header.columns if column.column}
        for name, column in self.table.columns.items():
            if column.type in ("count", "number", "duration"):
                own = measure_in(headings.get(name, ""))
                known = MEASURES[column.unit]
                fitting = [own] if own else [measure for measure in above if known.get(measure, 1) != 1]
                if len(fitting) == 1 and known.get(fitting[0]) != 1:
                    found[name] = fitting[0]
        return found

    def _refuse_alike(self, sheet, header, of):
        """Stop where two columns are the same day or month (收文|1月, 发文|1月): one of them would not be read."""
        named = [
            (of(column.heading), column.heading) for column in header.columns if column.status == UNMAPPED
        ]
        number = Counter(value for value, _ in named if value)
        for value, n in number.items():
            if n > 1:
                alike = [heading for own, heading in named if own == value]
                texts = dict.fromkeys(heading.rpartition("|")[0] or heading for heading in alike)
                raise DataError(
                    "headings_alike",
                    place=sheet_place(sheet.file, sheet.name),
                    headings=all_of([Reason("quoted", text=text) for text in texts]),
                    column=f"{self._counted() or self.table.name} ({alike[0].rpartition('|')[2]})",
                )

    def _from_place(self, name, header, sheet):
        """The same as :func:`from_place`; a month may be that of the days of a sheet (2024-03-01, 3月1日).

        Raises :class:`DataError` where days are of several months, or of another than the sheet.
        """
        found = from_place(name, _title(header, sheet), sheet)
        if name != "month" or len(day_places(header)) < MIN_DAYS:
            return found
        named = {month_of_day(column.heading) for column in header.columns if column.status == UNMAPPED} - {
            None
        }
        if not named:
            return found
        year, month = next(iter(named))
        own = f"{year or found[:4]}-{month:02d}" if year or found else ""
        if len(named) > 1 or found not in ("", own):
            months = [f"{year}-{month:02d}" if year else f"{month}月" for year, month in sorted(named)]
            place = sheet_place(sheet.file, sheet.name)
            raise DataError("days_of_other_months", place=place, months=months, month=found or Reason("none"))
        return own

    def _by_days(self, header):
        """Whether the columns of the days of a sheet are read: counts, or the times at which a person punched."""
        if self.table.name == "punches":
            return not {"punched_at", "punched_on"} & set(header.places())
        return "count" in self.table.columns and "count" not in header.places()

    def _parts(self, header, sheet, source):
        """{staged column: place} of a sheet whose columns are months, or what ``unpivot`` says (an app each); {} where
        it is none. Raises :class:`DataError` where other columns say what belongs to one of them."""
        said = {normal_heading(heading): values for heading, values in (source.get("unpivot") or {}).items()}
        if said:
            named = [column for column in header.columns if column.status == UNPIVOTED]
            parts = {_part(said[_known(column.heading, said)]): column.place for column in named}
            self._refuse_beside(sheet, header, parts)
            return parts
        if not MONTHLY & {self.table.name} or {"month", self._counted()} & set(header.places()):
            return {}
        places = month_places(header, from_place("year", _title(header, sheet), sheet))
        return {_part({"month": month}): place for month, place in places.items()}

    def _said_by_parts(self, header, sheet, source):
        """Columns that the parts of a sheet say of their rows."""
        return {name for part in self._parts(header, sheet, source) for name in values_of(part)}

    def _refuse_beside(self, sheet, header, parts):
        """Stop where a column says for the whole row what the columns of ``unpivot`` say each: it would be counted with
        every one of them."""
        own = {name for part in parts for name in values_of(part)}
        own |= {name for name, column in self.table.columns.items() if column.type == "count"}
        for column in header.columns if parts else ():
            if column.column in own:
                place = sheet_place(sheet.file, sheet.name)
                raise DataError("beside_unpivot", place=place, heading=column.heading, column=column.column)

    def _measures_of(self, wide, header):
        """{staged column: measure} of columns whose own heading says in which measure their numbers are."""
        headings = {column.place: column.heading for column in header.columns}
        measures = {name: measure_in(headings[place]) for name, place in wide.items()}
        return {
            name: measure for name, measure in measures.items() if measure and MEASURES[""].get(measure) != 1
        }

    def _counted(self):
        """The required count of a table: what stands in the columns of days and months."""
        return next(iter(totals(self.table)), "")

    def _constants(self, header, sheet, source):
        """Columns with one value for the whole sheet: declared, or read from title, sheet or file name."""
        texts = {str(name): str(value) for name, value in (source.get("fixed") or {}).items()}
        for name, origin in (source.get("fill") or {}).items():
            title = _title(header, sheet)
            unit = _UNIT_IN_TITLE.search(title) if name in ("unit_name", "unit_code") else None
            places = {"sheet": sheet.name, "file": Path(sheet.file).stem, "title": unit[1] if unit else title}
            find = IN_TEXT.get(name)
            texts[name] = (find and find(places[origin])) or places[origin]
        if "county_name" in self.table.inputs and "county_name" not in {*header.places(), *texts}:
            texts[PLACE] = f"{_title(header, sheet)} {sheet.name} {sheet.file}"
        wide = self._said_by_parts(header, sheet, source)
        for name, default in self.table.default.items():
            if name in wide:
                continue
            if default not in ("row", "unit_code") and name not in header.places() and name not in texts:
                text = self._from_place(name, header, sheet) if default == "place" else default
                if text or name not in STAND_INS:
                    texts[name] = text
        return texts

    def _note_leavers(self, place, header, sheet):
        """Name the columns of a roster that are not read and speak of leaving, where no other says who has left."""
        if self.table.name != "roster" or LEAVING & set(header.places()):
            return
        for column in header.columns:
            if not column.column and column.status != PERSONAL:
                cells = sheet.whole().columns[column.place]
                left = matching(cells.slice(header.bottom), _LEAVES.pattern, _tells_leaving)
                if left.any():
                    self.notice("leavers_in_words", *place, column.heading, int(left.sum()))

    def _list_columns(self, place, header, wide, filled):
        """Note what every heading is read as; ``filled`` are the places of columns with cells but no heading."""
        of_days = "punched_at" if self.table.name == "punches" else self._counted()
        nameless = [Column(place, "", "", UNMAPPED) for place in sorted(filled)]
        for column, heading in zip(
            [*header.columns, *nameless], [*_told(header), *([""] * len(nameless))], strict=True
        ):
            counted = self.table.columns.get(column.column)
            if counted and counted.type == "count" and self.table.name in MONTHLY and "累" in heading:
                self.notice("running_total", *place, heading)
            self.columns.append(
                {
                    "file": place[0],
                    "sheet": place[1],
                    "position": column.place + 1,
                    "heading": heading,
                    "column": of_days if column.place in wide else column.column,
                    "status": "mapped" if column.place in wide else column.status,
                }
            )


def notice(table: str, kind: str, file="", sheet="", column="", rows=0) -> dict:
    """Something that the quality report must mention, as a row of the notices."""
    place = {"file": mask_numbers(file), "sheet": mask_numbers(sheet)}
    return {"table": table, "kind": kind, **place, "column": column, "rows": rows}


def notices_of_remarks(table, remarks):
    """Notices from {(kind, column): rows}; numbers with and without % count only together."""
    found = []
    for (kind, column), rows in sorted(remarks.items()):
        if kind == "percent_mixed" and not remarks.get(("percent", column)):
            continue
        if rows and kind != "percent":
            found.append(notice(table, kind, column=column, rows=rows))
    return found


def notices_of_absent(table, sources, columns, mapped) -> list[dict]:
    """Notices on optional columns that no file has and on mapped headings that no file shows.

    ``columns`` and ``mapped`` are those of :class:`Staging` over all files of the ``table``.
    """
    notices = []
    seen = {normal_heading(c["heading"]) for c in columns}
    seen |= {heading.rpartition("|")[2] for heading in seen}
    for source in sources:
        for heading in [*(source.get("columns") or {}), *(source.get("unpivot") or {})]:
            if normal_heading(heading) not in seen:
                notices.append(notice(table.name, "heading_not_found", column=heading))
    asked = {table.columns[name].scale for name in mapped if name in table.columns} - {""}
    for name, column in table.columns.items():
        if not column.required and column.expected and not column.derived and name not in mapped:
            if column.type == "unit" and "unit_name" in mapped:
                continue
            if {STAND_INS.get(name), COMPLETED_BY.get(name)} & mapped:
                continue
            kind = "absent_item" if column.scale in asked else "absent_column"
            notices.append(notice(table.name, kind, column=name))
    for column in columns:
        if column["status"] == UNMAPPED:
            notices.append(
                notice(table.name, "unmapped_heading", column["file"], column["sheet"], column["heading"])
            )
    return notices


def check_asked(table, sources, columns) -> None:
    """Raise :class:`DataError` where no file has any of the headings that ``sources`` map to an own column (``types``)
    or to an item of a scale, whose score would be another without it; columns: of :class:`Staging` over all files."""
    seen = {normal_heading(column["heading"]) for column in columns}
    seen |= {heading.rpartition("|")[2] for heading in seen}
    items = {column.name for column in table.columns.values() if column.scale}
    headings: dict[str, list[str]] = {}
    for source in sources:
        for heading, column in (source.get("columns") or {}).items():
            if column in (source.get("types") or {}) or column in items:
                headings.setdefault(column, []).append(heading)
    for column, mapped in headings.items():
        if not seen.intersection(map(normal_heading, mapped)):
            others = [
                other["heading"] for other in columns if other["status"] == UNMAPPED and other["heading"]
            ]
            advice = did_you_mean(mapped[0], list(dict.fromkeys(others)))
            raise DataError("own_heading_absent", heading=mapped[0], column=column, advice=advice)


def _told(header):
    """Headings as they may be told: a row of data that was taken for headings names nobody."""
    texts = [mask_numbers(column.heading) for column in header.columns]
    data = any(ID in text or PHONE in text for text in texts)
    return [NAME if data and is_name(text) else text for text in texts]


def _from_1904(cells, table):
    """Staged rows whose plain numbers of days count from 1900 as elsewhere, and how many numbers that were."""
    changed = 0
    for name, column in table.columns.items():
        if column.type not in ("time", "date", "month", "birth_month") or name not in cells.column_names:
            continue
        texts = cells[name].combine_chunks() if isinstance(cells[name], pa.ChunkedArray) else cells[name]
        plain = pc.match_substring_regex(texts, SERIAL)
        number = pc.sum(plain).as_py() or 0
        if number:
            days = pc.add(pc.if_else(plain, texts, None).cast(pa.float64()), DAYS_TO_1904)
            shifted = pa.array(
                [None if day is None else f"{day:.10g}" for day in days.to_pylist()], texts.type
            )
            place = cells.column_names.index(name)
            cells = cells.set_column(place, name, pc.if_else(plain, shifted, texts))
            changed += number
    return cells, changed


def _cut_ids(cells):
    """Number of ID numbers that lost their last digits in a spreadsheet."""
    if "id_number" not in cells.column_names:
        return 0
    return pc.sum(pc.match_substring_regex(cells["id_number"], _CUT_ID)).as_py() or 0


def _title(header, sheet):
    """Texts above the headings, joined."""
    return " ".join(
        dict.fromkeys(cell.strip() for row in sheet.head()[: header.top] for cell in row if cell.strip())
    )


def from_place(name: str, title: str, sheet) -> str:
    """Month, year, wave, movement or way of leaving named in title, sheet name or file name; '' if none is."""
    if name == "status":
        return _who_left(title, sheet)
    stem, find = Path(sheet.file).stem, IN_TEXT.get(name)
    return next((found for text in (title, sheet.name, stem) if find and (found := find(text))), "")


def _who_left(title, sheet):
    """How the people of a sheet have left (退休), by its name, its title or the file; '' where none has."""
    for text in (sheet.name, title, Path(sheet.file).stem):
        found = set(_LEFT.findall(text))
        if _STAYS.search(text) or len(found) > 1:
            return ""
        if found:
            return found.pop()
    return ""


def _tells_leaving(text):
    return bool(_LEAVES.search(text)) and not _STAYS.search(text)


def _wave_in(text):
    """The number of a wave in 第二轮, T2 or Wave 2."""
    match = _WAVE.search(unicodedata.normalize("NFKC", text))
    return match and (match[1] or match[2])


def _movement_in(text):
    """增员 or 减员 where a name speaks of those who came or of those who left alone (not 增减员表)."""
    came, left = bool(_CAME.search(text)), bool(_WENT.search(text))
    return None if came == left else "增员" if came else "减员"


# what tells a column in a title, the name of a sheet or that of a file
IN_TEXT = {"month": dates.month_in, "year": dates.year_in, "wave": _wave_in, "movement": _movement_in}


def _days_of_punches(header, sheet):
    """Whether a sheet has a column per day of a month that is named."""
    return len(day_places(header)) >= MIN_DAYS and bool(from_place("month", _title(header, sheet), sheet))


def day_places(header):
    """Day of the month -> place, for headings such as 1, 1日 or 2024-03-01."""
    places = {}
    for column in header.columns:
        day = day_of(column.heading)
        if day and column.status == UNMAPPED:
            places.setdefault(day, column.place)
    return places


def _part(values):
    """Name of the staged column of a part; ``values`` are {column: text} of its rows."""
    return PART_PREFIX + json.dumps({name: str(value) for name, value in values.items()}, ensure_ascii=False)


def values_of(part: str) -> dict[str, str]:
    """{column: text} that the rows of a staged column have, whose name begins with ``PART_PREFIX``."""
    return json.loads(part.removeprefix(PART_PREFIX))


def _known(heading, said):
    """The heading, or its last part, as it is written in ``said``."""
    joined = normal_heading(heading)
    return joined if joined in said else joined.rpartition("|")[2]


def _any_month(heading):
    return month_of(heading, "2000")


def month_places(header, year="") -> dict[str, int]:
    """Month YYYY-MM -> place, for headings such as 1月 (of ``year``) or 2024-01; {} for fewer than MIN_MONTHS."""
    places, unmapped = {}, [column for column in header.columns if column.status == UNMAPPED]
    daily = (
        len({day_of(column.heading) for column in unmapped} - {0}) > 1
    )  # 2024-03-01 is a day then, else a month
    for column in unmapped:
        month = month_of(column.heading, year)
        if month and not (daily and day_of(column.heading)):
            places.setdefault(month, column.place)
    return places if len(places) >= MIN_MONTHS else {}


@dataclass(frozen=True)
class _Plan:
    """How the rows of one sheet are staged; the same for all its batches."""

    table: object
    header: object
    number: int
    wide: dict
    constants: dict
    titles: list
    measures: dict

    def coded(self):
        """Places of the columns in which few different texts are expected."""
        columns = self.table.columns
        names = {n for n, column in columns.items() if column.type in CODED_TYPES} | set(self.table.inputs)
        names -= set(IDENTIFIERS)
        places = {place for name, place in self.header.places().items() if name in names}
        return places | set(self.wide.values())

    def _shared(self, name):
        """Whether a cell merged over several rows says the same of each; a number of actions is theirs together."""
        column = self.table.columns.get(name)
        return self.table.name == "tasks" or column is None or column.type != "count"

    def stage(self, batch):
        """``(batch, text columns of its data rows, places of filled columns without a heading, names)``."""
        header = self.header
        bottom = max(header.bottom - batch.start, 0)
        nondata = nondata_rows(batch, header, self.table, self.titles)
        data = np.flatnonzero(~nondata)
        whole, take = len(data) == batch.height, pa.array(data)
        rows = data + batch.start + 1
        cells = {
            "src": pa.array(np.full(len(data), self.number, np.int32)),
            "row": pa.array(rows.astype(np.int32)),
        }
        for name, place in header.places().items():
            column = batch.filled(place, bottom, self._shared(name))
            cells[name] = _with_measure(column if whole else column.take(take), self.measures.get(name))
        wide = next((self.measures[name] for name in totals(self.table) if name in self.measures), None)
        for name, place in self.wide.items():
            cells[name] = _with_measure(batch.columns[place].take(take), self.measures.get(name, wide))
        for name, text in self.constants.items():
            cells[name] = constant(text, len(data))
        if self.table.default.get("task_id") == "row" and "task_id" not in cells:
            label = f"{batch.file}:{batch.name}:" if batch.name else f"{batch.file}:"
            numbers = cells["row"].cast(pa.string())
            cells["task_id"] = pc.binary_join_element_wise(label, numbers, "")
        named = {column.place for column in header.columns}
        beyond = {
            place
            for place, column in enumerate(batch.columns)
            if place not in named and not blank(column)[bottom:].all()
        }
        personal = [
            column.place for column in header.columns if column.status == PERSONAL and not column.column
        ]
        names = {text for place in personal for text in pc.unique(plain(batch.columns[place])).to_pylist()}
        return batch, pa.table(cells), beyond, frozenset(filter(is_name, filter(None, names)))


def totals(table):
    """Required counts of a table, of which a sheet may have a column per day or month."""
    return [name for name, column in table.columns.items() if column.required and column.type == "count"]


def _with_measure(cells, measure):
    """Numbers with their measure behind them; other texts stay."""
    if not measure or len(cells) == 0:
        return cells
    encoded = coded(cells)
    texts = pc.replace_substring_regex(encoded.dictionary, r"([0-9０-９])\s*$", r"\1" + measure)
    return pa.DictionaryArray.from_arrays(encoded.indices, texts)


def _titles(sheet, header):
    """Texts in the first column above the headings; a row that begins with one further down is no data."""
    return [cell for row in sheet.head()[: header.top] for cell in row[:1] if cell.strip(SPACES)]


def nondata_rows(batch, header, table, titles=None):
    """Boolean array: True where a row holds no data; ``titles`` come from the first batch of a sheet.

    A row that begins like a note (报送：…) or like the title is data all the same where it has everything that a row of
    the ``table`` needs, unless the note stands where a unit is named.
    """
    titles = _titles(batch, header) if titles is None else titles
    first, places = first_cells(batch.columns), header.places()
    bottom = max(header.bottom - batch.start, 0)
    named = pc.is_in(first, pa.array(sorted(titles), pa.string())).to_numpy(zero_copy_only=False)
    notes = matching(first, _NOTE_HINT, is_note)
    if (named | notes).any():
        part = ~_whole_rows(batch, places, table, bottom)
        of_units = [
            matching(batch.columns[places[n]], _NOTE_HINT, is_note) for n in UNIT_NAMES if n in places
        ]
        notes &= np.logical_or.reduce([part, matching(first, "计", is_total), *of_units])
        named &= part
    nondata = blank(first) | named | notes
    nondata[:bottom] = True
    for name in (name for name in (*UNIT_NAMES, *TOTALLED) if name in places):
        nondata |= matching(batch.columns[places[name]], "计", is_total)
    for name in (name for name in TOTALLED if name in places):
        nondata |= matching(batch.columns[places[name]], "全部|所有|汇总|总", _is_whole)
    if table.name == "units":
        nondata |= _of_counties(batch, places)
    return nondata | _repeated_header(batch, header)


def _whole_rows(batch, places, table, bottom):
    """Boolean array: rows with a cell in every column that the ``table`` needs, as far as the sheet has it."""
    needed = [name for name, column in table.columns.items() if column.required]
    needed = {places[name] for name in (*needed, *UNIT_NAMES) if name in places}
    if len(needed) < 2:
        return np.zeros(batch.height, bool)
    return np.logical_and.reduce([~blank(batch.filled(place, bottom)) for place in needed])


def _of_counties(batch, places):
    """Boolean array: rows of a table of units that are the county itself, in front of its townships."""
    found = np.zeros(batch.height, bool)
    for own, county in (("unit_name", "county_name"), ("unit_code", "county_code")):
        if own in places and county in places:
            cells = [plain(batch.columns[places[name]]) for name in (own, county)]
            same = pc.equal(*(pc.utf8_trim(column, SPACES) for column in cells))
            found |= same.to_numpy(zero_copy_only=False) & ~blank(cells[0])
    return found


def is_total(text: str) -> bool:
    """Whether a row that begins with this text adds other rows up (合计, 小计, 平均)."""
    return bool(_TOTAL.match(_squeeze(text)))


def _is_whole(text):
    return bool(_WHOLE.match(_squeeze(text)))


def is_note(text: str) -> bool:
    """Whether a row that begins with this text is a total, a signature or a note (合计, 填表人：, 数据来源：)."""
    return is_total(text) or bool(_FOOTER.match(_squeeze(text)))


def _squeeze(text):
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).strip("\u200b\ufeff")


def first_cells(columns):
    """The first non-empty cell of every row as text; '' for blank rows."""
    first = plain(columns[0])
    empty = blank(first)
    for column in columns[1:]:
        places = np.flatnonzero(empty)
        if not len(places):
            break
        first = pc.replace_with_mask(first, pa.array(empty), plain(column.take(pa.array(places))))
        empty[places] = blank(first.take(pa.array(places)))
    return first


def _repeated_header(batch, header):
    """Rows further down that repeat a heading row."""
    found = np.zeros(batch.height, bool)
    for level in header.levels:
        texts = {place: text.strip() for place, text in enumerate(level) if text.strip()}
        filled = Counter(texts.values())
        keys = [place for place, text in texts.items() if filled[text] == 1][:3] or list(texts)[:1]
        candidates = np.zeros(batch.height, bool)
        for place in keys:
            candidates |= _equal(batch.columns[place], level[place])
        for row in np.flatnonzero(candidates):
            cells = [batch.columns[place][int(row)].as_py().strip() for place in texts]
            equal = sum(cell == text for cell, text in zip(cells, texts.values(), strict=True))
            found[row] |= equal >= max(2, sum(map(bool, cells)) * 0.8)
    return found


def _equal(cells, text):
    """Boolean array: cells that are exactly ``text``."""
    if is_coded(cells):
        found = _equal(cells.dictionary, text)
        return found[cells.indices.to_numpy()] if len(found) else np.zeros(len(cells), bool)
    return pc.equal(cells, text).to_numpy(zero_copy_only=False)
