"""Figure: the estimates that decide the hypotheses within units beside those between units, and their difference."""

import pandas as pd
from matplotlib.figure import Figure

from jianfu.core.spreadsheets import write_csv
from jianfu.models.estimates import CHECK
from jianfu.models.verdicts import falsifications, usable
from jianfu.models.words import model_label
from jianfu.report.figures.forest import panel_of, read_tested, short_term
from jianfu.report.figures.lines import legend_of
from jianfu.report.figures.style import GREY, INK, SERIES, blank, finish, new_figure, points, wrap

WITHIN, BETWEEN, DIFFERENCE = "within", "between", "difference"
LOOKS = {
    WITHIN: {"marker": "s", "color": INK, "markersize": 4.2, "markerfacecolor": INK},
    BETWEEN: {"marker": "D", "color": SERIES[1]["color"], "markersize": 4.2, "markerfacecolor": "white"},
}
APART = 0.18  # of a row, by which the two lie above and below its middle
WORDS_CM, ROW_CM, SIZE = 5.2, 0.74, 6.5
MOST = 22  # lines of the plan that are drawn, the first ones: a page holds no more
COLUMNS = [
    "hypothesis",
    "model",
    "term",
    "panel",
    "outcome",
    "part",
    "estimate",
    "ci_low",
    "ci_high",
    "n_units",
]


def read(estimates, hypotheses, models, alpha, csv) -> tuple[pd.DataFrame, dict]:
    """Rows of the figure (also written to ``csv``) and plan of the models by name, from the paths of the files."""
    _, checks, tested, by_name = read_tested(estimates, hypotheses, models, alpha)
    rows = compared_rows(tested, checks)
    write_csv(rows, csv, digits=10)
    return rows, by_name


def compared_rows(tested, checks) -> pd.DataFrame:
    """Three rows, by ``part``, of every line of the plan that has both: :data:`COLUMNS`.

    within: the estimate that decides the line, where the unit is absorbed; difference: the coefficient of the mean of
    the unit beside it (Mundlak 1978) in the check without absorbed units; between: the sum of the two coefficients
    there, which has no interval of its own.
    """
    beside = {(row["model"], row["term"]): row for row in checks.to_dict("records")}
    found = []
    for plan, row, *_ in tested:
        check, term = falsifications(plan["term"])["between"]
        model = f"{plan['model']}{CHECK}{check}"
        difference, within = beside.get((model, term)), beside.get((model, plan["term"]))
        if not all(one is not None and usable(one) for one in (row, difference, within)):
            continue
        common = {name: row[name] for name in ("hypothesis", "model", "term", "outcome")}
        common["n_units"] = difference["n_units"]
        common["panel"] = panel_of(str(row["scale"]), row["outcome"])
        interval = {key: row[key] for key in ("estimate", "ci_low", "ci_high")}
        found.append(common | {"part": WITHIN} | interval)
        found.append(common | {"part": BETWEEN, "estimate": within["estimate"] + difference["estimate"]})
        found.append(common | {"part": DIFFERENCE} | {key: difference[key] for key in interval})
    return pd.DataFrame(found, columns=COLUMNS)


def draw(rows, models, labels, synthetic=False) -> Figure:
    """A row per line of the plan and panels by scale: left within and between units, right their difference.

    rows: as from :func:`compared_rows`; models: the plan by name.
    """
    if rows.empty:
        return blank(labels("fig_no_estimate"), labels, synthetic)
    left_out = max(len(rows) // 3 - MOST, 0)
    rows = rows.head(3 * MOST)
    blocks = [part for _, part in rows.groupby("panel")]
    heights = [len(part) / 3 + 1.2 for part in blocks]
    figure = new_figure(ROW_CM * sum(heights))
    panels = figure.subplots(len(blocks), 2, width_ratios=[3, 2], height_ratios=heights, squeeze=False)
    for (left, right), part in zip(panels, blocks, strict=True):
        own = {name: same.reset_index(drop=True) for name, same in part.groupby("part")}
        words = [_words(row, models, labels) for row in own[WITHIN].to_dict("records")]
        for axes in (left, right):
            axes.axvline(0, color=GREY, linewidth=0.8)
            axes.grid(False)
            axes.set(yticks=[], ylim=(len(words) - 0.5, -0.5))
        for name, shift in ((WITHIN, -APART), (BETWEEN, APART)):
            shown = own[name].assign(place=own[name].index + shift)
            points(left, shown, x="estimate", y="place", orient="y", **LOOKS[name])
        shown = own[DIFFERENCE].assign(place=own[DIFFERENCE].index)
        points(right, shown, x="estimate", y="place", orient="y", color=INK, marker="o")
        left.set_yticks(range(len(words)), words, fontsize=SIZE, linespacing=1.05)
        left.tick_params(axis="y", length=0)
        left.set_xlabel(labels(f"fig_forest_{part['panel'].iloc[0]}"))
        right.set_xlabel(labels("fig_within_between_difference"))
    legend = legend_of(LOOKS, {name: labels(f"fig_within_between_{name}") for name in LOOKS})
    units = "–".join(dict.fromkeys(f"{int(n):,}" for n in (rows["n_units"].min(), rows["n_units"].max())))
    note = labels("fig_within_between_note", units=units)
    return finish(
        figure,
        labels,
        [note, labels("fig_within_between_others", n=left_out) if left_out else ""],
        synthetic,
        legend,
        handle=1.0,
    )


def _words(row, models, labels):
    model = model_label(row["model"], models, labels)
    words = labels("fig_forest_row", model=model, term=short_term(row["term"], labels))
    return "\n".join(wrap(f"{row['hypothesis']} {words}", WORDS_CM, SIZE))
