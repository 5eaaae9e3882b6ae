"""Texts that tell who somebody is: ID and phone numbers, bank cards, mail addresses and names, by their shape.

ID numbers: 18 places (GB 11643) with a date of birth that can be, whatever the check digit, 15 places of the older
form, and what a spreadsheet made of either (3.9012E+17). Landlines have their area code apart, cards a right check
digit. Names: a family name and one or two characters, or parts with a point between them; family names, and ordinary
words of that shape, are listed in config/plan/names.csv.
"""

import csv
import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache
from pathlib import Path

NAMES = Path(__file__).parents[3] / "config" / "plan" / "names.csv"
ID, PHONE, NAME, MAIL, CARD = "〔证件号〕", "〔电话〕", "〔姓名〕", "〔邮箱〕", "〔银行卡〕"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_ID18 = rf"[1-8]\d{{5}}[ \-]?(?:19[3-9]|20[01])\d{_MONTH}{_DAY}[ \-]?\d{{3}}[\dXx]"
_ID15 = rf"[1-8]\d{{5}}[3-9]\d{_MONTH}{_DAY}\d{{3}}"
_CUT = r"[1-8]\.\d{4,}[eE]\+?1[47]"
_MOBILE = r"(?:\+?86[ \-]?)?1[2-9]\d[ \-]?\d{4}[ \-]?\d{4}"
_LANDLINE = (
    r"(?:\(0(?:10|2\d|[3-9]\d\d)\)[ \-]?|0(?:10|2\d|[3-9]\d\d)[ \-])(?!20\d\d[ \-])[2-8]\d{2,3}[ \-]?\d{4}"
)
_CARD = r"62\d{2}(?:[ \-]?\d{4}){3}(?:[ \-]?\d{1,3})?"
_MAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
_ALONE = r"(?<![\dA-Za-z.]){}(?![\dA-Za-z])"
_NUMBERS = (
    (re.compile(_ALONE.format(f"(?:{_ID18}|{_ID15}|{_CUT})")), ID),
    (re.compile(_ALONE.format(f"(?:{_MOBILE}|{_LANDLINE})")), PHONE),
    (re.compile(_ALONE.format(_CARD)), CARD),
    (re.compile(_MAIL), MAIL),
)
_ASCII = str.maketrans("０１２３４５６７８９Ｘｘ－＋．（）＠", "0123456789Xx-+.()@")
_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_PLACE = re.compile(rf"{_HAN}{{1,3}}(?:镇|乡|村|县|市|区|局|办|所|站|委|部|室|组|员|类|级|制|编|期|型)")
_QUOTED = re.compile(rf"(?<=['\"‘“]){_HAN}{{2,4}}(?=['\"’”])")


@cache
def known_words(kind: str) -> frozenset[str]:
    """Words of config/plan/names.csv: ``family`` names, or ``ordinary`` words that have the shape of a name."""
    with open(NAMES, encoding="utf-8-sig", newline="") as file:
        rows = [row["words"].split() for row in csv.DictReader(file) if row["kind"] == kind]
    return frozenset(word for words in rows for word in words)


@cache
def _name():
    family = "|".join(sorted(known_words("family"), key=lambda name: (-len(name), name)))
    return re.compile(rf"(?:{family}){_HAN}{{1,2}}|{_HAN}{{1,8}}(?:[·•・．.]{_HAN}{{1,8}})+")


def mask_numbers(text: str) -> str:
    """The text with ID and phone numbers, bank cards and mail addresses replaced by what they are."""
    plain = text.translate(_ASCII)
    found = [(m.start(), m.end(), mark, m[0]) for pattern, mark in _NUMBERS for m in pattern.finditer(plain)]
    end_of_last = len(text)
    for start, end, mark, what in sorted(found, key=lambda one: (one[0], one[2] == ID), reverse=True):
        if end <= end_of_last and (mark != CARD or _is_card(what)):
            text, end_of_last = text[:start] + mark + text[end:], start
    return text


def _is_card(text):
    """Whether the check digit (Luhn) of a card is right: numbers of tasks begin with 62, too."""
    digits = [int(digit) for digit in re.sub(r"\D", "", text)][::-1]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0


def mask_place(text: str, names: Collection[str] = ()) -> str:
    """The name of a file or sheet with numbers masked, and those ``names`` that it holds: of two characters where they
    stand alone, longer ones within other words too."""
    text = mask_numbers(text)
    held = {name for name in map(squeezed, names) if name in text}  # few of the many
    for name in sorted(held, key=lambda name: (-len(name), name)):
        if name in text:
            alone = name if len(name) > 2 else rf"(?<!{_HAN}){name}(?!{_HAN})"
            text = re.sub(alone, NAME, text)
    return text


def is_number(text: str) -> bool:
    """Whether a text is such a number or address and nothing else but marks around it."""
    rest = mask_numbers(text).strip(" \t'\"`’‘“”")
    return rest in (ID, PHONE, CARD, MAIL)


@lru_cache(1 << 17)
def squeezed(text: str) -> str:
    """A text without blanks, in half-width letters: 张　三 is 张三."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def is_name(text: str) -> bool:
    """Whether a text has the shape of a name and is no ordinary word, no place and no post."""
    return not text.isascii() and _is_name(text)  # the many numbers of a log are not kept in mind


@lru_cache(1 << 17)
def _is_name(text):
    text = squeezed(text)
    return (
        bool(_name().fullmatch(text)) and not _PLACE.fullmatch(text) and text not in known_words("ordinary")
    )


def mask_quoted(text: str) -> str:
    """The text with numbers masked, and names that stand in quotation marks as in a traceback."""
    return _QUOTED.sub(lambda m: NAME if is_name(m[0]) else m[0], mask_numbers(text))
