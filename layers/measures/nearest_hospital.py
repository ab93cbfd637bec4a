"""H4: minutes from where people live to the nearest hospital, by car.

On the road graph where roads are loaded; else by straight line, which is an estimate.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.queries.places import read_facilities
from geodata.queries.residents import read_residents
from layers.access.city_network import in_metres, read_drive_network
from layers.access.routing import cost_to_nearest
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states

Floats = NDArray[np.float64]


def minutes_states(request: MeasureRequest) -> pl.DataFrame:
    """Return minutes weighted by residents (class W)."""
    return weighted_minutes(_travel(request), request.snapshot_at)


def within_states(request: MeasureRequest) -> pl.DataFrame:
    """Return residents within the limit over residents (class R)."""
    limit_min = float(request.measure.parameters["limit_min"])
    return within_limit(_travel(request), limit_min, request.snapshot_at)


def straight_line_min(distance_m: Floats, detour_factor: float, speed_kmh: float) -> Floats:
    """Return the minutes a straight distance takes on a road longer by the detour factor."""
    return distance_m * detour_factor / (speed_kmh * 1000 / 60)


def weighted_minutes(travel: pl.DataFrame, snapshot_at: datetime) -> pl.DataFrame:
    """Return states of points: cell, district_id, residents, minutes (or null), is_estimated."""
    residents, minutes = pl.col("residents"), pl.col("minutes")
    return _states(
        travel,
        snapshot_at,
        sum_w=pl.when(minutes.is_not_null()).then(residents),
        sum_wx=residents * minutes,
    )


def within_limit(travel: pl.DataFrame, limit_min: float, snapshot_at: datetime) -> pl.DataFrame:
    """Return states of points: cell, district_id, residents, minutes (or null), is_estimated."""
    residents, minutes = pl.col("residents"), pl.col("minutes")
    reached = pl.when(minutes <= limit_min).then(residents).otherwise(0.0)
    known = minutes.is_not_null()
    return _states(
        travel,
        snapshot_at,
        num=pl.when(known).then(reached),
        den=pl.when(known).then(residents),
    )


def _states(travel: pl.DataFrame, snapshot_at: datetime, **sums: pl.Expr) -> pl.DataFrame:
    known = pl.col("minutes").is_not_null()
    states = travel.select(
        "cell",
        "district_id",
        "is_estimated",
        component=pl.lit(TOTAL),
        starts_at=pl.lit(snapshot_at.astimezone(UTC)),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        **sums,
    )
    return complete_states(merge_states(states, KEYS))


def _travel(request: MeasureRequest) -> pl.DataFrame:
    """Return the population points with the minutes to the nearest hospital that works."""
    connection, city, parameters = request.connection, request.city, request.measure.parameters
    people = read_residents(connection)
    hospitals = read_facilities(connection, [str(parameters["places"])]).filter("is_active")
    homes, doors = in_metres(city, people), in_metres(city, hospitals)
    network = read_drive_network(connection, city, parameters["time_of_day"])
    if network is None:
        minutes = _straight_line(homes, doors, parameters)
    else:
        minutes = cost_to_nearest(network, network.snap(homes), network.snap(doors))
    return people.with_columns(
        minutes=pl.Series(np.where(np.isfinite(minutes), minutes, np.nan)).fill_nan(None),
        is_estimated=pl.lit(network is None),
    )


def _straight_line(homes: Floats, doors: Floats, parameters: Mapping[str, Any]) -> Floats:
    minutes = np.full(len(homes), np.nan)
    placed = np.isfinite(homes).all(axis=1)
    if len(doors) and placed.any():
        distance_m, _ = cKDTree(doors).query(homes[placed])
        minutes[placed] = straight_line_min(
            distance_m, float(parameters["detour_factor"]), float(parameters["speed_kmh"])
        )
    return minutes
