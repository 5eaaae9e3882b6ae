"""The words of a title that say until when, and the time they mean for a task issued at a given time."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import pyarrow as pa

from jianfu.core.calendar import OFFICE_HOURS
from jianfu.ingest.titles.search import Search

DAY = timedelta(days=1)
_DIGITS = dict(zip("一二两三四五六七八九日天末", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 7, 7, 7), strict=True))
_N = r"(?:\d+|[一二两三四五六七八九]?十?[一二两三四五六七八九十])"
_PART = r"(?:今晚|上午|下午|早上|晚上|中午|傍晚|凌晨|早|晚)"
_HOUR = rf"{_PART}?(?:{_N}(?::\d\d|[点时](?:半|整|\d\d?分?)?)|[上下]班)"
_DATE = (
    r"(?:(?:\d{4}年|今年|明年|本年)?\d\d?月(?:\d\d?[日号]?|底|末)|\d\d?/\d\d?(?!\d)|\d\d?\.\d\d?(?=前|之前)"
    r"|(?:[本当下次]月)?(?:\d\d?[日号]|底)|月[底末]|[年季周]底|[年季周]末)"
)
_WEEKDAY = r"(?:[本这]|下个?)?(?:周|星期|礼拜)[一二三四五六日天]"
_TODAY = r"(?:今[天日晚]|当[天日]|明[天日早晚]|后天|次日|第二天|隔天)"
_DAY = rf"(?:{_DATE}|{_WEEKDAY}|{_TODAY})"
_END = r"(?:之前|以前|前|内)"
_REPORT = (
    r"(?=[^,;。]{0,2}(?:报|交|发|补|传|填|完成|反馈|回复|提交|上报|办结|必|务|统一|截"
    r"|整改|清零|清理|恢复|拆|处理|落实|销号))"
)
_AGAIN = r"(?:报|调度|更新|通报|上传|汇总|[一两]次)"
_EVERY = r"(?:每(?:个?(?:月|季度?|旬|半月|半年)|年|周|星期|[天日晚]|个?工作日)|逐[日周月])"
WORDS = re.compile(
    "|".join(
        (
            rf"{_EVERY}(?:最后一个月|[首末]月|第[一二三]个月)?(?:{_DATE}|[一二三四五六日天](?![报次条篇]))?{_HOUR}?{_END}",
            rf"{_EVERY}(?:\d\d?[日号]|[一二三四五](?![报次条篇])|[底末])?(?:{_HOUR})?(?=[^,;。]{{0,3}}{_AGAIN})",
            rf"(?:收文后|接通知后|接文后)?{_N}个?(?:工作日|小时|天|日|周)(?:之内|以内|内)",
            rf"{_DAY}{_PART}?(?:{_HOUR})?{_END}",
            rf"{_DATE}(?:{_HOUR})?(?=截止|止)",
            rf"会前{_N}[天日]",
            rf"(?:{_WEEKDAY}|{_TODAY}){_PART}?(?:{_HOUR})?{_REPORT}",
            rf"{_HOUR}{_END}",
            r"本(?:周|月|季度?|年)内",
            r"(?:年|月|节|会|汛期)(?:内|前)(?=[^,;。不无]{0,2}(?:报|交|完成|销号|到位|整改))",
        )
    )
)
# one of these is in all words of a deadline
_HINT = Search("[前内止每逐周今明]|星期|礼拜|当[天日]|后天|次日|第二天|隔天")
# a full date, or eight digits of a document's number, behind which no words of a deadline or a period stand
_STATED = re.compile(
    r"(?<![\d至到于])(?:((?:19|20)\d\d)(?:年(\d\d?)月(\d\d?)日|([-./])(\d\d?)\4(\d\d?)(?!\d))"
    r"|((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?=[-—号\]】)〕]))"
    r"(?![^,;。)】〕]{0,6}(?:前|截?止|以?内|起|[至到—~]|报送|上报|完成))"
)
_CUT_OFF = re.compile(r"(?:截[至止]|数据到|统计到)[^,;。)报交]{2,16}(?![^,;。]{0,6}[报交])")


def deadline_words(title: str) -> str:
    """The words of ``title`` that name a deadline, recurring ones too ('每月25日前'); '' where there are none.

    The day of a meeting or visit and a cut-off of data (截至5月31日) are no deadline.
    """
    plain = unicodedata.normalize("NFKC", title)
    readable = _CUT_OFF.sub(lambda match: "〇" * len(match[0]), plain)
    match = WORDS.search(readable)
    if not match:
        return ""
    return title[match.start() : match.end()] if len(plain) == len(title) else match[0]


def stated_on(title: str) -> str | None:
    """The day, as YYYY-MM-DD, that a title or the number of its document names for the matter itself; else None.

    2024年3月5日县长办公会议定事项, 督字20240305-2号. A deadline, a cut-off of data and the ends of a period are no such
    day; of several days none is taken.
    """
    text = _CUT_OFF.sub("〇", unicodedata.normalize("NFKC", title))
    found = {
        tuple(int(part) for part in match.groups() if part and part.isdecimal())
        for match in _STATED.finditer(text)
    }
    day = _day(*found.pop()) if len(found) == 1 else None
    return day.isoformat() if day else None


def words_of(titles: Sequence[str]) -> list[str]:
    """:func:`deadline_words` of every title."""
    doubtful = _HINT.found(pa.array(titles, pa.string()))
    return [deadline_words(title) if asked else "" for title, asked in zip(titles, doubtful, strict=True)]


def due_at(
    words: str, issued: datetime, is_workday: Callable[[date], bool] | None = None, hours=OFFICE_HOURS
) -> datetime | None:
    """The first time after ``issued`` that ``words`` mean; midnight where they name a day alone, None if unreadable.

    ``is_workday`` tells working days for 'N个工作日内' (default: Monday to Friday); ``hours`` are the office hours,
    from 上班 to 下班.
    """
    words = unicodedata.normalize("NFKC", words)
    span = re.search(rf"({_N})个?(工作日|小时|天|日|周)(?:之内|以内|内)", words)
    if span:
        return _after(issued, number(span[1]), span[2], is_workday or (lambda day: day.weekday() < 5))
    clock = _clock(words, hours)
    for day in _days(words, issued.date()):
        due = datetime.combine(day, clock or time())
        if due >= issued if clock else day >= issued.date():
            return due
    return None


def number(text: str) -> int:
    """12, 十二, 二十 as a number below a hundred."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _after(issued, count, unit, is_workday):
    if unit == "小时":
        return issued + timedelta(hours=count)
    day = issued.date()
    if unit == "工作日":
        while count:
            day += DAY
            count -= is_workday(day)
    else:
        day += DAY * count * (7 if unit == "周" else 1)
    return datetime.combine(day, time())


