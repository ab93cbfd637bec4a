"""Carries areas, lines and rasters over to hexagons: counts keep their sum, levels are averaged.

The target hexagons always cover the whole source (`grid.cover`, overlap): tobler otherwise silently
moves into them what lies outside. Areas and lengths are those of the city's metric CRS.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from geodata.city.configuration import City
from geodata.space import grid
from geodata.space.crs import metric_geometry, transformer

_HAIR_DEGREES = 1e-9  # turns a line into an area that hexagons can cover

Shapes = npt.NDArray[Any]


def areas_to_cells(
    city: City,
    areas: gpd.GeoDataFrame,
    res: int,
    extensive: Sequence[str] = (),
    intensive: Sequence[str] = (),
) -> pl.DataFrame:
    """Return `cell` and the columns of polygons in WGS-84, carried over by area.

    Extensive columns (counts) are divided by area and keep their sum; intensive ones (shares,
    levels) become means weighted by the overlap.
    """
    from tobler.area_weighted import area_interpolate  # takes seconds to import

    cells = grid.cover(shapely.union_all(areas.geometry.to_numpy()), res)
    found = area_interpolate(
        areas.to_crs(city.metric_crs),
        gpd.GeoDataFrame(geometry=metric_geometry(city, grid.cell_polygons(cells))),
        extensive_variables=list(extensive) or None,
        intensive_variables=list(intensive) or None,
    )
    columns = {name: found[name].to_numpy() for name in (*extensive, *intensive)}
    return pl.DataFrame({"cell": cells, **columns})


def lines_to_cells(city: City, lines: Shapes, res: int) -> pl.DataFrame:
    """Return line (its position), cell and length_m of the parts of lines in WGS-84.

    The parts of a line add up to its length.
    """
    line, cell, parts = cut_by_cells(city, lines, res)
    frame = pl.DataFrame({"line": line, "cell": cell, "length_m": shapely.length(parts)})
    return frame.filter(pl.col("length_m") > 0)


def cut_by_cells(
    city: City, shapes: Shapes, res: int
) -> tuple[npt.NDArray[np.int64], grid.Cells, Shapes]:
    """Return of each part of lines or areas in WGS-84 its source's position, its cell, its shape.

    The shapes are in metres.
    """
    cells = grid.cover(shapely.union_all(shapely.buffer(shapes, _HAIR_DEGREES)), res)
    hexagons = to_metres(city, grid.cell_polygons(cells))
    projected = to_metres(city, shapes)
    source, at = shapely.STRtree(hexagons).query(projected, predicate="intersects")
    parts = shapely.intersection(projected[source], hexagons[at])
    return source.astype(np.int64), cells[at], parts


def largest_remainder(total: int, weights: grid.Floats) -> npt.NDArray[np.int64]:
    """Share an integer over weights; ties go to the earlier weight, the sum is exact."""
    exact = total * weights / weights.sum()
    shares: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return shares


def to_metres(city: City, shapes: Shapes) -> Shapes:
    """Return shapes in WGS-84 transformed to the city's metric CRS, point by point."""
    project = transformer(city)
    projected: Shapes = shapely.transform(
        shapes, lambda lon_lat: np.column_stack(project.transform(*lon_lat.T))
    )
    return projected


def raster_to_cells(raster: Path, cells: grid.Cells, operation: str = "mean") -> pl.DataFrame:
    """Return `cell` and `value` of a raster's first band; pixels count by the share covered.

    `operation` is exactextract's: `sum` for counts a pixel, `mean` for levels. Null where no pixel
    holds a value.
    """
    import rasterio
    from exactextract import exact_extract

    with rasterio.open(raster) as opened:
        crs = opened.crs
    hexagons = gpd.GeoDataFrame(
        {"cell": cells}, geometry=grid.cell_polygons(cells), crs=4326
    ).to_crs(crs)
    found = exact_extract(str(raster), hexagons, [operation], output="pandas")
    values = pl.Series("value", found[operation].to_numpy(dtype=np.float64)).fill_nan(None)
    return pl.DataFrame({"cell": cells, "value": values})
