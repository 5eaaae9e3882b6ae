"""The fixed frame of the province: months and working days, units, names, the unobserved pressure."""

from dataclasses import dataclass
from functools import cache
from itertools import islice

import chinese_calendar
import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError

UNIT_TYPES = ("街道", "镇", "乡")
FIRST_CODE = {"街道": 1, "镇": 100, "乡": 200}
# Invented place names; the six digits of every code start with the unassigned prefix 39.
FIRST = "青白石云松梅柳枫杏桃竹槐榆桐芦荷兰菊"
SECOND = "溪桥坪冲塘湾岭沟坝店集堰渡洲岗垭畈埠"
PREFECTURES = ("澜川市", "衡泽市", "岱宁市", "溧阴市", "瀚安市", "沅康市")
PREFECTURE_FIRST, PREFECTURE_SECOND = "澜衡岱溧瀚沅", "川泽宁阴安康"
# Room in the codes: two digits of prefecture, two of county (from 21), three of unit, in a block for each type.
MOST_PREFECTURES, MOST_COUNTIES, MOST_UNITS = 99, 79, 99
COUNTY_FIRST = "永安和兴泰宁丰昌顺清平德信义康乐嘉瑞荣裕"
SHARED_NAME = "城关镇"
EXTRACTION_DAYS = 10  # the exports were made so many days after the window
RENAMED = {"old": "新柳乡", "new": "新柳镇", "from": "2024-07-01"}


@dataclass(frozen=True)
class Months:
    """Months of the window: text, first day, number of days, working days, rest days."""

    names: list
    first: np.ndarray
    days: np.ndarray
    year: np.ndarray
    month: np.ndarray
    workdays: np.ndarray
    rest_days: np.ndarray

    def __len__(self):
        return len(self.names)

    def index(self, name):
        """Position of month 'YYYY-MM', counted from the first month; may lie outside the window."""
        return (int(name[:4]) - self.year[0]) * 12 + int(name[5:]) - self.month[0]


@cache
def is_workday(day):
    """Statutory working day (numpy day), make-up days included."""
    return chinese_calendar.is_workday(day.astype(object))


@cache
def months_of(first, last):
    """:class:`Months` from 'YYYY-MM' to 'YYYY-MM', both included."""
    start = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    names = [str(m) for m in start]
    days = ((start + 1).astype("M8[D]") - start.astype("M8[D]")).astype(int)
    workdays = np.array(
        [sum(is_workday(d) for d in np.arange(m.astype("M8[D]"), (m + 1).astype("M8[D]"))) for m in start]
    )
    return Months(
        names,
        start.astype("M8[D]"),
        days,
        start.astype("M8[Y]").astype(int) + 1970,
        start.astype(int) % 12 + 1,
        workdays,
        days - workdays,
    )


def extraction_date(months):
    """Day on which the exports were made (numpy day)."""
    return months.first[-1] + months.days[-1] - 1 + EXTRACTION_DAYS


@dataclass(frozen=True)
class Structure:
    """Units in the order of their codes; arrays have one value per unit."""

    frame: pd.DataFrame  # canonical `units` (a renamed unit has two rows)
    codes: np.ndarray
    names: np.ndarray  # name in force at the end
    county: np.ndarray  # index into county_codes
    county_codes: list
    county_names: list
    staff: np.ndarray  # persons on the books at the start
    establishment: np.ndarray
    pressure: np.ndarray
    hardship: np.ndarray


def _counties(parameters):
    units = parameters["units"]
    n, prefectures = units["counties"], units["prefectures"]
    largest = max(units["streets"], units["towns"], units["townships"])
    fits = n <= MOST_COUNTIES * prefectures and largest <= MOST_UNITS * n
    if n < 2 or not 1 <= prefectures <= min(n, MOST_PREFECTURES) or not fits:
        raise ConfigError("simulated_places", prefectures=prefectures, counties=n, units=largest)
    of = np.arange(n) * prefectures // n
    first = np.searchsorted(of, of)
    codes = [f"39{1 + p:02d}{21 + i - f:02d}" for i, (p, f) in enumerate(zip(of, first, strict=True))]
    suffix = ["县", "县", "市", "县", "区"]
    names = [f"{_county_name(i)}{suffix[i % len(suffix)]}" for i in range(n)]
    more = (f"{name}市" for length in _names(PREFECTURE_FIRST, PREFECTURE_SECOND) for name in length)
    cities = [*PREFECTURES, *islice((name for name in more if name not in PREFECTURES), prefectures)]
    return codes, names, [cities[p] for p in of]


