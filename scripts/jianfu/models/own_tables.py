"""Models on a user's own table (``models_on`` of a province file), by the engine of the declared hypotheses."""

import json
from dataclasses import replace

import pandas as pd
from jsonschema import Draft202012Validator

from jianfu.core.errors import ConfigError, DataError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.ingest.user_tables import (
    BARE,
    MOST_LEVELS,
    as_levels,
    cell_text,
    is_quantity,
    is_text,
    levels_of,
    read_analysis_table,
    read_table,
)
from jianfu.models import engine
from jianfu.models.estimators.common import COLUMN, COLUMNS, FACTORS, VALUE, columns_named, form_of
from jianfu.models.estimators.vocabulary import ESTIMATORS
from jianfu.models.reasons import because
from jianfu.models.small_levels import Merging
from jianfu.models.spec import ALL, ModelSpec
from jianfu.models.tables.table import AnalysisTable
from jianfu.models.term import FUNCTIONS, GROUPED, Part, names_of, parts_of

ALWAYS = ("name", "estimator", "data", "where", "report", "standardise", "options")
COMMON_OPTIONS = {"reference": dict}
FACTOR = "factor("
NUMERIC = ("outcome", "mediator", "weights", "offset", "entry", "exit", "event", "trials", "se", "variance")
NUMERIC += (
    "estimate",
    "std_error",
    "df",
    "low",
    "high",
    "since",
    "imputed",
)  # keys and options that want numbers
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
        raise ConfigError("models_on_data", file=file, what=error.reason) from None
    names = [entry["name"] for entry in settings["list"]]
    for entry in settings["list"]:
        place = Reason("models_on_entry", file=file, name=entry["name"])
        if names.count(entry["name"]) > 1:
            raise ConfigError("model_name_twice", place=place)
        if entry["estimator"] not in ESTIMATORS:
            advice = did_you_mean(entry["estimator"], list(ESTIMATORS))
            raise ConfigError("no_such_estimator", place=place, name=entry["estimator"], advice=advice)
        if "data" not in entry and len(tables) > 1:
            raise ConfigError("which_table", place=place, tables=list(tables))
        if entry.get("data", next(iter(tables))) not in tables:
            advice = did_you_mean(entry["data"], list(tables))
            raise ConfigError("no_such_table", place=place, name=entry["data"], advice=advice)
        check_entry(entry, columns[entry.get("data", next(iter(tables)))], place)


def check_entry(entry, columns, place, levels=None):
    """Raise :class:`ConfigError` where an entry names what its estimator or its table does not have.

    columns: those of the table; levels: dummies that terms may name, None = any level of a column of text, which only
    the data can tell.
    """
    estimator, own = ESTIMATORS[entry["estimator"]], {"place": place, "estimator": entry["estimator"]}
    allowed = [*estimator.needs, *estimator.takes, *ALWAYS]
    for key in entry:
        if key not in allowed:
            raise ConfigError("estimator_lacks_key", **own, key=key, advice=did_you_mean(key, allowed))
    for key in estimator.needs:
        constant_alone = key == "terms" and entry.get("report")  # a model without terms says what it reports
        if not entry.get(key) and not (key in entry and constant_alone):
            raise ConfigError("estimator_needs_key", **own, key=key)
    options = estimator.options | COMMON_OPTIONS
    for name, value in entry.get("options", {}).items():
        if name not in options:
            advice = did_you_mean(name, list(options))
            raise ConfigError("estimator_lacks_option", **own, option=name, advice=advice)
        _check_option(name, value, options[name], place)
    for name in estimator.required:
        if name not in entry.get("options", {}):
            raise ConfigError("estimator_needs_option", **own, option=name)
    if isinstance(entry.get("cluster"), list) and entry["estimator"] not in TWO_WAY:
        raise ConfigError("one_cluster_only", **own, others=TWO_WAY)
    if isinstance(entry.get("outcome"), list) and len(entry["outcome"]) > 1 and not estimator.adds_up:
        adding = [name for name, other in ESTIMATORS.items() if other.adds_up]
        raise ConfigError("one_outcome_only", **own, others=adding)
    for column, key in columns_named(ModelSpec.of(entry), estimator).items():
        _check_column(column, columns, Reason("key_of_entry", place=place, key=key))
    for column, value in entry.get("where", {}).items():
        _check_column(column, columns, Reason("key_of_entry", place=place, key="where"))
        if any(
            isinstance(item, dict | list | None) for item in (value if isinstance(value, list) else [value])
        ):
            raise ConfigError("where_form", place=place, column=column)
    for column in entry.get("standardise", ()):
        spec = ModelSpec.of(entry)
        used = [*spec.outcomes, spec.mediator, *names_of([*spec.terms, *spec.controls])]
        if column not in used:
            advice = did_you_mean(column, [name for name in used if name])
            raise ConfigError("standardises_nothing", place=place, column=column, advice=advice)
    _check_terms(entry, columns, place, levels)
    _check_outcome(entry, place)


