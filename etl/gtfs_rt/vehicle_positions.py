"""GTFS-RT VehiclePositions: a message to a frame, one row a vehicle and time of its report.

The one decoder of the program: archives of a day and the live feed read through it. A field that
the sender did not set is null (protobuf would answer 0).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from etl.gtfs_rt.check import (
    Fault,
    FaultError,
    TripReference,
    check_instant,
    check_number,
    check_text,
    check_trip,
)
from etl.gtfs_rt.fields import given, name_of
from etl.gtfs_rt.message import Message, raw_of

POSITION_SCHEMA = pl.Schema(
    {
        "vehicle_id": pl.String(),  # of the vehicle, else that of the entity
        "label": pl.String(),
        "trip_id": pl.String(),
        "route_id": pl.String(),
        "direction_id": pl.Int64(),
        "start_on": pl.Date(),  # service day of the run, where the feed names it
        "start_s": pl.Int64(),  # start_time in seconds of the service day; may exceed 24 h
        "schedule_relationship": pl.String(),  # of the trip: SCHEDULED, CANCELED, NEW ...
        "observed_at": pl.Datetime("us", "UTC"),  # of the report, else of the message
        "lon": pl.Float64(),  # float32 in the feed: about 0.6 m
        "lat": pl.Float64(),
        "speed_m_s": pl.Float64(),
        "bearing": pl.Float64(),
        "odometer_m": pl.Float64(),
        "current_stop_sequence": pl.Int64(),
        "stop_id": pl.String(),
        "current_status": pl.String(),  # INCOMING_AT, STOPPED_AT, IN_TRANSIT_TO
    }
)
T = TypeVar("T")

ENTITY = "entity"  # the number of its entity in the message, from 1
FASTEST_M_S = 70.0
LONGEST_M = 1e10  # an odometer's end
NO_TRIP = TripReference(None, None, None, "scheduled")


@dataclass(frozen=True)
class Positions:
    """The vehicles of a message that give a place, and what was rejected of it.

    `frame` has the columns of `POSITION_SCHEMA` and `ENTITY`; `trips` is by entity. `rejected` are
    vehicles, which are not in the frame; `dropped` are values of vehicles that are.
    """

    frame: pl.DataFrame
    trips: dict[int, TripReference]
    rejected: list[Fault]
    dropped: list[Fault]
    without_place: int


class _Optional:
    """Reads the values that a vehicle can do without; a wrong one is noted and left out."""

    def __init__(self, row: int, entity: Any) -> None:
        """Read an entity of a number."""
        self._row, self._entity = row, entity
        self.faults: list[Fault] = []

    def take(self, check: Callable[..., T], *values: Any, default: T) -> T:
        """Return what a check returns, else the default."""
        try:
            return check(*values)
        except FaultError as error:
            raw = raw_of(self._entity)
            self.faults.append(Fault(self._row, error.field, error.reason, raw))
            return default

    def text(self, message: Any, field: str, named: str) -> str | None:
        """Return a text that the sender set."""
        return self.take(check_text, given(message, field), named, default=None)

    def number(self, message: Any, field: str, low: float, high: float) -> float | None:
        """Return a number that the sender set, within its range."""
        named = f"vehicle.{field}"
        return self.take(check_number, given(message, field), named, low, high, default=None)


def decode_positions(message: Message) -> Positions:
    """Return the vehicles of one message."""
    rows, trips = [], {}
    rejected: list[Fault] = []
    dropped: list[Fault] = []
    without_place = 0
    for number, entity in message.entities:
        if not entity.HasField("vehicle") or entity.is_deleted:
            continue
        if not entity.vehicle.HasField("position"):
            without_place += 1
            continue
        optional = _Optional(number, entity)
        try:
            row, trip = _row(entity, message.sent_at, optional)
        except FaultError as error:
            rejected.append(Fault(number, error.field, error.reason, raw_of(entity)))
            continue
        rows.append((number, *row))
        trips[number] = trip
        dropped += optional.faults
    schema = {ENTITY: pl.Int64(), **POSITION_SCHEMA}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return Positions(frame, trips, rejected, dropped, without_place)


def _row(
    entity: Any, sent_at: datetime | None, optional: _Optional
) -> tuple[tuple[object, ...], TripReference]:
    vehicle = entity.vehicle
    descriptor, position = vehicle.vehicle, vehicle.position
    vehicle_id = check_text(given(descriptor, "id") or entity.id, "vehicle.id")
    if vehicle_id is None:
        raise FaultError("vehicle.id", "is missing, as is the entity's")
    observed_at = sent_at
    if given(vehicle, "timestamp"):
        observed_at = check_instant(vehicle.timestamp, "observed_at", sent_at)
    if observed_at is None:
        raise FaultError("observed_at", "has no time")
    if not (math.isfinite(position.longitude) and math.isfinite(position.latitude)):
        raise FaultError("position", "is not a number")
    trip = NO_TRIP
    if vehicle.HasField("trip"):
        trip = optional.take(check_trip, vehicle.trip, default=NO_TRIP)
    direction = optional.number(vehicle.trip, "direction_id", 0, 1)
    row = (
        vehicle_id,
        optional.text(descriptor, "label", "vehicle.label"),
        trip.trip_id,
        optional.text(vehicle.trip, "route_id", "trip.route_id"),
        None if direction is None else int(direction),
        trip.start_on,
        trip.start_s,
        name_of(vehicle.trip, "schedule_relationship"),
        observed_at,
        position.longitude,
        position.latitude,
        optional.number(position, "speed", 0, FASTEST_M_S),
        optional.number(position, "bearing", 0, 360),
        optional.number(position, "odometer", 0, LONGEST_M),
        given(vehicle, "current_stop_sequence"),
        optional.text(vehicle, "stop_id", "vehicle.stop_id"),
        name_of(vehicle, "current_status"),
    )
    return row, trip
