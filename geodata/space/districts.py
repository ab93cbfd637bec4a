"""The city's districts: read from its configuration, found for points, stored in the database."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from geodata.city.configuration import City
from geodata.city.parts import CellDistrict, Constant, DistrictFile, Filled
from geodata.errors import CityError
from geodata.space import grid
from geodata.space.crs import WGS84_EPSG, metric_geometry
from geodata.tables import (
    NO_DISTRICT,
    OUTSIDE_DISTRICT,
    UNKNOWN_DISTRICT,
    UNPLACED_DISTRICT,
    district,
)

WHOLE_CITY = "city"  # what addresses and scores call the whole of it
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PLAIN_KIND = "district"
_COLUMNS = ["district_id", "name_zh", "name_en", "kind", "position", "area_km2", "geometry"]
_NAMES_OF_NONE = {
    UNKNOWN_DISTRICT: ("未定位", "Not located"),
    OUTSIDE_DISTRICT: ("市域以外", "Outside the city"),
    UNPLACED_DISTRICT: ("未定位（来源范围大于本市）", "Not located, of a wider source"),
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
    named = [source.district_id, source.name_zh, source.name_en, source.position]
    kind = source.kind.property if isinstance(source.kind, Filled) else source.kind
    named += [kind if isinstance(kind, str) else None]
    missing = sorted({name for name in named if name} - set(frame.columns))
    if missing:
        raise CityError(f"{path}: no property {', '.join(missing)}")
    names = _names(path, frame, source)
    columns = {
        "district_id": _ids(path, frame[source.district_id], source),
        "name_zh": names["name_zh"].fillna(names["name_en"]),
        "name_en": names["name_en"].fillna(names["name_zh"]),
        "kind": _kinds(frame, source.kind),
        "position": _positions(frame, source.position),
    }
    nameless = columns["district_id"][columns["name_zh"].isna()]
    if len(nameless):
        raise CityError(f"{path}: name_zh, name_en: no name of {', '.join(nameless)}")
    return gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=frame.crs)


def _names(path: Path, frame: gpd.GeoDataFrame, source: DistrictFile) -> dict[str, Any]:
    """Return the names in both languages; where one is not there, the other one."""
    given = {name: getattr(source, name) or name for name in ("name_zh", "name_en")}
    there = {name: frame[key] for name, key in given.items() if key in frame.columns}
    if not there:
        raise CityError(f"{path}: name_zh, name_en: neither names a property of the file")
    one = next(iter(there.values()))
    return {name: there.get(name, one) for name in given}


def _ids(path: Path, values: Any, source: DistrictFile) -> Any:
    """Return the ids as text: they stand in addresses, so not everything may be one."""
    ids = values.astype("Int64") if values.dtype.kind == "f" else values
    texts = ids.astype(str).where(values.notna(), "")
    bad = [text for text in texts if not _SAFE_ID.fullmatch(text)]
    if bad:
        raise CityError(
            f"{path}: districts.file.district_id: {source.district_id!r} has "
            f"{', '.join(map(repr, bad))}: an id is letters, digits, '-', '_' and '.'"
        )
    return texts


def _kinds(frame: gpd.GeoDataFrame, kind: str | Constant | Filled | None) -> Any:
    if isinstance(kind, Constant):
        return kind.const
    if isinstance(kind, Filled):
        return frame[kind.property].fillna(kind.default).astype(str)
    if kind is None and "kind" not in frame.columns:
        return _PLAIN_KIND
    return frame[kind or "kind"].astype(str)


def _positions(frame: gpd.GeoDataFrame, position: str | None) -> Any:
    """Return the order of display; what has no position comes last, in the file's order."""
    order = np.arange(1, len(frame) + 1)
    if position is None and "position" not in frame.columns:
        return order
    column = frame[position or "position"]
    return column.fillna(column.max() + order).astype(int) if column.isna().any() else column


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
    reserved = {*NO_DISTRICT, WHOLE_CITY} & set(frame["district_id"])
    if repeated or reserved:
        said = ", ".join([*repeated, *sorted(reserved)])
        raise CityError(f"{where}: district_id: repeated or reserved id {said}")
    unsafe = [key for key in frame["district_id"] if not _SAFE_ID.fullmatch(key)]
    if unsafe:
        raise CityError(f"{where}: district_id: cannot stand in an address: {', '.join(unsafe)}")
    broken = frame.loc[~(frame.is_valid & ~frame.is_empty), "district_id"].tolist()
    if broken:
        raise CityError(f"{where}: geometry is not valid: {', '.join(broken)}")
    if not set(frame.geom_type) <= {"Polygon", "MultiPolygon"}:
        raise CityError(f"{where}: only polygons can be districts")


