"""One table as a Word file of its own."""

import tempfile
from dataclasses import replace
from pathlib import Path

from jianfu.core.labels import Labels
from jianfu.report.document.blocks import Blocks, escape, settle, shows
from jianfu.report.document.word import write_docx
from jianfu.report.tables.table import JOURNAL_CM, Table


def write_table_docx(
    table: Table,
    path: str | Path,
    *,
    mark: str,
    labels: Labels,
    templates: str | Path,
    own_template: str | None,
    own_title: bool,
    journal: str | None,
) -> None:
    """The table as in the documents: three lines, title above, source and notes below; of an empty one a sentence.

    mark: of synthetic data, or ""; templates: folder with report.lua; own_template: a Word file whose styles are used;
    own_title: the title is the province's, which says its own number if any, else the table is numbered as Table 1;
    journal: a key of JOURNAL_CM, whose width it gets, or None.
    """
    table = replace(table, width=JOURNAL_CM.get(journal))
    numbers = {} if own_title else {"table": "table_number"}
    needs = {table.name: f"**{escape(table.title)}**\n\n{labels('need_data')}"}
    blocks = Blocks({table.name: table}, {}, needs, labels, labels, numbers, mark)
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
        write_docx(source, Path(templates), path, metadata, [table] if shows(table) else [], {}, own_template)
