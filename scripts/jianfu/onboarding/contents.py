"""What the cells of one column look like: dates, numbers, categories, units, or something that names a person."""

import re
from collections import Counter
from dataclasses import dataclass, field

from jianfu.ingest import dates
from jianfu.ingest.numbers import parse_duration, parse_number
from jianfu.ingest.people import normal_id
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.units import normal_code
from jianfu.ingest.values import normal_wording

ROWS = 2000  # cells that are looked at
TEXTS = 200  # different texts that are judged
_ID_LIKE = re.compile(r"[`'‘’]?\d{15}(\d{2}[\dXx])?|\d\.\d+E\+1[4-7]")
_PHONE = re.compile(r"(\+?86)?1\d{10}|0\d{2,3}-?\d{7,8}")
_GPS = re.compile(r"-?\d{1,3}\.\d{4,}([,，]\s*-?\d{1,3}\.\d{4,})?")
_UNIT = re.compile(r".{1,14}(镇|乡|街道|街道办|办事处|政府|苏木|管委会)")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤褚卫华戚喻窦章云"
)
_NAME = re.compile(rf"[{_SURNAMES}][\u3400-\U0003ffff]{{1,3}}")


@dataclass(frozen=True)
class Content:
    """Shares of the different texts of a column that read as each kind; ``filled`` share of its rows.

    ``texts`` are the texts with their counts: used for judging and never printed, except wordings of categories.
    """

    filled: float
    texts: Counter
    shares: dict = field(default_factory=dict)

    @property
    def distinct(self):
        """Share of different texts among the filled cells."""
        total = sum(self.texts.values())
        return len(self.texts) / total if total else 0.0

    def share(self, kind):
        return self.shares.get(kind, 0.0)

    def person(self):
        """The kind of cells by which the column identifies persons, or ''."""
        for kind in ("person_id", "phone", "place"):
            if self.share(kind) >= 0.5:
                return kind
        return "name" if self.share("name") >= 0.8 and self.distinct > 0.2 and len(self.texts) > 5 else ""


def content_of(sheet, place, bottom, null_tokens, units=None):
    """:class:`Content` of the column at ``place`` below row ``bottom``; ``units`` a UnitIndex or None."""
    cells = sheet.columns[place].slice(bottom, ROWS).to_pylist()
    cells = [(cell or "").strip(SPACES) for cell in cells]
    texts = Counter(cell for cell in cells if cell and cell not in null_tokens)
    filled = sum(texts.values()) / len(cells) if cells else 0.0
    sample = [text for text, _ in texts.most_common(TEXTS)]
    if not sample:
        return Content(filled, texts)
    return Content(
        filled, texts, {kind: sum(map(test, sample)) / len(sample) for kind, test in _tests(units).items()}
    )


def _tests(units):
    return {
        "date": lambda t: (d := dates.parse(t)) is not None and d[1] != "month",
        "month": lambda t: (d := dates.parse(t)) is not None and d[1] == "month",
        "number": lambda t: parse_number(t) is not None,
        "duration": lambda t: not t.isdigit() and parse_number(t) is None and parse_duration(t) is not None,
        "person_id": lambda t: normal_id(t) is not None or bool(_ID_LIKE.fullmatch(t)),
        "phone": lambda t: bool(_PHONE.fullmatch(t)),
        "place": lambda t: bool(_GPS.fullmatch(t)),
        "name": lambda t: bool(_NAME.fullmatch(t)),
        "unit": lambda t: _is_unit(t, units),
        "county": lambda t: len(t) <= 10 and t.endswith(("县", "区", "市", "旗")),
        "code": lambda t: (normal_code(t) or "").isdigit() and len(normal_code(t)) in (6, 9, 12),
        "year": lambda t: bool(re.fullmatch(r"20\d\d(\.0)?\s*(年|年度)?", t)),
        "id": lambda t: bool(re.fullmatch(r"[A-Za-z0-9\-〔〕\[\]（）()号第\u4e00-\u9fff]*\d+号?", t)),
        "wave": lambda t: bool(re.fullmatch(r"(第|W)?\s*[\d一二三四五六七八九十]\s*(轮|次|期|波)?", t)),
    }


def _is_unit(text, units):
    if units is None or not units.wordings:
        return bool(_UNIT.fullmatch(text))
    return units.resolve(text) not in ("unknown_unit",)


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
    if kind in ("time", "date"):
        return _grade(share("date"), 0.6) if share("number") < 0.9 or share("date") > 0.9 else 0
    if kind in ("month", "birth_month"):
        return _grade(share("month") + share("date"), 0.6)
    if kind in ("count", "number"):
        return _grade(share("number"), 0.6) if share("person_id") + share("phone") < 0.3 else 0
    if kind in ("category", "boolean"):
        found = known_share(content, known)
        few = len(content.texts) <= (4 if kind == "boolean" else 25) and content.share("number") < 0.5
        return 1 if found >= 0.5 else 0.5 if found > 0.1 or few else 0
    if kind == "text":
        return 0.5 if share("number") < 0.5 and share("date") < 0.5 else 0
    grade = _grade(share(kind), 0.5)
    if kind == "duration" and not grade:
        grade = 0.5 if share("number") > 0.6 else 0
    if kind == "id":
        return grade if content.distinct > 0.5 else 0
    return grade


def _grade(value, enough):
    return 1 if value >= enough else 0.5 if value >= 0.25 else 0
