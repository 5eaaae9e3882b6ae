"""Numbers as people type them: full-width digits, thousands commas, 约30, 30份, 3次, 12.5%, 3.2万, 5分20秒."""

import math
import re
import unicodedata

MINUS = "\N{MINUS SIGN}"  # as word processors write it; no other form of the hyphen

_COUNTED = "份次张个项件条篇人名户亩轮步天日元台套处期场批页幅段部级字分秒时h米"
_OF_THEM = {"": 1, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_HOURS = {"小时": 1, "个小时": 1, "h": 1, "时": 1, "分": 1 / 60, "分钟": 1 / 60, "min": 1 / 60}
# {unit of a canonical column: {measure: what one of it is there}}; '' is whatever is counted
MEASURES = {
    "": {
        **dict.fromkeys(_COUNTED, 1),
        **dict.fromkeys(("小时", "分钟", "人次", "个月", "工作日", "万元", "亿元"), 1),
        **dict.fromkeys(("公里", "千米", "平方公里", "平方千米", "km", "km2"), 1),
        **{
            many + what: factor
            for many, factor in _OF_THEM.items()
            for what in ("", "人", "户", "次", "人次", "件", "份", "条", "个")
        },
    },
    "person": {many + what: factor for many, factor in _OF_THEM.items() for what in ("", "人", "名", "个")},
    "km2": {
        **{"": 1, "km2": 1, "平方公里": 1, "平方千米": 1, "公顷": 0.01, "ha": 0.01},
        **{"平方米": 1e-6, "m2": 1e-6, "亩": 1 / 1500, "万亩": 1e4 / 1500},
    },
    "km": {"": 1, "km": 1, "公里": 1, "千米": 1, "米": 1e-3, "m": 1e-3, "里": 0.5, "华里": 0.5},
    "万元": {"": 1, "万元": 1, "元": 1e-4, "千元": 0.1, "百万元": 1e2, "亿元": 1e4, "万": 1, "亿": 1e4},
    "hour": {"": 1, **_HOURS},
    "second": {"": 1, **{what: 3600 * factor for what, factor in _HOURS.items()}, "秒": 1, "s": 1, "秒钟": 1},
}
KNOWN = frozenset().union(*MEASURES.values()) - {""}
TIMES = frozenset(MEASURES["second"])
_NUMBER = re.compile(
    r"(?:约|大约|约为|共|合计)?\s*([+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d{1,2})?)\s*(\D*\d?)"
)
_N = r"(\d+(?:\.\d+)?)\s*"
_DURATION = re.compile(
    rf"(?:{_N}(?:天|日|d))?\s*(?:{_N}(?:个?小?时|h|hours?))?\s*"
    rf"(?:{_N}(?:分钟?|min|minutes?|m|'|′))?\s*(?:{_N}(?:秒钟?|sec|seconds?|s|\"|''|″|′′))?"
)
_COLONS = re.compile(r"(?:(\d+) *(?:天|日|days?),? *)?(?:(\d+):)?(\d+):(\d{1,2}(?:[.,]\d+)?)")
_MILLISECONDS = re.compile(rf"{_N}(?:ms|毫秒)")
_UNITS = (86400, 3600, 60, 1)


def parse_number(text, unit=""):
    """The number in ``text`` as float, or None. "12.5%" is 0.125; "0,345" is none.

    unit: what the column holds, a key of :data:`MEASURES`: 1500亩 is 1 in a column of km2, 30户 no number of persons.
    """
    text = unicodedata.normalize("NFKC", text).replace(MINUS, "-").strip().lower()
    try:
        if text.isascii() and text[-1:].isdigit() and "_" not in text and text[:1] in "+-.0123456789":
            return number if math.isfinite(number := float(text)) else None
    except ValueError:
        pass
    match = _NUMBER.fullmatch(text)
    if not match or not any(c.isdigit() for c in match[1].partition("e")[0]):
        return None
    value, measure = float(match[1].replace(",", "")), match[2].strip()
    if measure == "%":
        return value / 100
    factor = MEASURES[unit].get(measure)
    # through decimal text, so that 3.2万 is 32000 exactly
    return None if factor is None else value if factor == 1 else round(value * factor, 6)


def measure_in(heading: str) -> str:
    """The measure in brackets at the end of a heading, 次数（万次） or 面积(单位：亩); '' where there is none."""
    text = unicodedata.normalize("NFKC", heading).strip().lower()
    found = re.search(r"[(\[【](?:单位:?)?\s*([^)\]】]{1,4})[)\]】]$", text)
    return found[1] if found and found[1] in KNOWN else ""


def measures_above(title: str) -> list[str]:
    """The measures of a title such as 单位：万元、万次; none of time, as 分 may be points."""
    text = unicodedata.normalize("NFKC", title).lower()
    found = re.findall(r"单位:\s*([^\s,;:)\]]+)", text)
    return [measure for words in found for measure in re.split("[、/和]", words) if measure in KNOWN - TIMES]


def parse_duration(text):
    """Seconds, to the nearest, in ``text`` such as 178秒, 约3分46秒, 2.5小时, 1:02:30, 0:03:45.929, 3'46", PT3M46S,
    1 day, 2:03:00 or 178.

    None where unreadable.
    """
    text = re.sub(r"^大?约", "", unicodedata.normalize("NFKC", text).strip().lower())
    if text.startswith("p"):
        text = text[1:].replace("t", "", 1)
    if found := _MILLISECONDS.fullmatch(text):
        return float(round(float(found[1]) / 1000))
    match = _DURATION.fullmatch(text) or _COLONS.fullmatch(text)
    if match and any(match.groups()):
        parts = (float((n or "0").replace(",", ".")) for n in match.groups())
        return float(round(sum(n * unit for n, unit in zip(parts, _UNITS, strict=True))))
    number = parse_number(text)
    # 0:03:20 without its format is a part of a day in a spreadsheet; nobody answers within a second
    return float(round(number * 86400)) if number and 0 < number < 1 else number
