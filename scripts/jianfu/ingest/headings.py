"""Which heading of a raw sheet is which canonical column.

A province's own mapping comes first, then the dictionary of usual headings (config/plan/headings.csv). Title rows are
skipped and headings of two or three rows are joined; they match joined (上层|下层) or by their last part. The name of
a canonical column is itself a known heading, as a query of a database would write it. An entry "second <column>" of
the dictionary counts only where no better heading names the column (任务来源 beside 牵头单位).
"""

import csv
import re
import unicodedata
from dataclasses import dataclass

from jianfu.core.errors import DataError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import all_of, one_of
from jianfu.ingest.sheet import sheet_place

PERSONAL, IGNORED, UNMAPPED = "personal", "ignored", "unmapped"
UNPIVOTED = "unpivoted"  # of a heading whose cells are rows of their own
NO_COLUMN = (PERSONAL, IGNORED, UNPIVOTED)  # headings that are known and are no canonical column
IDENTIFIERS = ("id_number", "employee_id")
SECOND = "second "  # what marks a second choice in the dictionary
MAX_DEPTH = 3
MIN_DAYS = 20  # so many day headings make a sheet wide by day
MIN_MONTHS = 3  # so many month headings make it wide by month
_DAY = re.compile(r"(?:\d{1,2}月|\d{4}[-/.年]\d{1,2}[-/.月])?(\d{1,2})[日号]?")
_NAMED_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月]\d{1,2}[日号]?")
_MONTH = re.compile(
    r"(?:(20\d\d)[-/.年|]*)?(?:(0?[1-9]|1[0-2])月份?|(?<=[-/.])(0?[1-9]|1[0-2])|(?<=\d{4})(0[1-9]|1[0-2])|(?<=[-/.])(0?[1-9]|1[0-2])[-/.]0?1)"
)
_CHINESE_MONTHS = {
    text: str(n)
    for n, text in enumerate(
        ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"], start=1
    )
}
_PERSONAL_WORDS = re.compile("姓名|电话|手机|身份证|证件号|经度|纬度|定位|住址|邮箱")
# what stands around a heading: brackets, and the number of a question (2、您的年龄段)
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]|^(?:q|第)?\d{1,2}题?[、.:](?=\D)")


def normal_heading(text):
    """A heading without blanks, asterisks and the width of its letters; levels stay separated by '|'."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return "|".join(part.strip("*:'") for part in text.split("|"))


def day_of(heading):
    """Day of the month in a heading such as 1, 1日 or 2024-03-01; 0 if it is none."""
    match = _DAY.fullmatch(normal_heading(heading).rpartition("|")[2])
    return int(match[1]) if match and int(match[1]) <= 31 else 0


def month_of(heading: str, year: str = "") -> str:
    """Month YYYY-MM of a heading such as 2024年1月, 2024-01 or, in a sheet of that ``year``, 1月; '' if it is none."""
    text = re.sub(
        "(十[一二]?|[一二三四五六七八九])(?=月)", lambda m: _CHINESE_MONTHS[m[1]], normal_heading(heading)
    )
    match = _MONTH.fullmatch(text) or _MONTH.fullmatch(text.rpartition("|")[2])
    if not match or not (match[1] or year):
        return ""
    return f"{match[1] or year}-{int(match[2] or match[3] or match[4] or match[5]):02d}"


def month_of_day(heading: str) -> tuple[str, int] | None:
    """``(year or '', month)`` that the heading of a day names, such as 2024-03-01 or 3月1日; None for 1 or 1日."""
    match = _NAMED_DAY.fullmatch(normal_heading(heading).rpartition("|")[2])
    return (match[1] or "", int(match[2])) if match and day_of(heading) else None


@dataclass(frozen=True)
class Column:
    """One column of a raw sheet. ``status`` is mapped, personal, ignored or unmapped; ``column`` the canonical name."""

    place: int
    heading: str
    column: str
    status: str


@dataclass(frozen=True)
class Header:
    """Headings of one sheet: they fill rows ``top`` to ``bottom - 1`` (from 0)."""

    top: int
    bottom: int
    columns: list
    levels: list

    def places(self):
        """Canonical column -> place in the sheet."""
        return {c.column: c.place for c in self.columns if c.column and c.status != IGNORED}


class Dictionary:
    """Known headings of one raw table: heading -> canonical column, personal or ignored."""

    def __init__(self, path, table):
        self.general, self.own, self.second, self.names = {}, {}, set(), {}
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["table"] in ("*", table):
                    target = self.own if row["table"] == table else self.general
                    heading = normal_heading(row["heading"])
                    target.setdefault(heading, []).append(row["column"].removeprefix(SECOND))
                    if row["column"].startswith(SECOND):
                        self.second.add(heading)
                    if row["table"] == table:
                        self.names.setdefault(row["column"], row["heading"])

    def find(self, heading):
        """Columns that the dictionary knows for a heading; a table's own entries hide the general ones."""
        return self.own.get(heading) or self.general.get(heading) or []

    def first(self):
        """{column: the heading of the table that stands first}."""
        return dict(self.names)


