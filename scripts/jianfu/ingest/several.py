"""Cells that name several units (各乡镇（街道）; 青桥镇、石溪镇): which units are meant, and one row for each of them.

A ledger kept by the issuing side has one row for all units that a task went to. The task keeps its one id; the raw row
counts once, the rows that it became are counted beside it (data contract, rule 5).
"""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.wording import normal_wording
from jianfu.ingest.texts import coded, plain
from jianfu.ingest.units import AMBIGUOUS, UNKNOWN, normal_name

NOT_NAMED = "unit_not_named"
BETWEEN, ALL = (
    ",",
    "*",
)  # in a column of codes: between the units that one cell names; before those meant as a whole
NO_PIECES = pd.DataFrame({name: np.zeros(0, np.int64) for name in ("src", "row", "units")})
NO_COUNTS = pd.DataFrame(columns=["src", "outcome", "reason", "column", "rows"])
# what the cells of one row of a table may be several of, and the column that then tells the rows apart
PARTS = {"tasks": ("several_units", "unit_code"), "policies": ("several_counties", "county_code")}
COLUMNS = ("several_columns", "")  # of the other tables: a column per month, or per app

_BREAK = re.compile(r"[、,;/|()\[\]【】。\n]+")
_EVERY = r"各|所有|全体|全部|每个"
_AREA = r"全县|全市|全区|全省|全域|本县|本市|本区|我县|我市|我区|县域内|辖区内?|县内"
_OFFICE = r"(?:人民政府|政府|党委政府|党委|党工委|办事处|管委会|党\(工\)委)"
_KINDS = {
    "乡镇街道": {"乡", "镇", "街道"},
    "乡镇办": {"乡", "镇", "街道"},
    "乡镇场": {"乡", "镇", "其他"},
    "镇街道": {"镇", "街道"},
    "镇街": {"乡", "镇", "街道"},
    "街镇": {"乡", "镇", "街道"},
    "乡街": {"乡", "街道"},
    "乡镇": {"乡", "镇"},
    "镇乡": {"乡", "镇"},
    "街道": {"街道"},
    "街": {"街道"},
    "办事处": {"街道"},
    "乡": {"乡"},
    "镇": {"镇"},
    "园区": {"其他"},
    "开发区": {"其他"},
    "场": {"其他"},
}
_GROUP = re.compile(
    rf"(?P<area>{_AREA})?的?(?P<every>{_EVERY})?(?P<kind>{'|'.join(_KINDS)})(?:{_OFFICE})?(?:等?单位)?"
)
_OPEN_LIST = re.compile(
    r"(?P<named>.*?)等(?:(?P<number>\d+|[一二两三四五六七八九十]+)个?)?(?:有关|相关)?(?:乡镇街道|乡镇|镇街|镇|乡|街道|单位)*"
)
_SUBSET = re.compile(
    r"(?:\d+|[一二两三四五六七八九十]+)个?(?:乡镇|镇街|镇|乡|街道)|.*(?:有关|相关|部分|涉及|沿线|沿河|重点|试点).*(?:乡|镇|街道|街)"
)
_EXCEPT = re.compile(
    r"除(?P<out>.+?)(?:以外|之外|外),?(?P<group>.+)|(?P<group_before>.+?)\((?P<out_after>.+?)除外\)"
)
_OTHER_OFFICE = re.compile(
    rf"{_OFFICE}|.*(?:局|委|部|室|单位|部门|院|中心|公司|法院|检察院|大队|总站|机关|组|学校|联社|银行|县委办|政府办)"
)
_NUMERALS = {text: number for number, text in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}


def units_named(wording, county, index) -> str:
    """The units that a cell stands for, as codes joined by BETWEEN; or the reason why it names none.

    ``wording`` is a cell that is no unit by itself, ``county`` what a column of its own says or '', ``index`` a
    :class:`jianfu.ingest.units.UnitIndex`. A whole kind (各镇) comes with ALL in front: which of its units are in force
    is known on the day of issue (:func:`one_row_each`). Offices that are no township-level unit are passed over.
    """
    text = unicodedata.normalize("NFKC", wording).strip()
    if match := _EXCEPT.fullmatch(normal_name(text)):
        return _without(
            match["group"] or match["group_before"], match["out"] or match["out_after"], county, index
        )
    open_list = _OPEN_LIST.fullmatch(normal_name(text))
    if open_list:
        text = open_list["named"]
    pieces = [piece for piece in map(str.strip, _BREAK.split(text)) if piece]
    groups = [_group(piece, index) for piece in pieces]
    whole = all(groups) or any(group and group.every for group in groups)
    found, all_of = [], False
    for piece, group in zip(pieces, groups, strict=True):
        if group and whole:
            found += index.of_kind(group.kinds, group.area or county)
            all_of = True
            continue
        named = _named(piece, county, index)
        if isinstance(named, str) and not _passed_over(piece, named):
            return NOT_NAMED if _SUBSET.fullmatch(normal_name(piece)) else named
        found += [] if isinstance(named, str) else named
    found = list(dict.fromkeys(found))
    if open_list and not (found and len(found) == _number(open_list["number"])):
        return NOT_NAMED if found or whole else UNKNOWN
    if not found:
        return NOT_NAMED if whole else UNKNOWN
    return (ALL if all_of else "") + BETWEEN.join(found)


