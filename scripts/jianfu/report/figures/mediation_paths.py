"""Figure: the mediation models as paths with their estimates: exposure to mediator to outcome, and the direct one."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from jianfu.core.spreadsheets import write_csv
from jianfu.models.estimates import missing
from jianfu.models.words import column_label, model_label, text_of
from jianfu.report.figures.forest import read_tested
from jianfu.report.figures.style import GREY, INK, PALE, blank, finish, is_narrow, new_figure, wrap
from jianfu.report.tables.table import interval, number

FIRST, SECOND, DIRECT, INDIRECT, TOTAL = "a", "b", "direct", "indirect", "total"
COLUMNS = ["hypothesis", "model", "exposure", "mediator", "outcome", "part", "scale"]
FIGURES = ["estimate", "ci_low", "ci_high", "p_value", "n_used"]
ACROSS, PANEL_CM, LOW_CM, NODE_CM = 2, 4.8, 3.6, 2.1
PLACES = {"exposure": (0.13, 0.3), "mediator": (0.5, 0.9), "outcome": (0.87, 0.3)}
ARROWS = {  # part: from, to, place of its numbers
    FIRST: ("exposure", "mediator", (0.24, 0.66), "right"),
    SECOND: ("mediator", "outcome", (0.76, 0.66), "left"),
    DIRECT: ("exposure", "outcome", (0.5, 0.32), "center"),
}


def read(estimates, hypotheses, models, alpha, csv) -> tuple[pd.DataFrame, dict]:
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    declared, _, _, by_name = read_tested(estimates, hypotheses, models, alpha)
    rows = path_rows(declared, by_name)
    write_csv(rows, csv, digits=10)
    return rows, by_name


def path_rows(estimates, models) -> pd.DataFrame:
    """A row per path, by ``part``, of every exposure with a direct and an indirect one in the mediation models of a
    hypothesis."""
    values = {(row["model"], row["term"]): row for row in estimates.to_dict("records")}
    found = []
    for name, model in models.items():
        if model["estimator"] != "mediation" or not model["hypothesis"]:
            continue
        for exposure in model["terms"]:
            terms = {SECOND: f"{model['mediator']}_b"}
            terms |= {part: f"{exposure}_{part}" for part in (FIRST, DIRECT, INDIRECT, TOTAL)}
            own = {part: values.get((name, term)) for part, term in terms.items()}
            if any(own[part] is None or missing(own[part]["estimate"]) for part in (DIRECT, INDIRECT)):
                continue
            common = {"model": name, "exposure": exposure, "mediator": model["mediator"]}
            common |= {"hypothesis": own[DIRECT]["hypothesis"], "outcome": own[DIRECT]["outcome"]}
            found += [
                common | {"part": part, **{key: row[key] for key in ("scale", *FIGURES)}}
                for part, row in own.items()
                if row is not None and not missing(row["estimate"])
            ]
    return pd.DataFrame(found, columns=[*COLUMNS, *FIGURES])


def draw(rows, models, labels, synthetic=False) -> Figure:
    """A panel per model and exposure; a path whose interval leaves out zero is a solid arrow, any other dashed.

    rows: as from :func:`path_rows`; models: the plan by name.
    """
    groups = [part for _, part in rows.groupby(["model", "exposure"], sort=False)]
    if not groups:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    across = 1 if is_narrow() else ACROSS
    lines = -(-len(groups) // across)
    figure = new_figure((LOW_CM if is_narrow() else PANEL_CM) * lines)
    panels = figure.subplots(lines, across, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
        panel.set(xlim=(0, 1), ylim=(0, 1.08))
    for panel, own in zip(panels, groups, strict=False):
        _panel(panel, own.set_index("part"), models, labels)
    return finish(figure, labels, [labels("fig_mediation_paths_note")], synthetic)


def _panel(axes, paths, models, labels):
    first = paths.iloc[0]
    axes.set_title(f"{first['hypothesis']} {model_label(first['model'], models, labels)}", loc="left")
    boxes = {role: _node(axes, column_of(first[role], labels), place) for role, place in PLACES.items()}
    for part, (cause, effect, place, side) in ARROWS.items():
        if part not in paths.index:
            continue
        row = paths.loc[part]
        axes.add_patch(
            FancyArrowPatch(
                PLACES[cause],
                PLACES[effect],
                arrowstyle="-|>",
                mutation_scale=7,
                linewidth=1.0,
                color=INK if _differs(row) else GREY,
                linestyle="-" if _differs(row) else "--",
                patchA=boxes[cause].get_bbox_patch(),
                patchB=boxes[effect].get_bbox_patch(),
                shrinkA=0,
                shrinkB=1,
            )
        )
        axes.text(*place, _numbers(row), ha=side, va="bottom", fontsize=7)
    sums = [
        labels(f"fig_mediation_paths_{part}", numbers=_numbers(paths.loc[part], " "))
        for part in (INDIRECT, TOTAL)
        if part in paths.index
    ]
    unit = labels("mediation_per_1000" if "per_1000" in str(paths.loc[DIRECT, "scale"]) else "mediation_sd")
    sums.append(labels("fig_mediation_paths_unit", unit=unit, n=f"{int(paths.loc[DIRECT, 'n_used']):,}"))
    axes.text(
        0.5,
        0 if is_narrow() else 0.12,
        "\n".join(sums),
        ha="center",
        va="top",
        fontsize=7,
        linespacing=1.35,
    )


def column_of(name, labels) -> str:
    """Words for an exposure, mediator or outcome: its short name, else the label of the column."""
    return text_of(f"short_{name}", labels, text_of(f"outcome_{name}", labels, column_label(name, labels)))


def _node(axes, words, place):
    frame = {"boxstyle": "round,pad=0.3", "facecolor": PALE, "edgecolor": INK, "linewidth": 0.6}
    text = "\n".join(wrap(words, NODE_CM, 7))
    return axes.text(*place, text, ha="center", va="center", fontsize=7, bbox=frame, zorder=3)


def _differs(row):
    return missing(row["ci_low"]) or row["ci_low"] > 0 or row["ci_high"] < 0


def _numbers(row, between="\n"):
    value = number(row["estimate"])
    return value if missing(row["ci_low"]) else f"{value}{between}{interval(row['ci_low'], row['ci_high'])}"
