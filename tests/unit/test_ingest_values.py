"""Dates, numbers, wordings and codes as people write them."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_cases import PLAN

from jianfu.ingest.dates import PRECISIONS, month_in, parse, read_times, year_in
from jianfu.ingest.numbers import parse_duration, parse_number
from jianfu.ingest.schema import Column, load_responses
from jianfu.ingest.units import normal_code
from jianfu.ingest.values import EMPTY, OK, TOKEN, Converter, Limits, Wordings, bad

DAY = [
    "2024年3月5日",
    "2024.3.5",
    "2024/3/5",
    "2024-03-05",
    "20240305",
    "二〇二四年三月五日",
    "二零二四年三月五日",
    "45356",
    "45356.0",
    "２０２４．３．５",
    "2024年3月5日（星期二）",
    "2024-03-05 00:00",
    "2024-03-05 00:00:00",
    "2024年3月5号",
    "二0二四年三月五日",
    "二O二四年三月五日",
    "2024、3、5",
    "2024·3·5",
    "2024-3-5上午",
    "2024年3月5日下班前",
    "2024年3月5日中午前",
    "民国113年3月5日",
    "民国一百一十三年三月五日",
    "民國113.3.5",
    "贰零贰肆年叁月伍日",
    "2024，3，5",
    "2024。3。5",
    "2024—03—05",
    "2024_03_05",
    "2024年3月5日（上午）",
    "截至2024年3月5日",
    "限2024年3月5日前",
]
MINUTE = [
    "2024/3/5 下午4:20",
    "2024年3月5日下午4时20分",
    "2024-03-05 16:20",
    "2024-03-05 16:20:00",
    "2024-03-05T16:20:00",
    "２０２４．３．５　１６：２０",
    "20240305 16:20",
    "202403051620",
    "45356.680556",
    "2024年3月5日16时20分",
    "2024/3/5 4:20 PM",
    "二〇二四年三月五日下午四时二十分",
    "2024年3月5日16时20分许",
    "2024-3-5 16:20左右",
    "2024年3月5日16:20止",
    "2024-03-05T08:20:00Z",
    "2024-03-05T08:20:11.250Z",
    "2024-03-05 16:20+08:00",
    "2024-03-05T03:20:00-05:00",
    "20240305T082000Z",
    "2024年3月5日16：20时前",
]
NO_DATE = [
    "3月5日",
    "3月上旬",
    "长期",
    "待定",
    "尽快",
    "2024年13月45日",
    "2023/2/30",
    "24-3-5",
    "第三季度",
    "2024",
    "无",
    "12",
    "2024年正月初五",
    "2024-03-05 08:00-12:00",
    "2024年3月底",
]


@pytest.mark.parametrize("text", DAY)
def test_day(text):
    assert parse(text) == (datetime(2024, 3, 5), "day")


@pytest.mark.parametrize("text", MINUTE)
def test_minute(text):
    assert parse(text) == (datetime(2024, 3, 5, 16, 20), "minute")


def test_the_first_month_has_a_name():
    assert parse("2024年元月5日") == (datetime(2024, 1, 5), "day")
    assert parse("民国元年元月廿五日") == (datetime(1912, 1, 25), "day")


@pytest.mark.parametrize(
    ("clock", "minute"), [("8点一刻", 15), ("8时半", 30), ("8点3刻", 45), ("8点三刻前", 45)]
)
def test_quarters_of_an_hour(clock, minute):
    assert parse(f"2024年3月5日上午{clock}") == (datetime(2024, 3, 5, 8, minute), "minute")


@pytest.mark.parametrize("text", NO_DATE)
def test_no_date(text):
    assert parse(text) is None


SHAPES = [
    *(
        "2024-3-5 8:05",
        "2024-03-05 08:38:31",
        "2024.3",
        "2024年3月",
        "20243",
        "2024-02-30",
        "2024-03-05 24:00",
    ),
    *(
        "2024-3-516:20",
        "2024-03-05 23:59:45",
        "0999-01-01",
        "2024/12/31 0:00",
        "2024年3月5日 8:05",
        "2024.3.5 25:00",
    ),
]


def test_reading_by_shape_and_one_by_one_agree():
    """Every text often enough to be read with others of its shape, and once alone."""
    alone = DAY + MINUTE + NO_DATE + SHAPES
    texts = [text for text in alone for _ in range(6)]
    moments, precision = read_times(pa.array(texts + alone))
    for text, moment, kind in zip(texts + alone, moments, precision, strict=True):
        found = parse(text)
        if found is None:
            assert np.isnat(moment) and PRECISIONS[kind] == "", text
        else:
            assert (moment.astype(datetime), PRECISIONS[kind]) == found, text


@pytest.mark.parametrize(
    "form",
    [
        "{y}/{m}/{d} 上午{h}:{n:02d}",
        "{y}年{m}月{d}日下午{h}时{n:02d}分",
        "{y}年{m}月{d}日 下午{h}:{n:02d}",
        "{y}{m:02d}{d:02d}",
        "{y}{m:02d}{d:02d} {h}:{n:02d}",
        "{y}．{m}．{d}　{h}：{n:02d}",
        "4{m:02d}{d:02d}.{h}{n}",
        "4{m:02d}{d:02d}",
    ],
)
def test_a_time_read_by_its_shape_is_that_of_the_parser(form):
    rng = np.random.default_rng(1)
    values = zip(
        *(rng.integers(*ends, 200) for ends in ((999, 1002), (0, 14), (0, 33), (0, 26), (0, 62))), strict=True
    )
    texts = [form.format(y=y + 1023 * (y > 999), m=m, d=d, h=h, n=n) for y, m, d, h, n in values]
    texts += [text.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for text in texts]
    read = [parse(text) or (None, "") for text in texts]
    moments, precision = read_times(pa.array(texts))
    assert [PRECISIONS[p] for p in precision] == [p for _, p in read]
    assert {p for _, p in read} - {""}
    assert all(m == np.datetime64(own, "s") for m, (own, p) in zip(moments, read, strict=True) if p)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)), st.sampled_from(range(4)))
def test_any_time_reads_back(moment, style):
    moment = moment.replace(second=0, microsecond=0)
    half = "上午" if moment.hour < 12 else "下午"
    text = [
        f"{moment:%Y-%m-%d %H:%M}",
        f"{moment.year}年{moment.month}月{moment.day}日{moment.hour}时{moment.minute:02d}分",
        f"{moment.year}/{moment.month}/{moment.day} {half}{(moment.hour - 1) % 12 + 1}:{moment.minute:02d}",
        f"{(moment - datetime(1899, 12, 30)).total_seconds() / 86400:.6f}",
    ][style]
    assert parse(text)[0] == moment


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20))
def test_no_text_makes_a_reader_fail(text):
    parse(text), parse_number(text), parse_duration(text), normal_code(text), month_in(text), year_in(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30", 30),
        ("３０", 30),
        ("约30", 30),
        ("30份", 30),
        ("3次", 3),
        ("1,234", 1234),
        ("１，２３４", 1234),
        ("30.0", 30),
        (" 30 ", 30),
        ("12.5%", 0.125),
        ("3.2万", 32000),
        ("-10", -10),
        ("−10", -10),
        ("52小时", 52),
        ("2024", 2024),
    ],
)
def test_numbers(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["若干", "较多", "无", "—", "#VALUE!", "很多次", "1,2", "3-5", "nan", "inf", "", "1_000", "0,345"]
)
def test_no_number(text):
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("178秒", 178),
        ("3分46秒", 226),
        ("1:02:30", 3750),
        ("178", 178),
        ("00:03:45.929000", 226),
        ("1 day, 2:03:00", 93780),
        ("26:03:00", 93780),
        ("1天2小时", 93600),
        ("1日2时3分", 93780),
        ("2.5小时", 9000),
        ("约3分钟", 180),
        ("3分46.5秒", 226),
        ("00:03:45,929", 226),
        ("126:03", 7563),
        ("3'46\"", 226),
        ("1h 2m 3s", 3723),
        ("90 min", 5400),
        ("226000毫秒", 226),
        ("PT26H3M", 93780),
        ("P1DT2H", 93600),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("390101100", "390101100"),
        ("390101100.0", "390101100"),
        ("390101100000", "390101100"),
        ("390101100000.0", "390101100"),
        ("３９０１０１１００", "390101100"),
        ("3.90101100E+08", "390101100"),
        ("3.90E+08", None),
        ("3.41E+11", None),
        ("390101000000", "390101"),
    ],
)
def test_codes(text, code):
    assert normal_code(text) == code


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("使用情况_202401", "2024-01"),
        ("2024年3月台账", "2024-03"),
        ("截至2025年7月10日", None),
        ("2024年度", None),
    ],
)
def test_month_in_a_name(text, month):
    assert month_in(text) == month


def _converter(responses=(), own=None, survey=None, percent=()):
    wordings = Wordings(PLAN / "values.csv", own)
    return Converter(
        ["—", "/", "(跳过)"],
        Limits(date(2025, 1, 10)),
        wordings,
        responses,
        survey,
        percent,
    )


def _convert(texts, column, **options):
    found = _converter(**options).convert(pa.array(texts, pa.string()), column)
    return found.typed.to_pylist(), found.status.tolist()


def test_null_tokens_are_missing_and_not_bad():
    values, status = _convert(["3", "—", "", " / ", "若干", "-1"], Column("n_table", "count"))
    assert values == [3, None, None, None, None, None]
    assert status == [OK, TOKEN, EMPTY, TOKEN, bad("unparseable_number"), bad("negative_count")]


def test_booleans_and_own_wordings():
    column = Column("is_veto", "boolean")
    assert _convert(["是", "否", "√", "1", "0.0", "也许"], column)[0] == [
        True,
        False,
        True,
        True,
        False,
        None,
    ]
    assert _convert(["红线", "普通"], column, own={"is_veto": {"红线": True, "普通": False}})[0] == [
        True,
        False,
    ]


@pytest.mark.parametrize("type_", ["code", "text", "number", "boolean", "date"])
def test_a_wording_that_leads_to_nothing_is_missing_and_not_bad(type_):
    """{全市: ""} of the county of a policy: everywhere, which is no county whose code is an empty text."""
    values, status = _convert(
        ["全市", "", "全市"], Column("county_code", type_), own={"county_code": {"全市": ""}}
    )
    assert values == [None, None, None] and status == [TOKEN, EMPTY, TOKEN]


def test_categories_take_canonical_known_and_own_wordings():
    column = Column("exit_type", "category", values=("辞职", "遴选", "考录"))
    values, status = _convert(["辞职", "公开遴选", "考 走", "远走高飞"], column)
    assert values == ["辞职", "遴选", "考录", None]
    assert status[-1] == bad("unknown_category")
    assert _convert(["远走高飞"], column, own={"exit_type": {"远走高飞": "辞职"}})[0] == ["辞职"]


def test_own_wordings_lead_to_canonical_values_only():
    column = Column("movement", "category", values=("in", "out"))
    own = {"movement": {"进来": "增员", "走了": "out", "增员": "减员", "来去": "进"}}
    values, status = _convert(["进来", "走了", "增员", "来去", "减员"], column, own=own)
    assert values == ["in", "out", "out", None, "out"]
    assert status == [OK, OK, OK, bad("unknown_category"), OK]
    answers = {"is_veto": {"红": "是", "绿": "否", "黄": "也许"}}
    values, status = _convert(["红", "绿", "黄"], Column("is_veto", "boolean"), own=answers)
    assert values == [True, False, None] and status[2] == bad("unknown_category")


def test_answers_as_text_numbers_or_points():
    responses = load_responses(PLAN / "scales.yaml")
    five = Column("MW1", "item", low=1, high=5)
    texts = ["非常不同意", "一般", "A. 同意", "4分", "5", "6", "4.0", "无效", "(跳过)", "非常同意（5分）"]
    assert _convert(texts, five, responses=responses)[0] == [1, 3, 4, 4, 5, None, 4, None, None, 5]
    seven = Column("EE1", "item", low=0, high=6)
    assert _convert(["从不", "每天", "一般"], seven, responses=responses)[0] == [0, 6, 3]
    one_to_seven = Column("EE1", "item", low=1, high=7)
    assert _convert(["从不", "每天"], one_to_seven, responses=responses)[0] == [1, 7]
    assert _convert(["很赞成"], five, survey={"很赞成": 5})[0] == [5]
    assert _convert(["1", "5"], five, own={"MW1": {"1": 5, "5": 1}})[0] == [5, 1]
    scaled = Column("MW2", "item", low=1, high=5, scale="meaning")
    assert _convert(["1", "同意"], scaled, responses=responses, own={"meaning": {"1": 5, "同意": 2}})[0] == [
        5,
        2,
    ]


def test_percentages():
    column = Column("outcome_hotline", "number")
    assert _convert(["12.5%", "12.5"], column)[0] == [0.125, 12.5]
    assert _convert(["12.5%", "12.5"], column, percent=["outcome_hotline"])[0] == [0.125, 0.125]


def test_implausible_dates():
    column = Column("issue", "date", earliest="1990-01-01")
    values, status = _convert(["1989-12-31", "1990-01-01", "2026-01-11", "2026-01-12", "近期"], column)
    assert values == [None, date(1990, 1, 1), date(2026, 1, 11), None, None]
    assert status[0] == status[3] == bad("implausible_date")
    assert status[4] == bad("unparseable_date")
    late = Column("lock_until", "date", earliest="1960-01-01", future=True)
    assert _convert(["2033-05-01"], late)[0] == [date(2033, 5, 1)]


@pytest.mark.parametrize(
    ("text", "wave"), [("第1轮", 1), ("第二次", 2), ("2", 2), ("2.0", 2), ("W3", 3), ("上一轮", None)]
)
def test_waves(text, wave):
    assert _convert([text], Column("wave", "wave"))[0] == [wave]


def test_years():
    column = Column("year", "year", earliest="1990-01-01")
    values, status = _convert(["2024", "2024年", "2024年度", "2024.0", "1900", "去年"], column)
    assert values == [2024, 2024, 2024, 2024, None, None]
    assert status[4:] == [bad("implausible_date"), bad("unparseable_date")]
