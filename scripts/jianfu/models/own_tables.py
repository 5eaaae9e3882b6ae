"""Models on a user's own table (``models_on`` of a province file), by the engine of the declared hypotheses."""

import pandas as pd

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.spelling import suggestion
from jianfu.ingest.user_tables import MOST_LEVELS, is_text, levels_of, read_analysis_table, read_table
from jianfu.models import engine
from jianfu.models.estimators import COLUMN, COLUMNS, ESTIMATORS, FACTORS, VALUE, columns_named
from jianfu.models.tables import AnalysisTable
from jianfu.models.terms import FUNCTIONS, GROUPED, call_of, parts_of

ALWAYS = ("name", "estimator", "data", "where", "report", "standardise", "options")
COMMON_OPTIONS = {"reference": dict}
FACTOR = "factor("
TWO_WAY = ("ols", "logit", "cloglog", "poisson")  # estimators whose errors may be clustered by two columns


def named_tables(data):
    """``{name: path}`` of the setting ``data``: one path is the table 'data'."""
    return {"data": data} if isinstance(data, str) else dict(data)


# ------------------------------------------------------------------------------------------------ checks


def check(settings, file):
    """Raise :class:`ConfigError` for the first entry that names an unknown estimator, key, option or column."""
    tables = named_tables(settings["data"])
    try:
        columns = {name: list(read_table(path, rows=0).columns) for name, path in tables.items()}
    except DataError as error:
        raise ConfigError(f"{file}: 'models_on.data': {error}") from None
    names = [entry["name"] for entry in settings["list"]]
    for entry in settings["list"]:
        place = f"{file}: 'models_on.list' entry '{entry['name']}'"
        if names.count(entry["name"]) > 1:
            raise ConfigError(f"{place} stands twice; give each model a name of its own.")
        if entry["estimator"] not in ESTIMATORS:
            raise ConfigError(
                f"{place} names the estimator '{entry['estimator']}', which does not exist; "
                f"{suggestion(entry['estimator'], list(ESTIMATORS))}"
            )
        if "data" not in entry and len(tables) > 1:
            raise ConfigError(f"{place} must say its table with 'data': {', '.join(tables)}.")
        if entry.get("data", next(iter(tables))) not in tables:
            raise ConfigError(
                f"{place} names the table '{entry['data']}', which does not exist; "
                f"{suggestion(entry['data'], list(tables))}"
            )
        _check_entry(entry, columns[entry.get("data", next(iter(tables)))], place)


def _check_entry(entry, columns, place):
    estimator = ESTIMATORS[entry["estimator"]]
    allowed = [*estimator.needs, *estimator.takes, *ALWAYS]
    for key in entry:
        if key not in allowed:
            raise ConfigError(
                f"{place}: the estimator {entry['estimator']} has no key '{key}'; {suggestion(key, allowed)}"
            )
    for key in estimator.needs:
        if key not in entry:
            raise ConfigError(f"{place}: the estimator {entry['estimator']} needs the key '{key}'; add it.")
    options = estimator.options | COMMON_OPTIONS
    for name, value in entry.get("options", {}).items():
        if name not in options:
            raise ConfigError(
                f"{place}: the estimator {entry['estimator']} has no option '{name}'; {suggestion(name, list(options))}"
            )
        _check_option(name, value, options[name], place)
    for name in estimator.required:
        if name not in entry.get("options", {}):
            raise ConfigError(
                f"{place}: the estimator {entry['estimator']} needs the option '{name}'; add it."
            )
    if isinstance(entry.get("cluster"), list) and entry["estimator"] not in TWO_WAY:
        raise ConfigError(
            f"{place}: the estimator {entry['estimator']} takes one column as 'cluster'; {', '.join(TWO_WAY)} take two."
        )
    for column, key in columns_named(entry, estimator).items():
        _check_column(column, columns, f"{place}: '{key}'")
    for column in entry.get("where", {}):
        _check_column(column, columns, f"{place}: 'where'")
    _check_terms(entry, columns, place)


def _check_option(name, value, kind, place):
    if isinstance(kind, tuple):
        if value not in kind:
            raise ConfigError(f"{place}: option '{name}' cannot be '{value}'; {suggestion(value, kind)}")
        return
    types = {
        COLUMN: str,
        COLUMNS: (str, list),
        FACTORS: dict,
        VALUE: (str, int, float),
        float: (int, float),
    }.get(kind, kind)
    if kind == FACTORS and isinstance(value, dict) and not _lists(value):
        raise ConfigError(f"{place}: option '{name}' must give a list of columns for each factor.")
    if not isinstance(value, types) or (isinstance(value, bool) and kind is not bool):
        words = {
            COLUMN: "the name of a column",
            COLUMNS: "a column or a list of columns",
            FACTORS: "a group of factors, each with its list of columns",
            VALUE: "text or a number",
            float: "a number",
            int: "a whole number",
            bool: "true or false",
            str: "text",
            list: "a list",
            dict: "a group of keys",
        }
        raise ConfigError(f"{place}: option '{name}' must be {words[kind]}, not '{value}'.")


def _lists(value):
    """True for a group of lists, none of them empty."""
    return bool(value) and all(isinstance(items, list) and items for items in value.values())


