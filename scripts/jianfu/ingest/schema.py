"""The canonical tables as data (workflow/schemas/canonical.yaml) and the survey items of the scoring keys."""

from dataclasses import dataclass

import pyarrow as pa
import yaml

from jianfu.core.tables import with_own
from jianfu.ingest.scale_keys import chosen

# Reasons in the order in which the first one wins (data contract).
REASONS = (
    "missing_required",
    "excel_error",
    "no_stored_value",
    "unparseable_date",
    "implausible_date",
    "unparseable_number",
    "negative_count",
    "unknown_unit",
    "ambiguous_unit",
    "unit_not_named",
    "unknown_category",
    "personal_cell",
    "due_before_issue",
    "conflicting_duplicate",
    "exit_before_entry",
    "overlapping_spell",
    "damaged_id",
)
ARROW_TYPES = {
    "count": pa.float64(),
    "number": pa.float64(),
    "duration": pa.float64(),
    "item": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us"),
    "date": pa.date32(),
    "year": pa.int32(),
    "wave": pa.int32(),
}


@dataclass(frozen=True)
class Column:
    """One canonical column; ``scale`` names the survey scale of an item and ``low``, ``high`` its range.

    A ``private`` column is read and stands in no canonical table. ``title`` names what the title coder fills it with
    (:data:`jianfu.ingest.titles.coder.COLUMNS`) where no file has the column, nor the one it ``stands_for``. ``unit``
    is what a number of it is (:data:`jianfu.ingest.numbers.MEASURES`).
    """

    name: str
    type: str
    required: bool = False
    values: tuple = ()
    earliest: str | None = None
    future: bool = False
    derived: bool = False
    expected: bool = True
    private: bool = False
    title: str = ""
    stands_for: str = ""
    unit: str = ""
    scale: str = ""
    low: float = 0
    high: float = 0

    @property
    def arrow(self):
        return ARROW_TYPES.get(self.type, pa.string())


@dataclass(frozen=True)
class Table:
    """One canonical or raw table: ``columns`` by name, ``inputs`` are read but not stored."""

    name: str
    key: tuple
    columns: dict
    inputs: tuple
    default: dict

    @property
    def known(self):
        return (*self.columns, *self.inputs)

    def arrow_schema(self):
        return pa.schema(
            [(name, column.arrow) for name, column in self.columns.items() if not column.private]
        )


def load_tables(schema_path, scales_path, ranges=None, keys=None, sources=()):
    """All tables by name; survey items take their place and range from the scoring keys
    (:mod:`jianfu.ingest.scale_keys`), own tables and columns those that ``sources`` declare."""
    return tables_of(schema_path, chosen(_read(scales_path), keys, ranges), sources)


def tables_of(schema_path, scales, sources=()):
    """The same with the scoring keys of the scales as they are chosen."""
    declared, tables = _read(schema_path), {}
    for name, entry in with_own(declared["tables"] | declared["sources"], sources).items():
        columns = {}
        for column, options in entry["columns"].items():
            if name == "survey" and column == "hours_week":
                columns |= _items(scales)
            columns[column] = Column(column, **{**options, "values": tuple(options.get("values", ()))})
        tables[name] = Table(
            name,
            tuple(entry["key"]),
            columns,
            tuple(entry.get("inputs", ())),
            entry.get("default", {}),
        )
    return tables


def arrow_schemas(schema_path, scales, sources=()):
    """{table: its columns and their types} of :func:`tables_of`."""
    return {name: table.arrow_schema() for name, table in tables_of(schema_path, scales, sources).items()}


def _items(scales):
    items = {}
    for name, scale in scales.items():
        low, high = scale["range"]
        for item in scale["items"]:
            items[item] = Column(item, "item", scale=name, low=low, high=high)
    return items


def load_responses(scales_path):
    """Usual wordings of answers as lists from the lowest to the highest code."""
    return _read(scales_path)["responses"]


def _read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
