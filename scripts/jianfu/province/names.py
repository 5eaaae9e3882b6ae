"""Every name in the settings must exist: models, indicators, scales, columns, and what wordings lead to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from jianfu.config.files import read_yaml
from jianfu.config.overlay import OFF, read_plan_file
from jianfu.core.errors import ConfigError
from jianfu.core.reasons import Reason
from jianfu.core.spelling import did_you_mean
from jianfu.core.tables import with_own
from jianfu.core.wording import normal_wording
from jianfu.province.paths import RESULT_TABLES
from jianfu.province.plan import plan_content
from jianfu.province.wordings import check_given, check_wordings

KINDS = {
    "indicators": "an_indicator",
    "indices": "an_index",
    "models": "a_model",
    "scenarios": "a_scenario",
    "scales": "a_scale",
}
NUMBERS = ("count", "number")
LOOKS = {
    "figure": ("title", "language", "journal", "width", "height", "dpi", "style"),
    "table": ("title", "language", "journal"),
}
WIDE = ("departments", "forest", "forest_all", "sample_flow")  # figures that a single column does not hold
NOTHING: Mapping = MappingProxyType({})


def plan_names(
    root: str | Path, overlay: Mapping = NOTHING, file: str = "", sources: Sequence[Mapping] = ()
) -> dict:
    """Names that settings may refer to; overlay: what a province (its ``file``) changes of the plan; sources: its own.

    A dict with lists ``indicators``, ``indices``, ``models`` and ``scenarios``; ``drawn`` of :func:`drawn`;
    ``scales`` {scale: [lowest, highest code]}; ``keys`` {variant of a scoring key: (its scale, [lowest, highest])};
    ``tables`` {raw table: {column: its declaration}}, where the type ``input`` marks columns that are read but not
    stored; ``wordings`` {column: {normal wording: canonical value}}; and ``off`` {table of the plan: rows that the
    province switches off}.
    """
    plan, schemas = Path(root) / "config" / "plan", Path(root) / "workflow" / "schemas"
    content = plan_content(plan, overlay, file)
    declared, scale_plan = read_yaml(schemas / "canonical.yaml"), content("scales.yaml")
    scales, variants = scale_plan["scales"], scale_plan["variants"]
    tables = {}
    for table, entry in with_own(declared["tables"] | declared["sources"], sources).items():
        columns = {name: column for name, column in entry["columns"].items() if not column.get("derived")}
        tables[table] = columns | {name: {"type": "input"} for name in entry.get("inputs", [])}
    for scale, entry in [*((entry["scale"], entry) for entry in variants.values()), *scales.items()]:
        tables["survey"] |= {item: {"type": "item", "scale": scale} for item in entry["items"]}
    wordings = {}
    for row in content("values.csv"):
        value = row["value"] == "true" if row["column"] == "boolean" else row["value"]
        wordings.setdefault(row["column"], {})[normal_wording(row["wording"])] = value
    return {
        "indicators": [row["code"] for row in content("indicators.csv")],
        "indices": list(dict.fromkeys(row["index"] for row in content("indices.csv"))),
        "models": [model["name"] for model in content("models.yaml")["models"]],
        "drawn": drawn(root),
        "scenarios": [scenario["id"] for scenario in content("scenarios.yaml")["scenarios"]],
        "scales": {scale: entry["range"] for scale, entry in scales.items()},
        "keys": {name: (entry["scale"], entry["range"]) for name, entry in variants.items()},
        "tables": {name: columns for name, columns in tables.items() if name != "spells"},
        "wordings": wordings,
        "off": {
            name: [row for row, said in own.items() if said is OFF]
            for name, own in overlay.items()
            if isinstance(own, Mapping)
        },
    }


def drawn(root: str | Path) -> dict[str, list[str]]:
    """{"figure": names, "table": names} of what `make figure` and `make table` make once more."""
    captions = sorted((Path(root) / "workflow" / "report").glob("plot_*.rst"))
    outputs = read_plan_file(Path(root) / "config" / "plan" / "outputs.csv")
    return {
        "figure": [path.stem.removeprefix("plot_") for path in captions],
        "table": [*RESULT_TABLES, *(row["name"] for row in outputs if row["area"] == "tables")],
    }


def check_names(settings: dict, names: dict, file: str) -> None:
    """Raise :class:`ConfigError` for the first name in ``settings`` that ``names`` (:func:`plan_names`) lacks."""
    for key in ("goalposts", "limits"):
        for code in settings["indices"][key]:
            _check(code, "indicators", f"indices.{key}", names, file)
    for row, index in enumerate(settings["sensitivity"]["indices"], start=1):
        _check(index, "indices", f"sensitivity.indices[{row}]", names, file)
    for index in _parents(settings["indices"]["aggregation"]):
        _check(index, "indices", "indices.aggregation.parents", names, file)
    for name, look in settings["own"].items():
        _check_look(name, look, names["drawn"], file)
    for key in ("models", "scenarios"):
        for name in settings[key] if isinstance(settings[key], list) else []:
            _check(name, key, key, names, file)
    for scale in settings["survey"]["ranges"]:
        _check(scale, "scales", "survey.ranges", names, file)
    ranges = _ranges_of_keys(settings["survey"]["keys"], names, file) | settings["survey"]["ranges"]
    names = {**names, "scales": names["scales"] | ranges}
    everywhere = {name: column for table in names["tables"].values() for name, column in table.items()}
    check_wordings(settings["values"], everywhere, names, file=file, key="values")
    for row, source in enumerate(settings["sources"], start=1):
        _check_source(source, settings["values"], names, file, f"sources[{row}]")


def _parents(method):
    return method.get("parents", ()) if isinstance(method, Mapping) else ()


def _check_look(name, look, drawn, file):
    kinds = [kind for kind, known in drawn.items() if name in known]
    if not kinds:
        known = [known for names in drawn.values() for known in names]
        raise ConfigError(
            "plan_name_unknown", file=file, key="own", name=name, advice=did_you_mean(name, known)
        )
    allowed = [key for kind in kinds for key in LOOKS[kind]]
    for key in look:
        if key not in allowed:
            what = Reason("unknown_key", key=f"own.{name}.{key}", advice=Reason("valid_here", names=allowed))
            raise ConfigError("in_file", file=file, what=what)
    if "journal" in look and "width" in look:
        raise ConfigError("width_twice", file=file, key=f"own.{name}")
    if name in WIDE and look.get("journal") == "single":
        raise ConfigError("wider_than_column", file=file, key=f"own.{name}.journal", name=name)


def _ranges_of_keys(keys, names, file):
    """Ranges of the scales for which the province chose another scoring key."""
    for scale, key in keys.items():
        _check(scale, "scales", "survey.keys", names, file)
        fitting = [name for name, (owner, _) in names["keys"].items() if owner == scale]
        if key not in fitting:
            raise ConfigError(
                "no_scoring_key", file=file, scale=scale, name=key, advice=did_you_mean(key, fitting)
            )
    return {scale: names["keys"][key][1] for scale, key in keys.items()}


def _check(value, kind, key, names, file):
    if value not in names[kind]:
        advice = did_you_mean(value, list(names[kind]))
        if value in names["off"].get(kind, ()):
            raise ConfigError("plan_row_needed", file=file, key=f"plan.{kind}", name=value, user=key)
        raise ConfigError(
            "no_such_name", file=file, key=key, kind=Reason(KINDS[kind]), name=value, advice=advice
        )


def _check_source(source, values, names, file, place):
    table = source["table"]
    columns = names["tables"][table]
    for heading, column in source.get("columns", {}).items():
        if column not in columns:
            raise ConfigError(
                "maps_to_no_column",
                file=file,
                key=f"{place}.columns",
                heading=str(heading),
                name=column,
                table=table,
                advice=did_you_mean(column, list(columns)),
            )
    given = {key: source.get(key, {}) for key in ("fixed", "fill")}
    given |= {f"unpivot.{heading}": values for heading, values in source.get("unpivot", {}).items()}
    for key, values_of_key in given.items():
        for column in values_of_key:
            if column not in columns:
                raise ConfigError(
                    "no_column_of",
                    file=file,
                    key=f"{place}.{key}",
                    name=column,
                    table=table,
                    advice=did_you_mean(column, list(columns)),
                )
    numbers = [name for name, column in columns.items() if column["type"] in NUMBERS]
    for column in source.get("percent", []):
        if column not in numbers:
            raise ConfigError(
                "no_number_of",
                file=file,
                key=f"{place}.percent",
                name=column,
                table=table,
                advice=did_you_mean(column, numbers),
            )
    check_wordings(source.get("values", {}), columns, names, file=file, key=f"{place}.values")
    check_given(source.get("fixed", {}), source, values, columns, names, file=file, key=f"{place}.fixed")
    _check_unpivot(source, columns, file, f"{place}.unpivot")
    for heading, said in source.get("unpivot", {}).items():
        check_given(said, source, values, columns, names, file=file, key=f"{place}.unpivot.{heading}")


def _check_unpivot(source, columns, file, key):
    """What ``unpivot`` says must be of a table of counts, said nowhere else, and different for each heading."""
    parts, table = source.get("unpivot", {}), source["table"]
    if parts and not any(column["type"] == "count" and column.get("required") for column in columns.values()):
        raise ConfigError("unpivot_without_count", file=file, key=key, table=table)
    said = dict.fromkeys(source.get("columns", {}).values(), "columns")
    said |= {name: kind for kind in ("fixed", "fill") for name in source.get(kind, {})}
    for number, (heading, given) in enumerate(parts.items()):
        for column in given:
            if column in said:
                raise ConfigError(
                    "said_twice", file=file, key=f"{key}.{heading}", name=column, other=said[column]
                )
        same = [other for other, values in list(parts.items())[:number] if values == given]
        if same:
            raise ConfigError("unpivot_alike", file=file, key=key, heading=heading, other=same[0])
