"""All figures of a province by name: from the files that workflow/rules/figures.smk names to PNG, PDF and SVG."""

from collections.abc import Mapping, Sequence

from jianfu.config.files import read_yaml
from jianfu.core.content import unchanged
from jianfu.core.labels import Labels
from jianfu.report.figures import (
    app_rule,
    burnout_by_overload,
    cascade,
    contributions,
    county_heatmap,
    county_map,
    cumulative_incidence,
    departments,
    dose_response,
    forest,
    forest_all,
    index_over_time,
    index_sensitivity,
    issue_clock,
    mediation_paths,
    paper_electronic,
    policy_event_study,
    predictions,
    sample_flow,
    scenarios,
    specification_curve,
    within_between,
)
from jianfu.report.figures.boundaries import read_boundaries
from jianfu.report.figures.own import in_own_look
from jianfu.report.figures.style import PAGE, drawn_for, fit_words, is_narrow, read_released, save


def released(files, settings, csv):
    """The tables of released files."""
    return [read_released(file) for file in files]


def _with_boundaries(files, settings, csv):
    own = settings["map"]
    with unchanged(settings["boundaries"]):
        boundaries = read_boundaries(own["file"], own["code"], own["approval"])
    return [*released(files, settings, csv), boundaries]


def _with_focus(files, settings, csv):
    *tables, exits = files
    return [*released(tables, settings, csv), read_yaml(exits)["focus"]]


def _of_estimates(read):
    """Tables of a figure that writes the rows it shows to ``csv``; its ``read`` takes the level of the tests."""
    return lambda files, settings, csv: read(*files, round(1 - settings["confidence"], 6), csv)


EVERY = {  # name: (its tables from the files, settings and the path of its CSV; what draws them)
    "app_rule": (released, app_rule.draw),
    "burnout_by_overload": (released, burnout_by_overload.draw),
    "cascade": (released, cascade.draw),
    "contributions": (released, contributions.draw),
    "county_heatmap": (released, county_heatmap.draw),
    "county_map": (_with_boundaries, county_map.draw),
    "cumulative_incidence": (released, cumulative_incidence.draw),
    "departments": (released, departments.draw),
    "dose_response": (_with_focus, dose_response.draw),
    "forest": (_of_estimates(forest.read), forest.draw),
    "forest_all": (_of_estimates(forest_all.read), forest_all.draw),
    "index_over_time": (released, index_over_time.draw),
    "index_sensitivity": (released, index_sensitivity.draw),
    "issue_clock": (released, issue_clock.draw),
    "mediation_paths": (_of_estimates(mediation_paths.read), mediation_paths.draw),
    "paper_electronic": (released, paper_electronic.draw),
    "policy_event_study": (_of_estimates(policy_event_study.read), policy_event_study.draw),
    "predictions": (_with_focus, predictions.draw),
    "sample_flow": (released, sample_flow.draw),
    "scenarios": (released, scenarios.draw),
    "specification_curve": (released, specification_curve.draw),
    "within_between": (_of_estimates(within_between.read), within_between.draw),
}


def plot(name: str, files: Sequence[str], pictures: Sequence[str], *, labels: str, settings: Mapping) -> None:
    """Draw the figure ``name`` and write it.

    files: what it is drawn from, in the order of its rule; pictures: one path per format and, of a figure made of
    estimates, a CSV of the rows shown; labels: path of the dictionary; settings: ``language``, ``synthetic``, ``dpi``,
    ``confidence`` for a figure of estimates, ``map`` and ``boundaries`` for the map, and the ``look`` of a province's
    own figure (:func:`jianfu.report.figures.own.in_own_look`), where it has one with the ``journal`` whose width it
    gets (:func:`jianfu.report.figures.style.drawn_for`). Fails when a label is not in the dictionary or a character
    has no glyph.
    """
    read, draw = EVERY[name]
    *shown, last = pictures
    shown, csv = (shown, last) if last.endswith(".csv") else (pictures, None)
    tables = read(files, settings, csv)
    look = dict(settings.get("look", {}))
    with drawn_for(look.pop("journal", PAGE)):
        figure = draw(*tables, Labels(settings["language"], labels), settings["synthetic"])
        if is_narrow():
            fit_words(figure)
    if look:
        in_own_look(figure, **look)
    save(figure, shown, dpi=settings["dpi"])
