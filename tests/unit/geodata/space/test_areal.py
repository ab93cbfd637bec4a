"""METHODS 2.4: areas, lines and rasters to hexagons; 2.5: people by weights."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import rasterio
import shapely
from pyproj import Geod

from geodata.space.areal import (
    areas_to_cells,
    cut_by_cells,
    largest_remainder,
    lines_to_cells,
    raster_to_cells,
)
from geodata.space.crs import metric_geometry
from geodata.space.grid import cell_polygons, cover, latlng_to_cell

SQUARE = shapely.box(125.30, 43.86, 125.34, 43.89)


def test_2_4_a_line_keeps_its_length_over_its_cells(city):
    """METHODS 2.4: 125.30 to 125.34 at 43.88 is 3214.82 m over its cells, geodesic 3214.71 m."""
    line = shapely.LineString([(125.30, 43.88), (125.34, 43.88)])
    parts = lines_to_cells(city, np.array([line]), 9)
    assert parts["length_m"].sum() == pytest.approx(3214.82, abs=5e-3)
    assert Geod(ellps="WGS84").geometry_length(line) == pytest.approx(3214.71, abs=5e-3)
    assert parts["cell"].n_unique() == len(parts) > 8
    two = lines_to_cells(city, np.array([line, shapely.reverse(line)]), 9)
    assert two.group_by("line").agg(pl.sum("length_m"))["length_m"].to_list() == pytest.approx(
        [parts["length_m"].sum()] * 2
    )


def test_2_4_a_count_is_divided_by_overlap(city):
    """METHODS 2.4: value 100 over 0.2, 0.5, 0.1 of 0.8 km² is 25, 62.5, 12.5."""
    areas = gpd.GeoDataFrame({"people": [100.0]}, geometry=[SQUARE], crs=4326)
    found = areas_to_cells(city, areas, 8, extensive=["people"])
    _, cells, parts = cut_by_cells(city, np.array([SQUARE]), 8)
    share = shapely.area(parts) / metric_geometry(city, [SQUARE]).area[0]
    wanted = pl.DataFrame({"cell": cells, "wanted": 100 * share})
    joined = found.join(wanted, on="cell", how="left").fill_null(0.0)
    assert joined["people"].to_list() == pytest.approx(joined["wanted"].to_list(), abs=1e-5)
    assert found["people"].sum() == pytest.approx(100, rel=1e-6)


def test_2_4_a_level_is_a_mean_weighted_by_overlap(city):
    west, south, east, north = SQUARE.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    areas = gpd.GeoDataFrame({"share": [0.2, 0.8]}, geometry=halves, crs=4326)
    found = areas_to_cells(city, areas, 8, intensive=["share"])
    levels = found.filter(pl.col("share") > 0)["share"]
    assert levels.min() == pytest.approx(0.2)
    assert levels.max() == pytest.approx(0.8)
    assert ((levels > 0.21) & (levels < 0.79)).any()  # hexagons across the border


def test_2_4_overlaps_of_a_fifth_a_half_and_an_eighth():
    """METHODS 2.4: tobler on the very shapes: 25, 62.5, 12.5; a level stays 100 in each."""
    from tobler.area_weighted import area_interpolate

    source = gpd.GeoDataFrame({"v": [100.0]}, geometry=[shapely.box(0, 0, 800, 1000)], crs=4551)
    edges = [0, 200, 700, 1000]
    boxes = [shapely.box(a, 0, b, 1000) for a, b in pairwise(edges)]
    target = gpd.GeoDataFrame(geometry=boxes, crs=4551)
    assert area_interpolate(source, target, extensive_variables=["v"])["v"].tolist() == [
        25, 62.5, 12.5,
    ]  # fmt: skip
    levels = area_interpolate(source, target, intensive_variables=["v"])["v"]
    assert levels.tolist() == pytest.approx([100.0] * 3)


def test_2_4_a_raster_counts_pixels_by_the_share_covered(city, tmp_path):
    path = tmp_path / "people.tif"
    x_m, y_m = metric_geometry(city, [shapely.Point(125.32, 43.88)]).iloc[0].coords[0]
    values = np.full((60, 60), 2.0, dtype=np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=60, height=60, count=1, dtype="float32",
        crs=f"EPSG:{city.metric_crs}", nodata=-1,
        transform=rasterio.Affine(50.0, 0.0, x_m - 1500, 0.0, -50.0, y_m + 1500),
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    cells = np.array([latlng_to_cell(43.88, 125.32, 8), latlng_to_cell(44.5, 125.32, 8)])
    mean = raster_to_cells(path, cells)["value"].to_list()
    assert mean[0] == pytest.approx(2.0)
    assert mean[1] is None
    total = raster_to_cells(path, cells[:1], "sum")["value"][0]
    area_m2 = metric_geometry(city, cell_polygons(cells[:1])).area[0]
    assert total == pytest.approx(2 * area_m2 / 2500, rel=1e-4)


def test_2_4_the_hexagons_cover_the_source(city):
    _, cells, parts = cut_by_cells(city, np.array([SQUARE]), 8)
    assert set(cells) <= set(cover(SQUARE, 8))
    assert shapely.area(parts).sum() == pytest.approx(metric_geometry(city, [SQUARE]).area[0])


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(1000, [1, 1, 1], [334, 333, 333]), (7, [2, 2, 1], [3, 3, 1]), (0, [1, 2], [0, 0])],
)
def test_2_5_whole_people_by_largest_remainder(total, weights, shares):
    """METHODS 2.5: 1000 over 1:1:1 and 7 over 2:2:1, the total kept."""
    assert largest_remainder(total, np.array(weights, dtype=float)).tolist() == shares
