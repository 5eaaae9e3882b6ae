"""Brief, report and appendix, each as three files made of one Markdown source, and slides, from released files."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from docx.image.image import Image

from jianfu.core.labels import Labels
from jianfu.core.spreadsheets import write_csv
from jianfu.report.document.blocks import Picture
from jianfu.report.document.charts import charts
from jianfu.report.document.context import collect
from jianfu.report.document.html import write_html
from jianfu.report.document.pdf import write_pdf
from jianfu.report.document.render import render_documents, render_slides
from jianfu.report.document.slides import read_slides, write_slides
from jianfu.report.document.word import write_docx

TEXT_WIDTH = 15.5  # cm


def picture(path: Path) -> Picture:
    """A picture as it is shown: in its own size, at most as wide as the text."""
    image = Image.from_file(str(path))
    width = min(image.width.cm, TEXT_WIDTH)
    return Picture(path.name, width, image.height.cm * width / image.width.cm)


def build_documents(
    *,
    release: str | Path,
    config,
    run,
    deviations,
    plan,
    labels: str,
    references: str,
    templates: str | Path,
    own_template: str | None,
    language: str,
    outputs: Mapping[str, Mapping[str, str]],
    slides: str | Path,
    numbers: str | Path,
) -> None:
    """Write each document as Word, PDF and HTML, the slides, and the CSV of the numbers of brief and slides.

    The first five are as in :func:`jianfu.report.document.context.collect`; labels, references: paths of the
    dictionaries; templates: folder with the templates; own_template: a Word file whose styles and pages are used;
    outputs: the files to write as {document: {docx, pdf, html: path}}; slides: the
    PowerPoint file; numbers: the CSV.
    """
    templates, words = Path(templates), Labels(language, labels)
    context = collect(release, config, run, deviations, plan, words)
    write_csv(context["quotes"].table(), numbers, mark=context["mark"])
    drawn = charts(release, words)
    text = render_slides(templates, context, drawn, words, Labels(language, references))
    write_slides(read_slides(text), slides, metadata_of("slides", context, words), drawn, context["tables"])
    with tempfile.TemporaryDirectory() as folder:
        folder, pictures = Path(folder), {}
        for name in context["drawn"]:
            shutil.copyfile(Path(release) / "figures" / f"{name}.png", folder / f"{name}.png")
            pictures[name] = picture(folder / f"{name}.png")
        documents = render_documents(templates, context, pictures, words, Labels(language, references))
        for name, files in outputs.items():
            text, tables = documents[name]
            source = folder / f"{name}.md"
            source.write_text(text, encoding="utf-8")
            metadata = metadata_of(name, context, words)
            pages = write_pdf(source, templates, files["pdf"], metadata)
            write_docx(source, templates, files["docx"], metadata, tables, pages, own_template)
            write_html(source, templates, files["html"], metadata)


def metadata_of(document: str, context: Mapping, labels: Labels) -> dict[str, str]:
    """What the layouts print beside the text, by the names of the variables of pandoc."""
    return {
        "title": f"{context['title']}{labels(f'document_{document}')}",
        "author": context["author"] or context["institution"],
        "mark": context["mark"],
        "document": document,
        "lang": "zh-CN" if labels.language == "zh" else "en",
        "chinese": "yes" if labels.language == "zh" else "",
        "contents_title": labels("contents_title"),
    }
