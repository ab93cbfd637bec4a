"""GTFS-RT TripUpdates: what each says of the stops of its run, predictions told apart.

A time or delay counts once it lies before the update's own time (the message's, where it has none):
until then it is a prediction.
- `NO_DATA` holds for the stops after it as well, until another state is given;
- `SKIPPED` holds for its own stop only.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from etl.gtfs_rt.check import (
    Fault,
    FaultError,
    TripReference,
    check_instant,
    check_left,
    check_stop,
    check_text,
    check_trip,
)
from etl.gtfs_rt.fields import given, name_of
from etl.gtfs_rt.message import Message, raw_of
from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.stop_events import StopEvent

StopState = Literal["left", "due", "skipped", "no data", "silent"]

# Without a schedule, a time at a stop has nothing to be compared with.
_STATES: dict[str | None, StopState] = {
    None: "due", "SCHEDULED": "due", "SKIPPED": "skipped", "NO_DATA": "no data",
    "UNSCHEDULED": "silent",
}  # fmt: skip


@dataclass(frozen=True)
class Update:
    """One entity of a message."""

    row: int
    trip: TripReference
    vehicle_id: str | None
    said_at: datetime
    stops: tuple[Any, ...]


@dataclass(frozen=True)
class StopWord:
    """What an update says of a stop; `left_at` where it was left."""

    state: StopState
    left_at: datetime | None = None


SILENT = StopWord("silent")


def decode_updates(message: Message) -> tuple[list[Update], list[Fault]]:
    """Return the trip updates of a message, and those that cannot be used."""
    updates, faults = [], []
    for row, entity in message.entities:
        if not entity.HasField("trip_update") or entity.is_deleted:
            continue
        try:
            updates.append(_update(row, entity.trip_update, message.sent_at))
        except FaultError as error:
            faults.append(Fault(row, error.field, error.reason, raw_of(entity)))
    return updates, faults


def _update(row: int, update: Any, sent_at: datetime | None) -> Update:
    said_at = sent_at
    if given(update, "timestamp"):
        said_at = check_instant(update.timestamp, "trip_update.timestamp", sent_at)
    if said_at is None:
        raise FaultError("trip_update.timestamp", "is missing, as is the message's own")
    vehicle_id = check_text(given(update.vehicle, "id"), "vehicle.id")
    stops = tuple(update.stop_time_update)
    return Update(row, check_trip(update.trip), vehicle_id, said_at, stops)


def read_stops(run: Run, update: Update) -> tuple[list[StopWord], list[Fault]]:
    """Return what an update says of each stop of its run, and the stops that cannot be used."""
    said, faults = _said(run, update)
    words, has_no_data = [], False
    for index in range(len(run.trip.stops.stop_id)):
        word = said.get(index)
        if word is None:
            word = StopWord("no data") if has_no_data else SILENT
        elif word.state != "skipped":
            has_no_data = word.state == "no data"
        words.append(word)
    return words, faults


def _said(run: Run, update: Update) -> tuple[dict[int, StopWord], list[Fault]]:
    said: dict[int, StopWord] = {}
    faults = []
    for stop, repeated in zip(update.stops, _repetitions(run, update.stops), strict=True):
        try:
            index = check_stop(run, stop, repeated)
            word = _word(run, index, stop, update.said_at)
            if said.get(index, word) != word:
                raise FaultError("stop_time_update", "names a stop again, and says otherwise")
            said[index] = word
        except FaultError as error:
            faults.append(Fault(update.row, error.field, error.reason, raw_of(stop)))
    return said, faults


def _repetitions(run: Run, stops: Sequence[Any]) -> Iterator[int | None]:
    """Yield how often a stop was named before, where the trip calls there as often as it is named.

    So a line that passes a stop twice can be followed by ids alone, which come in order.
    """
    total = Counter(stop.stop_id for stop in stops)
    before: Counter[str] = Counter()
    for stop in stops:
        calls = run.trip.stops.stop_id.count(stop.stop_id)
        yield before[stop.stop_id] if calls == total[stop.stop_id] else None
        before[stop.stop_id] += 1


def _word(run: Run, index: int, stop: Any, said_at: datetime) -> StopWord:
    relationship = name_of(stop, "schedule_relationship")
    if relationship not in _STATES:
        raise FaultError("stop.schedule_relationship", f"{relationship} is not known")
    state = _STATES[relationship]
    at = _leaves_at(run, index, stop) if state == "due" else None
    return StopWord("left", at) if at is not None and at <= said_at else StopWord(state)


def _leaves_at(run: Run, index: int, stop: Any) -> datetime | None:
    """Return when a stop is left; time 0 is none.

    Without a departure, the scheduled dwell after its arrival: a bus that is punctual stands there
    until its time.
    """
    for name in ("departure", "arrival"):
        event = getattr(stop, name)
        if given(event, "time"):
            at = check_instant(event.time, f"{name}.time")
            stands = run.dwell(index) if name == "arrival" else timedelta(0)
            return check_left(run, index, at + stands, f"{name}.time")
        if event.HasField("delay"):
            at = run.scheduled_at(index) + timedelta(seconds=event.delay)
            return check_left(run, index, at, f"{name}.delay")
    return None


def final_events(run: Run, update: Update, words: Sequence[StopWord]) -> Iterator[StopEvent]:
    """Yield the stops that were left, and those that are cancelled."""
    for index, word in enumerate(words):
        if update.trip.role == "cancelled" or word.state == "skipped":
            yield StopEvent(
                update.row, run, index, update.vehicle_id, None,
                is_cancelled=True, reported_by="trip_updates",
            )  # fmt: skip
        elif word.state == "left":
            yield StopEvent(
                update.row, run, index, update.vehicle_id, word.left_at, reported_by="trip_updates"
            )
