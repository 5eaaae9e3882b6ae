"""Wordings of categories that the dictionary does not know, and what they probably mean."""

import difflib
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jianfu.core.reasons import Reason
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.stage import nondata_rows
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.columns import header_of, known_wordings
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM

MAX_LENGTH = 12  # longer texts are no category and are never shown
MANY = 30  # different unknown wordings beyond which a column is no category
_NO = re.compile(r"^(不|未|非|否|没)(?!详|明|清|知|填|定|确定|适用).{0,5}$|^无(需|须|要求)?$")
_YES = re.compile(r"^(是|有|已|需|须|要|应|属于|必须|强制)(?!待).{0,5}$")
_EMPTY = {"暂无", "未填", "空", "不详", "N/A", "NA", "NULL", "NONE", "——", "--", "未知", "不清楚", "待补充"}
UNFILLED = Reason("ev_unfilled")  # the wording says that nothing was filled in


@dataclass(frozen=True)
class Wording:
    """A wording of one column with its rows, the proposed value (None: no proposal) and the evidence, a Reason."""

    column: str
    text: str
    rows: int
    value: object
    confidence: str
    evidence: Reason | None


def propose_wordings(pages, knowledge):
    """:class:`Wording` list of one source; ``pages``: [(Recognised, its headings)]."""
    table, found = pages[0][0].table, {}
    for recognised, headings in pages:
        places = {h.column: h.place for h in headings if h.column}
        keep = ~nondata_rows(recognised.sheet, header_of(recognised, headings))
        for column, place in places.items():
            known = known_wordings(table, column, knowledge)
            if not known:
                continue
            rows = keep & _departures(recognised, places, table, column, knowledge)
            cells = recognised.sheet.filled(place, recognised.bottom).filter(pa.array(rows))
            for entry in cells.value_counts().to_pylist():
                text, n = (entry["values"] or "").strip(SPACES), entry["counts"]
                unknown = text and text not in knowledge.null_tokens and normal_wording(text) not in known
                if unknown and not (text.endswith(".0") and normal_wording(text[:-2]) in known):
                    found.setdefault(column, Counter())[text] += n
    return [
        _propose(table, column, text, rows, knowledge)
        for column, texts in found.items()
        if len(texts) <= MANY
        for text, rows in sorted(texts.items(), key=lambda item: (-item[1], item[0]))
        if len(text) <= MAX_LENGTH and not re.search(r"\d{5}", text)
    ]


def _departures(recognised, places, table, column, knowledge):
    """In a ledger the reason of an entry is no exit type: only departures count."""
    everything = np.ones(recognised.sheet.height, bool)
    if table != "ledger" or column not in ("exit_type", "destination_level") or "movement" not in places:
        return everything
    known = known_wordings(table, "movement", knowledge)
    cells = recognised.sheet.filled(places["movement"], recognised.bottom).to_pylist()
    return np.array([known.get(normal_wording(cell or "")) != "in" for cell in cells])


def _propose(table, column, text, rows, knowledge):
    declared = knowledge.tables[table].columns[column]
    if normal_wording(text) in _EMPTY:
        return Wording(column, text, rows, None, LOW, UNFILLED)
    if declared.type == "boolean":
        for pattern, value in ((_NO, False), (_YES, True)):
            if pattern.match(text):
                return Wording(column, text, rows, value, MEDIUM, Reason("ev_first_word"))
        return Wording(column, text, rows, None, LOW, None)
    known = known_wordings(table, column, knowledge)
    inside = {known[w] for w in known if len(w) >= 2 and w in normal_wording(text)}
    if len(inside) == 1:
        value = inside.pop()
        sure = normal_wording(str(value)) in normal_wording(text)
        if sure:
            return Wording(column, text, rows, value, HIGH, Reason("ev_contains", value=str(value)))
        return Wording(column, text, rows, value, MEDIUM, Reason("ev_contains_known"))
    around = {known[w] for w in known if len(text) >= 2 and normal_wording(text) in w}
    if len(around) == 1:
        return Wording(column, text, rows, around.pop(), MEDIUM, Reason("ev_part_of_known"))
    ratios = [(difflib.SequenceMatcher(None, normal_wording(text), w).ratio(), w) for w in known]
    ratio, word = max(ratios, default=(0, ""))
    if ratio >= 0.5:
        return Wording(column, text, rows, known[word], LOW, Reason("ev_near", word=word))
    return Wording(column, text, rows, None, LOW, None)
