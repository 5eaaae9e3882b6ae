"""PDF of a document by typst, with the bundled fonts embedded and nothing fetched."""

import json
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from jianfu.core.errors import DataError
from jianfu.report.document.convert import pandoc

FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent


def write_pdf(source: Path, templates: Path, output, metadata) -> dict[str, int]:
    """Write the PDF and return the page of every heading by its identifier.

    source: Markdown file beside the pictures; templates: folder with report.typ; metadata: variables. Raises
    :class:`DataError` if the page layout cannot be set.
    """
    layout = source.with_suffix(".typ")
    options = ["--template", str(templates / "report.typ")]
    for key, value in metadata.items():
        options += ["--variable", f"{key}={value}"] if value else []
    pandoc(source, "typst", templates, layout, options)
    try:
        compiler = typst.Compiler(root=str(source.parent), font_paths=[str(FONTS)], ignore_system_fonts=True)
        Path(output).write_bytes(_compiled(compiler, str(layout)))
        pages = compiler.query("<pages>", field="value", one=True)
    except typst.TypstError as error:
        raise DataError("report_not_set", message=str(error)) from error
    return json.loads(pages) if isinstance(pages, str) else dict(pages)


def _compiled(compiler, layout):
    """The PDF with tags for readers of screens; without them where typst (0.15) fails on those of what it floats."""
    try:
        return compiler.compile(layout, format="pdf", timestamp=0)
    except typst.TypstError as error:
        if "internal error" not in str(error):
            raise
        return compiler.compile(layout, format="pdf", timestamp=0, pdf_tags=False)
