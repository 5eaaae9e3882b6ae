"""Figure: apps against the rule of 2026, before and after it: clause by clause, and app by app."""

from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from jianfu.release.outputs import TOTAL
from jianfu.report.figures.style import GREY, INK, SAND, SERIES, blank, finish, new_figure, wrap

APPS = 10  # shown, those that go against the rule most
LOOKS = {
    "before": {"facecolor": SAND, "edgecolor": GREY, "linewidth": 0.4, "hatch": "////"},
    "after": {"facecolor": SERIES[0]["color"], "edgecolor": INK, "linewidth": 0.4},
}
ORDER = ("check_in", "points", "online", "forwarding", "below_county", TOTAL, "installed", "photos")
WORDS_CM, ROW_CM, WIDE = 3.2, 0.72, 0.36


def draw(audit, labels, synthetic=False) -> Figure:
    """Left two bars per clause over all apps, right two per app over the clauses; the rule allows none.

    audit: released columns clause, app, before, after (shares of the months of apps in units), months_before,
    months_after. Without months under the rule only what went before is drawn, which the note says.
    """
    audit = audit[audit[list(LOOKS)].notna().any(axis=1)]
    known = [name for name in LOOKS if audit[name].notna().any()]
    clauses = audit[audit["app"] == TOTAL].sort_values("clause", key=lambda names: names.map(ORDER.index))
    clauses = clauses.assign(word=[labels(f"value_clause_{name}") for name in clauses["clause"]])
    apps = audit[(audit["app"] != TOTAL) & (audit["clause"] == TOTAL)]
    apps = apps.assign(word=[labels.name(app) for app in apps["app"]])
    if clauses.empty:
        return blank(labels("fig_no_data"), labels, synthetic)
    left_out = max(len(apps) - APPS, 0)
    apps = apps.sort_values([known[-1], "app"], ascending=[False, True], kind="stable").head(APPS)
    figure = new_figure(1.4 + ROW_CM * max(len(clauses), len(apps)))
    panels = figure.subplots(1, 2 if len(apps) else 1, squeeze=False)[0]
    for axes, rows in zip(panels, (clauses, apps), strict=False):
        _bars(axes, rows, known)
    panels[0].set_xlabel(labels("fig_app_rule_clauses"))
    panels[-1].set_xlabel(labels("fig_app_rule_apps") if len(apps) else labels("fig_app_rule_clauses"))
    legend = [Patch(label=labels(f"fig_app_rule_{name}"), **LOOKS[name]) for name in known]
    whole = clauses.set_index("clause").loc[TOTAL] if (clauses["clause"] == TOTAL).any() else clauses.iloc[0]
    counts = {name: f"{int(whole[f'months_{name}']):,}" for name in LOOKS}
    notes = [
        labels("fig_app_rule_note", **counts),
        "" if "after" in known else labels("fig_app_rule_no_after"),
        labels("fig_app_rule_others", n=left_out) if left_out else "",
    ]
    return finish(figure, labels, notes, synthetic, legend)


def _bars(axes, rows, known):
    axes.grid(False)
    axes.tick_params(axis="y", length=0)
    for number, name in enumerate(known):
        shift = WIDE * (number - (len(known) - 1) / 2)
        places = [place + shift for place in range(len(rows))]
        bars = axes.barh(places, rows[name].fillna(0), height=WIDE, **LOOKS[name])
        texts = ["" if value != value else f"{value:.0%}" for value in rows[name]]
        axes.bar_label(bars, texts, padding=2, fontsize=6.5)
    axes.set_yticks(range(len(rows)), ["\n".join(wrap(word, WORDS_CM, 7)) for word in rows["word"]])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, max(1.22 * rows[known].max().max(), 0.05))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
