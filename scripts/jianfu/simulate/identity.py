"""Invented ID numbers (unassigned prefix 39, valid check digit) and the keys that ingestion derives from them."""

import numpy as np

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK = np.array(list("10X98765432"))


def id_numbers(county_codes, county, birth, male):
    """Distinct 18-digit ID numbers. ``county`` indexes ``county_codes``; arrays have one value per person."""
    day = birth.astype("M8[D]").astype(int)
    order = np.lexsort((np.arange(len(day)), day, county))
    same = np.r_[False, (day[order][1:] == day[order][:-1]) & (county[order][1:] == county[order][:-1])]
    position = np.arange(len(day))
    first = np.maximum.accumulate(np.where(same, 0, position))
    rank = np.empty(len(day), dtype=int)
    rank[order] = position - first
    date = np.datetime_as_string(birth.astype("M8[D]")).astype("U10")
    front = np.array(county_codes)[county]
    text = [
        f"{c}{d[:4]}{d[5:7]}{d[8:]}{10 + 2 * r + m:03d}"
        for c, d, r, m in zip(front, date, rank, male.astype(int), strict=True)
    ]
    digits = np.array(text).view("U1").reshape(len(text), 17).astype(int)
    check = CHECK[(digits * WEIGHTS).sum(axis=1) % 11]
    return np.array([body + last for body, last in zip(text, check, strict=True)], dtype=object)
