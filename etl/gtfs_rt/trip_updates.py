"""GTFS-RT TripUpdates: keeps observed and cancelled stops, never predictions.

A time or delay counts once it lies before the message's own time: until then it is a prediction.
- `NO_DATA` holds for the stops after it as well, until another state is given;
- `SKIPPED` holds for its own stop only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
from google.transit.gtfs_realtime_pb2 import TripDescriptor, TripUpdate

from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.stop_events import StopEvent

_STOP = TripUpdate.StopTimeUpdate
_CANCELLED = frozenset({TripDescriptor.CANCELED, TripDescriptor.DELETED})
# Without a timetable they have no schedule to compare with; ADDED is the old word for NEW.
_UNSCHEDULED = frozenset(
    {TripDescriptor.ADDED, TripDescriptor.NEW, TripDescriptor.REPLACEMENT,
     TripDescriptor.DUPLICATED, TripDescriptor.UNSCHEDULED}
)  # fmt: skip

StopState = Literal["given", "skipped", "no data", "silent"]


@dataclass(frozen=True)
class Update:
    """One entity of a message."""

    row: int
    trip_id: str
    start_on: date | None
    start_s: int | None
    vehicle_id: str | None
    said_at: datetime
    is_cancelled: bool
    is_scheduled: bool
    stops: tuple[Any, ...]


def decode_updates(message: Any) -> Iterator[Update]:
    """Yield the trip updates of a message, numbered from 1."""
    sent = message.header.timestamp
    updates = (entity.trip_update for entity in message.entity if entity.HasField("trip_update"))
    for row, update in enumerate(updates, start=1):
        trip = update.trip
        relationship = trip.schedule_relationship
        said = update.timestamp if update.HasField("timestamp") else sent
        yield Update(
            row=row,
            trip_id=trip.trip_id,
            start_on=_date(trip.start_date),
            start_s=_seconds(trip.start_time),
            vehicle_id=update.vehicle.id if update.vehicle.HasField("id") else None,
            said_at=datetime.fromtimestamp(max(said, sent), UTC),
            is_cancelled=relationship in _CANCELLED,
            is_scheduled=relationship not in _UNSCHEDULED,
            stops=tuple(update.stop_time_update),
        )


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _seconds(text: str) -> int | None:
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]) * 3600 + int(parts[1]) * 60 + int(parts[2])


def stop_states(run: Run, update: Update) -> list[tuple[StopState, Any]]:
    """Return for every stop of a run its state in the update, and its own entry if given."""
    said = {_index_of(run, stop): stop for stop in update.stops}
    states: list[tuple[StopState, Any]] = []
    has_no_data = False
    for index in range(len(run.trip.stops.stop_id)):
        stop = said.get(index)
        if stop is None:
            states.append(("no data" if has_no_data else "silent", None))
        elif stop.schedule_relationship == _STOP.SKIPPED:
            states.append(("skipped", stop))
        else:
            has_no_data = stop.schedule_relationship == _STOP.NO_DATA
            states.append(("no data" if has_no_data else "given", stop))
    return states


def _index_of(run: Run, stop: Any) -> int | None:
    stops = run.trip.stops
    if stop.HasField("stop_sequence"):
        found = np.flatnonzero(stops.sequence == stop.stop_sequence)
        return int(found[0]) if len(found) else None
    return stops.stop_id.index(stop.stop_id) if stop.stop_id in stops.stop_id else None


def final_events(run: Run, update: Update) -> Iterator[StopEvent]:
    """Yield the stops whose outcome in the update is final."""
    for index, (state, stop) in enumerate(stop_states(run, update)):
        if update.is_cancelled or state == "skipped":
            yield StopEvent(update.row, run, index, update.vehicle_id, None, is_cancelled=True)
        elif state == "given":
            at = _left_at(run, index, stop)
            if at is not None and at <= update.said_at:
                yield StopEvent(update.row, run, index, update.vehicle_id, at)


def _left_at(run: Run, index: int, stop: Any) -> datetime | None:
    """Return when a stop was left: its departure or, without one, its arrival."""
    for event in (stop.departure, stop.arrival):
        if event.HasField("time"):
            return datetime.fromtimestamp(event.time, UTC)
        if event.HasField("delay"):
            return run.scheduled_at(index) + timedelta(seconds=event.delay)
    return None
