"""Wordings of categories: what the dictionary takes each for, and what those that it does not know probably mean."""

import difflib
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa

from jianfu.core.personal import is_name
from jianfu.core.reasons import Reason
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.stage import nondata_rows
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.columns import header_of
from jianfu.onboarding.contents import legend_of
from jianfu.onboarding.knowledge import HIGH, LOW, MEDIUM
from jianfu.onboarding.scores import MAX_LENGTH, known_wordings

MANY = 30  # different unknown wordings beyond which a column is no category
LIKE = 0.5  # similarity from which a known wording is named
_NO = re.compile(
    r"^(不|未|非|否|没|无(?!法|从))(?!详|明|清|知|填|定|确定|适用).{0,5}$|^无(需|须|要求)?$|^(普通|一般|正常|常规|平常)"
)
_YES = re.compile(r"^(是|有|已|需|须|要|应|属于|必须|强制)(?!待).{0,5}$")
_EMPTY = {"暂无", "未填", "空", "不详", "N/A", "NA", "NULL", "NONE", "——", "--", "未知", "不清楚", "待补充"}
# what may stand around a value without changing it, what turns it round, and what joins two
_AROUND = re.compile(
    r"^[的类级性式型项次等及以上别方工作活动专日常年度临时公开个人正县区市省镇乡直属单位部门]*$"
)
_TURNED = re.compile(r"返回|回来|归来|期满|结束|取消|解除|免|未|不|非|拟|待|撤|恢复|终止|驳回|退回")
_JOINED = re.compile(r"[+＋/、,，和与及兼]|结合|并")
# the column whose cells tell what a vague wording of another means, and how many, and what share, of them must agree
BESIDE = {"issuer_level": "issuer", "exit_type": "destination_level"}
FEWEST_BESIDE, MOST_BESIDE = 5, 0.9
_WITHIN = re.compile(r".{1,4}[内外]")  # 计划内 and 计划外, which look like names
HIDDEN = "……"  # stands for wordings that are not shown
_TICK = re.compile(r"[√✓✔☑●○◎■vV]|对勾|打勾")
MIXED = "混合"  # the value of what is both
UNFILLED = Reason("ev_unfilled")  # the wording says that nothing was filled in


@dataclass(frozen=True)
class Wording:
    """A wording of one column with its rows, its value (None: no proposal) and the evidence, a Reason.

    ``known``: the dictionary leads to the value; ``others`` are values whose wordings it holds as well (督导检查).
    """

    column: str
    text: str
    rows: int
    value: object
    confidence: str
    evidence: Reason | None
    known: bool = False
    others: tuple = ()


def propose_wordings(pages, knowledge, units=None):
    """:class:`Wording` list of one source, known ones first; ``pages``: [(Recognised, its headings)].

    ``units``: a UnitIndex, by which names of counties are codes.
    """
    table, found, named = pages[0][0].table, {}, {}
    empty, beside = Counter(), {}
    for recognised, headings in pages:
        places = {h.column: h.place for h in headings if h.column}
        named |= {h.column: h.text for h in headings if h.column}
        keep = ~nondata_rows(recognised.sheet, header_of(recognised, headings), knowledge.tables[table])
        for column, place in places.items():
            of_area = knowledge.column_type(table, column) == "area"
            if not (of_area or known_wordings(table, column, knowledge)):
                continue
            rows = keep & _departures(recognised, places, table, column, knowledge)
            cells = recognised.sheet.filled(place, recognised.bottom).filter(pa.array(rows))
            for entry in cells.value_counts().to_pylist():
                text, n = (entry["values"] or "").strip(SPACES), entry["counts"]
                if text and text not in knowledge.null_tokens:
                    found.setdefault(column, Counter())[text] += n
                elif not text:
                    empty[column] += n
            if column in BESIDE and BESIDE[column] in places:
                other = recognised.sheet.filled(places[BESIDE[column]], recognised.bottom)
                pairs = zip(cells.to_pylist(), other.filter(pa.array(rows)).to_pylist(), strict=True)
                for text, near in pairs:
                    if text and near:
                        own = beside.setdefault(column, {}).setdefault(text.strip(SPACES), Counter())
                        own[near.strip(SPACES)] += 1
    wordings = []
    for column, texts in found.items():
        if knowledge.column_type(table, column) == "area":
            wordings += _codes_of(column, texts, units)
            continue
        own = _of_column(table, column, named[column], texts, knowledge)
        own = [_told_beside(w, table, beside.get(column, {}).get(w.text), knowledge) for w in own]
        wordings += own + (_unticked(column, own, empty[column]) if len(own) == len(texts) else [])
    return wordings


