"""A timetable and the realtime messages that refer to it, followed in a folder."""

import io
import os
import zipfile
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from google.protobuf import text_format
from google.transit.gtfs_realtime_pb2 import FeedMessage
from sqlalchemy import select

from etl.live.gtfs_rt_feed import FollowedFeed
from etl.live.piece import LiveSource
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from geodata import tables

SOURCE = {
    "title_zh": "来源", "title_en": "source", "owner": "buses", "licence": "none",
    "cadence": "P1D", "provenance": "simulated",
}  # fmt: skip
STOP_EVENT = {
    "path": "none_*.csv", "format": "csv", "table": "stop_event",
    "mapping": dict.fromkeys(
        ("service_on", "trip_id", "stop_sequence", "stop_id", "route_id", "scheduled_at"), "x"
    ),
}  # fmt: skip
TIMETABLE = {"path": "line.zip", "format": "gtfs", "table": "gtfs", "mode": "snapshot"}


def zipped(tables_of_feed: dict[str, str]) -> bytes:
    """Return a GTFS feed as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in tables_of_feed.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def message(sent_at: datetime | int, *entities: str, header: str = "") -> bytes:
    """Return a message of entities in protobuf's text form, each with its number as id."""
    sent = sent_at if isinstance(sent_at, int) else int(sent_at.timestamp())
    parts = [f'header {{ gtfs_realtime_version: "2.0" timestamp: {sent} {header} }}']
    parts += [f'entity {{ id: "{number}" {each} }}' for number, each in enumerate(entities)]
    made: FeedMessage = text_format.Parse("\n".join(parts), FeedMessage())
    return made.SerializeToString()


def update(trip: str, *stops: str, more: str = "") -> str:
    """Return a trip update: the inside of its trip, and of each of its stops."""
    said = " ".join(f"stop_time_update {{ {each} }}" for each in stops)
    return f"trip_update {{ trip {{ {trip} }} {said} {more} }}"


def vehicle(name: str, trip: str, lat: float | str, lon: float | str, more: str = "") -> str:
    """Return a vehicle of a name, on a trip and at a place."""
    place = f"position {{ latitude: {lat} longitude: {lon} }}"
    return f'vehicle {{ vehicle {{ id: "{name}" }} trip {{ {trip} }} {place} {more} }}'


class RealtimeFeed:
    """A source with feeds of positions and trip updates, in one folder, beside its timetable."""

    def __init__(self, engine, city, locator, folder: Path, timetable: bytes, zone: str) -> None:
        """Load the timetable; the clock must be set."""
        self.engine = engine
        self.folder = folder / "rt"
        self.folder.mkdir()
        self._parts = (city, locator, folder)
        (folder / "line.zip").write_bytes(timetable)
        declared = SOURCE | TIMETABLE | {"key": f"line{uuid4().hex[:8]}", "timezone": zone}
        self.timetable = SourceDeclaration.model_validate(declared)
        assert load_source(engine, city, self.timetable, root=folder).status == "loaded"
        self.declare("positions", "trip_updates")

    def declare(self, *feeds: str) -> None:
        """Declare feeds of these kinds, under a key of their own."""
        live = [
            {"path": "rt/*.pb", "feed": feed, "timetable": self.timetable.key,
             "poll": "PT10S", "expected": "PT30S"}
            for feed in feeds
        ]  # fmt: skip
        declared = SOURCE | STOP_EVENT | {"key": f"rt{uuid4().hex[:8]}", "live": live}
        self.declaration = SourceDeclaration.model_validate(declared)
        self.restart()

    def restart(self) -> None:
        """Follow as a process does that has just been started."""
        city, locator, folder = self._parts
        self.followed = [
            FollowedFeed(LiveSource(self.engine, city, self.declaration, rule, locator), folder)
            for rule in self.declaration.live
        ]

    def send(self, name: str, content: bytes) -> None:
        """Add a message."""
        (self.folder / name).write_bytes(content)

    def poll(self, clock: str | None = None) -> list:
        """Look once, at a time."""
        if clock:
            os.environ["OCC_NOW"] = clock
        return [done for each in self.followed for done in each.poll()]

    def take(self, content: bytes) -> list:
        """Add one more message and look."""
        self.send(f"{len(list(self.folder.iterdir())):04d}.pb", content)
        return self.poll()

    def departures(self) -> dict[tuple[str, int], int | str]:
        """Return by trip and stop_sequence the delay in seconds, `cancelled` or `missed`."""
        c = tables.stop_event.c
        statement = select(
            c.trip_id, c.stop_sequence, c.scheduled_at, c.observed_at, c.is_cancelled
        ).where(c.source == self.declaration.key, c.retired_by.is_(None))
        found: dict[tuple[str, int], int | str] = {}
        with self.engine.connect() as connection:
            for trip_id, sequence, scheduled_at, observed_at, is_cancelled in connection.execute(
                statement
            ):
                if observed_at:
                    delay = round((observed_at - scheduled_at).total_seconds())
                    found[trip_id, sequence] = delay
                else:
                    found[trip_id, sequence] = "cancelled" if is_cancelled else "missed"
        return found

    def service_days(self, trip_id: str) -> set[date]:
        """Return the service days of which a trip's departures have a record."""
        c = tables.stop_event.c
        statement = select(c.service_on).where(
            c.source == self.declaration.key, c.retired_by.is_(None), c.trip_id == trip_id
        )
        with self.engine.connect() as connection:
            return set(connection.execute(statement).scalars())

    def rejected(self) -> list[tuple[str, int | None, str, str]]:
        """Return file, row, field and reason of what was rejected."""
        c, load = tables.rejected_row.c, tables.load.c
        statement = (
            select(c.file, c.row_number, c.field, c.reason)
            .join(tables.load, load.load_id == c.load_id)
            .where(load.source == self.declaration.key)
            .order_by(c.rejected_id)
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def findings(self) -> list[tuple[str, str]]:
        """Return code and file of the findings of its loads."""
        c, load = tables.finding.c, tables.load.c
        statement = (
            select(c.code, c.file)
            .join(tables.load, load.load_id == c.load_id)
            .where(load.source == self.declaration.key)
            .order_by(c.finding_id)
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def vehicles(self) -> dict[str, str | None]:
        """Return the trip of each vehicle."""
        c = tables.vehicle_position.c
        statement = select(c.vehicle_id, c.trip_id).where(c.source == self.declaration.key)
        with self.engine.connect() as connection:
            return {row.vehicle_id: row.trip_id for row in connection.execute(statement)}
