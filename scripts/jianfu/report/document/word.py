"""Word file of the report: styles built here, body by pandoc, tables and properties finished with python-docx.

Fonts are named, not embedded: 宋体 (body), 黑体 (headings and titles), 仿宋 (cover and notes) and Times New Roman.
Nothing is used that Word 2010 does not know, and no field asks to be updated.
"""

import subprocess
import zipfile
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import pypandoc
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt, RGBColor, Twips

from jianfu.report.document.convert import pandoc
from jianfu.report.tables.table import SIZES, columns_of, is_short
from jianfu.report.tables.table import text_width as half_widths

SONG, HEI, FANG, KAI, LATIN = "宋体", "黑体", "仿宋", "楷体", "Times New Roman"
XIAOBIAO = "方正小标宋简体"
BLACK, RED = RGBColor(0, 0, 0), RGBColor(0xB0, 0, 0x20)
GROUP_SPACE = 8  # points above a row that begins a group
MOST_KEPT = 1000  # half-width characters of notes or sources that stay on one page, about ten lines
FIXED_DATE = datetime(2000, 1, 1)
# What follows the mode of compatibility in the settings of a Word file.
AFTER_COMPAT = (
    *("w:docVars", "w:rsids", "m:mathPr", "w:attachedSchema", "w:themeFontLang", "w:clrSchemeMapping"),
    *("w:shapeDefaults", "w:decimalSymbol", "w:listSeparator"),
)
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
SIDES = ("top_margin", "bottom_margin", "left_margin", "right_margin")
MARGINS, BRIEF_MARGINS = (3.0, 2.8, 2.8, 2.6), (3.7, 3.5, 2.8, 2.6)  # cm; text 15.6 wide


@dataclass(frozen=True)
class Look:
    """Look of a paragraph style: East Asian font, size and spacing in points, lines at least (or exactly) so high.

    Lines are no lower than any usual font is (1.45 times its size), so that pages break alike whatever fonts are there.
    """

    font: str
    size: float
    align: int = ALIGN.LEFT
    before: float = 0
    after: float = 0
    line: float = 20
    exact: float = 0
    indent_chars: int = 0
    left: float = 0
    hanging: float = 0
    keep_next: bool = False
    page_tab: bool = False  # a dotted line to the page number at the right


