"""OGC API Features and Tiles by tipg: JSON and vector tiles only, no HTML with foreign scripts."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request
from tipg import collections as tipg_collections
from tipg import dependencies
from tipg.collections import Collection
from tipg.dependencies import accept_media_type
from tipg.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from tipg.factory import OGCFeaturesFactory, OGCTilesFactory
from tipg.resources.enums import MediaType

from geodata.service.filters import filter_query

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
    """Return the collection of the address.

    Raises:
        HTTPException: there is none; status 404.
    """
    known: dict[str, Collection] = request.app.state.collection_catalog["collections"]
    if collectionId not in known:
        raise HTTPException(404, f"no collection is called {collectionId!r}")
    return known[collectionId]


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
    service.dependency_overrides |= {
        dependencies.filter_query: filter_query,
        dependencies.OutputType: _metadata_type,
        dependencies.QueryablesOutputType: _schema_type,
        dependencies.ItemsOutputType: _items_type,
        dependencies.ItemOutputType: _items_type,
    }
    add_exception_handlers(service, DEFAULT_STATUS_CODES)
    tipg_collections.mvt_settings.max_features_per_tile = LARGEST_TILE


def _ours_first(router: APIRouter) -> APIRouter:
    """Drop tipg's routes that we answer ourselves, and styles, which name other servers.

    tipg's own router keeps all of them: it makes its links from their names.
    """
    ours = {"/collections", "/collections/{collectionId}"}
    kept = [
        route
        for route in router.routes
        if (path := getattr(route, "path", "")) not in ours and not path.endswith("style.json")
    ]
    return APIRouter(routes=kept)


def _metadata_type(f: Annotated[Literal["json"] | None, Query()] = None) -> MediaType:
    return MediaType.json


def _schema_type(f: Annotated[Literal["schemajson", "json"] | None, Query()] = None) -> MediaType:
    return MediaType.schemajson


def _items_type(request: Request, f: Annotated[Kind | None, Query()] = None) -> MediaType:
    if f:
        return MediaType[f]
    accepted = accept_media_type(request.headers.get("accept", ""), list(ITEM_TYPES))
    return accepted or MediaType.geojson
