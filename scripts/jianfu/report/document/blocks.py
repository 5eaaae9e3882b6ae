"""Tables, figures, mentions and citations of one document as Markdown, numbered in the order in which they stand.

The blocks are Divs with a ``custom-style``: Word takes it as the paragraph style, ``workflow/report/report.lua`` turns
it into calls of the PDF template, and the web page addresses it in its style sheet. A number is not known before the
template has been filled, nor whether the object stands in this document or in the appendix: until
:func:`settle` puts them in, a mention is ``kind:name`` between two private characters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.report.tables.table import NOTHING, SIZES, Table, columns_of, is_short, printed

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#$~^@])")
OPEN, CLOSE = "\ue000", "\ue001"
MENTION = re.compile(f"{OPEN}(\\w+):(\\w+){CLOSE}")
PAGE_CM = 22.0
# A picture and its title: the most that is left blank where they go to the next page, and what is set as high as that.
THIRD_CM, NEARLY_CM = 6.4, 9.0
EMPTY = "\ue002"  # in the place of a mention of what stands nowhere
IN_LIST = re.compile(f"(?<={CLOSE})(?:和|、|, | and ){EMPTY}|{EMPTY}(?:和|、|, | and )(?=[{OPEN}{EMPTY}])")
IN_BRACKETS = re.compile(f"（{EMPTY}）| \\({EMPTY}\\)")
SENTENCES = re.compile(r"(?<=。)|(?<=\. )(?=[^a-z])")
CLAUSES = re.compile(f"(?=[，；]|; |, {EMPTY})")  # a comma parts clauses in Chinese alone
ENDS = re.compile(r"[。.]? *$")
INTERVAL = re.compile(r"(\[[^\],]*), ([^\],]*\])")
ANCHORS = {"table": "tab", "figure": "fig"}


def escape(value) -> str:
    """Text that Markdown prints as it stands; line breaks become ``<br>``."""
    text = "" if missing(value) else str(value)
    return SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def styled(style: str, text: str, identifier: str = "") -> str:
    """A paragraph with a named style."""
    anchor = f" #{identifier}" if identifier else ""
    return f'::: {{custom-style="{style}"{anchor}}}\n{text}\n:::'


def pipe_table(table: Table) -> str:
    """Header and body of a table as a pipe table whose dashes carry the relative widths of its columns, in a Div that
    says which rows begin a group and in which size it is set, where that is not the usual one."""
    columns = columns_of(table)
    widths = columns.widths
    rule = []
    for column, width in enumerate(widths):
        dashes = "-" * max(3, round(400 * width / sum(widths)))
        rule.append(f":{dashes}-" if column < table.left else f":{dashes}:")
    lines = ["|" + "|".join(map(escape, table.header)) + "|", "|" + "|".join(rule) + "|"]
    for cells in printed(table):
        cells = [INTERVAL.sub("\\1,\u00a0\\2", cell) if columns.whole else cell for cell in cells]
        lines.append("|" + "|".join(map(escape, cells)) + "|")
    size = "" if columns.size == SIZES[0] else f' size="{columns.size}"'
    groups, body = ",".join(map(str, table.groups)), "\n".join(lines)
    return f'::: {{.three-line groups="{groups}"{size}}}\n\n{body}\n\n:::'


def shows(table: Table) -> bool:
    """Whether a table has rows; one of results, which names its source, also a cell beside the names of its rows."""
    if not table.source:
        return bool(table.rows)
    return any(cell not in ("", NOTHING) for row in table.rows for cell in row[max(table.left, 1) :])


@dataclass(frozen=True)
class Picture:
    """A figure that may be shown: file name beside the Markdown source, width and height in cm."""

    file: str
    width: float
    height: float

    def width_within(self, height: float) -> float:
        """Width at which the picture is at most so high, and no higher than a third of a page where it nearly is."""
        height = min(height, THIRD_CM if self.height < NEARLY_CM else height)
        return self.width * min(1.0, height / self.height)


@dataclass
class Blocks:
    """What the template of one document calls, and in which order it called it.

    tables: Table by name; pictures: Picture of the figures that have something to show; needs: sentence on what an
    empty table or figure would need, by name; numbers: keys of the labels of a table and a figure number, those without
    one are not numbered; references: the sources that may be cited; mark: mark of synthetic data.
    """

    tables: Mapping[str, Table]
    pictures: Mapping[str, Picture]
    needs: Mapping[str, str]
    labels: Labels
    references: Labels
    numbers: Mapping[str, str]
    mark: str = ""
    order: dict[str, list[str]] = field(default_factory=lambda: {"table": [], "figure": []})
    cited: list[str] = field(default_factory=list)

    def table(self, name: str, title: str = "") -> str:
        """Title, three-line table, source and notes; of an empty table what it would need."""
        table = self.tables[name]
        if not shows(table):
            return self.needs[name]
        self.order["table"].append(name)
        mark = self.labels("in_brackets", text=self.mark) if self.mark else ""
        heading = self._caption("table", name, escape(title or table.title) + mark)
        below = [*([table.source] if table.source else []), *table.notes]
        notes = "\n\n".join(styled("Table Note", escape(line)) for line in below)
        whole = " .whole" if is_short(table) else ""
        return f"::: {{.table-block{whole}}}\n{heading}\n\n{pipe_table(table)}\n\n{notes}\n:::"

    def figure(self, name: str, title: str = "", height: float = PAGE_CM) -> str:
        """Picture, at most ``height`` cm high, and title below it; of an empty figure what it would need."""
        if name not in self.pictures:
            return self.needs[name]
        self.order["figure"].append(name)
        title = escape(title or self.labels(f"figure_{name}"))
        picture = self.pictures[name]
        image = f"![{title}]({picture.file}){{width={picture.width_within(height):.2f}cm}}"
        return f"::: figure-block\n{styled('Figure Picture', image)}\n\n{self._caption('figure', name, title)}\n:::"

    def _caption(self, kind, name, title):
        style = {"table": "Table Title", "figure": "Figure Title"}[kind]
        if kind not in self.numbers:
            return styled(style, title, anchor(kind, name))
        number = f"[{OPEN}{kind}:{name}{CLOSE}]{{.number of={anchor(kind, name)}}}"
        between = "　" if self.labels.language == "zh" else ". "
        return styled(style, f"{number}{between}{title}", anchor(kind, name))

    def table_ref(self, name: str) -> str:
        """A mention of a table, wherever it stands."""
        return f"{OPEN}see_table:{name}{CLOSE}"

    def figure_ref(self, name: str) -> str:
        """A mention of a figure, wherever it stands."""
        return f"{OPEN}see_figure:{name}{CLOSE}"

    def has(self, name: str) -> bool:
        """True if the table or figure has something to show."""
        return name in self.pictures or (name in self.tables and shows(self.tables[name]))

    def cite(self, *keys: str) -> str:
        """The raised number of one or more sources."""
        self.cited += [key for key in keys if key not in self.cited]
        return "".join(rf"^\[{self.cited.index(key) + 1}\]^" for key in keys)

    def bibliography(self) -> str:
        """The sources cited so far, in the order of their first citation."""
        lines = [rf"\[{n}\] {escape(self.references(key))}" for n, key in enumerate(self.cited, 1)]
        return styled("Reference", "\n\n".join(lines))

    def number_of(self, kind: str, name: str) -> str:
        """``表3``, ``附图2`` of an object that stands in this document."""
        return self.labels(self.numbers[kind], n=self.order[kind].index(name) + 1)


def anchor(kind: str, name: str) -> str:
    """Identifier of a table or figure; letters, digits and underscores only, as Word wants of a bookmark."""
    return f"{ANCHORS[kind]}_{name}"


def settle(text: str, own: Blocks, appendix: Blocks) -> str:
    """Put the numbers into a filled template: objects of ``own`` document linked within it, others in the appendix.

    What is said of an object that stands in neither, because it is empty, is left out.
    """

    def empty(match):
        kind, name = match[1].removeprefix("see_"), match[2]
        stands = kind == match[1] or name in own.order[kind] or name in appendix.order[kind]
        return match[0] if stands else EMPTY

    def replace(match):
        kind, name = match[1].removeprefix("see_"), match[2]
        if kind == match[1]:
            return own.number_of(kind, name)
        if name in own.order[kind]:
            return f"[{own.number_of(kind, name)}](#{anchor(kind, name)})"
        return f"[{appendix.number_of(kind, name)}](appendix#{anchor(kind, name)})"

    return MENTION.sub(replace, without_empty(MENTION.sub(empty, text)))


def without_empty(text: str) -> str:
    """``text`` without what is said of :data:`EMPTY` objects: their place in a list or in brackets, else the clause
    that mentions one, and the sentence that begins with one or has no other clause."""
    text = IN_BRACKETS.sub("", IN_LIST.sub("", text))
    return "\n".join(_clear(line) if EMPTY in line else line for line in text.split("\n"))


def _clear(line):
    return "".join(filter(None, map(_rest, SENTENCES.split(line)))).rstrip()


def _rest(sentence):
    """A sentence without its clauses on what is empty."""
    if EMPTY not in sentence:
        return sentence
    if sentence.startswith(EMPTY):
        return ""
    end = ENDS.search(sentence)[0]
    clauses = CLAUSES.split(sentence.removesuffix(end))
    kept = [clause for clause in clauses if EMPTY not in clause]
    return kept[0].lstrip("，；,; ") + "".join(kept[1:]) + end if kept else ""
