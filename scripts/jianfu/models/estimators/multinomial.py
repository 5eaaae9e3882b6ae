"""Multinomial logit: several outcomes against a reference outcome."""

import warnings

import numpy as np
from statsmodels.discrete.discrete_model import MNLogit

from jianfu.core.errors import NotEstimable
from jianfu.ingest.user_tables import cell_text, levels_of
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import VALUE, Estimator, Fit, effects_of, renamed
from jianfu.models.reasons import because

OPTIONS = {"base": VALUE}
MOST_LEVELS = 20
LONGEST = 30.0  # a linear predictor beyond this is separation


def fit(model, settings):
    """Maximum likelihood by Newton's method; rows of every outcome but the base, which is the first level."""
    spec, columns, design = model.spec, model.columns, model.with_constant
    values = model.used[spec.outcome]
    levels = levels_of(values)
    if len(levels) > MOST_LEVELS:
        raise NotEstimable("levels_outside", column=spec.outcome, levels=len(levels), most=MOST_LEVELS)
    wanted = cell_text(spec.options.get("base", levels[0]))
    base = next((level for level in levels if cell_text(level) == wanted), None)
    if base is None or len(levels) < 2:
        raise NotEstimable("too_few_outcomes", column=spec.outcome)
    levels = [base, *(level for level in levels if level != base)]
    codes = np.select([(values == level).to_numpy() for level in levels], range(len(levels)))
    spread = np.r_[1.0, design[:, 1:].std(axis=0)]
    if np.linalg.matrix_rank(design / np.where(spread > 0, spread, 1)) < design.shape[1]:
        raise NotEstimable("collinear_terms", terms=list(columns))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        likelihood = MNLogit(codes, design / spread)
        fitted = likelihood.fit(method="newton", maxiter=100, tol=1e-12, disp=False)
    estimates = np.asarray(fitted.params)
    if np.abs((design / spread) @ estimates).max() > LONGEST:
        raise NotEstimable("outcomes_separated")
    errors, names = np.asarray(fitted.bse).reshape(estimates.shape), [shared.CONSTANT, *columns]
    found = []
    for j, level in enumerate(levels[1:]):
        figures = (estimates[:, j] / spread, errors[:, j] / spread)
        part = effects_of(names, *figures, np.inf, "iid", settings)
        found += [renamed(effect, effect.term, f"{spec.outcome}={cell_text(level)}") for effect in part]
    notes = [
        because("against", outcome=spec.outcome, base=cell_text(base)),
        because("errors_iid"),
        because("normal"),
    ]
    return Fit(found, notes, int(len(design) - estimates.size), bool(fitted.mle_retvals["converged"]))


ENTRIES = {
    "multinomial": Estimator(
        fit,
        "log_odds",
        takes=("controls",),
        options=OPTIONS,
        text=("outcome",),
        reports_all=True,
    ),
}