class Matcher:
    """Decides on the headings of one source; ``source`` is its entry in the province file."""

    def __init__(self, dictionary, source, known):
        self.dictionary = dictionary
        self.known = set(known)
        self.names = {normal_heading(name): [name] for name in known}
        self.columns = {normal_heading(h): c for h, c in (source.get("columns") or {}).items()}
        self.personal = {normal_heading(h) for h in source.get("personal") or []}
        self.ignore = {normal_heading(h) for h in source.get("ignore") or []}
        self.unpivot = {normal_heading(h) for h in source.get("unpivot") or {}}
        self.seen = {}

    def match(self, heading):
        """``(column names, tier)``: tier 0 the province file, 1 the dictionary, 2 its last part, 3 without what stands
        around it (brackets, the number of a question).

        4 is a second choice of the dictionary, or no known heading.
        """
        if heading not in self.seen:
            self.seen[heading] = self._match(heading)
        return self.seen[heading]

    def _match(self, heading):
        joined = normal_heading(heading)
        *groups, last = joined.split("|")
        if self.ignore & set(groups):  # with all that stands below it
            return [IGNORED], 0
        for text in dict.fromkeys((joined, last)):
            if text in self.columns:
                return [self.columns[text]], 0
            if text in self.unpivot:
                return [UNPIVOTED], 0
            if text in self.ignore:
                return [IGNORED], 0
            if text in self.personal:
                found = [c for c in self.dictionary.find(text) if c in IDENTIFIERS]
                return found or [PERSONAL], 0
        plain = _BRACKETS.sub("", last)
        for tier, text in ((1, joined), (2, last), (3, plain)):
            found = [c for c in self.dictionary.find(text) if c in self.known or c in (PERSONAL, IGNORED)]
            found = found or self.names.get(text)
            if found:
                return found, 4 if text in self.dictionary.second else tier
        return ([PERSONAL] if _PERSONAL_WORDS.search(joined) else []), 4

    def score(self, headings):
        """Number of different canonical columns that a row of headings names; days or months are one."""
        found = {"days"} if len({day_of(heading) for heading in headings} - {0}) >= MIN_DAYS else set()
        months = {month_of(heading, "2000") for heading in headings} - {""}
        found |= {"months"} if len(months) >= MIN_MONTHS else set()
        for heading in headings:
            names, _ = self.match(heading) if heading else ([], 4)
            found.update(name for name in names if name not in (PERSONAL, IGNORED))  # those unpivoted are one
        return len(found)

    def known_headings(self, headings):
        """Number of headings that are known in any way."""
        return sum(bool(self.match(heading)[0]) for heading in headings if heading)


def find_header(head, matcher):
    """``(top, depth, headings)`` of the rows that name most columns; None where no row names two.

    ``head`` are the first rows of a sheet, merged cells filled. The row that names most by itself belongs to the
    header; rows above and below it join where they make more columns known, and the row above joins where it tells
    headings apart that are alike without it (次数 below 迟到 and below 早退). So does a row below that holds nothing
    but words under a group (编制 over 行政, 事业 and 合计).
    """
    head = [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in head]

    def score(top, depth):
        headings = join_levels(head[top : top + depth])
        return matcher.score(headings), matcher.known_headings(headings)

    middle = max(range(len(head)), key=lambda top: (score(top, 1), -top))
    windows = [
        (top, depth)
        for depth in range(1, MAX_DEPTH + 1)
        for top in range(max(0, middle - depth + 1), middle + 1)
        if top + depth <= len(head)
    ]
    top, depth = max(windows, key=lambda window: (score(*window), -windows.index(window)))
    if score(top, depth)[0] < 2:
        return None
    headings = join_levels(head[top : top + depth])
    if top and depth < MAX_DEPTH:
        fuller = join_levels(head[top - 1 : top + depth])
        if score(top - 1, depth + 1)[0] >= score(top, depth)[0] and _told_apart(headings, fuller):
            return top - 1, depth + 1, fuller
    if depth < MAX_DEPTH and _goes_on(head, top + depth):
        return top, depth + 1, join_levels(head[top : top + depth + 1])
    return top, depth, headings


