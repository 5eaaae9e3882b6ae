"""Whatever stands in a file: every row is counted once, and nothing but one sentence reaches the user.

`make test` tries a few hundred files, `make fuzz` at least 10,000 (JIANFU_FUZZ is their number).
"""

import csv
import functools
import io
import logging
import os
import random
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ingest_cases import ROOT, ingest_rows

from jianfu.core.errors import JianfuError
from jianfu.ingest import schema
from jianfu.ingest import tables as ingest_tables

FILES = int(os.environ.get("JIANFU_FUZZ", "300"))
ID = ["11010519491231002X", "440524188001010014", "390101199706071236", "3.90101E+17", "390101199706071000"]
DAYS = [
    "2024-03-01",
    "2024年3月5日下午4时",
    "45356",
    "20240305",
    "２０２４．３．５",
    "3月上旬",
    "长期",
    "1889-01-01",
    "2099-1-1",
]
UNITS = [
    "河口镇",
    "甲县城关镇",
    "城关镇",
    "390101101",
    "390101101000.0",
    "3.90E+08",
    "不存在镇",
    "石坪乡",
    "老河口",
]
NUMBERS = ["3", "1,234", "12.5%", "约30", "3次", "若干", "-1", "1e308", "nan", "inf", "９"]
FLAGS = ["是", "否", "√", "1", "也许"]
# Headings of each table with cells that are right, damaged or wrong for them.
TABLES = {
    "tasks": {
        "编号": ["A", "B", "C", "=1+1", "12.0"],
        "责任单位": UNITS,
        "事项类型": ["任务", "检查", "督查", "暗访", "任务（补）"],
        "下达时间": DAYS,
        "办结时限": DAYS,
        "报表数": NUMBERS,
        "是否应急": FLAGS,
    },
    "app_activity": {
        "单位": UNITS,
        "月份": ["2024-03", "2024年3月", "202403", "3月", "2024-13"],
        "应用名称": ["学习云", "防返贫", " "],
        "操作类型": ["打卡", "积分", "跳舞"],
        "次数": NUMBERS,
        "是否强制": FLAGS,
    },
    "spells": {
        "身份证号": ID,
        "姓名": ["张三", "𠮷䶮", "=HYPERLINK(1)"],
        "工作单位": UNITS,
        "到现单位时间": DAYS,
        "离开时间": DAYS,
        "性别": ["男", "女", "未知"],
        "编制类型": ["行政", "事业编", "不详"],
    },
    "survey": {
        "单位": UNITS,
        "出生年代": ["90后", "80后", "70", "九零后"],
        "调查轮次": ["1", "第二轮", "W3", "末轮"],
        "提交答卷时间": DAYS,
        "EE1": ["0", "6", "7", "每天", "A.从不", "3分", "很多"],
        "所用时间": ["178秒", "3分46秒", "1:02:30", "很久"],
    },
    "documents": {
        "单位": UNITS,
        "月份": ["2024-03", "2024年4月", "四月"],
        "渠道": ["纸质", "电子", "口头"],
        "收文数": NUMBERS,
    },
    "units": {
        "单位代码": ["390101100", "390101101", "3.90E+08", "３９０１０１１０２", "x"],
        "单位名称": ["城关镇", "河口镇", "石坪乡"],
        "县区代码": ["390101", "390102", "390101000000"],
        "县区名称": ["甲县", "乙县"],
        "编制数": NUMBERS,
        "启用日期": DAYS,
    },
}
SOURCES = {"survey": {"columns": {"EE1": "EE1"}}}
MARKS = [
    "",
    "",
    "",
    "—",
    "/",
    "无",
    "合计",
    "小计",
    "填表人：某",
    "　",
    "\t",
    '"',
    "'",
    "a,b",
    "a\nb",
    "\ufeff",
    "0",
    "None",
]
NONSENSE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=6)


@st.composite
def tables(draw):
    """Name of a table and its rows of cells: headings, data of any quality, and rows that are no data."""
    name = draw(st.sampled_from(sorted(TABLES)))
    pools = TABLES[name]
    cell = {heading: st.sampled_from([*pool, *pool, *MARKS]) for heading, pool in pools.items()}
    good = st.tuples(*(st.sampled_from(pool) for pool in pools.values()))
    mixed = st.tuples(*(cell[heading] | NONSENSE for heading in pools))
    odd = st.sampled_from([tuple(pools), ("合计",), ("",), ("2024年3月台账",), ("填表人：某", "审核人：某")])
    rows = draw(st.lists(good | mixed | odd, max_size=9))
    title = draw(st.sampled_from([[], [("2024年3月台账",)], [("台账",), ("填报单位：河口镇",)]]))
    return name, [*title, tuple(pools), *rows]


