"""Figure: map of the burden of counties and of its change; a grid of squares where there are no boundaries."""

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from jianfu.indices.roles import leading
from jianfu.report.figures.boundaries import Boundaries, county_code, tiles
from jianfu.report.figures.county_heatmap import county_matrix
from jianfu.report.figures.style import BURDEN, GREY, INK, PALE, blank, finish, is_narrow, new_figure

YEAR = 12
NAMED = 45  # counties up to which each carries its name and its figure
MOST_CM, WIDE_CM = 12.0, 6.6  # height of the panels at most, width of one
# In print without colours the sign stands in the figure on each county: a fall and a rise of one size are equally dark.
CHANGE = LinearSegmentedColormap.from_list("change", ["#14365c", "#9db8cf", "#f4f1ea", "#e0a184", "#9b2226"])


def county_values(cells: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Frame by county_code with name, city, level and change, and the months that each end of the change is a mean of.

    level: mean over the last months, change: that less the mean over the first ones; as many months as fit twice into
    the window, twelve at most. NaN where an end has no value.
    """
    values, names, months = county_matrix(cells)
    k = min(YEAR, len(months) // 2) or len(months)
    last = values.iloc[:, -k:].mean(axis=1)
    city = cells.drop_duplicates("county_code").set_index("county_code")["city_name"].fillna("")
    found = pd.DataFrame(
        {"name": names, "city": city.reindex(values.index), "level": last}, index=values.index
    )
    found["change"] = last - values.iloc[:, :k].mean(axis=1) if len(months) > k else np.nan
    return found.sort_index(), k


def draw(cells, roles, boundaries: Boundaries, labels, synthetic=False) -> Figure:
    """Two maps: mean of the leading index in the last months, and its change since the first ones.

    cells: released, as for the heat map; boundaries: without shapes, each county is a square. Counties without a
    boundary are named below, counties without a figure hatched; below also the number of approval of the map, or that
    it is for internal use.
    """
    if cells["mean"].notna().sum() == 0:
        return blank(labels("fig_no_data"), labels, synthetic)
    counties, k = county_values(cells)
    counties["name"] = counties["name"].map(labels.name)
    keys = {county_code(code): code for code in counties.index}
    shapes = {keys.get(code, code): rings for code, rings in boundaries.shapes.items()}
    if not shapes:
        shapes = tiles(list(counties.index), list(counties["city"]))
    missed = [counties.loc[code, "name"] for code in counties.index if code not in shapes]
    points = np.concatenate([ring for rings in shapes.values() for ring in rings])
    aspect = _aspect(points)
    wide, high = np.ptp(points, axis=0)
    height = min(max(WIDE_CM * high * aspect / wide + 1.2, 4.0), MOST_CM)
    stacked = is_narrow() and high * aspect < wide
    figure = new_figure(2 * height if stacked else height)
    panels = figure.subplots(2, 1) if stacked else figure.subplots(1, 2)
    index = labels(leading(roles))
    _panel(
        panels[0],
        counties["level"],
        counties["name"],
        shapes,
        BURDEN,
        labels("fig_map_level", index=index, n=k),
        "{:.1f}",
    )
    _panel(
        panels[1],
        counties["change"],
        counties["name"],
        shapes,
        CHANGE,
        labels("fig_map_change", n=k),
        "{:+.1f}",
    )
    for axes in panels:
        axes.set_aspect(aspect)
    notes = [labels("fig_map_missed", names=labels("list_comma").join(missed))] if missed else []
    if boundaries.shapes:
        notes.append(boundaries.approval or labels("fig_map_internal"))
    else:
        notes.append(labels("fig_map_tiles"))
    return finish(figure, labels, notes, synthetic)


def _aspect(points):
    """Height of a unit of y in units of x: of degrees at their mean latitude, of other coordinates 1."""
    degrees = (
        (np.abs(points) <= [180, 90]).all() and np.ptp(points[:, 1]) > 0 and np.abs(points[:, 0]).max() > 60
    )
    return 1 / np.cos(np.radians(points[:, 1].mean())) if degrees else 1.0


def _panel(axes, values, names, shapes, colours, title, form):
    """One map with its colour bar; each county with name and figure where there are few enough."""
    known = values.dropna()
    norm = (
        Normalize(*_limits(known))
        if colours is BURDEN
        else CenteredNorm(0, max(known.abs().max(), 1e-9) if len(known) else 1)
    )
    for code, rings in shapes.items():
        value = values.get(code, np.nan)
        look = (
            {"facecolor": colours(norm(value))} if pd.notna(value) else {"facecolor": PALE, "hatch": "////"}
        )
        axes.add_patch(PathPatch(_outline(rings), edgecolor=GREY, linewidth=0.4, **look))
        if len(shapes) <= NAMED and code in names:
            told = f"{names[code]}\n{form.format(value)}" if pd.notna(value) else names[code]
            dark = pd.notna(value) and sum(colours(norm(value))[:3]) < 1.5
            colour = "white" if dark else INK
            axes.text(
                *_middle(rings), told.replace("-", "−"), ha="center", va="center", fontsize=5.5, color=colour
            )
    axes.autoscale_view()
    axes.set_axis_off()
    axes.set_title(title)
    axes.figure.colorbar(
        ScalarMappable(norm, colours), ax=axes, orientation="horizontal", fraction=0.05, pad=0.02, aspect=30
    ).outline.set_visible(False)


def _limits(known):
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return low, high if high > low else low + 1


def _outline(rings):
    """All rings as one path, so that inner ones are holes."""
    codes = [np.array([Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY]) for ring in rings]
    return Path(np.concatenate(rings), np.concatenate(codes))


def _middle(rings):
    """Centroid of the ring with the largest area."""
    areas, centres = [], []
    for ring in rings:
        x, y = ring.T
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        area = cross.sum() / 2
        areas.append(abs(area))
        centres.append(
            ring.mean(axis=0)
            if area == 0
            else np.array([((x[:-1] + x[1:]) * cross).sum(), ((y[:-1] + y[1:]) * cross).sum()]) / (6 * area)
        )
    return centres[int(np.argmax(areas))]
