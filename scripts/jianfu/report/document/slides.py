"""Slides for PowerPoint: titles that are findings, points to edit, and charts whose numbers are released cells.

The text is that of ``workflow/report/slides.<language>.jinja``, a line for each title, point, chart, table and foot.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Cm, Pt

from jianfu.report.document.charts import Chart
from jianfu.report.document.word import FIXED_DATE, fix_zip
from jianfu.report.tables.table import Table, printed

WIDTH, HEIGHT, EDGE = 33.87, 19.05, 1.6  # cm
TITLE_TOP, BODY_TOP, BODY_HEIGHT, FOOT_TOP = 1.3, 4.2, 12.3, 17.2
HEI, LATIN = "微软雅黑", "Arial"
NOTE, HEADER, FOOTER = (
    "Table Note",
    "Header",
    "Footer",
)  # names of text boxes, as the styles of the Word files
INK, SOFT, RED = RGBColor(0x1C, 0x1C, 0x1C), RGBColor(0x60, 0x60, 0x60), RGBColor(0xB0, 0, 0x20)
COLOURS = ("1F4E79", "C05A00", "3B7A57", "8A1C5C", "6B6B6B")
FORMS = {
    "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "points": XL_CHART_TYPE.XY_SCATTER,
}
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Slide:
    """One slide: title, points, names of a chart and a table, foot."""

    title: str
    points: list[str] = field(default_factory=list)
    chart: str = ""
    table: str = ""
    note: str = ""


def read_slides(text: str) -> list[Slide]:
    """The slides of a filled template."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        mark, _, rest = line.partition(" ")
        if mark == "#":
            found.append(Slide(rest))
        elif mark == "-":
            found[-1].points.append(rest)
        else:
            setattr(found[-1], mark.removesuffix(":"), rest)
    return found


