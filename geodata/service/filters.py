"""Parses clients' filters: CQL2 operators only, no database functions."""

import json
from typing import Any

from cql2 import Expr

from geodata.errors import RequestError
from geodata.service.collection import polygon_of
from geodata.service.extents import parts_of, read_box
from geodata.service.filter_limits import check_size, is_json

OPERATORS = frozenset(
    "and or not = <> < > <= >= like between in isNull casei + - * / ^ % div "
    "s_intersects s_equals s_disjoint s_touches s_within s_overlaps s_crosses s_contains "
    "t_after t_before t_contains t_disjoint t_during t_equals t_finishedBy t_finishes "
    "t_intersects t_meets t_metBy t_overlappedBy t_overlaps t_startedBy t_starts "
    "a_contains a_containedBy a_equals a_overlaps bbox".lower().split()
)


def parse_filter(query: str, language: str | None = None) -> Expr:
    """Return a filter whose operators are all of CQL2; `language` is recognised where not given.

    tipg writes any other name into the SQL as a function call: `pg_read_file` would run.

    Raises:
        RequestError: it is none, or too large to be parsed.
    """
    text = query.strip()
    if language and is_json(text) != (language == "cql2-json"):
        raise RequestError(f"the filter is no {language}")
    check_size(text)
    try:
        tree = Expr(text).to_json()
    except Exception as error:
        raise RequestError(f"not a CQL2 filter: {error}") from error
    if not isinstance(tree, dict):  # a text alone would be parsed once more, as a filter unchecked
        raise RequestError("a filter is a condition")
    _check(tree)
    parsed = Expr(_with_boxes_as_polygons(tree))
    try:
        parsed.to_sql()  # refuses what the parser lets pass: days that are none, missing arguments
    except Exception as error:
        raise RequestError(f"not a CQL2 filter: {error}") from error
    return parsed


def properties_of(tree: Any) -> set[str]:
    """Return the names of the columns that a filter speaks of."""
    if isinstance(tree, list):
        return set().union(*(properties_of(each) for each in tree))
    if not isinstance(tree, dict):
        return set()
    own = {str(tree["property"])} if "property" in tree else set()
    return own.union(*(properties_of(each) for each in tree.values()))


def _with_boxes_as_polygons(node: Any) -> Any:
    """Return a filter whose boxes are polygons: written as a box they would have no datum."""
    if isinstance(node, list):
        return [_with_boxes_as_polygons(each) for each in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"bbox"}:
        box = read_box(",".join(str(each) for each in node["bbox"]))
        parts = [polygon_of(each) for each in parts_of(box)]
        rings = [each["coordinates"] for each in parts]
        return parts[0] if len(parts) == 1 else {"type": "MultiPolygon", "coordinates": rings}
    return {name: _with_boxes_as_polygons(each) for name, each in node.items()}


def _check(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _check(each)
    if not isinstance(node, dict):
        return
    operator = node.get("op")
    if operator is not None and str(operator).lower() not in OPERATORS:
        raise RequestError(f"a filter cannot use {json.dumps(operator)}")
    for each in node.values():
        _check(each)
