"""Figure: what the models project where records are edited as a scenario says: exits by cohort, and burnout."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from jianfu.report.figures.style import GREY, INK, SERIES, blank, finish, new_figure, points, wrap

EXITS, BURNOUT, ALL = "exits_avoided", "burnout", "all"
WORDS_CM = 5.2  # width of the names of the scenarios


def draw(effects, labels, synthetic=False) -> Figure:
    """A line per projected scenario; left exits avoided per 1,000 persons and year by cohort, right burnout in SD.

    effects: released columns scenario, quantity, group, estimate, ci_low, ci_high. What is not projected is counted in
    the note.
    """
    shown = effects[effects["quantity"].isin([EXITS, BURNOUT])].dropna(subset="estimate")
    names = list(dict.fromkeys(shown["scenario"]))
    if not names:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    groups = [group for group in dict.fromkeys(shown["group"]) if group != ALL]
    figure = new_figure(1.6 + 0.95 * len(names))
    panels = figure.subplots(1, 2, width_ratios=[3, 2], sharey=True)
    _panel(panels[0], shown[shown["quantity"] == EXITS], names, groups, SERIES)
    _panel(panels[1], shown[shown["quantity"] == BURNOUT], names, [ALL], [{"color": INK, "marker": "D"}])
    panels[0].set_xlabel(labels("fig_scenarios_exits"))
    panels[1].set_xlabel(labels("fig_scenarios_burnout"))
    words = ["\n".join(wrap(f"{name} {labels(f'scenario_{name}')}", WORDS_CM, 7)) for name in names]
    panels[0].set_yticks(range(len(names)), words)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    legend = [
        Line2D(
            [], [], color=look["color"], marker=look["marker"], linestyle="", label=labels(f"value_{group}")
        )
        for group, look in zip(groups, SERIES, strict=False)
    ]
    others = effects.loc[~effects["scenario"].isin(names), "scenario"].nunique()
    notes = [labels("fig_scenarios_note"), labels("fig_scenarios_others", n=others) if others else ""]
    return finish(figure, labels, notes, synthetic, legend, handle=1.0)


def _panel(axes, rows, names, groups, looks):
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.grid(False)
    axes.tick_params(axis="y", length=0)
    for number, (group, look) in enumerate(zip(groups, looks, strict=False)):
        own = rows[rows["group"] == group]
        shift = 0.22 * (number - (len(groups) - 1) / 2)
        own = own.assign(place=[names.index(name) + shift for name in own["scenario"]])
        points(axes, own, x="estimate", y="place", orient="y", color=look["color"], marker=look["marker"])