@dataclass(frozen=True)
class _Group:
    """A whole kind of units: types as in `units`, the county or city named, whether 各, 全县 or the like says all."""

    kinds: frozenset
    area: str
    every: bool


def _group(piece, index):
    """:class:`_Group` of a piece such as 各乡镇人民政府, or None."""
    text = normal_name(piece)
    area = index.area_in(text)
    match = _GROUP.fullmatch(text.removeprefix(area))
    if not match:
        return None
    return _Group(frozenset(_KINDS[match["kind"]]), area, bool(area or match["area"] or match["every"]))


def _named(piece, county, index):
    """Codes of the units named in a piece without commas (甲镇和乙镇, 甲镇 乙镇, 甲镇乙镇), or the reason."""
    whole = index.resolve(piece, county)
    if whole not in (UNKNOWN, AMBIGUOUS):
        return [whole]
    joints = [match.span() for match in re.finditer(r"和|及|与|\s+|(?<=[乡镇])(?=.)|(?<=街道)(?=.)", piece)]
    for start, end in joints:
        first, rest = index.resolve(piece[:start], county), piece[end:]
        if first in (UNKNOWN, AMBIGUOUS) or not rest:
            continue
        others = _named(rest, county, index)
        if not isinstance(others, str):
            return [first, *others]
    return whole


def _passed_over(piece, reason):
    """Whether a piece that names no unit is an office of another kind (县农业农村局, 有关部门)."""
    return reason == UNKNOWN and bool(_OTHER_OFFICE.fullmatch(normal_name(piece)))


def _without(group, out, county, index):
    """A whole kind without the units named in ``out`` (除青桥镇外，各乡镇)."""
    every, left_out = (units_named(text, county, index) for text in (group, out))
    single = index.resolve(out, county)
    left_out = single if single not in (UNKNOWN, AMBIGUOUS) else left_out
    if not every.startswith(ALL) or left_out in (UNKNOWN, AMBIGUOUS, NOT_NAMED):
        return NOT_NAMED
    dropped = set(left_out.removeprefix(ALL).split(BETWEEN))
    kept = [code for code in every.removeprefix(ALL).split(BETWEEN) if code not in dropped]
    return ALL + BETWEEN.join(kept) if kept else NOT_NAMED


def _number(text):
    if not text:
        return None
    return int(text) if text.isdigit() else _NUMERALS.get(text)


def one_row_per_county(cells, index, explained):
    """``(rows with one county each, frame src, row, units, number of rows with a county that no unit has)`` of staged
    rows of policies, whose county_code may name several (甲县、乙县), or a city with all its counties.

    cells: Arrow table of text with src and row; explained: normal wordings that settings explain or that are nothing.
    They stay as they are; so does what no unit is of.
    """
    texts = plain(cells["county_code"].combine_chunks()).fill_null("").to_pylist()
    meant, unknown = {text: [text] for text in texts}, set()
    for text in meant.keys() - {""}:
        if normal_wording(text) in explained:
            continue
        pieces = [
            piece for piece in map(str.strip, _BREAK.split(unicodedata.normalize("NFKC", text))) if piece
        ]
        named = {
            piece: [] if normal_wording(piece) in explained else index.counties_named(piece)
            for piece in pieces
        }
        if any(not codes and normal_wording(piece) not in explained for piece, codes in named.items()):
            unknown.add(text)
        if any(named.values()):
            meant[text] = list(dict.fromkeys(code for piece in pieces for code in named[piece] or [piece]))
    numbers = np.array([len(meant[text]) for text in texts], np.int64)
    split = cells.take(pa.array(np.repeat(np.arange(len(texts)), numbers))).combine_chunks()
    codes = pa.array([code for text in texts for code in meant[text]], pa.string())
    split = split.set_column(split.column_names.index("county_code"), "county_code", codes)
    places = pd.DataFrame({name: cells[name].to_numpy() for name in ("src", "row")} | {"units": numbers})
    return split, places[places["units"] > 1], sum(text in unknown for text in texts)


