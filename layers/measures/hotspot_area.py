"""B7, area variant: the share of the listed venues' ground within reach of an access point."""

from datetime import UTC, timedelta
from typing import Any

import numpy as np
import polars as pl
import shapely

from geodata.queries.places import read_facilities
from geodata.space.areal import cut_by_cells
from geodata.space.crs import to_metric
from geodata.space.grid import STORAGE_RES
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.measures.hotspots import working_points
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, STATE_SCHEMA, complete_states

QUAD_SEGS = 64  # of a quarter circle: 0.01 % of the area is lost; of 8 it would be 0.6 %


def hotspot_area_states(request: MeasureRequest) -> pl.DataFrame:
    """Return one state a cell that a venue lies in: square metres reached over those of venues.

    A venue given as a point has no ground and is left out: missing.
    """
    places = read_facilities(request.connection, ["hotspot_venue", "wifi_ap"])
    venues = places.filter(
        pl.col("kind") == "hotspot_venue", pl.col("is_active"), pl.col("footprint").is_not_null()
    )
    if venues.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    silent = timedelta(hours=float(request.measure.parameters["silent_h"]))
    working = working_points(places.filter(pl.col("kind") == "wifi_ap"), silent)
    points = shapely.points(*to_metric(request.city, working["lon"], working["lat"]))
    outlines = np.asarray(shapely.from_wkb(venues["footprint"].to_numpy()))
    venue, cell, parts = cut_by_cells(request.city, outlines, STORAGE_RES)
    states = pl.DataFrame(
        {
            "cell": cell,
            "district_id": venues["district_id"].gather(venue),
            "num": reached_m2(parts, points, float(request.measure.parameters["within_m"])),
            "den": shapely.area(parts),
        }
    ).with_columns(
        component=pl.lit(TOTAL), starts_at=pl.lit(request.snapshot_at.astimezone(UTC)), n=pl.lit(1)
    )
    return complete_states(merge_states(states.filter(pl.col("den") > 0), KEYS))


def reached_m2(areas: Any, points: Any, within_m: float) -> Any:
    """Return how much of each area lies within the distance of any point; all in metres."""
    circles = shapely.union_all(shapely.buffer(points, within_m, quad_segs=QUAD_SEGS))
    return shapely.area(shapely.intersection(areas, circles))
