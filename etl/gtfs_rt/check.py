"""The one check of what GTFS-RT messages say: nothing is used that cannot be true.

Each check returns the value as the program uses it, or raises `FaultError` with field and reason;
who reads a message turns that into a rejected row and goes on with the next value.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np

from etl.gtfs_rt.fields import given, name_of
from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.trip_book import Trip, TripBook
from geodata.tables.observed import EARLY, LATE

CLOCK_AHEAD = timedelta(seconds=60)  # a vehicle's clock may run before that of the message
ANOTHER_DAY = timedelta(days=1)  # from a message to the begin or end of a run it may speak of
LONGEST_NAME = 255
_FIRST_S, _LAST_S = 946_684_800, 4_102_444_800  # the years 2000 to 2100
_LONGEST_CLOCK_H = 72
_MS_AND_NS = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}

Role = Literal["scheduled", "cancelled", "extra"]

# Extra trips have no schedule to compare with; ADDED is the old word for NEW.
_ROLES: Mapping[str | None, Role] = {
    None: "scheduled", "SCHEDULED": "scheduled", "CANCELED": "cancelled", "DELETED": "cancelled",
    "ADDED": "extra", "NEW": "extra", "REPLACEMENT": "extra", "DUPLICATED": "extra",
    "UNSCHEDULED": "extra",
}  # fmt: skip


class FaultError(Exception):
    """A value that cannot be true: its field, and why."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep both."""
        super().__init__(f"{field} {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Fault:
    """A rejected entity or value of a message; `row` counts its entities from 1."""

    row: int | None
    field: str
    reason: str
    raw: str | None = None  # JSON


@dataclass(frozen=True)
class TripReference:
    """The trip that an update or a vehicle names; `role` tells whether it is the scheduled run."""

    trip_id: str | None
    start_on: date | None
    start_s: int | None
    role: Role


def check_instant(seconds: int, field: str, sent_at: datetime | None = None) -> datetime:
    """Return a time in seconds since 1970; not after the message's own, where that is given.

    Raises:
        FaultError: it is none.
    """
    if not _FIRST_S <= seconds <= _LAST_S:
        likely = [unit for by, unit in _MS_AND_NS.items() if _FIRST_S <= seconds // by <= _LAST_S]
        cause = f": it looks like {likely[0]}" if likely else ""
        raise FaultError(field, f"{seconds} is no time in seconds since 1970{cause}")
    at = datetime.fromtimestamp(seconds, UTC)
    if sent_at is not None and at > sent_at + CLOCK_AHEAD:
        raise FaultError(field, "lies after the message's own time")
    return at


def check_text(value: str | bytes | None, field: str) -> str | None:
    """Return a name, None for an empty one.

    Raises:
        FaultError: no column or index can hold it.
    """
    if not value:
        return None
    if isinstance(value, bytes):  # protobuf hands on what is no UTF-8
        raise FaultError(field, "is not valid UTF-8")
    if "\0" in value:
        raise FaultError(field, "holds a NUL byte")
    if len(value) > LONGEST_NAME:
        raise FaultError(field, f"is longer than {LONGEST_NAME} characters")
    return value


def check_number(value: float | None, field: str, low: float, high: float) -> float | None:
    """Return a number within its range, None as it is.

    Raises:
        FaultError: it lies outside, or is none.
    """
    if value is None or low <= value <= high:
        return value
    what = f"{value:g}" if math.isfinite(value) else "not a number"
    raise FaultError(field, f"{what} is not within {low:g} and {high:g}")


def role_of(relationship: str | None) -> Role:
    """Return what a trip's `schedule_relationship` makes of it, alike for all kinds of messages.

    Raises:
        FaultError: the value is not known, so it may be anything.
    """
    if relationship not in _ROLES:
        raise FaultError("trip.schedule_relationship", f"{relationship} is not known")
    return _ROLES[relationship]


def check_trip(descriptor: Any) -> TripReference:
    """Return the trip that a descriptor names.

    Raises:
        FaultError: one of its values cannot be read.
    """
    return TripReference(
        check_text(given(descriptor, "trip_id"), "trip.trip_id"),
        _check_date(check_text(given(descriptor, "start_date"), "trip.start_date")),
        _check_clock(check_text(given(descriptor, "start_time"), "trip.start_time")),
        role_of(name_of(descriptor, "schedule_relationship")),
    )


def _check_date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if len(text) != len("20261201") or not (text.isascii() and text.isdigit()):
            raise ValueError
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise FaultError("trip.start_date", f"'{text}' is no date") from None


def _check_clock(text: str | None) -> int | None:
    """Return seconds of the service day; hours may exceed 23."""
    if text is None:
        return None
    parts = text.split(":")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):
        hour, minute, second = (int(part) for part in parts)
        if hour < _LONGEST_CLOCK_H and minute < 60 and second < 60:
            return hour * 3600 + minute * 60 + second
    raise FaultError("trip.start_time", f"'{text}' is no time of a service day")


def check_run(book: TripBook, trips: Mapping[str, Trip], said: TripReference, at: datetime) -> Run:
    """Return the run of the timetable that a message of an instant refers to.

    Raises:
        FaultError: there is none, or it lies days before or after the message.
    """
    if said.trip_id is None:
        raise FaultError("trip.trip_id", "is missing")
    trip = trips.get(said.trip_id)
    if trip is None:
        raise FaultError("trip.trip_id", "is no trip of the timetable")
    if trip.is_repeated and (said.start_s is None or not trip.is_start(said.start_s)):
        raise FaultError("trip.start_time", "is no start of this trip, which runs by frequencies")
    start_s = trip.start_s(said.start_s)
    service_on = book.service_day(trip, at, said.start_on, start_s)
    if service_on is None:
        named = "trip.start_date" if said.start_on else "trip.trip_id"
        raise FaultError(named, "is no trip of the timetable on that day")
    run = Run(trip, service_on, start_s, book.day_start(service_on))
    if run.scheduled_at(0) > at + ANOTHER_DAY:
        raise FaultError("trip.start_date", "lies more than a day after the time of the report")
    if run.scheduled_at(-1) < at - ANOTHER_DAY:
        raise FaultError("trip.start_date", "lies more than a day before the time of the report")
    return run


def is_plausible(late_by: timedelta) -> bool:
    """Tell whether a departure so much later than its time may be that of the run."""
    return -EARLY <= late_by <= LATE


def check_left(run: Run, index: int, at: datetime, field: str) -> datetime:
    """Return when a stop was, or will be, left.

    Raises:
        FaultError: it is hours from its scheduled time.
    """
    late_by = at - run.scheduled_at(index)
    if not is_plausible(late_by):
        reason = f"is {late_by.total_seconds():+.0f} s from the scheduled departure"
        raise FaultError(field, reason)
    return at


def check_stop(run: Run, stop: Any, repeated: int | None) -> int:
    """Return the index of the stop that an update names, by its id where that is unique.

    `repeated` counts, from 0, how often the update named the same stop before, where it names it as
    often as the trip calls there; else None.

    Raises:
        FaultError: the trip has no such stop, or the names leave several.
    """
    stop_id = check_text(given(stop, "stop_id"), "stop_id")
    sequence = given(stop, "stop_sequence")
    stops = run.trip.stops
    at = np.flatnonzero(stops.sequence == sequence) if sequence is not None else np.array([])
    if stop_id is None:
        if sequence is None:
            raise FaultError("stop_id", "is missing, as is stop_sequence")
        if not len(at):
            raise FaultError("stop_sequence", f"{sequence} is none of the trip")
        return int(at[0])
    calls = [index for index, name in enumerate(stops.stop_id) if name == stop_id]
    if not calls:
        raise FaultError("stop_id", f"'{stop_id}' is no stop of the trip")
    if len(at) and int(at[0]) in calls:
        return int(at[0])
    if len(calls) == 1:
        return calls[0]
    if sequence is None and repeated is not None:
        return calls[repeated]
    said = "no stop_sequence" if sequence is None else f"stop_sequence {sequence}"
    raise FaultError("stop_id", f"'{stop_id}' is called at {len(calls)} times, and {said} decides")
