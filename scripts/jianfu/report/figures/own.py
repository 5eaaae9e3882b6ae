"""A figure in a province's own look: larger, with a title of its own, in shades of grey; its numbers are the same."""

from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.text import Text

from jianfu.report.figures.style import CM, wrap

TITLE_CM, TITLE_STEP, TITLE_SIZE = 0.8, 0.45, 10  # room above the figure, for a further line, and points
COLOURED = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (Rec. 709)


def in_own_look(figure: Figure, *, title: str, width: float | None, height: float | None, style: str) -> None:
    """Give a finished figure its ``title``, size (cm; never smaller than it was) and style (``colour``, ``grey``)."""
    wide, high = (inches / CM for inches in figure.get_size_inches())
    lines = wrap(title, max(wide, width or 0) - 0.4, TITLE_SIZE)
    room = TITLE_CM + TITLE_STEP * (len(lines) - 1) if lines else 0
    total = max(high, height or 0) + room
    figure.set_size_inches(max(wide, width or 0) * CM, total * CM)
    if lines:
        _make_room(figure, 1 - room / total)
        place = {"ha": "center", "va": "top", "fontsize": TITLE_SIZE}
        figure.text(0.5, 1 - 0.15 / total, "\n".join(lines), **place)
    if style == "grey":
        _in_grey(figure)


def _make_room(figure, share):
    """Everything moves into the lower ``share`` of the figure."""
    engine = figure.get_layout_engine()
    left, bottom, wide, high = engine.get()["rect"]
    engine.set(rect=(left, bottom * share, wide, high * share))
    for text in figure.texts:
        text.set_y(text.get_position()[1] * share)
    for legend in figure.legends:
        box = legend.get_bbox_to_anchor().transformed(figure.transFigure.inverted())
        legend.set_bbox_to_anchor((box.x0, box.y0 * share), transform=figure.transFigure)


def _in_grey(figure):
    artists = figure.findobj()
    boxes = [box for artist in artists if isinstance(artist, Text) and (box := artist.get_bbox_patch())]
    for artist in [*artists, *boxes]:
        if isinstance(artist, ScalarMappable) and artist.get_array() is not None:
            artist.set_cmap("Greys")
            continue
        for name in COLOURED:
            value = getattr(artist, f"get_{name}", lambda: None)()
            change = getattr(artist, f"set_{name}", None)
            rgba = [] if value is None or change is None else to_rgba_array(value)
            if len(rgba):
                rgba[:, :3] = (rgba[:, :3] @ LUMINANCE)[:, None]
                change(rgba[0] if len(rgba) == 1 else rgba)
