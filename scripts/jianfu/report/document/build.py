"""One Markdown source from released files, and the three files made from it."""

import shutil
import tempfile
from pathlib import Path

from docx.image.image import Image

from jianfu.core.labels import Labels
from jianfu.report.document.context import FIGURES, collect
from jianfu.report.document.html import write_html
from jianfu.report.document.pdf import write_pdf
from jianfu.report.document.render import render_markdown
from jianfu.report.document.word import write_docx

TEXT_WIDTH = 15.5  # cm


def picture_width(path) -> float:
    """Width in cm at which a picture is shown: its own, at most the width of the text."""
    return min(Image.from_file(str(path)).width.cm, TEXT_WIDTH)


def build_report(
    *, release: str | Path, config, run, deviations, plan, labels: str, report, language: str, docx, pdf, html
) -> None:
    """Write the report as Word, PDF and HTML.

    The first five are as in :func:`jianfu.report.document.context.collect`; labels: path of the dictionary; report:
    folder with the templates; docx, pdf, html: the files to write.
    """
    report, words = Path(report), Labels(language, labels)
    context = collect(release, config, run, deviations, plan, words)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name in FIGURES:
            shutil.copyfile(Path(release) / "figures" / f"{name}.png", folder / f"{name}.png")
        pictures = {name: (f"{name}.png", picture_width(folder / f"{name}.png")) for name in FIGURES}
        template = report / f"report.{language}.md.jinja"
        text, tables = render_markdown(template, context, pictures, words)
        source = folder / "report.md"
        source.write_text(text, encoding="utf-8")
        metadata = {
            "title": context["title"],
            "author": context["author"] or context["institution"],
            "mark": context["mark"],
            "lang": "zh-CN" if language == "zh" else "en",
            "chinese": "yes" if language == "zh" else "",
            "contents_title": words("contents_title"),
        }
        write_docx(source, report, docx, metadata, tables)
        write_pdf(source, report, pdf, metadata)
        write_html(source, report, html, metadata)
