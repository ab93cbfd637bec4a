"""Writes departures that nobody observed, once their time has passed (T6 coverage).

A feed reports what was seen or cancelled, never what was not. Expected are the routes that the
source has reported lately: buses without a transmitter cannot appear. A later observation replaces
the missed one.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, func, select

from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.stop_events import StopEvent
from etl.gtfs_rt.trip_book import TripBook
from etl.ledger.rejected_rows import SCHEMA as REJECTED
from etl.live.piece import LiveSource, Piece, load_piece
from etl.live.progress import Advance, OvertakenError, read_progress
from etl.live.stop_event_records import load_stop_events, without_record
from etl.live.tail import Progress
from etl.outcome import FileLoad, LoadOutcome
from etl.pipeline.loads import lock_source
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.clock import now
from geodata.tables import live_source, stop_event

FILE = "@missed"
MISSED_AFTER = timedelta(minutes=30)  # a bus that is later than this is seen late, not missed
EVERY = timedelta(minutes=5)
TOLD_OF = timedelta(days=7)  # routes that the source has reported since then are expected
_LONGEST_DAY = timedelta(days=2)  # a service day's last departure lies before its end
_ZONE_AHEAD = timedelta(days=1)  # a timetable of a zone east of the city's begins its days earlier


def expected(runs: Iterable[Run], since: datetime, until: datetime) -> Iterator[StopEvent]:
    """Yield the scheduled departures after one instant and until another.

    Only those that T6 counts: departures at timepoints of runs that follow a schedule.
    """
    for run in runs:
        if not run.trip.is_exact or run.scheduled_at(-1) <= since or run.scheduled_at(0) > until:
            continue
        for index, is_counted in enumerate(run.trip.stops.is_counted):
            if is_counted and since < run.scheduled_at(index) <= until:
                yield StopEvent(0, run, index, None, None)


class MissedDepartures:
    """Writes the departures that one feed should have observed and did not."""

    def __init__(self, live_source: LiveSource, book: TripBook) -> None:
        """Keep the source and its timetable."""
        self._live_source = live_source
        self._book = book
        self._until: datetime | None = None
        self._looked_at: set[str] = set()  # the routes that the progress mark covers

    def sweep(self) -> Iterator[FileLoad]:
        """Write the departures missed since the last sweep, if that was some minutes ago.

        Raises:
            SQLAlchemyError: the database is gone.
        """
        until = now() - MISSED_AFTER
        if self._until and until - self._until < EVERY:
            return
        source = self._live_source.declaration.key
        with self._live_source.engine.connect() as connection:
            kept = read_progress(connection, source, FILE)
            since = self._since(connection, kept.mark)
            routes = self._routes(connection, since) if since else set()
            if since is None or not routes or (since >= until and routes <= self._looked_at):
                return
            due = self._due(connection, routes, since, until)
            events = without_record(connection, self._live_source, due)
        advance = Advance(source, FILE, kept, Progress(mark=until.isoformat()))
        name = f"missed until {until:%Y-%m-%dT%H:%M}"
        piece = Piece(name, until.isoformat().encode(), tells_of_source=False)

        def load(
            connection: Connection, _city: City, _declaration: SourceDeclaration,
            _file: SourceFile, load_id: int, _locator: Locator,
        ) -> LoadOutcome:  # fmt: skip
            return self._load(connection, load_id, events)

        with suppress(OvertakenError):  # another process writes them
            if events:
                yield load_piece(self._live_source, piece, advance, load)
            else:
                self._pass(advance)
        self._until, self._looked_at = until, routes

    def _pass(self, advance: Advance) -> None:
        """Record that nothing was missed."""
        with self._live_source.engine.begin() as connection:
            lock_source(connection, self._live_source.declaration)
            advance.check(connection)
            advance.keep(connection)

    def _since(self, connection: Connection, mark: str) -> datetime | None:
        """Return the instant up to which was swept; at first the begin of the feed's first day.

        None for a feed without any message.
        """
        if mark:
            return datetime.fromisoformat(mark)
        c = live_source.c
        latest_at = connection.execute(
            select(c.last_event_at).where(
                c.source == self._live_source.declaration.key, c.kind == self._live_source.rule.feed
            )
        ).scalar_one_or_none()
        if latest_at is None:
            return None
        return datetime.combine(self._local_date(latest_at), time(), self._zone)

    def _due(
        self, connection: Connection, routes: set[str], since: datetime, until: datetime
    ) -> list[StopEvent]:
        """Return the departures that the routes should have; of a new route, from the day's begin.

        So a route is expected for its whole day although its first bus is seen at noon, and a
        process that starts sweeps the day once more: departures with a record are left out
        afterwards.
        """
        begin = min(since, datetime.combine(self._local_date(until), time(), self._zone))
        due: list[StopEvent] = []
        for names, after in ((routes & self._looked_at, since), (routes - self._looked_at, begin)):
            due += expected(self._runs(connection, sorted(names), after, until), after, until)
        return due

    def _runs(
        self, connection: Connection, routes: list[str], since: datetime, until: datetime
    ) -> Iterator[Run]:
        on = self._local_date(since - _LONGEST_DAY)
        last = self._local_date(until + _ZONE_AHEAD)
        while routes and on <= last:
            for trip, start_s in self._book.trips_on(connection, routes, on):
                yield Run(trip, on, start_s, self._book.day_start(on))
            on += timedelta(days=1)

    def _routes(self, connection: Connection, since: datetime) -> set[str]:
        c = stop_event.c
        statement = select(func.distinct(c.route_id)).where(
            c.source == self._live_source.declaration.key,
            c.retired_by.is_(None),
            c.service_on >= self._local_date(since - _LONGEST_DAY) - TOLD_OF,
            c.observed_at.is_not(None),
        )
        return set(connection.execute(statement).scalars())

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    @property
    def _zone(self) -> ZoneInfo:
        return self._live_source.city.zone

    def _load(self, connection: Connection, load_id: int, events: list[StopEvent]) -> LoadOutcome:
        batch = load_stop_events(connection, self._live_source, load_id, events, "missed")
        times = batch.frame["scheduled_at"].to_list() if batch.frame.height else []
        written = batch.frame.height
        return LoadOutcome(
            rows_in=written, rows_loaded=written, records=written,
            rejects=pl.DataFrame(schema=REJECTED), stages=(), coverage=(),
            event_from=min(times, default=None), event_to=max(times, default=None),
        )  # fmt: skip
