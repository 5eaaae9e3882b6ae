"""Dates and months as Chinese offices write them.

Texts of one shape (2024/3/5 8:20 is 0000/0/0 0:00) are read together by the places of their digits; only what is not
plain comes to :func:`parse`, once per distinct text.
"""

import re
import unicodedata
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.ingest.texts import bounds

PRECISIONS = ("", "minute", "day", "month")  # what read_times knows of a time, by its number
WIDTHS = (16, 32, 40)  # bytes of the longest text that is read by its shape
FEWEST, MOST_SHAPES = 4, 200  # rows that are worth looking at together, and looks at one column
EXCEL_EPOCH = datetime(1899, 12, 30)
_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "o": "0",
    "两": "2",
}
_DIGITS |= {digit: digit for digit in "0123456789"}
_NUMERAL = "〇○零一二三四五六七八九十百两"
# the numerals of ledgers, and those of the calendar on the wall (廿五, 卅一)
_PLAINER = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰國", "一二三四五六七八九十百国") | {
    ord("廿"): "二十",
    ord("卅"): "三十",
}
_QUARTERS = {"一刻": 15, "1刻": 15, "半": 30, "三刻": 45, "3刻": 45}
_AFTERNOON = ("下午", "晚上", "晚", "傍晚", "夜间", "pm")
_HALF = r"(?P<half>上午|下午|中午|晚上|晚|傍晚|夜间|凌晨|早上|早晨|清晨|早|am|pm)?"
_CLOCK = (
    r"(?:[t\s]*" + _HALF + r"\s*(?:(?P<hour>\d{1,2})\s*"
    r"(?:[:时点]\s*(?P<minute>\d{1,2}(?!刻)|半|[一三13]刻)?\s*(?:[:分时]\s*(?P<second>\d{1,2})?(?:\.\d+)?\s*秒?)?)?"
    r"(?:整)?\s*(?P<latin>am|pm)?)?)?"
)
_SPLIT = re.compile(
    r"(?P<year>\d{4})\s*[年./。、,·_\\—–-]\s*(?P<month>\d{1,2})\s*"
    r"(?:(?:月份?|[./。、,·_\\—–-])\s*(?:(?P<day>\d{1,2})\s*[日号]?" + _CLOCK + r")?)?"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?:(?P<day>\d{2})(?:(?P<joined>\d{4}(?:\d{2})?)|" + _CLOCK + r"))?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
# a spreadsheet's mark of text, "about" after a time, and "by" before or after a deadline (of the working day, too)
_AROUND = re.compile(
    r"^(?:'|(?:截止|截至|于|限)(?:至|到|于)?:?\s*)|(?<=[\d日号时点分半刻整午])\s*(?:许|左右)?\s*(?:(?:当天|当日)?\s*(?:下班|午)?(?:之|以)?前|止|截止)?$"
)
# a clock time with its zone, as systems write it; 08:00-12:00 is a period: a minus needs the T of ISO
_ZONE = re.compile(
    r"(?P<time>\S+(?P<iso>t|\s)\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?:z|(?P<hours>[+-]\d{2}):?(?P<minutes>\d{2}))"
)
CHINA = timedelta(hours=8)
_REPUBLIC = re.compile(r"^民国\s*(\d{1,3})\s*(?=[年./-])")
_TO = re.compile(r"[至到~∼〜—–-]+")
_WEEKDAY = re.compile(r"[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?")
_HALF_IN_BRACKETS = re.compile(r"\((上午|下午|中午|晚上|全天)\)")
_JOINED_ISO = re.compile(r"^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)(?=z|[+-])")
# years are often typed with the zero of the keyboard: 二0二四年
_NUMERAL_DATE = re.compile(rf"[\do]*[{_NUMERAL}][\do{_NUMERAL}]*(?=[年月日号时点分秒])")


