"""OGC API Tiles: vector tiles of a collection, and the descriptions of its sets of tiles."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from morecantile import Tile, TileMatrixSet
from morecantile import tms as known_sets
from tipg.collections import mvt_settings

from geodata.errors import NotFoundError
from geodata.service.catalog import Service
from geodata.service.conditions import (
    Conditions,
    Named,
    Properties,
    read_conditions,
    read_properties,
)
from geodata.service.forms import PageForm, answer_document
from geodata.service.links import base_url, link, own_links
from geodata.service.tilesets import COARSEST_ZOOM, FINEST_ZOOM, describe_set, tile_json

LARGEST_TILE = 60_000  # features: all hexagons of a municipality in one tile, none dropped silently
MVT = "application/vnd.mapbox-vector-tile"
SETS = ("WebMercatorQuad", "WorldCRS84Quad")
SetName = Annotated[
    Literal["WebMercatorQuad", "WorldCRS84Quad"], Path(description="The set of tile matrices.")
]
_PREFIX = "/collections/{collectionId}/tiles"
_FORMS = [("json", "application/json"), ("html", "text/html")]


def tiles_router(service: Service) -> APIRouter:
    """Return the routes of tiles."""
    mvt_settings.max_features_per_tile = LARGEST_TILE
    router = APIRouter(tags=["OGC API Tiles"])
    _add_sets(router)
    _add_tilesets(router)
    _add_tiles(router, service)
    return router


def _add_sets(router: APIRouter) -> None:
    @router.get("/tileMatrixSets", operation_id="getTileMatrixSetsList")
    def tile_matrix_sets(request: Request, f: PageForm = None) -> Response:
        """Return the sets of tile matrices that tiles are cut by."""
        base = f"{base_url(request)}/tileMatrixSets"
        listed = [
            {
                "id": name,
                "title": known_sets.get(name).title or name,
                "uri": str(known_sets.get(name).uri or ""),
                "links": [link(f"{base}/{name}", "self")],
            }
            for name in SETS
        ]
        document = {
            "title": "瓦片矩阵集 · Tile matrix sets",
            "tileMatrixSets": listed,
            "links": own_links(base, _FORMS),
        }
        return answer_document(request, f, document, "tile_sets")

    @router.get("/tileMatrixSets/{tileMatrixSetId}", operation_id="getTileMatrixSet")
    def tile_matrix_set(request: Request, tileMatrixSetId: SetName, f: PageForm = None) -> Response:  # noqa: N803
        """Return a set of tile matrices."""
        document = known_sets.get(tileMatrixSetId).model_dump(exclude_none=True, mode="json")
        return answer_document(request, f, document, "tile_set")


def _add_tilesets(router: APIRouter) -> None:
    @router.get(_PREFIX, operation_id=".collection.vector.getTileSetsList")
    def tilesets(request: Request, found: Named, f: PageForm = None) -> Response:
        """Return the sets of tiles of a collection."""
        address = f"{base_url(request)}/collections/{found.id}/tiles"
        document = {
            "title": found.title,
            "tilesets": [describe_set(request, found, name, is_short=True) for name in SETS],
            "links": own_links(address, _FORMS),
        }
        return answer_document(request, f, document, "tile_sets")

    @router.get(_PREFIX + "/{tileMatrixSetId}", operation_id=".collection.vector.getTileSet")
    def tileset(
        request: Request,
        found: Named,
        tileMatrixSetId: SetName,  # noqa: N803
        f: PageForm = None,
    ) -> Response:
        """Return a set of tiles with the limits inside which there are data."""
        document = describe_set(request, found, tileMatrixSetId, is_short=False)
        return answer_document(request, f, document, "tile_set")

    @router.get(
        _PREFIX + "/{tileMatrixSetId}/tilejson.json",
        operation_id=".collection.vector.getTileJSON",
    )
    def tilejson(
        request: Request,
        found: Named,
        tileMatrixSetId: Annotated[Literal["WebMercatorQuad"], Path()],  # noqa: N803
        f: Annotated[Literal["json"] | None, Query()] = None,
    ) -> dict[str, Any]:
        """Return the TileJSON of a collection; it knows one set of tile matrices."""
        return tile_json(request, found, tileMatrixSetId)


def _add_tiles(router: APIRouter, service: Service) -> None:
    @router.get(
        _PREFIX + "/{tileMatrixSetId}/{tileMatrix}/{tileCol}/{tileRow}",
        operation_id=".collection.vector.getTile",
    )
    async def tile(
        found: Named,
        asked: Annotated[Conditions, Depends(read_conditions)],
        tileMatrixSetId: SetName,  # noqa: N803
        tileMatrix: Annotated[int, Path(ge=0, le=30, description="The zoom, z.")],  # noqa: N803
        tileCol: Annotated[int, Path(ge=0, le=2**31, description="The column, x.")],  # noqa: N803
        tileRow: Annotated[int, Path(ge=0, le=2**31, description="The row, y.")],  # noqa: N803
        properties: Properties = None,
        f: Annotated[Literal["mvt"] | None, Query()] = None,
    ) -> Response:
        """Return a vector tile, its layer is called `default`; nothing where it is empty."""
        matrices = known_sets.get(tileMatrixSetId)
        place = Tile(tileCol, tileRow, tileMatrix)
        _check_place(matrices, place)
        with asked.blamed():
            async with service.connection() as connection:
                content = await found.get_tile(
                    connection,
                    tms=matrices,
                    tile=place,
                    properties=read_properties(properties, found),
                    **asked.for_query(),
                )
        return Response(content, media_type=MVT) if content else Response(status_code=204)


def _check_place(matrices: TileMatrixSet, place: Tile) -> None:
    """Refuse a tile outside the zooms that there are tiles of, or outside its matrix."""
    if not COARSEST_ZOOM <= place.z <= FINEST_ZOOM:
        raise NotFoundError(f"there are tiles of the zooms {COARSEST_ZOOM} to {FINEST_ZOOM}")
    matrix = matrices.matrix(place.z)
    if place.x >= matrix.matrixWidth or place.y >= matrix.matrixHeight:
        raise NotFoundError(
            f"zoom {place.z} has {matrix.matrixWidth} columns and {matrix.matrixHeight} rows"
        )
