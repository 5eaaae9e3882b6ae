"""The multiverse of a user's own panel: what its index depends on, and how steady the ranks of its units are."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.indices.engine import pipeline
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, unit_means
from jianfu.indices.engine.recipe import NOTHING_DROPPED, Recipe
from jianfu.indices.engine.structure import Structure
from jianfu.indices.own_panel.reading import read_anchors, read_panel, read_recipe

LEVEL = 0.9  # of the rank bands


def panel_multiverse(settings, choices, null_tokens=()) -> dict[str, pd.DataFrame]:
    """{multiverse, multiverse_shares, ranks} of the top index of a panel, around the index that is declared.

    settings: ``indicators`` of a province file; choices: its ``sensitivity``. The windows are the reference window and
    all periods; a unit's score is the mean over its periods. Where the settings name the anchors of another run, the
    declared index is made with these; all others are fitted to the panel with the methods of the anchors, untreated.
    """
    recipe = read_recipe(settings)
    panel = read_panel(settings, recipe.structure, null_tokens)
    values = panel.screened(recipe)[1]
    anchors = read_anchors(settings, recipe.structure)
    recipe = recipe_of(anchors, recipe) if anchors else recipe
    windows = {"reference": panel.reference}
    if not panel.reference.all():
        windows["all"] = np.ones(len(values), dtype=bool)
    names, means = unit_means(panel.units)
    factors = recipe.grid(choices, recipe.structure.codes) | {"window": list(windows)}
    declared = {**recipe.choices, "drop_one": NOTHING_DROPPED, "window": "reference"}

    def score(row):
        own, kept = recipe.at(row), [code != row.drop_one for code in recipe.structure.codes]
        given = anchors if row._asdict() == declared else None
        fitted = given or own.fit(values[:, kept], windows[row.window])
        return means(pipeline.apply(values[:, kept], fitted).aggregated[:, -1])

    result = multiverse(factors, score)
    grid = rank_shifts(result)
    return {
        "multiverse": grid,
        "multiverse_shares": result.shares(grid["mean_rank_shift"]),
        "ranks": bands(result.scores, names, LEVEL),
    }


def recipe_of(anchors: dict, recipe: Recipe) -> Recipe:
    """``recipe`` with normalisation, weights and aggregation as in ``anchors``; weights of theirs count as given."""
    groups, used = anchors["groups"], anchors["normalisation"]
    low, width = used["shift"], used["stretch"]
    normalisation = {"method": used["method"]}
    if used["method"] == "z":
        normalisation["scale"] = {"mean": low, "sd": width}
    if used["method"] in ("minmax", "goalposts", "percentile"):
        normalisation["range"] = [low, low + width]
    if used["method"] == "goalposts":
        normalisation["clip"] = used["clip"]
    if used["method"] == "distance":
        normalisation["to"] = used["to"]
    structure = Structure(
        recipe.structure.indicators,
        tuple(
            replace(group, weights=tuple(groups[group.code]["weights"] or group.weights))
            for group in recipe.structure.groups
        ),
    )
    by_doubt = {
        code: {
            "method": "bod",
            "bounds": dict(zip(group["children"], group["bounds"], strict=True)),
            "bounds_of": group["bounds_of"],
        }
        for code, group in groups.items()
        if group["weights"] is None
    }
    means = {code: group["aggregation"] for code, group in groups.items()}
    own = {
        "normalisation": normalisation,
        "weights": {"method": "given", "parents": by_doubt},
        "aggregation": {**list(means.values())[-1], "parents": means},
    }
    return replace(recipe, structure=structure, settings={**recipe.settings, **own})