def parse(text):
    """``(datetime, precision)`` with precision minute, day or month; None where the text is no date with a year.

    A time with a zone is turned into China's. Half a day, the end of the working day and "about" say no minute.
    """
    text = _HALF_IN_BRACKETS.sub("", unicodedata.normalize("NFKC", text).strip().lower().translate(_PLAINER))
    text = _JOINED_ISO.sub(r"\1-\2-\3t\4:\5:\6", _AROUND.sub("", text))
    if zone := _ZONE.fullmatch(text):
        return _in_china(parse(zone["time"]), zone)
    if _SERIAL.fullmatch(text):
        seconds = round(float(text) * 86400)
        return _with_precision(EXCEL_EPOCH + timedelta(seconds=seconds))
    text = _NUMERAL_DATE.sub(
        lambda match: _arabic(match[0]), text.replace("年元月", "年1月").replace("国元年", "国1年")
    )
    text = _REPUBLIC.sub(lambda match: str(1911 + int(match[1])), text)
    match = _SPLIT.fullmatch(_WEEKDAY.sub("", text).strip()) or _COMPACT.fullmatch(text)
    if not match:
        return None
    try:
        return _build(match.groupdict())
    except ValueError:
        return None


def _in_china(found, zone):
    """A moment as the clock in China shows it; ``zone`` names Z or the distance from UTC."""
    hours, minutes = zone["hours"] or "+00", zone["minutes"] or "00"
    if found is None or (hours[0] == "-" and zone["iso"] != "t"):
        return None
    ahead = timedelta(hours=int(hours), minutes=int(hours[0] + minutes))
    return found[0] + CHINA - ahead, "minute" if ahead != CHINA else found[1]


def with_october(texts: pa.Array) -> pa.Array:
    """Texts of a column of dates in which 2024.1 is the number that a spreadsheet made of 2024.10.

    It is October beside 2024.01 and not 2024.9; unreadable (2024.1?) beside 2024.9, 2024.11 or 2024.12, which may be
    texts or numbers; else January, as where 2024.10 stands beside it.
    """
    doubtful = pc.match_substring_regex(texts, r"^\d{4}\.1$")
    if not pc.any(doubtful).as_py():
        return texts
    months = pc.extract_regex(texts, r"^\d{4}\.(?P<month>\d{1,2})$").drop_null()
    months = {found["month"] for found in months.to_pylist()}
    padded, bare = any(month[0] == "0" for month in months), months & set("23456789")
    if "10" in months or (padded and bare) or not (padded or (bare and months & {"11", "12"})):
        return texts
    return pc.if_else(doubtful, pc.binary_join_element_wise(texts, "0" if padded else "?", ""), texts)


def split_period(text):
    """``(start, end)`` of 2024.3.5-2024.3.7, 2024年3月5日至7日 or a single day, as texts; the end may be ''.

    What the end leaves out (year, month, day) is that of the start.
    """
    text = _NUMERAL_DATE.sub(lambda match: _arabic(match[0]), unicodedata.normalize("NFKC", text)).strip()
    found = text, ""
    for match in _TO.finditer(text):
        start, end = text[: match.start()].strip(), text[match.end() :].strip()
        first = parse(start)
        if first and first[1] != "month":
            if whole := _end_after(first[0], end):
                return start, whole
            found = found if found[1] else (start, end)
    return found


def _end_after(start, end):
    """``end`` completed by what it shares with the time ``start``; None where it is no time from then on."""
    end = re.sub(r"^(\d{1,2})[月./](?=\d)", r"\1-", end)
    if re.match(r"\D{0,2}\d{1,2}\s*[:时点]", end):
        shared = (f"{start:%Y-%m-%d} ",)
    else:
        shared = ("", f"{start.year}-", f"{start.year + 1}-", f"{start.year}-{start.month}-")
    for before in shared:
        found = parse(before + end)
        if found and found[1] != "month" and found[0].date() >= start.date():
            return before + end
    return None


def _build(part):
    year, month = int(part["year"]), int(part["month"])
    if part["day"] is None:
        return datetime(year, month, 1), "month"
    day = datetime(year, month, int(part["day"]))
    joined = part.get("joined")
    if joined:
        hour, minute, second = int(joined[:2]), int(joined[2:4]), int(joined[4:] or 0)
    elif part["hour"] is None:
        return day, "day"
    else:
        hour = int(part["hour"])
        minute = _QUARTERS.get(part["minute"]) or int(part["minute"] or 0)
        second = int(part["second"] or 0)
    half = part["half"] or part["latin"]
    if hour < (3 if half == "中午" else 12 if half in _AFTERNOON else 0):
        hour += 12
    elif half in ("上午", "凌晨", "am") and hour == 12:
        hour = 0
    if (hour, minute, second) == (24, 0, 0):
        # midnight at the end of a day stays on that day
        hour, minute = 23, 59
    return _with_precision(day.replace(hour=hour, minute=minute, second=second))


