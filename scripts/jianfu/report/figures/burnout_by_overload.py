"""Figure: mean burnout by exposure to overload, with the fitted line."""

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jianfu.release.outputs import SHOWN
from jianfu.report.figures.style import SERIES, blank, finish, new_figure, not_provided, points, provided

POINT = {"color": SERIES[0]["color"], "marker": SERIES[0]["marker"]}
LINE = {"color": SERIES[1]["color"], "linestyle": SERIES[1]["linestyle"]}


def draw(bins, quality, labels, synthetic=False) -> Figure:
    """Binned means with intervals, and the fitted line of the model.

    bins: released columns bin, exposure_mean, burnout_mean, ci_low, ci_high, n_persons, n_respondents, fitted, status;
    quality: released table of rows by source table.
    """
    shown = bins[(bins["status"] == SHOWN) & bins["burnout_mean"].notna()]
    if shown.empty:
        given = provided(quality, "survey")
        text = labels("fig_no_survey") if given else not_provided("survey", labels)
        return blank(text, labels, synthetic)
    figure = new_figure(6.8)
    axes = figure.subplots()
    sns.lineplot(shown, x="exposure_mean", y="fitted", estimator=None, errorbar=None, ax=axes, **LINE)
    points(axes, shown, x="exposure_mean", y="burnout_mean", markersize=4.2, **POINT)
    axes.set(xlabel=labels("fig_exposure_sd_6m"), ylabel=labels("fig_burnout"))
    legend = [
        Line2D([], [], linestyle="", label=labels("fig_binned_mean"), **POINT),
        Line2D([], [], label=labels("fig_fitted"), **LINE),
    ]
    withheld = len(bins) - len(shown)
    notes = [
        labels("fig_burnout_note", groups=len(shown), n=_of_each(shown["n_respondents"])),
        labels("fig_withheld_groups", n=withheld) if withheld else "",
    ]
    return finish(figure, labels, notes, synthetic, legend)


def _of_each(counts):
    """Released counts of the groups: one number, or the smallest and the largest."""
    return "–".join(dict.fromkeys(f"{int(n):,}" for n in (counts.min(), counts.max())))
