"""The city's districts: read from its configuration, found for points, stored in the database."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from geodata.city.configuration import City
from geodata.city.parts import CellDistrict, DistrictFile
from geodata.errors import CityError
from geodata.space import grid
from geodata.space.crs import WGS84_EPSG, metric_geometry
from geodata.tables import UNKNOWN_DISTRICT, district

_COLUMNS = ["district_id", "name_zh", "name_en", "kind", "position", "area_km2", "geometry"]
_UNKNOWN_ROW = {
    "district_id": UNKNOWN_DISTRICT,
    "name_zh": "未定位",
    "name_en": "Not located",
    "kind": "unknown",
}


def read_districts(city: City) -> gpd.GeoDataFrame:
    """Return the districts in the order they are shown in.

    Columns: district_id, name_zh, name_en, kind, position, area_km2 (in the metric CRS) and
    geometry, a MultiPolygon in WGS-84.

    Raises:
        CityError: the file lacks a property, repeats an id or holds a broken geometry.
    """
    source = city.districts
    frame = _read_file(city, source.file) if source.file else _read_cells(city, source.from_cells)
    _check(city, frame)
    frame["geometry"] = [_as_multi(geometry) for geometry in frame.geometry]
    frame["area_km2"] = metric_geometry(city, frame.geometry).area / 1e6
    return frame.sort_values("position", ignore_index=True)[_COLUMNS]


def _read_file(city: City, source: DistrictFile) -> gpd.GeoDataFrame:
    path = city.file(source.path)
    frame = gpd.read_file(path).to_crs(WGS84_EPSG)
    names = {getattr(source, name): name for name in _COLUMNS[:5]}
    missing = sorted(set(names) - set(frame.columns))
    if missing:
        raise CityError(f"{path}: no property {', '.join(missing)}")
    return frame[[*names, "geometry"]].rename(columns=names).astype({"district_id": str})


def _read_cells(city: City, sources: tuple[CellDistrict, ...]) -> gpd.GeoDataFrame:
    rows = [
        source.model_dump(include={"district_id", "name_zh", "name_en", "kind"})
        | {"position": position, "geometry": _union(city.file(source.file), source.column)}
        for position, source in enumerate(sources, start=1)
    ]
    return gpd.GeoDataFrame(rows, crs=WGS84_EPSG)


def _union(path: Path, column: str) -> Any:
    frame = pl.read_csv(path, infer_schema=False)
    if column not in frame.columns:
        raise CityError(f"{path}: no column {column!r}")
    texts = frame[column].to_list()
    cells = grid.texts_to_cells(texts)
    if (cells == grid.NO_CELL).any():
        first = int(np.argmax(cells == grid.NO_CELL))
        raise CityError(f"{path}: row {first + 2}: {texts[first]!r} is not an H3 cell")
    return grid.outline(np.unique(cells))


def _as_multi(geometry: Any) -> Any:
    return geometry if geometry.geom_type == "MultiPolygon" else shapely.multipolygons([geometry])


def _check(city: City, frame: gpd.GeoDataFrame) -> None:
    where = f"{city.folder}: districts"
    repeated = frame.loc[frame["district_id"].duplicated(), "district_id"].tolist()
    if repeated or UNKNOWN_DISTRICT in set(frame["district_id"]):
        raise CityError(f"{where}: repeated or reserved id {repeated or UNKNOWN_DISTRICT}")
    broken = frame.loc[~(frame.is_valid & ~frame.is_empty), "district_id"].tolist()
    if broken:
        raise CityError(f"{where}: geometry is not valid: {', '.join(broken)}")
    if not set(frame.geom_type) <= {"Polygon", "MultiPolygon"}:
        raise CityError(f"{where}: only polygons can be districts")


class DistrictLocator:
    """Finds the district of points, exactly, by the polygons and never by cells."""

    def __init__(self, districts: gpd.GeoDataFrame) -> None:
        """Prepare the polygons, lowest id first: on a shared edge the lowest id wins."""
        ordered = districts.sort_values("district_id")
        self._ids = np.array([*ordered["district_id"], UNKNOWN_DISTRICT], dtype=np.str_)
        self._geometries = [shapely.from_wkb(shapely.to_wkb(item)) for item in ordered.geometry]
        shapely.prepare(self._geometries)

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.str_]:
        """Return the district_id of each point in WGS-84, `unknown` for those in none."""
        lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        found = np.full(lons.shape, len(self._ids) - 1, dtype=np.int16)
        open_rows = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        for number, geometry in enumerate(self._geometries):
            within = _covers(geometry, lons[open_rows], lats[open_rows])
            found[open_rows[within]] = number
            open_rows = open_rows[~within]
        located: npt.NDArray[np.str_] = self._ids[found]
        return located


def _covers(geometry: Any, lon: grid.Floats, lat: grid.Floats) -> grid.Mask:
    """Return which points are inside or on the edge; a test of the box comes first."""
    within = grid.in_bounds(lat, lon, geometry.bounds)
    boxed = np.flatnonzero(within)
    within[boxed] = shapely.intersects_xy(geometry, lon[boxed], lat[boxed])
    return within


def load_districts(connection: Connection, city: City) -> None:
    """Write the city's districts, and the row of no district, over the stored ones.

    Raises:
        CityError: the database holds districts that are not this city's.
    """
    frame = read_districts(city)
    present = set(connection.scalars(select(district.c.district_id)))
    foreign = sorted(present - {*frame["district_id"], UNKNOWN_DISTRICT})
    if foreign:
        raise CityError(f"the database holds districts of another city: {', '.join(foreign)}")
    rows = [
        {name: row[name] for name in _COLUMNS[:6]} | {"geom": from_shape(row["geometry"], 4326)}
        for row in frame.to_dict("records")
    ]
    last = {"position": len(rows) + 1, "area_km2": None, "geom": None}
    statement = insert(district).values([*rows, _UNKNOWN_ROW | last])
    changed = {name: statement.excluded[name] for name in [*_COLUMNS[1:6], "geom"]}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["district_id"], set_=changed)
    )
