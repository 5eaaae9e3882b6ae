"""What the cells of one column look like: dates, numbers, categories, units, or something that names a person."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from jianfu.ingest import dates
from jianfu.ingest.numbers import parse_duration, parse_number
from jianfu.ingest.people import normal_id
from jianfu.ingest.several import NOT_NAMED, units_named
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.units import UNKNOWN, normal_code
from jianfu.ingest.values import normal_wording

ROWS = 2000  # cells that are looked at
TEXTS = 200  # different texts that are judged
MANY_SPANS = 0.1  # share of spans of days from which a column holds no single days
LAST_BORN = 2010  # nobody who holds a post was born later
_ID_LIKE = re.compile(r"[`'‘’]?\d{15}(\d{2}[\dXx])?|\d\.\d+E\+1[4-7]")
_PHONE = re.compile(r"(\+?86)?1\d{10}|0\d{2,3}-?\d{7,8}")
_CLOCK = re.compile(r"([上下]午)?\s*\d{1,2}[:：时]\d{1,2}(分|[:：]\d{1,2})?")
_CLOCKS = re.compile(r"(\D{0,6}\d{1,2}[:：]\d{2}(:\d{2})?\D{0,6})+")
_GPS = re.compile(r"-?\d{1,3}\.\d{4,}([,，]\s*-?\d{1,3}\.\d{4,})?")
_UNIT = re.compile(r".{1,14}(镇|乡|街道|街道办|办事处|政府|苏木|管委会)")
_NOT = re.compile(r"[不非未否无普].{0,5}|.{1,5}外|一般|正常|常规")
_INSIDE = re.compile(r"[(\[【](.*?)[)\]】]")
_CODED = re.compile(r"(?<![\d.\-~])(\d{1,2})\s*[=:.、\-]?\s*(?:代表|表示|为|是(?=[^\d\W]))?([^\d\W_]{1,8})")
_MEASURES = set("年月日时分秒点元个人次天份万名级岁")
_AREA = re.compile(r"\d{6}(000000)?|[\u3400-\u9fff]{1,9}[县区市旗省州盟]")
_HAN = re.compile("[\u3400-\u9fff]")
_OFFICE = re.compile(
    r".{1,20}(局|委|办|部|室|院|厅|署|会|中心|大队|支队|专班|政府|组|公司|站|机关|单位|部门)"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤褚卫华戚喻窦章云"
)
_NAME = re.compile(rf"[{_SURNAMES}][\u3400-\U0003ffff]{{1,3}}")


@dataclass(frozen=True)
class Content:
    """The texts of a column with their counts: used for judging and never printed, except wordings of categories.

    ``filled`` share of its rows; ``tests`` {kind: whether a text reads as it}; ``counts_rows``: the cells are 1, 2, 3 …
    """

    filled: float
    texts: Counter
    tests: dict
    counts_rows: bool
    shares: dict = field(default_factory=dict)

    @property
    def distinct(self):
        """Share of different texts among the filled cells."""
        total = sum(self.texts.values())
        return len(self.texts) / total if total else 0.0

    def share(self, kind):
        """Share of the (commonest) different texts that read as a kind; 0 for kinds that no text shows."""
        if kind not in self.shares:
            sample = [text for text, _ in self.texts.most_common(TEXTS)] if kind in self.tests else []
            self.shares[kind] = sum(map(self.tests[kind], sample)) / len(sample) if sample else 0.0
        return self.shares[kind]

    def person(self):
        """The kind of cells by which the column identifies persons, or ''."""
        for kind in ("person_id", "phone", "place"):
            if self.share(kind) >= 0.5:
                return kind
        return "name" if self.share("name") >= 0.8 and self.distinct > 0.2 and len(self.texts) > 5 else ""


def content_of(sheet, place, bottom, null_tokens, units=None, legend=None):
    """:class:`Content` of the column at ``place`` below row ``bottom``; ``units`` a UnitIndex or None.

    ``legend``: {code: word} by which the heading explains its codes; the words are judged.
    """
    cells = sheet.columns[place].slice(bottom, ROWS).to_pylist()
    cells = [(cell or "").strip(SPACES) for cell in cells]
    if legend:
        cells = [legend.get(cell.removesuffix(".0"), cell) for cell in cells]
    texts = Counter(cell for cell in cells if cell and cell not in null_tokens)
    filled = sum(texts.values()) / len(cells) if cells else 0.0
    return Content(filled, texts, _tests(units), _counts_rows([cell for cell in cells if cell]))


def legend_of(heading: str) -> dict[str, str]:
    """{code: word} where a heading explains its codes in brackets (政区类型(1镇2乡3街道)); else empty."""
    inside = " ".join(_INSIDE.findall(unicodedata.normalize("NFKC", heading)))
    pairs = [(code, word) for code, word in _CODED.findall(inside) if word not in _MEASURES]
    codes = dict(pairs)
    return codes if len(codes) > 1 and len(codes) == len(pairs) else {}


def _counts_rows(cells):
    """Whether nearly every cell is a whole number one above the last."""
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 9]
    steps = sum(after - before == 1 for before, after in pairwise(numbers))
    return len(numbers) >= max(3, 0.95 * len(cells)) and steps >= 0.95 * (len(numbers) - 1)


def _tests(units):
    return {
        "date": lambda t: (d := dates.parse(t)) is not None and d[1] != "month",
        "clocks": lambda t: bool(_CLOCKS.fullmatch(t)),
        "clock": lambda t: bool(_CLOCK.fullmatch(t)),
        "month": lambda t: (d := dates.parse(t)) is not None and d[1] == "month",
        "recent": lambda t: (d := dates.parse(t)) is not None and d[0].year > LAST_BORN,
        "number": lambda t: parse_number(t) is not None,
        "duration": lambda t: not t.isdigit() and parse_number(t) is None and parse_duration(t) is not None,
        "person_id": lambda t: normal_id(t) is not None or bool(_ID_LIKE.fullmatch(t)),
        "phone": lambda t: bool(_PHONE.fullmatch(t)),
        "place": lambda t: bool(_GPS.fullmatch(t)),
        "name": lambda t: bool(_NAME.fullmatch(t)),
        "unit": lambda t: _is_unit(t, units),
        "no_unit": lambda t: units is not None and bool(units.wordings) and not _is_unit(t, units),
        "county": lambda t: len(t) <= 10 and t.endswith(("县", "区", "市", "旗")),
        "area": lambda t: bool(_AREA.fullmatch(t)),
        "title": lambda t: len(t) >= 6 and len(_HAN.findall(t)) >= 0.6 * len(t),
        "office": lambda t: bool(_OFFICE.fullmatch(t)),
        "code": lambda t: (normal_code(t) or "").isdigit() and len(normal_code(t)) in (6, 9, 12),
        "year": lambda t: bool(re.fullmatch(r"20\d\d(\.0)?\s*(年|年度)?", t)),
        "id": lambda t: bool(re.fullmatch(r"[A-Za-z0-9\-〔〕\[\]（）()号第\u4e00-\u9fff]*\d+号?", t)),
        "period": lambda t: all(dates.split_period(t)) and dates.parse(dates.split_period(t)[0]) is not None,
        "wave": lambda t: bool(re.fullmatch(r"(第|W)?\s*[\d一二三四五六七八九十]\s*(轮|次|期|波)?", t)),
    }


def _is_unit(text, units):
    if units is None or not units.wordings:
        return bool(_UNIT.fullmatch(text))
    return units.resolve(text) != UNKNOWN or units_named(text, "", units) not in (UNKNOWN, NOT_NAMED)


def known_share(content, known):
    """Share of a column's cells (not texts) whose wording is known."""
    total = sum(content.texts.values())
    return (
        sum(n for text, n in content.texts.items() if normal_wording(text) in known) / total if total else 0.0
    )


