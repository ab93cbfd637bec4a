"""Points to cells and cells to shapes, vectorised by polars-h3.

H3 takes latitude first and silently accepts latitude 91 or swapped axes, so bounds are checked here
before any call.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import h3.api.basic_int as h3_int
import numpy as np
import numpy.typing as npt
import polars as pl
import polars_h3
import shapely
import shapely.geometry

from geodata.errors import GeographyError
from geodata.space.grid.bits import NO_CELL, STORAGE_RES, Cells, check_res

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Bounds: TypeAlias = tuple[float, float, float, float]  # west, south, east, north

WORLD_BOUNDS: Bounds = (-180.0, -90.0, 180.0, 90.0)


def in_bounds(lat: npt.ArrayLike, lon: npt.ArrayLike, bounds: Bounds = WORLD_BOUNDS) -> Mask:
    """Return which points lie in the bounds (west, south, east, north); NaN and infinity do not."""
    west, south, east, north = bounds
    lats, lons = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    inside: Mask = (lats >= south) & (lats <= north) & (lons >= west) & (lons <= east)
    return inside


def latlng_to_cells(lat: npt.ArrayLike, lon: npt.ArrayLike, res: int = STORAGE_RES) -> Cells:
    """Return the cell of each point.

    Raises:
        GeographyError: a coordinate is missing, infinite or out of range; names the first.
    """
    check_res(res)
    lats, lons = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    wrong = np.flatnonzero(~in_bounds(lats, lons))
    if len(wrong):
        first = int(wrong[0])
        raise GeographyError(
            f"{len(wrong)} points are not on the globe; the first is row {first}: "
            f"latitude {lats[first]}, longitude {lons[first]}"
        )
    frame = pl.DataFrame({"lat": lats, "lon": lons})
    return _column(frame, polars_h3.latlng_to_cell("lat", "lon", res, return_dtype=pl.Int64))


def latlng_to_cell(lat: float, lon: float, res: int = STORAGE_RES) -> int:
    """Return the cell of one point."""
    return int(latlng_to_cells([lat], [lon], res)[0])


def cell_area_km2(cells: Cells) -> Floats:
    """Return each cell's own area on the sphere, 0.2 % below that of the metric CRS."""
    return _column(_frame(cells), polars_h3.cell_area("cell", "km^2")).astype(np.float64)


def cell_centres(cells: Cells) -> tuple[Floats, Floats]:
    """Return the longitudes and latitudes of the cells' centres."""
    frame = _frame(cells)
    lon = _column(frame, polars_h3.cell_to_lng("cell"))
    return lon.astype(np.float64), _column(frame, polars_h3.cell_to_lat("cell")).astype(np.float64)


def cell_boundaries(cells: Cells) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the corners of all cells as (lon, lat) rows, and for each row the cell's position.

    A hexagon has six corners; a pentagon, or a cell over an edge of the icosahedron, others.
    """
    corners = _frame(cells).select(corner=polars_h3.cell_to_boundary("cell"))
    flat = corners.with_row_index("position").explode("corner")
    if flat.is_empty():
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    lat_lon = flat.select(lat=pl.col("corner").list.get(0), lon=pl.col("corner").list.get(1))
    return lat_lon.select("lon", "lat").to_numpy(), flat["position"].cast(pl.Int64).to_numpy()


def cell_polygons(cells: Cells) -> npt.NDArray[np.object_]:
    """Return the cells as shapely polygons in lon, lat."""
    corners, position = cell_boundaries(cells)
    if len(position) == 0:
        return np.empty(0, dtype=np.object_)
    polygons: npt.NDArray[np.object_] = shapely.polygons(
        shapely.linearrings(corners, indices=position)
    )
    return polygons


def outline(cells: Cells) -> Any:
    """Return the union of cells of one resolution as a shapely (multi)polygon in lon, lat."""
    return shapely.geometry.shape(h3_int.cells_to_geo([int(cell) for cell in cells]))


def neighbours(cell: int, k: int = 1) -> Cells:
    """Return the cells within `k` steps, without the cell itself, ascending."""
    disk = np.sort(np.array(list(h3_int.grid_disk(int(cell), k)), dtype=np.int64))
    others: Cells = disk[disk != cell]
    return others


def disk_pairs(cells: Cells, k: int = 1) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs of positions (focal, other) of cells at most `k` steps apart.

    A cell is paired with itself. Ordered by focal, then other; a pentagon simply has fewer.
    """
    around = (
        _frame(cells)
        .with_row_index("focal")
        .with_columns(other=polars_h3.grid_disk("cell", k).cast(pl.List(pl.Int64)))
    )
    listed = _frame(cells).with_row_index("position")
    pairs = (
        around.select("focal", "other")
        .explode("other", empty_as_null=False, keep_nulls=False)
        .join(listed, left_on="other", right_on="cell")
        .sort("focal", "position")
        .cast(pl.Int64)
    )
    return pairs["focal"].to_numpy(), pairs["position"].to_numpy()


def are_valid_cells(cells: Cells) -> Mask:
    """Return which of the numbers are H3 cells."""
    if len(cells) == 0:
        return np.empty(0, dtype=np.bool_)
    return _column(_frame(cells), polars_h3.is_valid_cell("cell")).astype(np.bool_)


def cell_to_text(cell: int) -> str:
    """Return a cell as hexadecimal text, as JSON must carry it: cells exceed 2**53."""
    return format(int(cell), "x")


def cells_to_texts(cells: Cells) -> list[str]:
    """Return the cells as hexadecimal text."""
    return [format(cell, "x") for cell in np.asarray(cells).tolist()]


def text_to_cell(text: str) -> int:
    """Return the cell written as hexadecimal text.

    Raises:
        GeographyError: the text is not a cell.
    """
    cell = int(texts_to_cells([text])[0])
    if cell == NO_CELL:
        raise GeographyError(f"{text!r} is not an H3 cell")
    return cell


def texts_to_cells(texts: Sequence[str]) -> Cells:
    """Return the cells of hexadecimal texts, `NO_CELL` where a text is not a cell."""
    numbers = np.array([_parse_hex(text) for text in texts], dtype=np.int64)
    return np.where(are_valid_cells(numbers), numbers, NO_CELL)


def _parse_hex(text: str) -> int:
    try:
        number = int(text.strip(), 16)
    except ValueError:
        return NO_CELL
    return number if 0 <= number < 1 << 63 else NO_CELL


def _frame(cells: Cells) -> pl.DataFrame:
    return pl.DataFrame({"cell": np.asarray(cells, dtype=np.int64)}, schema={"cell": pl.Int64})


def _column(frame: pl.DataFrame, expression: pl.Expr) -> npt.NDArray[np.int64]:
    column: npt.NDArray[np.int64] = frame.select(value=expression)["value"].to_numpy()
    return column
