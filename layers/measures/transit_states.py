"""The transit measures on the city's records: reads the records, computes the states."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import polars as pl

from geodata.city.configuration import City
from geodata.queries.residents import read_residents
from geodata.queries.transit import (
    read_boardable_departures,
    read_boarding_points,
    read_first_service_date,
    read_service_dates,
)
from geodata.space.crs import to_metric
from geodata.space.grid import NO_CELL
from geodata.tables import NOT_OF_CITY, UNKNOWN_DISTRICT
from layers.build.measure_request import MeasureRequest
from layers.measures.transit_coverage import compute_stop_coverage
from layers.measures.transit_service import SERVICE_MEASURES, Windows
from layers.period import Grain, Period
from layers.states.state import STATE_SCHEMA, complete_states

_EMPTY = pl.DataFrame(schema=STATE_SCHEMA)


def service_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the states of a service measure for every calendar day fully expanded.

    `parameters.windows` gives each component its first and last hour of the local day.
    """
    windows = cast("Windows", request.measure.parameters["windows"])
    compute = SERVICE_MEASURES[request.indicator.key]
    connection, zone = request.connection, request.city.timezone
    dates = read_service_dates(connection, zone)
    states = [_EMPTY]
    for period in request.wanted([Period.containing(day, Grain.DAY) for day in dates]):
        departures = read_boardable_departures(
            connection, period.start_at(zone), period.end_at(zone)
        )
        found = compute(departures, windows, zone)
        starts_at = period.start_at(zone)
        of_city = found.filter(~pl.col("district_id").is_in(NOT_OF_CITY))["component"]
        idle = [name for name in windows if name not in of_city]
        states += [found, _no_service(idle, starts_at)]
    return pl.concat(states)


def _no_service(components: Sequence[str], starts_at: datetime) -> pl.DataFrame:
    """Return states of zero: on a day that the feed covers, no service is a true zero.

    A regional feed that only runs elsewhere that day serves the city no more than none does.
    """
    nothing = {"cell": NO_CELL, "district_id": UNKNOWN_DISTRICT, "n": 0, "ids": []}
    sums = {"num": 0.0, "den": 0.0, "sum_w": 0.0, "sum_wx": 0.0}
    rows = [
        {"component": name, "starts_at": starts_at.astimezone(UTC)} | nothing | sums
        for name in components
    ]
    return complete_states(pl.DataFrame(rows, schema_overrides=STATE_SCHEMA) if rows else _EMPTY)


def coverage_states(request: MeasureRequest) -> pl.DataFrame:
    """Return residents near a boarding point, from the day on which the current feeds begin.

    `parameters.radius_m` is the distance that still counts as near.
    """
    first = read_first_service_date(request.connection)
    period = Period.containing(first, request.indicator.grain) if first else None
    return compute_stop_coverage(
        _in_metres(request.city, read_residents(request.connection)),
        _in_metres(request.city, read_boarding_points(request.connection)),
        float(request.measure.parameters["radius_m"]),
        period.start_at(request.city.timezone) if period else request.snapshot_at,
    )


def _in_metres(city: City, points: pl.DataFrame) -> pl.DataFrame:
    """Add x_m, y_m to points with lon, lat; null stays null."""
    known = points["lon"].is_not_null() & points["lat"].is_not_null()
    x_m, y_m = to_metric(city, points["lon"].fill_null(0.0), points["lat"].fill_null(0.0))
    return points.with_columns(
        pl.when(known).then(pl.Series(values)).alias(name)
        for name, values in (("x_m", x_m), ("y_m", y_m))
    )