def _check_outcome(entry, place):
    """The outcome itself, not a function or an earlier value of it, among what shall explain it fits without error."""
    spec = ModelSpec.of(entry)
    right = {*names_of([*spec.terms, *spec.controls])}
    for column in spec.outcomes:
        if column in right:
            raise ConfigError("outcome_among_terms", place=place, column=column)
        if spec.outcomes.count(column) > 1:
            raise ConfigError("outcome_twice", place=place, column=column)


def _check_option(name, value, kind, place):
    if isinstance(kind, tuple):
        if value not in kind:
            advice = did_you_mean(value, kind)
            raise ConfigError("option_cannot_be", place=place, option=name, value=str(value), advice=advice)
        return
    if isinstance(kind, dict):
        if not Draft202012Validator(kind).is_valid(value) or not _is_finite(value):
            form = form_of(kind)
            raise ConfigError("option_must_be", place=place, option=name, form=form, value=str(value))
        return
    types = {
        COLUMN: str,
        COLUMNS: (str, list),
        FACTORS: dict,
        VALUE: (str, int, float),
        float: (int, float),
    }.get(kind, kind)
    if kind == FACTORS and isinstance(value, dict) and not _lists(value):
        raise ConfigError("option_needs_lists", place=place, option=name)
    if (
        not isinstance(value, types)
        or (isinstance(value, bool) and kind is not bool)
        or not _is_finite(value)
    ):
        form = form_of(kind)
        raise ConfigError("option_must_be", place=place, option=name, form=form, value=str(value))


def _is_finite(value):
    """Whether all numbers in an option, however deep, are finite."""
    try:
        json.dumps(value, allow_nan=False, default=str)
    except ValueError:
        return False
    return True


def _lists(value):
    """True for a group of lists, none of them empty."""
    return bool(value) and all(isinstance(items, list) and items for items in value.values())


def _check_column(column, columns, place):
    if column not in columns:
        advice = did_you_mean(column, columns)
        raise ConfigError("no_column_in_table", place=place, column=column, advice=advice)


def _check_terms(entry, columns, place, levels):
    terms = [*entry.get("terms", []), *entry.get("controls", [])]
    for term in terms:
        if terms.count(term) > 1:
            raise ConfigError("term_twice", place=place, term=term)
    for part in names_of(terms):
        if part in columns and Part.of(part).function:
            raise ConfigError("term_is_column", place=place, term=part)
        if part in columns or part in (levels or ()):
            continue
        if levels is None and any(part.startswith(f"{column}_") for column in columns):
            continue
        inner = part.removeprefix(FACTOR).removesuffix(")") if part.startswith(FACTOR) else None
        call = Part.of(part)
        if inner is not None:
            _check_column(inner.strip(), columns, Reason("term_of_entry", place=place, term=part))
        elif not call.function:
            known = [*columns, *(levels or ()), *(f"{name}(x)" for name in FUNCTIONS)]
            _check_column(part, known, Reason("key_of_entry", place=place, key="terms"))
        else:
            for column in call.arguments if call.function in GROUPED else call.arguments[:1]:
                _check_column(column, columns, Reason("term_of_entry", place=place, term=part))
            _check_arguments(call, place)


def _check_arguments(part, place):
    least, function, arguments = {"ns": 1, "bs": 3}, part.function, part.arguments
    if function in GROUPED and len(arguments) != 2:
        raise ConfigError("term_needs_group", place=place, term=part.text, function=function)
    if function in least and (
        len(arguments) != 2 or not arguments[1].isdigit() or int(arguments[1]) < least[function]
    ):
        raise ConfigError(
            "term_needs_degrees",
            place=place,
            term=part.text,
            least=least[function],
            example=f"{function}(x, {max(3, least[function])})",
        )


# ------------------------------------------------------------------------------------------------ estimates


def categories_of(frame, spec):
    """Categorical variables among the terms of a model and their dummies: ``{variable: {level: name}}``.

    ``options: {reference: {column: level}}`` moves a level to the front. ``factor(x)`` makes a categorical variable of
    a column of numbers: the column ``factor(x)`` is added to ``frame``.
    """
    reference, categories, of_column = spec.options.get("reference", {}), {}, {}
    for part in names_of([*spec.terms, *spec.controls]):
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
        of_column[column] = part
        levels = levels_of(frame[column])
        if len(levels) > MOST_LEVELS:
            raise DataError("term_has_many_levels", model=spec.name, term=part, n=len(levels))
        if column in reference:
            wanted = cell_text(reference[column])
            first = next((level for level in levels if cell_text(level) == wanted), None)
            if first is None:
                advice = did_you_mean(wanted, [cell_text(level) for level in levels])
                raise DataError(
                    "reference_no_level", model=spec.name, level=wanted, column=column, advice=advice
                )
            levels = [first, *(level for level in levels if level != first)]
        categories[part] = {level: f"{column}_{cell_text(level)}" for level in levels}
    for column in reference:
        if column not in of_column:
            own = {"model": spec.name, "column": column}
            raise DataError("reference_of_no_term", **own, terms=list(of_column))
    return categories


