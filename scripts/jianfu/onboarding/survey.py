"""Items of a questionnaire: which columns they are, how they are coded, what their answers mean."""

import re
from collections import Counter
from dataclasses import dataclass, field

from jianfu.core.reasons import Reason
from jianfu.ingest.headings import normal_heading
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.sheet import SPACES
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.codebook import CodeBook, code_book, legend_in, parts_named
from jianfu.onboarding.items import coded_answers, place_by_words, speaks, statement, stem
from jianfu.onboarding.knowledge import HIGH, MEDIUM
from jianfu.onboarding.recognise import ITEM

MAX_ANSWER = 14  # longer answers are free text
FEWEST_ANSWERS = (
    300  # answers to the items of one scale from which its lowest and highest code are taken to occur
)
BY_WORDS = "ev_items_by_words"
STRAY = 0.002  # share of answers below which a code is a mistake
_STRONG = "非常|完全|十分|极|很|特别|总是|绝对|根本"
# how often something is, from the least; the last that a text holds counts
_OFTEN = (
    "从不|从未|从来没|没有过",
    "极少|很少|几乎不|几乎没",
    "偶尔|有时",
    "经常|常常|时常",
    "频繁|频频",
    "非常频|极频",
    "每天|天天|总是",
)
_TIMES = re.compile(
    r"(年|月|周|星期|天|日)(?:内|里|中|有|约|不到)?([一二两三四五六七八九十几数多]|\d+)[次回天]"
)
_A_YEAR = {"年": 1, "月": 12, "周": 52, "星期": 52, "天": 365, "日": 365}
_LETTER = re.compile(r"([A-H])(?:[.、．:：)） ]|$)")
_MIDDLE = re.compile(r"一般|中立|不确定|说不清|不好说|普通|说不准|既不|中等")
_WEAK = re.compile(r"比较|有点|有些|基本|较")
_NO = re.compile(r"不|没|无|反对|从未|从来")


@dataclass
class Survey:
    """``items`` {heading: item}, ``open_items`` headings of items without a place in the scales; ``keys``, ``ranges``,
    ``responses`` for the province file; ``asked``: answers whose order nothing tells, in that of their letters;
    ``confidence`` and ``evidence`` of the items' order.
    """

    items: dict = field(default_factory=dict)
    open_items: list = field(default_factory=list)
    keys: dict = field(default_factory=dict)
    ranges: dict = field(default_factory=dict)
    responses: dict = field(default_factory=dict)
    asked: dict = field(default_factory=dict)
    confidence: str = MEDIUM
    evidence: Reason | None = None

    def settings(self):
        """What is said of the survey besides its columns."""
        parts = {"keys": self.keys, "ranges": self.ranges, "responses": self.responses}
        return {key: value for key, value in parts.items() if value}


def propose_survey(pages, knowledge, sheets=()):
    """:class:`Survey` of all recognised survey sheets; ``pages``: [(Recognised, its headings)].

    ``sheets``: every sheet of the folder, of which one may say what the questions and the letters of the answers are.
    """
    answers, named, where = _answers(pages, knowledge)
    book = _book(pages, sheets, knowledge)
    survey = Survey()
    if not named:
        shared = _items(answers, where)
        said = {text: book.said.get(text) or statement(text) for text in shared}
        if book.parts or speaks(said.values(), knowledge):
            _place_statements(survey, said, book, answers, pages, knowledge)
        else:
            _place_items(survey, shared, knowledge)
        named = survey.items
    if not named:
        return survey
    told, turned = {}, {}
    for name, scale in _scales(survey, knowledge).items():
        texts = [text for text, item in named.items() if item in scale["items"]]
        own, legend = [answers[text] for text in texts], _one_legend(texts, book)
        well = not own or _code(survey, name, scale, own, knowledge, legend)
        told[name] = scale["range"], _common(own), well
        if own:
            turned[name] = _turned_codes(legend, own)
    _turn(survey, turned)
    fits = all(well for *_, well in told.values())
    survey.asked = {text: code for text, code in survey.asked.items() if text not in survey.responses}
    whole = [(span, texts) for span, texts, _ in told.values() if len(texts) == span[1] - span[0] + 1]
    for name, (span, texts, well) in told.items():
        # the answers of another scale, which has as many steps as there are answers
        like = next((other for other, of in whole if texts <= of), span)
        if not well and like != span:
            survey.ranges[name] = list(like)
    sure = fits and not survey.responses and (survey.evidence is None or survey.evidence.code != BY_WORDS)
    survey.confidence = HIGH if sure else MEDIUM
    return survey