def write_slides(
    slides: Sequence[Slide],
    output: str | Path,
    metadata: Mapping[str, str],
    charts: Mapping[str, Chart],
    tables: Mapping[str, Table],
) -> None:
    """Write the file. metadata: title, author and mark, as the other documents have them; charts, tables: by name."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(WIDTH), Cm(HEIGHT)
    for number, slide in enumerate(slides, 1):
        page = deck.slides.add_slide(deck.slide_layouts[1])  # title and content
        chart, table = charts.get(slide.chart), tables.get(slide.table)
        beside, below = chart is not None, table is not None and bool(table.rows)
        width = (WIDTH - 2 * EDGE) * (0.4 if beside else 1)
        place(page.shapes.title, EDGE, TITLE_TOP, WIDTH - 2 * EDGE, 2.6)
        write(page.shapes.title, [slide.title], 30, bold=True)
        body = page.placeholders[1]
        place(body, EDGE, BODY_TOP + (9.0 if below else 0), width, BODY_HEIGHT - (9.0 if below else 0))
        write(body, slide.points, 18 if beside else 20)
        if beside:
            left = EDGE + width + 0.6
            add_chart(page, chart, (left, BODY_TOP, WIDTH - EDGE - left, BODY_HEIGHT))
        if below:
            add_table(page, table)
        write(add_box(page, NOTE, (EDGE, FOOT_TOP, WIDTH - 2 * EDGE - 2, 1.0)), [slide.note], 11, SOFT)
        right = {"align": PP_ALIGN.RIGHT}
        write(add_box(page, FOOTER, (WIDTH - EDGE - 2, FOOT_TOP, 2, 1.0)), [str(number)], 11, SOFT, **right)
        if metadata["mark"]:
            write(add_box(page, HEADER, (WIDTH - 9, 0.3, 8, 0.9)), [metadata["mark"]], 12, RED, **right)
    properties = deck.core_properties
    properties.title, properties.author, properties.last_modified_by = (
        metadata["title"],
        metadata["author"],
        "",
    )
    properties.keywords, properties.revision = metadata["mark"], 1
    properties.created = properties.modified = FIXED_DATE
    made = BytesIO()
    deck.save(made)
    fix_zip(made, output)


def place(shape, left: float, top: float, width: float, height: float) -> None:
    """Put a shape at a place, in cm."""
    shape.left, shape.top, shape.width, shape.height = map(Cm, (left, top, width, height))


def add_box(page, name: str, box):
    """An empty text box of a name at ``box`` (left, top, width, height in cm)."""
    shape = page.shapes.add_textbox(*map(Cm, box))
    shape.name = name
    return shape


def write(shape, lines, size, colour=INK, *, bold=False, align=PP_ALIGN.LEFT) -> None:
    """Paragraphs of a shape, in points and the two fonts."""
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for n, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.text, paragraph.alignment, paragraph.space_after = line, align, Pt(size / 2)
        for run in paragraph.runs:
            set_font(run.font, size, colour, bold=bold)


def set_font(font, size, colour=INK, *, bold=False) -> None:
    """Size, colour and the fonts for Latin and East Asian characters."""
    font.size, font.bold, font.name, font.color.rgb = Pt(size), bold, LATIN, colour
    properties = font._element
    for old in properties.findall(qn("a:ea")):
        properties.remove(old)
    east = properties.makeelement(qn("a:ea"), {"typeface": HEI})
    properties.find(qn("a:latin")).addnext(east)


def add_chart(page, chart: Chart, box) -> None:
    """A chart to edit, at ``box`` (left, top, width, height in cm); its shape is named after the released file."""
    if chart.form == "points":
        data = XyChartData()
        for name, values in chart.series.items():
            series = data.add_series(name)
            for x, y in zip(chart.categories, values, strict=True):
                series.add_data_point(x, y)
    else:
        data = CategoryChartData()
        data.categories = chart.categories
        for name, values in chart.series.items():
            data.add_series(name, values)
    shape = page.shapes.add_chart(FORMS[chart.form], *map(Cm, box), data)
    shape.name, drawn = chart.file, shape.chart
    book = drawn.part.chart_workbook
    book.update_from_xlsx_blob(without_time(book.xlsx_part.blob))
    set_font(drawn.font, 12)
    drawn.has_title = False
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    for axis, title in ((drawn.category_axis, chart.x_title), (drawn.value_axis, chart.y_title)):
        axis.has_title = bool(title)
        if title:
            axis.axis_title.text_frame.text = title
            set_font(axis.axis_title.text_frame.paragraphs[0].runs[0].font, 12)
    drawn.category_axis.tick_label_position = drawn.value_axis.tick_label_position = (
        XL_TICK_LABEL_POSITION.LOW
    )
    values = [value for own in chart.series.values() for value in own if value is not None]
    if chart.form != "points" and min(values) >= 0:
        drawn.value_axis.minimum_scale = 0  # the length of a bar is its value
    drawn.value_axis.major_gridlines.format.line.color.rgb = RGBColor(0xDD, 0xDD, 0xDD)
    for series, colour in zip(drawn.plots[0].series, COLOURS, strict=False):
        paint(series, RGBColor.from_string(colour), points=chart.form == "points")


def paint(series, colour, *, points) -> None:
    """The colour of a series; of points that of the marks, with no line between them."""
    target = series.marker.format if points else series.format
    target.fill.solid()
    target.fill.fore_color.rgb = colour
    if points:
        series.format.line.fill.background()


def add_table(page, table: Table) -> None:
    """A table of the documents, to edit."""
    rows = [table.header, *printed(table)]
    box = map(Cm, (EDGE, BODY_TOP, WIDTH - 2 * EDGE, 1.2 * len(rows)))
    shape = page.shapes.add_table(len(rows), len(table.header), *box)
    for cells, row in zip(rows, shape.table.rows, strict=True):
        for text, cell in zip(cells, row.cells, strict=True):
            cell.text = text
            for paragraph in cell.text_frame.paragraphs:
                for run in paragraph.runs:
                    set_font(run.font, 14, RGBColor(255, 255, 255) if cells is rows[0] else INK)


def without_time(workbook: bytes) -> bytes:
    """The workbook behind a chart with fixed times, so that equal content gives equal bytes."""
    fixed, stamp = BytesIO(), f"{FIXED_DATE:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(BytesIO(workbook)) as old, zipfile.ZipFile(fixed, "w") as new:
        for name in old.namelist():
            new.writestr(
                name, STAMP.sub(stamp, old.read(name)) if name == "docProps/core.xml" else old.read(name)
            )
    made = BytesIO()
    fix_zip(fixed, made)
    return made.getvalue()
