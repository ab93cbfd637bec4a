"""The hex-layer endpoints: cell lists, value columns, districts and single cells."""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi import Path as PathValue
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.clock import replaying
from geodata.database.engine import open_snapshot
from geodata.database.replay import open_as_of
from geodata.errors import NotFoundError
from geodata.space.grid import cell_area_km2, cell_centres, cell_res, cell_to_parents, text_to_cell
from layers.maps.analyses import read_analysis
from layers.maps.cell_lists import (
    CITY_AREA,
    FINEST_CITY_RES,
    districts_of,
    grid_version,
    read_cells,
)
from layers.maps.column import of_area, read_column
from layers.maps.encoding import encode_arrow, encode_cells, encode_column
from layers.maps.said import said_of
from layers.maps.urls import ANALYSIS, CELL, CELLS, DISTRICTS, PREFIX, VALUES, VALUES_ARROW
from layers.period import Period
from layers.states.status import Status
from layers.states.version import moment_of, read_build_in
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer

BINARY = "application/octet-stream"
ARROW = "application/vnd.apache.arrow.stream"
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
_SMALLEST_GZIP_BYTES = 500

Remember = Callable[[str, Callable[[], bytes]], bytes]  # by an immutable address


def compute_anew(address: str, build: Callable[[], bytes]) -> bytes:
    """Return the content without caching it."""
    return build()


@dataclass(frozen=True)
class LayerContext:
    """What the endpoints need: engine, city, folders, cache."""

    engine: Engine
    city: City
    data_dir: Path
    remember: Remember = compute_anew


def serve_layers(app: FastAPI, context: LayerContext) -> None:
    """Add the endpoints to an application, answering from a context."""
    app.state.layers = context
    app.include_router(router)


def get_context(request: Request) -> LayerContext:
    """Return what `serve_layers` was given."""
    context: LayerContext = request.app.state.layers
    return context


async def in_its_time(
    request: Request, present: Annotated[LayerContext, Depends(get_context)]
) -> AsyncIterator[LayerContext]:
    """Return the context of the version in the address: the present, or a replayed moment."""
    at = moment_of(request.path_params.get("version", ""))
    if at is None:
        yield present
        return
    engine = await run_in_threadpool(open_as_of, present.engine, at)
    with replaying(at):
        yield replace(present, engine=engine)


