"""Follows a GTFS-RT feed, as files added to a folder or at an address: one message, one load."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection

from etl.batch import StageSummary, X, Y
from etl.gtfs_rt.stop_events import StopEvent
from etl.gtfs_rt.trip_book import TripBook
from etl.gtfs_rt.trip_updates import decode_updates, final_events
from etl.gtfs_rt.vehicle_positions import decode_positions, parse_message
from etl.gtfs_rt.vehicles import find_run, keep_vehicles, match_vehicle, read_headways, read_known
from etl.ledger.rejected_rows import SCHEMA as REJECTED
from etl.live.look import FileLook, look_at
from etl.live.missed import MissedDepartures
from etl.live.piece import LiveSource, Piece, load_piece, refuse_piece
from etl.live.progress import Advance, OvertakenError, read_progress
from etl.live.stop_event_records import load_stop_events
from etl.live.tail import Progress
from etl.outcome import FileLoad, LoadOutcome
from etl.pipeline.fetch import NOTHING_KNOWN, fetch_message
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform.locate import Locator, assign_cell, assign_district, locate_points
from geodata.city.configuration import City
from geodata.database.announce import VEHICLES, announce
from geodata.errors import OperationsError
from geodata.tables import OUTSIDE_DISTRICT

CLOCK_AHEAD = timedelta(seconds=60)  # a vehicle's clock may run before that of the message


class FollowedFeed:
    """One declared feed of vehicle positions or trip updates."""

    def __init__(self, live_source: LiveSource, folder: Path) -> None:
        """Follow the address, or the files that the rule names below `folder`."""
        self.live_source = live_source
        self._folder = folder
        self._book = TripBook(live_source.rule.timetable or "")
        self._missed = MissedDepartures(live_source, self._book)
        self._last = ""
        self._known = NOTHING_KNOWN

    def poll(self) -> Iterator[FileLoad]:
        """Load the messages that came since the last time, in order of their names.

        Before that, departures missed until some time ago are written, even if the feed is silent.

        Raises:
            ExtractError: the address does not answer.
            SQLAlchemyError: the database is gone; the next poll begins there.
        """
        if self.live_source.rule.feed == "positions":
            yield from self._missed.sweep()
        source, file = self.live_source.declaration.key, f"@{self.live_source.rule.feed}"
        with self.live_source.engine.connect() as connection:
            kept = read_progress(connection, source, file)
        for name, content in self._new(kept.mark):
            advance = Advance(source, file, kept, Progress(mark=name))
            piece = Piece(name, content)
            try:
                yield load_piece(self.live_source, piece, advance, self._load)
            except OperationsError as error:
                yield refuse_piece(self.live_source, piece, advance, str(error))
            except OvertakenError:
                return  # another process loads these messages
            kept = advance.after

    def glance(self) -> list[FileLook]:
        """Return name, size and time of the messages in the folder; nothing for an address.

        Raises:
            OSError: the folder cannot be read.
        """
        return look_at(self._folder, self.live_source.rule.path)

    def _new(self, done: str) -> Iterator[tuple[str, bytes]]:
        rule = self.live_source.rule
        if rule.url:
            yield from self._newest(rule.url)
            return
        for path in sorted(self._folder.glob(rule.path or "")):
            if path.name > done:
                yield path.name, path.read_bytes()

    def _newest(self, url: str) -> Iterator[tuple[str, bytes]]:
        """Yield what the address answers, unless it is the same as the last time."""
        answer = fetch_message(url, self._known)
        if answer is None:
            return
        content, validators = answer
        digest = hashlib.sha256(content).hexdigest()
        if digest != self._last:
            yield url.rpartition("/")[2] or "message.pb", content
        self._last, self._known = digest, validators  # once it is loaded

    def _load(
        self, connection: Connection, city: City, declaration: SourceDeclaration,
        file: SourceFile, load_id: int, locator: Locator,
    ) -> LoadOutcome:  # fmt: skip
        message = parse_message(file.read_bytes(), file.name)
        load = (
            self._load_positions
            if self.live_source.rule.feed == "positions"
            else self._load_updates
        )
        return load(connection, message, load_id, file.name)

    def _load_updates(
        self, connection: Connection, message: Any, load_id: int, name: str
    ) -> LoadOutcome:
        updates = list(decode_updates(message))
        trips = self._book.read(connection, {each.trip_id for each in updates})
        events: list[StopEvent] = []
        faults: list[tuple[int, str, str]] = []
        notes: dict[str, int] = {}
        for each in updates:
            if not each.is_scheduled:
                notes["not of the timetable"] = notes.get("not of the timetable", 0) + 1
                continue
            run = find_run(
                self._book, trips, each.trip_id, each.said_at, each.start_on, each.start_s
            )
            if run is None:
                faults.append((each.row, "trip_id", "is no trip of the timetable on that day"))
            else:
                events += final_events(run, each)
        batch = load_stop_events(connection, self.live_source, load_id, events)
        said = [each.observed_at for each in events if each.observed_at]
        return _outcome(name, len(updates), faults, batch.frame.height, notes, said)

    def _load_positions(
        self, connection: Connection, message: Any, load_id: int, name: str
    ) -> LoadOutcome:
        frame = decode_positions(message).with_row_index("row", offset=1)
        frame, faults = self._sound(frame, message.header.timestamp)
        source = self.live_source.declaration.key
        known = read_known(connection, source)
        trips = self._book.read(connection, set(frame["trip_id"].drop_nulls()))
        kept, events = [], []
        for row in frame.iter_rows(named=True):
            before = known.get(row["vehicle_id"])
            if before and before.recorded_at >= row["observed_at"]:
                continue
            run = find_run(
                self._book, trips, row["trip_id"], row["observed_at"], row["start_on"],
                row["start_s"],
            )  # fmt: skip
            matched, passed = match_vehicle(row, run, before)
            kept.append(_place_of(row, self.live_source.declaration.given_in) | matched)
            events += passed
        batch = load_stop_events(connection, self.live_source, load_id, events)
        headways = read_headways(connection, source, events)
        for each in kept:
            if each["vehicle_id"] in headways:
                each["headway_s"], each["scheduled_headway_s"] = headways[each["vehicle_id"]]
        keep_vehicles(connection, source, load_id, kept)
        announce(connection, VEHICLES, source=source, vehicles=len(kept))
        notes = {
            "seen before": frame.height - len(kept),
            "outside the city": sum(each["district_id"] == OUTSIDE_DISTRICT for each in kept),
            "on no known trip": sum(each["trip_id"] is None for each in kept),
        }
        return _outcome(
            name, frame.height + len(faults), faults, batch.frame.height, notes,
            frame["observed_at"].to_list(),
        )  # fmt: skip

    def _sound(
        self, frame: pl.DataFrame, sent: int
    ) -> tuple[pl.DataFrame, list[tuple[int, str, str]]]:
        """Return the vehicles whose place and time are plausible, located; and the others."""
        lon, lat = (frame[name].to_numpy().copy() for name in ("lon", "lat"))
        places = locate_points(lon, lat, self.live_source.declaration, self.live_source.city)
        wrong = pl.Series("wrong", places.fault, dtype=pl.String)
        at = pl.from_epoch(pl.lit(sent), time_unit="s").dt.replace_time_zone("UTC")
        ahead = pl.col("observed_at") > at + CLOCK_AHEAD
        placed = frame.with_columns(
            pl.Series(X, places.lon).fill_nan(None),
            pl.Series(Y, places.lat).fill_nan(None),
            pl.when(pl.col("observed_at").is_null()).then(pl.lit("observed_at has no time"))
            .when(ahead).then(pl.lit("observed_at lies after the message's own time"))
            .when(wrong != "").then(pl.lit("position ") + wrong)
            .alias("fault"),
        )  # fmt: skip
        sound = placed.filter(pl.col("fault").is_null())
        sound = sound.unique(["vehicle_id"], keep="last", maintain_order=True)
        faulty = placed.filter(pl.col("fault").is_not_null()).select("row", "fault")
        faults = [(row, *fault.split(" ", 1)) for row, fault in faulty.iter_rows()]
        extent = self.live_source.declaration.covered_extent
        return assign_district(assign_cell(sound), self.live_source.locator, extent), faults


def _place_of(row: dict[str, Any], given_in: str) -> dict[str, Any]:
    speed = row["speed_m_s"]
    return {
        "vehicle_id": row["vehicle_id"],
        "recorded_at": row["observed_at"],
        "label": row["label"],
        "route_id": row["route_id"],
        "direction_id": row["direction_id"],
        "bearing_deg": row["bearing"],
        "speed_kmh": None if speed is None else speed * 3.6,
        "original_lon": row["lon"],
        "original_lat": row["lat"],
        "datum": given_in,
        "geom": f"SRID=4326;POINT({row[X]} {row[Y]})",
        "cell": row["cell"],
        "district_id": row["district_id"],
    }


def _outcome(
    name: str, rows: int, faults: list[tuple[int, str, str]], records: int,
    notes: dict[str, int], times: list[Any],
) -> LoadOutcome:  # fmt: skip
    rejects = pl.DataFrame(
        [(name, row, field, reason, None) for row, field, reason in faults],
        schema=REJECTED, orient="row",
    )  # fmt: skip
    kept = {reason: count for reason, count in notes.items() if count}
    return LoadOutcome(
        rows_in=rows,
        rows_loaded=rows - len(faults),
        records=records,
        rejects=rejects,
        stages=(StageSummary("match", rows, rows - len(faults), kept),),
        event_from=min(times, default=None),
        event_to=max(times, default=None),
        coverage=(),
    )