def _codes_of(column, texts, units):
    """Names of counties as codes; the whole province or city, in which all is, as nothing."""
    counties = {name: {code[:6] for code in codes} for name, codes in units.areas.items()} if units else {}
    wordings = []
    for text, rows in sorted(texts.items()):
        if not re.fullmatch(r"\d+", text) and len(text) <= MAX_LENGTH:
            codes = counties.get(normal_wording(text), set())
            value = codes.copy().pop() if len(codes) == 1 else "" if re.match("[全各]|所有", text) else None
            evidence = Reason("ev_everywhere" if value == "" else "ev_county") if value is not None else None
            wordings.append(Wording(column, text, rows, value, LOW if value is None else MEDIUM, evidence))
    return wordings


def _unticked(column, wordings, empty):
    """What an empty cell means where a yes is written and no no: no where it is a tick, else it is asked."""
    if not (empty and wordings) or any(w.value is not True or w.evidence == UNFILLED for w in wordings):
        return []
    ticked = all(_TICK.fullmatch(w.text) for w in wordings)
    why = Reason("ev_ticked", word=wordings[0].text)
    return [Wording(column, "", empty, False, MEDIUM if ticked else LOW, why)]


def _told_beside(wording, table, cells, knowledge):
    """A wording that says little (本级, 交流) as what the cells of another column in the same rows say."""
    vague = wording.value is None or (wording.value == "调出" and wording.confidence != HIGH)
    if wording.known or not vague or not cells or cells.total() < FEWEST_BESIDE:
        return wording
    if wording.column == "issuer_level":
        levels, mean = knowledge.hints["office_level"], {}
    else:
        levels, mean = knowledge.hints[BESIDE[wording.column]], {"乡": "乡镇间调动"}
    known = known_wordings(table, BESIDE[wording.column], knowledge)
    told = Counter()
    for text, n in cells.items():
        plain = normal_wording(text)
        level = known.get(plain) or next((v for v, words in levels.items() if re.search(words, plain)), None)
        told[level] += n
    (level, n), *_ = told.most_common(1)
    value = mean.get(level) if mean else level
    if value is None or n < MOST_BESIDE * cells.total():
        return wording
    evidence = Reason("ev_beside", value=str(level))
    return replace(wording, value=value, confidence=MEDIUM, evidence=evidence, others=())


def _of_column(table, column, heading, texts, knowledge):
    """The wordings of one column; those that cannot be shown (too long, too many, long numbers, names) are counted.

    任务件 looks like a name (任 is a surname), but what holds a known wording is none.
    """
    known, kind = known_wordings(table, column, knowledge), knowledge.column_type(table, column)
    ordered = sorted(texts.items(), key=lambda item: (-item[1], item[0]))
    shown = [(t, n) for t, n in ordered if len(t) <= MAX_LENGTH and not re.search(r"\d{5}", t)]
    told, new = [], []
    legend = legend_of(heading)
    for text, rows in shown:
        word = normal_wording(text if normal_wording(text) in known else text.removesuffix(".0"))
        meant = normal_wording(legend.get(text.removesuffix(".0"), ""))
        if meant and known.get(meant) != known.get(word, ""):
            evidence = Reason("ev_legend", word=legend[text.removesuffix(".0")])
            new.append(
                Wording(column, text, rows, known.get(meant), HIGH if meant in known else LOW, evidence)
            )
        elif word in known:
            others = _also_in(word, known) if kind == "category" else ()
            told.append(Wording(column, text, rows, known[word], HIGH, None, True, others))
        elif (
            not is_name(text)
            or text in heading
            or (kind == "boolean" and _WITHIN.fullmatch(text))
            or any(len(other) >= 2 and other in word for other in known)
            or _told(word, knowledge.hints.get(column, {}))
        ):
            new.append(_propose(table, column, text, rows, heading, knowledge))
    new = _opposites(told + new, new) if kind == "boolean" else _left_over(told, new)
    new = new if len(new) <= MANY else []
    rest = texts.total() - sum(w.rows for w in told + new)
    kinds = len(texts) - len(told + new)
    hidden = [Wording(column, HIDDEN, rest, None, LOW, Reason("ev_hidden", n=kinds))] if kinds else []
    return told + new + hidden


def _opposites(every, new):
    """Of two wordings of yes and no, one tells the other."""
    empty = [w for w in new if w.evidence == UNFILLED]
    pair = [w for w in every if w not in empty]
    sure = [w for w in pair if w.value is not None]
    if len(pair) != 2 or len(sure) != 1:
        return new
    other = next(w for w in pair if w.value is None)
    told = replace(
        other, value=not sure[0].value, confidence=MEDIUM, evidence=Reason("ev_opposite", word=sure[0].text)
    )
    return [told if w is other else w for w in new]


def _left_over(told, new):
    """A wording that but faintly resembles a value is it where no other wording is, or may be, that value."""
    taken = Counter(w.value for w in [*told, *new] if w.value is not None)
    return [
        replace(w, confidence=MEDIUM) if w.confidence == LOW and w.value and taken[w.value] == 1 else w
        for w in new
    ]


def _also_in(word, known):
    """Other values whose wordings a known wording holds; one of them may be meant."""
    inside = {
        known[other] for other in known if len(other) >= 2 and other in word and known[other] != known[word]
    }
    return tuple(sorted(map(str, inside)))


