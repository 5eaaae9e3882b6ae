"""Figure: from the rows of the source files to the analysed person-months and respondents, as a box diagram."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jianfu.release.outputs import OTHER, TOTAL
from jianfu.report.figures.style import INK, blank, finish, new_figure, provided, text_width, width_cm, wrap

CHAINS = {"exits": "person_months", "survey": "respondents"}
LINE, PAD, GAP = 0.36, 0.26, 0.5  # cm: line height, padding inside a box, distance between two boxes
SMALL = 6.8  # points
MAIN, SIDE, BETWEEN = 3.8, 3.25, 0.4  # cm: width of main boxes, of side boxes, and distance between them


def draw(flow, quality, labels, synthetic=False) -> Figure:
    """Source rows on top; below, one column for the person-months of the exit models and one for the survey.

    flow: released columns chain, position, step, reason, unit, n (missing n = withheld); quality: released table of
    rows by source table.
    """
    columns = [_given(flow, quality, name, labels) for name in CHAINS]
    columns = [steps for steps in columns if steps]
    if quality.empty and not columns:
        return blank(labels("fig_no_data"), labels, synthetic)
    top = source_boxes(quality, labels)
    height = _height([top]) + GAP + max((_height([steps]) for steps in columns), default=0) + 0.25
    figure = new_figure(height)
    figure.get_layout_engine().set(w_pad=0, h_pad=0)
    axes = figure.subplots()
    axes.set(xlim=(0, width_cm()), ylim=(0, height))  # a unit is a centimetre
    axes.set_axis_off()
    middle = width_cm() / 2 - MAIN / 2
    bottom = _column(axes, top, middle, height - 0.05)
    for number, steps in enumerate(columns):
        left = number * (MAIN + BETWEEN + SIDE + 0.4) + 0.1 if len(columns) > 1 else middle
        _split(axes, middle + MAIN / 2, bottom, left + MAIN / 2)
        _column(axes, steps, left, bottom - GAP)
    return finish(figure, labels, [labels("fig_flow_note")], synthetic)


def source_boxes(quality, labels) -> list[tuple]:
    """Main and side boxes of the source rows: [(text lines, side lines)]."""
    if quality.empty:
        return []
    total = quality[quality["table"] == TOTAL].iloc[0]
    read = [labels("fig_flow_rows_read"), labels("fig_flow_rows", n=_number(total["rows_read"]))]
    side = [
        (labels(f"fig_flow_{key}"), _number(total[key]))
        for key in ("nondata", "duplicate", "rejected")
        if total[key] > 0
    ]
    kept = [labels("fig_flow_rows_kept"), labels("fig_flow_rows", n=_number(total["kept"]))]
    return [(read, []), (kept, side)]


def _given(flow, quality, chain, labels):
    """Boxes of one chain; a single box where its source was not provided, no exits without a ledger of exits."""
    if chain == "survey" and not provided(quality, "survey"):
        return [([labels("fig_flow_step_read_survey"), labels("not_provided")], [])]
    steps = steps_of(flow, chain, CHAINS[chain], labels)
    if chain == "exits" and steps and not provided(quality, "ledger"):
        steps[-1][0][:] = [line for line in steps[-1][0] if line != labels("fig_flow_events", n="<10")]
        steps[-1][0].extend([labels("value_ledger"), labels("not_provided")])
    return steps


def steps_of(flow, chain, unit, labels) -> list[tuple]:
    """Boxes of one chain: list of (lines of the main box, lines of the side box with what was dropped before it)."""
    rows = flow[flow["chain"] == chain]
    steps = rows[rows["unit"] == unit]
    found = []
    for _, part in steps.groupby("position", sort=True):
        head = part[part["reason"].isna() | (part["reason"] == "")].iloc[0]
        lines = wrap(labels(f"fig_flow_step_{head['step']}"), MAIN - 0.3, 7.5)
        lines.append(labels(f"fig_flow_{unit}", n=_number(head["n"])))
        left = rows["reason"].isna() | (rows["reason"] == "")
        same = rows[(rows["step"] == head["step"]) & left & (rows["unit"] != unit)]
        lines += [labels(f"fig_flow_{row['unit']}", n=_number(row["n"])) for row in same.to_dict("records")]
        drops = part[part["reason"].notna() & (part["reason"] != "")]
        side = [_reason(row, labels) for row in _ordered(drops).to_dict("records")]
        found.append((lines, side))
    return found


def _ordered(drops):
    """Largest group first, the rest category last."""
    return drops.assign(last=drops["reason"] == OTHER).sort_values(
        ["last", "n"], ascending=[True, False], kind="stable"
    )


def _reason(row, labels):
    key = f"reason_{row['reason']}"
    text = labels(key) if key in labels else str(row["reason"])
    return text, _number(row["n"])


def _number(value):
    return "<10" if pd.isna(value) else f"{int(value):,}"


def _box_height(lines):
    return LINE * len(lines) + 2 * PAD if lines else 0.0


def _side_lines(side):
    """Lines (text, number) of a side box; the number stands on the last line of its text."""
    found = []
    for text, number in side:
        lines = wrap(text, SIDE - 0.45 - text_width(number) * SMALL / 72 * 2.54, SMALL)
        found += [*((line, "") for line in lines[:-1]), (lines[-1], number)]
    return found


def _gap(side):
    """Distance between two main boxes: enough for the side box between them."""
    return max(GAP, _box_height(_side_lines(side)) + 0.3) if side else GAP


def _height(columns):
    return max(
        sum(_box_height(main) + (_gap(side) if number else 0) for number, (main, side) in enumerate(column))
        for column in columns
    )


def _column(axes, steps, left, top):
    """Draw main boxes below each other with arrows, the dropped groups to the right; returns the lowest edge."""
    centre = left + MAIN / 2
    for number, (main, side) in enumerate(steps):
        if number:
            gap = _gap(side)
            _arrow(axes, (centre, top), (centre, top - gap))
            if side:
                lines = _side_lines(side)
                middle = top - gap / 2
                edge = left + MAIN + BETWEEN
                _arrow(axes, (centre, middle), (edge, middle))
                _side_box(axes, lines, edge, middle + _box_height(lines) / 2)
            top -= gap
        _main_box(axes, main, left, top)
        top -= _box_height(main)
    return top


def _frame(axes, left, top, width, height, color):
    axes.add_patch(
        Rectangle((left, top - height), width, height, facecolor=color, edgecolor=INK, linewidth=0.7)
    )


def _main_box(axes, lines, left, top):
    _frame(axes, left, top, MAIN, _box_height(lines), "#f3f1ea")
    for number, line in enumerate(lines):
        y = top - PAD - LINE * (number + 0.5)
        axes.text(left + MAIN / 2, y, line, ha="center", va="center", fontsize=7.5)


def _side_box(axes, lines, left, top):
    _frame(axes, left, top, SIDE, _box_height(lines), "white")
    for position, (text, number) in enumerate(lines):
        y = top - PAD - LINE * (position + 0.5)
        axes.text(left + 0.15, y, text, ha="left", va="center", fontsize=SMALL)
        axes.text(left + SIDE - 0.15, y, number, ha="right", va="center", fontsize=SMALL)


def _arrow(axes, start, end):
    look = {"arrowstyle": "-|>", "linewidth": 0.8, "color": INK, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _split(axes, x_from, y_from, x_to):
    """A line down, across and down with an arrow head."""
    middle = y_from - GAP / 2
    axes.plot(
        [x_from, x_from, x_to], [y_from, middle, middle], color=INK, linewidth=0.8, solid_capstyle="butt"
    )
    _arrow(axes, (x_to, middle), (x_to, y_from - GAP))
