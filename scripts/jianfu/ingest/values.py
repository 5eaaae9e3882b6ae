"""Cells of one column to typed values: times and numbers at once, all others once per distinct text.

Every column becomes :class:`Converted`: typed values, and for each row a status: OK, EMPTY, TOKEN (a declared null
token) or BAD + the place of the reason in :data:`jianfu.ingest.schema.REASONS`.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jianfu.core.wording import normal_wording
from jianfu.ingest import dates
from jianfu.ingest.numbers import parse_duration, parse_number
from jianfu.ingest.schema import REASONS
from jianfu.ingest.several import NOT_NAMED, units_named
from jianfu.ingest.sheet import FAILED, NO_VALUE, SPACES
from jianfu.ingest.texts import coded, plain, trim
from jianfu.ingest.units import AMBIGUOUS, UNKNOWN, normal_code, whole_code

OK, EMPTY, TOKEN, BAD = 0, 1, 2, 10
CODED_BY_OWN = ("category", "boolean", "item")  # types that look into the province's wordings by themselves
WHOLE_CODES = ("unit_code", "predecessor_code")  # stay as the unit table has them, of 9 or 12 digits
LATE_DAYS = 366  # days after the extraction date beyond which a date is implausible
_ANSWER = re.compile(r"^[A-Ha-h]\s*[.、:：)）]\s*|[(（]?\s*\d+\s*分\s*[)）]?$|^\d+\s*[=.、:：]\s*(?=\D)")
_NUMERALS = "一二三四五六七八九十"
_WAVE = re.compile(rf"(?:第|W|wave)?\s*(\d{{1,3}}|[{_NUMERALS}])\s*(?:轮|次|期|波)?(?:\.0)?", re.IGNORECASE)
REMEMBERED = 200_000  # distinct texts of one column whose values are kept for later batches
# identifiers that are as they should be
_PLAIN_ID = r"^[0-9A-Za-z]([-_/0-9A-Za-z]*[0-9A-Za-z])?$"
_ITEM_POINTS = re.compile(r"(\d+)\s*分?")


def bad(reason):
    """Status of a cell that cannot be used for this reason."""
    return BAD + REASONS.index(reason)


@dataclass(frozen=True)
class Converted:
    """``typed`` Arrow array (null where the status is not OK), ``status`` int8 array of the same length."""

    typed: pa.Array
    status: np.ndarray

    def array(self):
        """The typed values as a NumPy array."""
        return plain(self.typed).to_numpy(zero_copy_only=False)


def percentages(cells, found, name):
    """{(kind of notice, column): rows} of the numbers of a column that have a % and of those that have none."""
    signs = pc.match_substring_regex(plain(cells).cast(pa.string()), "[%％]").fill_null(False)
    signs = signs.to_numpy(zero_copy_only=False)
    read = found.status == OK
    return {
        ("percent", name): int((read & signs).sum()),
        ("percent_mixed", name): int((read & ~signs).sum()),
    }


@dataclass(frozen=True)
class Limits:
    """Days outside which a date is implausible."""

    extraction: date

    def latest(self):
        return np.datetime64(self.extraction + timedelta(days=LATE_DAYS), "D")


def _normal_id(text):
    """An identifier in half-width letters, without the marks that spreadsheets add."""
    return re.sub(r"^(\d+)\.0$", r"\1", unicodedata.normalize("NFKC", text).strip("'` "))


class Wordings:
    """Known wordings by column: the dictionary (config/plan/values.csv), then the province's, then the source's."""

    def __init__(self, path, *overlays):
        self.known = {}
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                value = row["value"] == "true" if row["column"] == "boolean" else row["value"]
                self.known.setdefault(row["column"], {})[normal_wording(row["wording"])] = value
        self.own = {}
        for overlay in overlays:
            for column, wordings in (overlay or {}).items():
                mapped = {normal_wording(str(w)): value for w, value in wordings.items()}
                self.own.setdefault(column, {}).update(mapped)

    def of(self, *columns):
        """Wordings of one column; earlier names win, a province's own wordings win over the dictionary."""
        found = {}
        for column in reversed(columns):
            found |= self.known.get(column, {})
        for column in reversed(columns):
            found |= self.own.get(column, {})
        return found

    def words_of(self, column):
        """Wordings of one column and what they stand for."""
        return {*self.of(column), *map(str, self.of(column).values())}

    def own_of(self, column):
        return self.own.get(column, {})

    def values_of(self, canonical, *columns):
        """{wording: canonical value}; earlier names win, own wordings win and may lead to a known wording (增员).

        ``canonical``: {normal wording: value} of the values themselves. An own wording that leads to no value has
        the value None.
        """
        known, own = dict(canonical), {}
        for column in reversed(columns):
            known |= self.known.get(column, {})
            own |= self.own.get(column, {})
        return known | {wording: known.get(normal_wording(str(value))) for wording, value in own.items()}


