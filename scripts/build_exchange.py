"""What an exchange package holds beside the released estimates, and the counties of the province side by side.

1. Common tier: what every member adds to the monthly means of its indices.
2. Covariances of the terms of interest of one model, for models with several.
3. Counties: the first term of the declared models in every county alone, drawn to the mean of the counties.

Nothing is suppressed here. A model that cannot be estimated has no rows.
"""

import numpy as np
import pandas as pd

from jianfu.config.files import read_yaml
from jianfu.core import frames, logs
from jianfu.core.errors import NotEstimable
from jianfu.core.units import latest_units
from jianfu.indices.common_scale import contributions
from jianfu.indices.construction import read_anchors
from jianfu.models.by_group import COLUMNS, fits_by
from jianfu.models.estimators.common import Settings
from jianfu.models.prediction import SOLVERS, predictor
from jianfu.models.spec import specs_of
from jianfu.models.tables.reading import read_tables
from jianfu.provinces import shrinkage
from jianfu.statistics import inference

COUNTY = ["county_code", "county_name", "city_name"]
COVARIANCES = ["model", "term", "with", "covariance", "behind", "residual_df"]
BETWEEN = ["shrunken", "shrunken_low", "shrunken_high"]
COUNTIES = ["model", *COUNTY, "estimate", "ci_low", "ci_high", *BETWEEN, "behind", "residual_df"]


def main(inputs, reference, exposure, inference, outputs):
    plan, wanted = read_yaml(inputs["plan"]), read_yaml(inputs["pooling"])
    tables, _ = read_tables(inputs, plan, reference, exposure)
    specs, categories = specs_of(plan), plan["categories"]
    estimates = frames.load(inputs["estimates"])
    found = covariances(specs, tables, categories, estimates)
    frames.store(pd.DataFrame(found, columns=COVARIANCES), outputs["covariances"])
    settings = Settings(inference["confidence"], 0, inference["seed"])
    units = latest_units(frames.load(inputs["units"])).drop_duplicates("county_code").set_index("county_code")
    parts = [
        by_county(spec, tables[spec.data], categories, settings, units)
        for spec in specs
        if spec.name in wanted["by_county"]
    ]
    frames.store(pd.concat(parts, ignore_index=True), outputs["county_estimates"])
    made = contributions(
        frames.load(inputs["normalised"]),
        frames.load(inputs["indices"]),
        frames.load(inputs["unit_months"]),
        read_anchors(inputs["anchors"]),
        wanted["tier"],
    )
    frames.store(made, outputs["common_tier"])


def covariances(specs, tables, categories, estimates):
    """Rows :data:`COVARIANCES` of the pairs of terms of models that have several and can be solved once more."""
    rows = []
    rest = estimates.drop_duplicates("model").set_index("model")
    for spec in specs:
        if len(spec.terms) < 2 or spec.estimator not in SOLVERS or spec.data not in tables:
            continue
        try:
            found = predictor(spec, tables[spec.data], categories)
        except NotEstimable:
            continue
        traits = rest.loc[spec.name]
        counts = traits[["n_used", "n_events"]].astype(float).min()
        for place, term in enumerate(found.names):
            for other in range(place + 1, len(found.names)):
                pair = (spec.name, term, found.names[other], found.covariance[place, other])
                rows.append((*pair, counts, traits["residual_df"]))
    return rows


def by_county(spec, table, categories, settings, units):
    """Rows :data:`COUNTIES` of one model: every county alone, and drawn to the mean of all where that can be had."""
    try:
        found = fits_by(spec, table, categories, "county", settings)
    except NotEstimable:
        found = pd.DataFrame(columns=COLUMNS, dtype=float)
    found = found[found["std_error"] > 0].reset_index(drop=True)
    low, high, _ = inference.t_interval(
        found["estimate"].to_numpy(),
        found["std_error"].to_numpy(),
        found["df"].to_numpy(),
        settings.confidence,
    )
    found = found.assign(model=spec.name, ci_low=low, ci_high=high, county_code=found["group"].astype(str))
    variances = shrinkage.interval_variances(low, high, settings.confidence)
    try:
        drawn = shrinkage.shrunken(found["estimate"], variances, settings.confidence)
    except NotEstimable:
        drawn = np.full((3, len(found)), np.nan)
    names = units.reindex(found["county_code"])[COUNTY[1:]].reset_index(drop=True)
    return found.assign(**dict(zip(BETWEEN, drawn, strict=True)), **names.to_dict("series"))[COUNTIES]


if __name__ == "__main__":
    logs.start(snakemake)
    main(
        inputs=dict(snakemake.input.items()),
        reference=snakemake.params.reference,
        exposure=snakemake.params.exposure,
        inference=snakemake.params.inference,
        outputs=dict(snakemake.output.items()),
    )
