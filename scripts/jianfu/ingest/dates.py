"""Dates and months as Chinese offices write them.

Clean shapes are read by DuckDB on the distinct texts of a column; only texts it cannot read come to :func:`parse`.
"""

import re
import unicodedata
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

# Shapes that DuckDB reads by itself. Four-digit years only: see `read_times`.
PLAIN_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
)
EXCEL_EPOCH = datetime(1899, 12, 30)
_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "Ｏ": "0",
    "两": "2",
}
_NUMERAL = "〇○零一二三四五六七八九十两"
_AFTERNOON = ("下午", "晚上", "晚", "傍晚", "夜间", "pm")
_HALF = r"(?P<half>上午|下午|中午|晚上|晚|傍晚|夜间|凌晨|早上|早晨|清晨|早|am|pm)?"
_CLOCK = (
    r"(?:[t\s]*" + _HALF + r"\s*(?P<hour>\d{1,2})\s*"
    r"(?:[:时点]\s*(?P<minute>\d{1,2}|半)?\s*(?:[:分]\s*(?P<second>\d{1,2})?(?:\.\d+)?\s*秒?)?)?"
    r"(?:整)?\s*(?P<latin>am|pm)?)?"
)
_SPLIT = re.compile(
    r"(?P<year>\d{4})\s*[年./-]\s*(?P<month>\d{1,2})\s*"
    r"(?:(?:月份?|[./-])\s*(?:(?P<day>\d{1,2})\s*[日号]?" + _CLOCK + r")?)?"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?:(?P<day>\d{2})(?:(?P<joined>\d{4}(?:\d{2})?)|" + _CLOCK + r"))?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_WEEKDAY = re.compile(r"[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?")
_NUMERAL_DATE = re.compile(rf"[{_NUMERAL}]+(?=[年月日号时点分秒])")


def parse(text):
    """``(datetime, precision)`` with precision minute, day or month; None where the text is no date with a year."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if _SERIAL.fullmatch(text):
        seconds = round(float(text) * 86400)
        return _with_precision(EXCEL_EPOCH + timedelta(seconds=seconds))
    if _NUMERAL_DATE.search(text):
        text = _NUMERAL_DATE.sub(lambda match: _arabic(match[0]), text)
    match = _SPLIT.fullmatch(_WEEKDAY.sub("", text).strip()) or _COMPACT.fullmatch(text)
    if not match:
        return None
    try:
        return _build(match.groupdict())
    except ValueError:
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
        minute = 30 if part["minute"] == "半" else int(part["minute"] or 0)
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
    """Arabic digits of a Chinese numeral: 二〇二四 -> 2024, 二十九 -> 29, 十 -> 10."""
    if "十" not in text:
        return "".join(_DIGITS[c] for c in text)
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return text
    return (_DIGITS[tens] if tens else "1") + (_DIGITS[ones] if ones else "0")


def read_times(connection, texts):
    """Times of the distinct ``texts`` (text array without nulls).

    Returns (datetime64[s] array, NaT where unreadable; array of 'minute', 'day', 'month' or ''). Seconds are rounded
    to the minute.
    """
    connection.register("date_texts", pa.table({"text": texts}))
    formats = ", ".join(f"'{f}'" for f in PLAIN_FORMATS)
    plain = connection.sql(
        # a year of two digits is not guessed
        "SELECT CASE WHEN t >= TIMESTAMP '1000-01-01' THEN t END AS t FROM (SELECT "
        f"CASE WHEN text[5] IN ('-', '/', '.', '年') THEN try_strptime(text, [{formats}]) END AS t FROM date_texts)"
    ).to_arrow_table()["t"]
    connection.unregister("date_texts")
    seconds = plain.combine_chunks().cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)
    seconds = seconds.astype("datetime64[s]").copy()
    midnight = seconds == seconds.astype("datetime64[D]")
    precision = np.where(np.isnat(seconds), "", np.where(midnight, "day", "minute"))
    seconds = (seconds + np.timedelta64(30, "s")).astype("datetime64[m]").astype("datetime64[s]")
    for place in np.flatnonzero(np.isnat(seconds)):
        found = parse(texts[int(place)].as_py())
        if found:
            seconds[place], precision[place] = np.datetime64(found[0], "s"), found[1]
    return seconds, precision


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
