"""Targets: the value every declared model has on the simulator's true probabilities and conditional means.

A fixed-effects hazard with heterogeneous effects, or a linear model of a bounded score, does not estimate a structural
parameter of the simulator but a weighted mean of it. The target of a row of estimates is what the same model gives,
on the same rows, when the events in a cell are replaced by the sum of their true probabilities and a score by its
conditional mean.
"""

import numpy as np
import pandas as pd

from jianfu import cells, models
from jianfu.errors import DataError
from jianfu.estimators import TRUE, outcomes_of

EXPECTED = {"p_voluntary": "voluntary", "p_retire": "retire"}
ZERO = ("placebo", "negative_control")  # roles whose true effect is zero


def with_probabilities(person_months, truth):
    """Person-months at risk with their true probabilities, joined by person, unit and month.

    ``truth``: person_key, unit_code, month, p_voluntary, p_retire. Raises :class:`DataError` if a person-month at risk
    has no probability.
    """
    key, known = np.zeros(len(person_months), dtype=np.int64), np.zeros(len(truth), dtype=np.int64)
    for name in ("person_key", "unit_code", "month"):
        own, other = (frame[name].astype("category") for frame in (person_months, truth))
        levels = own.cat.categories
        key = key * (len(levels) + 1) + own.cat.codes.to_numpy()
        position = np.append(levels.get_indexer(other.cat.categories), -1)
        position[position < 0] = len(levels)
        known = known * (len(levels) + 1) + position[other.cat.codes.to_numpy()]
    index = pd.Index(known).get_indexer(key)
    found = truth[list(EXPECTED)].reset_index(drop=True).reindex(index)
    missing = int(found["p_voluntary"].isna().sum())
    if missing:
        raise DataError(
            f"truth: {missing} person-months at risk have no probability; use the truth of the same draw."
        )
    return person_months.assign(**{name: found[name].to_numpy() for name in EXPECTED})


def expected_cells(person_months, truth):
    """Hazard cells with the expected counts beside the observed ones (``voluntary__true``, ``retire__true``)."""
    table = cells.hazard_cells(with_probabilities(person_months, truth), sums=list(EXPECTED))
    return table.rename(columns={name: event + TRUE for name, event in EXPECTED.items()})


def expected_scores(scores, truth):
    """Survey scores with their conditional means (``burnout__true`` ...), joined by person and wave.

    ``truth`` holds the conditional means in standard deviations (``burnout_z``), ``<scale>_given_z`` those that
    are also conditional on the mediators, which take precedence.
    """
    known = truth.drop_duplicates(["person_key", "wave"]).set_index(["person_key", "wave"])
    found = known.reindex(
        pd.MultiIndex.from_frame(scores[["person_key", "wave"]].astype({"person_key": object}))
    )
    result = scores.copy()
    for name in [c.removesuffix("_z") for c in truth.columns if c.endswith("_z") and "_given" not in c]:
        source = f"{name}_given_z" if f"{name}_given_z" in truth else f"{name}_z"
        values = found[source].to_numpy()
        result[name + TRUE] = values * scores[name].std(ddof=1) + scores[name].mean()
    return result


def has_truth(spec, table):
    """True if the expectation of every outcome of a declared model is known."""
    outcomes = [*outcomes_of(spec), *([spec["mediator"]] if "mediator" in spec else [])]
    return all(name + TRUE in table.frame for name in outcomes)


def targets(specs, tables, categories, settings):
    """Target of every row of estimates whose outcome has a known expectation.

    Columns hypothesis, model, role, outcome, term, scale, target. Placebo exposures and negative-control outcomes have
    the target zero: the simulator gives them no effect.
    """
    known = [spec for spec in specs if has_truth(spec, tables[spec["data"]])]
    rows = models.fit_models(known, tables, categories, settings, "", truth=True)
    rows["target"] = rows["estimate"].mask(rows["role"].isin(ZERO), 0.0)
    return rows[["hypothesis", "model", "role", "outcome", "term", "scale", "target"]]
