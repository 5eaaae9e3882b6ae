"""Statements of a questionnaire by what they say: which block of them is which scales, and which of its items.

Questionnaires paraphrase: words that speak of an item or of its subscale (hints of the kind ``item``) are counted over
a whole block of statements, whose number must be that of scales. What turns a statement round (a reversed item) must
be said by its own words, and the answers must not speak against it.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np
from scipy.optimize import linear_sum_assignment

OWN, SHARED = 1.5, 1.0  # score of a word for one item, and of one for its subscale
NAMED = 2.0  # and of the name of its scale in a code book
LIKE_OTHERS = 0.5  # share of it that hangs on whether the answers agree with those to the rest of the scale
ORDER = 1e-3  # what the order of a published scale says where nothing else does
MOST = 0.6  # share of the statements of a block, and of every scale, that words must place
MARGIN = 0.5  # by which the best scales for a block must be ahead of the next
EXTRA = 0.2  # share of statements of a block that may belong to no scale
NEAR = 0.1  # what a neighbour that belongs to a subscale says for a statement without words
FEWEST = 30  # and from which they tell which questions of a scale that has too many go together
FEWEST_ROWS = 100  # answers from which correlations are looked at
AGAINST = -2.0  # standard errors below 0 from which an item correlates negatively with its subscale
_GRID = re.compile(r"(.+?)(?:[—–]{1,2}|--|\|)(?=.)")
_SERIES = re.compile(r"([A-Za-z]+)\d+")


@dataclass(frozen=True)
class Placed:
    """``items`` {heading: item}, ``keys`` {scale: version} of the scales found, ``told`` how many the words placed."""

    items: dict
    keys: dict
    told: int


def place_by_words(said: dict, answers: dict, codes: dict, book, knowledge) -> Placed:
    """:class:`Placed` for the closed questions {text: statement} ``said`` in their order.

    ``answers`` {text: what kind of answers it has}; ``codes`` {text: array of numbers, NaN where there is none};
    ``book`` a :class:`jianfu.onboarding.codebook.CodeBook`: the scales that it names are the scales.
    """
    items, keys, told, taken = {}, {}, 0, set()
    said = {text: _said(text, words, codes, book) for text, words in said.items()}
    ours = [text for text in said if said[text].parts is None or said[text].parts]
    blocks = [list(own) for _, own in groupby(ours, lambda text: _block(text, said, answers))]
    for block in sorted(blocks, key=len, reverse=True):
        found = _best_scales({text: said[text] for text in block}, knowledge, taken)
        for scale, version, own in found:
            if _answers_speak_against(own, version or scale, codes, knowledge):
                continue
            items |= own
            taken.add(scale)
            keys |= {scale: version} if version else {}
            told += sum(_score(said[text], item, knowledge) > 0 for text, item in own.items())
    return Placed({text: items[text] for text in said if text in items}, keys, told)


@dataclass(frozen=True)
class Said:
    """What a question says, the letters of items that its scale may have (None: not named), whether it is reversed (it
    is said to be, or its answers run against the rest), and the correlation with the other questions of that scale.
    """

    text: str
    parts: frozenset | None = None
    turned: bool = False
    agrees: float = 0.0


def _said(text, words, codes, book):
    """:class:`Said` of a question; others of its scale are those to which a code book gives the same."""
    own, marked = book.parts.get(text), text in book.turned
    others = [codes[other] for other in codes if other != text and own and book.parts.get(other) == own]
    rest = np.mean(others, axis=0) if len(others) > 1 else np.array([np.nan])
    both = ~np.isnan(rest + codes[text])
    if both.sum() < FEWEST or not (rest[both].std() and codes[text][both].std()):
        return Said(words, own, marked)
    agrees = float(np.corrcoef(rest[both], codes[text][both])[0, 1])
    return Said(words, own, marked or agrees < AGAINST / np.sqrt(both.sum()), agrees)


def _block(text, said, answers):
    """What makes neighbours one block: that a code book names their scales, the stem of a grid, the same answers."""
    return "named" if said[text].parts else stem(text) or answers[text]


def speaks(statements, knowledge) -> bool:
    """Whether most of the statements hold words of any item: then their order alone says nothing."""
    words = "|".join(f"(?:{words})" for words in knowledge.hints["item"].values())
    told = sum(bool(re.search(words, statement)) for statement in statements)
    return told >= MOST * max(len(statements), 1)


def stem(text):
    """What stands before the statement of a grid (6、多久一次？—), or the letters of a series (B of B1_)."""
    text = unicodedata.normalize("NFKC", text).strip()
    found = _GRID.match(text) or _SERIES.match(text)
    return found[1] if found else ""


def statement(text: str) -> str:
    """What a heading says behind the stem of its grid."""
    text = unicodedata.normalize("NFKC", text)
    found = _GRID.match(text)
    return text[found.end() :] if found else text


def _score(said, item, knowledge):
    """How much a question speaks for an item: by the scale that a code book names, and by its words."""
    words, named = knowledge.hints["item"], NAMED * (said.parts is not None)
    if named and _part(item) not in said.parts:
        return 0.0
    return named * (1 + LIKE_OTHERS * said.agrees) + (OWN if item in words else SHARED) * _own_words(
        said, item, knowledge
    )


def _own_words(said, item, knowledge):
    """Whether the words of a question are those of an item, or of its subscale."""
    if said.turned and item in _turned_alone(knowledge):
        return True
    words = knowledge.hints["item"]
    return bool(re.search(words.get(item, words.get(_part(item), "$^")), said.text))


def _turned_alone(knowledge):
    """Reversed items beside others of their subscale that are not: only their own words tell them."""
    every = [*knowledge.scales.values(), *knowledge.variants.values()]
    straight = {_part(item) for scale in every for item in scale["items"] if item not in scale["reversed"]}
    return {item for scale in every for item in scale["reversed"] if _part(item) in straight}


def _best_scales(block, knowledge, taken):
    """[(scale, version or '', {heading: item})] of the scales that the statements of a block are, [] where unsure."""
    versions = [(name, "", scale) for name, scale in knowledge.scales.items()]
    versions += [(entry["scale"], name, entry) for name, entry in knowledge.variants.items()]
    scores = {
        item: np.array([_score(said, item, knowledge) for said in block.values()])
        for *_, scale in versions
        for item in scale["items"]
    }
    barred = {
        item: np.array([said.parts is not None and _part(item) not in said.parts for said in block.values()])
        for item in scores
    }
    alone = {item: words.any() for item, words in scores.items()}
    in_turn = np.arange(len(block))
    named = {}
    for item, words in scores.items():
        named[_part(item)] = named.get(_part(item), np.zeros(len(block))) + words
    for item, words in scores.items():
        own = (named[_part(item)] > 0).astype(float)
        scores[item] = words + NEAR * (np.append(own[1:], 0) + np.insert(own[:-1], 0, 0))
    # a scale of which no statement speaks is none of them
    versions = [v for v in versions if v[0] not in taken and any(alone[i] for i in v[2]["items"])]
    ranked, texts = [], list(block)
    for n in range(1, len(versions) + 1):
        for chosen in combinations(versions, n):
            order = [(place, item) for place, (*_, scale) in enumerate(chosen) for item in scale["items"]]
            extra = len(block) - len(order)
            if not 0 <= extra <= EXTRA * len(block) or len({name for name, *_ in chosen}) < n:
                continue
            matrix = np.stack([scores[item] - NAMED * barred[item] for _, item in order], axis=1)
            later = (in_turn[:, None] - np.arange(len(order))) / len(block)
            rows, columns = linear_sum_assignment(matrix - ORDER * later**2, maximize=True)
            total = float(matrix[rows, columns].sum()) - SHARED * extra
            ranked.append(
                (total, chosen, [(texts[r], *order[c]) for r, c in zip(rows, columns, strict=True)])
            )
    ranked.sort(key=lambda entry: -entry[0])
    if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN):
        return []
    _, chosen, pairs = ranked[0]
    placed = [(text, item) for text, _, item in pairs]
    if sum(_score(block[text], item, knowledge) > 0 for text, item in placed) < MOST * len(block):
        return []
    found, lost = [], _misplaced(block, placed, knowledge)
    for place, (name, version, scale) in enumerate(chosen):
        own = {text: item for text, at, item in pairs if at == place}
        if not lost & own.keys() and _sure(
            [(block[text], item) for text, item in own.items()], scale, knowledge
        ):
            found.append((name, version, _in_order(own, scale, block, knowledge)))
    return found


def _misplaced(block, placed, knowledge):
    """Statements without words that stand beside none of their subscale, where they might be of another."""
    parts = {text: _part(item) for text, item in placed}
    order = list(block)
    mute = {text for text, item in placed if not _score(block[text], item, knowledge)}
    if len({parts[text] for text in mute}) < 2:
        return set()
    beside = {
        text: {parts.get(other) for other in order[max(0, n - 1) : n + 2] if other != text}
        for n, text in enumerate(order)
    }
    return {text for text in mute if parts[text] not in beside[text]}


def _part(item):
    """The letters of an item: its subscale."""
    return item.rstrip("0123456789")


def _sure(own, scale, knowledge):
    """Whether words place most items of a scale, and every item that others must not be taken for."""
    turned = _turned_alone(knowledge)
    told = {
        item
        for said, item in own
        if _score(said, item, knowledge) and (item not in turned or _own_words(said, item, knowledge))
    }
    alone = {item for item in scale["items"] if item in knowledge.hints["item"]}
    return len(told) >= MOST * len(scale["items"]) and alone <= told


def _in_order(own, scale, block, knowledge):
    """The items of each subscale in the order of the statements, those with words of their own where these stand."""
    alone = {
        text: item
        for text, item in own.items()
        if item in knowledge.hints["item"] and _own_words(block[text], item, knowledge)
    }
    rest = [text for text in block if text in own and text not in alone]
    slots = {}
    for item in scale["items"]:
        if item not in alone.values():
            slots.setdefault(_part(item), []).append(item)
    return alone | {text: slots[_part(own[text])].pop(0) for text in rest}


def _answers_speak_against(own, scale, codes, knowledge):
    """Whether an item, turned as the scale says, correlates negatively with the others of its subscale."""
    scale = knowledge.variants.get(scale) or knowledge.scales[scale]
    by_part = {}
    for text, item in own.items():
        sign = -1.0 if item in scale.get("reversed", []) else 1.0
        by_part.setdefault(_part(item), []).append(sign * codes[text])
    for columns in by_part.values():
        matrix = np.array(columns)
        matrix = matrix[:, ~np.isnan(matrix).any(axis=0)]
        if len(matrix) < 3 or matrix.shape[1] < FEWEST_ROWS:
            continue
        least = AGAINST / np.sqrt(matrix.shape[1])
        for place, values in enumerate(matrix):
            rest = np.delete(matrix, place, axis=0).sum(axis=0)
            if values.std() and rest.std() and np.corrcoef(values, rest)[0, 1] < least:
                return True
    return False


def coded_answers(cells, order) -> np.ndarray:
    """Numbers of the cells: their own, or the place of a wording in ``order``; NaN where there is none."""
    ranks = {text: place for place, text in enumerate(order or [])}
    found = Counter(cells)
    codes = {text: _number(text) if order is None else ranks.get(text, np.nan) for text in found}
    return np.array([codes[text] for text in cells], float)


def _number(text):
    try:
        return float(text)
    except ValueError:
        return np.nan
