"""B7: listed venues with a working public access point inside or near."""

from datetime import UTC, timedelta
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geodata.city.configuration import City
from geodata.queries.places import read_facilities
from geodata.space.crs import to_metric, transformer
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states


def hotspot_states(request: MeasureRequest) -> pl.DataFrame:
    """Return one state a venue's cell: venues with an access point over venues."""
    places = read_facilities(request.connection, ["hotspot_venue", "wifi_ap"])
    silent = timedelta(hours=float(request.measure.parameters["silent_h"]))
    venues = places.filter(pl.col("kind") == "hotspot_venue", pl.col("is_active"))
    working = working_points(places.filter(pl.col("kind") == "wifi_ap"), silent)
    served = are_served(
        _outlines(venues, request.city),
        shapely.points(*to_metric(request.city, working["lon"], working["lat"])),
        float(request.measure.parameters["within_m"]),
    )
    states = venues.select(
        "cell",
        "district_id",
        component=pl.lit(TOTAL),
        starts_at=pl.lit(request.snapshot_at.astimezone(UTC)),
        n=pl.lit(1),
        num=pl.Series(served, dtype=pl.Float64),
        den=pl.lit(1.0),
    )
    return complete_states(merge_states(states, KEYS))


def working_points(points: pl.DataFrame, silent: timedelta) -> pl.DataFrame:
    """Return the access points that work: active, and not silent before the newest report.

    Silence is measured from the newest report of all, so that a late file does not switch the whole
    network off. A point without any report counts as working if it is active.
    """
    seen = pl.col("last_seen_at")
    spoke = (seen >= seen.max() - silent).fill_null(value=True)
    return points.filter(pl.col("is_active") & spoke)


def are_served(venues: Any, points: Any, within_m: float) -> NDArray[np.bool_]:
    """Return for each venue (in metres) whether a point lies inside or within the distance."""
    served = np.zeros(len(venues), dtype=np.bool_)
    if len(venues) and len(points):
        found, _ = shapely.STRtree(points).query(venues, predicate="dwithin", distance=within_m)
        served[found] = True
    return served


def _outlines(venues: pl.DataFrame, city: City) -> Any:
    """Return each venue's outline in metres, or its point where it has none."""
    project = transformer(city)
    points = shapely.points(venues["lon"], venues["lat"])
    given = shapely.from_wkb(venues["footprint"].to_numpy())
    shapes = np.where(shapely.is_missing(given), points, given)
    return shapely.transform(shapes, lambda lon_lat: np.column_stack(project.transform(*lon_lat.T)))
