"""What must hold of the finished documents: nothing unfilled, no code in a reader's text, no number without a source.

The Word files are read as they are handed out (make report-check); every complaint is (document, rule, what was found).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from docx import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from jianfu.core.labels import Labels
from jianfu.report.document.quotes import found_again

READERS = ("brief", "report")  # documents for readers who know no code; the appendix names files and columns
FRAME = ("Document Line", "Figure Picture", "Header", "Footer")  # styles of what is no sentence
EVERYWHERE = {
    "unfilled": re.compile("\\{\\{|\\{%|\\bnan\\b|\\bNone\\b|\\bundefined\\b|[\ue000\ue001]", re.ASCII),
    "doubled": re.compile(r"[，。；：、][，。；、]|（）|\(\)|,,|;;|:\s*[.;,](?!\d)|(?<!\.)\.\.(?!\.)"),
}
FOR_READERS = {
    "code": re.compile(r"\bH\d+[a-z]?\b|\b[A-G]\d{1,2}_\w+|\b[a-z]+_[a-z]\w*", re.ASCII),
    "file": re.compile(r"\.(?:csv|xlsx|yaml|json|parquet|py|smk)\b|\b\w+/\w+/", re.ASCII),
}
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?", re.ASCII)
# Numbers that belong to a word or to a unit: cohorts, the scale of burnout, "per 1,000", "one standard deviation".
FIXED = re.compile(
    r"90后|1990s|满分6分|out of 6|每?1000[名人]|1,000|\d+%(?:置信| conf)|高1个标准差"
    r"|表\d+|图\d+|(?:Table|Figure) \d+|^\d[\d.]* "
)


class Complaint(NamedTuple):
    """One thing that does not hold: the document, the rule, and the piece of text."""

    document: str
    rule: str
    found: str


def paragraphs(document) -> Iterator[Paragraph]:
    """Every paragraph of a Word file in its order, those in the cells of tables as well."""
    for element in document.element.body.iter(qn("w:p")):
        yield Paragraph(element, document)


def lint_text(name: str, document) -> list[Complaint]:
    """Complaints about the text of one document."""
    rules = EVERYWHERE | (FOR_READERS if name in READERS else {})
    return [
        Complaint(name, rule, _around(paragraph.text, match))
        for paragraph in paragraphs(document)
        if paragraph.style.name not in FRAME
        for rule, pattern in rules.items()
        for match in pattern.finditer(paragraph.text)
    ]


def _around(text, match, most=12):
    return text[max(0, match.start() - most) : match.end() + most].strip()


def untraced_numbers(document, made: pd.DataFrame, words: Labels) -> list[Complaint]:
    """Numbers that the brief prints and that no line of its table of numbers makes.

    made: as in ``tables/brief_numbers.csv``; words: labels, as the names of scenarios may hold numbers of their own.
    """
    known = {number.lstrip("−") for number in made["number"]}
    names = [text for key, text in words.texts.items() if key.startswith("scenario_S")]
    found = []
    for paragraph in paragraphs(document):
        if paragraph.style.name in FRAME or paragraph.style.name.startswith(("Heading", "Table Note")):
            continue
        text = paragraph.text
        for name in names:
            text = text.replace(name, "")
        text = FIXED.sub(" ", text)
        found += [
            Complaint("brief", "number", _around(text, match))
            for match in NUMBER.finditer(text)
            if match[0].rstrip(",") not in known
        ]
    return found


def check_documents(release: str | Path, words: Labels) -> list[Complaint]:
    """Every complaint about the finished documents below ``release``."""
    release = Path(release)
    made = pd.read_csv(release / "tables" / "brief_numbers.csv", encoding="utf-8-sig", dtype=str)
    documents = {name: Document(str(release / f"{name}.docx")) for name in (*READERS, "appendix")}
    return [
        *(complaint for name, document in documents.items() for complaint in lint_text(name, document)),
        *untraced_numbers(documents["brief"], made, words),
        *(Complaint("brief", "source", number) for number in found_again(made, release)),
    ]
