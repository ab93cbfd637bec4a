"""Stop events of live runs: observed or cancelled departures, written once they are final."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, or_, select

from etl.batch import ROW, Batch
from etl.gtfs_rt.runs import Run
from etl.live.piece import LiveSource
from etl.load.records import load_records
from etl.transform.locate import X, Y, assign_cell, assign_district
from geodata.tables import stop_event

KEY = ("service_on", "trip_id", "start_s", "stop_sequence")
_TIME = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema(
    {
        ROW: pl.Int64(), "service_on": pl.Date(), "trip_id": pl.String(), "start_s": pl.Int64(),
        "stop_sequence": pl.Int64(), "stop_id": pl.String(), "route_id": pl.String(),
        "direction_id": pl.Int64(), "vehicle_id": pl.String(), "scheduled_at": _TIME,
        "observed_at": _TIME, "is_timepoint": pl.Boolean(), "is_schedule_based": pl.Boolean(),
        "is_cancelled": pl.Boolean(), X: pl.Float64(), Y: pl.Float64(),
    }
)  # fmt: skip


@dataclass(frozen=True)
class StopEvent:
    """A stop of a run that was served at an instant, or was cancelled."""

    row: int  # of the message
    run: Run
    index: int  # of the stop in the trip
    vehicle_id: str | None
    observed_at: datetime | None
    is_cancelled: bool = False

    def values(self) -> tuple[object, ...]:
        """Return a row of `SCHEMA`."""
        trip, stops = self.run.trip, self.run.trip.stops
        return (
            self.row, self.run.service_on, trip.trip_id, self.run.start_s,
            int(stops.sequence[self.index]), stops.stop_id[self.index], trip.route_id,
            trip.direction_id, self.vehicle_id, self.run.scheduled_at(self.index),
            self.observed_at, True, trip.is_exact, self.is_cancelled,
            float(stops.lon[self.index]), float(stops.lat[self.index]),
        )  # fmt: skip


def load_stop_events(
    connection: Connection, target: LiveSource, load_id: int, events: Iterable[StopEvent],
    *, is_missed: bool = False,
) -> Batch:  # fmt: skip
    """Write the events that are not known yet; one already observed or cancelled is kept.

    Missed ones (`is_missed`) are written only where there is no record at all. Only stops that
    count for METHODS T6 are kept.
    """
    rows = [each.values() for each in events if each.run.trip.stops.is_counted[each.index]]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").unique(
        KEY, keep="first", maintain_order=True
    )
    known = _known(connection, target, frame, is_missed=is_missed)
    frame = frame.join(known, on=KEY, how="anti", maintain_order="left")
    if frame.is_empty():
        return Batch(frame)
    frame = frame.with_columns(
        pl.col(X).alias("original_lon"),
        pl.col(Y).alias("original_lat"),
        pl.lit("wgs84").alias("datum"),
    )
    frame = assign_district(assign_cell(frame), target.locator)
    declaration = target.declaration.model_copy(update={"mode": "append", "table": "stop_event"})
    batch, _ = load_records(connection, Batch(frame), declaration, load_id)
    return replace(batch, stages=())


def without_record(
    connection: Connection, target: LiveSource, events: Sequence[StopEvent]
) -> list[StopEvent]:
    """Return the events of which this source has no record of any kind."""
    frame = pl.DataFrame([each.values() for each in events], schema=SCHEMA, orient="row")
    known = set(_known(connection, target, frame, is_missed=True).rows())
    keys = frame.select(KEY).iter_rows()
    return [each for each, key in zip(events, keys, strict=True) if key not in known]


def _known(
    connection: Connection, target: LiveSource, frame: pl.DataFrame, *, is_missed: bool
) -> pl.DataFrame:
    """Return the keys of this source's events that are final already, or recorded in any way."""
    c = stop_event.c
    statement = select(*(c[name] for name in KEY)).where(
        c.source == target.declaration.key,
        c.retired_by.is_(None),
        c.service_on.in_(frame["service_on"].unique().to_list()),
        c.trip_id.in_(frame["trip_id"].unique().to_list()),
    )
    if not is_missed:
        statement = statement.where(or_(c.observed_at.is_not(None), c.is_cancelled))
    schema: dict[str, Any] = {name: SCHEMA[name] for name in KEY}
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=schema, orient="row")
