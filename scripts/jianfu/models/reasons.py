"""Everything that a model says of itself, as codes: why a figure is lacking, what limits it, how it was made.

The words of a code are the label ``why_<code>`` of config/plan/labels.csv, with the values in their places. To add one,
write a line below and its label; :func:`because` refuses what is not declared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jianfu.core.errors import NotEstimable
from jianfu.core.labels import Labels
from jianfu.core.messages import SEPARATORS
from jianfu.core.reasons import Reason, say

FAILURE, CAUTION, REMARK, WITHHELD = "failure", "caution", "remark", "withheld"


@dataclass(frozen=True)
class Declared:
    """A code: its kind, the names of its values, and which of them count persons, events or observations.

    kind: ``failure`` why a figure is lacking, ``caution`` what limits the figures, ``remark`` how they were made,
    ``withheld`` what only the restricted results may tell, because it gives away the number of events.
    """

    kind: str
    values: tuple[str, ...]
    counts: tuple[str, ...] = ()


def _failure(*values, counts=()):
    return Declared(FAILURE, values, counts)


def _caution(*values):
    return Declared(CAUTION, values)


def _remark(*values, counts=()):
    return Declared(REMARK, values, counts)


def _withheld(*values, counts=()):
    return Declared(WITHHELD, values, counts)


CODES = {
    "plain": _remark("text"),
    # failures of the rows and columns
    "not_estimable": _failure("why"),
    "unconverged": _failure(),
    "singular_matrix": _failure(),
    "table_empty": _failure("table"),
    "column_absent": _failure("column"),
    "column_empty": _failure("column"),
    "no_observations": _failure("reasons"),
    "no_events": _failure(),
    "negative_weights": _failure("column"),
    "no_variation": _failure("column"),
    "single_level": _failure("column"),
    "knots_coincide": _failure("term"),
    "too_few_events": _failure("events", "coefficients", counts=("events",)),
    "too_few_observations": _failure("observations", counts=("observations",)),
    "too_few_clusters": _failure("clusters", "coefficients"),
    "too_few_months": _failure("months", "coefficients"),
    "single_cluster": _failure(),
    "separated": _failure("columns"),
    "separated_together": _failure(),
    "outcomes_separated": _failure(),
    "collinear": _failure("columns"),
    "collinear_term": _failure("term"),
    "collinear_terms": _failure("terms"),
    "collinear_with_effects": _failure("terms"),
    "nothing_left": _failure("term"),
    "explained_by_others": _failure("term"),
    # failures of outcomes
    "event_not_binary": _failure("column"),
    "no_such_event": _failure("event", "events"),
    "outcome_outside_trials": _failure(),
    "outcome_not_binary": _failure("column"),
    "outcome_negative": _failure("column"),
    "log_of_negative": _failure(),
    "no_share_of_events": _failure("outcome"),
    "too_few_outcomes": _failure("column"),
    "levels_outside": _failure("column", "levels", "most"),
    # failures of errors and options
    "vcov_unavailable": _failure("vcov", "allowed"),
    "vcov_with_effects": _failure("vcov"),
    "vcov_needs_cluster": _failure("vcov"),
    "vcov_takes_one_cluster": _failure("vcov"),
    "two_clusters_at_most": _failure(),
    "cr2_on_cells": _failure(),
    "mediator_too_noisy": _failure(),
    "one_term_only": _failure(),
    "needs_outcome_or_results": _failure("options"),
    "bounds_out_of_order": _failure("low", "high"),
    "r_max_too_low": _failure("r_max", "r2"),
    "no_control": _failure("control"),
    "no_such_confounder": _failure("times", "control"),
    "robustness_needs_errors": _failure(),
    "too_few_levels": _failure("levels", "column"),
    "no_fit_without_level": _failure(),
    "few_at_risk": _failure("at_risk", "least", counts=("at_risk",)),
    # failures of time and groups
    "not_whole_periods": _failure("column"),
    "few_periods_around": _failure("date"),
    "not_one_date": _failure("column"),
    "two_rows_in_period": _failure(),
    "two_starts": _failure(),
    "no_placebo_rows": _failure(),
    "no_comparison": _failure(),
    "no_never_treated": _failure(),
    "none_treated_within": _failure(),
    "none_imputable": _failure(),
    "unknown_aggregate": _failure("aggregate", "allowed"),
    "event_study_no_terms": _failure("estimator"),
    "event_study_no_weights": _failure("estimator"),
    "slope_no_term": _failure("slope", "terms"),
    "few_in_groups": _failure("observations", "groups", counts=("observations",)),
    "group_for_each": _failure(),
    # failures of tables of results and of items
    "name_error_column": _failure(),
    "error_not_positive": _failure(),
    "variance_not_positive": _failure(),
    "estimate_missing": _failure(),
    "too_few_estimates": _failure("estimates", "coefficients"),
    "moderators_collinear": _failure(),
    "knapp_hartung_saturated": _failure(),
    "no_p_values": _failure("column"),
    "two_imputations": _failure(),
    "delta_needs_imputed": _failure(),
    "unconverged_imputation": _failure("imputation"),
    "term_not_once": _failure("term"),
    "term_not_estimated": _failure("term"),
    "item_holds_text": _failure("item"),
    "unknown_equality": _failure("equality", "allowed"),
    "residual_covariances_pairs": _failure(),
    "invariance_needs_group": _failure(),
    "few_items": _failure("items"),
    "few_rows": _failure("rows", "items", counts=("rows",)),
    "constant_item": _failure("item"),
    "not_positive_definite": _failure(),
    "not_converged": _failure(),
    "not_identified": _failure(),
    # failures of tests beside the models
    "no_efficient_score": _failure("estimator"),
    "not_a_term": _failure("term"),
    "outside_joint_test": _failure("table", "cluster"),
    "restricted_unconverged": _failure(),
    "too_few_replicates": _failure(),
    "fewer_events": _failure(),
    "mixed_signs": _failure(),
    "index_refused": _failure(),
    # what the gate says
    "not_published": _failure(),
    "none_read": _failure(),
    "dropped": _remark("reason", "n"),
    "rounded": _remark("n"),
    # cautions
    "few_clusters": _caution("clusters"),
    "few_events": _caution(),
    "few_treated": _caution("clusters"),
    "few_treated_uncorrected": _caution("clusters"),
    "no_cohort_error": _caution(),
    "singular_fit": _caution(),
    "not_semidefinite": _caution(),
    "eigenvalues_zeroed": _caution(),
    "wild_unconverged": _caution(),
    "wild_cluster_none": _caution(),
    "negative_variance": _caution("item"),
    "heywood": _caution("what"),
    "factors_not_positive_definite": _caution(),
    "in_group": _caution("what", "group"),
    "at_level": _caution("level", "what"),
    "bacon_gaps": _caution(),
    # the sample
    "control_absent": _remark("control"),
    "levels_without_events": _remark("column", "levels"),
    "reference": _remark("levels"),
    "events_per_slope": _withheld("per_slope", counts=("per_slope",)),
    "events_per_level": _withheld("per_slope", "per_level", "column", counts=("per_slope", "per_level")),
    # errors and distributions
    "errors_iid": _remark(),
    "errors_robust": _remark("vcov"),
    "errors_cr2": _remark("clusters"),
    "factor_none": _remark(),
    "factor_G": _remark(),
    "factor_full": _remark(),
    "two_way": _remark("first", "n_first", "second", "n_second"),
    "normal": _remark(),
    "t": _remark("df"),
    "satterthwaite": _remark("df"),
    "expected_information": _remark(),
    "observed_information": _remark(),
    "model_based": _remark(),
    "welch": _remark(),
    "influence_errors": _remark(),
    "hac_cluster": _remark("lag"),
    "newey_west": _remark("lag"),
    "wild_score": _remark("weights", "replicates"),
    "wild_score_p": _remark("weights", "replicates"),
    "wild_cluster": _remark("p", "weights", "replicates"),
    "bootstrap": _remark("replicates"),
    "bootstrap_one_step": _remark("replicates"),
    "replicates": _remark("usable", "replicates"),
    "calibrated": _remark("reliability", "origin", "usable", "replicates"),
    "reliability_declared": _remark(),
    "reliability_of_members": _remark("members"),
    # kinds of models
    "ties": _remark("method"),
    "aalen_johansen": _remark("interval"),
    "landmark": _remark("time"),
    "at_risk": _remark("at_risk", "time", counts=("at_risk",)),
    "fine_gray": _remark(),
    "marginal_effects": _remark("model"),
    "marginal_effects_absorbed": _remark(),
    "rubin": _remark("imputations"),
    "in_each": _remark("remarks"),
    "adjusted": _remark("method", "tests"),
    "adjusted_in_families": _remark("method", "tests", "families"),
    "equivalence": _remark("low", "high", "share"),
    "cumulative": _remark("link"),
    "against": _remark("outcome", "base"),
    "family": _remark("family", "correlation"),
    "reml": _remark(),
    "maximum_likelihood": _remark(),
    "groups": _remark("n", "column"),
    # mediation
    "reliability_corrected": _remark("reliability", "within"),
    "reliability_within": _remark("within"),
    "vanishes_at": _remark("rho"),
    "vanishes_at_linear": _remark("rho"),
    "if_rho": _remark("rho"),
    "natural_models": _remark("mediator", "outcome"),
    "contrast": _remark("low", "high"),
    "with_interaction": _remark(),
    "horizon": _remark("periods"),
    # series and roll-outs
    "periods": _remark("periods"),
    "calendar_effects": _remark(),
    "poisson_likelihood": _remark(),
    "callaway_santanna": _remark("method"),
    "controls_not_yet_treated": _remark(),
    "controls_never_treated": _remark(),
    "base_period": _remark("base"),
    "rollout_groups": _remark("groups", "smallest", "largest"),
    "anticipation": _remark("periods"),
    "placebo_dates": _remark("periods"),
    "pretrend": _remark("df", "statistic", "p"),
    "band": _remark("critical", "replicates"),
    "sun_abraham": _remark(),
    "imputation_errors": _remark(),
    "two_way_effects": _remark(),
    "bacon_weight": _remark("weight"),
    # sensitivity and power
    "least_squares": _remark(),
    "linear_probability": _remark(),
    "robustness": _remark("q", "df"),
    "robustness_alpha": _remark("q", "alpha", "df"),
    "robustness_settings": _remark("q", "alpha"),
    "confounder": _remark("exposure", "outcome"),
    "oster_delta": _remark("effect", "r_max", "r2", "r2_short"),
    "oster_beta": _remark("delta", "r_max", "r2", "r2_short", "short"),
    "e_value_smd": _remark(),
    "e_value_rr": _remark(),
    "e_value_hr": _remark(),
    "e_value_or": _remark(),
    "rare_outcome": _remark(),
    "common_outcome": _remark(),
    "risk_ratio": _remark("ratio"),
    "risk_ratio_interval": _remark("ratio", "low", "high"),
    "left_out_in_turn": _remark("fitted", "levels", "turned", "whole"),
    "one_left_out": _remark("column"),
    "design_of_rows": _remark("observations", "sd", "clusters", "error", counts=("observations",)),
    "design_of_events": _remark("events", "clusters", "error", counts=("events",)),
    "detectable_formula": _remark("power", "design_effect"),
    "detectable_from_error": _remark("power", "error"),
    "detectable": _remark("power", "effect"),
    # tables of results and of items
    "meta_method": _remark("method", "test"),
    "estimates": _remark("estimates"),
    "hartung_knapp": _remark("factor"),
    "q_profile": _remark(),
    "chi_squared": _remark("df"),
    "new_effect": _remark(),
    "normal_theory": _remark(),
    "satorra_bentler": _remark(),
    "fixed": _remark(),
    "degrees": _remark("df"),
    "rmsea": _remark(),
    "invariance_verdict": _remark("verdict"),
}


def because(code: str, /, **values) -> Reason:
    """A declared reason. Raises KeyError for an unknown code and TypeError for other values than it has."""
    if set(values) != set(CODES[code].values):
        raise TypeError(f"{code} has the values {CODES[code].values}, not {tuple(values)}")
    return Reason(code, **values)


def unestimable(error: NotEstimable) -> Reason:
    """What the rows of a model say that stopped with ``error``."""
    reason = error.reason
    why = because(reason.code, **reason.values) if reason.code in CODES else Reason("plain", text=reason.code)
    return because("not_estimable", why=why)


def recorded(remarks: Sequence) -> list[Reason]:
    """Remarks as reasons; a text that has no code yet becomes ``plain``."""
    return [item if isinstance(item, Reason) else Reason("plain", text=item) for item in remarks if item]


def failures(reasons: Sequence[Reason]) -> list[Reason]:
    """Why there is no estimate: the failures among the reasons, ``not_estimable`` opened."""
    found = [reason for reason in reasons if CODES[reason.code].kind == FAILURE]
    return [reason.values["why"] if reason.code == "not_estimable" else reason for reason in found]


def failure(reasons: Sequence[Reason]) -> Reason | None:
    """The first of :func:`failures`, or None."""
    return next(iter(failures(reasons)), None)


def has(reasons: Sequence[Reason], *codes: str) -> bool:
    """Whether one of the reasons has one of the codes."""
    return any(reason.code in codes for reason in reasons)


def in_words(
    reasons: Sequence[Reason], labels: Labels, name: Callable[[str], str] = str, between: str = "; "
) -> str:
    """Reasons in the language of ``labels``; ``name``: how a column, term or option among the values is called."""
    separator = SEPARATORS[labels.language]
    return between.join(
        say(reason, lambda code: labels(f"why_{code}"), separator, name) for reason in reasons
    )
