"""Figure: the estimates of all specifications in their order, with intervals, above the choices that make them."""

from jianfu.report.figures.style import ALERT, GREY, INK, PALE, SERIES, empty, finish, new_figure

CHOICES = ("index", "lag", "link", "controls", "sample", "cluster")
LEVEL = 0.05


def draw(curve, summary, labels, synthetic=False):
    """Estimates above, marks of the choices below; a specification that failed has no place and is counted.

    curve: released columns rank, index, lag, link, controls, sample, cluster, estimate, ci_low, ci_high, p_value;
    summary: one released row with counts, median, shares and p-values of the joint tests.
    """
    shown = curve[curve["estimate"].notna()].sort_values("rank")
    figure = new_figure(16)
    if shown.empty:
        empty(figure.subplots(), labels("fig_no_data"))
        return finish(figure, labels, (), synthetic)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.5])
    x = range(1, len(shown) + 1)
    significant = shown["p_value"] < LEVEL
    above.vlines(x, shown["ci_low"], shown["ci_high"], color=PALE, linewidth=0.5)
    for mask, color in ((~significant, GREY), (significant, SERIES[0]["color"])):
        place = [k for k, own in zip(x, mask, strict=True) if own]
        above.scatter(place, shown.loc[mask, "estimate"], s=3, color=color, linewidths=0, zorder=3)
    above.axhline(0, color=INK, linewidth=0.6)
    own = summary.iloc[0]
    above.axhline(own["median"], color=ALERT, linewidth=0.8, linestyle=(0, (4, 2)))
    above.set_ylabel(labels("fig_log_hazard_sd"))
    _choices(below, shown, x, labels)
    return finish(figure, labels, _notes(own, labels), synthetic, x_label=labels("fig_specification"))


def _choices(axes, shown, x, labels):
    """One line per value of a choice, marked where a specification has it; values that never differ have none."""
    names, row = [], 0
    for choice in CHOICES:
        values = list(dict.fromkeys(shown[choice].astype(str)))
        if len(values) < 2:
            continue
        for value in sorted(values):
            place = [k for k, own in zip(x, shown[choice].astype(str), strict=True) if own == value]
            axes.scatter(place, [row] * len(place), s=1.2, marker="|", color=INK, linewidths=0.3)
            names.append(f"{labels(f'curve_{choice}')}: {value}")
            row += 1
    axes.set_yticks(range(row), names, fontsize=5.5)
    axes.invert_yaxis()


def _notes(own, labels):
    counts = labels(
        "fig_curve_note",
        n=int(own["specifications"]),
        failed=int(own["failed"]),
        median=f"{own['median']:.3f}".replace("-", "−"),
        share=f"{100 * own['share_positive_significant']:.0f}",
    )
    joint = labels("fig_curve_joint", permutations=int(own["permutations"]), p=f"{own['p_median']:.3f}")
    return [counts, joint]
