"""The vocabulary of estimators: name -> :class:`Estimator`. One engine (:mod:`jianfu.models.engine`) calls them all.

A declared model (an entry of config/plan/models.yaml or of ``models_on: list:`` in a province file) names its
estimator; the engine chooses the rows, counts what was dropped and why, builds the design columns, calls ``fit`` and
turns its effects into rows of estimates. To add an estimator, write ``fit`` in a module of this package (the numbers
come from pure functions in :mod:`jianfu.statistics`), add one line to ``ESTIMATORS`` below and its example to
config/own-tables.md::

    def fit(spec, used, weights, columns, settings, truth):
        ...
        return effects, extra

spec      the declared model, a dict; keys it may have stand in ``Estimator.needs`` and ``takes``, and
          ``spec.get("options", {})`` holds the options declared in ``Estimator.options``
used      frame with the rows used and every column that the model names, under their own names; nothing is missing in
          them except where ``Estimator.may_miss`` says so
weights   (N,) observations behind each row (person-months of a cell; 1 in most tables). Weights of the user are the
          column ``spec["weights"]`` of ``used``
columns   {name: (N,) float} design columns of terms and controls in this order, without constant and effects; {} where
          the model has no terms
settings  :class:`Settings`: confidence, bootstrap replicates (0 = none), seed
truth     True only in coverage studies: use the columns ``<outcome>__true``; an estimator without them ignores it

effects   list of :class:`Effect`, built by hand or by ``common.effects_of``
extra     dict with ``converged`` (bool: False gives rows without figures), ``residual_df``, ``notes`` (list of short
          texts: conventions, collinear columns, warnings) and, where they apply, ``n_clusters``, ``n_events``,
          ``n_units``, ``dropped`` ({reason: observations} that the estimator itself left out; the engine subtracts
          them from n_used)

What cannot be estimated raises :class:`jianfu.models.terms.NotEstimable` with the reason; numbers that did not
converge are never returned as if they had.
"""

from jianfu.models.estimators import (
    cfa,
    diagnostics,
    gee,
    hazards,
    marginal,
    mediation,
    meta,
    mixed,
    multinomial,
    ols,
    ordinal,
    p_adjust,
    policy,
    pool_imputations,
    segmented,
    sensitivity,
    survival,
    tost,
)
from jianfu.models.estimators.common import (
    COLUMN,
    COLUMNS,
    FACTORS,
    TRUE,
    VALUE,
    Effect,
    Estimator,
    Settings,
    codes_of,
    columns_named,
    effects_of,
    outcome_name,
    outcomes_of,
)

__all__ = [
    "COLUMN",
    "COLUMNS",
    "ESTIMATORS",
    "FACTORS",
    "TRUE",
    "VALUE",
    "Effect",
    "Estimator",
    "Settings",
    "codes_of",
    "columns_named",
    "effects_of",
    "outcome_name",
    "outcomes_of",
]

REGRESSION = ("controls", "effects", "cluster", "weights", "offset")

