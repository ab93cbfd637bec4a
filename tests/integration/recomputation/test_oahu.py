"""B1 of Oahu's published tiles, combined again by geopandas from the files."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import h3
import mercantile
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from geodata.city.configuration import City

pytestmark = pytest.mark.realdata

METRIC = 26904
BOXES = {"west": (-158.4, 21.1, -157.95, 21.8), "east": (-157.95, 21.1, -157.7, 21.8)}
QUARTERS = ["2019Q1", "2020Q2", "2021Q4", "2022Q4", "2023Q3", "2023Q4"]
COLUMNS = {
    "down_mean_mbps": ("avg_d_kbps", 1000.0),
    "up_mean_mbps": ("avg_u_kbps", 1000.0),
    "latency_mean_ms": ("avg_lat_ms", 1.0),
}


@pytest.fixture(scope="module")
def city(engine: Engine, fill: Callable[..., City]) -> City:
    return fill(engine, "oahu", {"ookla_oahu": {}}, list(COLUMNS))


@pytest.fixture(scope="module")
def tiles(trial_data: Path) -> gpd.GeoDataFrame:
    """Every tile of every quarter, fixed and mobile."""
    frames = []
    for quarter in QUARTERS:
        for technology in ("fixed", "mobile"):
            path = trial_data / "broadband" / "ookla" / f"{technology}_oahu_{quarter}.geojson"
            frame = gpd.read_file(path).assign(quarter=quarter, technology=technology)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def square(quadkey: str) -> shapely.Polygon:
    """The tile by its key: the published outline is rounded, and that shows in a sliver of it."""
    return shapely.box(*mercantile.bounds(mercantile.quadkey_to_tile(quadkey)))


@pytest.fixture(scope="module")
def pieces(tiles: gpd.GeoDataFrame) -> pd.DataFrame:
    """Each place's tile cut in metres by hexagons of resolution 10 and districts: its share.

    What lies beyond the districts is in no sum of the city.
    """
    keys = tiles["quadkey"].unique()
    places = gpd.GeoDataFrame({"quadkey": keys}, geometry=[square(key) for key in keys], crs=4326)
    cells = sorted({cell for tile in places.geometry for cell in touched(tile)})
    outlines = [
        shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells
    ]
    grid = gpd.GeoDataFrame({"fine": cells}, geometry=outlines, crs=4326)
    cut = gpd.overlay(places.to_crs(METRIC), grid.to_crs(METRIC), keep_geom_type=True)
    boxes = gpd.GeoDataFrame(
        {"district": list(BOXES)},
        geometry=[shapely.segmentize(shapely.box(*box), 0.01) for box in BOXES.values()],
        crs=4326,
    )
    tile_m2 = cut.area.groupby(cut["quadkey"]).sum()
    inside = gpd.overlay(cut, boxes.to_crs(METRIC), keep_geom_type=True)
    return pd.DataFrame(
        {
            "quadkey": inside["quadkey"],
            "share": inside.area / inside["quadkey"].map(tile_m2),
            "cell": [h3.cell_to_parent(cell, 8) for cell in inside["fine"]],
            "district": inside["district"],
            "city": "oahu",
        }
    )


def touched(tile: shapely.Polygon) -> set[str]:
    """The hexagons of resolution 10 that lie on a tile, found from its centre outwards."""
    middle = h3.latlng_to_cell(tile.centroid.y, tile.centroid.x, 10)
    return set(h3.grid_disk(middle, 6))


def weighted(pieces: pd.DataFrame, tiles: pd.DataFrame, column: str, by: str) -> pd.Series:
    joined = tiles.dropna(subset=[column]).merge(pieces, on="quadkey")
    weight = joined["tests"] * joined["share"]
    above = (weight * joined[column]).groupby(joined[by]).sum()
    return above / weight.groupby(joined[by]).sum()


@pytest.mark.parametrize("technology", ["fixed", "mobile"])
@pytest.mark.parametrize("key", COLUMNS)
@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_b1_by_place_carries_the_mean_and_spreads_the_tests(
    city, tiles, pieces, answer, agrees, key: str, technology: str, by: str
) -> None:
    """B1: tests spread over (district x hexagon) by area, the mean carried; fixed, mobile apart."""
    column, divisor = COLUMNS[key]
    for quarter in QUARTERS:
        own = tiles[(tiles["quarter"] == quarter) & (tiles["technology"] == technology)]
        found = answer(city, key, quarter, by, f"{technology}_tile")
        agrees(found, weighted(pieces, own, column, by) / divisor, exact=False)
