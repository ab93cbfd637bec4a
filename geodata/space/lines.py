"""Lines cut at the edges of the storage cells, in the city's metric CRS."""

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geodata.city.configuration import City
from geodata.space.crs import from_metric, to_metric
from geodata.space.grid import cell_polygons, latlng_to_cells, neighbours

_STEP_M = 30.0  # a cell's edge is twice as long: every cell on the way is met or next to one met

Geometries = NDArray[np.object_]


def metric_lines(city: City, lines: Geometries) -> Geometries:
    """Return geometries in WGS-84 in metres of the city's metric CRS."""

    def project(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metric(city, lon_lat[:, 0], lon_lat[:, 1]))

    return np.asarray(shapely.transform(lines, project), dtype=object)


def split_lines(city: City, lines: Geometries) -> pl.DataFrame:
    """Return line (its position), cell, length_m, lon, lat of each piece of a line within a cell.

    Args:
        city: gives the metric CRS.
        lines: LineStrings in that CRS, in metres.

    The lengths of a line's pieces add up to the line's, also where it runs over itself; lon, lat
    is the middle of a piece.
    """
    simple, owner = _simple(lines)
    line, cell = _candidates(city, simple)
    cells, position = np.unique(cell, return_inverse=True)
    shapes = metric_lines(city, np.asarray(cell_polygons(cells), dtype=object))
    shapely.prepare(shapes)
    meets = shapely.intersects(shapes[position], simple[line])
    line, cell, position = line[meets], cell[meets], position[meets]
    within = shapely.intersection(simple[line], shapes[position])
    parts, pair = shapely.get_parts(within, return_index=True)
    length_m = shapely.length(parts)
    kept = length_m > 1e-6
    middle = shapely.line_interpolate_point(parts[kept], 0.5, normalized=True)
    lon, lat = from_metric(city, shapely.get_x(middle), shapely.get_y(middle))
    return pl.DataFrame(
        {
            "line": owner[line[pair[kept]]],
            "cell": cell[pair[kept]],
            "length_m": length_m[kept],
            "lon": lon,
            "lat": lat,
        },
        schema={
            "line": pl.Int64, "cell": pl.Int64, "length_m": pl.Float64,
            "lon": pl.Float64, "lat": pl.Float64,
        },
    )  # fmt: skip


def _simple(lines: Geometries) -> tuple[Geometries, NDArray[np.int64]]:
    """Return lines that do not run over themselves, and which of the given ones each is of.

    An intersection would count a stretch that is run twice only once.
    """
    crossing = ~shapely.is_simple(lines)
    points, line = shapely.get_coordinates(lines[crossing], return_index=True)
    # A doubled vertex is no piece: a line of two equal points is no geometry.
    joined = (line[1:] == line[:-1]) & (points[1:] != points[:-1]).any(axis=1)
    pieces = np.stack([points[:-1][joined], points[1:][joined]], axis=1)
    owner = np.concatenate([np.flatnonzero(~crossing), np.flatnonzero(crossing)[line[1:][joined]]])
    straight = shapely.linestrings(pieces) if len(pieces) else np.empty(0, dtype=object)
    return np.concatenate([lines[~crossing], straight]), owner.astype(np.int64)


def _candidates(city: City, lines: Geometries) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of line and cell that may meet: the cells under points of it, and their ring."""
    dense = shapely.segmentize(lines, _STEP_M)
    points, line = shapely.get_coordinates(dense, return_index=True)
    if not len(points):
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    lon, lat = from_metric(city, points[:, 0], points[:, 1])
    pairs = pl.DataFrame({"line": line, "cell": latlng_to_cells(lat, lon)}).unique()
    around = _rings(pairs["cell"].unique().to_numpy())
    near = pairs.join(around, on="cell").select("line", cell="near")
    found = pl.concat([pairs, near]).unique().sort("line", "cell")
    return found["line"].to_numpy().astype(np.int64), found["cell"].to_numpy()


def _rings(cells: NDArray[np.int64]) -> pl.DataFrame:
    return pl.DataFrame(
        [(int(cell), int(near)) for cell in cells for near in neighbours(int(cell))],
        schema={"cell": pl.Int64, "near": pl.Int64},
        orient="row",
    )
