"""The multiverse of a user's own panel: what its index depends on, and how steady the ranks of its units are."""

import numpy as np
import pandas as pd

from jianfu.indices.engine import pipeline
from jianfu.indices.engine.impute import carry_forward
from jianfu.indices.engine.multiverse import bands, multiverse, rank_shifts, shares, unit_means
from jianfu.indices.own_panel.reading import read_panel, read_plan

LEVEL = 0.9  # of the rank bands


def table_of(structure):
    """The indicator table of a structure, as :func:`~jianfu.indices.engine.structure.build_structure` takes it."""
    parent = {child: group.code for group in structure.groups for child in group.children}
    weight = {
        child: w for group in structure.groups for child, w in zip(group.children, group.weights, strict=True)
    }
    codes = [*structure.codes, *(group.code for group in structure.groups if group.code in parent)]
    own = structure.indicators.reindex(codes)
    return pd.DataFrame(
        {
            "code": codes,
            "parent": [parent[code] for code in codes],
            "weight": [weight[code] for code in codes],
            "direction": own["direction"].fillna(1.0).to_numpy(),
            "transformation": own["transformation"].fillna("none").to_numpy(dtype=object),
        }
    )


def panel_multiverse(settings, choices, null_tokens=()):
    """{multiverse, multiverse_shares, ranks} of the top index of a panel, as frames.

    settings: ``indicators`` of a province file; choices: its ``sensitivity``. The windows are the reference window and
    all periods; a unit's score is the mean over its periods.
    """
    structure, used = read_plan(settings)
    panel = read_panel(settings, structure, null_tokens)
    values = pipeline.denominate(panel.raw, panel.denominators)
    if used["imputation"]["method"] == "last":
        values, _ = carry_forward(values, panel.units, panel.period, used["imputation"]["limit"])
    masks = {"reference": panel.reference}
    if not panel.reference.all():
        masks["all"] = np.ones(len(values), dtype=bool)
    factors = {name: choices[name] for name in ("normalisation", "weights", "aggregation")}
    names, measure = unit_means(panel.units)
    result = multiverse(values, table_of(structure), masks, factors, measure, choices["drop_one"])
    left = result.failures.groupby("factor")["level"].agg(";".join)
    split = shares(result)
    return {
        "multiverse": rank_shifts(result),
        "multiverse_shares": split.assign(left_out=[left.get(factor, "") for factor in split["factor"]]),
        "ranks": bands(result.scores, names, LEVEL),
    }