class Converter:
    """Converts the columns of one source; holds what all of them need."""

    def __init__(self, null_tokens, limits, wordings, responses=(), survey_responses=None, percent=()):
        self.tokens = pa.array([token.strip(SPACES) for token in null_tokens], pa.string())
        self.limits = limits
        self.wordings = wordings
        self.responses = responses
        self.percent = set(percent)
        self.known = {}
        self.survey_responses = {normal_wording(str(k)): v for k, v in (survey_responses or {}).items()}

    def convert(self, cells, column):
        """:class:`Converted` of a column of cells for a :class:`jianfu.ingest.schema.Column`."""
        if column.type == "id":
            return self._ids(plain(cells), column)
        texts, status, codes = self.distinct(cells)
        if column.type in ("date", "month", "birth_month") and not self.wordings.own_of(column.name):
            texts = dates.with_october(texts)
        values, found = self._values(texts, status, column)
        return self.spread(values, found, codes)

    def distinct(self, cells):
        """Distinct trimmed texts, their status and the place of every row's text among them."""
        encoded = coded(cells)
        texts = trim(encoded.dictionary)
        return texts, self._status(texts), encoded.indices

    def _status(self, texts):
        status = np.full(len(texts), OK, np.int8)
        status[pc.starts_with(texts, FAILED).to_numpy(zero_copy_only=False)] = bad("excel_error")
        status[pc.equal(texts, NO_VALUE).to_numpy(zero_copy_only=False)] = bad("no_stored_value")
        status[pc.is_in(texts, self.tokens).to_numpy(zero_copy_only=False)] = TOKEN
        status[pc.equal(texts, "").to_numpy(zero_copy_only=False)] = EMPTY
        return status

    def _values(self, texts, status, column):
        """Typed values of trimmed texts and their status."""
        if column.type == "text" and not self.wordings.of(column.name):
            return pc.if_else(pa.array(status == OK), texts, None), status
        known = self.known.setdefault((column.name, column.type), {})
        said = "" in self.wordings.own_of(column.name)  # what an empty cell means here
        live = np.flatnonzero((status == OK) | ((status == EMPTY) & said))
        wanted = texts.take(pa.array(live)).to_pylist()
        new = [text for text in wanted if text not in known]
        if new:
            own = self.wordings.own_of(column.name)
            known |= {text: (None, TOKEN) for text in new if own.get(normal_wording(text)) == ""}
            new = [text for text in new if text not in known]
        if new:
            if column.type in CODED_BY_OWN:
                own = {}
            read = [str(own.get(normal_wording(text), text)) for text in new] if own else new
            values, found = getattr(self, f"_{column.type}")(read, column)
            found = [found] * len(new) if isinstance(found, int) else np.asarray(found).tolist()
            known.update(zip(new, zip(values, found, strict=True), strict=True))
        typed, status = np.full(len(texts), None, object), status.copy()
        for place, text in zip(live.tolist(), wanted, strict=True):
            typed[place], status[place] = known[text]
        if len(known) > REMEMBERED:
            known.clear()
        return pa.array(typed, column.arrow, from_pandas=True), status

    def _ids(self, cells, column):
        """Identifiers; nearly all are plain ASCII and stay as they are."""
        as_is = pc.match_substring_regex(cells, _PLAIN_ID).to_numpy(zero_copy_only=False)
        as_is &= ~pc.is_in(cells, self.tokens).to_numpy(zero_copy_only=False)
        if self.wordings.own_of(column.name):
            as_is[:] = False
        status = np.full(len(cells), OK, np.int8)
        if as_is.all():
            return Converted(cells, status)
        places = np.flatnonzero(~as_is)
        texts, found, codes = self.distinct(cells.take(pa.array(places)))
        values, found = self._values(texts, found, column)
        others = self.spread(values, found, codes)
        status[places] = others.status
        return Converted(pc.replace_with_mask(cells, pa.array(~as_is), plain(others.typed)), status)

    @staticmethod
    def spread(values, status, codes):
        """Values and status of the distinct texts, spread over the rows; texts stay codes."""
        if len(values) == 0:
            return Converted(pa.nulls(len(codes), values.type), np.full(len(codes), EMPTY, np.int8))
        if pa.types.is_string(values.type):
            few = values.dictionary_encode()
            typed = pa.DictionaryArray.from_arrays(few.indices.take(codes), few.dictionary)
        else:
            typed = values.take(codes)
        return Converted(typed, status[codes.to_numpy()])

    # --- one method per type: distinct texts -> (values, status) -------------------------------------------------

    def _text(self, texts, column):
        wordings = self.wordings.of(column.name)
        return [wordings.get(normal_wording(text), text) for text in texts] if wordings else texts, OK

    def _id(self, texts, column):
        return [t if t.isascii() and t.isalnum() else _normal_id(t) for t in texts], OK

    def _code(self, texts, column):
        read = whole_code if column.name in WHOLE_CODES else normal_code
        codes = [read(text) for text in texts]
        return codes, [bad("damaged_id") if code is None else OK for code in codes]

    def _category(self, texts, column):
        wordings = self.wordings.values_of({normal_wording(v): v for v in column.values}, column.name)
        values = [wordings.get(normal_wording(text)) for text in texts]
        values = [value if value in column.values else None for value in values]
        return values, [bad("unknown_category") if value is None else OK for value in values]

    def _boolean(self, texts, column):
        wordings = self.wordings.values_of({"TRUE": True, "FALSE": False}, column.name, "boolean")
        values = [wordings.get(normal_wording(re.sub(r"\.0$", "", text))) for text in texts]
        return values, [bad("unknown_category") if value is None else OK for value in values]

    def _number(self, texts, column):
        values = [parse_number(text, column.unit) for text in texts]
        if column.name in self.percent:
            bare = ["%" not in unicodedata.normalize("NFKC", text) for text in texts]
            values = [v / 100 if b and v is not None else v for v, b in zip(values, bare, strict=True)]
        return values, [bad("unparseable_number") if value is None else OK for value in values]

    def _count(self, texts, column):
        values, status = self._number(texts, column)
        negative = [value is not None and value < 0 for value in values]
        status = [bad("negative_count") if n else s for n, s in zip(negative, status, strict=True)]
        return [None if n else value for n, value in zip(negative, values, strict=True)], status

    def _duration(self, texts, column):
        values = [parse_duration(text) for text in texts]
        return values, [bad("unparseable_number") if value is None else OK for value in values]

    def _item(self, texts, column):
        wordings = self.answers(column)
        values = []
        for text in texts:
            value = wordings.get(normal_wording(text))
            if value is None:
                value = wordings.get(normal_wording(_ANSWER.sub("", text)))
            if value is None and (points := _ITEM_POINTS.fullmatch(unicodedata.normalize("NFKC", text))):
                value = float(points[1])
            if value is None:
                value = parse_number(text)
            values.append(value if value is not None and column.low <= value <= column.high else None)
        return values, [bad("unparseable_number") if value is None else OK for value in values]

    def answers(self, column):
        """Wordings of answers to one survey item and their codes."""
        steps = column.high - column.low + 1
        found = {}
        for words in self.responses:
            if len(words) == steps:
                found |= {normal_wording(word): column.low + place for place, word in enumerate(words)}
        own = self.wordings.own_of(column.scale) | self.wordings.own_of(column.name)
        return found | self.survey_responses | {word: float(value) for word, value in own.items()}

    def _wave(self, texts, column):
        values = []
        for text in texts:
            match = _WAVE.fullmatch(unicodedata.normalize("NFKC", text).strip())
            number = match and (_NUMERALS.find(match[1]) + 1 or int(match[1]))
            values.append(number)
        return values, [bad("unknown_category") if value is None else OK for value in values]

    def _year(self, texts, column):
        values = []
        for text in texts:
            match = re.fullmatch(
                r"(\d{4})(?:\.0)?\s*(?:年|年度)?", unicodedata.normalize("NFKC", text).strip()
            )
            values.append(int(match[1]) if match else None)
        limits = range(int(column.earliest[:4]), self.limits.latest().astype(object).year + 1)
        status = [
            bad("unparseable_date") if v is None else OK if v in limits else bad("implausible_date")
            for v in values
        ]
        return [v if s == OK else None for v, s in zip(values, status, strict=True)], status

    def _date(self, texts, column):
        days, _, status = self._moments(pa.array(texts, pa.string()), column, ("minute", "day", "month"))
        return [
            None if s else d for d, s in zip(days.astype("datetime64[D]").tolist(), status, strict=True)
        ], status

    def _month(self, texts, column):
        days, _, status = self._moments(pa.array(texts, pa.string()), column, ("minute", "day", "month"))
        months = np.datetime_as_string(days, unit="M")
        return [None if s else str(m) for m, s in zip(months, status, strict=True)], status

    _birth_month = _month

    def _moments(self, texts, column, precisions):
        """Times of texts with their precision and status."""
        moments, precision = dates.read_times(texts)
        readable = np.isin(precision, [dates.PRECISIONS.index(p) for p in precisions])
        status = np.where(readable, OK, bad("unparseable_date")).astype(np.int8)
        # one comparison by day of number: missing times are not readable anyway
        implausible = np.zeros(len(moments), bool)
        if column.earliest:
            implausible |= moments < np.datetime64(column.earliest, "s")
        if not column.future:
            implausible |= moments >= (self.limits.latest() + 1).astype("datetime64[s]")
        status[readable & implausible] = bad("implausible_date")
        return moments, precision, status

    def times(self, cells, column):
        """:class:`Converted` of a clock-time column and an array that is True where it has day precision."""
        texts = trim(plain(cells))
        status = self._status(texts)
        live = np.flatnonzero(status == OK)
        whole = len(live) == len(texts)
        read = texts if whole else texts.take(pa.array(live))
        own = self.wordings.own_of(column.name)
        if own:
            read = pa.array([str(own.get(normal_wording(t), t)) for t in read.to_pylist()], pa.string())
        moments, precision, found = self._moments(read, column, ("minute", "day"))
        status[live] = found
        typed = np.full(len(texts), "NaT", "datetime64[us]")
        typed[live] = np.where(found == OK, moments, np.datetime64("NaT"))
        whole_day = np.zeros(len(texts), bool)
        whole_day[live] = precision == dates.PRECISIONS.index("day")
        return Converted(pa.array(typed), status), whole_day

    def explained(self, column):
        """Normal wordings of a column that the settings or the plan explain, and those of nothing."""
        return {normal_wording(text) for text in (*self.wordings.words_of(column), *self.tokens.to_pylist())}

    def units(self, cells, counties, index, several=False):
        """:class:`Converted` codes of unit wordings (before mergers); ``counties`` is a column of cells or None.

        Where one cell may name ``several`` units it becomes their codes, see :func:`several.units_named`.
        """
        texts, status, codes = self.distinct(cells)
        wordings, names = texts.to_pylist(), [""]
        pairs = [(place, 0) for place in range(len(texts))]
        if counties is not None:
            places, _, county_codes = self.distinct(counties)
            names = places.to_pylist()
            both = codes.to_numpy().astype(np.int64) * len(names) + county_codes.to_numpy()
            found, rows = np.unique(both, return_inverse=True)
            pairs = [divmod(int(pair), len(names)) for pair in found]
            status, codes = status[[unit for unit, _ in pairs]], pa.array(rows.ravel().astype(np.int32))
        own = self.wordings.own_of("unit_code")
        known = self.known.setdefault("unit", {})
        values = []
        for place, (unit, county) in enumerate(pairs):
            found = None
            if status[place] == OK:
                pair = wordings[unit], names[county]
                if pair not in known:
                    wording = str(own.get(normal_wording(pair[0]), pair[0]))
                    known[pair] = index.resolve(wording, pair[1])
                    if several and known[pair] == UNKNOWN:
                        known[pair] = units_named(wording, pair[1], index)
                found = known[pair]
            if found in (UNKNOWN, AMBIGUOUS, NOT_NAMED):
                status[place], found = bad(found), None
            values.append(found)
        return self.spread(pa.array(values, pa.string()), status, codes)
