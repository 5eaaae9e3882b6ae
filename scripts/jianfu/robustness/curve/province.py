"""From the files of a province to its specification curve."""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core import frames
from jianfu.core.errors import NotEstimable
from jianfu.indices.construction import Cube, read_cube
from jianfu.indices.specification import IndexSpec, index_spec, read_members
from jianfu.models.reasons import because
from jianfu.models.spec import spec_of
from jianfu.robustness.curve import fits
from jianfu.robustness.curve.variants import exposures_of, windows

LEVELS = ("unit", "county")
PUBLISHED = ["rank", *fits.KEYS, *fits.FIGURES, "n_events", "residual_df", "reasons"]  # what the gate gets


def read_index(inputs, indicator_plan, settings, index) -> tuple[Cube, IndexSpec]:
    """The values of the members of ``index`` and how it is made.

    inputs: paths of indicators, unit_months, index_plan; indicator_plan: the rows of indicators.csv; settings: the
    reference window, and the groups ``indices`` and ``exposure`` of the province.
    """
    members = read_members(inputs["index_plan"], indicator_plan)
    spec = index_spec(
        members, settings["reference"], settings=settings["indices"], exposure=settings["exposure"]
    ).only(index)
    return read_cube(frames.load(inputs["indicators"]), frames.load(inputs["unit_months"]), spec), spec


def clusters_of(frame, units, levels=LEVELS) -> dict[str, np.ndarray]:
    """{level: (U,) codes} of the ``units`` (labels); a unit that is not in ``frame`` is its own county."""
    first = frame.drop_duplicates("unit").set_index("unit")
    first.index = first.index.astype(object)
    county = first["county"].astype(object).reindex(units)
    county = county.where(county.notna(), pd.Series(units, index=county.index))
    found = {"unit": np.arange(len(units)), "county": pd.factorize(county)[0]}
    return {level: found[level] for level in levels}


def curve(table, cube, spec, plan, models, confidence, seed, processes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the curve, sorted by estimate with their ``rank``, and the summary with its joint tests.

    cube, spec: of the index, as from :func:`read_index`; plan: config/plan/specifications.yaml.
    """
    model = spec_of(models, plan["model"])
    exposures, refused = exposures_of(cube, spec, plan)
    lags = [months.name for months in windows(plan, spec)]
    clusters = clusters_of(table.frame, cube.grid.units, plan["clusters"])
    bases = {}
    for controls, columns in plan["controls"].items():
        for sample, where in plan["samples"].items():
            varied = replace(model, controls=tuple(columns), where=where)
            try:
                bases[controls, sample] = fits.base_of(varied, table, models["categories"], cube.grid)
            except NotEstimable as error:
                bases[controls, sample] = because(error.reason.code, **error.reason.values)
    rows = fits.run(bases, exposures, refused, lags, plan["links"], clusters, confidence, processes)
    tests = fits.joint_test(bases, exposures, plan, clusters, seed, processes)
    overall = fits.summary(rows, tests).assign(model=plan["model"], term=plan["term"])
    rows = rows.sort_values("estimate", kind="stable", ignore_index=True)
    return rows.assign(rank=np.arange(1, len(rows) + 1)), overall
