"""Figure: voluntary exits per 1,000 person-months by exposure to overload and cohort."""

from jianfu.release.outputs import SHOWN, TOTAL
from jianfu.report.figures.style import (
    COHORTS,
    INK,
    SERIES,
    empty,
    errors,
    finish,
    new_figure,
    not_provided,
    provided,
    remark,
)

HIGHLIGHT = "90后"


def draw(cells, quality, labels, synthetic=False):
    """One panel per cohort with rates and intervals against the mean exposure of each group.

    cells: released columns cohort, bin, exposure_mean, persons, exits, person_months, rate, ci_low, ci_high, status;
    quality: released table of rows by source table, which says whether there is a ledger of exits.
    Groups that the gate withheld are missing and said so in the note.
    """
    groups = cells[cells["bin"] != TOTAL]
    cohorts = [cohort for cohort in COHORTS if cohort in set(groups["cohort"])]
    figure = new_figure(7.2)
    given = provided(quality, "ledger")
    if not cohorts or not given:
        empty(figure.subplots(), labels("fig_no_data") if given else not_provided("ledger", labels))
        return finish(figure, labels, (), synthetic)
    panels = figure.subplots(1, len(cohorts), sharey=True, sharex=True, squeeze=False)[0]
    shown = groups[(groups["status"] == SHOWN) & groups["rate"].notna()]
    for panel, cohort in zip(panels, cohorts, strict=True):
        _panel(panel, shown[shown["cohort"] == cohort], cohort, labels)
    if len(shown):
        panels[0].set_ylim(0, 1.08 * shown["ci_high"].max())
        low, high = shown["exposure_mean"].min(), shown["exposure_mean"].max()
        panels[0].set_xlim(low - 0.15 * (high - low) - 0.1, high + 0.15 * (high - low) + 0.1)
    panels[0].set_ylabel(labels("fig_exit_rate"))
    withheld = len(groups) - len(shown)
    notes = [
        labels("fig_dose_note"),
        labels("fig_dose_groups", n=groups["bin"].nunique()),
        labels("fig_withheld_groups", n=withheld) if withheld else "",
    ]
    return finish(figure, labels, notes, synthetic, x_label=labels("fig_exposure_sd"))


def _panel(panel, rows, cohort, labels):
    panel.set_title(labels(COHORTS[cohort]), fontsize=8)
    look = SERIES[1] if cohort == HIGHLIGHT else SERIES[0]
    if rows.empty:
        remark(panel, labels("fig_panel_withheld").replace("，", "，\n").replace(": ", ":\n"))
        return
    rows = rows.sort_values("exposure_mean")
    panel.plot(rows["exposure_mean"], rows["rate"], color=look["color"], linewidth=0.8, alpha=0.6)
    panel.errorbar(
        rows["exposure_mean"],
        rows["rate"],
        yerr=errors(rows, "rate"),
        fmt=look["marker"],
        color=look["color"],
        ecolor=look["color"],
        elinewidth=0.9,
        capsize=1.8,
        markeredgecolor=INK,
        markeredgewidth=0.3,
    )
    panel.grid(axis="y", color="#e6e6e6", linewidth=0.5)
    panel.set_axisbelow(True)
