"""Boundaries of counties from a GeoJSON file or a shapefile that the user names; nothing is fetched."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapefile

from jianfu.core.errors import ConfigError
from jianfu.province.paths import map_files

CODES = (
    "county_code",
    "adcode",
    "code",
    "gb",
    "pac",
    "xzqdm",
)  # usual names of the property that holds the code
SHAPES = ("Polygon", "MultiPolygon")
DIGITS = 6  # of the code of a county


@dataclass(frozen=True)
class Boundaries:
    """Outlines by county code, each a list of rings (n, 2), and the number of approval of the map ("" = none)."""

    shapes: Mapping[str, list[np.ndarray]] = field(default_factory=dict)
    approval: str = ""


def county_code(value: object) -> str:
    """A code as text of six digits, whatever of 340123, 340123.0, "340123000000" a file holds."""
    text = str(value).strip().removesuffix(".0")
    return text[:DIGITS] if text[DIGITS:].strip("0") == "" else text


def read_boundaries(path: str | Path | None, code: str, approval: str) -> Boundaries:
    """The boundaries of a GeoJSON file (FeatureCollection of polygons) or a shapefile; none without a file.

    code: property that holds the county code, "" = the first of :data:`CODES` that there is, whatever its case. Raises
    :class:`ConfigError` where the file is no such thing, or no feature has a code.
    """
    if not path:
        return Boundaries(approval=approval)
    try:
        features = [each for each in _features(Path(path)) if (each["geometry"] or {}).get("type") in SHAPES]
        shapes = {}
        for feature in features:
            key = _code_of(feature["properties"] or {}, code)
            if key:
                shapes.setdefault(key, []).extend(_rings(feature["geometry"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, shapefile.ShapefileException):
        raise ConfigError("map_unreadable", path=str(path)) from None
    if not shapes:
        names = sorted({name for feature in features for name in feature["properties"] or {}})
        raise ConfigError("map_without_codes", path=str(path), code=code or ", ".join(CODES), names=names)
    return Boundaries(shapes, approval)


def _features(path):
    """Features as GeoJSON has them; texts of a shapefile are in what its .cpg says, else in UTF-8 or GB 18030."""
    if path.suffix.lower() != ".shp":
        return json.loads(path.read_text(encoding="utf-8-sig"))["features"]
    stated = [
        Path(part).read_text(encoding="ascii").strip() for part in map_files(path) if part.endswith(".cpg")
    ]
    for encoding in [*stated, "utf-8"]:
        try:
            return _records(path, encoding)
        except (UnicodeDecodeError, LookupError, shapefile.dbfFileException):
            continue
    return _records(path, "gb18030")


def _records(path, encoding):
    with shapefile.Reader(str(path), encoding=encoding) as reader:
        return [record.__geo_interface__ for record in reader.iterShapeRecords()]


def _code_of(properties, wanted):
    """The county code of a feature, "" where it has none."""
    known = {name.lower(): value for name, value in properties.items()}
    names = [wanted.lower()] if wanted else CODES
    return next((county_code(known[name]) for name in names if known.get(name) is not None), "")


def _rings(geometry):
    """Outer and inner rings of a polygon or of several."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [np.asarray(ring, dtype=float)[:, :2] for polygon in polygons for ring in polygon]


def tiles(counties: list[str], cities: list[str]) -> dict[str, list[np.ndarray]]:
    """A square for every county where there are no boundaries: cities side by side in rows, in the order of the codes.

    counties, cities: of equal length, sorted. The grid is a little wider than high.
    """
    wide = max(int(np.ceil(np.sqrt(1.6 * len(counties)))), 1)
    square = np.array([[0, 0], [0.94, 0], [0.94, -0.94], [0, -0.94], [0, 0]])
    found, column, row, before = {}, 0, 0, None
    for county, city in zip(counties, cities, strict=True):
        size = cities.count(city)
        if column == wide or (city != before and column and column + min(size, wide) > wide):
            column, row = 0, row + 1
        found[county], before = [square + [column, -row]], city
        column += 1
    return found
