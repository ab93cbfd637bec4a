"""Loads a message of trip updates: departures told of, cancelled, and no longer cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from etl.gtfs_rt.check import Fault, FaultError, check_run
from etl.gtfs_rt.message import Message, raw_of
from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.stop_events import StopEvent
from etl.gtfs_rt.trip_book import Trip, TripBook
from etl.gtfs_rt.trip_updates import (
    SILENT,
    StopWord,
    Update,
    decode_updates,
    final_events,
    read_stops,
)
from etl.live.message_outcome import MessageCounts, outcome_of
from etl.live.piece import LiveSource
from etl.live.stop_event_records import (
    Cancelled,
    load_stop_events,
    read_cancelled,
    retire_cancelled,
)
from etl.outcome import LoadOutcome

RunKey = tuple[str, date, int]


@dataclass(frozen=True)
class SaidRun:
    """A run, the update that speaks of it, and what that says of each of its stops."""

    run: Run
    update: Update
    words: list[StopWord]
    has_faults: bool = False

    def joined(self, other: "SaidRun") -> "SaidRun":
        """Return what two updates of a message say of the run: the newer's words come first."""
        older, newer = sorted((self, other), key=lambda each: each.update.said_at)
        if newer.update.trip.role != older.update.trip.role:
            return newer
        words = [
            old if new == SILENT else new for old, new in zip(older.words, newer.words, strict=True)
        ]
        return SaidRun(newer.run, newer.update, words, self.has_faults or other.has_faults)


@dataclass
class _Told:
    """What a message tells, collected entity by entity."""

    counts: MessageCounts = field(default_factory=MessageCounts)
    runs: dict[RunKey, SaidRun] = field(default_factory=dict)


def load_updates(
    connection: Connection, live_source: LiveSource, book: TripBook, message: Message,
    load_id: int, name: str,
) -> LoadOutcome:  # fmt: skip
    """Load the message's updates; of what two of them say of one stop, the newer's word."""
    updates, faults = decode_updates(message)
    told = _Told()
    told.counts.faults += [*message.faults, *faults]
    trips = book.read(connection, {each.trip.trip_id for each in updates if each.trip.trip_id})
    for each in updates:
        _tell(told, book, trips, each, message)
    events = [
        event
        for said in told.runs.values()
        for event in final_events(said.run, said.update, said.words)
    ]
    missed, coming = _taken_back(connection, live_source, book, message, told)
    source = live_source.declaration.key
    retire_cancelled(connection, source, load_id, coming)
    batch = load_stop_events(connection, live_source, load_id, [*events, *missed], "trip_updates")
    told.counts.note("cancellations taken back", len(missed) + len(coming))
    told.counts.note("of another kind", _others(message))
    times = [each.observed_at for each in events if each.observed_at]
    if updates and message.sent_at:
        times.append(message.sent_at)  # a feed that only predicts is heard, too
    return outcome_of(name, told.counts, batch.frame.height, times)


def _tell(
    told: _Told, book: TripBook, trips: Mapping[str, Trip], update: Update, message: Message
) -> None:
    counts = told.counts
    if update.trip.role == "extra":
        counts.loaded += 1
        counts.note("not of the timetable")
        return
    try:
        run = check_run(book, trips, update.trip, update.said_at)
    except FaultError as error:
        raw = raw_of(message.feed.entity[update.row - 1])
        counts.faults.append(Fault(update.row, error.field, error.reason, raw))
        return
    words, faults = read_stops(run, update)
    counts.faults += faults
    if len(faults) < len(update.stops) or not faults:
        counts.loaded += 1
    said = SaidRun(run, update, words, bool(faults))
    before = told.runs.get(run.key)
    if before:
        counts.note("repeated in the message")
    told.runs[run.key] = before.joined(said) if before else said


def _others(message: Message) -> int:
    """Count the entities of other kinds, and those that the message deletes."""
    unread = {fault.row for fault in message.faults}
    return sum(
        entity.is_deleted or not entity.HasField("trip_update")
        for row, entity in message.entities
        if row not in unread
    )


def _taken_back(
    connection: Connection, live_source: LiveSource, book: TripBook, message: Message, told: _Told
) -> tuple[list[StopEvent], list[Cancelled]]:
    """Return the departures that are no longer cancelled: those gone by as missed, those to come.

    A whole message that leaves out a run before its begin takes its cancellation back; later a
    sender may leave it out because it is over.
    """
    sent_at = message.sent_at
    if sent_at is None:
        return [], []
    listed = {key[0] for key in told.runs}
    standing = read_cancelled(connection, live_source.declaration.key, listed, sent_at)
    by_run: dict[RunKey, list[Cancelled]] = {}
    for each in standing:
        by_run.setdefault(each.run_key, []).append(each)
    trips = book.read(connection, {key[0] for key in by_run})
    faulty = {fault.row for fault in told.counts.faults}
    rejected = {
        entity.trip_update.trip.trip_id for row, entity in message.entities if row in faulty
    }
    speaks = message.is_whole and (bool(told.runs) or not message.feed.entity)
    missed: list[StopEvent] = []
    coming: list[Cancelled] = []
    for key, cancelled in by_run.items():
        said = told.runs.get(key)
        if said:
            gone, back = _back_of_run(said, cancelled, sent_at)
            missed += gone
            coming += back
        elif speaks and key[0] not in rejected and key[0] in trips:
            run = Run(trips[key[0]], key[1], key[2], book.day_start(key[1]))
            coming += cancelled if run.scheduled_at(0) > sent_at else []
    return missed, coming


def _back_of_run(
    said: SaidRun, cancelled: list[Cancelled], sent_at: datetime
) -> tuple[list[StopEvent], list[Cancelled]]:
    """Return what a run that the message names takes back.

    A stop that it passes over in silence stays skipped once its time has passed, unless the whole
    run was cancelled.
    """
    missed: list[StopEvent] = []
    coming: list[Cancelled] = []
    run, update = said.run, said.update
    if update.trip.role == "cancelled":
        return missed, coming
    was_whole = len(cancelled) >= int(run.trip.stops.is_counted.sum())
    at = {int(sequence): index for index, sequence in enumerate(run.trip.stops.sequence)}
    for each in cancelled:
        index = at.get(each.stop_sequence)
        word = SILENT if index is None else said.words[index]
        if index is None or word.state in ("skipped", "left"):
            continue
        if said.has_faults and word.state == "silent" and not was_whole:
            continue  # what was rejected may have spoken of it
        if each.scheduled_at > sent_at:
            coming.append(each)
        elif word.state == "due" or was_whole:
            missed.append(StopEvent(update.row, run, index, None, None, reported_by="trip_updates"))
    return missed, coming
