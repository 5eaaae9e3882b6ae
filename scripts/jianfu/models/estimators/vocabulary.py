"""The vocabulary of estimators: name -> :class:`~jianfu.models.estimators.common.Estimator`; one engine calls them all.

A declared model (an entry of config/plan/models.yaml or of ``models_on: list:`` in a province file) names its
estimator; the engine chooses the rows, counts what was dropped and why, builds the design columns, calls ``fit`` and
turns its effects into rows of estimates. To add an estimator, write ``fit`` and ``ENTRIES`` in a module of this package
(the numbers come from pure functions in :mod:`jianfu.statistics`), its words and its example in the .yaml beside it,
and add one line to ``MODULES`` below::

    def fit(model, settings):
        ...
        return Fit(effects, reasons, residual_df)

model     the rows that it uses, :class:`~jianfu.models.sample.Prepared`: the declared model ``model.spec`` (its keys
          stand in ``Estimator.needs`` and ``takes``, its options in ``Estimator.options``), the frame ``model.used``
          of every column that it names (nothing is missing in them except where ``Estimator.may_miss`` says so), the
          design columns, codes of effects and clusters, outcome and events
settings  :class:`~jianfu.models.estimators.common.Settings`: confidence, bootstrap replicates (0 = none), seed
effects   list of :class:`~jianfu.models.estimators.common.Effect`, built by hand or by ``common.effects_of``; with
          reasons (:func:`jianfu.models.reasons.because`) and counts they make the
          :class:`~jianfu.models.estimators.common.Fit`

What cannot be estimated raises :class:`jianfu.core.errors.NotEstimable` with the reason; numbers that did not
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
    "did_events": "policy",
    "did_ratio": "policy",
    "parallel_trends": "policy",
    "segmented": "segmented",
    "mixed": "mixed",
    "gee": "gee",
    "ordinal": "ordinal",
    "sensitivity": "sensitivity",
    "tost": "tost",
    "e_value": "diagnostics",
    "leave_one_out": "diagnostics",
    "bursts": "diagnostics",
    "additive_scale": "diagnostics",
    "exposure_spread": "diagnostics",
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