def _departures(recognised, places, table, column, knowledge):
    """In a ledger the reason of an entry is no exit type: only departures count."""
    everything = np.ones(recognised.sheet.height, bool)
    if table != "ledger" or column not in ("exit_type", "destination_level") or "movement" not in places:
        return everything
    known, hints = known_wordings(table, "movement", knowledge), knowledge.hints["movement"]
    cells = recognised.sheet.filled(places["movement"], recognised.bottom).to_pylist()

    @cache
    def entry(cell):
        return known.get(cell) == "in" or (cell not in known and _told(cell, hints)[:1] == ["in"])

    return np.array([not entry(normal_wording(cell or "")) for cell in cells])


def _propose(table, column, text, rows, heading, knowledge):
    if normal_wording(text) in _EMPTY:
        return Wording(column, text, rows, None, LOW, UNFILLED)
    if knowledge.column_type(table, column) == "boolean":
        for pattern, value in ((_NO, False), (_YES, True)):
            if pattern.match(text):
                return Wording(column, text, rows, value, MEDIUM, Reason("ev_first_word"))
        if _WITHIN.fullmatch(text):
            return Wording(column, text, rows, text.endswith("内"), MEDIUM, Reason("ev_word"))
        if text in heading:
            return Wording(column, text, rows, True, MEDIUM, Reason("ev_in_heading"))
        return Wording(column, text, rows, None, LOW, None)
    return _category(
        column, text, rows, known_wordings(table, column, knowledge), knowledge.hints.get(column, {})
    )


def _told(plain, hints, inside=()):
    """Values whose usual words or known wordings (``inside``) a text holds, in the order of the hints; none where what
    is left turns them round. A word within a longer one does not count (调动 in 乡镇间调动).
    """
    order = list(hints)
    found = {(value, m.span()) for value, words in hints.items() for m in re.finditer(words, plain)}
    found |= {(inside[word], (plain.index(word), plain.index(word) + len(word))) for word in inside}
    spans = {span for _, span in found}
    rest = set(range(len(plain))).difference(*(range(*span) for span in spans))
    if found and _TURNED.search("".join(plain[n] for n in sorted(rest))):
        return []
    within = {
        one for one in spans for other in spans if one != other and other[0] <= one[0] and one[1] <= other[1]
    }
    values = {value for value, span in found if span not in within}
    return sorted(values, key=lambda value: (order.index(value) if value in order else len(order), value))


def _category(column, text, rows, known, hints):
    """The value of a category by the known wordings that a text holds or resembles, and by ``hints`` {value: words}.

    Only a text that adds nothing to a wording is sure; one that joins or turns round what it holds (借调返回) has no
    proposal, and where two wordings of different values resemble it alike neither is chosen.
    """
    plain = normal_wording(text)
    if re.search(r"\d\d", plain):  # numbers are told by patterns, never by their likeness
        value, *others = _told(plain, hints) or [None]
        value = None if others else value
        return Wording(
            column, text, rows, value, MEDIUM if value else LOW, Reason("ev_word") if value else None
        )
    inside = [word for word in known if len(word) >= 2 and word in plain]
    longest = {word for word in inside if not any(word != other and word in other for other in inside)}
    rest = plain
    for word in longest:
        rest = rest.replace(word, "", 1)
    values = {known[word] for word in longest}
    if _JOINED.search(rest) or (longest and _TURNED.search(rest)):
        mixed = known.get(MIXED) if _JOINED.search(rest) and not _TURNED.search(rest) else None
        return Wording(column, text, rows, mixed, MEDIUM if mixed else LOW, Reason("ev_joined_or_turned"))
    if len(values) == 1 and _AROUND.match(rest):
        value = values.pop()
        return Wording(column, text, rows, value, HIGH, Reason("ev_contains", value=str(value)))
    if told := _told(plain, hints, {word: known[word] for word in longest}):
        value, *others = [MIXED] if len(told) > 1 and MIXED in known else told
        return Wording(column, text, rows, value, MEDIUM, Reason("ev_word"), others=tuple(sorted(others)))
    ratios = {}
    for word, value in known.items():
        part = len(plain) >= 2 and (plain in word or word in longest)
        ratio = difflib.SequenceMatcher(None, plain, word).ratio() + 0.1 * part
        ratios[value] = max(ratios.get(value, (0.0, "")), (ratio, word))
    ranked = sorted(ratios.items(), key=lambda item: (-item[1][0], str(item[0])))
    (value, (ratio, word)), second = ranked[0], ranked[1][1][0] if len(ranked) > 1 else 0.0
    if ratio < LIKE or ratio - second < 0.05:
        return Wording(column, text, rows, None, LOW, None)
    sure = MEDIUM if ratio >= 0.65 or values == {value} else LOW
    return Wording(column, text, rows, value, sure, Reason("ev_near", word=word))
