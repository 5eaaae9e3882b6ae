"""HTML tables, as systems export them under the name xls: every innermost table is a sheet.

A line break (<br>) or a block (<p>, <div>) in a cell is a line break of its text. Spans are bounded as in browsers.
"""

import lxml.etree
import lxml.html
import pyarrow as pa

from jianfu.ingest.sheet import MAX_CELLS, Sheet, unreadable

BLOCKS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre")
MOST_COLUMNS, MOST_ROWS = 1_000, 65_534  # that one cell may span, by the standard of HTML


def is_html(text):
    """Whether a text begins like an HTML page or table."""
    start = text[:2000].lstrip("\ufeff \r\n\t").lower()
    return start.startswith("<") and any(
        tag in start for tag in ("<html", "<table", "<!doctype", "<meta", "<tr")
    )


def html_sheets(content, name):
    """The tables of a page (UTF-8) as sheets; raises :class:`DataError` where there is none, or one is too large."""
    try:
        document = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.LxmlError:
        raise unreadable(name, "html_unreadable") from None
    _break_lines(document)
    tables = [table for table in document.iter("table") if table.find(".//table") is None]
    sheets = []
    for number, table in enumerate(tables, start=1):
        label = "" if len(tables) == 1 else f"表{number}"
        rows, merged = _grid(table)
        width = 1 + max((max(row, default=0) for row in rows), default=-1)
        if width * len(rows) > MAX_CELLS:
            raise unreadable(name, "sheet_too_wide", sheet=label or name)
        if rows:
            columns = [pa.array([row.get(i, "") for row in rows], pa.string()) for i in range(width)]
            sheets.append(Sheet(name, label, columns, merged))
    if not sheets:
        raise unreadable(name, "html_without_table")
    return sheets


def _break_lines(document):
    """Put a line break into the text where a page shows one."""
    for element in document.iter("br", *BLOCKS):
        element.tail = "\n" + (element.tail or "")
        if element.tag != "br":
            element.text = "\n" + (element.text or "")


def _grid(table):
    """Rows of an HTML table as {column: text} up to the last cell that says something, and its merged ranges."""
    rows, merged, taken = [], [], {}  # taken: column -> first row in which no cell from above stands
    for top, line in enumerate(table.iter("tr")):
        cells, column = {}, 0
        for cell in line.iterchildren("td", "th"):
            while taken.get(column, 0) > top:
                column += 1
            height, width = _span(cell, "rowspan", MOST_ROWS), _span(cell, "colspan", MOST_COLUMNS)
            text = cell.text_content().strip()
            if text:
                cells[column] = text
                if height * width > 1:
                    merged.append((top, column, top + height - 1, column + width - 1))
            taken |= dict.fromkeys(range(column, column + width), top + height)
            column += width
        rows.append(cells)
    return rows, [(top, left, min(bottom, len(rows) - 1), right) for top, left, bottom, right in merged]


def _span(cell, attribute, most):
    value = cell.get(attribute, "1").strip()
    return max(1, min(int(value), most)) if value.isdecimal() and len(value) < 10 else 1