def fits(content, kind, known=()):
    """How well a column's cells fit a type: 1 well, 0.5 possibly, 0 not at all. ``known``: wordings of categories."""
    share = content.share
    if not content.texts:
        return 0.5
    if kind in ("time", "date", "clock"):
        told = share("date") + share({"date": "month", "clock": "clock"}.get(kind, ""))
        return _grade(told, 0.6) if share("number") < 0.9 or told > 0.9 else 0
    if kind in ("month", "birth_month"):
        return _grade(share("month") + share("date"), 0.6)
    if kind in ("count", "number"):
        return _grade(share("number"), 0.6) if share("person_id") + share("phone") < 0.3 else 0
    if kind in ("category", "boolean"):
        found = known_share(content, known)
        few = len(content.texts) <= (4 if kind == "boolean" else 25) and content.share("number") < 0.5
        few = few and (content.distinct <= 0.5 or len(content.texts) <= 8)
        if kind == "boolean" and few and any(_NOT.match(text) for text in content.texts):
            return 1
        return 1 if found >= 0.5 else 0.5 if found > 0.1 or few else 0
    if kind == "text":
        return 0.5 if share("number") < 0.5 and share("date") + share("month") < 0.5 else 0
    grade = _grade(share(kind), 0.5)
    if kind == "duration" and not grade:
        grade = 0.5 if share("number") > 0.6 else 0
    if kind == "title":  # the same few titles may come again and again
        return grade if content.distinct > 0.3 else min(grade, 0.5) * (len(content.texts) > 2)
    if kind == "id":
        return grade if content.distinct > 0.5 and not content.counts_rows else 0
    return grade


def contradicts(content, kind):
    """Whether hardly any cell of a column can be read as its type, so that it must be another column."""
    if len(content.texts) < 3:
        return False
    if kind in ("time", "date", "clock", "month", "birth_month"):
        told = content.share("date") + content.share("month") + content.share("clock") * (kind == "clock")
        spans = content.share("period") >= MANY_SPANS and told < 1 - MANY_SPANS
        return told < 0.1 or spans or (kind == "birth_month" and content.share("recent") > 0.5)
    if kind == "person_id":  # masked, or a number of another kind
        return content.share("person_id") < 0.1
    if kind in ("count", "number"):
        return content.share("number") < 0.1
    if kind == "unit":
        return content.share("no_unit") > 0.9
    if kind == "title":  # 名称 below 牵头部门
        return content.share("office") > 0.9 and content.distinct < 0.5
    if kind == "boolean":
        return len(content.texts) > 25 or content.share("date") > 0.5
    return False


def _grade(value, enough):
    return 1 if value >= enough else 0.5 if value >= 0.25 else 0