def _with_precision(moment):
    """No clock time, or 00:00 exactly, is day precision; times are rounded to the minute."""
    if moment.hour == moment.minute == moment.second == 0:
        return moment, "day"
    return (moment + timedelta(seconds=30)).replace(second=0), "minute"


def _arabic(text):
    """Arabic digits of a Chinese numeral: 二〇二四 -> 2024, 二十九 -> 29, 十 -> 10, 一百一十三 -> 113."""
    hundreds, hundred, rest = text.rpartition("百")
    if hundred:
        return f"{_DIGITS[hundreds or '一']}{_arabic(rest or '零').zfill(2)}" if len(hundreds) < 2 else text
    if "十" not in text:
        return "".join(_DIGITS[c] for c in text)
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return text
    return (_DIGITS[tens] if tens else "1") + (_DIGITS[ones] if ones else "0")


_PLAIN = re.compile(
    r"(?P<year>0{4})(?:-(?P<m1>00?)-(?P<d1>00?)|/(?P<m2>00?)/(?P<d2>00?)|\.(?P<m3>00?)\.(?P<d3>00?)|年(?P<m4>00?)月(?P<d4>00?)日"
    r"|(?P<m5>00)(?P<d5>00))"
    r"(?:(?:[ T]|(?<=日))(?P<half>上午|下午)?(?P<hour>00?)(?::(?P<minute>00)(?::(?P<second>00))?|时(?P<minute2>00)分))?"
)


def _fields(shape):
    """Where the parts of a time stand in texts of a shape, as spans of bytes, and whether the half of the day is
    the ``afternoon``; None if unknown."""
    match = _PLAIN.fullmatch(shape)
    if not match:
        return None
    spans = {}
    for name in match.re.groupindex:
        if match[name] is not None:
            start, end = (len(shape[:place].encode()) for place in match.span(name))
            spans[{"m": "month", "d": "day"}.get(name[0]) if name[1:].isdigit() else name.rstrip("2")] = (
                start,
                end,
            )
    return spans | {"afternoon": match["half"] == "下午"}


def read_times(texts):
    """Times of ``texts`` (trimmed text array without nulls).

    Returns (datetime64[s] array, NaT where unreadable; int8 array of places in PRECISIONS). Seconds are rounded to
    the minute.
    """
    moments, precision = _read_shapes(texts)
    for read in (_read_serials, _read_plainer):
        odd = np.flatnonzero(precision == 0)
        if len(odd):
            moments[odd], precision[odd] = read(texts.take(pa.array(odd)))
    odd = np.flatnonzero(precision == 0)
    if len(odd):
        encoded = texts.take(pa.array(odd)).dictionary_encode()
        read = [parse(text) or (None, "") for text in encoded.dictionary.to_pylist()]
        codes = encoded.indices.to_numpy()
        moments[odd] = np.array([moment for moment, _ in read], "datetime64[s]")[codes]
        precision[odd] = np.array([PRECISIONS.index(p) for _, p in read], np.int8)[codes]
    return moments, precision


def _read_serials(texts):
    """Times of the texts that are a spreadsheet's number of days (45321.35); precision 0 for others."""
    moments, precision = np.full(len(texts), "NaT", "datetime64[s]"), np.zeros(len(texts), np.int8)
    rows = np.flatnonzero(pc.match_substring_regex(texts, rf"^(?:{_SERIAL.pattern})$"))
    days = texts.take(pa.array(rows)).cast(pa.float64()).to_numpy()
    moments[rows], precision[rows] = _to_minutes(np.rint(days * 86400).astype(np.int64), EXCEL_EPOCH)
    return moments, precision


