"""Look of all figures: one theme, sizes for a Word page, released numbers with their intervals, notes, saving.

seaborn holds the theme and draws lines, points, bars and heat maps; matplotlib composes panels and writes the files.
Nothing is estimated here: every number drawn has been released. Sizes are in centimetres; the text of the report is
15.5 cm wide, a column of a journal 8.4, its page 17.4; type is of the same size on each. Fonts
come with the package pylopdf-fonts-zh-cn (Noto Sans SC), so a figure looks the same on every
machine; a character without a glyph is an error.
"""

import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from pylopdf_fonts_zh_cn import sans_path

from jianfu.report.tables.table import JOURNAL_CM

PAGE = "page"
WIDTHS_CM = {
    PAGE: 15.503,  # 1831 pixels at 300 dpi: not fewer than 300 when placed on 15.5 cm
    **JOURNAL_CM,
}
CM = 1 / 2.54
INK, GREY, PALE, SAND, ALERT = "#1a1a1a", "#767676", "#d9d9d9", "#d5cfc2", "#9b2226"
# Lightness rises from series to series, so that they differ in greyscale print; markers and dashes differ as well.
SERIES = (
    {"color": "#14365c", "linestyle": "-", "marker": "o"},
    {"color": "#c0563b", "linestyle": (0, (5, 1.6)), "marker": "s"},
    {"color": "#d9a236", "linestyle": (0, (1.4, 1.2)), "marker": "^"},
)
BURDEN = LinearSegmentedColormap.from_list("burden", ["#fbf6e6", "#e9c98f", "#c9773f", "#7d2b2b", "#33101f"])
CLOSING = "，。；：、）」”！？"
OPENING = "（「“①②③④⑤⑥⑦⑧⑨⑩"
NOTE_SIZE, NOTE_STEP = 6.5, 0.32  # points, cm
X_STEP, LEGEND_STEP = 0.35, 0.42  # cm that a line of a label, a row of a legend takes

