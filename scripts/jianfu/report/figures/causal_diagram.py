"""Draw the causal diagram of a hypothesis: layers from left to right, what the model does not hold constant dashed."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from jianfu.core.labels import Labels
from jianfu.models.diagram import Diagram, layers
from jianfu.models.words import column_label, text_of
from jianfu.report.figures.style import ALERT, GREY, INK, PALE, finish, new_figure

LAYER_CM, ROW_CM = 1.0, 0.85  # least height of the figure, and what each node of the fullest layer adds


def draw(diagram: Diagram, labels: Labels, synthetic: bool) -> Figure:
    """Exposure and outcome in thick frames, what the model holds constant in grey, the rest dashed."""
    columns = layers(diagram.edges)
    figure = new_figure(LAYER_CM + ROW_CM * max(map(len, columns)))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(-0.6, len(columns) - 0.4), ylim=(-0.08, 1.08))
    places = {
        name: (x, y)
        for x, column in enumerate(columns)
        for name, y in zip(column, _heights(len(column), x), strict=True)
    }
    boxes = {name: _node(axes, diagram, name, place, labels) for name, place in places.items()}
    for cause, effect in diagram.edges:
        jump = places[effect][0] - places[cause][0]
        arrow = FancyArrowPatch(
            places[cause],
            places[effect],
            arrowstyle="-|>",
            mutation_scale=7,
            linewidth=1.4 if (cause, effect) == (diagram.exposure, diagram.outcome) else 0.6,
            color=ALERT if cause in diagram.unheld and effect != diagram.outcome else INK,
            linestyle="--" if cause in diagram.unheld else "-",
            connectionstyle=f"arc3,rad={0.12 * (jump - 1):.2f}",
            patchA=boxes[cause].get_bbox_patch(),
            patchB=boxes[effect].get_bbox_patch(),
            shrinkA=0,
            shrinkB=1,
        )
        axes.add_patch(arrow)
    return finish(figure, labels, [labels("note_causal_diagram")], synthetic)


def node_label(name: str, labels: Labels) -> str:
    """Words for a node: its own (``node_<name>``), else those of the column."""
    return text_of(f"node_{name}", labels, column_label(name, labels))


def _heights(n, layer):
    """Places of the nodes of a layer between 1 (top) and 0; a single node a little off the middle, by turns."""
    return [0.5 + 0.12 * (-1) ** layer] if n == 1 else np.linspace(1, 0, n).tolist()


def _node(axes, diagram, name, place, labels):
    ends = name in (diagram.exposure, diagram.outcome)
    frame = {
        "boxstyle": "round,pad=0.35",
        "facecolor": PALE if name in diagram.held else "white",
        "edgecolor": INK if ends or name in diagram.held else GREY,
        "linewidth": 1.4 if ends else 0.6,
        "linestyle": "--" if name in diagram.unheld else "-",
    }
    return axes.text(
        *place, node_label(name, labels), ha="center", va="center", fontsize=7.5, bbox=frame, zorder=3
    )