# What the styles of a template of an office may be called instead; blanks and capitals do not count. Text that has no
# style of its own there is set as the template's usual paragraph.
CALLED = {
    "Body Text": ("正文文本", "公文正文", "报告正文", "正文缩进", "Normal Indent"),
    "First Paragraph": ("Body Text", "正文文本", "公文正文", "报告正文", "正文缩进", "Normal Indent"),
    "Heading 1": ("标题1", "一级标题", "公文一级标题", "公文标题1"),
    "Heading 2": ("标题2", "二级标题", "公文二级标题", "公文标题2"),
    "Table Title": ("表题", "表标题", "表名", "表题注", "题注", "Caption"),
    "Figure Title": ("图题", "图标题", "图名", "图题注", "题注", "Caption"),
    "Table Note": ("表注", "注释"),
    "Reference": ("参考文献", "Bibliography"),
    "TOC Heading": ("目录标题",),
    "toc 1": ("目录1",),
    "toc 2": ("目录2",),
    "Document Title": ("公文标题", "文件标题", "大标题", "标题", "Title"),
    "Header": ("页眉",),
    "Footer": ("页脚",),
}
TEXT = ("Body Text", "First Paragraph")
HEADINGS = {"Heading 1": 0, "Heading 2": 1}  # style: its level in the outline
STYLES = {
    "Normal": Look(SONG, 12),
    "Body Text": Look(SONG, 12, ALIGN.JUSTIFY, indent_chars=200),
    "First Paragraph": Look(SONG, 12, ALIGN.JUSTIFY, indent_chars=200),
    "Compact": Look(SONG, SIZES[0], exact=12, before=1.5, after=1.5),
    "Compact Small": Look(SONG, SIZES[1], exact=10, before=1.5, after=1.5),
    "Heading 1": Look(HEI, 15, before=14, after=6, line=22, keep_next=True),
    "Heading 2": Look(HEI, 13, before=10, after=4, keep_next=True),
    "Table Title": Look(HEI, 10.5, ALIGN.CENTER, before=10, after=4, line=16, keep_next=True),
    "Table Note": Look(FANG, 9, ALIGN.JUSTIFY, before=2, after=2, line=13),
    "Figure Picture": Look(SONG, 12, ALIGN.CENTER, before=8, keep_next=True),
    "Figure Title": Look(HEI, 10.5, ALIGN.CENTER, before=4, after=12, line=16),
    "Reference": Look(SONG, 10.5, line=16, after=3, left=21, hanging=21),
    "TOC Heading": Look(HEI, 13, ALIGN.CENTER, before=12, after=6, keep_next=True),
    "toc 1": Look(SONG, 10.5, before=1, line=16, page_tab=True),
    "toc 2": Look(SONG, 10.5, left=24, line=16, page_tab=True),
    "Document Title": Look(HEI, 22, ALIGN.CENTER, before=6, after=10, line=32),
    "Document Line": Look(FANG, 12, ALIGN.CENTER, after=4),
    "Lead": Look(HEI, 12, ALIGN.JUSTIFY, before=10, after=10),
    "Header": Look(SONG, 9, ALIGN.CENTER, line=13),
    "Footer": Look(SONG, 9, ALIGN.CENTER, line=13),
}
# A Chinese brief follows GB/T 9704: 仿宋 of the third size on 28 points, 小标宋 of the second for the title.
BRIEF_STYLES = STYLES | {
    "Body Text": Look(FANG, 16, ALIGN.JUSTIFY, exact=28, indent_chars=200),
    "First Paragraph": Look(FANG, 16, ALIGN.JUSTIFY, exact=28, indent_chars=200),
    "Heading 1": Look(HEI, 16, exact=28, indent_chars=200, keep_next=True),
    "Heading 2": Look(KAI, 16, exact=28, indent_chars=200, keep_next=True),
    "Document Title": Look(XIAOBIAO, 22, ALIGN.CENTER, after=10, exact=34),
    "Document Line": Look(KAI, 16, ALIGN.CENTER, exact=28),
    "Lead": Look(HEI, 16, ALIGN.JUSTIFY, before=8, after=8, exact=28, indent_chars=200),
    "Footer": Look(SONG, 14, ALIGN.CENTER),
}


def write_docx(source, templates, output, metadata, tables, pages, own_template) -> None:
    """Write the Word file.

    source: Markdown file beside the pictures; metadata: title, author, mark, document, chinese (or empty); tables: the
    tables in it, in order; pages: page of each heading by identifier, shown in the contents until Word counts itself;
    own_template: a Word file whose styles and pages are used instead of ours, or None.
    """
    reference = source.with_suffix(".reference.docx")
    body = source.with_suffix(".body.docx")
    write_reference(reference, metadata, own_template)
    options = ["--reference-doc", str(reference), "--resource-path", str(source.parent)]
    pandoc(source, "docx", templates, body, options)
    document = Document(body)
    for shape, table in zip(document.tables, tables, strict=True):
        if table.width:
            narrow_page(document.sections[0], table.width)
        finish_table(shape, table.groups, is_short(table), text_width(document.sections[0]))
        if columns_of(table).size != SIZES[0]:
            set_style(shape, document.styles["Compact Small"])
    keep_together(document)
    fit_pictures(document)
    show_pages(document, pages)
    finish_settings(document, metadata)
    document.save(body)
    fix_zip(body, output)


