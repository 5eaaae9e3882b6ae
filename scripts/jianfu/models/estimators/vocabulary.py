"""The vocabulary of estimators: name -> :class:`~jianfu.models.estimators.common.Estimator`; one engine calls them all.

A declared model (an entry of config/plan/models.yaml or of ``models_on: list:`` in a province file) names its
estimator; the engine chooses the rows, counts what was dropped and why, builds the design columns, calls ``fit`` and
turns its effects into rows of estimates. To add an estimator, write ``fit`` in a module of this package (the numbers
come from pure functions in :mod:`jianfu.statistics`), add one line to ``ESTIMATORS`` below and its example to
config/own-tables.md::

    def fit(spec, used, weights, columns, settings, truth):
        ...
        return effects, extra

spec      the declared model (``ModelSpec``); keys it may have stand in ``Estimator.needs`` and ``takes``, and
          ``spec.options`` holds the options declared in ``Estimator.options``
used      frame with the rows used and every column that the model names, under their own names; nothing is missing in
          them except where ``Estimator.may_miss`` says so
weights   (N,) observations behind each row (person-months of a cell; 1 in most tables). Weights of the user are the
          column ``spec.weights`` of ``used``
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

import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rules ask for modules_of, for which nothing heavy need be imported
    from jianfu.models.estimators.common import Estimator

PACKAGE = "jianfu.models.estimators"
MODULES = {
    "ols": "ols",
    "logit": "hazards",
    "cloglog": "hazards",
    "poisson": "hazards",
    "cox": "survival",
    "aalen_johansen": "survival",
    "fine_gray": "survival",
    "average_marginal_effects": "marginal",
    "multinomial": "multinomial",
    "p_adjust": "p_adjust",
    "mediation": "mediation",
    "did_cs": "policy",
    "event_study": "policy",
    "segmented": "segmented",
    "mixed": "mixed",
    "gee": "gee",
    "ordinal": "ordinal",
    "sensitivity": "sensitivity",
    "tost": "tost",
    "e_value": "diagnostics",
    "leave_one_out": "diagnostics",
    "additive_scale": "diagnostics",
    "detectable_effect": "diagnostics",
    "meta": "meta",
    "pool_imputations": "pool_imputations",
    "cfa": "cfa",
}


class _Vocabulary(Mapping):
    """``{name: Estimator}``; the module of an estimator is imported when it is first looked up."""

    def __getitem__(self, name: str) -> "Estimator":
        return importlib.import_module(f"{PACKAGE}.{MODULES[name]}").ENTRIES[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)

    def __contains__(self, name: object) -> bool:
        return name in MODULES


ESTIMATORS = _Vocabulary()


def modules_of(names: Iterable[str]) -> list[str]:
    """Dotted names of the modules behind estimators, each once, sorted."""
    return sorted({f"{PACKAGE}.{MODULES[name]}" for name in names})
