"""Figure: exits that the model predicts, and how burnout differs, over the observed range of the burden by cohort."""

from matplotlib.figure import Figure

from jianfu.report.figures.style import SERIES, band, blank, finish, new_figure, remark, wrap

ROW_CM = 4.2
ROWS = {
    "H3_within_cohorts": "fig_predictions_exits",
    "H1_burnout": "fig_predictions_burnout",
}  # model: its y axis


def draw(predictions, focus, labels, synthetic=False) -> Figure:
    """A row per model and a panel per cohort: lines with bands; the same y axis in a row.

    predictions: released columns model, group (a cohort), exposure, estimate, ci_low, ci_high; focus: the cohort in
    question, which stands out. A cohort without released values says so.
    """
    shown = predictions.dropna(subset="estimate")
    models = [model for model in ROWS if (shown["model"] == model).any()]
    if not models:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    cohorts = sorted(set(shown["group"]), key=list(dict.fromkeys(predictions["group"])).index)
    figure = new_figure(ROW_CM * len(models))
    panels = figure.subplots(len(models), len(cohorts), sharex=True, sharey="row", squeeze=False)
    for line, model in zip(panels, models, strict=True):
        for axes, cohort in zip(line, cohorts, strict=True):
            own = shown[(shown["model"] == model) & (shown["group"] == cohort)]
            if own.empty:
                remark(axes, "\n".join(wrap(labels("fig_panel_withheld"), 2.2, 7)))
                continue
            look = SERIES[cohort == focus]
            band(axes, own, x="exposure", y="estimate", color=look["color"], linestyle=look["linestyle"])
        line[0].set_ylabel("\n".join(wrap(labels(ROWS[model]), ROW_CM - 1, 8)), labelpad=6)
    for axes, cohort in zip(panels[0], cohorts, strict=True):
        axes.set_title(labels(f"value_{cohort}"))
    for axes, model in zip(panels[:, 0], models, strict=True):
        if (shown.loc[shown["model"] == model, "ci_low"] >= 0).all():
            axes.set_ylim(bottom=0)
    figure.align_ylabels(panels[:, 0])
    note = labels("fig_predictions_note")
    return finish(figure, labels, [note], synthetic, x_label=labels("fig_predictions_x"))