def _csv(rows, encoding, delimiter, width):
    """Delimited text; ``width`` pads rows, so that there are ragged files and even ones."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return text.getvalue().encode(encoding, "replace")


def _typed(cell):
    """What a spreadsheet makes of some texts."""
    try:
        return float(cell) if len(cell) < 18 else cell
    except ValueError:
        return datetime(2024, 3, 1, 16) if cell == "2024-03-01" else cell


def _xlsx(rows, typed):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet("台账")
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if typed and not isinstance(_typed(cell), str):
                sheet.write(place, column, _typed(cell))
            else:
                sheet.write_string(place, column, cell)
    book.close()
    return stream.getvalue()


def _ingest(table, content, name):
    """Outcome of one file: None where one sentence stopped it, else its counts, which must add up."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        try:
            result = ingest_rows(folder, table, None, name, SOURCES.get(table))
        except JianfuError as error:
            assert str(error) and "\n" not in str(error)
            return None
        paths = [Path(folder) / "out" / n for n in ("t.parquet", "q.csv", "c.csv", "h.csv", "n.csv")]
        result.write(*paths)
    counts = result.counts
    of = {kind: int(counts.loc[counts["outcome"] == kind, "rows"].sum()) for kind in set(counts["outcome"])}
    assert len(result.quarantine) == of.get("rejected", 0)
    assert not result.quarantine.duplicated(["file", "sheet", "row"]).any()
    assert (counts["rows"] >= 0).all()
    if table != "spells":
        assert result.canonical.num_rows == of["kept"]
        assert len(set(zip(*result.origins.to_pydict().values(), strict=True))) == of["kept"]
    return sum(of.get(kind, 0) for kind in ("kept", "duplicate", "rejected", "nondata"))


@pytest.fixture(autouse=True)
def fast_and_quiet(monkeypatch):
    """Plan files are read once, and nothing is logged."""
    monkeypatch.setattr(schema, "_read", functools.cache(schema._read))
    monkeypatch.setattr(ingest_tables, "Dictionary", functools.cache(ingest_tables.Dictionary))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _tries(share):
    return settings(
        max_examples=max(1, int(FILES * share)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        derandomize="JIANFU_FUZZ" not in os.environ,
    )


@_tries(0.4)
@given(
    tables(),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"]),
    st.sampled_from([",", "\t", ";"]),
    st.booleans(),
)
def test_any_delimited_text(table, encoding, delimiter, even):
    name, rows = table
    width = max(map(len, rows)) if even else 0
    counted = _ingest(name, _csv(rows, encoding, delimiter, width), "数据.csv")
    assert counted in (None, len(rows))


@_tries(0.2)
@given(st.integers(5, 60), st.booleans(), st.lists(st.integers(0, 10_000), min_size=1, max_size=3))
def test_stray_quotation_marks_anywhere(number, quoted, places):
    """Every line of a log is a row, wherever marks too many stand, or the file stops with one sentence."""
    head, row = list(TABLES["tasks"]), ["河口镇", "任务", "2024-03-01", "2024-03-09", "3", "是"]
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    writer.writerows([head, *([f"A{n}", *row] for n in range(number))])
    text = text.getvalue()
    start = text.index("\n") + 1
    for place in places:
        place = start + place % (len(text) - start)
        text = text[:place] + '"' + text[place:]
    assert _ingest("tasks", text.encode(), "数据.csv") in (None, number + 1)


@_tries(0.3)
@given(tables(), st.booleans())
def test_any_workbook(table, typed):
    name, rows = table
    counted = _ingest(name, _xlsx(rows, typed), "数据.xlsx")
    used = len(rows)
    while used and not any(rows[used - 1]):
        used -= 1
    assert counted in (None, used, len(rows))


# --- damaged files -----------------------------------------------------------------------------------------------


def _contents():
    """A sound file of every kind."""
    head = list(TABLES["tasks"])
    rows = [[f"A{n}", "河口镇", "任务", "2024-03-01", "2024-03-09", "3", "是"] for n in range(20)]
    frame = pd.DataFrame(rows, columns=head)
    text = _csv([head, *rows], "gb18030", ",", 0)
    parquet, packed = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), parquet)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("三月/台账.csv", text)
    cells = "".join(f"<tr>{''.join(f'<td rowspan=1>{c}</td>' for c in row)}</tr>" for row in [head, *rows])
    found = {
        "text": text,
        "utf-16": _csv([head, *rows], "utf-16", "\t", 0),
        "html": f"<html><table>{cells}</table></html>".encode("gb18030"),
        "xlsx": _xlsx([head, *rows], False),
        "xls": (ROOT / "tests" / "data" / "formats" / "binary.xls").read_bytes(),
        "parquet": parquet.getvalue(),
        "zip": packed.getvalue(),
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind, write in (("dta", pyreadstat.write_dta), ("sav", pyreadstat.write_sav)):
            path = Path(folder) / f"a.{kind}"
            write(frame.set_axis(list("abcdefg"), axis=1), str(path), column_labels=head)
            found[kind] = path.read_bytes()
    return found


CONTENTS = _contents()


def damaged(content, seed):
    """``content`` with a few bytes changed, lost, doubled or cut off."""
    chance = random.Random(seed)
    content = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content)) if content else 0
        length = chance.choice([1, 1, 2, 8, 100])
        kind = chance.randrange(5)
        if kind == 0:
            content[place : place + length] = chance.randbytes(len(content[place : place + length]))
        elif kind == 1:
            del content[place : place + length]
        elif kind == 2:
            content[place:place] = content[place : place + length]
        elif kind == 3 and content:
            content[place] ^= 1 << chance.randrange(8)
        elif chance.random() < 0.3:
            del content[place:]
    return bytes(content)


@_tries(0.3)
@given(st.sampled_from(sorted(CONTENTS)), st.integers(0, 2**32))
def test_any_damaged_file(kind, seed):
    _ingest("tasks", damaged(CONTENTS[kind], seed), f"数据.{kind}")


def test_a_panic_of_a_library_prints_nothing(capfd):
    """The library that reads workbooks panics over some damage, and its words may quote cells."""
    for seed in range(40):
        _ingest("tasks", damaged(CONTENTS["xls"], seed), "数据.xls")
    assert capfd.readouterr() == ("", "")