Here = Annotated[LayerContext, Depends(in_its_time)]
Name = Annotated[str, PathValue(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Version = Annotated[str, PathValue(pattern=r"^[0-9a-z-]{1,64}$")]
PeriodText = Annotated[str, PathValue(pattern=r"^[0-9Q-]{4,22}$")]
CellText = Annotated[str, PathValue(pattern=r"^[0-9a-f]{15,16}$")]


@dataclass(frozen=True)
class ColumnAddress:
    """The parts of a layer column's address; they are checked when the column is computed."""

    indicator: Name
    component: Name
    version: Version
    period: PeriodText
    area: Name
    res: int

    def checked_query(self, city: City) -> CheckedQuery:
        """Return the checked query, by cell of the area.

        Raises:
            NotFoundError: no such indicator or component.
            QueryError: the parts do not fit each other.
        """
        period = Period.parse(self.period)
        query = ValueQuery(self.indicator, period, self.component, by="cell", res=self.res)
        return of_area(check_query(query, city), self.area)


Addressed = Annotated[ColumnAddress, Depends()]

router = APIRouter(prefix=PREFIX, tags=["layers"])


@router.get(CELLS)
def get_cells(request: Request, here: Here, version: Version, area: Name, res: int) -> Response:
    """Return the cells of an area: little-endian uint64, ascending."""
    if version != grid_version(here.city):
        raise NotFoundError(f"the boundaries have no version {version!r}")
    return _answer_kept(
        request, here, lambda: encode_cells(read_cells(here.data_dir, here.city, area, res)), BINARY
    )


@router.get(VALUES)
def get_values(
    request: Request,
    here: Here,
    address: Addressed,
) -> Response:
    """Return n float32 and n status bytes, in the order of the area's cells."""

    def build() -> bytes:
        query = address.checked_query(here.city)
        with open_snapshot(here.engine) as connection:
            return encode_column(
                *read_column(connection, here.city, here.data_dir, query, address.version)
            )

    return _answer_kept(request, here, build, BINARY)


@router.get(ANALYSIS)
def get_analysis(
    request: Request,
    here: Here,
    name: Name,
    address: Addressed,
) -> Response:
    """Return an analysis of a layer in the layout of the layer itself."""

    def build() -> bytes:
        query = address.checked_query(here.city)
        with open_snapshot(here.engine) as connection:
            layer = (connection, here.city, here.data_dir, query, address.version)
            return encode_column(*read_analysis(*layer, name))

    return _answer_kept(request, here, build, BINARY)


@router.get(VALUES_ARROW)
def get_values_arrow(
    request: Request,
    here: Here,
    address: Addressed,
) -> Response:
    """Return cell, value and status as an Arrow IPC stream, both binary answers in one."""

    def build() -> bytes:
        query = address.checked_query(here.city)
        with open_snapshot(here.engine) as connection:
            column = read_column(connection, here.city, here.data_dir, query, address.version)
            said = said_of(connection, query, read_build_in(connection, query.indicator))
        cells = read_cells(here.data_dir, here.city, address.area, address.res)
        return encode_arrow(cells, *column, said)

    return _answer_kept(request, here, build, ARROW)


@router.get(CELL)
def get_cell(
    request: Request,
    here: Here,
    indicator: Name,
    component: Name,
    version: Version,
    period: PeriodText,
    cell: CellText,
) -> Response:
    """Return the inspector's numbers of one cell."""

    def build() -> bytes:
        number = text_to_cell(cell)
        query = ValueQuery(indicator, Period.parse(period), component, by="city", cell=number)
        checked = check_query(query, here.city)
        with open_snapshot(here.engine) as connection:
            if read_build_in(connection, checked.indicator).version != version:
                raise NotFoundError(f"{indicator} has no version {version!r} any more")
            row = answer(connection, here.city, checked).row(0, named=True)
        return _json({**row, "status": Status(row["status"]).key, **_describe(here, number)})

    return _answer(request, build, "application/json")


@router.get(DISTRICTS)
def get_districts(request: Request, here: Here) -> Response:
    """Return the district outlines with names and a point for the label inside each."""
    return _answer(
        request,
        lambda: _json(_district_collection(here.city)),
        "application/geo+json",
        control=REVALIDATE,
        tag=grid_version(here.city),
    )


def _describe(here: LayerContext, cell: int) -> dict[str, Any]:
    """Return the location of a cell; a cell without any of the city's points does not exist."""
    cells = np.array([cell], dtype=np.int64)
    res = int(cell_res(cells)[0])
    coarse = min(res, FINEST_CITY_RES)
    listed = read_cells(here.data_dir, here.city, CITY_AREA, coarse)
    if not np.isin(cell_to_parents(cells, coarse), listed).all():
        raise NotFoundError(f"the cell {cell:x} is not in {here.city.code}")
    lon, lat = cell_centres(cells)
    area_km2 = float(cell_area_km2(cells)[0])
    return {"res": res, "lon": float(lon[0]), "lat": float(lat[0]), "area_km2": area_km2}


def _district_collection(city: City) -> dict[str, Any]:
    districts = districts_of(city)
    labels = districts.geometry.representative_point()
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "district_id": row.district_id,
                    "name_zh": row.name_zh,
                    "name_en": row.name_en,
                    "label_lon": round(label.x, 6),
                    "label_lat": round(label.y, 6),
                },
                "geometry": json.loads(shapely.to_geojson(row.geometry)),
            }
            for row, label in zip(districts.itertuples(), labels, strict=True)
        ],
    }


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(
    request: Request,
    build: Callable[[], bytes],
    media_type: str,
    *,
    control: str = IMMUTABLE,
    tag: str | None = None,
) -> Response:
    """Return the content, compressed if the client accepts it, or 304 if the client has it.

    The address of an immutable answer identifies its content, so its tag is made from the address.
    """
    headers = _headers(request, control, tag)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = build()
    if _takes_gzip(request) and len(content) >= _SMALLEST_GZIP_BYTES:
        content = _pack(content)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=media_type)


def _answer_kept(
    request: Request, here: LayerContext, build: Callable[[], bytes], media_type: str
) -> Response:
    """Return immutable content, which the server caches compressed, as most clients ask for it."""
    headers = _headers(request, IMMUTABLE)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = here.remember(request.url.path, lambda: _pack(build()))
    if _takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, headers=headers, media_type=media_type)


def _headers(request: Request, control: str, tag: str | None = None) -> dict[str, str]:
    etag = f'W/"{tag or sha256(request.url.path.encode()).hexdigest()[:20]}"'
    return {"ETag": etag, "Cache-Control": control, "Vary": "Accept-Encoding"}


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=5)
