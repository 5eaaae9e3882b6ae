"""Look of all figures: fonts, sizes for a Word page, greyscale-safe colours, notes, saving.

Sizes are in centimetres; the text of the report is 15.5 cm wide. Fonts come with the package pylopdf-fonts-zh-cn
(Noto Sans SC), so a figure looks the same on every machine; a character without a glyph is an error.
"""

import unicodedata
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from pylopdf_fonts_zh_cn import sans_path

WIDTH_CM = 15.503  # 1831 pixels at 300 dpi: not fewer than 300 when placed on 15.5 cm
CM = 1 / 2.54
INK, GREY, PALE, ALERT = "#1a1a1a", "#767676", "#d9d9d9", "#9b2226"
# Lightness falls from series to series, so that they differ in greyscale print; markers and dashes differ as well.
SERIES = (
    {"color": "#14365c", "linestyle": "-", "marker": "o"},
    {"color": "#c0563b", "linestyle": (0, (5, 1.6)), "marker": "s"},
    {"color": "#d9a236", "linestyle": (0, (1.4, 1.2)), "marker": "^"},
)
BURDEN = LinearSegmentedColormap.from_list("burden", ["#fbf6e6", "#e9c98f", "#c9773f", "#7d2b2b", "#33101f"])
COHORTS = {
    "all": "cohort_all",
    "70后及以前": "cohort_70s",
    "80后": "cohort_80s",
    "90后": "cohort_90s",
    "00后": "cohort_00s",
}
SALT = "jianfu"
CLOSING = "，。；：、）」”！？"
OPENING = "（「“①②③④⑤⑥⑦⑧⑨⑩"

RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Noto Sans SC"],
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": SALT,
    "figure.dpi": 100,
    "mathtext.fontset": "custom",
}


def use_style():
    """Register the bundled font and set every default of the figures."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    if str(sans_path()) not in known:
        font_manager.fontManager.addfont(str(sans_path()))
    mpl.rcdefaults()
    mpl.rcParams.update(RC)


def new_figure(height_cm, width_cm=WIDTH_CM, layout="constrained"):
    """An empty figure of the given size; ``layout`` None leaves the placing of axes to the caller."""
    use_style()
    figure = Figure(figsize=(width_cm * CM, height_cm * CM), layout=layout)
    if layout:
        figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.03, hspace=0.03)
    return figure


def is_wide(char):
    """True for characters that fill a full em (circled numbers and Chinese quotation marks among them)."""
    return unicodedata.east_asian_width(char) in "WFA"


def text_width(text):
    """Width of a text in em: full-width characters count 1, others a little over a half."""
    return sum(1.0 if is_wide(char) else 0.53 for char in text)


def wrap(text, width_cm, size):
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


def finish(figure, labels, notes=(), synthetic=False, legend=(), x_label="", handle=2.2):
    """Reserve room around the axes and fill it.

    Above: the legend (handles) on the left, the mark of synthetic data on the right. Below: a label for a shared x axis
    and the notes. ``handle`` is the length of the legend's samples in em.
    """
    size, step, label_step = 6.5, 0.32, 0.45
    width, height = figure.get_size_inches() * 2.54
    lines = [line for note in notes if note for line in wrap(note, width - 0.3, size)]
    note_height = step * len(lines) + (0.1 if lines else 0)
    bottom = note_height + (label_step if x_label else 0)
    top = 0.55 if synthetic or legend else 0.0
    if figure.get_layout_engine():
        figure.get_layout_engine().set(rect=(0, bottom / height, 1, 1 - (bottom + top) / height))
    if x_label:
        figure.text(0.52, (note_height + 0.1) / height, x_label, ha="center", va="bottom", fontsize=8)
    for number, line in enumerate(lines):
        at = (step * (len(lines) - 1 - number) + 0.08) / height
        figure.text(0.15 / width, at, line, fontsize=size, color=GREY, va="bottom")
    if legend:
        figure.legend(
            handles=list(legend),
            loc="upper left",
            bbox_to_anchor=(0.1 / width, 1 - 0.02 / height),
            ncols=len(legend),
            handlelength=handle,
            columnspacing=1.4,
            borderaxespad=0,
        )
    if synthetic:
        box = {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": ALERT, "linewidth": 0.6}
        corner = {"ha": "right", "va": "top", "fontsize": 7, "color": ALERT, "bbox": box}
        figure.text(1 - 0.2 / width, 1 - 0.15 / height, labels("synthetic_mark"), **corner)
    return figure


def empty(axes, text):
    """Say inside empty axes why nothing is shown."""
    axes.set_xticks([])
    axes.set_yticks([])
    remark(axes, text)


def remark(axes, text):
    """A grey remark in the middle of axes that stay without data."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=7, color=GREY)


def provided(quality, table):
    """True unless the released table of source rows says that ``table`` was not provided (no file of it)."""
    rows = quality[quality["table"] == table]
    return rows.empty or bool((rows["files"] > 0).all())


def not_provided(table, labels):
    """What stands where a table that was not provided would be shown."""
    return labels("fig_not_provided", table=labels(f"value_{table}"))


def month_axis(axes, months):
    """Ticks for a month axis: text YYYY-MM every quarter or half-year, a small tick for each month."""
    step = 3 if len(months) <= 24 else 6
    shown = [i for i, month in enumerate(months) if (int(month[5:7]) - 1) % step == 0]
    axes.set_xticks(shown, [months[i] for i in shown])
    axes.set_xticks(range(len(months)), minor=True)
    axes.tick_params(axis="x", which="minor", length=1.5, width=0.4)


def errors(rows, middle):
    """Distances from ``middle`` to ci_low and ci_high, as errorbar wants them."""
    return [rows[middle] - rows["ci_low"], rows["ci_high"] - rows[middle]]


def read_released(path, **options):
    """A released table; codes and months stay text."""
    text = dict.fromkeys(("county_code", "month", "start_date", "policy_id", "cohort", "bin", "tertile"), str)
    return pd.read_csv(path, encoding="utf-8-sig", dtype=text, **options)


def save(figure, paths, dpi=300):
    """Write the figure as PNG, PDF (fonts embedded as type 42) and SVG; same bytes on every run.

    paths: one path per format. A character that the font lacks raises instead of leaving a box.
    """
    metadata = {
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        "svg": {"Date": None, "Creator": None},
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        warnings.filterwarnings("error", message=r".*constrained_layout not applied.*")
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout is settled once, for all formats
        for axes in figure.axes:  # the solver's last digits depend on where its variables lie in memory
            axes.set_position(np.round(axes.get_position().bounds, 6))
        for path in paths:
            kind = Path(path).suffix.lstrip(".")
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, format=kind, dpi=dpi, metadata=metadata[kind])