def _answers(pages, knowledge):
    """{heading: Counter of its answers} of open and of named items, {heading: item} of the latter, {heading: place}."""
    every = {item for scale in _all_scales(knowledge) for item in scale["items"]}
    answers, named, where = {}, {}, {}
    for recognised, headings in pages:
        for heading in headings:
            if heading.status != "open" and heading.column not in every:
                continue
            cells = recognised.sheet.columns[heading.place].slice(recognised.bottom).to_pylist()
            texts = Counter((c or "").strip(SPACES) for c in cells)
            answers.setdefault(heading.text, Counter()).update(
                {t: n for t, n in texts.items() if t and t not in knowledge.null_tokens}
            )
            where.setdefault(heading.text, heading.place)
            if heading.column in every:
                named[heading.text] = heading.column
    return answers, named, where


def _all_scales(knowledge):
    return [*knowledge.scales.values(), *knowledge.variants.values()]


def _scales(survey, knowledge):
    """The scales with the chosen versions in the place of the usual ones."""
    chosen = {scale: knowledge.variants[version] for scale, version in survey.keys.items()}
    return knowledge.scales | chosen


def _book(pages, sheets, knowledge):
    """:class:`CodeBook` of all headings; what no sheet says of a question its own heading may (the grid's stem)."""
    names = list(dict.fromkeys(h.text for _, headings in pages for h in headings))
    book = code_book(names, sheets, knowledge)
    titles = " ".join(dict.fromkeys(recognised.title for recognised, _ in pages))
    legends = {text: legend_in(stem(text)) or legend_in(titles) for text in names}
    parts = book.parts or {text: found for text in names if (found := parts_named(stem(text), knowledge))}
    return CodeBook(book.said, parts, {t: w for t, w in legends.items() if w} | book.legends, book.turned)


def _one_legend(texts, book):
    """The answers behind the codes of the questions of one scale; empty where they are not the same for all."""
    legends = [book.legends.get(text, {}) for text in texts]
    same = bool(legends) and all(legend == legends[0] for legend in legends)
    return legends[0] if same and (len(legends[0]) > 2 or order_answers(list(legends[0].values()))) else {}


def _turned_codes(legend, answers):
    """{code: its opposite} where the legend of numbers runs from most to least (1 very much … 5 not at all)."""
    if not all(code.lstrip("-").isdigit() for code in legend) or not any(_kind(a) == {"0"} for a in answers):
        return {}
    words = {word: int(code) for code, word in legend.items()}
    ordered = order_answers(list(words))
    if not ordered or words[ordered[0]] < words[ordered[-1]]:
        return {}
    low, high = min(words.values()), max(words.values())
    return {str(code): low + high - code for code in range(low, high + 1)}


def _turn(survey, turned):
    """Numbers that run the other way are turned round where all scales do so alike; else each is asked."""
    ways = list(turned.values())
    if any(ways) and all(way == ways[0] for way in ways):
        survey.responses |= ways[0]
    elif any(ways):
        survey.asked |= {code: value for way in ways for code, value in way.items()}


def _common(answers):
    """The texts of at least one in a hundred answers of a scale."""
    texts = sum(answers, Counter())
    return {text for text, n in texts.items() if n >= 0.01 * texts.total()}


