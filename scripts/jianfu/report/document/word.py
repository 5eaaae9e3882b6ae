"""Word file of the report: styles built here, body by pandoc, tables and properties finished with python-docx.

Fonts are named, not embedded: 宋体 (body), 黑体 (headings and titles), 仿宋 (cover and notes) and Times New Roman.
Nothing is used that Word 2010 does not know, and no field asks to be updated.
"""

import subprocess
import zipfile
from dataclasses import dataclass
from datetime import datetime

import pypandoc
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt, RGBColor

from jianfu.report.document.convert import pandoc
from jianfu.report.tables.table import is_short

SONG, HEI, FANG, LATIN = "宋体", "黑体", "仿宋", "Times New Roman"
BLACK, RED = RGBColor(0, 0, 0), RGBColor(0xB0, 0, 0x20)
GROUP_SPACE = 8  # points above a row that begins a group
FIXED_DATE = datetime(2000, 1, 1)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
MARGINS = {
    "top_margin": 3.0,
    "bottom_margin": 2.8,
    "left_margin": 2.8,
    "right_margin": 2.6,
}  # cm; text 15.6 wide


@dataclass(frozen=True)
class Look:
    """Look of a paragraph style: East Asian font, size and spacing in points, line spacing in lines or exact points."""

    font: str
    size: float
    align: int = ALIGN.LEFT
    before: float = 0
    after: float = 0
    lines: float = 1.5
    exact: float = 0
    indent_chars: int = 0
    left: float = 0
    hanging: float = 0
    keep_next: bool = False
    color: RGBColor = BLACK


STYLES = {
    "Normal": Look(SONG, 12),
    "Body Text": Look(SONG, 12, ALIGN.JUSTIFY, indent_chars=200),
    "First Paragraph": Look(SONG, 12, ALIGN.JUSTIFY, indent_chars=200),
    "Compact": Look(SONG, 9, exact=12, before=1.5, after=1.5),
    "Heading 1": Look(HEI, 16, before=18, after=8, lines=1.2, keep_next=True),
    "Heading 2": Look(HEI, 14, before=12, after=6, lines=1.2, keep_next=True),
    "Table Title": Look(HEI, 10.5, ALIGN.CENTER, before=12, after=4, lines=1.2, keep_next=True),
    "Table Note": Look(FANG, 9, ALIGN.JUSTIFY, before=2, after=2, lines=1.1),
    "Figure Picture": Look(SONG, 12, ALIGN.CENTER, before=8, lines=1.0, keep_next=True),
    "Figure Title": Look(HEI, 10.5, ALIGN.CENTER, before=4, after=12, lines=1.2),
    "Reference": Look(SONG, 10.5, lines=1.2, after=3, left=21, hanging=21),
    "Contents Title": Look(HEI, 16, ALIGN.CENTER, before=6, after=12, lines=1.2),
    "Contents Hint": Look(FANG, 9, ALIGN.CENTER, after=6, lines=1.0),
    "Contents 1": Look(SONG, 12, before=1, lines=1.0),
    "Contents 2": Look(SONG, 10.5, left=24, lines=1.0),
    "Cover Mark": Look(HEI, 18, ALIGN.CENTER, before=36, after=60, lines=1.2, color=RED),
    "Cover Title": Look(HEI, 24, ALIGN.CENTER, after=18, lines=1.3),
    "Cover Subtitle": Look(FANG, 16, ALIGN.CENTER, after=12, lines=1.3),
    "Cover Province": Look(FANG, 16, ALIGN.CENTER, after=120, lines=1.3),
    "Cover Line": Look(FANG, 16, ALIGN.CENTER, after=8, lines=1.2),
    "Cover Note": Look(FANG, 10.5, ALIGN.CENTER, before=60, lines=1.3),
    "Header": Look(SONG, 9, ALIGN.CENTER, lines=1.0),
    "Footer": Look(SONG, 9, ALIGN.CENTER, lines=1.0),
}


