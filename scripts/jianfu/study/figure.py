"""The figure of the simulation study: one dot per scenario and judged term, with its Monte-Carlo interval."""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from jianfu.report.figures import style

PANELS = (("size", "rejected", "Size"), ("coverage", "coverage", "Coverage"), ("power", "rejected", "Power"))
HEIGHT_CM = 9.5


def label(row):
    """Name of a judged row: hypothesis and term."""
    return f"{row.hypothesis} {row.term}".replace(":cohort_90s", " × 90s")


def plot(table, design, paths):
    """Write the figure of ``table`` (as from :func:`jianfu.study.summary.summarise`) to ``paths``."""
    style.use_style()
    table = table[table["judged"]].assign(label=[label(row) for row in table[table["judged"]].itertuples()])
    names = list(dict.fromkeys(table["label"]))
    scenarios = [scenario["name"] for scenario in design["scenarios"]]
    figure = Figure(figsize=(style.WIDTH_CM * style.CM, HEIGHT_CM * style.CM), layout="constrained")
    for axes, (tested, figures, title) in zip(figure.subplots(1, 3, sharey=True), PANELS, strict=True):
        part = table if tested == "coverage" else table[table["tested"] == tested]
        if tested in design["limits"]:
            axes.axvspan(*design["limits"][tested], color=style.PALE, alpha=0.6, linewidth=0)
        _dots(axes, part, figures, names, scenarios)
        axes.set_xlabel(title)
        axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    handles, texts = figure.axes[1].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=3)
    counts = sorted({f"{draws:,}" for draws in table["n_draws"]}, key=len)
    note = f"{' or '.join(counts)} provinces per scenario, {table['date'].iloc[0]}"
    figure.suptitle(
        f"Simulation study, {note}; bars: {design['mc_confidence']:.0%} Monte-Carlo interval", fontsize=8
    )
    for path in paths:
        extra = {"Date": None} if str(path).endswith("svg") else {"Software": None}
        figure.savefig(path, dpi=200, metadata=extra)
    mpl.rcdefaults()


def _dots(axes, part, figures, names, scenarios):
    shifts = np.linspace(-0.32, 0.32, len(scenarios))
    for k, scenario in enumerate(scenarios):
        rows = part[part["scenario"] == scenario]
        if rows.empty:
            continue
        y = [names.index(name) + shifts[k] for name in rows["label"]]
        look = style.SERIES[k // 2 % len(style.SERIES)]
        error = np.abs(rows[[f"{figures}_low", f"{figures}_high"]].to_numpy().T - rows[figures].to_numpy())
        axes.errorbar(
            rows[figures], y, xerr=error, fmt=look["marker"], color=look["color"],
            markerfacecolor=look["color"] if k % 2 == 0 else "white", linewidth=0.8, markersize=3.2,
            label=scenario.replace("_", " "),
        )  # fmt: skip