def write_reference(path, metadata, own_template) -> None:
    """The document whose styles, page, header and footer are taken: pandoc's own with ours, or ``own_template`` with
    its styles under our names, those of ours that it does not have, and the mark of synthetic data in its headers."""
    if own_template is None:
        command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
        path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    document = Document(path if own_template is None else own_template)
    looks = BRIEF_STYLES if metadata["document"] == "brief" and metadata["chinese"] else STYLES
    if own_template is None:
        set_defaults(document)
        set_page(document, metadata)
    width, chinese = text_width(document.sections[0]), bool(metadata["chinese"])
    called = {} if own_template is None else styles_of_office(document.styles)
    for name, look in looks.items():
        if own_template is None or not take_over(document.styles, name, look, called, chinese):
            style_paragraph(document.styles, name, look, chinese, width)
    if own_template is not None and metadata["mark"]:
        for section in document.sections:
            for header in (section.header, section.first_page_header, section.even_page_header):
                add_header(header, header.paragraphs[0].text, metadata["mark"])
    document.save(path)


def styles_of_office(styles) -> dict:
    """The paragraph styles of a template by their names without blanks and capitals. A style of another kind under a
    name of ours gets out of its way, and the usual paragraph is called Normal, whatever it was called."""
    for style in styles:
        if style.name in STYLES and style.type != WD_STYLE_TYPE.PARAGRAPH:
            style.name = f"{style.name} ({style.type.name.lower()})"
            style.element.styleId = f"{style.style_id}-{style.type.name.lower()}"
    usual = styles.default(WD_STYLE_TYPE.PARAGRAPH)
    if usual is not None and not any(style.name == "Normal" for style in styles):
        usual.name = "Normal"
    return {_plain(style.name): style for style in styles if style.type == WD_STYLE_TYPE.PARAGRAPH}


def _plain(name):
    return "".join(name.lower().split())


def take_over(styles, name, look, called, chinese) -> bool:
    """Set what is of style ``name`` of ours in that of a template: its own of that name, else one based on the first of
    :data:`CALLED` that it has. False where it has none.

    called: its styles, from :func:`styles_of_office`. Headings bring their numbers themselves and lose those of the
    template; what stays with the next paragraph does so here as well.
    """
    theirs = called[_plain(name)] if name in styles and _plain(name) in called else None
    names = (name, *CALLED.get(name, ()), *(["Normal"] if name in TEXT else []))
    base = next((called[_plain(other)] for other in names if _plain(other) in called), None)
    if theirs is None and base is None:
        return False
    if theirs is None:
        theirs = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        theirs.base_style = base
        if (
            name in TEXT
            and chinese
            and _plain(base.name) == "normal"
            and not base.paragraph_format.first_line_indent
        ):
            size = base.font.size or Pt(10.5)  # what Word takes where a template names none
            theirs.paragraph_format.first_line_indent = 2 * size
            indent = theirs.element.get_or_add_pPr().get_or_add_ind()
            indent.set(qn("w:firstLineChars"), "200")
    if look.keep_next:
        theirs.paragraph_format.keep_with_next = True
    if name in HEADINGS:
        properties = theirs.element.get_or_add_pPr()
        properties.get_or_add_numPr().get_or_add_numId().val = 0
        for tag in properties.findall(qn("w:outlineLvl")):
            properties.remove(tag)
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(HEADINGS[name]))
        properties.append(level)
    return True


