"""Survival of persons: Cox regression, Aalen-Johansen estimates, Fine-Gray regression."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from jianfu.core.errors import DataError, NotEstimable
from jianfu.ingest.user_tables import cell_text
from jianfu.models.estimators import regression as shared
from jianfu.models.estimators.common import (
    COLUMN,
    COLUMNS,
    COMBINATIONS,
    COUNT,
    NUMBERS,
    POINTS,
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
from jianfu.statistics.designs import independent

COX_OPTIONS = shared.OPTIONS | {
    "vcov": ("iid", "HC0", "cluster"),
    "small_sample": ("none", "G"),
    "ties": cox.TIES,
    "strata": COLUMNS,
}
INTERVALS = ("log", "log-log", "plain")
AALEN_OPTIONS = {
    "times": NUMBERS,
    "cause": VALUE,
    "censored": VALUE,
    "group": COLUMN,
    "landmark": float,
    "min_at_risk": COUNT,
    "interval": INTERVALS,
    "id": COLUMN,
}
FINE_OPTIONS = {"cause": VALUE, "censored": VALUE, "contrasts": COMBINATIONS, "curve": POINTS}
# How censoring is written, beside 0 and an empty cell: words of their own, and how words for still being there begin.
CENSORED = (
    "0",
    "",
    "n",
    "no",
    "none",
    "false",
    "f",
    "censored",
    "censor",
    "cens",
    "alive",
    "active",
    "employed",
    "event-free",
)
CENSORED += ("无", "否", "没有", "删失", "截尾", "截断", "留任", "留职", "在世", "存活", "正常")
STILL = re.compile(
    r"(right[- ]?)?censored\b|still\b|stay|remain|no[t]?[ _-]|in (post|service|office)"
    r"|(仍|还|继续)?(在(岗|职|编|任|册|位|校|业|库)|留在)|(尚)?(未|没|没有)(发生|离|流|调|辞|退|走|出|变|观察)|(右)?(删失|截尾)|行政删失"
)


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
    if not independent(model.with_constant)[1:]:
        raise NotEstimable("collinear_terms", terms=list(columns))
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
    """Event of each row as text, '' = censored; the causes that occur; what is taken as what, as a remark.

    Raises :class:`DataError` where nothing says which of several values is censored.
    """
    given, values = spec.options.get("censored"), [cell_text(value) for value in used[spec.event]]
    levels = sorted(set(values))
    taken = [v for v in levels if (v == cell_text(given) if given is not None else _says_censored(v))]
    if given is not None and not taken and cell_text(given):
        raise DataError(
            "censored_absent", model=spec.name, value=str(given), column=spec.event, values=levels
        )
    causes = [value for value in levels if value not in taken]
    if given is None and not taken and len(causes) > 1:
        raise DataError("censoring_unsaid", model=spec.name, column=spec.event, values=causes)
    text = np.array(["" if value in taken else value for value in values], dtype=object)
    return (
        text,
        causes,
        because(
            "censored_values",
            values=[v or because("empty_cell") for v in taken] or [because("nothing_censored")],
        ),
    )


def _says_censored(value):
    """True for a word that says that nothing has happened yet."""
    return value.lower() in CENSORED or bool(STILL.match(value.lower()))


def _cause(spec, causes):
    """The cause of interest: that of the option, else the only one."""
    wanted = spec.options.get("cause")
    if wanted is None:
        if len(causes) != 1:
            raise DataError("cause_unsaid", model=spec.name, causes=causes)
        return causes[0]
    if cell_text(wanted) not in causes:
        raise NotEstimable("no_such_event", event=cell_text(wanted), events=causes)
    return cell_text(wanted)


def _taken(wanted, causes, censored):
    """Remarks that list every value of the event: events, competing events, censored."""
    others = [cause for cause in causes if cause not in wanted]
    competing_values = [because("competing_values", values=others)] if others else []
    return [because("event_values", values=wanted), *competing_values, censored]


def fit_aalen_johansen(model, settings):
    """Cumulative incidence of every cause at the requested times, by group; infinitesimal-jackknife errors."""
    spec, used, options = model.spec, model.used, model.spec.options
    entry, exit_ = _times(model)
    landmark = float(options.get("landmark", -np.inf))
    text, causes, censored = _causes(spec, used)
    wanted = [_cause(spec, causes)] if options.get("cause") is not None else causes
    if not wanted:
        raise NotEstimable("no_events")
    group = used[options["group"]] if options.get("group") else pd.Series("", index=used.index)
    person = codes_of(used[options["id"]]) if options.get("id") else np.arange(len(used))
    _check_persons(person, entry, exit_, text, options)
    own = model.column("weights", np.ones(len(used)))
    found, notes = [], [because("aalen_johansen", interval=options.get("interval", "log"))]
    notes += _taken(wanted, causes, censored)
    if np.isfinite(landmark):
        notes.append(because("landmark", time=landmark))
    for level in sorted(group.unique()):
        rows = (group == level).to_numpy()
        label = f"{options['group']}_{cell_text(level)}:" if options.get("group") else ""
        curve = competing.aalen_johansen(
            np.maximum(entry[rows], landmark), exit_[rows], text[rows], wanted, own[rows], person[rows]
        )
        times = options.get("times") or _few_times(curve.times)
        for cause in wanted:
            before = -np.inf
            for time in sorted({*map(float, times)}):
                point = _incidence(curve, cause, time, label, options, settings)
                if len(np.unique(person[rows])) == 1 and not np.isnan(point.estimate):
                    point = Effect(point.term, point.estimate, reasons=(because("single_person"),))
                events = (text[rows] == cause) & (exit_[rows] > before) & (exit_[rows] <= time)
                behind = Behind(curve.at(cause, time)[0], events.sum(), options.get("group") or "")
                found.append(replace(point, behind=behind))
                before = time
    return Fit(found, notes, len(used) - 1, n_events=float(np.isin(text, wanted).sum()))


def _check_persons(person, entry, exit_, text, options):
    """Raise :class:`NotEstimable` where a person is at risk twice at once or after an event, or is alone."""
    if person.max(initial=0) == 0:
        raise NotEstimable("single_person")
    order = np.lexsort((exit_, person))
    same = np.diff(person[order]) == 0
    if (same & (entry[order][1:] < exit_[order][:-1])).any():
        raise NotEstimable("rows_overlap", column=options["id"])
    if (same & (text[order][:-1] != "")).any():
        raise NotEstimable("event_not_last", column=options["id"])


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
    text, causes, censored = _causes(spec, model.used)
    cause = _cause(spec, causes)
    code = np.where(text == cause, 1, np.where(text == "", 0, 2))
    events = int((code == 1).sum())
    if not independent(model.with_constant)[1:]:
        raise NotEstimable("collinear_terms", terms=list(model.columns))
    if events <= len(columns):
        raise NotEstimable("too_few_events", events=events, coefficients=len(columns))
    fitted = competing.fine_gray(exit_, code, model.design)
    if fitted.separated:
        raise separated([])
    notes = [
        because("fine_gray"),
        because("normal"),
        *_taken([cause], causes, censored),
        *collinear_note(fitted.collinear, columns),
    ]
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
