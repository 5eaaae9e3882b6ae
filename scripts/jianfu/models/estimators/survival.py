"""Survival of persons: Cox regression, Aalen-Johansen estimates, Fine-Gray regression."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import DataError, NotEstimable
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import (
    COLUMN,
    COLUMNS,
    VALUE,
    Effect,
    Estimator,
    codes_of,
    collinear_note,
    separated,
)
from jianfu.models.reasons import because
from jianfu.statistics import competing, cox, sandwich

COX_OPTIONS = shared.OPTIONS | {
    "vcov": ("iid", "HC0", "cluster"),
    "small_sample": ("none", "G"),
    "ties": cox.TIES,
    "strata": COLUMNS,
}
INTERVALS = ("log", "log-log", "plain")
AALEN_OPTIONS = {
    "times": list,
    "cause": VALUE,
    "censored": VALUE,
    "group": COLUMN,
    "landmark": float,
    "min_at_risk": int,
    "interval": INTERVALS,
    "id": COLUMN,
}
FINE_OPTIONS = {"cause": VALUE, "censored": VALUE, "contrasts": dict, "curve": dict}
CENSORED = ("0", "", "censored", "censor", "cens", "删失", "截尾", "在岗")


def _times(spec, used):
    """Entry and exit (N,) of every row."""
    exit_ = used[spec.exit].to_numpy(dtype=float)
    entry = used[spec.entry].to_numpy(dtype=float) if spec.entry else np.full(len(used), -np.inf)
    return entry, exit_


def fit_cox(spec, used, weights, columns, settings, truth):
    """Cox regression; conventional errors, or clustered sums of score residuals (no small-sample factor, as
    coxph)."""
    options = spec.options
    entry, exit_ = _times(spec, used)
    event = used[spec.event].to_numpy(dtype=float)
    if not np.isin(event, (0, 1)).all():
        raise NotEstimable("event_not_binary", column=spec.event)
    if event.sum() <= len(columns):
        raise NotEstimable("too_few_events", events=int(event.sum()), coefficients=len(columns))
    own = replace(spec, options={"small_sample": "none"} | options)
    errors = shared.errors_of(own, used, allowed=("iid", "HC0", "cluster"))
    strata = None
    if options.get("strata"):
        names = [options["strata"]] if isinstance(options["strata"], str) else options["strata"]
        strata = used[names].groupby(names, sort=True, observed=True).ngroup().to_numpy()
    fitted = cox.fit(
        entry,
        exit_,
        event == 1,
        np.column_stack(list(columns.values())),
        strata,
        used[spec.weights].to_numpy(dtype=float) if spec.weights else None,
        used[spec.offset].to_numpy(dtype=float) if spec.offset else 0.0,
        options.get("ties", "efron"),
    )
    if fitted.separated:
        raise separated([list(columns)[j] for j in fitted.moving])
    covariance = fitted.bread
    if errors.kind != "iid":
        groups = np.arange(len(used)) if errors.kind == "HC0" else errors.clusters
        factor = sandwich.small_sample(errors.small, errors.n_clusters, len(used), len(columns))
        covariance = fitted.robust(groups) * (factor if errors.n_clusters else 1.0)
    notes = [because("ties", method=options.get("ties", "efron")), *shared.note_of(errors, np.inf)]
    notes += collinear_note(fitted.collinear, columns)
    name = {"cluster": errors.name}.get(errors.kind, errors.kind)
    return shared.rows(spec, used, columns, fitted.coefficients, covariance, np.inf, name, settings), {
        "converged": fitted.converged,
        "n_clusters": errors.n_clusters,
        "n_events": float(event.sum()),
        "residual_df": int(event.sum() - len(columns)),
        "notes": notes,
    }


def _causes(spec, used):
    """Event of each row as text, '' = censored, and the causes that occur."""
    options, values = spec.options, used[spec.event]
    text = values.map(_plain).to_numpy(dtype=object)
    given = options.get("censored")
    censored = text == _plain(given) if given is not None else np.isin([t.lower() for t in text], CENSORED)
    if given is not None and not censored.any() and options.get("cause") is None:
        raise DataError("censored_absent", model=spec.name, value=str(given), column=spec.event)
    text[censored] = ""
    return text, sorted(set(text) - {""})


def _plain(value):
    """A value of an event column as text: 1.0 is 1."""
    return "" if pd.isna(value) else f"{value:g}" if isinstance(value, float | int) else str(value)


def _cause(spec, causes):
    wanted = spec.options.get("cause")
    if wanted is None:
        if len(causes) != 1:
            raise DataError("cause_unsaid", model=spec.name, causes=causes)
        return causes[0]
    if _plain(wanted) not in causes:
        raise NotEstimable("no_such_event", event=_plain(wanted), events=causes)
    return _plain(wanted)


def fit_aalen_johansen(spec, used, weights, columns, settings, truth):
    """Cumulative incidence of every cause at the requested times, by group; infinitesimal-jackknife errors."""
    options = spec.options
    entry, exit_ = _times(spec, used)
    landmark = float(options.get("landmark", -np.inf))
    text, causes = _causes(spec, used)
    wanted = [_cause(spec, causes)] if options.get("cause") is not None else causes
    if not wanted:
        raise NotEstimable("no_events")
    group = used[options["group"]] if options.get("group") else pd.Series("", index=used.index)
    person = codes_of(used[options["id"]]) if options.get("id") else np.arange(len(used))
    own = used[spec.weights].to_numpy(dtype=float) if spec.weights else np.ones(len(used))
    found, notes = [], [because("aalen_johansen", interval=options.get("interval", "log"))]
    if np.isfinite(landmark):
        notes.append(because("landmark", time=landmark))
    for level in sorted(group.unique()):
        rows = (group == level).to_numpy()
        label = f"{options['group']}_{_plain(level)}:" if options.get("group") else ""
        curve = competing.aalen_johansen(
            np.maximum(entry[rows], landmark), exit_[rows], text[rows], wanted, own[rows], person[rows]
        )
        times = options.get("times") or _few_times(curve.times)
        for cause in wanted:
            for time in times:
                found.append(_incidence(curve, cause, float(time), label, options, settings))
    events = float(np.isin(text, wanted).sum())
    return found, {
        "converged": True,
        "n_clusters": 0,
        "n_events": events,
        "residual_df": len(used) - 1,
        "notes": notes,
    }


def _few_times(times):
    """Quartiles of the event times, where no times are asked for."""
    return [
        float(time) for time in np.unique(np.quantile(times, (0.25, 0.5, 0.75, 1), method="inverted_cdf"))
    ]


def _incidence(curve, cause, time, label, options, settings):
    """One point of a curve; without figures beyond the data or where fewer than min_at_risk are left."""
    term = f"{label}{cause}@{time:g}"
    at_risk, value, error = curve.at(cause, time)
    least = options.get("min_at_risk", 1)
    if at_risk < least:
        return Effect(term, np.nan, reasons=(because("few_at_risk", at_risk=at_risk, least=least),))
    low, high = incidence_interval(value, error, options.get("interval", "log"), settings.confidence)
    return Effect(
        term,
        value,
        error,
        low,
        high,
        vcov="jackknife",
        reasons=(because("at_risk", at_risk=at_risk, time=time),),
    )


def incidence_interval(value, error, kind, confidence):
    """Interval of a probability, as ``survfit``: log, log-log or plain; within 0 and 1."""
    z = stats.norm.ppf((1 + confidence) / 2)
    if not error > 0 or not 0 < value < 1:
        return (value, value) if value > 0 else (np.nan, np.nan)
    if kind == "plain":
        low, high = value - z * error, value + z * error
    elif kind == "log":
        low, high = value * np.exp(-z * error / value), value * np.exp(z * error / value)
    else:
        spread = z * error / (value * np.log(value))
        low, high = value ** np.exp(-spread), value ** np.exp(spread)
    return max(0.0, min(low, high)), min(1.0, max(low, high))


def fit_fine_gray(spec, used, weights, columns, settings, truth):
    """Subdistribution hazards (Fine and Gray 1999) with the errors of R's ``cmprsk::crr``."""
    _, exit_ = _times(spec, used)
    text, causes = _causes(spec, used)
    cause = _cause(spec, causes)
    code = np.where(text == cause, 1, np.where(text == "", 0, 2))
    events = int((code == 1).sum())
    if events <= len(columns):
        raise NotEstimable("too_few_events", events=events, coefficients=len(columns))
    fitted = competing.fine_gray(exit_, code, np.column_stack(list(columns.values())))
    if fitted.separated:
        raise separated([])
    covariance = fitted.robust(np.arange(len(used)))
    args = (columns, fitted.coefficients, covariance, np.inf, "fine_gray", settings)
    return shared.rows(spec, used, *args), {
        "converged": fitted.converged,
        "n_clusters": 0,
        "n_events": float(events),
        "residual_df": events - len(columns),
        "notes": [because("fine_gray"), because("normal")] + collinear_note(fitted.collinear, columns),
    }


ENTRIES = {
    "cox": Estimator(
        fit_cox,
        "log_hazard",
        needs=("exit", "event", "terms"),
        takes=("controls", "cluster", "weights", "offset", "entry"),
        options=COX_OPTIONS,
    ),
    "aalen_johansen": Estimator(
        fit_aalen_johansen,
        "probability",
        needs=("exit", "event"),
        takes=("weights", "entry"),
        options=AALEN_OPTIONS,
        may_miss=("event",),
        text=("event",),
        reports_all=True,
    ),
    "fine_gray": Estimator(
        fit_fine_gray,
        "log_subhazard",
        needs=("exit", "event", "terms"),
        takes=("controls",),
        options=FINE_OPTIONS,
        may_miss=("event",),
        text=("event",),
    ),
}
