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
    Behind,
    Effect,
    Estimator,
    Fit,
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


def _times(model):
    """Entry and exit (N,) of every row."""
    return model.column("entry", np.full(len(model.used), -np.inf)), model.column("exit")


def fit_cox(model, settings):
    """Cox regression; conventional errors, or clustered sums of score residuals (no small-sample factor, as
    coxph)."""
    spec, used, columns, options = model.spec, model.used, model.columns, model.spec.options
    entry, exit_ = _times(model)
    event = used[spec.event].to_numpy(dtype=float)
    if not np.isin(event, (0, 1)).all():
        raise NotEstimable("event_not_binary", column=spec.event)
    if event.sum() <= len(columns):
        raise NotEstimable("too_few_events", events=int(event.sum()), coefficients=len(columns))
    errors = shared.errors_of(model, allowed=("iid", "HC0", "cluster"), small="none")
    strata = None
    if options.get("strata"):
        names = [options["strata"]] if isinstance(options["strata"], str) else options["strata"]
        strata = used[names].groupby(names, sort=True, observed=True).ngroup().to_numpy()
    fitted = cox.fit(
        entry,
        exit_,
        event == 1,
        model.design,
        strata,
        model.column("weights"),
        model.column("offset", 0.0),
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
    left = int(event.sum() - len(columns))
    found = Fit((), notes, left, fitted.converged, errors.n_clusters, float(event.sum()))
    solved = shared.Solved(fitted.coefficients, covariance, np.inf, errors.name, found)
    return replace(found, effects=shared.rows(model, solved, settings))


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


def fit_aalen_johansen(model, settings):
    """Cumulative incidence of every cause at the requested times, by group; infinitesimal-jackknife errors."""
    spec, used, options = model.spec, model.used, model.spec.options
    entry, exit_ = _times(model)
    landmark = float(options.get("landmark", -np.inf))
    text, causes = _causes(spec, used)
    wanted = [_cause(spec, causes)] if options.get("cause") is not None else causes
    if not wanted:
        raise NotEstimable("no_events")
    group = used[options["group"]] if options.get("group") else pd.Series("", index=used.index)
    person = codes_of(used[options["id"]]) if options.get("id") else np.arange(len(used))
    own = model.column("weights", np.ones(len(used)))
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
            before = -np.inf
            for time in sorted(map(float, times)):
                point = _incidence(curve, cause, time, label, options, settings)
                events = (text[rows] == cause) & (exit_[rows] > before) & (exit_[rows] <= time)
                behind = Behind(curve.at(cause, time)[0], events.sum(), options.get("group") or "")
                found.append(replace(point, behind=behind))
                before = time
    return Fit(found, notes, len(used) - 1, n_events=float(np.isin(text, wanted).sum()))


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


def fit_fine_gray(model, settings):
    """Subdistribution hazards (Fine and Gray 1999) with the errors of R's ``cmprsk::crr``."""
    spec, columns = model.spec, model.columns
    _, exit_ = _times(model)
    text, causes = _causes(spec, model.used)
    cause = _cause(spec, causes)
    code = np.where(text == cause, 1, np.where(text == "", 0, 2))
    events = int((code == 1).sum())
    if events <= len(columns):
        raise NotEstimable("too_few_events", events=events, coefficients=len(columns))
    fitted = competing.fine_gray(exit_, code, model.design)
    if fitted.separated:
        raise separated([])
    notes = [because("fine_gray"), because("normal"), *collinear_note(fitted.collinear, columns)]
    found = Fit((), notes, events - len(columns), fitted.converged, n_events=float(events))
    covariance = fitted.robust(np.arange(len(exit_)))
    solved = shared.Solved(fitted.coefficients, covariance, np.inf, "fine_gray", found)
    return replace(found, effects=shared.rows(model, solved, settings))


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
