"""Vehicles on their runs: positions matched to trips; the newest place of each is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from etl.batch import X, Y
from etl.gtfs_rt.check import is_plausible
from etl.gtfs_rt.runs import Run, Seen, passages
from etl.gtfs_rt.stop_events import StopEvent
from etl.gtfs_rt.vehicle_positions import ENTITY
from geodata.tables import stop_event, vehicle_position

Row = dict[str, Any]
_CHUNK = 1000


@dataclass(frozen=True)
class Known:
    """The last known state of a vehicle: when it was seen, on which run, how far along."""

    recorded_at: datetime
    run_key: tuple[str | None, date | None, int | None]
    progress_m: float | None


def read_known(connection: Connection, source: str) -> dict[str, Known]:
    """Return the vehicles of a source as last seen."""
    c = vehicle_position.c
    statement = select(
        c.vehicle_id, c.recorded_at, c.trip_id, c.service_on, c.start_s, c.progress_m
    ).where(c.source == source)
    return {
        row.vehicle_id: Known(
            row.recorded_at, (row.trip_id, row.service_on, row.start_s), row.progress_m
        )
        for row in connection.execute(statement)
    }


def match_vehicle(row: Row, run: Run | None, known: Known | None) -> tuple[Row, list[StopEvent]]:
    """Return the vehicle's row, and the stops that it has passed since it was last seen.

    `row` has its place in WGS-84 as `@x` and `@y`, as the timetable's lines are.
    """
    kept: Row = {"trip_id": None, "service_on": None, "start_s": None, "progress_m": None,
            "off_shape_m": None, "stop_sequence": None, "deviation_s": None,
            "headway_s": None, "scheduled_headway_s": None}  # fmt: skip
    if run is None:
        return kept, []
    at = row["observed_at"]
    before = known if known and known.run_key == run.key else None
    fix = run.trip.line.locate(
        row[X], row[Y],
        after_m=before.progress_m if before else None, expected_m=run.expected_m(at),
    )  # fmt: skip
    kept |= dict(zip(("trip_id", "service_on", "start_s"), run.key, strict=True))
    kept |= {"route_id": run.trip.route_id, "direction_id": run.trip.direction_id}
    if fix is None:
        return kept, []
    last = run.last_stop(fix.along_m)
    late_s = run.deviation_s(fix.along_m, at)
    kept |= {
        "progress_m": fix.along_m,
        "off_shape_m": fix.off_m,
        # a bus that waits for a trip of the afternoon is not hours ahead of it
        "deviation_s": late_s if is_plausible(timedelta(seconds=late_s)) else None,
        "stop_sequence": None if last is None else int(run.trip.stops.sequence[last]),
    }
    if before is None or before.progress_m is None:
        return kept, []
    passed = passages(run, Seen(before.recorded_at, before.progress_m), Seen(at, fix.along_m))
    events = [
        StopEvent(row[ENTITY], run, index, row["vehicle_id"], when, reported_by="positions")
        for index, when in passed
    ]
    return kept, events


def keep_vehicles(connection: Connection, source: str, load_id: int, rows: Iterable[Row]) -> None:
    """Write the newest place of each vehicle."""
    stamped = [{"source": source, "load_id": load_id, **row} for row in rows]
    for start in range(0, len(stamped), _CHUNK):
        statement = insert(vehicle_position).values(stamped[start : start + _CHUNK])
        new = statement.excluded
        changes = {name: new[name] for name in stamped[0] if name not in ("source", "vehicle_id")}
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["source", "vehicle_id"],
                set_=changes,
                where=vehicle_position.c.recorded_at < new.recorded_at,
            )
        )


def read_headways(
    connection: Connection, source: str, events: list[StopEvent]
) -> dict[str, tuple[float, float]]:
    """Return per vehicle the headway at the last stop it passed, and the scheduled one, seconds.

    Both to the vehicle that passed the stop before on the same route and direction.
    """
    last = {each.vehicle_id: each for each in events if each.vehicle_id}
    if not last:
        return {}
    wanted = pl.DataFrame(
        [
            (each.vehicle_id, each.run.trip.route_id, each.run.trip.direction_id,
             each.run.trip.stops.stop_id[each.index], each.observed_at,
             each.run.scheduled_at(each.index))
            for each in last.values()
        ],
        schema=["vehicle_id", *_PASSED], orient="row",
    )  # fmt: skip
    wanted = wanted.cast({name: _PASSED[name] for name in _PASSED})
    earlier = _read_passed(connection, source, wanted).sort("observed_at")
    joined = wanted.sort("observed_at").join_asof(
        earlier.with_columns(pl.col("observed_at").alias("before")),
        on="observed_at", by=["route_id", "direction_id", "stop_id"], strategy="backward",
        allow_exact_matches=False, suffix="_before", check_sortedness=False,
    ).drop_nulls("before")  # fmt: skip
    seconds = joined.select(
        "vehicle_id",
        (pl.col("observed_at") - pl.col("before")).dt.total_milliseconds() / 1000,
        (pl.col("scheduled_at") - pl.col("scheduled_at_before")).dt.total_milliseconds() / 1000,
    )
    return {name: (actual, planned) for name, actual, planned in seconds.iter_rows()}


_TIME = pl.Datetime("us", "UTC")
_PASSED: dict[str, pl.DataType] = {
    "route_id": pl.String(), "direction_id": pl.Int64(), "stop_id": pl.String(),
    "observed_at": _TIME, "scheduled_at": _TIME,
}  # fmt: skip


def _read_passed(connection: Connection, source: str, wanted: pl.DataFrame) -> pl.DataFrame:
    c = stop_event.c
    span = wanted["scheduled_at"]
    statement = select(*(c[name] for name in _PASSED)).where(
        c.source == source,
        c.retired_by.is_(None),
        c.observed_at.is_not(None),
        c.scheduled_at >= pl.select(span.min() - pl.duration(hours=2)).item(),
        c.scheduled_at <= pl.select(span.max() + pl.duration(hours=1)).item(),
        c.route_id.in_(wanted["route_id"].unique().to_list()),
        c.stop_id.in_(wanted["stop_id"].unique().to_list()),
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=_PASSED, orient="row")
