"""Figure: the deciding estimate of every hypothesis on one page, a panel for each family of scales."""

import pandas as pd
from matplotlib.figure import Figure

from jianfu.config.files import read_yaml
from jianfu.core.spreadsheets import write_csv
from jianfu.models.estimates import is_check
from jianfu.models.verdicts import deciding_estimates, decisive_p, sign_text, usable
from jianfu.models.words import model_label
from jianfu.report.figures.forest import panel_of, short_term
from jianfu.report.figures.lines import Line, draw_blocks, legend_of
from jianfu.report.figures.style import GREY, INK, blank, finish

PANELS = ("linear", "hazard", "log", "own")
LOOKS = {
    "significant": {"marker": "s", "markersize": 4.5, "color": INK, "markerfacecolor": INK},
    "insignificant": {"marker": "s", "markersize": 4.5, "color": GREY, "markerfacecolor": "white"},
}


def read(estimates, hypotheses, models, alpha, csv) -> tuple[pd.DataFrame, dict]:
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    plan = pd.read_csv(hypotheses, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    by_name = {model["name"]: model for model in read_yaml(models)["models"]}
    released = pd.read_csv(estimates, encoding="utf-8-sig")
    rows = deciding_rows(released[~is_check(released)], plan, alpha)
    write_csv(rows, csv, digits=10)
    return rows, by_name


def deciding_rows(estimates, hypotheses, alpha) -> pd.DataFrame:
    """The usable estimate that decides each line of the plan, with ``panel``, ``sign`` and ``significant``.

    panel: hazard, linear, log, or own for a scale of its own. ``significant`` goes by the adjusted p-value where there
    is one. ``x``, ``x_low`` and ``x_high`` are what is drawn: the estimate and its interval, in the panel own divided
    by the standard error, since its rows have no unit in common.
    """
    found = []
    for plan, row in deciding_estimates(estimates, hypotheses):
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
            }
            | dict(zip(("x", "x_low", "x_high"), scaled, strict=True))
        )
    columns = [*estimates.columns, "panel", "sign", "significant", "x", "x_low", "x_high"]
    rows = pd.DataFrame(found, columns=columns)
    order = rows["panel"].map(PANELS.index) if len(rows) else rows["panel"]
    return (
        rows.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
    )


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
        words=labels("fig_forest_all_row", words=words, sign=row["sign"]),
        name=row["hypothesis"],
        look="significant" if row["significant"] else "insignificant",
        drawn=(row["x"], row["x_low"], row["x_high"]),
        printed=(row["estimate"], row["ci_low"], row["ci_high"]),
        strong=row["significant"],
    )
