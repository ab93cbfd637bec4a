"""Residents: points, hexagons of any resolution, or polygons spread over cells by area."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, X, Y, count_reasons
from etl.source.declaration import SourceDeclaration
from etl.transform.locate import Locator, assign_district
from geodata.space import grid

Floats = npt.NDArray[np.float64]

_MAX_CELLS = 20_000
_CELL_KM2_RES10 = 0.015  # the world's mean; only to choose a resolution
_KM2_PER_SQUARE_DEGREE = 12_364.0  # at the equator


def place_hexagons(batch: Batch, declaration: SourceDeclaration, locator: Locator) -> Batch:
    """Turn H3 cells in text into storage cells: a coarser hexagon becomes its centre child.

    The centre child's ancestor at the hexagon's own resolution is the hexagon, so sums stay exact.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    cells = storage_cells(batch.frame["cell"].fill_null("").to_list())
    frame = batch.frame.with_columns(pl.Series("cell", cells, dtype=pl.Int64))
    label = "/".join(declaration.mapping["cell"].source) or "cell"
    batch = replace(batch, frame=frame).reject(
        frame.filter(pl.col("cell") == grid.NO_CELL).select(
            ROW, pl.lit(label).alias("field"), pl.lit("is not an H3 cell").alias("reason")
        )
    )
    batch = replace(batch, frame=at_centres(batch.frame, locator))
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def storage_cells(texts: Sequence[str]) -> grid.Cells:
    """Return the storage cells that represent hexagons, `NO_CELL` where a text is none."""
    cells = grid.texts_to_cells(texts)
    res = grid.cell_res(cells)
    is_cell = cells != grid.NO_CELL
    fine, coarse = is_cell & (res > grid.STORAGE_RES), is_cell & (res < grid.STORAGE_RES)
    cells[fine] = grid.cell_to_parents(cells[fine], grid.STORAGE_RES)
    cells[coarse] = [grid.children_range(int(c), grid.STORAGE_RES)[0] for c in cells[coarse]]
    return cells


def at_centres(frame: pl.DataFrame, locator: Locator) -> pl.DataFrame:
    """Add the centres of the cells as `@x`, `@y`, and the district they lie in."""
    lon, lat = grid.cell_centres(frame["cell"].to_numpy())
    frame = frame.with_columns(
        pl.Series(X, lon),
        pl.Series(Y, lat),
        pl.lit(None, pl.Float64).alias("original_lon"),
        pl.lit(None, pl.Float64).alias("original_lat"),
        pl.lit("wgs84").alias("datum"),
    )
    return assign_district(frame, locator, "city")  # a centre is always a place


def share_by_overlap(value: float, overlaps: npt.ArrayLike) -> Floats:
    """Divide a value in proportion to areas; the parts sum to the value."""
    areas = np.asarray(overlaps, dtype=np.float64)
    shares: Floats = value * areas / areas.sum()
    return shares


def allocate_polygons(batch: Batch, locator: Locator) -> Batch:
    """Spread each unit's residents over the cells it overlaps, by area, its total conserved.

    Small units use cells at resolution 10, large ones coarser cells, so that none needs more than
    about twenty thousand. A unit without an area is rejected.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    shapes = shapely.from_wkb(batch.frame[WKB].to_numpy())
    has_area = np.isfinite(shapely.area(shapes)) & (shapely.area(shapes) > 0)
    batch = batch.reject(
        batch.frame.filter(~has_area).select(
            ROW, pl.lit("geometry").alias("field"), pl.lit("is not an area").alias("reason")
        )
    )
    residents = batch.frame["residents"].to_list()
    parts = [
        _allocate(row, shape, total)
        for row, shape, total in zip(batch.frame[ROW], shapes[has_area], residents, strict=True)
    ]
    schema = {ROW: pl.Int64, "cell": pl.Int64, "residents": pl.Float64}
    shares = pl.concat([pl.DataFrame(schema=schema), *parts])
    spread = batch.frame.drop(WKB, "residents").join(shares, on=ROW, maintain_order="left")
    batch = replace(batch, frame=at_centres(spread, locator))
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def _allocate(row: int, shape: Any, residents: float) -> pl.DataFrame:
    res = _fitting_res(shape)
    cells = grid.cover(shape, res)
    hexagons = _equal_area(grid.cell_polygons(cells))
    overlaps = shapely.area(shapely.intersection(hexagons, _equal_area(np.array([shape]))[0]))
    inside = overlaps > 0
    storage = [grid.children_range(int(cell), grid.STORAGE_RES)[0] for cell in cells[inside]]
    shares = share_by_overlap(residents, overlaps[inside])
    return pl.DataFrame(
        {
            ROW: pl.Series([row] * len(storage), dtype=pl.Int64),
            "cell": pl.Series(storage, dtype=pl.Int64),
            "residents": pl.Series(shares, dtype=pl.Float64),
        }
    )


def _fitting_res(shape: Any) -> int:
    _, south, _, north = shape.bounds
    narrowing = np.cos(np.radians((south + north) / 2))
    cells = shape.area * _KM2_PER_SQUARE_DEGREE * narrowing / _CELL_KM2_RES10
    coarser = max(0, int(np.ceil(np.log(max(cells / _MAX_CELLS, 1)) / np.log(7))))
    return max(grid.STORAGE_RES - coarser, 5)


def _equal_area(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Project lon, lat so that planar areas are in proportion to areas on the sphere."""
    projected: npt.NDArray[Any] = shapely.transform(
        shapes,
        lambda points: np.column_stack(
            [np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))]
        ),
    )
    return projected
