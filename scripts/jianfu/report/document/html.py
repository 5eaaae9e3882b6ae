"""The report as one web page with everything inside it: pictures, style, formulas; no network."""

from jianfu.report.document.convert import pandoc


def write_html(source, templates, output, metadata) -> None:
    """Write the page. source: Markdown file beside the pictures; templates: folder with report.html and report.css."""
    options = ["--standalone", "--embed-resources", "--mathml", "--template", str(templates / "report.html")]
    options += ["--resource-path", str(source.parent)]
    styles = (templates / "report.css").read_text(encoding="utf-8")
    for key, value in {**metadata, "styles": styles, "pagetitle": metadata["title"]}.items():
        options += ["--variable", f"{key}={value}"] if value else []
    pandoc(source, "html5", templates, output, options)
