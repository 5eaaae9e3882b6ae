"""A sheet that lists the columns of another and says what they are: question, scale, answers, reversal."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace

from jianfu.ingest.headings import normal_heading
from jianfu.ingest.numbers import parse_number
from jianfu.ingest.sheet import SPACES
from jianfu.onboarding.look import Page

FEWEST, LISTED = 5, 0.5  # headings of a sheet, and share of them, that a column of another lists
MOST_ROWS = 1000  # of a sheet that lists questions
LEAST_STEPS = 3  # between the ends of a scale of which only these are explained
MOST_KINDS = 0.7  # share of different cells up to which a column names kinds of something (scales)
_CHOICE = re.compile(
    r"(?<![A-Za-z\d])([A-J]|-?\d{1,2})\s*[.、．:：=＝—-]?\s*([^\sA-J\d,，;；/|.、:：=]{1,12})"
)
_TURNED = re.compile(r"反向|反题|反计|逆向|负向|\([rR]\)|[（(]反[)）]")
_YES = re.compile(r"是|√|✓|反|[RY]|YES|-1|1", re.IGNORECASE)
_ANSWER = re.compile(r"([^\W\d_]{2,10})\s*[=＝:：(（]\s*(-?\d{1,2})(?!\d)")  # 非常不同意=1
_NUMBERS_QUESTIONS = re.compile(r"题号|题序|题目序|变量")
_NUMBERED = re.compile(r"\D{0,2}?(\d+)题?")
HEAD = 4  # first rows of a sheet, in which its headings stand


@dataclass(frozen=True)
class CodeBook:
    """What a sheet says of the headings that it lists: ``said`` {heading: question}, ``parts`` {heading: letters of
    the items that its scale may have}, ``legends`` {heading: {code: answer}}, ``turned``: the reversed ones; ``page``:
    the sheet itself.
    """

    said: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)
    legends: dict = field(default_factory=dict)
    turned: frozenset = frozenset()
    page: Page | None = None


def code_book(names, sheets, knowledge) -> CodeBook:
    """:class:`CodeBook` of the headings ``names``, from the first of ``sheets`` (pages) that lists them; else empty."""
    for page in sheets:
        if page.sheet.height > MOST_ROWS:
            continue
        columns = [page.sheet.filled(n, 0).to_pylist() for n in range(len(page.sheet.columns))]
        columns = [[(cell or "").strip(SPACES) for cell in column] for column in columns]
        for number, keys in enumerate(columns):
            rows = _rows_of(names, keys)
            if len(rows) >= max(FEWEST, LISTED * len(names)):
                book = _read(rows, [column for n, column in enumerate(columns) if n != number], knowledge)
                if book.said:
                    return replace(book, page=page)
    return CodeBook()


def _rows_of(names, keys):
    """{heading: row of the list in which it stands}: as it is, else without regard to case and to separators, else by
    its number where the list says that it numbers questions (题号 3 for Q3).
    """
    found = {}
    numbers = any(_NUMBERS_QUESTIONS.search(key) for key in keys[:HEAD])
    for short in (str, _plain, *([_number] if numbers else [])):
        own = {name: short(name) for name in names if name not in found}
        rows = {}
        for row, key in enumerate(keys):
            if key and row not in found.values():
                rows.setdefault(short(key), []).append(row)
        alone = {key for key, n in Counter(own.values()).items() if n == 1 and len(rows.get(key, ())) == 1}
        found |= {n: rows[key][0] for n, key in own.items() if key in alone - {None} and not n.isdecimal()}
    return found


def _plain(text):
    return re.sub(r"[\s_.、．\-—]+", "", unicodedata.normalize("NFKC", text).casefold())


def _number(text):
    return (found := _NUMBERED.fullmatch(_plain(text))) and found[1]


def _read(rows, columns, knowledge):
    found = [{name: column[row] for name, row in rows.items() if column[row]} for column in columns]
    found = [cells for cells in found if cells]
    words = [{n: text for n, text in cells.items() if parse_number(text) is None} for cells in found]
    texts = [c for c in words if len(set(c.values())) > 0.8 * len(c) and len(c) >= LISTED * len(rows)]
    said = max(texts, key=lambda c: sum(map(len, c.values())) / len(c), default={})
    parts, legends, turned = {}, {}, {n for n, text in said.items() if _TURNED.search(text)}
    for cells in (c for c in found if c is not said):
        choices = {name: legend_in(text) for name, text in cells.items()}
        legends |= {name: legend for name, legend in choices.items() if legend}
        if not any(choices.values()) and len(set(cells.values())) <= MOST_KINDS * len(cells):
            own = {name: parts_named(text, knowledge) for name, text in cells.items()}
            if any(own.values()):
                # a scale that is none of ours is none of ours
                parts = {name: own.get(name, frozenset()) for name in rows}
        turned |= {name for name, text in cells.items() if _TURNED.search(text)}
    for column in columns:  # one that only says which are reversed
        if any(map(_TURNED.search, column[: min(rows.values())])):
            turned |= {name for name, row in rows.items() if _YES.fullmatch(column[row])}
    return CodeBook(said, parts, legends, frozenset(turned))


def legend_in(text: str) -> dict[str, str]:
    """{code: answer} of a text such as 1=非常不同意 2=不同意 3=…, 非常不同意=1 … or A完全赞成 B赞成 C….

    Of numbers the two ends are enough (1代表非常不同意，5代表非常同意); else empty for fewer than three.
    """
    text = unicodedata.normalize("NFKC", text)
    turned = {code: word for word, code in _ANSWER.findall(text)}
    found = turned if len(turned) > 1 else dict(_CHOICE.findall(text))
    numbers = [int(code) for code in found if code.lstrip("-").isdigit()]
    ends = len(numbers) == 2 and max(numbers) - min(numbers) >= LEAST_STEPS
    return found if (len(found) > 2 or ends) and len(set(found.values())) == len(found) else {}


def parts_named(text: str, knowledge) -> frozenset:
    """Letters of the items (EE, CY …) of the scale or subscale that a text names; empty where it names none."""
    plain = normal_heading(text)
    found = {name for name, words in knowledge.hints["scale"].items() if re.search(words, plain)}
    whole = {name for name in found if name in knowledge.scales}
    within = {item.rstrip("0123456789") for name in whole for item in knowledge.scales[name]["items"]}
    own = found - whole
    return frozenset(own & within or own | within)
