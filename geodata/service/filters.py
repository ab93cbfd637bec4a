"""Parses clients' filters: CQL2 operators only, no database functions."""

import json
from typing import Annotated, Any, Literal

from cql2 import Expr
from fastapi import HTTPException, Query

OPERATORS = frozenset(
    "and or not = <> < > <= >= like between in isNull casei accenti + - * / ^ % div "
    "s_intersects s_equals s_disjoint s_touches s_within s_overlaps s_crosses s_contains "
    "t_after t_before t_contains t_disjoint t_during t_equals t_finishedBy t_finishes "
    "t_intersects t_meets t_metBy t_overlappedBy t_overlaps t_startedBy t_starts "
    "a_contains a_containedBy a_equals a_overlaps bbox".lower().split()
)
_LONGEST = 4000


def parse_filter(query: str) -> Expr:
    """Return a filter whose operators are all of CQL2.

    tipg writes any other name into the SQL as a function call: `pg_read_file` would run.

    Raises:
        HTTPException: it is none; status 400.
    """
    if len(query) > _LONGEST:
        raise HTTPException(400, "the filter is too long")
    try:
        tree = Expr(query).to_json()
    except Exception as error:
        raise HTTPException(400, f"not a CQL2 filter: {error}") from error
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
        raise HTTPException(400, f"a filter cannot use {json.dumps(operator)}")
    for each in node.values():
        _check(each)