ESTIMATORS = {
    "ols": Estimator(ols.fit, "unit", takes=REGRESSION, options=ols.OPTIONS),
    "logit": Estimator(hazards.fit, "log_odds", takes=REGRESSION, options=hazards.OPTIONS, counts=True),
    "cloglog": Estimator(hazards.fit, "log_hazard", takes=REGRESSION, options=hazards.OPTIONS, counts=True),
    "poisson": Estimator(hazards.fit, "log_rate", takes=REGRESSION, options=hazards.OPTIONS, counts=True),
    "cox": Estimator(
        survival.fit_cox,
        "log_hazard",
        needs=("exit", "event", "terms"),
        takes=("controls", "cluster", "weights", "offset", "entry"),
        options=survival.COX_OPTIONS,
    ),
    "aalen_johansen": Estimator(
        survival.fit_aalen_johansen,
        "probability",
        needs=("exit", "event"),
        takes=("weights", "entry"),
        options=survival.AALEN_OPTIONS,
        may_miss=("event",),
        text=("event",),
        reports_all=True,
    ),
    "fine_gray": Estimator(
        survival.fit_fine_gray,
        "log_subhazard",
        needs=("exit", "event", "terms"),
        takes=("controls",),
        options=survival.FINE_OPTIONS,
        may_miss=("event",),
        text=("event",),
    ),
    "average_marginal_effects": Estimator(
        marginal.fit,
        "response",
        takes=("controls", "cluster", "weights", "offset"),
        options=marginal.OPTIONS,
        required=("model",),
        reports_all=True,
    ),
    "multinomial": Estimator(
        multinomial.fit,
        "log_odds",
        takes=("controls",),
        options=multinomial.OPTIONS,
        text=("outcome",),
        reports_all=True,
    ),
    "p_adjust": Estimator(
        p_adjust.fit,
        "p_value",
        needs=("outcome",),
        takes=(),
        options=p_adjust.OPTIONS,
        required=("method",),
        reports_all=True,
        of_results=True,
    ),
    "mediation": Estimator(
        mediation.fit,
        "unit",
        needs=("outcome", "terms", "mediator"),
        options=mediation.OPTIONS,
        reports_all=True,
    ),
    "did_cs": Estimator(
        policy.fit_did,
        "unit",
        needs=("outcome",),
        takes=("controls", "cluster", "weights"),
        options=policy.DID_OPTIONS,
        required=("unit", "time", "start"),
        may_miss=("start",),
        reports_all=True,
    ),
    "event_study": Estimator(
        policy.fit_event_study,
        "unit",
        needs=("outcome",),
        takes=("controls", "cluster", "weights"),
        options=policy.EVENT_OPTIONS,
        required=("unit", "time", "start"),
        may_miss=("start",),
        reports_all=True,
    ),
    "segmented": Estimator(
        segmented.fit,
        "unit",
        needs=("outcome",),
        takes=("controls", "effects", "cluster", "offset"),
        options=segmented.OPTIONS,
        required=("time",),
        reports_all=True,
    ),
    "mixed": Estimator(
        mixed.fit, "unit", needs=("outcome", "terms", "cluster"), takes=("controls",), options=mixed.OPTIONS
    ),
    "gee": Estimator(
        gee.fit,
        "unit",
        needs=("outcome", "terms", "cluster"),
        takes=("controls", "weights", "offset"),
        options=gee.OPTIONS,
    ),
    "ordinal": Estimator(
        ordinal.fit, "log_odds", takes=("controls", "cluster", "weights"), options=ordinal.OPTIONS
    ),
    "sensitivity": Estimator(
        sensitivity.fit,
        "unit",
        needs=(),
        takes=("outcome", "terms", "controls", "effects"),
        options=sensitivity.OPTIONS,
        text=("label",),
        reports_all=True,
        of_results=True,
    ),
    "tost": Estimator(
        tost.fit,
        "unit",
        needs=(),
        takes=("outcome", "terms", "controls", "effects", "cluster"),
        options=tost.OPTIONS,
        required=("low", "high"),
        reports_all=True,
        of_results=True,
    ),
    "e_value": Estimator(
        diagnostics.fit_e_value, "risk_ratio", options=diagnostics.E_VALUE, reports_all=True
    ),
    "leave_one_out": Estimator(
        diagnostics.fit_leave_one_out,
        "unit",
        options=diagnostics.LEAVE_ONE_OUT,
        required=("group",),
        reports_all=True,
    ),
    "additive_scale": Estimator(
        diagnostics.fit_additive, "excess_per_1000", options=diagnostics.ADDITIVE, reports_all=True
    ),
    "detectable_effect": Estimator(
        diagnostics.fit_detectable, "unit", options=diagnostics.DETECTABLE, reports_all=True
    ),
    "meta": Estimator(
        meta.fit,
        "unit",
        needs=("outcome",),
        takes=("terms",),
        options=meta.OPTIONS,
        reports_all=True,
        of_results=True,
    ),
    "pool_imputations": Estimator(
        pool_imputations.fit,
        "unit",
        needs=("outcome",),
        takes=("terms", "controls", "effects", "cluster", "weights"),
        options=pool_imputations.OPTIONS,
        required=("imputation",),
        reports_all=True,
        of_results=True,
    ),
    "cfa": Estimator(
        cfa.fit,
        "unit",
        needs=(),
        takes=(),
        options=cfa.OPTIONS,
        required=("model",),
        reports_all=True,
    ),
}
