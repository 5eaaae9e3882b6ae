"""From templates and numbers to Markdown, one source per document for its Word, PDF and HTML."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jianfu.core.labels import Labels
from jianfu.report.document.blocks import Blocks, Picture, escape, settle
from jianfu.report.document.context import month_zh
from jianfu.report.tables.table import Table

BRIEF, REPORT, APPENDIX = DOCUMENTS = ("brief", "report", "appendix")
NUMBERS = {
    APPENDIX: {"table": "appendix_table_number", "figure": "appendix_figure_number"},
    REPORT: {"table": "table_number", "figure": "figure_number"},
    BRIEF: {"table": "table_number", "figure": "figure_number"},
}
CONTENTS = "::: {{#contents depth={depth}}}\n{title}\n:::"  # filled by report.lua
DEPTH = {BRIEF: 1, REPORT: 1, APPENDIX: 2}  # of the contents


def render_documents(
    templates: str | Path,
    context: Mapping,
    pictures: Mapping[str, Picture],
    labels: Labels,
    references: Labels,
) -> dict[str, tuple[str, list[Table]]]:
    """Markdown of each document and the tables in it, in order.

    templates: folder with ``<document>.<language>.md.jinja``; context: what
    :func:`jianfu.report.document.context.collect` returns; pictures: of the figures that have something to show.
    """
    blocks = {
        name: Blocks(
            context["tables"], pictures, context["needs"], labels, references, NUMBERS[name], context["mark"]
        )
        for name in DOCUMENTS
    }
    texts = {
        name: environment(templates, own, labels, DEPTH[name])
        .get_template(f"{name}.{labels.language}.md.jinja")
        .render(**context, without=context["settings"]["report"]["without"])
        for name, own in blocks.items()
    }
    return {
        name: (
            settle(text, blocks[name], blocks[APPENDIX]),
            [context["tables"][table] for table in blocks[name].order["table"]],
        )
        for name, text in texts.items()
    }


def render_slides(
    templates: str | Path, context: Mapping, charts: Iterable[str], labels: Labels, references: Labels
) -> str:
    """The text of the slides, from the numbers of the brief; charts: names of those that have something to show."""
    blocks = Blocks(
        context["tables"], {}, context["needs"], labels, references, NUMBERS[BRIEF], context["mark"]
    )
    template = environment(templates, blocks, labels, 0).get_template(f"slides.{labels.language}.jinja")
    return template.render(**context, charts=charts, without=context["settings"]["report"]["without"])


def environment(templates: str | Path, blocks: Blocks, labels: Labels, depth: int) -> Environment:
    """What the templates of one document may call; depth: of the headings in its contents."""
    found = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=False,
        comment_start_string="{##",  # {# opens an identifier of a heading
        comment_end_string="##}",
    )
    found.filters |= {
        "md": escape,
        "thousands": lambda value: f"{value:,}",
        "fixed": lambda value, digits: f"{value:.{digits}f}",
        "month": month_zh if labels.language == "zh" else str,
    }
    found.globals |= {
        "table": blocks.table,
        "table_ref": blocks.table_ref,
        "figure": blocks.figure,
        "figure_ref": blocks.figure_ref,
        "has": blocks.has,
        "cite": blocks.cite,
        "references": blocks.bibliography,
        "label": labels,
        "contents": CONTENTS.format(title=labels("contents_title"), depth=depth),
    }
    return found
