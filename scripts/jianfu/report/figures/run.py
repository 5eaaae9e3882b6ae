"""What every script that draws a figure does: labels in one language, draw, write PNG, PDF and SVG."""

from jianfu.core.labels import Labels
from jianfu.report.figures.own import in_own_look
from jianfu.report.figures.style import read_released, save


def plot(draw, *, tables, labels, settings, paths) -> None:
    """Draw one figure and write it.

    draw: function ``draw`` of the figure's module; tables: its tables, in order, as paths of released files or as they
    are; labels: path of the dictionary; settings: ``language``, ``synthetic``, ``dpi`` and the ``look`` of a province's
    own figure (:func:`jianfu.report.figures.own.in_own_look`); paths: one per format. Fails when a label is not in the
    dictionary or a character has no glyph.
    """
    tables = [read_released(table) if isinstance(table, str) else table for table in tables]
    figure = draw(*tables, Labels(settings["language"], labels), settings["synthetic"])
    if "look" in settings:
        in_own_look(figure, **settings["look"])
    save(figure, paths, dpi=settings["dpi"])
