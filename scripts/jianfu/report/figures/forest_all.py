"""Figure: the deciding estimate of every hypothesis on one page, a panel for each family of scales."""

import pandas as pd
from matplotlib.figure import Figure

from jianfu.core.spreadsheets import write_csv
from jianfu.models.verdicts import decisive_p, sign_text, summary, usable
from jianfu.models.words import model_label, verdict_label
from jianfu.report.figures.forest import panel_of, read_tested, short_term
from jianfu.report.figures.lines import Line, draw_blocks, legend_of
from jianfu.report.figures.style import GREY, INK, blank, finish

PANELS = ("linear", "hazard", "log", "own")
LOOKS = {
    "significant": {"marker": "s", "markersize": 4.5, "color": INK, "markerfacecolor": INK},
    "insignificant": {"marker": "s", "markersize": 4.5, "color": GREY, "markerfacecolor": "white"},
}


def read(estimates, hypotheses, models, alpha, csv) -> tuple[pd.DataFrame, dict]:
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    *_, tested, by_name = read_tested(estimates, hypotheses, models, alpha)
    rows = deciding_rows(tested, alpha)
    write_csv(rows.drop(columns=["reasons", "line"]), csv, digits=10)
    return rows, by_name


def deciding_rows(tested, alpha) -> pd.DataFrame:
    """The usable estimate that decides each line of the plan, with ``panel``, ``sign``, ``significant``, ``verdict``,
    what the ``tests`` beside it say in one word, and the ``line`` itself (:class:`~jianfu.models.verdicts.Decided`).

    panel: hazard, linear, log, or own for a scale of its own. ``significant`` goes by the adjusted p-value where there
    is one. ``x``, ``x_low`` and ``x_high`` are what is drawn: the estimate and its interval, in the panel own divided
    by the standard error, since its rows have no unit in common.
    """
    found = []
    for line in tested:
        plan, row = line.plan, line.row
        if row is None or not usable(row):
            continue
        panel = panel_of(str(row["scale"]), row["outcome"])
        panel = panel if panel in PANELS else "own"
        scaled = [row[key] for key in ("estimate", "ci_low", "ci_high")]
        if panel == "own":
            scaled = [value / row["std_error"] for value in scaled]
        found.append(
            dict(row)
            | {
                "panel": panel,
                "sign": sign_text(plan["predicted_sign"]),
                "significant": decisive_p(row) < alpha,
                "verdict": line.verdict.code,
                "tests": summary(line.tests)[0],
                "line": line,
            }
            | dict(zip(("x", "x_low", "x_high"), scaled, strict=True))
        )
    found.sort(key=lambda row: PANELS.index(row["panel"]))
    return pd.DataFrame(found, columns=None if found else ["panel", "reasons", "line"])


def draw(rows, models, labels, synthetic=False) -> Figure:
    """One line per row of :func:`deciding_rows`, a panel for each family of scales."""
    if rows.empty:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    blocks = [
        (labels(f"fig_forest_{panel}"), [_line(row, models, labels) for row in part.to_dict("records")])
        for panel, part in rows.groupby("panel", sort=False)
    ]
    legend = legend_of(LOOKS, {key: labels(f"fig_forest_{key}") for key in LOOKS})
    figure = draw_blocks(blocks, LOOKS)
    return finish(figure, labels, [labels("fig_forest_all_note")], synthetic, legend, handle=1.0)


def _line(row, models, labels):
    model, term = model_label(row["model"], models, labels), short_term(row["term"], labels)
    words = labels("fig_forest_row", model=model, term=term)
    return Line(
        words=labels(
            "fig_forest_all_row",
            words=words,
            sign=row["sign"],
            verdict=verdict_label(row["line"].verdict, labels),
        ),
        name=row["hypothesis"],
        look="significant" if row["significant"] else "insignificant",
        drawn=(row["x"], row["x_low"], row["x_high"]),
        printed=(row["estimate"], row["ci_low"], row["ci_high"]),
        strong=row["significant"],
    )
