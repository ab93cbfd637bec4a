"""GTFS-RT VehiclePositions: protobuf bytes to a frame, one row a vehicle and time of its report.

The one decoder of the program: archives of a day and the live feed read through it. A field that
the sender did not set is null (protobuf would answer 0). Only whole datasets are read: what a
differential message leaves out is not known.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
from google.protobuf.message import DecodeError
from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage

from geodata.errors import ExtractError

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


def parse_message(content: bytes, name: str) -> FeedMessage:
    """Return the message of a feed's bytes; `name` says in errors which file or address it was.

    Raises:
        ExtractError: the bytes are no GTFS-RT message, or a differential one.
    """
    message = FeedMessage()
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise ExtractError(f"{name}: not a GTFS-RT message: {error}") from error
    if not content or not message.header.gtfs_realtime_version:
        raise ExtractError(f"{name}: not a GTFS-RT message: it has no header")
    if message.header.incrementality != FeedHeader.FULL_DATASET:
        raise ExtractError(f"{name}: a differential message; only whole datasets are read")
    return message


def decode_positions(message: FeedMessage) -> pl.DataFrame:
    """Return the vehicles of one message that give a position; columns of `POSITION_SCHEMA`."""
    sent_at = message.header.timestamp if message.header.HasField("timestamp") else None
    rows = [
        _row(entity, sent_at)
        for entity in message.entity
        if entity.HasField("vehicle")
        and entity.vehicle.HasField("position")
        and not entity.is_deleted
    ]
    raw = pl.DataFrame(rows, schema=_RAW_SCHEMA, orient="row")
    clock = pl.col("start_time").str.extract_groups(r"^(\d+):(\d{2}):(\d{2})$")
    hours, minutes, seconds = (clock.struct[n].cast(pl.Int64) for n in range(3))
    return raw.with_columns(
        pl.col("start_date").str.to_date("%Y%m%d", strict=False).alias("start_on"),
        (hours * 3600 + minutes * 60 + seconds).alias("start_s"),
        pl.from_epoch("observed_at", time_unit="s")
        .dt.replace_time_zone("UTC")
        .cast(POSITION_SCHEMA["observed_at"]),
    ).select(POSITION_SCHEMA.names())


def deduplicate(positions: pl.DataFrame) -> pl.DataFrame:
    """Keep the first of each (vehicle_id, observed_at): feeds repeat a report until a new one."""
    return positions.unique(["vehicle_id", "observed_at"], keep="first", maintain_order=True)


def read_positions(contents: Iterable[tuple[str, bytes]]) -> pl.DataFrame:
    """Return the distinct reports of several messages (name, bytes), in their order."""
    frames = [decode_positions(parse_message(content, name)) for name, content in contents]
    return deduplicate(pl.concat([POSITION_SCHEMA.to_frame(), *frames]))


_AS_SENT: dict[str, tuple[str, pl.DataType]] = {
    "start_on": ("start_date", pl.String()),
    "start_s": ("start_time", pl.String()),
    "observed_at": ("observed_at", pl.Int64()),
}
_RAW_SCHEMA = dict(_AS_SENT.get(name, (name, kind)) for name, kind in POSITION_SCHEMA.items())


def _row(entity: Any, sent_at: int | None) -> tuple[object, ...]:
    vehicle = entity.vehicle
    descriptor, trip, position = vehicle.vehicle, vehicle.trip, vehicle.position
    return (
        _given(descriptor, "id") or entity.id,
        _given(descriptor, "label"),
        _given(trip, "trip_id"),
        _given(trip, "route_id"),
        _given(trip, "direction_id"),
        _given(trip, "start_date"),
        _given(trip, "start_time"),
        _named(trip, "schedule_relationship"),
        _given(vehicle, "timestamp") or sent_at,
        position.longitude,
        position.latitude,
        _given(position, "speed"),
        _given(position, "bearing"),
        _given(position, "odometer"),
        _given(vehicle, "current_stop_sequence"),
        _given(vehicle, "stop_id"),
        _named(vehicle, "current_status"),
    )


def _given(message: Any, field: str) -> Any:
    """Return a field that the sender set, else None."""
    return getattr(message, field) if message.HasField(field) else None


def _named(message: Any, field: str) -> str | None:
    """Return the name of an enumerated value; an unknown number as it is."""
    number = _given(message, field)
    if number is None:
        return None
    found = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(number)
    return str(number) if found is None else str(found.name)
