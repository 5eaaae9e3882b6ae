"""How well a heading and its cells suit a canonical column."""

import difflib
import re

from jianfu.core.reasons import Reason
from jianfu.ingest.headings import normal_heading
from jianfu.ingest.values import normal_wording
from jianfu.onboarding.contents import contradicts, fits, known_share

# of the dictionary: by the exact heading, by its last part, without brackets, as a second choice
KNOWN = {1: 1.5, 2: 1.4, 3: 1.3, 4: 0.9}
NEAR_ENOUGH = 0.7  # similarity to a known heading that makes an empty column a guess
MAX_LENGTH = 12  # longer texts are no category and are never shown
DAYS = ("time", "date", "month")
HALF = 0.5  # share of filled rows below which a day is none that every row has
MOST_DISTINCT = 0.5  # share of different cells up to which they may be the wordings of a category
FEW_TEXTS = 60  # different texts up to which a column of text holds kinds of something
CONTRADICTED = 0.2  # what is left of a known heading whose cells are something else
# what many headings end with, whatever they hold
_ENDS = re.compile(r"(次数|数量|份数|件数|人数)$")
_WHOLE = re.compile(r"(合|小|总)计数?|总数")  # the whole of its group
_DEGREE = re.compile(r"(程度|等级|级别|类别|类型)$")
_WHEN = re.compile(r"(时间|日期|年月|日)$")
_SOFT = re.compile(
    r"^(?:q|第)?\d{1,2}题?[、.:](?=\D)|^其中[:,，]?|^(是否|您的|您所在的|您|所属|本次|实际)|[(（].*?[)）]"
)


def kind_of(table, column, content, knowledge):
    """Type of a column and the wordings that can be read as a value of it: known ones and those of usual words."""
    known, hints = known_wordings(table, column, knowledge), knowledge.hints.get(column, {})
    usual = "|".join(f"(?:{words})" for words in hints.values()) if known else ""
    few = content.distinct <= MOST_DISTINCT and len(content.texts) <= FEW_TEXTS
    told = (
        (normal_wording(text) for text in content.texts if few and len(text) <= MAX_LENGTH) if usual else ()
    )
    return knowledge.column_type(table, column), known | {
        text: None for text in told if re.search(usual, text)
    }


def known_wordings(table, column, knowledge):
    """{wording: value} that need no mapping, for a category, a boolean or the state of a task; empty for others."""
    kind, declared = knowledge.column_type(table, column), knowledge.tables[table].columns.get(column)
    known = knowledge.wordings.of(column, *["boolean"] * (kind == "boolean"))
    if kind not in ("category", "boolean") and not (kind == "text" and known):
        return {}
    values = (declared and declared.values) or set(known.values())
    return {normal_wording(str(v)): v for v in values} | known


def told_by_cells(content, known):
    """Whether the cells alone say that a column holds a category: several wordings, nearly all of them its own."""
    told = {known[word] or word for text in content.texts if (word := normal_wording(text)) in known}
    return len(told) > 1 and known_share(content, known) >= 0.9


def known_score(column, tier, content, table, knowledge):
    """Score of a heading that the dictionary knows for ``column`` at ``tier``."""
    kind, known = kind_of(table, column, content, knowledge)
    if refuted(column, content, table, knowledge):
        return KNOWN[tier] * CONTRADICTED
    return KNOWN[tier] + 0.1 * (fits(content, kind, known) == 1) + 0.1 * content.filled


def refuted(column, content, table, knowledge):
    """Whether the cells say that a column is not what its heading claims: of another type, or no yes and no."""
    kind, known = kind_of(table, column, content, knowledge)
    if kind == "boolean" and len(content.texts) > 2:
        return not fits(content, kind, known) or known_share(content, known) == 0
    return contradicts(content, kind)


