"""Persons: from an ID number to a keyed pseudonym, birth month and sex. Nothing here is ever written or logged."""

import re
import unicodedata
from datetime import date

from jianfu.core.keys import person_key

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_NOISE = re.compile(r"[\s'`’‘\u200b\ufeff]")


def normal_id(text):
    """The 18-digit form of a Chinese ID number, or None where it is damaged or fails its check digit."""
    number = _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
    if re.fullmatch(r"\d{15}", number):
        number = number[:6] + "19" + number[6:]
        number += _check_digit(number)
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[17] != _check_digit(number):
        return None
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return number


def _check_digit(number):
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11]


def describe_id(text, key):
    """``(person_key, birth month, sex)`` of an ID number; None where it is damaged."""
    number = normal_id(text)
    if number is None:
        return None
    return person_key(number, key), f"{number[6:10]}-{number[10:12]}", "男" if int(number[16]) % 2 else "女"


def describe_employee(text, key):
    """``(person_key, None, None)`` of a declared employee number, which tells neither birth month nor sex.

    A spreadsheet makes 12 of 0012, so that zeros in front of a number say nothing.
    """
    number = re.sub(r"\.0$", "", _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper())
    number = re.sub(r"^0+(?=\d+$)", "", number)
    return (person_key("employee:" + number, key), None, None) if number else None
