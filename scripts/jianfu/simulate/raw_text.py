"""Wordings as offices type them: dates, numbers, units, persons. All functions work on whole columns."""

from functools import cache

import numpy as np

from jianfu.simulate.structure import RENAMED, SHARED_NAME

SYNTHETIC = "合成数据 SYNTHETIC"
FULL_WIDTH = str.maketrans("0123456789.: ", "０１２３４５６７８９．：\u3000")
NUMERALS = str.maketrans("0123456789", "〇一二三四五六七八九")
# Styles of dates and clock times, and how often each is used.
DAY_STYLES = ("iso", "slash", "chinese", "dots", "compact", "full_width", "numerals", "serial")
DAY_WEIGHTS = (0.36, 0.24, 0.22, 0.10, 0.02, 0.02, 0.02, 0.02)
TIME_STYLES = ("iso", "iso_seconds", "slash", "chinese", "chinese_clock", "dots", "slash_noon", "chinese_noon",
               "compact", "full_width", "serial")  # fmt: skip
TIME_WEIGHTS = (0.30, 0.10, 0.22, 0.12, 0.10, 0.06, 0.02, 0.02, 0.02, 0.02, 0.02)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "晨阳雪梅建国志强海燕文博丽娜俊杰思雨佳宁宏伟春兰子轩一凡若曦㛃𠮷䶮"


def _numeral(number):
    """1-31 as Chinese numeral."""
    tens, ones = divmod(number, 10)
    front = "" if tens == 0 else ("十" if tens == 1 else "〇一二三"[tens] + "十")
    return front + ("" if ones == 0 and tens else "〇一二三四五六七八九"[ones])


def _day_table(days):
    """Texts of the given days in every style: style -> object array."""
    iso = np.datetime_as_string(days).tolist()
    parts = [(int(d[:4]), int(d[5:7]), int(d[8:])) for d in iso]
    serial = (days - np.datetime64("1899-12-30")).astype(int)
    table = {
        "iso": iso,
        "slash": [f"{y}/{m}/{d}" for y, m, d in parts],
        "chinese": [f"{y}年{m}月{d}日" for y, m, d in parts],
        "dots": [f"{y}.{m}.{d}" for y, m, d in parts],
        "compact": [f"{y}{m:02d}{d:02d}" for y, m, d in parts],
        "full_width": [f"{y}.{m}.{d}".translate(FULL_WIDTH) for y, m, d in parts],
        "numerals": [f"{str(y).translate(NUMERALS)}年{_numeral(m)}月{_numeral(d)}日" for y, m, d in parts],
        "serial": [str(s) for s in serial],
    }
    return {style: np.array(texts, dtype=object) for style, texts in table.items()}


def _clock_table():
    """Texts of every minute of a day in every style, ready to stand behind the day."""
    clock = [divmod(m, 60) for m in range(1440)]
    half = [("上午" if h < 12 else "下午", h if h in (0, 12) or h < 12 else h - 12) for h, _ in clock]
    table = {
        "iso": [f" {h:02d}:{m:02d}" for h, m in clock],
        "iso_seconds": [f" {h:02d}:{m:02d}:00" for h, m in clock],
        "slash": [f" {h}:{m:02d}" for h, m in clock],
        "chinese": [f" {h}:{m:02d}" for h, m in clock],
        "chinese_clock": [f"{h}时{m:02d}分" for h, m in clock],
        "dots": [f" {h}:{m:02d}" for h, m in clock],
        "slash_noon": [f" {a}{h}:{m:02d}" for (a, h), (_, m) in zip(half, clock, strict=True)],
        "chinese_noon": [f"{a}{h}时{m:02d}分" for (a, h), (_, m) in zip(half, clock, strict=True)],
        "compact": [f" {h:02d}:{m:02d}" for h, m in clock],
        "full_width": [f" {h:02d}:{m:02d}".translate(FULL_WIDTH) for h, m in clock],
        "serial": [f".{round(m / 1440 * 1e6):06d}" for m in range(1440)],
    }
    return {style: np.array(texts, dtype=object) for style, texts in table.items()}


DAY_OF_TIME = {
    "iso_seconds": "iso",
    "chinese_clock": "chinese",
    "slash_noon": "slash",
    "chinese_noon": "chinese",
}


