"""Segmented regression for dates that hold everywhere at once."""

import numpy as np
import pandas as pd

from jianfu.core.errors import NotEstimable
from jianfu.models.estimators.common import (
    COLUMN,
    COLUMNS,
    COUNT,
    DATES,
    Estimator,
    Fit,
    collinear_note,
    effects_of,
    few_clusters,
)
from jianfu.models.estimators.policy import periods_of
from jianfu.models.reasons import because
from jianfu.statistics import segmented

OPTIONS = {
    "time": COLUMN,
    "dates": DATES,
    "since": COLUMNS,
    "season": bool,
    "slopes": bool,
    "link": ("identity", "log"),
    "vcov": ("both", "months", "cluster"),
    "lag": COUNT,
}
SINCE = "_since"
TWO_YEARS = 24  # periods from which calendar-month effects can be told from a change of level


def fit(model, settings):
    """Changes of level and slope at each date: terms ``level_<date>``, ``slope_<date>`` and ``trend``.

    ``dates``: months or numbers; or ``since``: columns that count the periods since a date (``relief_since`` gives
    level_relief and slope_relief). Without either the trend alone.
    """
    options, used, effects = model.spec.options, model.used, model.effects
    time, months = periods_of(used[options["time"]], options["time"])
    if np.isnan(time).any() or (time != np.round(time)).any():
        raise NotEstimable("not_whole_periods", column=options["time"])
    dates = _dates(options, used, time, months)
    monthly = options.get("season", True) and len(np.unique(time)) >= TWO_YEARS
    least = (
        3 if options.get("slopes", True) else 2
    )  # a line through two periods leaves nothing to tell its error
    bounds = np.unique([*dates.values()])
    stretches = np.split(np.unique(time), np.searchsorted(np.unique(time), bounds))
    for name, date in dates.items():
        place = int(np.searchsorted(bounds, date))
        if min(len(stretches[place]), len(stretches[place + 1])) < least:
            raise NotEstimable("few_periods_around", date=name, least=least)
    calendar = time.astype(int) % 12 if monthly else None
    built = segmented.design(time, dates, calendar, options.get("slopes", True))
    unit = effects[0] if effects else np.zeros(len(used), dtype=int)
    y = model.outcome
    if options.get("link") == "log" and (y < 0).any():
        raise NotEstimable("log_of_negative")
    fitted = segmented.fit(
        y,
        built | dict(model.columns),
        unit,
        time,
        model.clusters,
        options.get("link", "identity"),
        options.get("vcov", "both"),
        options.get("lag"),
        model.column("offset"),
    )
    errors = np.sqrt(np.diag(fitted.covariance))
    vcov = {"both": "hac_cluster", "months": "hac", "cluster": "cluster_G"}[fitted.kind]
    found = effects_of(fitted.names, fitted.coefficients, errors, fitted.df, vcov, settings)
    shown = [effect for effect in found if not effect.term.startswith("calendar_")]
    left_out = tuple(np.flatnonzero(np.isnan(fitted.coefficients)))
    notes = [
        because("factor_G")
        if fitted.kind == "cluster"
        else because({"both": "hac_cluster", "months": "newey_west"}[fitted.kind], lag=fitted.lag),
        because("t", df=int(round(fitted.df))),
        because("periods", periods=fitted.n_months),
        *([because("calendar_effects")] if monthly else []),
        *([because("poisson_likelihood")] if options.get("link") == "log" else []),
        *(few_clusters(fitted.n_clusters) if fitted.kind != "months" else []),
        *collinear_note(left_out, dict.fromkeys(fitted.names)),
    ]
    left = len(used) - len(fitted.names) - int(unit.max()) - 1
    return Fit(shown, notes, left, fitted.converged, fitted.n_clusters)


def _dates(options, used, time, months):
    """{name: period} of the dates, from ``dates`` or from the columns ``since``."""
    dates = {}
    for date in options.get("dates", []):
        position, month = periods_of(pd.Series([date]), "dates")
        if month != months:
            raise NotEstimable("start_of_other_kind", time=options["time"], start=str(date))
        dates[str(date)] = float(position[0])
    for column in options.get("since", []):
        start = np.unique(time - used[column].to_numpy(dtype=float))
        if len(start) > 1:
            raise NotEstimable("not_one_date", column=column)
        dates[column.removesuffix(SINCE)] = float(start[0])
    return dates


ENTRIES = {
    "segmented": Estimator(
        fit,
        "unit",
        needs=("outcome",),
        takes=("controls", "effects", "cluster", "offset"),
        options=OPTIONS,
        required=("time",),
        reports_all=True,
    ),
}