def _check_numbers(frame, spec):
    """Columns that are calculated with must hold numbers; a term does where most of its cells are numbers."""
    estimator = ESTIMATORS[spec.estimator]
    for column, key in columns_named(spec, estimator).items():
        if key in NUMERIC and key not in estimator.text and is_text(frame[column]):
            _check_stray(frame[column], spec)
            raise DataError("column_holds_text", model=spec.name, key=key, column=column)
    for part in parts_of([*spec.terms, *spec.controls]):
        column = part.column
        if column in frame and is_text(frame[column]):
            _check_stray(frame[column], spec)
            if part.function:
                raise DataError("term_needs_numbers", model=spec.name, term=part.text)


def _check_stray(values, spec):
    """Raise :class:`DataError` for the first word in a column of text most of whose cells are numbers, and for numbers
    of quantities (12.3%, 3,5) in a column that has no words; whole numbers alone may be codes."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return
    known = values.dropna()
    words = known[[not is_quantity(cell) for cell in known]]
    signs = known[[not BARE.fullmatch(cell) for cell in known]]
    signs = signs if len(signs) else known[[not cell.isdigit() for cell in known]]
    for code, cells in (("stray_word", words), ("numbers_as_text", signs)):
        if len(cells) and len(words) < len(known) / 2:
            where = {"row": int(cells.index[0]) + 2, "text": cells.iloc[0]}
            raise DataError(code, model=spec.name, column=values.name, **where)


def _with_codes(frame, spec, path):
    """The table, columns with value labels as their codes where they are calculated with; of an event that may be
    words, the label of code 0, which is censored, as "0"."""
    estimator = ESTIMATORS[spec.estimator]
    labelled = {
        column: key
        for column, key in columns_named(spec, estimator).items()
        if key in NUMERIC and isinstance(frame[column].dtype, pd.CategoricalDtype)
    }
    if not labelled:
        return frame
    codes = read_table(path, texts=())
    for column, key in labelled.items():
        if key not in estimator.text:
            frame[column] = codes[column]
        elif key == "event" and (codes[column] == 0).any():
            label = frame.loc[codes[column] == 0, column].iloc[0]
            frame[column] = frame[column].cat.rename_categories({label: "0"})
    return frame


def _level_columns(spec):
    """Columns whose values are compared, not calculated with."""
    factors = [
        part.removeprefix(FACTOR).removesuffix(")").strip()
        for part in names_of([*spec.terms, *spec.controls])
        if part.startswith(FACTOR)
    ]
    named = columns_named(spec, ESTIMATORS[spec.estimator]).items()
    return {*factors, *spec.where, *(column for column, key in named if key not in NUMERIC)}


def _where(frame, spec):
    """The rows wanted, each value as the column holds it; raises :class:`DataError` for a value that never occurs."""
    found = {}
    for column, wanted in spec.where.items():
        levels = {cell_text(level): level for level in frame[column].dropna().unique()}
        found[column] = []
        for value in wanted if isinstance(wanted, list) else [wanted]:
            text = cell_text(
                float(value) if isinstance(value, bool) and not is_text(frame[column]) else value
            )
            if text not in levels:
                own = {"model": spec.name, "column": column, "value": text}
                raise DataError("where_no_value", **own, advice=did_you_mean(text, sorted(levels)))
            found[column].append(levels[text])
    return replace(spec, where={column: v[0] if len(v) == 1 else v for column, v in found.items()})


def estimates(settings, inference, province, *, least=0):
    """Rows of estimates of every entry of ``settings`` (the key ``models_on``), in their order.

    least: levels with fewer persons or events are merged (:mod:`jianfu.models.small_levels`), in a table that is not
    declared ``public``.
    """
    merging = Merging(0 if settings.get("public") else least)
    paths = named_tables(settings["data"])
    tables = {name: read_analysis_table(path) for name, path in paths.items()}
    copies = {name: int(table.duplicated().sum()) for name, table in tables.items()}
    parts = []
    for entry in settings["list"]:
        name = entry.get("data", next(iter(tables)))
        spec = ModelSpec.of({"report": ALL} | entry | {"data": "data"})
        frame = _with_codes(tables[name].copy(), spec, paths[name])
        _check_numbers(frame, spec)
        for column in _level_columns(spec):
            frame[column] = as_levels(frame[column])
        spec = _where(frame, spec)
        categories = categories_of(frame, spec)
        remarks = (because("duplicate_rows", n=copies[name]),) if copies[name] else ()
        table = AnalysisTable(frame, None, len(frame), merging=merging, remarks=remarks)
        parts.append(engine.fit_models([spec], {"data": table}, categories, inference, province))
    return pd.concat(parts, ignore_index=True)


def of_results(entry):
    """Whether the rows behind an entry are results; what can also fit a model takes them by the option estimate."""
    estimator = ESTIMATORS[entry["estimator"]]
    if "model" in entry.get("options", {}):
        return False
    either = "estimate" in estimator.options and "estimate" not in estimator.required
    return estimator.of_results and not (either and "estimate" not in entry.get("options", {}))