def _place_statements(survey, said, book, answers, pages, knowledge):
    """Give the closed questions to the items of the scales by what they say; the others stay open."""
    codes = {text: [] for text in said}
    for recognised, headings in pages:
        places = {h.text: h.place for h in headings}
        if codes.keys() <= places.keys():
            for text, found in codes.items():
                cells = recognised.sheet.columns[places[text]].slice(recognised.bottom).to_pylist()
                found += [(cell or "").strip(SPACES) for cell in cells]
    kinds = {text: _kind(answers[text]) for text in said}
    # the same answers are one kind, though a rare one is lacking to some question
    kinds = {text: next(k for k in kinds.values() if _alike(k, own)) for text, own in kinds.items()}
    orders = {
        text: None if "0" in kind else order_answers(sorted(answers[text])) for text, kind in kinds.items()
    }
    orders = {text: _by_legend(book.legends.get(text), answers[text]) or o for text, o in orders.items()}
    coded = {text: coded_answers(cells, orders[text]) for text, cells in codes.items()}
    found = place_by_words(said, kinds, coded, book, knowledge)
    survey.items, survey.keys = found.items, found.keys
    survey.open_items = [text for text in said if text not in found.items]
    survey.evidence = Reason(BY_WORDS, n=len(found.items), told=found.told)


def _place_items(survey, shared, knowledge):
    """Give the closed questions to the items of the scales, in order, where their number is that of a known version."""
    numbered = [text for text in shared if ITEM.match(normal_heading(text))]
    versions = [{}] + [{entry["scale"]: name} for name, entry in knowledge.variants.items()]
    series = Counter(re.sub(r"\d.*", "", text) for text in shared if re.search(r"\d", text))
    first = [
        text for text in shared if series and re.match(re.escape(series.most_common(1)[0][0]) + r"\d", text)
    ]
    for items in (shared, numbered, first):
        for survey.keys in versions:
            scales = _scales(survey, knowledge).values()
            usual = [item for scale in scales if not scale.get("rare") for item in scale["items"]]
            for order in (usual, [item for scale in scales for item in scale["items"]]):
                if len(order) == len(items):
                    survey.items = dict(zip(items, order, strict=True))
                    survey.evidence = Reason("ev_items_in_order", n=len(order))
                    return
    survey.keys, survey.open_items = {}, shared
    wanted = sum(len(scale["items"]) for scale in knowledge.scales.values() if not scale.get("rare"))
    survey.evidence = Reason("ev_items_unmatched", found=len(shared), wanted=wanted) if shared else None


def _items(answers, where):
    """Closed questions in their order: those whose kind of answers at least three share."""
    closed = {text: found for text, found in answers.items() if _is_item(found)}
    groups = []  # [(answers, headings)]
    for text, found in closed.items():
        own = _kind(found)
        alike = next((texts for kind, texts in groups if _alike(own, kind)), None)
        if alike is None:
            groups.append((own, [text]))
        else:
            alike.append(text)
    return sorted((text for _, texts in groups if len(texts) >= 3 for text in texts), key=where.get)


def _alike(one, other):
    return len(one & other) >= 0.5 * len(one | other)


def _kind(found):
    """What the answers of a question are: numbers ({"0"}), or the commonest wordings."""
    numbers = sum(n for text, n in found.items() if parse_number(text) is not None)
    if numbers > 0.5 * sum(found.values()):
        return frozenset("0")
    return frozenset(normal_wording(text) for text, n in found.items() if n >= 0.02 * sum(found.values()))


def _is_item(found):
    """Answers of a closed question: few different short texts, or whole numbers from 0 to 10."""
    total = sum(found.values())
    numbers = sum(n for text, n in found.items() if (v := parse_number(text)) is not None and v in range(11))
    if total and numbers / total >= 0.9:
        return True
    common = sum(n for _, n in found.most_common(8))
    short = all(len(text) <= MAX_ANSWER for text, _ in found.most_common(8))
    few = short and len(found) <= 12 and common >= 0.9 * total
    return bool(total) and few and numbers == 0 and len(found) >= 3


def _by_legend(legend, texts):
    """The letters of answers from least to most by the words that a code book has for them; None where it has none."""
    words = {legend[text]: text for text in legend or {}}
    ordered = order_answers(list(words)) if legend and set(texts) <= set(legend) else None
    return [words[word] for word in ordered] if ordered else None


