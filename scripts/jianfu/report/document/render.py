"""From template and numbers to Markdown, the one source of Word, PDF and HTML."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jianfu.core.labels import Labels
from jianfu.report.document.blocks import Blocks, escape
from jianfu.report.document.context import FIGURES, month_zh
from jianfu.report.tables.table import Table

CONTENTS = "::: {{#contents}}\n{title}\n\n{hint}\n:::"  # filled by report.lua


def render_markdown(template, context, pictures, labels: Labels) -> tuple[str, list[Table]]:
    """Markdown of the report and the tables in it, in order.

    template: path of ``report.<language>.md.jinja``; context: what :func:`jianfu.report.document.context.collect`
    returns; pictures: path and width (cm) of the picture of each figure by name.
    """
    template = Path(template)
    blocks = Blocks(context["tables"], context["table_order"], pictures, FIGURES, labels, context["mark"])
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        autoescape=False,
        comment_start_string="{##",  # {# opens an identifier of a heading
        comment_end_string="##}",
    )
    zh = labels.language == "zh"
    environment.filters |= {
        "md": escape,
        "thousands": lambda value: f"{value:,}",
        "fixed": lambda value, digits: f"{value:.{digits}f}",
        "month": month_zh if zh else str,
    }
    environment.globals |= {
        "table": blocks.table,
        "table_ref": blocks.table_ref,
        "figure": blocks.figure,
        "figure_ref": blocks.figure_ref,
        "label": labels,
        "contents": CONTENTS.format(title=labels("contents_title"), hint=labels("contents_hint")),
    }
    return environment.get_template(template.name).render(**context), blocks.shown
