"""Variables declared in config/plan/models.yaml (``variables``), derived from the columns of an analysis table.

A declaration is {name: {operation: column or columns, further arguments}}. Logarithms and splines need none: they are
written in the terms of a model. Operations:

z           standardised over the rows present (sample SD)
mean        mean of several columns, missing where one of them is
mean_z      mean of several standardised columns
lag         value of ``by`` periods earlier at the same unit (``period``: month or year; default 1 month)
difference  value less that of ``by`` periods earlier
among       1 where the value is one of ``values``, else 0
contains    1 where the text contains one of ``words``, else 0; lacks is the opposite

Truth columns (``<column>__true``) of simulated provinces follow z, mean and mean_z, with the constants of the data.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.months import month_number
from jianfu.models.estimators.common import TRUE


def derive(table, declared):
    """The table with the declared variables; ``absent`` names the source column of those that cannot be had."""
    frame, absent = table.frame.copy(deep=False), dict(table.absent)
    for name, definition in declared.items():
        operation, sources, arguments = _parts(name, definition)
        lacking = [s for s in sources if s not in frame or (len(frame) and frame[s].isna().all())]
        if lacking:
            absent[name] = absent.get(lacking[0], lacking[0])
            continue
        frame[name] = OPERATIONS[operation](frame, sources, arguments)
        if operation in LINEAR and all(source + TRUE in frame for source in sources):
            frame[name + TRUE] = LINEAR[operation](frame, sources)
    return replace(table, frame=frame, absent=absent)


def _parts(name, definition):
    """(operation, source columns, other arguments) of one declaration."""
    found = [key for key in definition if key in OPERATIONS]
    if len(found) != 1:
        raise ConfigError("variable_operation", name=name, operations=list(OPERATIONS))
    sources = definition[found[0]]
    arguments = {key: value for key, value in definition.items() if key != found[0]}
    return found[0], [sources] if isinstance(sources, str) else list(sources), arguments


def _numbers(frame, sources):
    return frame[sources].to_numpy(dtype=float)


def _standardised(frame, sources, suffix=""):
    """Columns less their mean over their SD; with a suffix the columns of that name on the constants of the data."""
    x = _numbers(frame, sources)
    values = _numbers(frame, [source + suffix for source in sources])
    return (values - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1)


def _shifted(frame, sources, arguments):
    """Values of so many periods earlier at the same unit; NaN where there is no such row."""
    period, by = arguments.get("period", "month"), int(arguments.get("by", 1))
    time = month_number(frame[period].astype(object)) if period == "month" else frame[period].to_numpy(float)
    unit = pd.factorize(frame["unit"])[0]
    values = pd.Series(_numbers(frame, sources)[:, 0], index=pd.MultiIndex.from_arrays([unit, time]))
    return values.reindex(pd.MultiIndex.from_arrays([unit, time - by])).to_numpy()


def _among(frame, sources, arguments):
    values = frame[sources[0]].astype(object)
    return values.isin(arguments["values"]).astype(float).where(values.notna()).to_numpy(dtype=float)


def _contains(frame, sources, arguments):
    text = frame[sources[0]].astype(object)
    found = text.dropna().astype(str).map(lambda t: float(any(word in t for word in arguments["words"])))
    return found.reindex(text.index).to_numpy(dtype=float)


OPERATIONS = {
    "z": lambda frame, sources, arguments: _standardised(frame, sources)[:, 0],
    "mean": lambda frame, sources, arguments: _numbers(frame, sources).mean(axis=1),
    "mean_z": lambda frame, sources, arguments: _standardised(frame, sources).mean(axis=1),
    "lag": _shifted,
    "difference": lambda frame, sources, arguments: (
        _numbers(frame, sources)[:, 0] - _shifted(frame, sources, arguments)
    ),
    "among": _among,
    "contains": _contains,
    "lacks": lambda frame, sources, arguments: 1 - _contains(frame, sources, arguments),
}
LINEAR = {
    "z": lambda frame, sources: _standardised(frame, sources, TRUE)[:, 0],
    "mean": lambda frame, sources: _numbers(frame, [source + TRUE for source in sources]).mean(axis=1),
    "mean_z": lambda frame, sources: _standardised(frame, sources, TRUE).mean(axis=1),
}
