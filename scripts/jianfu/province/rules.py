"""Rules that span several settings; one function per group, each raises :class:`ConfigError` in one sentence."""

from datetime import date

from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import OWN, REQUIRED

BUILT_IN = ("unit_code", "unit_name", "county_name", "month", "date")  # columns that every own table can have


def brings_ready_tables(settings: dict) -> bool:
    """Whether a province has ready tables only (``models_on``, ``indicators``) and no raw exports."""
    raw = settings["sources"] or settings["simulate"] or settings["data"]["window"]
    return bool(settings["models_on"] or (settings["indicators"] and not raw))


def check_fields(settings: dict, file: str) -> None:
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
        _reference,
        _exposure,
        _exclusions,
    ):
        rule(settings, file)
    for scale, (low, high) in settings["survey"]["ranges"].items():
        if low >= high:
            raise ConfigError("lower_code_first", file=file, key=f"survey.ranges.{scale}")


def own_sources(sources: list[dict], excluded: list[str], file: str) -> list[dict]:
    """The sources without the ``excluded`` file patterns, a table of one's own under its name (``own_<name>``).

    Names of own columns and of patterns are checked.
    """
    patterns = [pattern for source in sources for pattern in source.get("files", ())]
    for row, name in enumerate(excluded, start=1):
        if name not in patterns:
            key = f"exclude.sources[{row}]"
            raise ConfigError(
                "plan_name_unknown", file=file, key=key, name=name, advice=did_you_mean(name, patterns)
            )
    found, typed = [], {}
    for row, source in enumerate(sources, start=1):
        if "files" in source:
            source = source | {"files": [name for name in source["files"] if name not in excluded]}
            if not source["files"]:
                continue
        own, place = source["table"] == "own", f"sources[{row}]"
        for key in ("name", "types") if own else ():
            if key not in source:
                what = Reason("lacks_key", key=Reason("quoted", text=place), missing=key)
                raise ConfigError("in_file", file=file, what=what)
        if "name" in source and not own:
            raise ConfigError("name_without_own", file=file, key=f"{place}.name")
        for column in source.get("types", {}):
            if not own and not column.startswith(OWN):
                raise ConfigError("own_column_name", file=file, key=f"{place}.types", name=column)
            if column in BUILT_IN:
                raise ConfigError("own_column_built_in", file=file, key=f"{place}.types", name=column)
            kind = source["types"][column]
            if typed.setdefault((source["table"], source.get("name"), column), kind) != kind:
                raise ConfigError("own_column_two_types", file=file, key=f"{place}.types", name=column)
        for column in source.get("columns", {}).values():
            if not own and str(column).startswith(OWN) and column not in source.get("types", {}):
                what = Reason("lacks_key", key=Reason("quoted", text=f"{place}.types"), missing=column)
                raise ConfigError("in_file", file=file, what=what)
        found.append(source | {"table": OWN + source["name"]} if own else source)
    return found


def leaves_out(exclude: dict, table: str) -> bool:
    """Whether ``exclude`` takes rows out of a canonical table before anything is measured."""
    units = (exclude["counties"] or exclude["unit_types"]) and table != "policies"
    return bool(units or (table == "app_activity" and exclude["apps"]))


def check_length(settings: dict, file: str) -> None:
    """The window must be long enough for an analysis; a province that is only being drafted may be shorter."""
    if brings_ready_tables(settings):
        return
    months, indices = _months(settings["data"]["window"]), settings["indices"]
    least = settings["exposure"]["lags"][1] + 1
    if months < least:
        raise ConfigError("window_too_short", file=file, months=months, least=least)
    if indices["reference_window"] is None and indices["reference_months"] > months:
        raise ConfigError(
            "reference_too_long", file=file, reference=indices["reference_months"], months=months
        )


def _models_on(settings, file):
    for key, found in (("sources", settings["sources"]), ("simulate", settings["simulate"])):
        if found:
            raise ConfigError("ready_table_and_raw_exports", file=file, key=key)


def _months(window):
    """Number of months from the first to the last, both included."""
    (first_year, first), (last_year, last) = (map(int, month.split("-")) for month in window)
    return (last_year - first_year) * 12 + last - first + 1


def _window(settings, file):
    window = settings["data"]["window"]
    if window is None:
        raise ConfigError("window_missing", file=file)
    _forward(window, "data.window", file)


def _forward(window, key, file):
    if window[0] > window[1]:
        raise ConfigError("ends_before_it_begins", file=file, key=key, first=window[0], last=window[1])


def _extraction(settings, file):
    day, last = settings["data"]["extraction_date"], settings["data"]["window"][1]
    if not day:
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        raise ConfigError("extraction_is_no_day", file=file) from None
    if day[:7] < last:
        raise ConfigError("extraction_before_window_ends", file=file, day=day, last=last)


def _sources(settings, file):
    named = {source["table"] for source in settings["sources"]}
    missing = [table for table in REQUIRED if table not in named]
    if missing:
        raise ConfigError("sources_missing", file=file, tables=missing)


def _simulation(settings, file):
    folder = settings["data"]["folder"]
    in_folder = any("files" in s or "file" in s.get("database", {}) for s in settings["sources"])
    if settings["simulate"] is None:
        if folder is None and in_folder:
            raise ConfigError("folder_missing", file=file)
        return
    if folder is not None:
        raise ConfigError("simulation_and_folder", file=file)
    if not settings["province"]["synthetic"]:
        raise ConfigError("simulation_is_synthetic", file=file)


def _office_hours(settings, file):
    before = ""
    for begin, end in settings["calendar"]["office_hours"]:
        if begin >= end or begin < before:
            raise ConfigError("office_hours_out_of_order", file=file, begin=begin, end=end)
        before = end


def _reference(settings, file):
    window, reference = settings["data"]["window"], settings["indices"]["reference_window"]
    if reference:
        _forward(reference, "indices.reference_window", file)
        if not (window[0] <= reference[0] and reference[1] <= window[1]):
            raise ConfigError("reference_outside_window", file=file)


def _exclusions(settings, file):
    first, last = settings["data"]["window"]
    for month in settings["exclude"]["months"]:
        if not first <= month <= last:
            raise ConfigError("excluded_month_outside", file=file, month=month, first=first, last=last)


def _exposure(settings, file):
    exposure = settings["exposure"]
    near, far = exposure["lags"]
    if near > far:
        raise ConfigError("nearer_month_first", file=file)
    if exposure["min_months"] > far - near + 1:
        raise ConfigError("min_months_beyond_lags", file=file)
    if exposure["survey_min_months"] > exposure["survey_months"]:
        raise ConfigError("survey_min_months_too_large", file=file)
