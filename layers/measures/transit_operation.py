"""T6, T7 and T9 on the city's records."""

from collections.abc import Callable, Mapping
from typing import cast

import polars as pl

from geodata.queries.operation import read_dispatched_trips, read_stop_events
from layers.build.measure_request import MeasureRequest
from layers.measures.transit_headways import (
    compute_bunching_share,
    compute_excess_wait,
    compute_headway_cv,
)
from layers.measures.transit_punctuality import (
    OnTime,
    compute_first_departure_punctuality,
    compute_observed_share,
    compute_on_time,
    compute_trip_completion,
)
from layers.measures.transit_service import Windows

HEADWAY_MEASURES: Mapping[str, Callable[[pl.DataFrame, Windows, str, float], pl.DataFrame]] = {
    "excess_wait_min": compute_excess_wait,
    "headway_cv": compute_headway_cv,
    "bunching_share": compute_bunching_share,
}


def on_time_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T6: `parameters` tolerance_s [early, late], routes {route_id: the same}, strict."""
    return compute_on_time(
        read_stop_events(request.connection, request.span),
        _rule(request),
        request.city.timezone,
        strict=bool(request.measure.parameters.get("strict", False)),
    )


def observed_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the share of the schedule that was observed."""
    events = read_stop_events(request.connection, request.span)
    return compute_observed_share(events, request.city.timezone)


def headway_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T7: `parameters` windows (as T2) and max_headway_min, up to which buses are regular.

    Gaps do not cross the window of the day, so a day is complete in itself.
    """
    parameters = request.measure.parameters
    return HEADWAY_MEASURES[request.indicator.key](
        read_stop_events(request.connection, request.span),
        cast("Windows", parameters["windows"]),
        request.city.timezone,
        float(parameters["max_headway_min"]),
    )


def completion_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T9: `parameters.least_share` of its distance makes a trip completed."""
    trips = read_dispatched_trips(request.connection, request.span)
    least = float(request.measure.parameters["least_share"])
    return compute_trip_completion(trips, least, request.city.timezone)


def first_departure_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T9: `parameters` tolerance_s [early, late] and routes, as for T6."""
    trips = read_dispatched_trips(request.connection, request.span)
    return compute_first_departure_punctuality(trips, _rule(request), request.city.timezone)


def _rule(request: MeasureRequest) -> OnTime:
    parameters = request.measure.parameters
    early, late = parameters["tolerance_s"]
    return OnTime((early, late), parameters.get("routes", {}))