class Nearest:
    """Finds the nearest district within a tolerance, in metres of the city's metric CRS."""

    def __init__(self, districts: gpd.GeoDataFrame, metric_crs: int, tolerance_m: float) -> None:
        """Index the polygons by ascending id, which also decides between equal distances."""
        ordered = districts.sort_values("district_id").geometry
        self._tree = shapely.STRtree(ordered.to_crs(metric_crs).to_numpy())
        self._to_metres = Transformer.from_crs(WGS84_EPSG, metric_crs, always_xy=True)
        self._tolerance_m = tolerance_m

    def find(self, lon: grid.Floats, lat: grid.Floats) -> npt.NDArray[np.int64]:
        """Return the position of each point's district by ascending id, -1 if too far."""
        found = np.full(lon.shape, -1, dtype=np.int64)
        x, y = self._to_metres.transform(lon, lat)
        there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(np.asarray(x)[there], np.asarray(y)[there])
        which, district_at = self._tree.query_nearest(points, max_distance=self._tolerance_m)
        order = np.lexsort((-district_at, which))  # the last written of a point is the lowest id
        found[there[which[order]]] = district_at[order]
        return found


class DistrictLocator:
    """Finds the district of points, exactly, by the polygons and never by cells."""

    def __init__(self, districts: gpd.GeoDataFrame, nearest: Nearest | None = None) -> None:
        """Prepare the polygons, lowest id first: on a shared edge the lowest id wins.

        `nearest` gives points just outside to a district; without it none is.
        """
        ordered = districts.sort_values("district_id")
        self._ids = np.array(
            [*ordered["district_id"], OUTSIDE_DISTRICT, UNKNOWN_DISTRICT], dtype=np.str_
        )
        self._geometries = [shapely.from_wkb(shapely.to_wkb(item)) for item in ordered.geometry]
        shapely.prepare(self._geometries)
        self._nearest = nearest

    @classmethod
    def of_city(cls, city: City, districts: gpd.GeoDataFrame | None = None) -> "DistrictLocator":
        """Return the locator of a city, with its `boundary_tolerance_m`.

        Raises:
            CityError: its districts cannot be read.
        """
        frame = read_districts(city) if districts is None else districts
        tolerance_m = city.boundary_tolerance_m
        return cls(frame, Nearest(frame, city.metric_crs, tolerance_m) if tolerance_m else None)

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.str_]:
        """Return the district_id of each point in WGS-84.

        `outside` for those in none, `unknown` for those that are no points (NaN, infinite).
        """
        lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        found = np.full(lons.shape, len(self._ids) - 1, dtype=np.int16)
        open_rows = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        for number, geometry in enumerate(self._geometries):
            within = _covers(geometry, lons[open_rows], lats[open_rows])
            found[open_rows[within]] = number
            open_rows = open_rows[~within]
        found[open_rows] = len(self._geometries)
        if self._nearest is not None and open_rows.size:
            near = self._nearest.find(lons[open_rows], lats[open_rows])
            found[open_rows[near >= 0]] = near[near >= 0]
        located: npt.NDArray[np.str_] = self._ids[found]
        return located


def _covers(geometry: Any, lon: grid.Floats, lat: grid.Floats) -> grid.Mask:
    """Return which points are inside or on the edge; a test of the box comes first."""
    within = grid.in_bounds(lat, lon, geometry.bounds)
    boxed = np.flatnonzero(within)
    within[boxed] = shapely.intersects_xy(geometry, lon[boxed], lat[boxed])
    return within


def load_districts(connection: Connection, city: City) -> None:
    """Write the city's districts, and the rows of no district, over the stored ones.

    Raises:
        CityError: the database holds districts that are not this city's.
    """
    frame = read_districts(city)
    present = set(connection.scalars(select(district.c.district_id)))
    foreign = sorted(present - {*frame["district_id"], *NO_DISTRICT})
    if foreign:
        raise CityError(f"the database holds districts of another city: {', '.join(foreign)}")
    rows = [
        {name: row[name] for name in _COLUMNS[:6]} | {"geom": from_shape(row["geometry"], 4326)}
        for row in frame.to_dict("records")
    ]
    statement = insert(district).values([*rows, *_rows_of_none(len(rows))])
    changed = {name: statement.excluded[name] for name in [*_COLUMNS[1:6], "geom"]}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["district_id"], set_=changed)
    )


def _rows_of_none(districts: int) -> list[dict[str, object]]:
    """Return the rows that stand for no district, after the districts."""
    return [
        {
            "district_id": key, "name_zh": zh, "name_en": en, "kind": key,
            "position": districts + place, "area_km2": None, "geom": None,
        }
        for place, (key, (zh, en)) in enumerate(_NAMES_OF_NONE.items(), start=1)
    ]  # fmt: skip