def _county_name(i):
    """Two characters, of which every pair comes once; then three."""
    round_, middle = i // (len(COUNTY_FIRST) * len(SECOND)), ""
    if round_:
        middle = FIRST[(round_ - 1) % len(FIRST)]
    return f"{COUNTY_FIRST[i % len(COUNTY_FIRST)]}{middle}{SECOND[(7 * i + 3) % len(SECOND)]}"


def _names(first, last):
    """Yields lists of distinct names: all of two characters, then all of three, and so on."""
    fronts = list(first)
    while True:
        yield [front + end for front in fronts for end in last]
        fronts = [front + middle for front in fronts for middle in first]


def _place_names(rng, n):
    """``n`` distinct names of places, the short ones first, in random order."""
    found = []
    for names in _names(FIRST, SECOND):
        found += [names[i] for i in rng.permutation(len(names))[: n - len(found)]]
        if len(found) == n:
            return found


def build_structure(parameters, streams):
    """Units with their traits and the unobserved pressure."""
    size = parameters["units"]
    county_codes, county_names, prefectures = _counties(parameters)
    rng = streams("units")
    types = np.repeat(UNIT_TYPES, [size["streets"], size["towns"], size["townships"]])
    n = len(types)
    # Every county gets its share of each type: deal the sorted types round.
    county = np.empty(n, dtype=int)
    county[:] = np.arange(n) % size["counties"]
    order = np.lexsort((np.arange(n), [UNIT_TYPES.index(t) for t in types], county))
    types, county = types[order], county[order]
    sequence = pd.Series(1).reindex(range(n), fill_value=1).groupby([county, types]).cumsum().to_numpy()
    codes = np.array(
        [f"{county_codes[c]}{FIRST_CODE[t] + s:03d}" for c, t, s in zip(county, types, sequence, strict=True)]
    )
    names = np.array([place + t for place, t in zip(_place_names(rng, n), types, strict=True)], dtype=object)
    towns = np.flatnonzero(types == "镇")
    if len(towns) < 3 or not (county[towns] == 1).any():
        raise ConfigError("too_few_towns", n=len(towns))
    renamed, *shared = towns[[2, 0, np.flatnonzero(county[towns] == 1)[0]]]
    names[shared] = SHARED_NAME
    names[renamed] = RENAMED["new"]

    low, high = size["staff_range"]
    log_sd = size["staff_log_sd"]
    staff = np.exp(rng.normal(np.log(size["staff_mean"]) - log_sd**2 / 2, log_sd, n))
    staff = np.clip(np.rint(staff * size["staff_mean"] / staff.mean()), low, high).astype(int)
    street = types == "街道"
    hardship = (rng.random(n) < np.where(types == "乡", 0.35, 0.10)) & ~street
    frame = pd.DataFrame(
        {
            "unit_code": codes,
            "unit_name": names,
            "aliases": None,
            "predecessor_code": None,
            "county_code": [county_codes[c] for c in county],
            "county_name": [county_names[c] for c in county],
            "city_name": [prefectures[c] for c in county],
            "unit_type": types,
            "establishment": np.rint(staff * 0.9).astype(float),
            "population": np.rint(staff * np.exp(rng.normal(6.4, 0.3, n))),
            "area_km2": np.round(np.exp(rng.normal(np.where(street, 2.6, 4.3), 0.5)), 1),
            "revenue": np.round(np.exp(rng.normal(8.0, 0.7, n)), 1),
            "distance_km": np.round(np.where(street, 2, 8) + rng.gamma(2, np.where(street, 1.5, 9)), 1),
            "hardship": hardship,
            "valid_from": "2012-01-01",
            "valid_to": None,
        }
    )
    frame = _with_former_name(frame, renamed)
    return Structure(
        frame,
        codes,
        names,
        county,
        county_codes,
        county_names,
        staff,
        np.rint(staff * 0.9),
        streams("pressure").standard_normal(n),
        hardship,
    )


def _with_former_name(frame, renamed):
    """Split one unit into two validity rows with the same code: its former and its present name."""
    former = frame.loc[[renamed]].assign(
        unit_name=RENAMED["old"],
        unit_type="乡",
        valid_to=str(np.datetime64(RENAMED["from"]) - 1),
    )
    frame.loc[renamed, "valid_from"] = RENAMED["from"]
    frame = pd.concat([frame, former]).sort_values(["unit_code", "valid_from"], ignore_index=True)
    for column in ("valid_from", "valid_to"):
        frame[column] = pd.to_datetime(frame[column])
    return frame
