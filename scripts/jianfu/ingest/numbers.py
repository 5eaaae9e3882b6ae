"""Numbers as people type them: full-width digits, thousands commas, 约30, 30份, 3次, 12.5%, 3.2万, 5分20秒."""

import math
import re
import unicodedata

MINUS = "\N{MINUS SIGN}"  # as word processors write it; no other form of the hyphen

_MEASURES = set("份次张个项件条篇人名户亩轮步天日元台套处期场批页幅段部级字分秒时h米") | {
    *("小时", "分钟", "人次", "个月", "工作日", "万元", "亿元"),
    *("公里", "千米", "平方公里", "平方千米", "km", "km2"),
}
_FACTORS = {"万": 1e4, "亿": 1e8, "万人": 1e4, "万户": 1e4, "万次": 1e4}
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


def parse_number(text):
    """The number in ``text`` as float, or None. "12.5%" is 0.125; "0,345" is none."""
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
    if measure == "" or measure in _MEASURES:
        return value
    if measure == "%":
        return value / 100
    if measure in _FACTORS:
        # through decimal text, so that 3.2万 is 32000 exactly
        return round(value * _FACTORS[measure], 6)
    return None


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
    return parse_number(text)
