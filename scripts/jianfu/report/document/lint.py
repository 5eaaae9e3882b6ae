"""What must hold of the finished documents: nothing unfilled, no code in a reader's text, no number without a source.

The files are read as they are handed out (make report-check); every complaint is (document, rule, what was found).
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from docx import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from pptx import Presentation
from pptx.oxml.ns import qn as pptx_name

from jianfu.core.labels import Labels
from jianfu.report.document.pages import filled, page_faults, set_by_office, table_faults, title_faults
from jianfu.report.document.quotes import found_again
from jianfu.report.document.render import DOCUMENTS

READERS = (
    "brief",
    "report",
    "slides",
)  # documents for readers who know no code; the appendix names files and columns
FRAME = ("Document Line", "Figure Picture", "Header", "Footer")  # styles of what is no sentence
EVERYWHERE = {
    "unfilled": re.compile("\\{\\{|\\{%|\\bnan\\b|\\bNone\\b|\\bundefined\\b|[\ue000\ue001]", re.ASCII),
    "doubled": re.compile(r"[，。；：、][，。；、]|（）|\(\)|,,|;;|:\s*[.;,](?!\d)|(?<!\.)\.\.(?!\.)"),
}
FOR_READERS = {
    "code": re.compile(r"\bH\d+[a-z]?\b|\b[A-G]\d{1,2}_\w+|\b[a-z]+_[a-z]\w*", re.ASCII),
    "file": re.compile(r"\.(?:csv|xlsx|yaml|json|parquet|py|smk)\b|\b\w+/\w+/", re.ASCII),
}
NAMED = ("scenario_S", "short_")  # labels of names that hold numbers
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?", re.ASCII)
# Numbers that belong to a word or to a unit: the scale of burnout, "per 1,000", "one standard deviation".
FIXED = re.compile(
    r"满分6分|out of 6|每?1000[名人]|1,000|\d+%(?:置信| conf)|高1个标准差"
    r"|无关联为1|no link: 1|表\d+|图\d+|(?:Table|Figure) \d+|^\d[\d.]* "
)


class Complaint(NamedTuple):
    """One thing that does not hold: the document, the rule, and the piece of text."""

    document: str
    rule: str
    found: str


def paragraphs(document) -> Iterator[tuple[str, str]]:
    """(style, text) of every paragraph of a Word file in its order, those in the cells of tables as well."""
    for element in document.element.body.iter(qn("w:p")):
        paragraph = Paragraph(element, document)
        yield paragraph.style.name, paragraph.text


def lines_of(slides) -> Iterator[tuple[str, str]]:
    """The same of slides, where the name of a shape stands for the style."""
    for slide in slides.slides:
        for shape in slide.shapes:
            for element in shape.element.iter(pptx_name("a:p")):
                yield shape.name, "".join(run.text or "" for run in element.iter(pptx_name("a:t")))


def lint_text(name: str, lines: Iterable[tuple[str, str]]) -> list[Complaint]:
    """Complaints about the text of one document, given as (style, text)."""
    rules = EVERYWHERE | (FOR_READERS if name in READERS else {})
    return [
        Complaint(name, rule, _around(text, match))
        for style, text in lines
        if style not in FRAME
        for rule, pattern in rules.items()
        for match in pattern.finditer(text)
    ]


def _around(text, match, most=12):
    return text[max(0, match.start() - most) : match.end() + most].strip()


def untraced_numbers(
    name: str, lines: Iterable[tuple[str, str]], made: pd.DataFrame, words: Labels
) -> list[Complaint]:
    """Numbers that brief or slides print, given as (style, text), and that no line of the table of numbers makes.

    made: as in ``tables/brief_numbers.csv``; words: labels, as names of scenarios and cohorts may hold numbers.
    """
    known = {number.lstrip("−") for number in made["number"]}
    names = [text for key, text in words.texts.items() if key.startswith(NAMED)]
    found = []
    for style, text in lines:
        if style in FRAME or style.startswith(("Heading", "Table Note")):
            continue
        for own in names:
            text = text.replace(own, "")
        text = FIXED.sub(" ", text)
        found += [
            Complaint(name, "number", _around(text, match))
            for match in NUMBER.finditer(text)
            if match[0].rstrip(",") not in known
        ]
    return found


def check_documents(release: str | Path, words: Labels, office: str | None) -> list[Complaint]:
    """Every complaint about the finished documents and slides below ``release``.

    office: the program that sets the pages of the Word files; without it those of the PDF alone are looked at.
    """
    release = Path(release)
    made = pd.read_csv(release / "tables" / "brief_numbers.csv", encoding="utf-8-sig", dtype=str)
    words_of = {name: Document(str(release / f"{name}.docx")) for name in DOCUMENTS}
    texts = {name: list(paragraphs(document)) for name, document in words_of.items()}
    texts["slides"] = list(lines_of(Presentation(str(release / "slides.pptx"))))
    return [
        *(complaint for name, lines in texts.items() for complaint in lint_text(name, lines)),
        *(c for name in ("brief", "slides") for c in untraced_numbers(name, texts[name], made, words)),
        *(Complaint("brief", "source", number) for number in found_again(made, release)),
        *(
            Complaint(name, *fault)
            for name, document in words_of.items()
            for fault in (
                *page_faults(name, filled(release / f"{name}.pdf", name)),
                *table_faults(document),
                *title_faults(document),
            )
        ),
        *(word_pages(release, office) if office else ()),
    ]


def word_pages(release: Path, office: str) -> Iterator[Complaint]:
    """Complaints about the pages of the Word files below ``release`` as the program ``office`` sets them."""
    with tempfile.TemporaryDirectory() as folder:
        files = [release / f"{name}.docx" for name in DOCUMENTS]
        for name, pdf in zip(DOCUMENTS, set_by_office(office, files, Path(folder)), strict=True):
            yield from (Complaint(f"{name}.docx", *fault) for fault in page_faults(name, filled(pdf, name)))
