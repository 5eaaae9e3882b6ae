"""Figure: voluntary exits per 1,000 person-months by exposure to overload and cohort."""

from matplotlib.figure import Figure

from jianfu.release.outputs import SHOWN, TOTAL
from jianfu.report.figures.style import (
    SERIES,
    blank,
    finish,
    new_figure,
    not_provided,
    points,
    provided,
    wrap,
)

HEIGHT = 5.0  # cm


def draw(cells, quality, focus, labels, synthetic=False) -> Figure:
    """One panel per cohort with released groups: rates and intervals against the mean exposure of each group.

    cells: released columns cohort, bin, exposure_mean, persons, exits, person_months, rate, ci_low, ci_high, status;
    quality: released table of rows by source table, which says whether there is a ledger of exits; focus: the cohort in
    question, which stands out.
    Groups and cohorts that the gate withheld are missing and said so in the note.
    """
    groups = cells[cells["bin"] != TOTAL]
    if not provided(quality, "ledger"):
        return blank(not_provided("ledger", labels), labels, synthetic)
    if groups.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    shown = groups[(groups["status"] == SHOWN) & groups["rate"].notna()]
    if shown.empty:
        return blank(labels("fig_panel_withheld"), labels, synthetic)
    cohorts, lacking = list(shown["cohort"].unique()), list(groups["cohort"].unique())
    lacking = [labels(f"value_{cohort}") for cohort in lacking if cohort not in cohorts]
    figure = new_figure(HEIGHT)
    panels = figure.subplots(1, len(cohorts), sharey=True, sharex=True, squeeze=False)[0]
    for panel, cohort in zip(panels, cohorts, strict=True):
        _panel(panel, shown[shown["cohort"] == cohort], cohort, labels, SERIES[cohort == focus])
    panels[0].set_ylim(0, 1.08 * shown["ci_high"].max())
    low, high = shown["exposure_mean"].min(), shown["exposure_mean"].max()
    room = 0.15 * (high - low) + 0.1
    panels[0].set_xlim(low - room, high + room)
    panels[0].set_ylabel("\n".join(wrap(labels("fig_exit_rate"), HEIGHT - 1, 8)))
    withheld = len(groups) - len(shown)
    notes = [
        labels("fig_dose_note"),
        labels("fig_dose_groups", n=groups["bin"].nunique()),
        labels("fig_dose_lacking", names=labels("list_comma").join(lacking)) if lacking else "",
        labels("fig_withheld_groups", n=withheld) if withheld else "",
    ]
    return finish(figure, labels, notes, synthetic, x_label=labels("fig_exposure_sd"))


def _panel(panel, rows, cohort, labels, look):
    panel.set_title(labels(f"value_{cohort}"))
    points(panel, rows, x="exposure_mean", y="rate", line="-", color=look["color"], marker=look["marker"])
