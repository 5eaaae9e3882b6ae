"""PDF of the report by typst, with the bundled fonts embedded and nothing fetched."""

from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from jianfu.core.errors import DataError
from jianfu.report.document.convert import pandoc

FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent


def write_pdf(source, report, output, metadata) -> None:
    """Write the PDF. source: Markdown file beside the pictures; report: folder with report.typ; metadata: variables.

    Raises :class:`DataError` if the page layout cannot be set.
    """
    layout = source.with_suffix(".typ")
    options = ["--template", str(report / "report.typ")]
    for key, value in metadata.items():
        options += ["--variable", f"{key}={value}"] if value else []
    pandoc(source, "typst", report, layout, options)
    try:
        typst.compile(
            str(layout),
            output=str(output),
            root=str(source.parent),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            timestamp=0,
        )
    except typst.TypstError as error:
        raise DataError("report_not_set", message=str(error)) from error
