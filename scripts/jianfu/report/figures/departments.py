"""Figure: what the issuing departments load the townships with, and what they make up of the index."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from jianfu.indices.roles import leading
from jianfu.report.figures.style import ALERT, INK, PALE, blank, finish, new_figure, wrap

PANEL_CM = 2.2  # room for the words below a panel
SHOWN = 16  # departments, those that issue most
SHARES = (
    "short",
    "rest_eve",
    "disguised",
)  # of their tasks; of their visits those that are checks in disguise
FUNNEL = {"short": "short_outside", "disguised": "disguised_outside"}
INSIDE, OUTSIDE = {"color": INK, "marker": "o"}, {"color": ALERT, "marker": "D"}


def draw(scorecard, contributions, roles, labels, synthetic=False) -> Figure:
    """A line per department, those that issue most first: tasks, three shares, and points of the leading index.

    scorecard: released columns dimension, name, tasks, short, rest_eve, disguised, short_outside, disguised_outside;
    contributions: released columns dimension, index, name, points; roles: of the indices, of which the leading one is
    shown. A share beyond the limits of chance stands out.
    """
    rows = scorecard[scorecard["dimension"] == "issuer"].dropna(subset="tasks")
    rows = rows.sort_values(["tasks", "name"], ascending=[False, True], kind="stable").head(SHOWN)
    if rows.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    index = leading(roles)
    own = contributions[(contributions["dimension"] == "issuer") & (contributions["index"] == index)]
    rows = rows.assign(points=rows["name"].map(own.set_index("name")["points"]))
    shares = [name for name in SHARES if rows[name].notna().any()]
    columns = ["tasks", *shares, *(["points"] if rows["points"].notna().any() else [])]
    figure = new_figure(1.8 + 0.42 * len(rows))
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, columns, strict=True):
        axes.grid(False)
        axes.tick_params(axis="y", length=0)
        if name in shares:
            _dots(axes, rows, name)
        else:
            axes.barh(range(len(rows)), rows[name], color=PALE, height=0.62)
        axes.set_xlabel("\n".join(wrap(labels(f"fig_departments_{name}", index=index), PANEL_CM, 8)))
        axes.set_xlim(0, 1.12 * rows[name].max() or 1)
    panels[0].set_yticks(range(len(rows)), rows["name"].map(labels.name))
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    legend = [
        Line2D([], [], linestyle="", label=labels(f"fig_departments_{key}"), **look)
        for key, look in (("inside", INSIDE), ("outside", OUTSIDE))
    ]
    left = len(scorecard[scorecard["dimension"] == "issuer"].dropna(subset="tasks")) - len(rows)
    notes = [labels("fig_departments_note"), labels("fig_departments_others", n=left) if left else ""]
    return finish(figure, labels, notes, synthetic, legend, handle=1.0)


def _dots(axes, rows, name):
    beyond = rows[FUNNEL[name]].fillna(0).ne(0).to_numpy() if name in FUNNEL else [False] * len(rows)
    for place, (value, outside) in enumerate(zip(rows[name], beyond, strict=True)):
        axes.plot(value, place, linestyle="", markersize=4, **(OUTSIDE if outside else INSIDE))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