def _read_plainer(texts):
    """Times of the texts that have a plain shape in half-width letters (２０２４／３／５)."""
    return _read_shapes(pc.utf8_trim_whitespace(pc.utf8_normalize(texts, form="NFKC")))


def _to_minutes(seconds, start):
    """Times and precisions of ``seconds`` (N,) from midnight ``start``, rounded to the minute."""
    moments = np.datetime64(start, "s") + (seconds + 30) // 60 * 60
    return moments, np.where(seconds % 86400 == 0, PRECISIONS.index("day"), PRECISIONS.index("minute"))


def _read_shapes(texts):
    """Times of the texts that have a plain shape; precision 0 where a text has none."""
    moments = np.full(len(texts), "NaT", "datetime64[s]")
    precision = np.zeros(len(texts), np.int8)
    if len(texts) == 0:
        return moments, precision
    start, end, data = bounds(texts)
    length = end - start
    longest = int(length.max())
    width = next((w for w in WIDTHS if longest <= w), WIDTHS[-1])
    padded = np.concatenate([data[: end[-1]], np.zeros(width, np.uint8)])
    cells = np.lib.stride_tricks.sliding_window_view(padded, width)[start]
    if length.min() < width:
        cells = cells * (np.arange(width) < length[:, None])
    digits = (cells - 48).astype(np.uint8)
    shapes = np.ascontiguousarray(np.where(digits < 10, 48, cells).astype(np.uint8)).view(np.uint64)
    left = np.flatnonzero(length <= width)
    for _ in range(MOST_SHAPES):
        if len(left) < FEWEST:
            break
        shape = shapes[left[0]]
        same = (shapes[left] == shape).all(axis=1)
        rows, left = left[same], left[~same]
        fields = _fields(shape.tobytes().rstrip(b"\0").decode("utf-8", "replace"))
        if fields:
            moments[rows], precision[rows] = _moments(digits[rows], fields)
    return moments, precision


def _moments(digits, fields):
    """Times and precisions of rows of one shape; NaT and 0 where a day or a clock time does not exist."""

    def number(name):
        first, last = fields.get(name, (0, 0))
        value = np.zeros(len(digits), np.int32)
        for place in range(first, last):
            value = value * 10 + digits[:, place]
        return value

    year, month, day = number("year"), number("month"), number("day")
    hour, minute, second = number("hour"), number("minute"), number("second")
    if "half" in fields:
        hour = np.where(fields["afternoon"], hour + 12 * (hour < 12), hour * (hour != 12))
    known = (year >= FIRST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    known &= (hour < 24) & (minute < 60) & (second < 60)
    place = np.where(known, (year - FIRST_YEAR) * 12 + month - 1, 0)
    known &= day <= np.diff(_MONTHS)[place]
    seconds = hour * 3600 + minute * 60 + second
    rounded = (seconds + 30) // 60 * 60
    moments = ((_MONTHS[place] + day - 1) * 86400 + rounded).astype("datetime64[s]")
    moments[~known] = np.datetime64("NaT")
    precision = np.where(seconds == 0, PRECISIONS.index("day"), PRECISIONS.index("minute"))
    return moments, np.where(known, precision, 0).astype(np.int8)


FIRST_YEAR = 1000  # a year of two digits is not guessed
# days from 1970-01-01 to the first of every month
_MONTHS = (
    np.arange(f"{FIRST_YEAR}-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)


_MONTH_IN_TEXT = re.compile(
    r"(?<!\d)(20\d\d)\s*(?:[年._/-]\s*)?(0[1-9]|1[0-2]|[1-9](?=\s*月|\D|$))(?!\d|\s*[月._/-]\s*\d)"
)
_YEAR_IN_TEXT = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


def month_in(text):
    """The one month named in a title or file name as 'YYYY-MM'; None if there is none, or more than one."""
    found = {f"{y}-{int(m):02d}" for y, m in _MONTH_IN_TEXT.findall(unicodedata.normalize("NFKC", text))}
    return found.pop() if len(found) == 1 else None


def year_in(text):
    """The one year named in a title or file name; None if there is none, or more than one."""
    found = set(_YEAR_IN_TEXT.findall(unicodedata.normalize("NFKC", text)))
    return found.pop() if len(found) == 1 else None
