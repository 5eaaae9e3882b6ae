"""Figure: mean over-density index by county and month."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from jianfu.indices.roles import leading
from jianfu.release.outputs import WITHHELD
from jianfu.report.figures.style import GREY, PALE, blank, finish, heatmap, month_axis, new_figure

LABELLED = 40
LOOKS = {  # of months without a value, by whether it was withheld
    False: ({"facecolor": PALE, "hatch": "////"}, "fig_not_logged"),
    True: ({"facecolor": GREY, "hatch": "xxxx"}, "fig_withheld"),
}


def draw(cells, roles, labels, synthetic=False) -> Figure:
    """Heat map, counties in order of their mean over the window (highest on top); months without a log are hatched.

    cells: released columns county_code, county_name, city_name, month, mean, units, units_logged, status; roles:
    of the indices, of which the leading one is shown.
    """
    if cells["mean"].notna().sum() == 0:
        return blank(labels("fig_no_data"), labels, synthetic)
    values, names, months = county_matrix(cells)
    names = list(map(labels.name, names))
    withheld = _grid(cells.assign(withheld=cells["status"] == WITHHELD), "withheld", months)
    withheld = (withheld.loc[values.index] == True).to_numpy()  # noqa: E712 (months without a row are missing)
    rows = len(values)
    figure = new_figure(min(max(2.4 + 0.46 * rows, 4.4), 19))
    axes = figure.subplots()
    low, high = np.nanpercentile(values, [1, 99])
    bar = {"fraction": 0.04, "pad": 0.015, "aspect": max(8, min(30, rows * 1.5))}
    scale = {"vmin": low, "vmax": high if high > low else low + 1}
    every = -(-rows // LABELLED)
    heatmap(axes, values.set_axis(names), labels(leading(roles)), bar=bar, yticklabels=every, **scale)
    axes.tick_params(axis="y", labelsize=7 if rows <= 25 else 6)
    month_axis(axes, months, shift=0.5)
    return finish(
        figure, labels, [labels("fig_heatmap_note")], synthetic, _gaps(axes, values, withheld, labels)
    )


def county_matrix(cells) -> tuple[pd.DataFrame, list[str], list[str]]:
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


def _gaps(axes, values, withheld, labels):
    """Hatch the cells without a value; handles that say what the hatches mean, if there are any."""
    handles, gaps = [], values.isna().to_numpy()
    for held, (look, key) in LOOKS.items():
        cells = np.argwhere(gaps & (withheld == held))
        for row, column in cells:
            axes.add_patch(Rectangle((column, row), 1, 1, edgecolor="white", linewidth=0, **look))
        handles += [Patch(edgecolor="white", linewidth=0, label=labels(key), **look)] if len(cells) else []
    return handles
