"""Figure: what the leading index consists of: its members and the levels that issue, and how each changed."""

import pandas as pd
from matplotlib.figure import Figure

from jianfu.core.lines import BASE, LEVEL, MEMBER, REST
from jianfu.indices.roles import leading
from jianfu.models.words import column_label
from jianfu.report.channels import largest, level_words
from jianfu.report.figures.style import GREY, INK, PALE, SAND, blank, finish, is_narrow, new_figure, wrap
from jianfu.report.tables.table import count, number

WORDS_CM = 3.6  # width of the names
ROW_CM, TITLE_CM = 0.5, 1.0  # of a line; of the further lines that a title takes in a narrow figure


def draw(contributions, indicators, roles, labels, synthetic=False) -> Figure:
    """Upper panels a bar per member, lower ones per level that issues; left points, right their change on the year
    before. Lines that belong to no issuer are hatched; those of the index without any load stand in the note.

    contributions: released columns dimension, index, name, points, change; indicators: released columns code, label,
    unit_months;
    roles: of the indices, of which the leading one is shown.
    """
    index = leading(roles)
    own = contributions[(contributions["index"] == index) & contributions["points"].notna()]
    blocks = [largest(own, dimension) for dimension in (MEMBER, LEVEL)]
    blocks = [block for block in blocks if len(block)]
    if not blocks:
        return blank(labels("fig_no_data"), labels, synthetic)
    names = indicators.set_index("code")["label"]
    heights = [len(block) + 1.2 for block in blocks]
    figure = new_figure(ROW_CM * sum(heights) + TITLE_CM * len(blocks) * is_narrow())
    panels = figure.subplots(len(blocks), 2, sharex="col", height_ratios=heights, squeeze=False)
    for (left, right), block in zip(panels, blocks, strict=True):
        unowned = block["name"].isin(names.index) & (block["dimension"] == LEVEL)
        words = [_name(name, names, labels) for name in block["name"]]
        _bars(left, block["points"], unowned, 1)
        _bars(right, block["change"], unowned, 2)
        left.set_yticks(range(len(block)), ["\n".join(wrap(word, WORDS_CM, 7)) for word in words])
        right.set_yticks([])
        left.set_title(labels(f"fig_contributions_{block['dimension'].iloc[0]}"), loc="left")
    panels[-1][0].set_xlabel(labels("fig_contributions_points", index=column_label(index, labels)))
    panels[-1][1].set_xlabel(labels("fig_contributions_change"))
    members = own[own["dimension"] == MEMBER]
    base = members.loc[members["name"] == BASE, ["points", "change"]].sum()
    n = indicators.loc[indicators["code"].isin(members["name"]), "unit_months"].max()
    means = {"total": number(members["points"].sum(), 1), "base": number(base["points"], 1)}
    notes = [labels("fig_contributions_note", n=count(n), change=_signed(base["change"], 2, "+"), **means)]
    return finish(figure, labels, notes, synthetic)


def _name(name, names, labels):
    """An indicator by its label; a level, or what is left of one, by its word."""
    if name in names.index:
        return names[name]
    level = name.removeprefix(REST).strip()
    word = level_words(level, labels)
    return labels("fig_contributions_rest", level=word) if name.startswith(REST) else word


def _bars(axes, values, unowned, digits):
    axes.grid(False)
    axes.axvline(0, color=INK, linewidth=0.6)
    axes.tick_params(axis="y", length=0)
    bars = axes.barh(
        range(len(values)), values.fillna(0), height=0.66, color=PALE, edgecolor=GREY, linewidth=0.5
    )
    for bar, hatched in zip(bars, unowned, strict=True):
        if hatched:
            bar.set(hatch="////", facecolor=SAND)
    signed = "+" if digits > 1 else ""
    texts = ["" if pd.isna(value) else _signed(value, digits, signed) for value in values]
    axes.bar_label(bars, texts, padding=2, fontsize=7)
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.margins(x=0.18)


def _signed(value, digits, plus):
    return (plus if round(value, digits) > 0 else "") + number(value, digits)
