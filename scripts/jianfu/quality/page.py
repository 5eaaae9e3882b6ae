"""The data-quality report as one web page: style and pictures inside, nothing fetched from anywhere."""

import csv
from pathlib import Path

import jinja2

from jianfu.core.files import write_text_file
from jianfu.quality.facts import LOGS
from jianfu.quality.text import over_sentence
from jianfu.quality.words import share, span

SHADES = 5


def write_page(facts, settings, labels, places, headings, template, path):
    """Write the page.

    places     dict with report, quarantine and to_label, as the user should open them
    headings   path of config/plan/headings.csv: the first heading of a column is its Chinese name
    template   path of workflow/report/quality_report.html.jinja
    """
    template = Path(template)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "share": share,
        "span": lambda months: span(months, labels("qr_comma")),
        "n": lambda value: f"{value:,}",
    }
    names = column_names(headings)

    def column_name(table, column):
        """Chinese name and column name; the name alone in English."""
        if f"qr_col_{column}" in labels:
            return labels(f"qr_col_{column}")
        chinese = names.get((table, column)) if labels.language == "zh" else None
        return labels("qr_column_named", name=chinese, column=column) if chinese else column

    text = environment.get_template(template.name).render(
        facts=facts,
        t=labels,
        language=labels.language,
        province=settings["province"]["name"][labels.language],
        synthetic=settings["province"]["synthetic"],
        window=settings["data"]["window"],
        limit=share(settings["data"]["max_reject_share"]),
        logs=LOGS,
        places=places,
        column_name=column_name,
        any_column=lambda column: column_name(next((t for t, c in names if c == column), ""), column),
        shade=shade,
        file_rows=file_rows,
        over_sentence=lambda entries: over_sentence(entries, labels),
    )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_file(text, path)


def column_names(headings):
    """{(table, column): first heading of the dictionary}."""
    names = {}
    with open(headings, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            names.setdefault((row["table"], row["column"]), row["heading"])
    return names


def shade(value):
    """Class of a heatmap cell: 0 nothing logged … SHADES all logged; '' where no unit exists."""
    if value is None:
        return ""
    return "s" + str(SHADES if value == 1 else 0 if value == 0 else 1 + int(value * (SHADES - 1)))


def file_rows(entries):
    """Sum line of several sheets: the outcomes, rows read and the rejected share."""
    total = {
        name: sum(e[name] for e in entries)
        for name in ("rows_read", "kept", "duplicate", "rejected", "nondata")
    }
    data = total["rows_read"] - total["nondata"]
    return total | {
        "share": total["rejected"] / data if data else 0.0,
        "over": any(e["over"] for e in entries),
    }
