"""E9: residents and past events that a station reaches in time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import polars as pl
from sqlalchemy import Connection

from geodata.clock import now
from geodata.queries.events import read_event_places
from geodata.queries.places import read_facilities
from geodata.queries.residents import read_residents
from layers.access.city_network import in_metres, read_drive_network
from layers.access.gathering import gather_states
from layers.access.network import Floats
from layers.access.routing import cost_from_nearest
from layers.build.measure_request import MeasureRequest
from layers.states.state import STATE_SCHEMA

_SECONDS = 60.0
_EVENTS_OF = timedelta(days=3 * 365)


def coverage_states(request: MeasureRequest) -> pl.DataFrame:
    """Return demand within a time of the nearest station over all demand (class R).

    `parameters.components` gives each its `stations` (facility kind), `limit_s` and, where events
    are the demand instead of residents, their `channel`.
    """
    connection, city, parameters = request.connection, request.city, request.measure.parameters
    network = read_drive_network(connection, city, parameters["time_of_day"])
    if network is None:
        return pl.DataFrame(schema=STATE_SCHEMA)
    components = cast("Mapping[str, Mapping[str, Any]]", parameters["components"])
    demands = _read_demands(connection, components)
    kinds = sorted({str(rules["stations"]) for rules in components.values()})
    stations = read_facilities(connection, kinds).filter("is_active")
    frames = []
    for name, rules in components.items():
        doors = network.snap(in_metres(city, stations.filter(kind=rules["stations"])))
        if not doors.is_joined.any():
            continue
        demand = demands[str(rules.get("channel", ""))]
        places = network.snap(in_metres(city, demand))
        minutes = cost_from_nearest(network, places, doors)
        frames.append(reached_within(demand, minutes, float(rules["limit_s"]), name))
    if not frames:
        return pl.DataFrame(schema=STATE_SCHEMA)
    return gather_states(pl.concat(frames), request.snapshot_at)


def _read_demands(
    connection: Connection, components: Mapping[str, Mapping[str, Any]]
) -> dict[str, pl.DataFrame]:
    """Return places with a weight, by channel; residents under the empty name."""
    channels = [str(rules["channel"]) for rules in components.values() if "channel" in rules]
    events = read_event_places(connection, channels, now() - _EVENTS_OF)
    events = events.with_columns(weight=pl.lit(1.0))
    people = read_residents(connection).rename({"residents": "weight"})
    return {"": people} | {channel: events.filter(channel=channel) for channel in channels}


def reached_within(
    demand: pl.DataFrame, minutes: Floats, limit_s: float, component: str
) -> pl.DataFrame:
    """Return rows of demand (cell, district_id, weight) with the part within the limit.

    A place that is off the network (infinite minutes) is missing, neither reached nor not.
    """
    time_s = pl.Series(minutes) * _SECONDS
    known = time_s.is_finite()
    weight = pl.col("weight")
    reached = pl.when(time_s <= limit_s).then(weight).otherwise(0.0)
    return demand.select(
        "cell",
        "district_id",
        component=pl.lit(component),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        num=pl.when(known).then(reached),
        den=pl.when(known).then(weight),
    )