def _check_column(column, columns, place):
    if column not in columns:
        raise ConfigError(
            f"{place} names the column '{column}', which the table does not have; {suggestion(column, columns)}"
        )


def _check_terms(entry, columns, place):
    for part in parts_of([*entry.get("terms", []), *entry.get("controls", [])]):
        if part in columns or any(part.startswith(f"{column}_") for column in columns):
            continue
        inner = part.removeprefix(FACTOR).removesuffix(")") if part.startswith(FACTOR) else None
        function, arguments = call_of(part)
        if inner is not None:
            _check_column(inner.strip(), columns, f"{place}: the term '{part}'")
        elif function is None:
            _check_column(part, [*columns, *(f"{name}(x)" for name in FUNCTIONS)], f"{place}: 'terms'")
        else:
            for column in arguments if function in GROUPED else arguments[:1]:
                _check_column(column, columns, f"{place}: the term '{part}'")
            _check_arguments(part, function, arguments, place)


def _check_arguments(part, function, arguments, place):
    least = {"ns": 1, "bs": 3}
    if function in GROUPED and len(arguments) != 2:
        raise ConfigError(f"{place}: write '{part}' with a column and its group, e.g. {function}(x, unit).")
    if function in least and (
        len(arguments) != 2 or not arguments[1].isdigit() or int(arguments[1]) < least[function]
    ):
        raise ConfigError(
            f"{place}: write '{part}' with a column and degrees of freedom of at least {least[function]}, "
            f"e.g. {function}(x, {max(3, least[function])})."
        )


# ------------------------------------------------------------------------------------------------ estimates


def categories_of(frame, spec):
    """Categorical variables among the terms of a model and their dummies: ``{variable: {level: name}}``.

    ``options: {reference: {column: level}}`` moves a level to the front. ``factor(x)`` makes a categorical variable of
    a column of numbers: the column ``factor(x)`` is added to ``frame``.
    """
    reference, categories = spec.get("options", {}).get("reference", {}), {}
    for part in parts_of([*spec.get("terms", []), *spec.get("controls", [])]):
        column = part
        if part.startswith(FACTOR):
            column = part.removeprefix(FACTOR).removesuffix(")").strip()
            frame[part] = frame[column]
        elif column not in frame or not is_text(frame[column]):
            found = [
                c for c in frame if column not in frame and column.startswith(f"{c}_") and is_text(frame[c])
            ]
            if not found:
                continue
            column = part = max(found, key=len)
        levels = levels_of(frame[column])
        if len(levels) > MOST_LEVELS:
            raise DataError(
                f"models_on: '{spec['name']}': the term '{part}' has {len(levels)} levels; "
                "name it under 'effects' instead."
            )
        if column in reference:
            first = next((level for level in levels if str(level) == str(reference[column])), None)
            if first is None:
                raise DataError(
                    f"models_on: '{spec['name']}': the reference '{reference[column]}' is no level of '{column}'; "
                    f"{suggestion(str(reference[column]), [str(level) for level in levels])}"
                )
            levels = [first, *(level for level in levels if level != first)]
        categories[part] = {level: f"{column}_{_short(level)}" for level in levels}
    return categories


def _short(level):
    """A level as it stands in the name of its dummy: 2.0 is 2."""
    return f"{level:g}" if isinstance(level, float) else str(level)


def _check_numbers(frame, spec):
    """Columns that are calculated with must hold numbers."""
    estimator = ESTIMATORS[spec["estimator"]]
    numeric = ("outcome", "mediator", "weights", "offset", "entry", "exit", "event")
    for column, key in columns_named(spec, estimator).items():
        if key in numeric and key not in estimator.text and is_text(frame[column]):
            raise DataError(
                f"models_on: '{spec['name']}': the {key} '{column}' holds text; use a column of numbers (0 and 1)."
            )
    for part in parts_of([*spec.get("terms", []), *spec.get("controls", [])]):
        function, arguments = call_of(part)
        if function and is_text(frame[arguments[0]]):
            raise DataError(f"models_on: '{spec['name']}': the term '{part}' needs a column of numbers.")


def estimates(settings, inference, province):
    """Rows of estimates of every entry of ``settings`` (the key ``models_on``), in their order."""
    tables = {name: read_analysis_table(path) for name, path in named_tables(settings["data"]).items()}
    parts = []
    for entry in settings["list"]:
        frame = tables[entry.get("data", next(iter(tables)))].copy()
        spec = {"report": "all", **entry, "data": "data"}
        _check_numbers(frame, spec)
        categories = categories_of(frame, spec)
        table = AnalysisTable(frame, None, len(frame))
        parts.append(engine.fit_models([spec], {"data": table}, categories, inference, province))
    return pd.concat(parts, ignore_index=True)


def of_results(entry):
    """Whether the rows behind an entry are results; what can also fit a model takes them by the option estimate."""
    estimator = ESTIMATORS[entry["estimator"]]
    if "model" in entry.get("options", {}):
        return False
    either = "estimate" in estimator.options and "estimate" not in estimator.required
    return estimator.of_results and not (either and "estimate" not in entry.get("options", {}))