def _clock(words, hours):
    """Time of the day that the words name, or None."""
    for word, clock in (("上班", hours[0][0]), ("下班", hours[-1][1])):
        if word in words:
            return time.fromisoformat(clock)
    match = re.search(rf"({_PART}?)({_N})(?::(\d\d)|[点时](半|(\d\d?))?)", words)
    if not match:
        usual = {"上午": 12, "中午": 12, "下午": 18, "晚": 23}
        return next((time(hour) for part, hour in usual.items() if part in words), None)
    hour, minute = number(match[2]), int(match[3] or match[5] or 0) + 30 * (match[4] == "半")
    late = hour < 12 and re.search("下午|晚|傍晚", match[1] or words[: match.start()])
    hour += 12 if late else 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _days(words, today):
    """Days that the words may mean, earliest first; the caller takes the first that is not over."""
    for pattern, ahead in (("今|当[天日]", 0), ("明[天日早晚]|次日|第二天|隔天", 1), ("后天", 2)):
        if re.search(pattern, words) and "年" not in words:
            return [today + ahead * DAY]
    week = re.search(r"(下个?)?(?:周|星期|礼拜)([一二三四五六日天末底])", words)
    if week:
        monday = today - today.weekday() * DAY
        weekday = _DIGITS.get(week[2], 7) - 1
        return [monday + (weekday + 7 * ahead) * DAY for ahead in ((1,) if week[1] else (0, 1))]
    dated = re.search(r"(?:(\d{4})年|(明年))?(\d\d?)(?:月|/|\.)(\d\d?)?", words)
    if dated:
        year = int(dated[1]) if dated[1] else today.year + bool(dated[2])
        return [
            d
            for y in ((year,) if dated[1] or dated[2] else (year, year + 1))
            if (d := _day(y, dated[3], dated[4]))
        ]
    of_month = re.search(r"(\d\d?)[日号]", words)
    if "季" in words and (not of_month or re.search("最后一个月|末月|第三个月", words)):
        last = today.year * 12 + 3 * ((today.month + 2) // 3) - 1
        place = of_month and of_month[1]
        return [d for month in (last, last + 3) if (d := _day(month // 12, month % 12 + 1, place))]
    if of_month or "月" in words and re.search("[底末内]", words):
        months = [today.year * 12 + today.month - 1 + ahead for ahead in range(3)]
        months = months[1:] if re.search("[下次]月", words) else months
        place = of_month and of_month[1]
        return [d for month in months if (d := _day(month // 12, month % 12 + 1, place))]
    if "年" in words:
        return [date(today.year, 12, 31)]
    if re.search("本周|每周|周内", words):
        return [today + (6 - today.weekday()) * DAY]
    if "前天" in words or "节前" in words or "会前" in words:
        return []
    clock_alone = re.search("[点时班]|:|午", words) or re.search("[每逐][日天晚]", words)
    return [today, today + DAY] if clock_alone else []


def _day(year, month, day):
    """The day, the last one of the month where ``day`` is None; None where there is no such day."""
    try:
        return date(int(year), int(month), int(day) if day else monthrange(int(year), int(month))[1])
    except ValueError:
        return None
