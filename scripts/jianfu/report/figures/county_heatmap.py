"""Figure: mean over-density index by county and month."""

import numpy as np
import pandas as pd
from matplotlib.patches import Patch, Rectangle

from jianfu.release.outputs import WITHHELD
from jianfu.report.figures.style import BURDEN, GREY, PALE, empty, finish, month_axis, new_figure

LABELLED = 40


def draw(cells, labels, synthetic=False):
    """Heat map, counties in order of their mean over the window (highest on top); months without a log are hatched.

    cells: released columns county_code, county_name, city_name, month, mean, units, units_logged, status.
    """
    if cells.empty or cells["mean"].notna().sum() == 0:
        figure = new_figure(6)
        empty(figure.subplots(), labels("fig_no_data"))
        return finish(figure, labels, (), synthetic)
    values, names, months = county_matrix(cells)
    withheld = (
        _grid(cells.assign(withheld=cells["status"] == WITHHELD), "withheld", months).loc[values.index] == 1
    )
    rows = len(values)
    figure = new_figure(min(max(3.2 + 0.46 * rows, 5.6), 20))
    axes = figure.subplots()
    _cells(axes, values.to_numpy(dtype=float), withheld.to_numpy())
    step = 1 if rows <= LABELLED else int(np.ceil(rows / LABELLED))
    axes.set_yticks(range(0, rows, step), names[::step], fontsize=7 if rows <= 25 else 6)
    month_axis(axes, months)
    axes.tick_params(axis="y", length=0)
    bar = figure.colorbar(
        axes.images[0], ax=axes, fraction=0.04, pad=0.015, aspect=max(8, min(30, rows * 1.5))
    )
    bar.set_label(labels("OD"))
    bar.outline.set_linewidth(0.5)
    return finish(figure, labels, [labels("fig_heatmap_note")], synthetic, _legend(values, withheld, labels))


def county_matrix(cells):
    """Counties by months (all months between the first and the last), county names, months.

    Counties stand in falling order of their mean over the months; equal names get the city in front.
    """
    months = list(pd.period_range(cells["month"].min(), cells["month"].max(), freq="M").astype(str))
    values = _grid(cells, "mean", months)
    mean = values.mean(axis=1)
    order = sorted(values.index, key=lambda code: (-(mean[code] if pd.notna(mean[code]) else -np.inf), code))
    counties = cells.drop_duplicates("county_code").set_index("county_code").loc[order]
    double = counties["county_name"].duplicated(keep=False)
    city = counties["city_name"].fillna("")
    names = counties["county_name"].where(~double, city + counties["county_name"])
    return values.loc[order], list(names), months


def _grid(cells, column, months):
    """One column as a frame of counties by months."""
    return cells.set_index(["county_code", "month"])[column].unstack().reindex(columns=months)  # noqa: PD010


def _cells(axes, values, withheld):
    """The coloured cells; those without a value get a grey hatch."""
    rows, columns = values.shape
    low, high = np.nanpercentile(values, [1, 99])
    axes.imshow(
        values,
        cmap=BURDEN,
        aspect="auto",
        vmin=low,
        vmax=high if high > low else low + 1,
        interpolation="nearest",
        extent=(-0.5, columns - 0.5, rows - 0.5, -0.5),
    )
    for row, column in zip(*np.nonzero(np.isnan(values)), strict=True):
        look = (
            {"facecolor": GREY, "hatch": "xxxx"}
            if withheld[row, column]
            else {"facecolor": PALE, "hatch": "////"}
        )
        axes.add_patch(_box(column, row, **look))
    for x in np.arange(0.5, columns - 1):
        axes.axvline(x, color="white", linewidth=0.4)
    for y in np.arange(0.5, rows - 1):
        axes.axhline(y, color="white", linewidth=0.4)
    axes.spines[:].set_visible(False)


def _box(column, row, **look):
    return Rectangle((column - 0.5, row - 0.5), 1, 1, edgecolor="white", linewidth=0, **look)


def _legend(values, withheld, labels):
    """Handles that say what the hatches mean, if there are any."""
    gaps, withheld = values.isna().to_numpy(), withheld.to_numpy()
    looks = (
        (gaps & ~withheld, PALE, "////", "fig_not_logged"),
        (gaps & withheld, GREY, "xxxx", "fig_withheld"),
    )
    return [
        Patch(facecolor=color, edgecolor="white", hatch=hatch, linewidth=0, label=labels(key))
        for found, color, hatch, key in looks
        if found.any()
    ]
