"""T8 and the walking variant of T1: stops by walking distance on the road network."""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.queries.residents import read_residents
from geodata.queries.stop_access import read_stop_access
from geodata.queries.transit import (
    read_boardable_departures,
    read_boarding_points,
    read_first_service_date,
    read_service_dates,
)
from layers.access.city_network import in_metres, read_walk_network
from layers.access.gathering import gather_states
from layers.access.network import Network
from layers.access.ptal import WALK_LIMIT_M, access_index
from layers.access.routing import cost_to_nearest, pairs_within
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.period import Period
from layers.states.state import STATE_SCHEMA

_LINE = ("source", "stop_id", "route_id")


def walk_coverage_states(request: MeasureRequest) -> pl.DataFrame:
    """Return residents within `parameters.walk_m` of a stop on foot over all residents (R)."""
    connection, city = request.connection, request.city
    network = read_walk_network(connection, city)
    if network is None:
        return pl.DataFrame(schema=STATE_SCHEMA)
    people = read_residents(connection)
    stops = network.snap(in_metres(city, read_boarding_points(connection)))
    homes = network.snap(in_metres(city, people))
    near = pl.Series(
        cost_to_nearest(network, homes, stops) <= float(request.measure.parameters["walk_m"])
    )
    known, residents = pl.Series(homes.is_joined), pl.col("residents")
    rows = people.select(
        "cell",
        "district_id",
        component=pl.lit(TOTAL),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        num=pl.when(known).then(pl.when(near).then(residents).otherwise(0.0)),
        den=pl.when(known).then(residents),
    )
    return gather_states(rows, _starts_at(request))


def access_index_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the access index weighted by residents (class W), at the points where people live.

    Frequencies are those of the city's morning peak on the first working day whose departures are
    all known. A point on the network without a stop in reach has index 0.
    """
    connection, city = request.connection, request.city
    network = read_walk_network(connection, city)
    day = _working_day(city, read_service_dates(connection, city.timezone))
    if network is None or day is None:
        return pl.DataFrame(schema=STATE_SCHEMA)
    people = read_residents(connection)
    frequencies = read_frequencies(connection, city, day)
    index = _access_index(connection, city, network, people, frequencies)
    known, residents = pl.Series(np.isfinite(index)), pl.col("residents")
    rows = people.select(
        "cell",
        "district_id",
        component=pl.lit(TOTAL),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        sum_w=pl.when(known).then(residents),
        sum_wx=pl.when(known).then(residents * pl.Series(index)),
    )
    return gather_states(rows, _starts_at(request))


def _starts_at(request: MeasureRequest) -> datetime:
    """Return the begin of the step in which the current feeds begin."""
    first = read_first_service_date(request.connection)
    if first is None:
        return request.snapshot_at
    return Period.containing(first, request.indicator.grain).start_at(request.city.timezone)


def _working_day(city: City, days: list[date]) -> date | None:
    working = [day for day in days if city.is_working_day(day)]
    return next(iter(working or days), None)


def read_frequencies(connection: Connection, city: City, day: date) -> pl.DataFrame:
    """Return source, stop_id, route_id, per_hour: the busier direction at the peak."""
    midnight = datetime.combine(day, time(), city.zone)
    first_h, end_h = city.travel.morning_peak_h
    departures = read_boardable_departures(
        connection, midnight + timedelta(hours=first_h), midnight + timedelta(hours=end_h)
    )
    return (
        departures.group_by(*_LINE, "direction_id")
        .agg(per_hour=pl.len() / (end_h - first_h))
        .group_by(_LINE)
        .agg(pl.col("per_hour").max())
    )


def _access_index(
    connection: Connection,
    city: City,
    network: Network,
    people: pl.DataFrame,
    frequencies: pl.DataFrame,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the index of each point: 0 without a stop in reach, NaN off the network."""
    stops = read_stop_access(connection).join(frequencies, on=["source", "stop_id"], how="semi")
    homes, doors = (network.snap(in_metres(city, each)) for each in (people, stops))
    walks = pairs_within(network, homes, doors, max(WALK_LIMIT_M.values()))
    served = stops.with_row_index("target").select(
        pl.col("target").cast(pl.Int64),
        "source",
        "stop_id",
        mode=pl.when("is_rail").then(pl.lit("rail")).otherwise(pl.lit("bus")),
    )
    services = (
        walks.join(served, on="target")
        .filter((pl.col("mode") == "rail") | (pl.col("cost") <= WALK_LIMIT_M["bus"]))
        .join(frequencies, on=["source", "stop_id"])
        .select(
            "point",
            "mode",
            "per_hour",
            route=pl.concat_str("source", "route_id", separator="\x1f").cast(pl.Categorical),
            walk_m="cost",
        )
    )
    found = access_index(services, city.travel.walk_m_per_min)
    index = np.where(homes.is_joined, 0.0, np.nan)
    index[found["point"].to_numpy()] = found["ptai"].to_numpy()
    return index
