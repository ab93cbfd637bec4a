"""Points to districts: our locator against a spatial join of geopandas."""

import geopandas as gpd
import numpy as np

from bench.sample import make_points
from bench.timing import Table, time_best
from geodata.city.configuration import City
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import OUTSIDE_DISTRICT


def bench_locating(city: City, count: int) -> Table:
    """Assign districts; the peer does a tenth of the points, and must find the same."""
    lon, lat = make_points(city, count)
    districts = read_districts(city)
    locator = DistrictLocator(districts)
    few = min(count, 500_000)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon[:few], lat[:few]), crs=4326)

    def join() -> gpd.GeoDataFrame:
        return points.sjoin(districts[["district_id", "geometry"]], predicate="intersects")

    known = int((locator.locate(lon[:few], lat[:few]) != OUTSIDE_DISTRICT).sum())
    if known != join().index.nunique():
        raise AssertionError("the locator and the spatial join differ")
    return Table(
        f"2. Assign: {count:,} points to districts, exact",
        (
            time_best("DistrictLocator.locate", count, lambda: locator.locate(lon, lat), 2),
            time_best("geopandas sjoin", few, join, runs=1),
            time_best("floor: copying the coordinates", count, lambda: np.stack((lon, lat))),
        ),
    )
