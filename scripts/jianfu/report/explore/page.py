"""The page to explore as one file: rows of released files, their words in both languages, style and script inside.

The cells are those of the released files, letter by letter, and nothing else of a province is read.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2
import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core.files import write_text_file
from jianfu.core.labels import LANGUAGES, Labels
from jianfu.indices.roles import BURDEN, LEADING, drawn, leading, read_roles
from jianfu.report.explore.views import FOCUS, VIEWS, Choice, View
from jianfu.report.explore.words import TEXTS, column_words, value_words

PARTS = ("burden", "departments", "outcomes", "hypotheses", "scenarios")  # headings in their order


def build_page(
    *,
    files: Iterable[str],
    release: str | Path,
    plan: Mapping[str, str],
    labels: str,
    names: Mapping[str, str],
    language: str,
    synthetic: bool,
    templates: str | Path,
    output: str | Path,
) -> None:
    """Write the page.

    files: the released files that may be shown, below the folder ``release``; plan: paths of hypotheses, models,
    indicators, roles of indices and exits; labels: path of the dictionary; names: of the province by language;
    language: in which the page opens; templates: folder with explore.html.jinja, explore.css and explore.js.
    """
    words = {name: Labels(name, labels) for name in LANGUAGES}
    plans = read_plans(plan)
    given = {Path(file).relative_to(release).as_posix() for file in files}
    shown = [
        described(view, rows, plans, words)
        for view in VIEWS
        if view.file in given and len(rows := rows_of(view, Path(release, view.file), plans["models"]))
    ]
    templates = Path(templates)
    content = {
        "language": language,
        "province": dict(names),
        "mark": words[language]("synthetic_mark") if synthetic else "",
        "parts": {part: both(words, f"explore_part_{part}") for part in PARTS},
        "texts": {key: both(words, f"explore_{key}") for key in TEXTS},
        "views": shown,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("explore.html.jinja").render(
        language={"zh": "zh-CN", "en": "en"}[language],
        title=f"{names[language]} · {words[language]('explore_title')}",
        noscript=words[language]("explore_noscript"),
        style=(templates / "explore.css").read_text(encoding="utf-8"),
        content=json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        script=(templates / "explore.js").read_text(encoding="utf-8"),
    )
    write_text_file(page, output)


def both(words: Mapping[str, Labels], key: str) -> dict[str, str]:
    """A label in both languages."""
    return {language: labels(key) for language, labels in words.items()}


def read_plans(plan: Mapping[str, str]) -> dict[str, dict]:
    """What words come from beside the labels: models, hypotheses (their first line) and indicators by name; and what is
    chosen first."""
    hypotheses = pd.read_csv(plan["hypotheses"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    indicators = pd.read_csv(plan["indicators"], encoding="utf-8-sig", dtype=str, keep_default_na=False)
    roles = read_roles(plan["roles"])
    first = {LEADING: [leading(roles)], BURDEN: drawn(roles), FOCUS: [read_yaml(plan["exits"])["focus"]]}
    return {
        "first": first,
        "models": {model["name"]: model for model in read_yaml(plan["models"])["models"]},
        "hypotheses": hypotheses.drop_duplicates("hypothesis").set_index("hypothesis").to_dict("index"),
        "indicators": indicators.set_index("code").to_dict("index"),
    }


def rows_of(view: View, file: Path, models: Mapping) -> pd.DataFrame:
    """The rows and columns of a released file that a view shows, every cell as the text that stands in it; no rows
    where fewer than ``view.least`` have a value to draw."""
    frame = pd.read_csv(file, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    rows = view.keep(frame, models).reindex(columns=view.columns, fill_value="")
    known = rows[list(view.measures)].apply(numbers).notna().any(axis=1)
    return rows if known.sum() >= view.least else rows.iloc[:0]


def numbers(cells: pd.Series) -> pd.Series:
    """Cells as numbers, missing where a cell holds none."""
    return pd.to_numeric(cells, errors="coerce")


def described(view: View, rows: pd.DataFrame, plans: Mapping, words: Mapping[str, Labels]) -> dict:
    """A view as the script of the page reads it: what is drawn and chosen, words in both languages, and the rows."""
    values = {column: rows.loc[rows[column].ne(""), column].drop_duplicates() for column in rows}
    return {
        "name": view.name,
        "part": view.part,
        "file": view.file,
        "title": both(words, f"explore_{view.name}"),
        "note": both(words, f"explore_{view.name}_note"),
        "forms": view.forms,
        "measures": {column: both(words, key) for column, key in view.measures.items()},
        "x": view.x,
        "x_label": both(words, view.x_label) if view.x_label else None,
        "low": view.low,
        "high": view.high,
        "label": view.label,
        "series": view.series,
        "choices": [_choice(choice, plans["first"]) for choice in view.choices],
        "more": view.more,
        "percent": view.percent,
        "joined": view.joined,
        "origin": view.origin,
        "sort": view.sort,
        "headings": {column: column_words(column, words) for column in rows if column not in view.measures},
        "words": {
            column: {value: value_words(column, value, plans, words) for value in own}
            for column, own in values.items()
            if numbers(own).isna().any()
        },
        "columns": list(rows.columns),
        "rows": rows.to_numpy().tolist(),
    }


def _choice(choice: Choice, first: Mapping[str, list[str]]) -> dict:
    named = first[choice.first] if isinstance(choice.first, str) else choice.first
    return {"column": choice.column, "kind": choice.kind, "first": named}
