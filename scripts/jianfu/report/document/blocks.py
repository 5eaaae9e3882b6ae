"""Tables and figures as Markdown blocks with numbers, titles, sources and notes.

The blocks are Divs with a ``custom-style``: Word takes it as the paragraph style, ``workflow/report/report.lua``
turns it into calls of the PDF template, and the web page addresses it in its style sheet.
"""

import re

from jianfu.models.estimates import missing
from jianfu.report.tables.table import column_widths, is_short, printed

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#$~^@])")


def escape(value) -> str:
    """Text that Markdown prints as it stands; line breaks become ``<br>``."""
    text = "" if missing(value) else str(value)
    return SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def styled(style, text, identifier="") -> str:
    """A paragraph with a named style."""
    anchor = f" #{identifier}" if identifier else ""
    return f'::: {{custom-style="{style}"{anchor}}}\n{text}\n:::'


def pipe_table(table) -> str:
    """Header and body of a table as a pipe table whose dashes carry the relative widths."""
    widths = column_widths(table)
    rule = []
    for column, width in enumerate(widths):
        dashes = "-" * max(3, round(400 * width / sum(widths)))
        rule.append(f":{dashes}-" if column < table.left else f":{dashes}:")
    lines = ["|" + "|".join(map(escape, table.header)) + "|", "|" + "|".join(rule) + "|"]
    for cells in printed(table):
        cells = [cell.replace(", ", ",\u00a0") if cell.startswith("[") else cell for cell in cells]
        lines.append("|" + "|".join(map(escape, cells)) + "|")
    return "\n".join(lines)


class Blocks:
    """Numbered tables and figures in one fixed order each.

    tables: Table by name; figures: path and width (cm) of the picture by name; the orders give the numbers. Calling
    :meth:`table` or :meth:`figure` gives the block, :meth:`table_ref` and :meth:`figure_ref` a linked ``表3``.
    ``shown`` lists the tables with a body that were asked for, in order.
    """

    def __init__(self, tables, table_order, figures, figure_order, labels, mark=""):
        self.tables, self.table_order = tables, table_order
        self.figures, self.figure_order = figures, figure_order
        self.labels, self.mark = labels, mark
        self.shown = []

    def table_name(self, name):
        """``表3`` / ``Table 3``."""
        return self.labels("table_number", n=self.table_order.index(name) + 1)

    def figure_name(self, name):
        """``图3`` / ``Figure 3``."""
        return self.labels("figure_number", n=self.figure_order.index(name) + 1)

    def table_ref(self, name):
        """A linked mention of a table."""
        return f"[{self.table_name(name)}](#tab-{name})"

    def figure_ref(self, name):
        """A linked mention of a figure."""
        return f"[{self.figure_name(name)}](#fig-{name})"

    def table(self, name):
        """Title, three-line table, source and notes."""
        table = self.tables[name]
        mark = self.labels("in_brackets", text=self.mark) if self.mark else ""
        title = f"{self.table_name(name)}　{escape(table.title)}{mark}"
        heading = styled("Table Title", title, f"tab-{name}")
        if not table.rows:
            return f"{heading}\n\n{styled('Table Note', self.labels('table_empty'))}"
        self.shown.append(table)
        groups = ",".join(map(str, table.groups))
        body = f'::: {{.three-line groups="{groups}"}}\n\n{pipe_table(table)}\n\n:::'
        below = [*([table.source] if table.source else []), *table.notes]
        notes = "\n\n".join(styled("Table Note", escape(line)) for line in below)
        whole = " .whole" if is_short(table) else ""
        return f"::: {{.table-block{whole}}}\n{heading}\n\n{body}\n\n{notes}\n:::"

    def figure(self, name):
        """Picture and title below it."""
        title = self.labels(f"figure_{name}")
        path, width = self.figures[name]
        picture = f"![{escape(title)}]({path}){{width={width:.2f}cm}}"
        caption = styled("Figure Title", f"{self.figure_name(name)}　{escape(title)}", f"fig-{name}")
        return f"::: figure-block\n{styled('Figure Picture', picture)}\n\n{caption}\n:::"
