"""OGC API Features and Tiles by tipg: JSON and vector tiles only, no HTML with foreign scripts."""

import csv
import inspect
import io
from collections.abc import Callable, Generator, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from tipg import collections as tipg_collections
from tipg import dependencies
from tipg import factory as tipg_factory
from tipg.collections import Collection
from tipg.dependencies import accept_media_type
from tipg.factory import OGCFeaturesFactory, OGCTilesFactory
from tipg.resources.enums import MediaType

from geodata.errors import NotFoundError
from geodata.service.filters import filter_query
from geodata.service.periods import choose_periods

LARGEST_TILE = 60_000  # features: all hexagons of a municipality in one tile, none dropped silently
ITEM_TYPES = (
    MediaType.geojson,
    MediaType.json,
    MediaType.csv,
    MediaType.geojsonseq,
    MediaType.ndjson,
)
Kind = Literal["geojson", "json", "csv", "geojsonseq", "ndjson"]


def collection_named(
    request: Request,
    collectionId: Annotated[str, Path(max_length=80)],  # noqa: N803
) -> Collection:
    """Return the collection of the address, of the periods that the query asks for.

    Raises:
        NotFoundError: there is none, or such a period of it is not published.
    """
    known: dict[str, Collection] = request.app.state.collection_catalog["collections"]
    if collectionId not in known:
        raise NotFoundError(f"no collection is called {collectionId!r}")
    return choose_periods(
        known[collectionId],
        request.query_params,
        request.app.state.published_periods,
        request.path_params.get("itemId"),
    )


def add_features_and_tiles(service: FastAPI, prefix: str) -> None:
    """Add tipg's routes below `/collections`, with our filters and without its HTML.

    `prefix` is where the service is mounted: tipg's links need it.
    """
    shared: Any = {
        "with_common": False,
        "collection_dependency": collection_named,
        "router_prefix": prefix,
    }
    for router in (
        OGCFeaturesFactory(**shared).router,
        OGCTilesFactory(**shared, with_viewer=False).router,
    ):
        service.include_router(_ours_first(router))
    tipg_collections.mvt_settings.max_features_per_tile = LARGEST_TILE
    tipg_factory.create_csv_rows = _csv_rows  # tipg's own ends in an error where there is no row


def _csv_rows(data: Iterable[dict[Any, Any]]) -> Generator[str, None, None]:
    """Yield the lines of a CSV table, none where there is no row to name the columns."""
    line = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in data:
        if writer is None:
            writer = csv.DictWriter(line, row.keys())
            writer.writeheader()
        writer.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _ours_first(router: APIRouter) -> APIRouter:
    """Drop tipg's routes that we answer ourselves, and styles, which name other servers.

    tipg's own router keeps all of them: it makes its links from their names.
    """
    ours = {"/collections", "/collections/{collectionId}"}
    kept = [
        route
        for route in router.routes
        if isinstance(route, APIRoute)
        and route.path not in ours
        and not route.path.endswith("style.json")
    ]
    for route in kept:
        _read_by_ours(route.endpoint)
    return APIRouter(routes=list[BaseRoute](kept))


def _read_by_ours(endpoint: Callable[..., Any]) -> None:
    """Give an endpoint of tipg our readers of parameters in place of its own.

    FastAPI reads the signature where a router is included. `dependency_overrides` would have it
    read all of them anew at every request.
    """
    signature = inspect.signature(endpoint)
    parameters = [
        each.replace(annotation=_annotated_by_ours(each.annotation))
        for each in signature.parameters.values()
    ]
    endpoint.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]


def _annotated_by_ours(annotation: Any) -> Any:
    readers = [each for each in get_args(annotation) if isinstance(each, Dependency)]
    ours = READERS.get(readers[0].dependency) if readers else None
    return Annotated[get_args(annotation)[0], Depends(ours)] if ours else annotation


def _metadata_type(f: Annotated[Literal["json"] | None, Query()] = None) -> MediaType:
    return MediaType.json


def _schema_type(f: Annotated[Literal["schemajson", "json"] | None, Query()] = None) -> MediaType:
    return MediaType.schemajson


def _items_type(request: Request, f: Annotated[Kind | None, Query()] = None) -> MediaType:
    if f:
        return MediaType[f]
    accepted = accept_media_type(request.headers.get("accept", ""), list(ITEM_TYPES))
    return accepted or MediaType.geojson


# tipg's readers of parameters, and ours in their place: our filters, and no HTML
READERS: Mapping[Callable[..., Any] | None, Callable[..., Any]] = MappingProxyType(
    {
        dependencies.filter_query: filter_query,
        dependencies.OutputType: _metadata_type,
        dependencies.QueryablesOutputType: _schema_type,
        dependencies.ItemsOutputType: _items_type,
        dependencies.ItemOutputType: _items_type,
    }
)
