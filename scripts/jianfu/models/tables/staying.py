"""Weights of the answers of those who stayed: a burden that made others leave is seen only in who is still there.

Stabilised inverse-probability-of-staying weights (Cole and Hernán 2008): over the months before the fieldwork, the
probability of staying by the controls and effects of a hazard model over that by its exposures as well, truncated at
the quantiles :data:`TRUNCATED`. Near one where few leave in a year.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.months import month_number
from jianfu.indices.exposures import Exposure
from jianfu.models.sample import prepare
from jianfu.models.spec import ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.statistics import hazard

STAYING = "staying"
TRUNCATED = (0.01, 0.99)
SOURCE = "exit_type"  # column of the roster without which nobody is known to have left


def with_staying(survey: AnalysisTable, cells: AnalysisTable, spec: ModelSpec, categories) -> AnalysisTable:
    """The table of answers with the column ``staying``: one weight per answer, by unit, cohort and month of fieldwork.

    cells: hazard table; spec: a cloglog model of leaving on single months before (``OD_lag1`` ...), whose most distant
    month says over how many months staying counts. A group and month that the model leaves out (no exits, exposure not
    known) counts as one of equal chances. Where the model cannot be fitted the column is absent.
    """
    try:
        log_ratio = _log_ratio(cells, spec, categories)
    except NotEstimable:
        return replace(survey, absent=survey.absent | {STAYING: SOURCE})
    answers = survey.frame
    groups = [answers["unit"].astype(object), answers["cohort"].astype(object)]
    month = month_number(answers["fieldwork_month"].astype(object))
    total = np.zeros(len(answers))
    for lag in range(1, max(Exposure.of(term).lag for term in spec.terms) + 1):
        at = pd.MultiIndex.from_arrays([*groups, month - lag])
        total += log_ratio.reindex(at).fillna(0.0).to_numpy()
    weight = np.exp(total)
    if len(weight):
        weight = np.clip(weight, *np.quantile(weight, TRUNCATED))
    return replace(survey, frame=answers.assign(**{STAYING: weight}))


def _log_ratio(cells, spec, categories):
    """Log of the probability of staying without the exposures less that with them, mean of the persons at risk by unit,
    cohort and number of the month. Of a cloglog hazard the log probability of staying is -exp(eta)."""
    model = prepare(spec, cells, categories)
    leaving = []
    for design in (model.design, np.column_stack(model.of_controls())):
        fit = hazard.fit(model.events, model.trials, design, model.effects, None, spec.estimator)
        if not fit.converged:
            raise NotEstimable("unconverged")
        leaving.append(np.exp(fit.eta))
    rows, n = cells.frame.loc[model.sample.rows, ["unit", "cohort", "month"]].astype(object), model.trials
    keys = [rows["unit"], rows["cohort"], month_number(rows["month"])]
    parts = pd.DataFrame({"sum": n * (leaving[0] - leaving[1]), "n": n}, index=rows.index).groupby(keys).sum()
    return parts["sum"] / parts["n"]