def _code(survey, name, scale, answers, knowledge, legend=None):
    """Range and wordings of one scale; True where the declared ones do."""
    numbers, texts = Counter(), Counter()
    for found in answers:
        for text, n in found.items():
            value = parse_number(text)
            (texts if value is None else numbers)[text if value is None else value] += n
    low, high = scale["range"]
    if sum(numbers.values()) > sum(texts.values()):
        return _range(survey, name, numbers, low, high, legend)
    steps = high - low + 1
    known = {normal_wording(w) for words in knowledge.responses if len(words) == steps for w in words}
    total = sum(texts.values())
    unknown = [
        t for t, n in texts.items() if normal_wording(_LETTER.sub("", t)) not in known and n >= 0.01 * total
    ]
    if not unknown:
        return True
    own = _common(answers)
    ordered = _by_legend(legend, own) or order_answers(sorted(own))
    if ordered and len(ordered) == steps:
        survey.responses |= {text: low + place for place, text in enumerate(ordered)}
    else:
        survey.asked |= {text: low + place for place, text in enumerate(sorted(own))}
    return False


def _range(survey, name, numbers, low, high, legend=None):
    """The range of a scale from its legend, or the codes that occur; the declared one where too few could show it."""
    codes = [int(code) for code in legend or {} if code.lstrip("-").isdigit()]
    if codes and sum(n for v, n in numbers.items() if min(codes) <= v <= max(codes)) >= 0.99 * sum(
        numbers.values()
    ):
        if [min(codes), max(codes)] != [low, high]:
            survey.ranges[name] = [min(codes), max(codes)]
        return [min(codes), max(codes)] == [low, high]
    total = sum(numbers.values())
    inside = [value for value, n in numbers.items() if n >= STRAY * total]
    found = [int(min(inside)), int(max(inside))]
    if found == [low, high]:
        return True
    within = low <= found[0] and found[1] <= high
    if within and (total < FEWEST_ANSWERS or found[0] == low):
        return True
    first = found[0] if found[0] in (0, 1) else min(low, found[0])
    last = found[1] if total >= FEWEST_ANSWERS else max(found[1], first + high - low)
    if [first, last] != [low, high]:
        survey.ranges[name] = [first, last]
    return [first, last] == [low, high]


def order_answers(texts):
    """Answers from least to most agreement or frequency, or None where their words do not say.

    Letters before the words (A.不同意) order what the words leave open, turned round where these say so.
    """
    plain = {text: _LETTER.sub("", text, count=1) for text in texts}
    for rank in (_rank, _rank_of_frequency, _times_a_year):
        ranks = {text: rank(plain[text]) for text in texts}
        if None not in ranks.values() and len(set(ranks.values())) == len(texts):
            return sorted(texts, key=ranks.get)
    letters = {text: found[1] for text in texts if (found := _LETTER.match(text))}
    first, last = (_rank(plain[pick(letters, key=letters.get)]) for pick in (min, max)) if letters else (0, 0)
    if len(set(letters.values())) != len(texts) or first * last >= 0:
        return None
    return sorted(texts, key=letters.get, reverse=first > last)


def _rank_of_frequency(text):
    """Place of a text on the ladder from never to every day; None where it is none of it."""
    return max((place for place, words in enumerate(_OFTEN) if re.search(words, text)), default=None)


def _times_a_year(text):
    """How often a text says (一月几次), as times a year; None where it says nothing of the kind."""
    if re.search(_OFTEN[0], text):
        return 0
    found = _TIMES.search(text)
    if not found:
        return 365 if re.search("每天|天天|每日", text) else None
    unit, times = found[1], found[2]
    number = (
        3
        if times in "几数多"
        else "零一二三四五六七八九十".find(times)
        if not times.isdigit()
        else int(times)
    )
    return _A_YEAR[unit] * max(1, 2 if times == "两" else number)


def _rank(text):
    if _MIDDLE.search(text):
        return 0
    size = 3 if re.search(_STRONG, text) else 1 if _WEAK.search(text) else 2
    return -size if _NO.search(re.sub("不得不", "", text)) else size
