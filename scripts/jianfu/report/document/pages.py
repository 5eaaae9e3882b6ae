"""What must hold of the pages of the finished documents: none nearly empty, no more than there may be, tables whose
grid adds up, titles that stay with their objects. Pages are those of the PDF and those that LibreOffice makes of the
Word files, grids and titles those of the Word files.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pypdfium2
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from jianfu.report.document.word import BRIEF_MARGINS, MARGINS

MOST_PAGES = {"brief": 4, "report": 15}
MOST_BLANK = 1 / 3  # of a page that is not the last
LEAST_OF_LAST = 0.15  # of the last page of a brief
PAGE_CM, DOTS = 29.7, 0.4  # height of a page; dots per point of the picture that is looked at
WHITE = 250


def office() -> str | None:
    """The program LibreOffice, None where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def set_by_office(program: str, words: Sequence[Path], folder: Path) -> list[Path]:
    """PDFs of Word files below ``folder``, in their order, with the pages that LibreOffice (``program``) gives them.

    Raises ``subprocess.CalledProcessError`` where it fails, ``FileNotFoundError`` where it writes none.
    """
    command = [program, "--headless", f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"]
    command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, words)]
    subprocess.run(command, check=True, capture_output=True)
    made = [folder / f"{word.stem}.pdf" for word in words]
    for pdf in made:
        pdf.stat()
    return made


def filled(pdf: str | Path, document: str) -> list[float]:
    """How far down each page is filled, as a share of the room between the margins, without header and page number."""
    top, bottom = (BRIEF_MARGINS if document == "brief" else MARGINS)[:2]
    shares = []
    with pypdfium2.PdfDocument(str(pdf)) as pages:
        for page in pages:
            picture = page.render(scale=DOTS, grayscale=True).to_numpy()
            dots = len(picture) / PAGE_CM
            text = picture[round(top * dots) : round((PAGE_CM - bottom) * dots)]
            inked = np.flatnonzero((text < WHITE).reshape(len(text), -1).any(axis=1))
            shares.append(float(inked[-1] + 1) / len(text) if len(inked) else 0.0)
    return shares


def page_faults(document: str, shares: list[float]) -> Iterator[tuple[str, str]]:
    """(rule, page) of what does not hold of the pages of a document, from :func:`filled`."""
    if len(shares) > MOST_PAGES.get(document, len(shares)):
        yield "pages", str(len(shares))
    for number, share in enumerate(shares, 1):
        last = number == len(shares)
        if not last and 1 - share > MOST_BLANK or last and document == "brief" and share < LEAST_OF_LAST:
            yield "blank", f"{number}: {1 - share:.0%}"


def table_faults(word) -> Iterator[tuple[str, str]]:
    """(rule, table) of the tables of a Word file whose grid, rows and width do not add up."""
    for number, table in enumerate(word.tables, 1):
        grid = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))]
        width = table._tbl.tblPr.find(qn("w:tblW"))
        rows = [
            [int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in row.tc_lst]
            for row in table._tbl.tr_lst
        ]
        if {sum(grid), int(width.get(qn("w:w"))), *map(sum, rows)} != {sum(grid)}:
            yield "grid", str(number)


def title_faults(word) -> Iterator[tuple[str, str]]:
    """(rule, title) of the titles of a Word file that may be parted from their table or picture."""
    blocks = list(word.element.body.iterchildren(qn("w:p"), qn("w:tbl")))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.tag != qn("w:p"):
            continue
        paragraph = Paragraph(block, word)
        if paragraph.style.name not in ("Table Title", "Figure Picture"):
            continue
        own, usual = (
            paragraph.paragraph_format.keep_with_next,
            paragraph.style.paragraph_format.keep_with_next,
        )
        wanted = qn("w:tbl") if paragraph.style.name == "Table Title" else qn("w:p")
        if not (usual if own is None else own) or following is None or following.tag != wanted:
            yield "title", paragraph.text[:30]
