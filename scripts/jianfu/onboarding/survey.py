"""Items of a questionnaire: which columns they are, how they are coded, what their answers mean."""

import re
from collections import Counter
from dataclasses import dataclass, field

from jianfu.core.reasons import Reason
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.knowledge import HIGH, MEDIUM

MAX_ANSWER = 14  # longer answers are free text
_STRONG = "非常|完全|十分|极其|很|特别|总是"
_MIDDLE = re.compile(r"一般|中立|不确定|说不清|不好说|普通|说不准|既不|中等")
_WEAK = re.compile(r"比较|有点|有些|基本|较")
_NO = re.compile(r"不|没|无|反对|从未|从来")


@dataclass
class Survey:
    """``items`` {heading: item}, ``open_items`` headings of items without a place in the scales; ``ranges``,
    ``responses`` for the province file; ``confidence`` and ``evidence`` of the items' order.
    """

    items: dict = field(default_factory=dict)
    open_items: list = field(default_factory=list)
    ranges: dict = field(default_factory=dict)
    responses: dict = field(default_factory=dict)
    confidence: str = MEDIUM
    evidence: Reason | None = None


def propose_survey(pages, knowledge):
    """:class:`Survey` of all recognised survey sheets; ``pages``: [(Recognised, its headings)]."""
    if not pages:
        return Survey()
    table = knowledge.tables["survey"]
    order = [item for scale in knowledge.scales.values() for item in scale["items"]]
    answers = {}
    for recognised, headings in pages:
        for heading in headings:
            if heading.status == "open":
                cells = recognised.sheet.columns[heading.place].slice(recognised.bottom).to_pylist()
                texts = Counter((c or "").strip(SPACES) for c in cells)
                answers.setdefault(heading.text, Counter()).update(
                    {t: n for t, n in texts.items() if t and t not in knowledge.null_tokens}
                )
    items = [text for text, found in answers.items() if _is_item(found)]
    known = {h.column for _, headings in pages for h in headings}
    if set(order) & known:
        return Survey()
    survey = Survey()
    if len(items) != len(order):
        survey.open_items = items
        survey.evidence = Reason("ev_items_unmatched", found=len(items), wanted=len(order))
        return survey
    survey.items = dict(zip(items, order, strict=True))
    fits = True
    for name, scale in knowledge.scales.items():
        own = [answers[text] for text, item in survey.items.items() if item in scale["items"]]
        fits &= _code(survey, name, scale, own, table, knowledge)
    survey.confidence = HIGH if fits and not survey.responses else MEDIUM
    survey.evidence = Reason("ev_items_in_order", n=len(order))
    return survey


def _is_item(found):
    """Answers of a closed question: few different short texts, or whole numbers from 0 to 7."""
    total = sum(found.values())
    numbers = sum(n for text, n in found.items() if (v := parse_number(text)) is not None and v in range(8))
    if total and numbers / total >= 0.9:
        return True
    common = sum(n for _, n in found.most_common(8))
    short = all(len(text) <= MAX_ANSWER for text, _ in found.most_common(8))
    return (
        bool(total)
        and short
        and len(found) <= 12
        and common / total >= 0.9
        and numbers == 0
        and len(found) >= 3
    )


def _code(survey, name, scale, answers, table, knowledge):
    """Range and wordings of one scale; True where the declared ones do."""
    numbers, texts = Counter(), Counter()
    for found in answers:
        for text, n in found.items():
            value = parse_number(text)
            (texts if value is None else numbers)[text if value is None else value] += n
    low, high = scale["range"]
    if sum(numbers.values()) > sum(texts.values()):
        inside = [v for v, n in numbers.items() if n >= 0.002 * sum(numbers.values())]
        found = (int(min(inside)), int(max(inside)))
        if found[0] >= low and found[1] <= high:
            return found[0] == low
        survey.ranges[name] = [min(1, found[0]), max(found[1], 5)]
        return False
    steps = high - low + 1
    known = {normal_wording(w) for words in knowledge.responses if len(words) == steps for w in words}
    total = sum(texts.values())
    unknown = [t for t, n in texts.items() if normal_wording(t) not in known and n >= 0.01 * total]
    if not unknown:
        return True
    own = [t for t, n in texts.items() if n >= 0.01 * total]
    ordered = order_answers(own)
    if ordered and len(ordered) == steps:
        survey.responses |= {text: low + place for place, text in enumerate(ordered)}
    return False


def order_answers(texts):
    """Answers from least to most agreement, or None where their words do not say."""
    ranks = {text: _rank(text) for text in texts}
    if len(set(ranks.values())) != len(texts):
        return None
    return sorted(texts, key=ranks.get)


def _rank(text):
    if _MIDDLE.search(text):
        return 0
    size = 3 if re.search(_STRONG, text) else 1 if _WEAK.search(text) else 2
    return -size if _NO.search(re.sub("不得不", "", text)) else size
