"""Figure: paper and electronic documents stacked, by month."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from jianfu.report.channels import electronic_share, ends
from jianfu.report.figures.style import INK, SAND, SERIES, blank, finish, month_axis, new_figure, wrap
from jianfu.report.tables.table import number

PARTS = {  # column: look of its bars, from the bottom
    "paper": {"facecolor": SAND, "edgecolor": INK, "linewidth": 0.3, "hatch": "////"},
    "electronic": {"facecolor": SERIES[0]["color"], "edgecolor": INK, "linewidth": 0.3},
}

HEIGHT = 5.6  # cm


def draw(documents, labels, synthetic=False) -> Figure:
    """A bar per month of the means over units, electronic documents on top of those on paper.

    documents: released columns month, paper, electronic, units. Months without a value stay empty; the note says what
    share was electronic in the first and the last twelve months.
    """
    documents = documents.dropna(subset=list(PARTS))
    if documents.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    every = pd.period_range(documents["month"].min(), documents["month"].max(), freq="M").astype(str)
    shown = documents.set_index("month").reindex(every)
    figure = new_figure(HEIGHT)
    axes, base = figure.subplots(), 0
    for name, look in PARTS.items():
        axes.bar(range(len(every)), shown[name], bottom=base, width=0.8, **look)
        base = base + shown[name]
    axes.set_ylabel("\n".join(wrap(labels("fig_paper_electronic_y"), HEIGHT - 1, 8)))
    axes.margins(x=0.01)
    month_axis(axes, every)
    legend = [Patch(label=labels(f"fig_paper_electronic_{name}"), **look) for name, look in PARTS.items()]
    months, first, last = ends(documents)
    units = "–".join(
        dict.fromkeys(f"{int(n):,}" for n in (documents["units"].min(), documents["units"].max()))
    )
    shares = {
        name: number(100 * electronic_share(part), 0) for name, part in (("first", first), ("last", last))
    }
    note = labels("fig_paper_electronic_note", units=units, months=months, **shares)
    return finish(figure, labels, [note], synthetic, legend)