class DateTexts:
    """Texts of the days and minutes between two days."""

    def __init__(self, first, last):
        self.first = np.datetime64(first, "D")
        self.days = _day_table(np.arange(self.first, np.datetime64(last, "D") + 1))
        self.clock = _clock_table()

    def day(self, rng, days, styles=DAY_STYLES, weights=DAY_WEIGHTS):
        """Dates in mixed styles; NaT gives the empty text."""
        missing = np.isnat(days)
        place = np.where(missing, self.first, days) - self.first
        text = self._pick(
            rng, len(days), styles, weights, lambda style, at: self.days[style][place[at].astype(int)]
        )
        text[missing] = ""
        return text

    def minute(self, rng, minutes, styles=TIME_STYLES, weights=TIME_WEIGHTS):
        """Dates with clock time in mixed styles; NaT gives the empty text."""
        missing = np.isnat(minutes)
        minutes = np.where(missing, self.first.astype("M8[m]"), minutes)
        days = minutes.astype("M8[D]")
        clock = (minutes - days).astype(int)
        place = (days - self.first).astype(int)

        def make(style, at):
            return self.days[DAY_OF_TIME.get(style, style)][place[at]] + self.clock[style][clock[at]]

        text = self._pick(rng, len(minutes), styles, weights, make)
        text[missing] = ""
        return text

    def mixed(self, rng, minutes, precise):
        """Clock times where ``precise``, dates elsewhere."""
        text = np.empty(len(minutes), dtype=object)
        text[precise] = self.minute(rng, minutes[precise])
        text[~precise] = self.day(rng, minutes[~precise].astype("M8[D]"))
        return text

    @staticmethod
    def _pick(rng, n, styles, weights, make):
        chosen = rng.choice(len(styles), n, p=np.array(weights) / np.sum(weights))
        text = np.empty(n, dtype=object)
        for i, style in enumerate(styles):
            at = np.flatnonzero(chosen == i)
            text[at] = make(style, at)
        return text


ODD_COUNTS = (
    lambda n, measure: f"约{n}",
    lambda n, measure: f"{n}{measure}",
    lambda n, measure: n.translate(FULL_WIDTH),
    lambda n, measure: f" {n} ",
    lambda n, measure: f"{n}.0",
)


def count_texts(rng, values, odd=0.02, measure="份"):
    """Whole numbers as text; a share of them as people type them. NaN gives the empty text."""
    values = np.asarray(values, dtype=float)
    missing = np.isnan(values)
    whole = np.where(missing, 0, values).astype(np.int64)
    top = int(whole.max(initial=0))
    low = int(whole.min(initial=0))
    if top - low < 100_000:
        text = np.array([str(n) for n in range(low, top + 1)], dtype=object)[whole - low]
    else:
        text = np.array([str(n) for n in whole.tolist()], dtype=object)
    strange = np.flatnonzero(rng.random(len(values)) < odd)
    kind = rng.integers(0, 5, len(strange))
    for place, k in zip(strange.tolist(), kind.tolist(), strict=True):
        text[place] = ODD_COUNTS[k](text[place], measure)
    text[missing] = ""
    return text


def yes_no(flags):
    """是 or 否."""
    return np.array(["否", "是"], dtype=object)[np.asarray(flags).astype(int)]


class UnitTexts:
    """Wordings of every unit: name with and without county or office, code, former name."""

    def __init__(self, structure):
        self.wordings, self.codes = [], structure.codes.astype(object)
        for name, county, code in zip(structure.names, structure.county, structure.codes, strict=True):
            place = structure.county_names[county]
            offices = ("办事处", "办") if name.endswith("街道") else ("人民政府", "政府")
            full = [f"{place}{name}", f"{place}{name}{offices[0]}"]
            short = (
                []
                if name == SHARED_NAME
                else [name, name, name, f"{name}{offices[0]}", f"{name}{offices[1]}", f" {name}"]
            )
            if name == RENAMED["new"]:
                short.append(RENAMED["old"])
            choices = short + full + ([code] if not short else [])
            self.wordings.append(choices)
        width = 12
        self.table = np.array([[w[i % len(w)] for i in range(width)] for w in self.wordings], dtype=object)

    def __call__(self, rng, unit):
        return self.table[unit, rng.integers(0, self.table.shape[1], len(unit))]


def person_names(rng, n):
    """Invented names."""
    surname = np.array(list(SURNAMES), dtype=object)[rng.integers(0, len(SURNAMES), n)]
    given = np.array(list(GIVEN), dtype=object)
    second = np.where(rng.random(n) < 0.75, given[rng.integers(0, len(given), n)], "")
    return surname + given[rng.integers(0, len(given), n)] + second


def phone_numbers(rng, n):
    """Eleven digits that start with 12, which no mobile number does."""
    fronts, ends = _phone_parts()
    number = rng.integers(0, 10**9, n)
    return fronts[number // 10**5] + ends[number % 10**5]


@cache
def _phone_parts():
    """First six and last five digits, in order of the rest of the number."""
    fronts = np.array([f"12{number:04d}" for number in range(10**4)], dtype=object)
    return fronts, np.array([f"{number:05d}" for number in range(10**5)], dtype=object)


def id_texts(rng, numbers):
    """ID numbers with harmless damage: apostrophe, trailing tab, lower-case x."""
    texts = numbers.copy()
    for place in np.flatnonzero(rng.random(len(texts)) < 0.03):
        kind = rng.integers(0, 3)
        texts[place] = (f"'{texts[place]}", f"{texts[place]}\t", texts[place].lower())[kind]
    return texts


def csv_bytes(columns, encoding, lead=""):
    """Columns of texts (header first) as one delimited file; ``lead`` stands before everything."""
    lines = map(",".join, zip(*columns, strict=True))
    text = lead + "\r\n".join(lines) + "\r\n"
    if encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding)
