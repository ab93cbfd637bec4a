"""Loads a message of vehicle positions: where the vehicles are, and the stops they have left."""

from typing import Any

import polars as pl
from sqlalchemy import Connection

from etl.batch import X, Y
from etl.gtfs_rt.check import Fault, FaultError, check_left, check_run
from etl.gtfs_rt.message import Message, raw_of
from etl.gtfs_rt.runs import Run
from etl.gtfs_rt.stop_events import StopEvent
from etl.gtfs_rt.trip_book import TripBook
from etl.gtfs_rt.vehicle_positions import ENTITY, Positions, decode_positions
from etl.gtfs_rt.vehicles import keep_vehicles, match_vehicle, read_headways, read_known
from etl.live.message_outcome import MessageCounts, outcome_of
from etl.live.piece import LiveSource
from etl.live.stop_event_records import load_stop_events
from etl.outcome import LoadOutcome
from etl.transform.locate import assign_cell, assign_district, locate_points
from geodata.database.announce import VEHICLES, announce

Row = dict[str, Any]


def load_positions(
    connection: Connection, live_source: LiveSource, book: TripBook, message: Message,
    load_id: int, name: str,
) -> LoadOutcome:  # fmt: skip
    """Load the message's vehicles; of one that it names twice, the newest report."""
    positions = decode_positions(message)
    counts = MessageCounts(faults=[*message.faults, *positions.rejected, *positions.dropped])
    frame = _located(live_source, message, positions.frame, counts)
    source = live_source.declaration.key
    known = read_known(connection, source)
    kept, events = [], []
    runs = _find_runs(connection, book, message, positions, frame, counts)
    for row in frame.iter_rows(named=True):
        before = known.get(row["vehicle_id"])
        if before and before.recorded_at >= row["observed_at"]:
            counts.note("seen before")
            continue
        matched, passed = match_vehicle(row, runs.get(row[ENTITY]), before)
        kept.append(_place_of(row, live_source.declaration.given_in) | matched)
        events += _plausible(passed, message, counts)
    batch = load_stop_events(connection, live_source, load_id, events, "positions")
    headways = read_headways(connection, source, events)
    for each in kept:
        if each["vehicle_id"] in headways:
            each["headway_s"], each["scheduled_headway_s"] = headways[each["vehicle_id"]]
    keep_vehicles(connection, source, load_id, kept)
    announce(connection, VEHICLES, source=source, vehicles=len(kept))
    counts.note("on no known trip", sum(each["trip_id"] is None for each in kept))
    counts.note("without a place", positions.without_place)
    others = sum(not entity.HasField("vehicle") for entity in message.feed.entity)
    counts.note("of another kind", others)
    return outcome_of(name, counts, batch.frame.height, frame["observed_at"].to_list())


def _located(
    live_source: LiveSource, message: Message, frame: pl.DataFrame, counts: MessageCounts
) -> pl.DataFrame:
    """Return the vehicles whose place is one, with cell and district, each once."""
    lon, lat = (frame[name].to_numpy().copy() for name in ("lon", "lat"))
    places = locate_points(lon, lat, live_source.declaration, live_source.city)
    placed = frame.with_columns(
        pl.Series(X, places.lon).fill_nan(None),
        pl.Series(Y, places.lat).fill_nan(None),
        pl.Series("fault", places.fault, dtype=pl.String),
    )
    for row, reason in placed.filter(pl.col("fault") != "").select(ENTITY, "fault").iter_rows():
        raw = raw_of(message.feed.entity[row - 1])
        counts.faults.append(Fault(row, "position", reason, raw))
    sound = placed.filter(pl.col("fault") == "")
    once = sound.sort("observed_at", maintain_order=True).unique(
        ["vehicle_id"], keep="last", maintain_order=True
    )
    counts.loaded += sound.height
    counts.note("repeated in the message", sound.height - once.height)
    extent = live_source.declaration.covered_extent
    return assign_district(assign_cell(once.sort(ENTITY)), live_source.locator, extent)


def _find_runs(
    connection: Connection, book: TripBook, message: Message, positions: Positions,
    frame: pl.DataFrame, counts: MessageCounts,
) -> dict[int, Run]:  # fmt: skip
    """Return by entity the run that a vehicle is on, where it is one of the timetable's.

    A vehicle on another trip, or on none, is a vehicle all the same.
    """
    trips = book.read(connection, set(frame["trip_id"].drop_nulls()))
    runs = {}
    for row, at in frame.select(ENTITY, "observed_at").iter_rows():
        said = positions.trips[row]
        if said.role != "scheduled":
            counts.note("not of the timetable")
        elif said.trip_id in trips:
            try:
                runs[row] = check_run(book, trips, said, at)
            except FaultError as error:
                raw = raw_of(message.feed.entity[row - 1])
                counts.faults.append(Fault(row, error.field, error.reason, raw))
    return runs


def _plausible(passed: list[StopEvent], message: Message, counts: MessageCounts) -> list[StopEvent]:
    """Return the departures that can be those of the run."""
    sound = []
    for each in passed:
        try:
            if each.observed_at:
                check_left(each.run, each.index, each.observed_at, "trip")
            sound.append(each)
        except FaultError as error:
            raw = raw_of(message.feed.entity[each.row - 1])
            counts.faults.append(Fault(each.row, error.field, error.reason, raw))
    return sound


def _place_of(row: Row, given_in: str) -> Row:
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
