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
EDGES = [-180, -158.4, -157.95, -157.7, 0]  # of the boxes that stand for districts
BOXES = ["unknown", "west", "east", "unknown"]
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
    """Each place's tile cut in metres by the hexagons of resolution 10: its share of the area."""
    keys = tiles["quadkey"].unique()
    places = gpd.GeoDataFrame({"quadkey": keys}, geometry=[square(key) for key in keys], crs=4326)
    cells = sorted({cell for tile in places.geometry for cell in touched(tile)})
    outlines = [
        shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]) for cell in cells
    ]
    grid = gpd.GeoDataFrame({"fine": cells}, geometry=outlines, crs=4326)
    cut = gpd.overlay(places.to_crs(METRIC), grid.to_crs(METRIC), keep_geom_type=True)
    lon = cut.centroid.to_crs(4326).x
    return pd.DataFrame(
        {
            "quadkey": cut["quadkey"],
            "share": cut.area / cut.area.groupby(cut["quadkey"]).transform("sum"),
            "cell": [h3.cell_to_parent(cell, 8) for cell in cut["fine"]],
            "district": pd.cut(lon, EDGES, labels=BOXES, ordered=False).astype(str),
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
def test_b1_by_city_is_the_mean_of_all_tests(
    city, tiles, answer, agrees, key: str, technology: str
) -> None:
    """B1: Σ(avg·tests)/Σtests of the tiles themselves, quarter by quarter."""
    column, divisor = COLUMNS[key]
    for quarter in QUARTERS:
        own = tiles[(tiles["quarter"] == quarter) & (tiles["technology"] == technology)]
        mean = (own[column] * own["tests"]).sum() / own["tests"].sum() / divisor
        found = answer(city, key, quarter, "city", f"{technology}_tile")
        agrees(found, pd.Series({"oahu": mean}), exact=False)


@pytest.mark.parametrize("technology", ["fixed", "mobile"])
@pytest.mark.parametrize("key", COLUMNS)
@pytest.mark.parametrize("by", ["district", "cell"])
def test_b1_by_place_carries_the_mean_and_spreads_the_tests(
    city, tiles, pieces, answer, agrees, key: str, technology: str, by: str
) -> None:
    """B1: tests spread over hexagons by area, the mean carried; fixed and mobile apart."""
    column, divisor = COLUMNS[key]
    for quarter in QUARTERS:
        own = tiles[(tiles["quarter"] == quarter) & (tiles["technology"] == technology)]
        found = answer(city, key, quarter, by, f"{technology}_tile")
        agrees(found, weighted(pieces, own, column, by) / divisor, exact=False)
