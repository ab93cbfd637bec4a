"""Reads the queries of NGSI-LD: `q`, and the geo-query of `georel`, `geometry`, `coordinates`.

Of the query language what indicators need: names of attributes, comparison, lists, ranges, and
existence, joined by `;` (and) and `|` (or). Paths into attributes, patterns and brackets are
refused.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from geodata.errors import RequestError

Entity = Mapping[str, Any]  # simplified: name to plain value
Test = Callable[[Entity], bool]
LONGEST = 1000
_TERM = re.compile(r"(!?)([A-Za-z]\w*)(?:(==|!=|>=|<=|>|<)(.+))?", re.DOTALL)
_RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "intersects": shapely.intersects,
    "within": shapely.within,
    "contains": shapely.contains,
    "overlaps": shapely.overlaps,
    "equals": shapely.equals,
    "disjoint": shapely.disjoint,
}
_KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


def read_q(text: str) -> Test:
    """Return the test of a query.

    Raises:
        RequestError: it is none, or says what is not understood.
    """
    if len(text) > LONGEST:
        raise RequestError("q is too long")
    choices = [[_read_term(each) for each in part.split(";")] for part in text.split("|")]
    return lambda entity: any(all(test(entity) for test in tests) for tests in choices)


def _read_term(text: str) -> Test:
    matched = _TERM.fullmatch(text.strip())
    if matched is None:
        raise RequestError(f"q: {text[:80]!r} is no condition on an attribute")
    negated, name, operator, value = matched.groups()
    if operator is None:
        return lambda entity: (name in entity) != bool(negated)
    if negated:
        raise RequestError(f"q: {text[:80]!r} has a ! before a comparison")
    return _compare(name, operator, _values(value, operator))


def _values(text: str, operator: str) -> list[tuple[Any, Any]]:
    """Return the ranges that a value names; a single value is a range of its own."""
    found = []
    for part in re.findall(r'"[^"]*"(?:\.\."[^"]*")?|[^,]+', text):
        low, dots, high = part.partition("..")
        found.append((_value(low), _value(high) if dots else _value(low)))
    if not found or (
        operator not in ("==", "!=") and (len(found) > 1 or found[0][0] != found[0][1])
    ):
        raise RequestError(f"q: {text[:80]!r} cannot be compared by {operator}")
    return found


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return text[1:-1]
    try:
        return float(text)
    except ValueError:
        return text


def _compare(name: str, operator: str, ranges: list[tuple[Any, Any]]) -> Test:
    tests: Mapping[str, Callable[[Any], bool]] = {
        "==": lambda value: any(low <= value <= high for low, high in ranges),
        "!=": lambda value: not any(low <= value <= high for low, high in ranges),
        ">": lambda value: value > ranges[0][0],
        "<": lambda value: value < ranges[0][0],
        ">=": lambda value: value >= ranges[0][0],
        "<=": lambda value: value <= ranges[0][0],
    }
    test = tests[operator]

    def meets(entity: Entity) -> bool:
        value = entity.get(name)
        parts = value if isinstance(value, list) else [value]
        try:
            return any(part is not None and test(part) for part in parts)
        except TypeError:  # a number beside a text
            return False

    return meets


def read_area(georel: str, geometry: str | None, coordinates: str | None, metric: int) -> Test:
    """Return the test of a geo-query; distances are in metres of the city's projection.

    Raises:
        RequestError: a part is missing or malformed.
    """
    place = _read_place(geometry, coordinates)
    relation, _, modifier = georel.partition(";")
    if relation == "near":
        return _near(place, modifier, metric)
    if relation not in _RELATIONS or modifier:
        known = ", ".join(["near;maxDistance==<m>", "near;minDistance==<m>", *_RELATIONS])
        raise RequestError(f"georel {georel[:80]!r} is none of {known}")
    meets = _RELATIONS[relation]
    return lambda entity: bool(meets(shapely.geometry.shape(entity["location"]), place))


def _read_place(geometry: str | None, coordinates: str | None) -> Any:
    if geometry not in _KINDS or coordinates is None:
        raise RequestError(f"georel needs coordinates, and a geometry of {', '.join(_KINDS)}")
    try:
        place = shapely.from_geojson(
            json.dumps({"type": geometry, "coordinates": json.loads(coordinates)})
        )
    except (ValueError, TypeError, RecursionError, shapely.errors.GEOSException) as error:
        raise RequestError(f"coordinates are none of a {geometry}") from error
    west, south, east, north = shapely.bounds(place).tolist()
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise RequestError("coordinates are longitude and latitude in degrees")
    return place


def _near(place: Any, modifier: str, metric: int) -> Test:
    matched = re.fullmatch(r"(maxDistance|minDistance)==(\d{1,9}(?:\.\d{1,9})?)", modifier)
    if matched is None:
        raise RequestError("near takes maxDistance==<metres> or minDistance==<metres>")
    is_most, metres = matched[1] == "maxDistance", float(matched[2])
    project = Transformer.from_crs(4326, metric, always_xy=True).transform

    def flat(shape: Any) -> Any:
        return shapely.transform(shape, lambda each: np.column_stack(project(*each.T)))

    def meets(entity: Entity) -> bool:
        distance = shapely.distance(flat(shapely.geometry.shape(entity["location"])), flat(place))
        return bool(distance <= metres if is_most else distance >= metres)

    return meets