def one_row_each(rows, index):
    """``(rows with one unit each, frame src, row, units)`` of typed rows whose unit_code may hold several codes.

    rows    Arrow table with src, row, unit_code, issuer and issue_at
    index   :class:`jianfu.ingest.units.UnitIndex`; units meant as a whole are those in force on the day of issue, of
            the issuer's county or city where its name says which (甲县应急局); units that were named follow mergers

    The frame has one line for every raw row that named several units; ``units`` is the number of rows it became,
    which is 0 where no unit of the kind was in force.
    """
    units = coded(rows["unit_code"].combine_chunks()) if rows.num_rows else None
    if units is None or not pc.any(pc.match_substring_regex(units.dictionary, "[*,]")).as_py():
        return rows, NO_PIECES
    codes = plain(units)
    several = np.flatnonzero(pc.match_substring_regex(codes, "[*,]").to_numpy(zero_copy_only=False))
    days = rows["issue_at"].combine_chunks().cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)
    issuers = plain(rows["issuer"].combine_chunks()).fill_null("")
    meant, places, numbers = [], [], []
    for place in several.tolist():
        each = _meant(
            codes[place].as_py(), days[place].astype("datetime64[D]"), issuers[place].as_py(), index
        )
        meant += each
        places += [place] * len(each)
        numbers.append(len(each))
    single = np.setdiff1d(np.arange(rows.num_rows), several)
    take = np.r_[single, np.array(places, np.int64)]
    unit_code = pa.array([*codes.take(pa.array(single)).to_pylist(), *meant], pa.string())
    order = np.argsort(take, kind="stable")
    split = rows.take(pa.array(take[order]))
    split = split.set_column(
        split.schema.get_field_index("unit_code"), "unit_code", unit_code.take(pa.array(order))
    )
    pieces = {name: rows[name].to_numpy()[several] for name in ("src", "row")}
    return split, pd.DataFrame({**pieces, "units": numbers})


def _meant(text, day, issuer, index):
    """Codes of the units that a joined text of codes stands for on a day."""
    codes = text.removeprefix(ALL).split(BETWEEN)
    if not text.startswith(ALL):
        return list(dict.fromkeys(index.follow(np.array(codes, object), np.full(len(codes), day)).tolist()))
    area = index.area_in(normal_name(issuer))
    return [c for c in codes if index.in_force(c, day) and (not area or c in index.areas[area])]


def whole_rows(duplicates, conflicts, several, table="tasks"):
    """Duplicates and conflicts of whole raw rows, and what became of the rows of one unit or month each.

    duplicates, conflicts   frames with src and row, one line per lost row
    several                 frame src, row, units as from :func:`one_row_each`

    A raw row that became several rows is lost where nothing of it is kept: as a conflict where any of its rows is in
    conflict. Returns (duplicates, conflicts, frame src, outcome, reason, column, rows of
    kept and lost rows of one unit or month).
    """
    if not len(several):
        return duplicates, conflicts, NO_COUNTS
    keys = ["src", "row"]
    lost = {reason: frame.groupby(keys).size() for reason, frame in
            (("duplicate", duplicates), ("conflicting_duplicate", conflicts))}  # fmt: skip
    made = several.set_index(keys)["units"]
    gone = {reason: number.reindex(made.index, fill_value=0) for reason, number in lost.items()}
    kept = made - sum(gone.values())
    split, column = PARTS.get(table, COLUMNS)
    counts = [(split, "", kept)] + [("several_lost", reason, number) for reason, number in gone.items()]
    counts = pd.concat(
        [n.groupby("src").sum().rename("rows").reset_index().assign(outcome=outcome, reason=reason, column=column)
         for outcome, reason, n in counts], ignore_index=True)  # fmt: skip
    struck = made.index[(kept == 0) & (gone["conflicting_duplicate"] > 0)]
    repeated = made.index[(kept == 0) & (gone["conflicting_duplicate"] == 0)]

    def whole(frame, rows):
        others = ~pd.MultiIndex.from_frame(frame[keys]).isin(made.index)
        own = pd.MultiIndex.from_frame(frame[keys]).isin(rows) & ~frame.duplicated(keys)
        return frame[others | own].reset_index(drop=True)

    return whole(duplicates, repeated), whole(conflicts, struck), counts[counts["rows"] > 0]
