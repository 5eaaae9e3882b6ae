"""Figure: tasks by level of government, and what a level adds when it passes a task on."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from jianfu.report.channels import LEVELS, level_words, order_of, step_words
from jianfu.report.figures.style import GREY, PALE, SERIES, blank, finish, is_narrow, new_figure, points

PARTS = ("targets", "artefacts", "time")
ROW_CM = 0.9


def draw(chains, scorecard, labels, synthetic=False) -> Figure:
    """Left a bar of tasks per level that issues, right a row per step: change of targets and of artefacts from parent
    to child, and the part of the parent's time that is left to the child, with intervals.

    chains: released columns step, part, mean, ci_low, ci_high (of log ratios), n; scorecard: released columns
    dimension, name, tasks.
    """
    tasks = (
        scorecard[scorecard["dimension"] == "issuer_level"].dropna(subset="tasks").set_index("name")["tasks"]
    )
    tasks = tasks[[level for level in LEVELS if level in tasks.index]]
    chains = chains.dropna(subset="mean")
    steps = sorted(dict.fromkeys(chains["step"]), key=order_of)
    if not len(tasks) or not steps:
        return blank(labels("fig_no_data"), labels, synthetic)
    rows = [1.4 + ROW_CM * len(part) for part in (tasks, steps)]
    if is_narrow():
        figure = new_figure(sum(rows))
        left, right = figure.subplots(2, 1, height_ratios=rows)
    else:
        figure = new_figure(max(rows))
        left, right = figure.subplots(1, 2, width_ratios=[2, 3])
    bars = left.barh(range(len(tasks)), tasks, height=0.62, color=PALE, edgecolor=GREY, linewidth=0.5)
    left.bar_label(bars, [f"{n:,.0f}" for n in tasks], padding=2, fontsize=7)
    left.set_yticks(range(len(tasks)), [level_words(level, labels) for level in tasks.index])
    left.set_xlabel(labels("fig_departments_tasks"))
    left.margins(x=0.22)
    left.xaxis.set_major_locator(MaxNLocator(4))
    left.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    left.set_ylim(len(tasks) - 0.4, -0.6)
    right.axvline(0, color=GREY, linewidth=0.8)
    parts = [part for part in PARTS if (chains["part"] == part).any()]
    for number, (part, look) in enumerate(zip(parts, SERIES, strict=False)):
        shift = 0.24 * (number - (len(parts) - 1) / 2)
        points(right, _changes(chains, part, steps, shift), x="mean", y="place", orient="y", **_mark(look))
    right.set_yticks(range(len(steps)), [step_words(step, labels) for step in steps])
    right.set_ylim(len(steps) - 0.4, -0.6)
    right.set_xlabel(labels("fig_cascade_change"))
    right.xaxis.set_major_formatter(PercentFormatter(1))
    for axes in (left, right):
        axes.grid(False)
        axes.tick_params(axis="y", length=0)
    legend = [
        Line2D([], [], linestyle="", label=labels(f"fig_cascade_{part}"), **_mark(look))
        for part, look in zip(parts, SERIES, strict=False)
    ]
    note = labels("fig_cascade_note", n=f"{int(chains.groupby('step')['n'].max().sum()):,}")
    return finish(figure, labels, [note], synthetic, legend, handle=1.0)


def _changes(chains, part, steps, shift):
    """Relative changes of a part by step; of time the part that is left, which is what was kept back turned round."""
    own = chains[chains["part"] == part]
    places = [steps.index(step) + shift for step in own["step"]]
    if part == "time":
        own = own.assign(mean=-own["mean"], ci_low=-own["ci_high"], ci_high=-own["ci_low"])
    return own.assign(**{name: np.expm1(own[name]) for name in ("mean", "ci_low", "ci_high")}, place=places)


def _mark(look):
    return {"color": look["color"], "marker": look["marker"]}