def write_docx(source, report, output, metadata, tables) -> None:
    """Write the Word file.

    source: Markdown file beside the pictures; metadata: title, author, mark, chinese (or empty); tables: the tables in
    it, in order.
    """
    reference = source.with_name("reference.docx")
    body = source.with_name("body.docx")
    write_reference(reference, metadata)
    options = ["--reference-doc", str(reference), "--resource-path", str(source.parent)]
    pandoc(source, "docx", report, body, options)
    document = Document(body)
    for shape, table in zip(document.tables, tables, strict=True):
        finish_table(shape, table.groups, is_short(table))
    lay_out_pages(document)
    finish_settings(document, metadata)
    document.save(body)
    fix_zip(body, output)


def write_reference(path, metadata) -> None:
    """Pandoc's own reference document with our styles, page, header and footer."""
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    document = Document(path)
    for name, look in STYLES.items():
        style_paragraph(document.styles, name, look, bool(metadata["chinese"]))
    set_defaults(document, metadata)
    set_page(document, metadata)
    document.save(path)


def style_paragraph(styles, name, look, chinese) -> None:
    """Create or overwrite one paragraph style."""
    known = {style.name for style in styles}
    style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = None if name == "Normal" else styles["Normal"]
    style.font.size, style.font.bold, style.font.italic = Pt(look.size), False, False
    style.font.color.rgb = look.color
    set_fonts(style.element.get_or_add_rPr(), look.font)
    layout = style.paragraph_format
    layout.alignment = ALIGN.LEFT if look.align == ALIGN.JUSTIFY and not chinese else look.align
    layout.space_before, layout.space_after = Pt(look.before), Pt(look.after)
    if look.exact:
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(look.exact)
    else:
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.MULTIPLE, look.lines
    layout.keep_with_next = look.keep_next
    layout.left_indent, layout.first_line_indent = Pt(look.left), Pt(-look.hanging)
    if look.indent_chars:
        if chinese:
            layout.first_line_indent = Pt(look.size * look.indent_chars / 100)
            style.element.pPr.ind.set(qn("w:firstLineChars"), str(look.indent_chars))
        else:
            layout.space_after = Pt(6)


def set_fonts(properties, east_asian) -> None:
    """Name the fonts of a run property element for Latin and for East Asian characters."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is not None:
        properties.remove(fonts)
    fonts = OxmlElement("w:rFonts")
    for script, name in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", east_asian), ("cs", LATIN)):
        fonts.set(qn(f"w:{script}"), name)
    properties.insert(0, fonts)


def set_defaults(document, metadata) -> None:
    """Fonts and languages of the document; bold text and links in the document's own colours."""
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    set_fonts(defaults, SONG)
    language = defaults.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        defaults.append(language)
    for key, value in (("val", "en-US"), ("eastAsia", "zh-CN"), ("bidi", "ar-SA")):
        language.set(qn(f"w:{key}"), value)
    link = document.styles["Hyperlink"]
    link.font.color.rgb, link.font.underline = BLACK, False