def _goes_on(head, below):
    """Whether the row ``below`` the headings says what stands in a group (the same text side by side), and no more."""
    if not below < len(head):
        return False
    above, row = head[below - 1], head[below]
    grouped = [place for place, text in enumerate(above) if text and above.count(text) > 1]
    rest = [place for place in range(len(row)) if place not in grouped]
    words = [row[place] for place in grouped]
    told = all(words) and len(set(words)) == len(words) and not any(re.search(r"\d", word) for word in words)
    return bool(grouped) and told and all(row[place] in ("", above[place]) for place in rest)


def _told_apart(headings, fuller):
    """Whether headings that are alike all differ in ``fuller``, with the groups above them (a title has none)."""
    alike = [place for place, text in enumerate(headings) if text and headings.count(text) > 1]
    return bool(alike) and len({fuller[place] for place in alike}) == len(alike)


def join_levels(rows):
    """Headings of several header rows, levels joined by '|'; an empty upper cell belongs to the group on its left."""
    joined = []
    upper = [""] * (len(rows) - 1)
    for cells in zip(*rows, strict=True):
        upper = [cell or before for cell, before in zip(cells[:-1], upper, strict=True)]
        levels = [*upper, cells[-1]] if cells[-1] else [cell for cell in cells[:-1] if cell]
        parts = [p for i, p in enumerate(levels) if p and (i == 0 or p != levels[i - 1])]
        joined.append("|".join(parts))
    return joined


def assign(headings, matcher, place):
    """The columns of one sheet as a list of :class:`Column`; ``place`` names file and sheet in messages.

    Raises :class:`DataError` where one heading fits two columns or two headings fit one column equally well.
    """
    matches = [matcher.match(heading) if heading else ([], 4) for heading in headings]
    for heading, (names, _) in zip(headings, matches, strict=True):
        if len(names) > 1:
            raise DataError("heading_ambiguous", place=place, heading=heading, columns=one_of(names))
    claims = {}
    for number, (names, tier) in enumerate(matches):
        if names and names[0] not in NO_COLUMN:
            claims.setdefault(names[0], []).append((tier, number))
    winners = {}
    for name, rivals in claims.items():
        best = min(tier for tier, _ in rivals)
        first = [number for tier, number in rivals if tier == best]
        if len(first) > 1:
            texts = all_of([Reason("quoted", text=headings[number]) for number in first])
            raise DataError("headings_alike", place=place, headings=texts, column=name)
        winners[first[0]] = name
    return [
        _column(number, heading, winners.get(number), matches[number][0])
        for number, heading in enumerate(headings)
        if heading
    ]


def _column(number, heading, winner, names):
    if winner:
        return Column(number, heading, winner, PERSONAL if winner in IDENTIFIERS else "mapped")
    if names and names[0] in NO_COLUMN:
        return Column(number, heading, "", names[0])
    return Column(number, heading, "", UNMAPPED)


def read_header(sheet, matcher):
    """The :class:`Header` of a sheet, or None where no row looks like headings."""
    place = sheet_place(sheet.file, sheet.name)
    if sheet.headings is not None:
        return Header(
            0, 0, assign([_best_known(names, matcher) for names in sheet.headings], matcher, place), []
        )
    head = sheet.head()
    found = find_header(head, matcher)
    if not found:
        return None
    top, depth, headings = found
    return Header(top, top + depth, assign(headings, matcher, place), head[top : top + depth])


def _best_known(names, matcher):
    """The name of a column that is known best: by the province file, then by the dictionary; else its first name."""
    matches = [matcher.match(name) for name in names]
    ranks = [(not found, tier) for found, tier in matches]
    return names[ranks.index(min(ranks))]
