"""From the files of a province to its specification curve."""

import numpy as np
import pandas as pd

from jianfu.core import frames
from jianfu.core.errors import ConfigError
from jianfu.indicators.plan import read_plan
from jianfu.indices import construction
from jianfu.models.estimators.common import outcomes_of
from jianfu.robustness.curve import fits
from jianfu.robustness.curve.variants import members_of

LEVELS = ("unit", "county")


def read_members(inputs, settings, index):
    """Members of ``index`` from the files ``inputs`` (indicators, unit_months, indicator_plan, index_plan).

    settings: the window, and the groups ``indices`` and ``weights`` of the province.
    """
    members = construction.read_plan(
        inputs["index_plan"], read_plan(inputs["indicator_plan"]), settings["weights"]
    )
    own = settings["indices"]
    reference = construction.reference_window(
        settings["window"], own["reference_months"], own["reference_window"]
    )
    indicators, unit_months = (frames.load(inputs[name]) for name in ("indicators", "unit_months"))
    return members_of(indicators, unit_months, members, index, reference)


def clusters_of(frame, members, levels=LEVELS):
    """{level: (U,) codes} of the units in the order of ``members``; a unit that is not in ``frame`` is its own."""
    first = frame.drop_duplicates("unit").set_index("unit")
    first.index = first.index.astype(object)
    found = {"unit": np.arange(len(members.units))}
    county = first["county"].astype(object).reindex(members.units)
    county = county.where(county.notna(), pd.Series(members.units, index=county.index))
    found["county"] = pd.factorize(county)[0]
    return {level: found[level] for level in levels}


def spec_of(models, name):
    """A declared model by name; raises :class:`ConfigError` where there is none."""
    for spec in models["models"]:
        if spec["name"] == name:
            return spec
    raise ConfigError(
        f"config/plan: the model '{name}' is not declared in config/plan/models.yaml; correct the name."
    )


def curve(table, members, plan, models, confidence, seed, processes):
    """Rows of the curve, sorted by estimate with their ``rank``, and the summary with its joint tests."""
    spec = spec_of(models, plan["model"])
    exposures, refused = fits.exposures_of(members, plan)
    clusters = clusters_of(table.frame, members, plan["clusters"])
    bases = {
        (controls, sample): fits.Base(
            table.frame, members, models["categories"], columns, where, outcomes_of(spec)
        )
        for controls, columns in plan["controls"].items()
        for sample, where in plan["samples"].items()
    }
    rows = fits.run(bases, exposures, refused, plan, clusters, confidence, processes)
    tests = fits.joint_test(bases, exposures, plan, clusters, seed, processes)
    overall = fits.summary(rows, tests).assign(model=plan["model"], term=plan["term"])
    rows = rows.sort_values("estimate", kind="stable", ignore_index=True)
    return rows.assign(rank=np.arange(1, len(rows) + 1)), overall


def publishable(rows, disclosure):
    """The columns of the curve that the gate lets out; figures of specifications with too few events or residual
    degrees of freedom (group ``disclosure`` of the settings) are blank."""
    few = (rows["n_events"] < disclosure["min_cell"]) | (rows["residual_df"] < disclosure["min_residual_df"])
    found = rows[["rank", *fits.KEYS, *fits.FIGURES, "note"]].copy()
    found[fits.FIGURES] = found[fits.FIGURES].mask(few)
    return found.assign(note=found["note"].mask(few, "too few events to publish"))
