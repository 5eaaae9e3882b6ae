"""One table as a Word file of its own."""

import tempfile
from pathlib import Path

from jianfu.core.labels import Labels
from jianfu.report.document.blocks import Blocks, settle
from jianfu.report.document.word import write_docx
from jianfu.report.tables.table import Table


def write_table_docx(
    table: Table,
    path: str | Path,
    *,
    mark: str,
    labels: Labels,
    templates: str | Path,
    own_template: str | None,
) -> None:
    """The table as in the documents: three lines, title above, source and notes below; numbered as Table 1.

    mark: of synthetic data, or ""; templates: folder with report.lua; own_template: a Word file whose styles are used.
    """
    blocks = Blocks({table.name: table}, {}, {}, labels, labels, {"table": "table_number"}, mark)
    chinese = labels.language == "zh"
    metadata = {
        "title": table.title,
        "author": "",
        "mark": mark,
        "document": "table",
        "lang": "zh-CN" if chinese else "en",
        "chinese": "yes" if chinese else "",
        "contents_title": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "table.md"
        source.write_text(settle(blocks.table(table.name), blocks, blocks), encoding="utf-8")
        write_docx(source, Path(templates), path, metadata, [table], {}, own_template)
