"""Variables declared in config/plan/models.yaml (``variables``), derived from the columns of an analysis table.

A declaration is {name: {operation: column or columns, further arguments}}. Logarithms and splines need none: they are
written in the terms of a model. Operations:

z           standardised over the rows present (sample SD)
mean        mean of several columns, missing where one of them is
mean_z      mean of several standardised columns
times       value times ``by``
lag         value of ``by`` periods earlier at the same unit (``period``: month or year; default 1 month), of a negative
            number of periods later
difference  value less that of ``by`` periods earlier
others      mean of the other units of the same ``of`` (e.g. county) in the same ``period``
among       1 where the value is one of ``values``, else 0
contains    1 where the text contains one of ``words``, else 0; lacks is the opposite
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from jianfu.core.errors import ConfigError
from jianfu.core.months import month_number


def derive(table, declared, like=None):
    """The table with the declared variables; ``absent`` names the source column of those that cannot be had.

    like: frame of the rows whose means and SD z and mean_z take, None = those of the table.
    """
    sources = [source for name, definition in declared.items() for source in parts_of(name, definition)[1]]
    frame, absent = table.of([*table.frame, *sources]), dict(table.absent)
    for name, definition in declared.items():
        operation, sources, arguments = parts_of(name, definition)
        lacking = [s for s in sources if s not in frame or (len(frame) and frame[s].isna().all())]
        if lacking:
            absent[name] = absent.get(lacking[0], lacking[0])
            continue
        constants = {"like": frame if like is None else like}
        frame[name] = OPERATIONS[operation](frame, sources, arguments | constants)
    return replace(table, frame=frame, absent=absent)


def parts_of(name, definition):
    """(operation, source columns, other arguments) of one declaration."""
    found = [key for key in definition if key in OPERATIONS]
    if len(found) != 1:
        raise ConfigError("variable_operation", name=name, operations=list(OPERATIONS))
    sources = definition[found[0]]
    arguments = {key: value for key, value in definition.items() if key != found[0]}
    return found[0], [sources] if isinstance(sources, str) else list(sources), arguments


def _numbers(frame, sources):
    return frame[sources].to_numpy(dtype=float)


def _standardised(frame, sources, arguments):
    """Columns less their mean over their SD in the rows ``like``."""
    x = _numbers(arguments["like"], sources)
    return (_numbers(frame, sources) - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1)


def _shifted(frame, sources, arguments):
    """Values of so many periods earlier at the same unit; NaN where there is no such row."""
    period, by = arguments.get("period", "month"), int(arguments.get("by", 1))
    time = month_number(frame[period].astype(object)) if period == "month" else frame[period].to_numpy(float)
    unit = pd.factorize(frame["unit"])[0]
    values = pd.Series(_numbers(frame, sources)[:, 0], index=pd.MultiIndex.from_arrays([unit, time]))
    return values.reindex(pd.MultiIndex.from_arrays([unit, time - by])).to_numpy()


def _others(frame, sources, arguments):
    values = frame[sources[0]].astype(float)
    groups = values.groupby([frame[arguments["of"]], frame[arguments.get("period", "month")]], observed=True)
    total, n = groups.transform("sum"), groups.transform("count")
    rest = n - values.notna()
    return ((total - values.fillna(0)) / rest.where(rest > 0)).to_numpy()


def _among(frame, sources, arguments):
    values = frame[sources[0]].astype(object)
    return values.isin(arguments["values"]).astype(float).where(values.notna()).to_numpy(dtype=float)


def _contains(frame, sources, arguments):
    codes, texts = pd.factorize(frame[sources[0]].astype(object))
    found = np.array(
        [any(word in str(text) for word in arguments["words"]) for text in texts] + [np.nan], float
    )
    return found[codes]


ARGUMENTS = ("by", "period", "of", "values", "words")
OPERATIONS = {
    "z": lambda frame, sources, arguments: _standardised(frame, sources, arguments)[:, 0],
    "mean": lambda frame, sources, arguments: _numbers(frame, sources).mean(axis=1),
    "mean_z": lambda frame, sources, arguments: _standardised(frame, sources, arguments).mean(axis=1),
    "times": lambda frame, sources, arguments: _numbers(frame, sources)[:, 0] * float(arguments["by"]),
    "lag": _shifted,
    "difference": lambda frame, sources, arguments: (
        _numbers(frame, sources)[:, 0] - _shifted(frame, sources, arguments)
    ),
    "others": _others,
    "among": _among,
    "contains": _contains,
    "lacks": lambda frame, sources, arguments: 1 - _contains(frame, sources, arguments),
}
