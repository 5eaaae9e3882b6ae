"""The tidy estimates, through which every result passes: one row per model and term, whatever the estimator."""

ESTIMATE_COLUMNS = [
    *("province", "hypothesis", "model", "role", "specification", "outcome", "exposure", "term", "scale"),
    *("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted"),
    *("n_read", "n_used", "n_dropped", "dropped_by_reason", "n_units", "n_clusters", "n_events"),
    *("converged", "vcov", "note"),
]
GATE_COLUMNS = ["residual_df", "persons"]  # only the disclosure gate uses them
