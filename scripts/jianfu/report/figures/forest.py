"""Figure: estimates of the confirmatory hypotheses, with robustness, placebo and control rows in lighter ink."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from jianfu.config.files import read_yaml
from jianfu.release.outputs import write_csv
from jianfu.report.figures.style import GREY, INK, empty, finish, new_figure, text_width
from jianfu.report.tables.checks import is_check
from jianfu.report.tables.results import model_label, of_interest, sign_text, term_label, text_of, usable

CHECK, QUIET = "#4f7ca8", "#4d4d4d"
ROLES = ("primary", "robustness", "pooled", "placebo", "negative_control")
LOOKS = {
    "primary": {"marker": "s", "color": INK, "markersize": 5, "markerfacecolor": INK},
    "robustness": {"marker": "o", "color": GREY, "markersize": 3.8, "markerfacecolor": GREY},
    "pooled": {"marker": "D", "color": GREY, "markersize": 3.8, "markerfacecolor": "white"},
    "placebo": {"marker": "^", "color": CHECK, "markersize": 4.2, "markerfacecolor": "white"},
    "negative_control": {"marker": "v", "color": CHECK, "markersize": 4.2, "markerfacecolor": "white"},
}
BAND = "#efede6"
WIDTHS = (6.0, 4.9, 3.4)  # of labels, plot and numbers
ROW_CM = 0.41
FAMILY = "confirmatory"
MOST_TERMS = 3  # a model with more of them is a curve and has no place among single estimates


def read(estimates, hypotheses, models, csv):
    """Rows of the figure (also written to ``csv``), plan of hypotheses and models by name, from the paths of the files.

    What the release says of synthetic data stands in the column ``note`` of the estimates.
    """
    plan = pd.read_csv(hypotheses, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    by_name = {model["name"]: model for model in read_yaml(models)["models"]}
    released = pd.read_csv(estimates, encoding="utf-8-sig")
    rows = forest_rows(released[~is_check(released)], plan, by_name)
    write_csv(rows, csv)
    return rows, plan, by_name


def forest_rows(estimates, hypotheses, models):
    """Rows of the figure: usable estimates of the terms of interest, with ``panel`` and ``block``.

    panel: the common scale (:func:`panel_of`); block: the line of the plan's hypotheses under which the row stands (the
    one with its model and term, else the first of its hypothesis). Shown is the confirmatory family: the terms named in
    the plan, and the robustness rows and checks on the scale of its primary rows; curves are left out.
    """
    rows = of_interest(estimates, models)
    rows = rows[
        np.array([row["role"] in ROLES and usable(row) for row in rows.to_dict("records")], dtype=bool)
    ]
    exact = {(h["model"], h["term"]): i for i, h in enumerate(hypotheses.to_dict("records")) if h["model"]}
    first = {name: i for i, name in reversed(list(enumerate(hypotheses["hypothesis"])))}
    pairs = list(zip(rows["model"], rows["term"], rows["hypothesis"], strict=True))
    panels = [panel_of(*pair) for pair in zip(rows["scale"].astype(str), rows["outcome"], strict=True)]
    named = np.array([(m, t) in exact for m, t, _ in pairs], dtype=bool)
    rows = rows.assign(
        panel=panels,
        block=[exact.get((m, t), first.get(h, len(hypotheses))) for m, t, h in pairs],
        rank=rows["role"].map(ROLES.index),
    )
    main = rows["hypothesis"].isin(hypotheses.loc[hypotheses["family"] == FAMILY, "hypothesis"])
    scales = set(zip(rows["hypothesis"][named], rows["panel"][named], strict=True))
    same = [pair in scales for pair in zip(rows["hypothesis"], rows["panel"], strict=True)]
    points = rows["model"].map(rows["model"].value_counts())
    shown = main & (named | (np.array(same, dtype=bool) & (points <= MOST_TERMS)))
    rows = rows[shown.to_numpy(dtype=bool)]
    rows = rows.sort_values(["block", "panel", "rank"], kind="stable", ignore_index=True)
    return rows.drop(columns="rank")


def panel_of(scale, outcome):
    """Panel of an estimate: hazard (log scale per SD), linear (in SD), log (other log scales), else its own outcome."""
    if scale.startswith("log_"):
        return "hazard" if scale.endswith("_per_sd") else "log"
    return "linear" if scale.startswith("sd") else f"unit_{outcome}"


def draw(rows, hypotheses, models, labels, synthetic=False):
    """One block per hypothesis in the order of the plan, one panel per run of hypotheses on the same scale.

    rows: as from :func:`forest_rows`; hypotheses and models: the plan.
    """
    if rows.empty:
        figure = new_figure(5)
        empty(figure.subplots(), labels("fig_no_data"))
        return finish(figure, labels, (), synthetic)
    runs = (rows["panel"] != rows["panel"].shift()).cumsum()
    panels = [
        (part["panel"].iloc[0], _lines(part, hypotheses, models, labels)) for _, part in rows.groupby(runs)
    ]
    counts = [len(lines) for _, lines in panels]
    figure = new_figure(1.4 + 1.25 * len(panels) + ROW_CM * sum(counts))
    figure.get_layout_engine().set(wspace=0, w_pad=0)
    grid = figure.add_gridspec(len(panels), 3, height_ratios=[n + 1.2 for n in counts], width_ratios=WIDTHS)
    first = {}
    for number, (panel, lines) in enumerate(panels):
        axes = [
            figure.add_subplot(grid[number, column], sharex=first.get(panel) if column == 1 else None)
            for column in range(3)
        ]
        first.setdefault(panel, axes[1])
        _panel(axes, lines, panel, labels)
    notes = [labels("fig_forest_note")]
    return finish(figure, labels, notes, synthetic, _legend(rows, labels), handle=1.0)


def _lines(rows, hypotheses, models, labels):
    """Text and estimates line by line: (heading, None) opens a hypothesis, (label, row) is an estimate."""
    found, terms = [], rows.groupby("model")["term"].agg(set)
    for heading, part in rows.groupby("hypothesis", sort=False):
        block = part["block"].min()
        if block < len(hypotheses):
            plan = hypotheses.iloc[block]
            sign = sign_text(plan["predicted_sign"])
            statement = plan[f"statement_{labels.language}"]
            heading = labels("fig_forest_heading", name=heading, statement=statement, sign=sign)
        found.append((heading, None))
        found += [
            (_label(row, len(terms[row["model"]]) > 1, models, labels), row)
            for row in part.to_dict("records")
        ]
    return found


def _label(row, several, models, labels):
    """Model, and the term where the figure shows several of it."""
    model = model_label(row["model"], models, labels)
    if not several:
        return model
    return labels("fig_forest_row", model=model, term=short_term(row["term"], labels))


def short_term(term, labels):
    """A term in few words: the name of the index and, of an interaction, the short name of the cohort."""
    parts = []
    for part in str(term).split(":"):
        stem, _, tail = part.partition("_")
        if f"short_{part}" in labels:
            parts.append(labels(f"short_{part}"))
        elif f"term_suffix_{tail}" in labels:
            parts.append(_index(stem, labels) + labels(f"term_suffix_{tail}"))
        else:
            parts.append(_index(part, labels))
    return " × ".join(parts)


def _index(term, labels):
    return labels(f"short_{term}") if f"short_{term}" in labels else term_label(term, labels)


def _panel(axes, lines, panel, labels):
    text, plot, numbers = axes
    for axis in axes:
        axis.set_ylim(len(lines) - 0.5, -0.5)
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
        axis.set_facecolor("none")
    for axis in (text, numbers):
        axis.set_xlim(0, 1)
        axis.set_xticks([])
        axis.set_zorder(2)
    plot.spines["bottom"].set_visible(True)
    plot.axvline(0, color=INK, linewidth=0.6, zorder=1)
    for position, (label, row) in enumerate(lines):
        if row is None:
            width = sum(WIDTHS) / WIDTHS[0]
            band = Rectangle((0, position - 0.5), width, 1, color=BAND, linewidth=0, clip_on=False)
            text.add_patch(band).set_in_layout(False)
            text.text(0.01, position, label, va="center", fontsize=7.5).set_in_layout(False)
        else:
            _line(axes, position, label, row)
    own = panel.removeprefix("unit_")
    words = labels(f"fig_forest_{panel}") if own == panel else text_of(f"outcome_{own}", labels, own)
    plot.set_xlabel(words)
    plot.margins(x=0.06)
    plot.grid(axis="x", color="#e6e6e6", linewidth=0.5)
    plot.set_axisbelow(True)


def _line(axes, position, label, row):
    """One estimate: label on the left, point and interval, numbers on the right."""
    text, plot, numbers = axes
    primary, look = row["role"] == "primary", LOOKS[row["role"]]
    color, size = (INK if primary else QUIET), 7 if text_width(label) < 21 else 6.3
    text.text(0.04, position, label, va="center", fontsize=size, color=color).set_in_layout(False)
    plot.plot(
        [row["ci_low"], row["ci_high"]],
        [position] * 2,
        color=look["color"],
        linewidth=1.3 if primary else 0.9,
    )
    plot.plot([row["estimate"]], [position], linestyle="", **look)
    shown = f"{row['estimate']:.3f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]".replace("-", "−")
    numbers.text(0.98, position, shown, va="center", ha="right", fontsize=7, color=color).set_in_layout(False)


def _legend(rows, labels):
    roles = [role for role in ROLES if (rows["role"] == role).any()]
    return [Line2D([], [], linestyle="", label=labels(f"role_{role}"), **LOOKS[role]) for role in roles]
