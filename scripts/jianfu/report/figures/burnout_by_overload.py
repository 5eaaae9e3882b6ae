"""Figure: mean burnout by exposure to overload, with the fitted line."""

from jianfu.release.outputs import SHOWN
from jianfu.report.figures.style import INK, SERIES, empty, errors, finish, new_figure, not_provided, provided


def draw(bins, quality, labels, synthetic=False):
    """Binned means with intervals, and the fitted line of the model.

    bins: released columns bin, exposure_mean, burnout_mean, ci_low, ci_high, n_persons, n_respondents, fitted, status;
    quality: released table of rows by source table.
    """
    figure = new_figure(7.8)
    axes = figure.subplots()
    shown = bins[(bins["status"] == SHOWN) & bins["burnout_mean"].notna()].sort_values("exposure_mean")
    if shown.empty:
        given = provided(quality, "survey")
        empty(axes, labels("fig_no_survey") if given else not_provided("survey", labels))
        return finish(figure, labels, (), synthetic)
    point, line = SERIES[0], SERIES[1]
    axes.plot(
        shown["exposure_mean"],
        shown["fitted"],
        color=line["color"],
        linestyle=line["linestyle"],
        label=labels("fig_fitted"),
    )
    axes.errorbar(
        shown["exposure_mean"],
        shown["burnout_mean"],
        yerr=errors(shown, "burnout_mean"),
        fmt=point["marker"],
        color=point["color"],
        markersize=4.2,
        elinewidth=1.0,
        capsize=2.2,
        markeredgecolor=INK,
        markeredgewidth=0.3,
        label=labels("fig_binned_mean"),
    )
    axes.set_xlabel(labels("fig_exposure_sd_6m"))
    axes.set_ylabel(labels("fig_burnout"))
    axes.margins(y=0.12)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.legend(loc="best")
    withheld = len(bins) - len(shown)
    note = labels("fig_burnout_note", n=f"{int(shown['n_respondents'].sum()):,}")
    return finish(
        figure, labels, [note, labels("fig_withheld_groups", n=withheld) if withheld else ""], synthetic
    )
