"""Lines of a forest: words on the left, a point with its interval in the middle, numbers on the right."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from jianfu.report.figures.style import INK, new_figure, points, text_width, width_cm, wrap
from jianfu.report.tables.table import interval, number

WIDTHS = (7.2, 4.1, 2.9)  # of words, plot and numbers
ROW_CM = 0.39
TALLEST_CM = 20.4  # of all lines together, which become lower where they would not fit on a page
QUIET, BAND = "#4d4d4d", "#efede6"
SIZE, SMALLEST = 7, 5.2  # points: usual words; longer ones down to, then on two lines


@dataclass(frozen=True)
class Line:
    """One line of a block: ``words``, behind a short ``name``; without ``look`` a heading over the lines below it.

    look: key of the looks of the figure; drawn: estimate and ends of its interval as drawn; printed: the same as
    printed (in their own unit); strong: in full ink.
    """

    words: str
    name: str = ""
    look: str = ""
    drawn: tuple[float, float, float] = ()
    printed: tuple[float, float, float] = ()
    strong: bool = False


def draw_blocks(blocks, looks, origin=0.0) -> Figure:
    """The figure of ``blocks``, each (label of its x axis, list of :class:`Line`); those of one label share their axis.

    looks: {key: what :func:`points` takes}; origin: where the line of reference stands.
    """
    counts = [len(lines) for _, lines in blocks]
    figure = new_figure(min(0.95 * len(blocks) + ROW_CM * sum(counts), TALLEST_CM))
    figure.get_layout_engine().set(wspace=0)
    grid = figure.add_gridspec(len(blocks), 3, height_ratios=[n + 0.8 for n in counts], width_ratios=WIDTHS)
    shared = {}
    for place, (x_label, lines) in enumerate(blocks):
        plot = figure.add_subplot(grid[place, 1], sharex=shared.get(x_label))
        shared.setdefault(x_label, plot)
        words, numbers = (figure.add_subplot(grid[place, column]) for column in (0, 2))
        for axes in (words, plot, numbers):
            axes.set(ylim=(len(lines) - 0.5, -0.5), yticks=[], facecolor="none")
            axes.spines[["left", "top", "right"]].set_visible(False)
        for axes in (words, numbers):
            axes.set(xlim=(0, 1), xticks=[], zorder=2)
            axes.spines["bottom"].set_visible(False)
        _intervals(plot, lines, looks, x_label, origin)
        _texts(words, numbers, lines)
    return figure


def legend_of(looks, words) -> list[Line2D]:
    """Handles of the ``looks`` with their ``words``, both by key."""
    handles = []
    for key, text in words.items():
        look = {name: value for name, value in looks[key].items() if name != "elinewidth"}
        handles.append(Line2D([], [], linestyle="", markeredgecolor=look["color"], label=text, **look))
    return handles


def _intervals(axes, lines, looks, x_label, origin):
    rows = pd.DataFrame(
        [(place, line.look, *line.drawn) for place, line in enumerate(lines) if line.look],
        columns=["place", "look", "estimate", "ci_low", "ci_high"],
    )
    axes.axvline(origin, color=INK, linewidth=0.6, zorder=1)
    for key, own in rows.groupby("look"):
        points(axes, own, x="estimate", y="place", orient="y", **looks[key])
    axes.set_xlabel(x_label)
    axes.margins(x=0.06)
    axes.grid(axis="x")


def _texts(words, numbers, lines):
    """Texts beside the intervals; a heading lies on a band that runs across the page."""
    across = blended_transform_factory(words.figure.transFigure, words.transData)
    for place, line in enumerate(lines):
        look = {"va": "center", "color": INK if line.strong or not line.look else QUIET, "in_layout": False}
        if not line.look:
            band = Rectangle(
                (0.003, place - 0.5), 0.994, 1, transform=across, color=BAND, linewidth=0, clip_on=False
            )
            words.add_patch(band).set_in_layout(False)
            words.text(0.01, place, line.words, fontsize=SIZE + 0.5, **look)
            continue
        indent = 0.09 if line.name else 0.04
        text, size = _fitted(line.words, width_cm() * WIDTHS[0] / sum(WIDTHS) * (0.98 - indent))
        words.text(0.01, place, line.name, fontsize=SIZE, **look)
        words.text(indent, place, text, fontsize=size, linespacing=0.85, **look)
        estimate, low, high = line.printed
        printed = f"{number(estimate)} {interval(low, high)}"
        numbers.text(0.98, place, printed, fontsize=SIZE, ha="right", **look)


def _fitted(words, width_cm):
    """The words as they fit into ``width_cm``, and their size: smaller where they are long, else on two lines."""
    size = min(SIZE, width_cm / 2.54 * 72 / text_width(words))
    if size >= SMALLEST:
        return words, size
    return "\n".join(wrap(words, width_cm, SMALLEST)), SMALLEST
