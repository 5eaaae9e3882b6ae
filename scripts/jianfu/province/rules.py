"""Rules that span several settings; one function per group, each raises :class:`ConfigError` in one sentence."""

from collections import Counter
from datetime import date

from jianfu.core.errors import ConfigError
from jianfu.core.tables import REQUIRED


def brings_ready_tables(settings):
    """Whether a province has ready tables only (``models_on``, ``indicators``) and no raw exports."""
    raw = settings["sources"] or settings["simulate"] or settings["data"]["window"]
    return bool(settings["models_on"] or (settings["indicators"] and not raw))


def check_fields(settings, file):
    """All rules, in the order in which a reader of the file meets the keys."""
    if settings["models_on"]:
        _models_on(settings, file)
    if brings_ready_tables(settings):
        return
    for rule in (
        _window,
        _extraction,
        _sources,
        _simulation,
        _office_hours,
        _weights,
        _reference,
        _exposure,
    ):
        rule(settings, file)
    for scale, (low, high) in settings["survey"]["ranges"].items():
        if low >= high:
            raise ConfigError(f"{file}: 'survey.ranges.{scale}' must give the lower code first, e.g. [0, 6].")


def check_length(settings, file):
    """The window must be long enough for an analysis; a province that is only being drafted may be shorter."""
    if brings_ready_tables(settings):
        return
    months, indices = _months(settings["data"]["window"]), settings["indices"]
    least = settings["exposure"]["lags"][1] + 1
    if months < least:
        raise ConfigError(
            f"{file}: 'data.window' has {months} months; the models need at least {least}, one more than the farther "
            "month of 'exposure.lags'."
        )
    if indices["reference_window"] is None and indices["reference_months"] > months:
        raise ConfigError(
            f"{file}: 'indices.reference_months' is {indices['reference_months']}, but 'data.window' has only {months} "
            "months; make it smaller."
        )


def _models_on(settings, file):
    for key, found in (("sources", settings["sources"]), ("simulate", settings["simulate"])):
        if found:
            raise ConfigError(
                f"{file}: 'models_on' works on a ready table and '{key}' makes one from raw exports; "
                "keep one of the two and put the other into a province file of its own."
            )


def _months(window):
    """Number of months from the first to the last, both included."""
    (first_year, first), (last_year, last) = (map(int, month.split("-")) for month in window)
    return (last_year - first_year) * 12 + last - first + 1


def _window(settings, file):
    window = settings["data"]["window"]
    if window is None:
        raise ConfigError(
            f'{file}: \'data.window\' is missing; give the first and last month, e.g. ["2024-01", "2025-06"].'
        )
    _forward(window, "data.window", file)


def _forward(window, key, file):
    if window[0] > window[1]:
        raise ConfigError(f"{file}: '{key}' ends ({window[1]}) before it begins ({window[0]}).")


def _extraction(settings, file):
    day, last = settings["data"]["extraction_date"], settings["data"]["window"][1]
    if not day:
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ConfigError(
            f"{file}: 'data.extraction_date' is not a day of the calendar; write it as YYYY-MM-DD."
        ) from None
    if day[:7] < last:
        raise ConfigError(
            f"{file}: 'data.extraction_date' ({day}) lies before the last month of 'data.window' ({last}); an "
            "export cannot hold later months."
        )


def _sources(settings, file):
    named = {source["table"] for source in settings["sources"]}
    missing = [table for table in REQUIRED if table not in named]
    if missing:
        raise ConfigError(f"{file}: 'sources' has no entry for {', '.join(missing)}; name the files of each.")


def _simulation(settings, file):
    folder = settings["data"]["folder"]
    in_folder = any("files" in s or "file" in s.get("database", {}) for s in settings["sources"])
    if settings["simulate"] is None:
        if folder is None and in_folder:
            raise ConfigError(
                f"{file}: 'data.folder' is missing; name the folder that holds the raw exports."
            )
        return
    if folder is not None:
        raise ConfigError(
            f"{file}: 'simulate' makes its own raw exports and 'data.folder' names others; keep one of the two."
        )
    if not settings["province"]["synthetic"]:
        raise ConfigError(f"{file}: a simulated province must say 'province: {{synthetic: true}}'.")


def _office_hours(settings, file):
    before = ""
    for begin, end in settings["calendar"]["office_hours"]:
        if begin >= end or begin < before:
            raise ConfigError(
                f"{file}: 'calendar.office_hours' must list periods in order that do not overlap and end after they "
                f"begin; [{begin}, {end}] does not fit."
            )
        before = end


def _weights(settings, file):
    rows = Counter((row["index"], row["indicator"]) for row in settings["weights"])
    for (index, indicator), n in rows.items():
        if n > 1:
            raise ConfigError(f"{file}: 'weights' has {n} rows for {indicator} in {index}; keep one.")


def _reference(settings, file):
    window, reference = settings["data"]["window"], settings["indices"]["reference_window"]
    if reference:
        _forward(reference, "indices.reference_window", file)
        if not (window[0] <= reference[0] and reference[1] <= window[1]):
            raise ConfigError(f"{file}: 'indices.reference_window' must lie inside 'data.window'.")


def _exposure(settings, file):
    exposure = settings["exposure"]
    near, far = exposure["lags"]
    if near > far:
        raise ConfigError(f"{file}: 'exposure.lags' must name the nearer month first, e.g. [1, 3].")
    if exposure["min_months"] > far - near + 1:
        raise ConfigError(
            f"{file}: 'exposure.min_months' is larger than the number of months in 'exposure.lags'."
        )
    if exposure["survey_min_months"] > exposure["survey_months"]:
        raise ConfigError(f"{file}: 'exposure.survey_min_months' is larger than 'exposure.survey_months'.")
