"""The page of a registered plan (make freeze): what is asked and how it will be decided, as Word and PDF."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jianfu.config.overlay import write_plan_file
from jianfu.core.labels import Labels
from jianfu.models.diagram import Diagram, confounders_left, diagram_of
from jianfu.models.term import Term
from jianfu.models.verdicts import EQUIVALENCE, FEW_CLUSTERS, SHARE, sign_text
from jianfu.models.words import column_label, part_labels, term_label, text_of
from jianfu.province.reference import reference_window
from jianfu.province.registration import Registration
from jianfu.report.document.blocks import escape, pipe_table, styled
from jianfu.report.document.build import picture
from jianfu.report.document.facts import ways_out
from jianfu.report.document.pdf import write_pdf
from jianfu.report.document.plan_tables import deviations_rows
from jianfu.report.document.word import write_docx
from jianfu.report.figures import causal_diagram
from jianfu.report.figures.style import save
from jianfu.report.tables.table import NOTHING, Table

DPI = 300
CONFIRMATORY = "confirmatory"


def write_page(
    found: Registration,
    content: Callable[[str], object],
    settings: Mapping,
    deviations: list[dict],
    *,
    common: Mapping,
    templates: str | Path,
    docx: str | Path,
    pdf: str | Path,
) -> None:
    """Write the page of a registration.

    content: from the name of a file of the plan to its content in the province; deviations: as from
    :func:`jianfu.province.plan.deviations`; common: version, digest and whether edited, of the common plan; templates:
    the folder with ``registration.<language>.md.jinja``.
    """
    templates, language = Path(templates), settings["language"]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        write_plan_file(content("labels.csv"), folder / "labels.csv")
        labels = Labels(language, str(folder / "labels.csv"))
        mark = labels("synthetic_mark") if settings["province"]["synthetic"] else ""
        diagrams = declared_diagrams(content)
        for name, diagram in diagrams.items():
            figure = causal_diagram.draw(diagram, labels, settings["province"]["synthetic"])
            save(figure, [folder / f"{name}.png"], dpi=DPI)
        widths = {name: picture(folder / f"{name}.png").width for name in diagrams}
        tables = page_tables(found, content, settings, deviations, labels)
        text = _rendered(
            templates / f"registration.{language}.md.jinja",
            labels,
            tables=tables,
            pictures=[_picture(name, diagrams[name], widths[name], labels) for name in diagrams],
            found=found,
            common=common,
            settings=settings,
            reference=reference_window(settings["data"]["window"], settings["indices"]),
            exits=content("exits.yaml"),
            ways_out=ways_out(content("exits.yaml"), labels),
            mark=mark,
            facts={"equivalence": f"{EQUIVALENCE:.0%}", "clusters": FEW_CLUSTERS, "share": f"{SHARE:.0%}"},
        )
        source = folder / "registration.md"
        source.write_text(text, encoding="utf-8")
        metadata = {
            "title": labels("registration_title", province=settings["province"]["name"][language]),
            "author": settings["report"]["author"] or settings["report"]["institution"],
            "mark": mark,
            "document": "registration",
            "lang": "zh-CN" if language == "zh" else "en",
            "chinese": "yes" if language == "zh" else "",
            "contents_title": labels("contents_title"),
        }
        shown = [table for table in tables.values() if table.rows]
        pages = write_pdf(source, templates, pdf, metadata)
        write_docx(source, templates, docx, metadata, shown, pages, settings["report"]["template"])


def declared_diagrams(content: Callable[[str], object]) -> dict[str, Diagram]:
    """{hypothesis: diagram} of the hypotheses that have one declared, by the first of their lines."""
    models = {model["name"]: model for model in content("models.yaml")["models"]}
    lines: dict[str, dict] = {}
    for row in content("hypotheses.csv"):
        lines.setdefault(row["hypothesis"], row)
    return {
        name: diagram_of(declared, models[lines[name]["model"]], lines[name]["term"])
        for name, declared in content("diagrams.yaml").items()
        if name in lines
    }


def page_tables(
    found: Registration,
    content: Callable[[str], object],
    settings: Mapping,
    deviations: list[dict],
    labels: Labels,
) -> dict[str, Table]:
    """The tables of the page by name: hypotheses, models, members, deviations, inputs."""
    zh = labels.language
    hypotheses = content("hypotheses.csv")
    named = list(dict.fromkeys(row["model"] for row in hypotheses))
    models = {model["name"]: model for model in content("models.yaml")["models"]}
    members: dict[str, list] = {}
    for row in content("indices.csv"):
        members.setdefault(row["index"], []).append(row)
    words = {row["code"]: row[f"label_{zh}"] for row in content("indicators.csv")}
    rows = {
        "hypotheses": [
            (
                row["hypothesis"],
                row[f"statement_{zh}"],
                models[row["model"]][f"label_{zh}"],
                term_label(row["term"], labels),
                sign_text(row["predicted_sign"]),
                row["smallest"],
                labels(f"family_{row['family']}"),
            )
            for row in hypotheses
        ],
        "models": [_model_row(models[name], labels) for name in named],
        "members": [
            (
                text_of(index, labels, index),
                labels("list_comma").join(
                    words[row["indicator"]] + ("" if float(row["weight"] or 1) == 1 else f" ×{row['weight']}")
                    for row in rows
                ),
            )
            for index, rows in members.items()
        ],
        "deviations": deviations_rows(deviations, labels),
        "inputs": [(name, digest[:16]) for name, digest in found.inputs.items()],
    }
    columns = {
        "hypotheses": ("hypothesis", "statement", "model", "term", "sign", "smallest", "family"),
        "models": ("model", "estimator", "outcome", "terms", "controls", "effects", "where"),
        "members": ("index", "members"),
        "deviations": ("setting", "common_value", "own_value"),
        "inputs": ("raw_file", "digest"),
    }
    return {
        name: Table(
            f"registered_{name}",
            labels(f"table_registered_{name}"),
            tuple(labels(f"column_{key}") for key in columns[name]),
            tuple(rows[name]),
            left=len(columns[name]),
        )
        for name in columns
    }


def _model_row(model, labels):
    """What a declared model is, in words where there are some."""
    outcome = model.get("outcome", "")
    where = [
        f"{column_label(key, labels)} = {_value(value, labels)}"
        for key, value in (model.get("where") or {}).items()
    ]
    return (
        model[f"label_{labels.language}"],
        labels(f"estimator_{model['estimator']}"),
        text_of(f"outcome_{outcome}", labels, outcome) or NOTHING,
        *(
            labels("list_comma").join(_term(term, labels) for term in model.get(key) or ()) or NOTHING
            for key in ("terms", "controls", "effects")
        ),
        labels("list_comma").join(where) or NOTHING,
    )


def _term(term, labels):
    """Words for a term, control or absorbed effect: a node of the diagrams by its name there."""
    parts = zip(Term(term).names, part_labels(term, labels), strict=True)
    return " × ".join(text_of(f"node_{name}", labels, words) for name, words in parts)


def _value(value, labels):
    """Words for what a condition asks of a column."""
    if isinstance(value, bool):
        return labels("yes" if value else "no")
    if isinstance(value, list):
        return labels("list_comma").join(_value(one, labels) for one in value)
    return text_of(f"value_{value}", labels, value)


def _picture(name, diagram, width, labels):
    """Name, Markdown of the picture, and what the model holds constant and leaves open, in words."""
    causal = {
        key: labels("list_comma").join(causal_diagram.node_label(node, labels) for node in nodes)
        for key, nodes in (
            ("held", [node for node in diagram.nodes if node in diagram.held]),
            ("open", confounders_left(diagram)),
        )
    }
    return {"name": name, "picture": f"![{name}]({name}.png){{width={width:.2f}cm}}", **causal}


def _block(table, labels):
    """Title and body of a table; a remark where it has no rows."""
    heading = styled("Table Title", escape(table.title))
    if not table.rows:
        return f"{heading}\n\n{styled('Table Note', labels('registered_none'))}"
    return f"{heading}\n\n{pipe_table(table)}"


def _rendered(template, labels, *, tables, **facts):
    environment = Environment(
        loader=FileSystemLoader(template.parent), undefined=StrictUndefined, comment_start_string="{##",
        comment_end_string="##}",
    )  # fmt: skip
    environment.filters |= {"md": escape}
    return environment.get_template(template.name).render(
        **facts, label=labels, table=lambda name: _block(tables[name], labels), styled=styled
    )
