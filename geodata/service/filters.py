"""Parses clients' filters: CQL2 operators only, no database functions."""

import json
from typing import Annotated, Any, Literal

from cql2 import Expr
from fastapi import Query

from geodata.errors import RequestError
from geodata.service.filter_limits import check_size

OPERATORS = frozenset(
    "and or not = <> < > <= >= like between in isNull casei accenti + - * / ^ % div "
    "s_intersects s_equals s_disjoint s_touches s_within s_overlaps s_crosses s_contains "
    "t_after t_before t_contains t_disjoint t_during t_equals t_finishedBy t_finishes "
    "t_intersects t_meets t_metBy t_overlappedBy t_overlaps t_startedBy t_starts "
    "a_contains a_containedBy a_equals a_overlaps bbox".lower().split()
)


def parse_filter(query: str) -> Expr:
    """Return a filter whose operators are all of CQL2.

    tipg writes any other name into the SQL as a function call: `pg_read_file` would run.

    Raises:
        RequestError: it is none, or too large to be parsed.
    """
    text = query.strip()
    check_size(text)
    try:
        tree = Expr(text).to_json()
    except Exception as error:
        raise RequestError(f"not a CQL2 filter: {error}") from error
    if not isinstance(tree, dict):  # a text alone would be parsed once more, as a filter unchecked
        raise RequestError("a filter is a condition")
    _check(tree)
    return Expr(tree)


def filter_query(
    query: Annotated[str | None, Query(description="CQL2 Filter", alias="filter")] = None,
    filter_lang: Annotated[
        Literal["cql2-text", "cql2-json"] | None, Query(alias="filter-lang")
    ] = None,
) -> Expr | None:
    """Parse the `filter` parameter; its language is recognised."""
    return None if query is None else parse_filter(query)


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