def guess(heading, column, content, table, knowledge):
    """``(score, evidence)`` of a heading that the dictionary does not know; (0, None) if it cannot be ``column``."""
    kind, known = kind_of(table, column, content, knowledge)
    plain = normal_heading(heading)
    fit = fits(content, kind, known)
    if kind == "boolean" and _DEGREE.search(plain) and known_share(content, known) == 0:
        return 0.0, None  # 平件, 加急, 特急: steps, neither yes nor no
    if not fit or contradicts(content, kind) or _said_otherwise(plain, column, knowledge):
        return 0.0, None
    near, word = _nearest(plain, knowledge.headings[table].get(column, []))
    hint = bool(re.search(knowledge.hints["column"].get(column, "$^"), plain))
    if kind in DAYS and not hint and not set(_WHEN.sub("", plain)) & set(_WHEN.sub("", word)):
        near = 0.0  # 登记时间 is no 回复时间
    declared = knowledge.tables[table].columns.get(column)
    if not content.texts and near < NEAR_ENOUGH:
        return 0.0, None
    if declared is not None and declared.required and kind in DAYS and 0 < content.filled < HALF:
        return 0.0, None  # every row has it
    required = (declared is not None and declared.required) or column in ("unit_name", "id_number")
    if kind in ("count", "number") and not (hint or required or near >= HALF):
        return 0.0, None  # without a word numbers may be anything
    strong = fit == 1 and (
        kind in ("unit", "person_id")
        or (kind == "category" and told_by_cells(content, known))
        or ((table, column) == ("units", "unit_code") and content.share("code") > 0.9 < content.distinct)
    )
    score = 0.6 * near + 0.3 * hint + 0.2 * (fit == 1) + 0.35 * strong
    score += 0.1 * (required and fit == 1) + 0.1 * (required and hint and fit < 1)
    if kind == "unit" and content.share("code") > 0.9:
        if column.endswith("_name"):
            return 0.0, None  # codes are no names
        score += 0.1  # and beside names they are the surer of the two
    score += 0.05 * (kind == "title" and content.share("title") > 0.9)  # and no kind of anything
    exact, loose = (knowledge.hints[kind].get(column, "$^") for kind in ("exact", "loose"))
    score += 0.2 * bool(re.search(exact, plain))
    score = min(score, 0.7) if re.search(loose, plain) else score
    if kind == "text":
        score += 0.2 * (hint and 1 < len(content.texts) <= FEW_TEXTS)
        score = min(score, 0.5) if near < 0.7 else score
    if declared is not None and not declared.expected and not hint:
        return 0.0, None
    return score, _evidence(word if near >= 0.5 else None, kind if fit == 1 else None, hint)


def _said_otherwise(plain, column, knowledge):
    """Whether a word of the heading says that it is not this column (最后工作日期 is no date of hire).

    What stands above a group of columns (时间要求|交办) counts only where the heading itself does not speak for it.
    """
    words, hint = knowledge.hints["against"].get(column), knowledge.hints["column"].get(column, "$^")
    last = plain.rpartition("|")[2]
    told = last if re.search(hint, last) else plain
    return bool(words and re.search(words, told))


def _evidence(word, kind, hint):
    """What speaks for a column: a similar heading ``word``, cells of its ``kind``, a word that hints at it."""
    near = word and Reason("ev_near", word=word)
    cells = Reason("ev_cells_are", kind=Reason(f"kind_{kind}")) if kind not in (None, "text") else None
    if near and cells:
        return Reason("ev_both", first=near, second=cells)
    return near or cells or Reason("ev_hint" if hint else "ev_no_conflict")


def _nearest(heading, known):
    """Similarity (0 to 1) to the nearest known heading, and that heading."""
    text = _plain(heading)
    return max(((_similar(text, _plain(normal_heading(word))), word) for word in known), default=(0.0, ""))


def _plain(heading):
    group, _, text = heading.rpartition("|")
    text = group.rpartition("|")[2] if group and _WHOLE.fullmatch(text) else text
    return _SOFT.sub("", _SOFT.sub("", text)) or text


def _similar(a, b):
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    if len(short) >= 2 and short in long:
        return 0.55 + 0.4 * len(short) / len(long)
    ratio = difflib.SequenceMatcher(None, a, b).ratio()
    ends = [_ENDS.search(text) for text in (a, b)]
    if None not in ends and ends[0][0] == ends[1][0]:
        cores = [set(text[: end.start()]) for text, end in zip((a, b), ends, strict=True)]
        if all(cores) and not cores[0] & cores[1]:
            return ratio / 2  # 打印次数 is no 退回次数
    return ratio
