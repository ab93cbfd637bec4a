"""Reads which features a client asks for, and how many."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import asyncpg
from cql2 import Expr
from fastapi import Depends, Path, Query, Request

from geodata.errors import NotFoundError, RequestError
from geodata.service.collection import ServedCollection
from geodata.service.extents import Box, Span, read_box, read_span
from geodata.service.filters import parse_filter, properties_of
from geodata.service.periods import choose_periods

LARGEST_PAGE = 10_000  # features; a larger limit is taken as this one
LARGEST_TABLE = 100_000  # rows of Parquet and Arrow: all hexagons of a municipality at once
DEFAULT_PAGE = 10
DEEPEST_OFFSET = 10_000_000
# What PostgreSQL says of a condition that makes no sense; of ours there would be another reason.
_SENSELESS = (asyncpg.DataError, asyncpg.SyntaxOrAccessError, asyncpg.InternalServerError)


def collection_named(
    request: Request,
    collectionId: Annotated[  # noqa: N803
        str, Path(max_length=80, description="The name of a collection.")
    ],
) -> ServedCollection:
    """Return the collection of the address, of the periods that the query asks for.

    Raises:
        NotFoundError: there is none, or such a period of it is not published.
    """
    known: dict[str, ServedCollection] = request.app.state.collection_catalog["collections"]
    if collectionId not in known:
        raise NotFoundError(f"no collection is called {collectionId!r}")
    return choose_periods(
        known[collectionId],
        request.query_params,
        request.app.state.published_periods,
        request.path_params.get("itemId"),
    )


Named = Annotated[ServedCollection, Depends(collection_named)]


@dataclass(frozen=True)
class Conditions:
    """Which features are asked for."""

    box: Box | None
    span: Span | None
    ids: list[str] | None
    columns: list[tuple[str, str]]
    cql: Expr | None

    def for_query(self) -> dict[str, Any]:
        """Return the arguments of tipg's queries."""
        return {
            "bbox_filter": self.box,
            "datetime_filter": self.span,
            "ids_filter": self.ids,
            "properties_filter": self.columns,
            "cql_filter": self.cql,
        }

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Tell a client that its condition makes no sense, where that is why a query fails."""
        try:
            yield
        except asyncpg.InsufficientPrivilegeError:
            raise
        except _SENSELESS as error:
            if self.cql is None and not self.columns and not self.ids:
                raise
            raise RequestError("the condition compares what cannot be compared") from error


def read_conditions(
    request: Request,
    found: Named,
    bbox: Annotated[str | None, Query(description="west,south,east,north in CRS84.")] = None,
    bbox_crs: Annotated[
        Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None, Query(alias="bbox-crs")
    ] = None,
    datetime: Annotated[str | None, Query(description="An instant or an interval.")] = None,
    ids: Annotated[str | None, Query(description="Ids, separated by commas.")] = None,
    query: Annotated[str | None, Query(alias="filter", description="CQL2.")] = None,
    filter_lang: Annotated[
        Literal["cql2-text", "cql2-json"] | None, Query(alias="filter-lang")
    ] = None,
    filter_crs: Annotated[
        Literal["http://www.opengis.net/def/crs/OGC/1.3/CRS84"] | None, Query(alias="filter-crs")
    ] = None,
) -> Conditions:
    """Read the conditions of a query; columns of the collection are parameters, too."""
    cql = None if query is None else parse_filter(query, filter_lang)
    if cql is not None:
        _check_properties(cql, found)
    named = plain_columns(found)
    return Conditions(
        None if bbox is None else read_box(bbox),
        None if datetime is None else read_span(datetime),
        None if ids is None else ids.split(","),
        [(name, value) for name, value in request.query_params.items() if name in named],
        cql,
    )


def plain_columns(found: ServedCollection) -> frozenset[str]:
    """Return the columns that are parameters of a query: all but geometries."""
    return frozenset(column.name for column in found.properties if not column.is_geometry)


def _check_properties(cql: Expr, found: ServedCollection) -> None:
    known = {column.name for column in found.table_columns}
    unknown = sorted(properties_of(cql.to_json()) - known)
    if unknown:
        listed = ", ".join(sorted(known))
        raise RequestError(f"the filter names {unknown[0][:80]!r}; {found.id} has {listed}")


@dataclass(frozen=True)
class Page:
    """Which part of the features is asked for, in which order and how told."""

    limit: int
    offset: int
    sortby: str | None
    properties: list[str] | None
    simplify: float | None

    def for_query(self) -> dict[str, Any]:
        """Return the arguments of tipg's queries; the limit is set by the form of the answer."""
        return {
            "offset": self.offset,
            "sortby": self.sortby,
            "properties": self.properties,
            "simplify": self.simplify,
        }


Properties = Annotated[
    str | None, Query(description="Columns to return, separated by commas; empty for none.")
]
Simplify = Annotated[
    float | None,
    Query(ge=0, le=10, allow_inf_nan=False, description="Tolerance in degrees."),
]


def read_page(
    found: Named,
    limit: Annotated[int, Query(ge=1, description="A larger one is taken as the most.")] = (
        DEFAULT_PAGE
    ),
    offset: Annotated[int, Query(ge=0, le=DEEPEST_OFFSET)] = 0,
    sortby: Annotated[
        str | None, Query(description="Columns, separated by commas; - before one: descending.")
    ] = None,
    properties: Properties = None,
    simplify: Simplify = None,
) -> Page:
    """Read the part of the features that is asked for."""
    if sortby is not None:
        _check_columns("sortby", [each.lstrip("+- ") for each in sortby.split(",")], found)
    return Page(limit, offset, sortby, read_properties(properties, found), simplify or None)


def read_properties(text: str | None, found: ServedCollection) -> list[str] | None:
    """Return the columns to return; None for all of them."""
    if text is None:
        return None
    names = [each.strip() for each in text.split(",") if each.strip()]
    _check_columns("properties", names, found)
    return names


def _check_columns(parameter: str, names: list[str], found: ServedCollection) -> None:
    known = plain_columns(found)
    for name in names:
        if name not in known:
            raise RequestError(
                f"{parameter} names {name[:80]!r}; {found.id} has {', '.join(sorted(known))}"
            )