RC = {
    "text.parse_math": False,  # $...$ in the name of a policy or unit is no formula
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.width": 0.4,
    "xtick.minor.size": 1.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",  # text stays text, to be edited
    "svg.hashsalt": "jianfu",
    "figure.dpi": 100,
}
METADATA = {  # without dates and versions
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


_place = [PAGE]


@contextmanager
def drawn_for(place: str) -> Iterator[None]:
    """Figures drawn inside have the width of ``place``, a key of :data:`WIDTHS_CM`."""
    _place.append(place)
    try:
        yield
    finally:
        _place.pop()


def width_cm() -> float:
    """Width of the figures now drawn."""
    return WIDTHS_CM[_place[-1]]


def is_narrow() -> bool:
    """True where panels stand below instead of beside each other."""
    return width_cm() < WIDTHS_CM[PAGE]


def use_theme() -> None:
    """Register the bundled font and set the theme: every default of the figures."""
    if str(sans_path()) not in {entry.fname for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(str(sans_path()))
    mpl.rcdefaults()
    palette = [look["color"] for look in SERIES]
    sns.set_theme(context="paper", style="ticks", palette=palette, font="Noto Sans SC", rc=RC)


def new_figure(height_cm) -> Figure:
    """An empty figure with ``height_cm`` for its axes; :func:`finish` adds what legend and notes take."""
    use_theme()
    figure = Figure(figsize=(width_cm() * CM, height_cm * CM), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.03, hspace=0.03)
    return figure


def finish(figure, labels, notes=(), synthetic=False, legend=(), x_label="", handle=2.2) -> Figure:
    """Make the figure higher by what stands around its axes, and fill that room.

    Above: the legend (handles) on the left, the mark of synthetic data on the right, or above it where the width does
    not hold both. Below: a label for a shared x axis and the notes. ``handle`` is the length of the legend's samples in
    em.
    """
    width, height = figure.get_size_inches() * 2.54
    lines = [line for note in notes if note for line in wrap(note, width - 0.3, NOTE_SIZE)]
    note_height = NOTE_STEP * len(lines) + (0.1 if lines else 0)
    words = wrap(x_label, width - 0.6, 8)
    bottom = note_height + (0.1 + X_STEP * len(words) if words else 0)
    columns, above = _legend_rows(legend, handle, width, labels("synthetic_mark") if synthetic else "")
    top = 0.55 * bool(synthetic or legend) + LEGEND_STEP * (max(-(-len(legend) // columns), 1) - 1 + above)
    axes_height, height = height, height + bottom + top
    figure.set_size_inches(width * CM, height * CM)
    figure.get_layout_engine().set(rect=(0, bottom / height, 1, axes_height / height))
    if words:
        figure.text(0.52, (note_height + 0.1) / height, "\n".join(words), ha="center", va="bottom")
    for number, line in enumerate(reversed(lines)):
        at = (NOTE_STEP * number + 0.08) / height
        figure.text(0.15 / width, at, line, fontsize=NOTE_SIZE, color=GREY, va="bottom")
    if legend:
        figure.legend(
            handles=list(legend),
            loc="upper left",
            bbox_to_anchor=(0.1 / width, 1 - (0.02 + LEGEND_STEP * above) / height),
            ncols=columns,
            handlelength=handle,
            columnspacing=1.4,
            borderaxespad=0,
        )
    if synthetic:
        box = {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": ALERT, "linewidth": 0.6}
        corner = {"ha": "right", "va": "top", "fontsize": 7, "color": ALERT, "bbox": box}
        figure.text(1 - 0.2 / width, 1 - 0.15 / height, labels("synthetic_mark"), **corner)
    return figure


def _legend_rows(legend, handle, width, mark):
    """Columns of the legend, and 1 where it stands below the ``mark``, else 0."""
    if not legend or not is_narrow():
        return max(len(legend), 1), 0
    em = 7.5 * CM * 2.54 / 72 * 2.54
    entries = [(handle + 0.8 + text_width(entry.get_label()) + 1.4) * em for entry in legend]
    beside = width - 0.2 - (0.5 + text_width(mark) * 7 / 7.5 * em if mark else 0)
    if sum(entries) <= beside:
        return len(legend), 0
    return max(1, min(len(legend), int((width - 0.2) // max(entries)))), int(bool(mark))


def fit_words(figure) -> None:
    """Break titles and labels of axes that are longer than their axes; the layout is settled anew by who draws it."""
    figure.draw_without_rendering()
    cm = 2.54 / figure.dpi
    for axes in figure.axes:
        box = axes.get_window_extent()
        beside = [
            other.get_window_extent().x0
            for other in figure.axes
            if other.get_title("left") and abs(other.get_window_extent().y1 - box.y1) < 1
        ]
        end = min((x for x in beside if x > box.x0), default=figure.bbox.width)
        for text, room in (
            (axes.title, cm * axes.get_position(original=True).width * figure.bbox.width),
            (axes._left_title, cm * (end - box.x0)),
            (axes.xaxis.label, cm * box.width),
            (axes.yaxis.label, cm * box.height),
        ):
            text.set_text(_broken(text, room))


def _broken(text, room):
    """What a text says, in lines of at most ``room`` cm where it is longer."""
    words, size = text.get_text(), text.get_size()
    if max(map(text_width, words.split("\n"))) * size / 72 * 2.54 <= room:
        return words
    return "\n".join(wrap(words.replace("\n", " " if words.isascii() else ""), room, size))


def blank(text, labels, synthetic) -> Figure:
    """A finished figure that shows nothing but the reason why."""
    figure = new_figure(4)
    axes = figure.subplots()
    axes.set_axis_off()
    remark(axes, text)
    return finish(figure, labels, (), synthetic)


def remark(axes, text) -> None:
    """A grey remark in the middle of axes that stay without data."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=7, color=GREY)


def points(axes, rows, *, x, y, low="ci_low", high="ci_high", orient="x", line="", **look) -> None:
    """Released numbers as points with bars from ``low`` to ``high``.

    rows: one row per point, with the columns named. The bars run along y, or along x with ``orient="y"``. ``line`` is
    the style of a line through the points, ``look`` what seaborn's lineplot takes. The caller labels the axes.
    """
    middle = rows[y if orient == "x" else x]
    error = np.maximum([middle - rows[low], rows[high] - middle], 0)  # rounded ends may lie on the wrong side
    width = look.pop("elinewidth", 1.0)
    bars = {
        "yerr" if orient == "x" else "xerr": error,
        "fmt": "none",
        "ecolor": look["color"],
        "elinewidth": width,
    }
    axes.errorbar(rows[x], rows[y], **bars)
    look = {"linewidth": 0.8, "markeredgecolor": look["color"], **look}
    _lineplot(axes, rows, x, y, linestyle=line, orient=orient, zorder=3, **look)


def band(axes, rows, *, x, y, low="ci_low", high="ci_high", **look) -> None:
    """Released numbers as a line with a shaded band from ``low`` to ``high``; rows without a number interrupt both."""
    axes.fill_between(rows[x], rows[low], rows[high], color=look["color"], alpha=0.2, linewidth=0)
    known = rows[y].notna()
    for _, run in rows[known].groupby((~known).cumsum()[known]):
        _lineplot(axes, run, x, y, markeredgecolor=look["color"], **look)


def _lineplot(axes, rows, x, y, **look):
    """seaborn's line through the rows as they are: ``estimator=None``, as the numbers are no sample to be averaged."""
    sns.lineplot(rows, x=x, y=y, estimator=None, errorbar=None, legend=False, ax=axes, **look)
    axes.set(xlabel="", ylabel="")


def heatmap(axes, values, label, *, bar, beside=(), **look) -> None:
    """Cells in the colours of burden with white lines between them, and a colour bar with a ``label``.

    values: frame, rows from top to bottom; its names of rows stand at the axis, a missing value stays empty. ``bar``:
    what matplotlib's colorbar takes; ``beside``: further axes along which the bar runs.
    """
    look = {"cmap": BURDEN, "linewidths": 0.35, "linecolor": "white", "xticklabels": False, **look}
    sns.heatmap(values, ax=axes, cbar=False, **look)
    axes.grid(False)
    axes.set(xlabel="", ylabel="")
    axes.tick_params(axis="y", length=0, rotation=0)
    axes.figure.colorbar(axes.collections[0], ax=[axes, *beside], label=label, **bar).outline.set_visible(
        False
    )


def month_axis(axes, months, shift=0.0) -> None:
    """Ticks for a month axis: text YYYY-MM every quarter or half-year, half as often where it is narrow, and a small
    tick for each month.

    The first month lies at ``shift``, the others at distances of 1.
    """
    step = (3 if len(months) <= 24 else 6) * (1 + is_narrow())
    shown = [i for i, month in enumerate(months) if (int(month[5:7]) - 1) % step == 0]
    axes.set_xticks([i + shift for i in shown], [months[i] for i in shown])
    axes.set_xticks([i + shift for i in range(len(months))], minor=True)


def is_wide(char) -> bool:
    """True for characters that fill a full em (circled numbers and Chinese quotation marks among them)."""
    return unicodedata.east_asian_width(char) in "WFA"


def text_width(text) -> float:
    """Width of a text in em: full-width characters count 1, others a little over a half."""
    return sum(1.0 if is_wide(char) else 0.53 for char in text)


def wrap(text, width_cm, size) -> list[str]:
    """Break a text into lines of at most ``width_cm`` at ``size`` points: between Chinese characters or at spaces."""
    limit = width_cm / 2.54 * 72 / size * 0.97
    lines, line, word = [], "", ""
    for char in text + " ":
        if (not is_wide(char) and char != " ") or char in OPENING:
            word += char
            continue
        piece, word = word + char, ""
        if line and char not in CLOSING and text_width((line + piece).rstrip()) > limit:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def provided(quality, table) -> bool:
    """True unless the released table of source rows says that ``table`` was not provided (no file of it)."""
    rows = quality[quality["table"] == table]
    return rows.empty or bool((rows["files"] > 0).all())


def not_provided(table, labels) -> str:
    """What stands where a table that was not provided would be shown."""
    return labels("fig_not_provided", table=labels(f"value_{table}"))


def read_released(path) -> pd.DataFrame:
    """A released table; codes and months stay text."""
    text = dict.fromkeys(("county_code", "month", "start_date", "policy_id", "cohort", "bin", "tertile"), str)
    return pd.read_csv(path, encoding="utf-8-sig", dtype=text)


def save(figure, paths, *, dpi) -> None:
    """Write the figure as PNG, PDF (fonts embedded as type 42) or SVG; same bytes on every run.

    paths: one path per format. A character that the font lacks raises instead of leaving a box.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        warnings.filterwarnings("error", message=r".*constrained_layout not applied.*")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout is settled once, for all formats
        for axes in figure.axes:  # the solver's last digits depend on where its variables lie in memory
            axes.set_position(np.round(axes.get_position().bounds, 6))
        for path in map(Path, paths):
            path.parent.mkdir(parents=True, exist_ok=True)
            kind = path.suffix.lstrip(".")
            with path.open("wb") as file:  # as bytes: the same line ends on every system
                figure.savefig(file, format=kind, dpi=dpi, metadata=METADATA[kind])
