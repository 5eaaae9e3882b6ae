"""What every estimator shares: the common form of its results, and what a declared model is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.core.reasons import Reason
from jianfu.models.reasons import because
from jianfu.models.spec import ONE_OR_MORE
from jianfu.models.term import Term
from jianfu.statistics import designs, inference, regression

OBSERVATIONS = "(observations)"  # name of what stands behind each row, beside the columns of a table
COLUMN = "column"  # type of an option whose value is a column of the table
COLUMNS = "columns"  # type of an option whose value is a list of columns of the table
FACTORS = "factors"  # type of an option whose value is {factor: [columns of the table]}
REGRESSION = ("controls", "effects", "cluster", "weights", "offset")  # keys that regressions take
VALUE = "value"  # type of an option that is a value of some column: text or number


def _limited(form, **schema):
    """Type of an option as a JSON schema; ``form`` is the code of its words in config/plan/messages.csv."""
    return {"form": form, **schema}


def _list_of(form, items, **schema):
    return _limited(form, type="array", items=items, **{"minItems": 1} | schema)


_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
SHARE = _limited("a_share", type="number", exclusiveMinimum=0, exclusiveMaximum=1)
RELIABILITY = _limited("a_share", type="number", exclusiveMinimum=0, maximum=1)
POSITIVE = _limited("a_positive_number", type="number", exclusiveMinimum=0)
COUNT = _limited("a_count", type="integer", minimum=0)
COUNT_FROM_1 = _limited("a_count_from_1", type="integer", minimum=1)
NUMBERS = _list_of("numbers", _NUMBER)
TWO_NUMBERS = _list_of("two_numbers", _NUMBER, minItems=2, maxItems=2, uniqueItems=True)
POSITIVE_NUMBERS = _list_of("positive_numbers", _NUMBER | {"exclusiveMinimum": 0})
CORRELATIONS = _list_of("correlations", _NUMBER | {"exclusiveMinimum": -1, "exclusiveMaximum": 1})
TEXTS = _list_of("texts", _TEXT)
DATES = _list_of("dates", {"type": ["string", "number"]})
PAIRS = _list_of("pairs", {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2})
POINTS = _limited("points", type="object", minProperties=1, additionalProperties=NUMBERS)
COMBINATIONS = _limited(
    "combinations",
    type="object",
    minProperties=1,
    additionalProperties={
        "anyOf": [TEXTS, {"type": "object", "minProperties": 1, "additionalProperties": _NUMBER}]
    },
)


_FORMS = {
    COLUMN: "a_column_name",
    COLUMNS: "a_column_or_columns",
    FACTORS: "factors_with_columns",
    VALUE: "text_or_number",
    float: "a_number",
    bool: "true_or_false",
    dict: "a_group",
}


def form_of(kind: object) -> Reason:
    """What an option of this kind (see :class:`Estimator`) holds, where it lists no values."""
    return Reason(kind["form"]) if isinstance(kind, dict) else Reason(_FORMS[kind])


@dataclass(frozen=True)
class Settings:
    """Settings of the inference: confidence level, bootstrap replicates (0 = no bootstrap) and seed."""

    confidence: float = 0.95
    bootstrap: int = 499
    seed: int = 20240401


@dataclass(frozen=True)
class Behind:
    """Fewest persons (or observations) and events behind an estimate, NaN where they are no persons, or no events.

    of: the categorical variable whose level the estimate is about, "" for another term.
    """

    persons: float = np.nan
    events: float = np.nan
    of: str = ""


@dataclass(frozen=True)
class Effect:
    """One estimate before it becomes a row; NaN where there is none.

    vcov names the kind of standard error; df the degrees of freedom of its t distribution (inf = normal); outcome
    and scale replace what holds for the whole model, reasons complete it; p_adjusted only where an estimator adjusts;
    behind where the term does not tell who stands behind it (else :mod:`jianfu.models.behind` counts them).
    """

    term: str
    estimate: float
    std_error: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p_value: float = np.nan
    vcov: str = ""
    outcome: str = ""
    reasons: tuple[Reason, ...] = ()
    scale: str = ""
    df: float = np.inf
    p_adjusted: float = np.nan
    behind: Behind | None = None


@dataclass(frozen=True)
class Fit:
    """What an estimator gives back.

    effects: its estimates; reasons: what it says of all of them; residual_df: degrees of freedom left; converged:
    without, there are no figures; n_units: where it is not the number of units in the rows; dropped: {reason:
    observations} that the estimator itself left out, which the engine takes off those used.
    """

    effects: Sequence[Effect] = ()
    reasons: Sequence[Reason] = ()
    residual_df: float = np.nan
    converged: bool = True
    n_clusters: int = 0
    n_events: float = np.nan
    n_units: int | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimator:
    """One entry of the vocabulary; what it is in words, with an example, stands in the .yaml beside its module.

    fit: the function, see :mod:`jianfu.models.estimators`; scale: of its estimates (unit, log_odds, log_hazard ...);
    needs, takes: keys of a declared model that it must and may have, beside name, estimator, data, where and report;
    options: {name: kind}, where kind is a tuple of the values allowed, float (whole numbers too), bool, dict,
    ``COLUMN``, ``COLUMNS``, ``FACTORS``, ``VALUE`` or a JSON schema with the code of its words (``SHARE`` ...);
    required: options that must be there; adds_up: several outcomes are events, or numbers, that are added up;
    may_miss: keys and options whose columns may hold missing values (None = all of them; the estimator then counts
    what it leaves out); text: keys whose columns may hold text; reports_all: every effect becomes a row, not only the
    declared terms; counts: the outcome counts events (logit, hazards), so that levels without any event are left out
    first; of_results: the rows are results of other analyses, not persons or units, so that no disclosure rule applies.
    """

    fit: object
    scale: str
    needs: tuple = ("outcome", "terms")
    takes: tuple = ("controls", "effects", "cluster")
    options: dict = field(default_factory=dict)
    required: tuple = ()
    may_miss: tuple | None = ()
    text: tuple = ()
    reports_all: bool = False
    counts: bool = False
    adds_up: bool = False
    of_results: bool = False


def columns_named(spec, estimator) -> dict[str, str]:
    """Columns that a model uses beside its terms: {column: key or option that names it}, in order of the keys."""
    keys = ("outcome", "mediator", "effects", "cluster", "weights", "offset", "entry", "exit", "event")
    named = [(key, getattr(spec, ONE_OR_MORE.get(key, key))) for key in keys]
    for name, value in spec.options.items():
        if estimator.options.get(name) in (COLUMN, COLUMNS):
            named.append((name, value))
        elif estimator.options.get(name) == FACTORS:
            named += [(name, columns) for columns in value.values()]
    found = {}
    for key, columns in named:
        for name in [columns] if isinstance(columns, str) else columns:
            for column in Term(name).names if key == "effects" else [name]:
                if column:
                    found.setdefault(column, key)
    return found


def codes_of(values):
    """Levels that occur in a column of the analysis table as integer codes 0 ... K-1."""
    codes = (
        values.cat.codes.to_numpy()
        if isinstance(values.dtype, pd.CategoricalDtype)
        else pd.factorize(values)[0]
    )
    return designs.codes_of(codes)[0]


def effect_codes(frame, effect):
    """Levels of an absorbed effect as integer codes (N,) 0 ... K-1; of ``unit:cohort`` the combinations that occur."""
    first, *others = (codes_of(frame[column]) for column in Term(effect).names)
    for codes in others:
        first = designs.codes_of(first * (codes.max(initial=0) + 1) + codes)[0]
    return first


def few_clusters(n_clusters):
    """The caution on few clusters as a list, empty where there are enough."""
    few = n_clusters < regression.FEW_CLUSTERS
    return [because("few_clusters", clusters=n_clusters)] if few else []


def whole(count):
    """A count as whole number where it is one (an own table may hold shares of events)."""
    return int(count) if count == int(count) else float(count)


def separated(columns):
    """The error that events are separated by ``columns``, or by all terms together where none is to blame alone."""
    return NotEstimable("separated", columns=columns) if columns else NotEstimable("separated_together")


def collinear_note(collinear, columns):
    """The reason that names the columns left out (indices ``collinear``), as a list."""
    names = list(columns)
    return [because("collinear", columns=[names[j] for j in collinear])] if collinear else []


def effects_of(columns, estimates, errors, df, vcov, settings):
    """Effects of estimates (k,) with standard errors (k,): intervals and p-values of t(df), df = inf is the normal.

    What has no estimate (a column left out) has no error.
    """
    errors = np.where(np.isnan(estimates), np.nan, errors)
    low, high, p_value = inference.t_interval(estimates, errors, df, settings.confidence)
    degrees = np.broadcast_to(np.asarray(df, dtype=float), np.shape(estimates))
    return [
        Effect(name, *map(float, values), vcov, df=float(d))
        for name, *values, d in zip(columns, estimates, errors, low, high, p_value, degrees, strict=True)
    ]


def renamed(effect, term, outcome):
    """The effect under another term and outcome."""
    return replace(effect, term=term, outcome=outcome)
