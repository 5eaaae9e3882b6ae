"""The national brief: what all provinces say together, on a few pages with a forest and the burden of provinces."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from jianfu.core.labels import Labels
from jianfu.models.estimates import missing
from jianfu.models.words import outcome_label, term_label, text_of
from jianfu.report.document.blocks import escape, pipe_table, styled
from jianfu.report.document.build import picture
from jianfu.report.document.html import write_html
from jianfu.report.document.pdf import write_pdf
from jianfu.report.document.word import write_docx
from jianfu.report.figures.lines import Line, draw_blocks
from jianfu.report.figures.style import GREY, INK, blank, finish, save
from jianfu.report.tables.table import Table, interval, number, p_text

LOOKS = {
    "pooled": {"marker": "D", "color": INK, "markersize": 5, "markerfacecolor": INK, "elinewidth": 1.3},
    "province": {"marker": "s", "color": GREY, "markersize": 3.6, "markerfacecolor": GREY},
}
CONFIRMATORY = ("H1", "H2", "H3")
DPI, HIGHEST_CM = 300, 18
RECENT = 12  # months over which levels are averaged
KEY = ["hypothesis", "model", "term", "tier"]


def forest(
    tables: Mapping[str, pd.DataFrame], names: Mapping[str, str], labels: Labels, synthetic: bool
) -> Figure:
    """Confirmatory lines on the tier that pools most provinces: every province that was pooled, then all together."""
    pooled = tables["pooled"].dropna(subset=["estimate"])
    pooled = pooled[pooled["hypothesis"].isin(CONFIRMATORY)].sort_values(
        "provinces", ascending=False, kind="stable"
    )
    pooled = pooled.drop_duplicates("hypothesis").sort_values("hypothesis")
    lines = []
    for row in pooled.to_dict("records"):
        lines.append(Line(_line(row, labels)))
        for one in tables["shrunken"].merge(pd.DataFrame([row])[KEY], on=KEY).to_dict("records"):
            values = (one["estimate"], one["ci_low"], one["ci_high"])
            lines.append(Line(names[one["province"]], look="province", drawn=values, printed=values))
        values = (row["estimate"], row["ci_low"], row["ci_high"])
        lines.append(Line(labels("nation_pooled"), look="pooled", drawn=values, printed=values, strong=True))
    if not lines:
        return blank(labels("nation_none"), labels, synthetic)
    figure = draw_blocks([(labels("nation_axis"), lines)], LOOKS)
    return finish(figure, labels, [labels("nation_forest_note")], synthetic)


def levels(
    tables: Mapping[str, pd.DataFrame], names: Mapping[str, str], labels: Labels, synthetic: bool
) -> Figure:
    """Mean of the last months of the common tier on the common scale, with the quartiles of the months, by province."""
    blocks = []
    for index, rows in tables["levels"].groupby("index"):
        lines = []
        for province, own in rows.sort_values("month").groupby("province"):
            values = own["common_scale"].dropna().tail(RECENT)
            if len(values):
                drawn = (values.mean(), values.quantile(0.25), values.quantile(0.75))
                lines.append(Line(names[province], look="province", drawn=drawn, printed=drawn))
        lines.sort(key=lambda line: -line.drawn[0])
        blocks.append((labels(index), lines))
    if not any(lines for _, lines in blocks):
        return blank(labels("fig_no_data"), labels, synthetic)
    return finish(
        draw_blocks(blocks, LOOKS, origin=50.0), labels, [labels("nation_levels_note", n=RECENT)], synthetic
    )


def pooled_table(pooled: pd.DataFrame, labels: Labels) -> Table:
    """Every line that was pooled."""
    rows = [
        (
            _line(row, labels),
            str(int(row["provinces"])),
            f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}",
            interval(row["prediction_low"], row["prediction_high"]),
            number(row["i2"], 0),
            p_text(row["p_adjusted"]),
            labels(f"verdict_{row['verdict']}"),
        )
        for row in pooled.dropna(subset=["estimate"]).to_dict("records")
    ]
    keys = ("line", "provinces", "estimate", "one_more", "i2", "p", "verdict")
    return Table(
        "nation_pooled", labels("nation_table"), tuple(labels(f"nation_{key}") for key in keys), tuple(rows)
    )


def nested_table(nested: pd.DataFrame, labels: Labels) -> Table:
    """How far provinces, and the counties of a province, are apart."""
    rows = [
        (
            _line(row, labels),
            f"{int(row['provinces'])}/{int(row['counties'])}",
            f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}",
            number(row["tau2"] ** 0.5),
            f"{number(row['omega2'] ** 0.5)} {interval(row['omega2_low'] ** 0.5, row['omega2_high'] ** 0.5)}",
            interval(row["county_low"], row["county_high"]),
        )
        for row in nested.to_dict("records")
    ]
    keys = ("line", "both", "estimate", "tau", "omega", "county")
    return Table(
        "nation_nested", labels("nation_nested"), tuple(labels(f"nation_{key}") for key in keys), tuple(rows)
    )


def deviating_table(deviating: pd.DataFrame, names: Mapping[str, str], labels: Labels) -> Table:
    """How many estimates of each province were not pooled, and in what they differ."""
    rows = []
    for province, own in deviating.groupby("province"):
        why = sorted({name for text in own["why"] for name in text.split()})
        rows.append(
            (
                names[province],
                str(len(own)),
                labels("list_comma").join(_dependency(name, labels) for name in why),
            )
        )
    header = tuple(labels(f"nation_{key}") for key in ("province", "estimates", "why"))
    return Table("nation_deviating", labels("nation_deviating"), header, tuple(rows), left=1)


def _line(row, labels):
    """Hypothesis, outcome, term and tier in words."""
    tier = "" if missing(row["tier"]) else labels("in_brackets", text=labels(f"nation_tier_{row['tier']}"))
    term = f"{term_label(row['term'], labels)}{tier}"
    return f"{row['hypothesis']} {labels('nation_of', outcome=outcome_label(row, labels), term=term)}"


def _dependency(name, labels):
    """What a dependency is, in words where its table has some: ``cohorts.90后``, ``settings.exposure``, ``code``."""
    table, _, rest = name.partition(".")
    return " ".join(
        filter(None, (text_of(f"plan_{table}", labels, text_of(f"nation_by_{table}", labels, table)), rest))
    )


def write_page(
    tables: Mapping[str, pd.DataFrame],
    *,
    labels: Labels,
    synthetic: bool,
    templates: Path,
    pictures: Mapping[str, Mapping[str, str]],
    outputs: Mapping[str, str],
) -> None:
    """Draw the figures and write the brief.

    tables: those of results/provinces by name; templates: folder with nation.<language>.md.jinja; pictures: {figure:
    {png, pdf, svg: path}}; outputs: {docx, pdf, html: path}.
    """
    names = dict(zip(tables["provinces"]["province"], tables["provinces"]["name"], strict=True))
    for name, draw in (("forest", forest), ("levels", levels)):
        save(draw(tables, names, labels, synthetic), list(pictures[name].values()), dpi=DPI)
    shown = [
        pooled_table(tables["pooled"], labels),
        nested_table(tables["nested"], labels),
        deviating_table(tables["deviating"], names, labels),
    ]
    metadata = {
        "title": labels("nation_title"),
        "author": "",
        "mark": labels("synthetic_mark") if synthetic else "",
        "document": "nation",
        "lang": "zh-CN" if labels.language == "zh" else "en",
        "chinese": "yes" if labels.language == "zh" else "",
        "contents_title": labels("contents_title"),
    }
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "nation.md")
        text = _template(templates, labels).render(
            names=list(names.values()),
            pooled=tables["pooled"].dropna(subset=["estimate"]).to_dict("records"),
            nested=len(tables["nested"]),
            mark=labels("synthetic_note") if synthetic else "",
            blocks={
                name: _figure(name, files["png"], Path(folder), labels) for name, files in pictures.items()
            },
            tables={table.name: _block(table, labels) for table in shown},
            styled=styled,
        )
        source.write_text(text, encoding="utf-8")
        pages = write_pdf(source, templates, outputs["pdf"], metadata)
        write_docx(source, templates, outputs["docx"], metadata, [t for t in shown if t.rows], pages, None)
        write_html(source, templates, outputs["html"], metadata)


def _template(templates, labels):
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    return environment.get_template(f"nation.{labels.language}.md.jinja")


def _figure(name, png, folder, labels):
    """Picture and title of a figure, copied beside the source."""
    shutil.copyfile(png, folder / f"{name}.png")
    width = picture(folder / f"{name}.png").width_within(HIGHEST_CM)
    image = styled("Figure Picture", f"![{name}]({name}.png){{width={width:.2f}cm}}")
    title = styled("Figure Title", escape(labels(f"nation_figure_{name}")))
    return f"::: figure-block\n{image}\n\n{title}\n:::"


def _block(table, labels):
    """Title and body of a table; a remark where it has no rows."""
    heading = styled("Table Title", escape(table.title))
    if not table.rows:
        return f"{heading}\n\n{styled('Table Note', labels('registered_none'))}"
    return f"{heading}\n\n{pipe_table(table)}"