def set_page(document, metadata) -> None:
    """A4; the mark in the header of every page, the page number in the footer."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    for margin, width in MARGINS.items():
        setattr(section, margin, Cm(width))
    section.header_distance, section.footer_distance = Cm(1.8), Cm(1.7)
    section.different_first_page_header_footer = True
    add_header(section.first_page_header, "", metadata["mark"])
    add_header(section.header, metadata["title"], metadata["mark"])
    add_page_number(section.footer.paragraphs[0])
    section.first_page_footer.paragraphs[0].text = ""


def add_header(header, title, mark) -> None:
    """Title and, in red, the mark of synthetic data."""
    paragraph = header.paragraphs[0]
    paragraph.text = title + ("　　" if title and mark else "")
    if mark:
        run = paragraph.add_run(mark)
        run.font.color.rgb = RED
        set_fonts(run._element.get_or_add_rPr(), HEI)


def add_page_number(paragraph) -> None:
    """``— 3 —`` with a PAGE field."""
    paragraph.add_run("— ")
    for kind, text in (("begin", None), (None, "PAGE"), ("separate", None), ("text", "1"), ("end", None)):
        run = paragraph.add_run(text if kind == "text" else "")
        if kind is None:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._element.append(code)
        elif kind != "text":
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
    paragraph.add_run(" —")


def finish_table(table, groups, whole) -> None:
    """Three-line borders, space above rows that begin a group, the header repeated, no row across pages.

    A ``whole`` table is kept on one page.
    """
    properties = table._tbl.tblPr
    for tag in ("w:tblBorders", "w:jc"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    layout = properties.find(qn("w:tblLayout"))
    centred = OxmlElement("w:jc")
    centred.set(qn("w:val"), "center")
    properties.insert(properties.index(layout), centred)
    properties.insert(properties.index(layout), borders("w:tblBorders", top=12, bottom=12))
    properties.insert(properties.index(layout) + 1, cell_margins())
    rows = table.rows
    for index, row in enumerate(rows):
        row_properties = row._tr.get_or_add_trPr()
        row_properties.insert(0, OxmlElement("w:cantSplit"))
        together = whole or index in (0, len(rows) - 1)
        for cell in row.cells:
            cell_properties = cell._tc.get_or_add_tcPr()
            sides = {"top": 12, "bottom": 6} if index == 0 else {}
            sides |= {"bottom": 12} if index == len(rows) - 1 else {}
            if sides:
                cell_properties.append(borders("w:tcBorders", **sides))
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True if together else None
                if index - 1 in groups:
                    paragraph.paragraph_format.space_before = Pt(GROUP_SPACE)


def borders(tag, **sides) -> BaseOxmlElement:
    """A border element; sides in eighths of a point (12 is 1.5 pt, 6 is 0.75 pt)."""
    element = OxmlElement(tag)
    for side in ("top", "left", "bottom", "right"):
        if side in sides:
            line = OxmlElement(f"w:{side}")
            for key, value in (
                ("val", "single"),
                ("sz", str(sides[side])),
                ("space", "0"),
                ("color", "000000"),
            ):
                line.set(qn(f"w:{key}"), value)
            element.append(line)
    return element


def cell_margins() -> BaseOxmlElement:
    """3 pt left and right of the text of a cell."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    return margins


def lay_out_pages(document) -> None:
    """New pages after the cover and around the contents; notes of a table on one page."""
    paragraphs = document.paragraphs
    for one, following in zip(paragraphs, paragraphs[1:], strict=False):
        before, after = one.style.name, following.style.name
        if after == "Contents Title" or after == "Heading 1" and before.startswith(("Cover", "Contents")):
            following.paragraph_format.page_break_before = True
        if before == after and before == "Table Note":
            one.paragraph_format.keep_with_next = True


def finish_settings(document, metadata) -> None:
    """Properties with fixed dates; the compatibility mode of Word 2010."""
    core = document.core_properties
    core.title, core.author, core.last_modified_by = metadata["title"], metadata["author"], ""
    core.keywords = metadata["mark"]
    core.created = core.modified = FIXED_DATE
    core.revision = 1
    settings = document.settings.element
    compat = settings.find(qn("w:compat"))
    if compat is None:
        compat = OxmlElement("w:compat")
        settings.find(qn("w:rsids")).addprevious(compat)
    mode = OxmlElement("w:compatSetting")
    for key, value in (
        ("name", "compatibilityMode"),
        ("uri", "http://schemas.microsoft.com/office/word"),
        ("val", "14"),
    ):
        mode.set(qn(f"w:{key}"), value)
    compat.append(mode)


def fix_zip(source, target) -> None:
    """Copy a zip archive with fixed times, so that equal content gives equal bytes."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            new.writestr(entry, old.read(name))