def style_paragraph(styles, name, look, chinese, width) -> None:
    """Create or overwrite one paragraph style; ``width`` of the text in twentieths of a point."""
    known = {style.name for style in styles}
    style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles["Normal"] if name != "Normal" and ("Normal" in known) else None
    style.font.size, style.font.bold, style.font.italic = Pt(look.size), False, False
    style.font.color.rgb = BLACK
    set_fonts(style.element.get_or_add_rPr(), look.font)
    layout = style.paragraph_format
    layout.alignment = ALIGN.LEFT if look.align == ALIGN.JUSTIFY and not chinese else look.align
    layout.space_before, layout.space_after = Pt(look.before), Pt(look.after)
    layout.line_spacing = Pt(look.exact or look.line)
    layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY if look.exact else WD_LINE_SPACING.AT_LEAST
    layout.keep_with_next = look.keep_next
    layout.left_indent, layout.first_line_indent = Pt(look.left), Pt(-look.hanging)
    if look.page_tab:
        layout.tab_stops.add_tab_stop(Twips(width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
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


def set_defaults(document) -> None:
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
    """A4; title and mark in the header of every page (on the first the mark alone), the page number in the footer."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    margins = BRIEF_MARGINS if metadata["document"] == "brief" else MARGINS
    for side, width in zip(SIDES, margins, strict=True):
        setattr(section, side, Cm(width))
    section.header_distance, section.footer_distance = Cm(1.8), Cm(1.7)
    section.different_first_page_header_footer = True
    add_header(section.first_page_header, "", metadata["mark"])
    add_header(section.header, metadata["title"], metadata["mark"])
    for footer in (section.footer, section.first_page_footer):
        add_page_number(footer.paragraphs[0])


def narrow_page(section, width) -> None:
    """Margins that leave a text of ``width`` cm."""
    section.left_margin = section.right_margin = round((section.page_width - Cm(width)) / 2)


def text_width(section) -> int:
    """Width of the text of a section in twentieths of a point."""
    return round((section.page_width - section.left_margin - section.right_margin) / Twips(1))


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


def finish_table(table, groups, whole, width) -> None:
    """Three-line borders, the width of the text (``width``, twentieths of a point), space above rows that begin a
    group, the header repeated, no row across pages.

    A ``whole`` table is kept on one page, of a longer one the first rows with its title and the last with its notes.
    """
    properties = table._tbl.tblPr
    fill_width(table, width)
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
        together = whole or index < 3 or index > len(rows) - 3
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


def set_style(table, style) -> None:
    """One paragraph style for the texts of all cells."""
    for row in table.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.style = style


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


def fill_width(table, width) -> None:
    """Columns in their proportions whose sum is ``width`` exactly, in the grid and in every cell."""
    columns = table._tbl.tblGrid.findall(qn("w:gridCol"))
    shares = [int(column.get(qn("w:w"))) for column in columns]
    ends = [round(width * sum(shares[: n + 1]) / sum(shares)) for n in range(len(shares))]
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    for column, own in zip(columns, widths, strict=True):
        column.set(qn("w:w"), str(own))
    set_width(table._tbl.tblPr, "w:tblW", width)
    for row in table.rows:
        for cell, own in zip(row._tr.findall(qn("w:tc")), widths, strict=True):
            set_width(cell.get_or_add_tcPr(), "w:tcW", own)


def set_width(properties, tag, width) -> None:
    """The width of a table or cell in twentieths of a point."""
    element = properties.find(qn(tag))
    if element is None:
        element = OxmlElement(tag)
        properties.insert(0, element)
    element.set(qn("w:w"), str(width))
    element.set(qn("w:type"), "dxa")


def keep_together(document) -> None:
    """Notes of a table on one page; of long ones, and of the list of sources, the first two."""
    for style, run in groupby(document.paragraphs, key=lambda paragraph: paragraph.style.name):
        if style in ("Table Note", "Reference"):
            *leading, last = run
            short = (
                style == "Table Note" and sum(half_widths(one.text) for one in (*leading, last)) <= MOST_KEPT
            )
            for one in leading if short else leading[:1]:
                one.paragraph_format.keep_with_next = True


def fit_pictures(document) -> None:
    """No picture wider than the text, whatever the page of a template is."""
    most = Twips(text_width(document.sections[0]))
    for picture in document.inline_shapes:
        if picture.width > most:
            picture.height, picture.width = round(picture.height * most / picture.width), most


def show_pages(document, pages) -> None:
    """The page of each heading in what the PAGEREF fields of the contents show."""
    for code in document.element.body.iter(qn("w:instrText")):
        if code.text.strip().startswith("PAGEREF"):
            shown = code.getparent().getnext().getnext()
            shown.find(qn("w:t")).text = str(pages[code.text.split()[1]])


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
        settings.insert_element_before(compat, *AFTER_COMPAT)
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
