"""Writes the stop events of live runs as records, and takes back what is no longer said.

What a vehicle was measured to do stands, and so does what a file brought. Of what trip updates say,
the newest message counts. What was concluded from silence gives way to anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import Connection, or_, select, tuple_, update

from etl.batch import Batch
from etl.gtfs_rt.stop_events import SCHEMA, StopEvent
from etl.live.piece import LiveSource
from etl.load.records import load_records
from etl.transform.locate import assign_cell, assign_district
from geodata.tables import stop_event

KEY = ("service_on", "trip_id", "start_s", "stop_sequence")
Told = Literal["positions", "trip_updates", "missed"]
_SAID = ("observed_at", "is_cancelled", "reported_by")


@dataclass(frozen=True)
class Cancelled:
    """A departure that trip updates have cancelled."""

    service_on: date
    trip_id: str
    start_s: int
    stop_sequence: int
    scheduled_at: datetime

    @property
    def run_key(self) -> tuple[str, date, int]:
        """Return the key of its run."""
        return self.trip_id, self.service_on, self.start_s

    @property
    def key(self) -> tuple[object, ...]:
        """Return the key of its record."""
        return self.service_on, self.trip_id, self.start_s, self.stop_sequence


def load_stop_events(
    connection: Connection, live_source: LiveSource, load_id: int, events: Iterable[StopEvent],
    told: Told,
) -> Batch:  # fmt: skip
    """Write the events that say more than what is there, by who tells of them.

    Missed ones are written where nothing is known at all. Only stops that are counted (METHODS T6)
    are kept.
    """
    rows = [each.values() for each in events if each.run.trip.stops.is_counted[each.index]]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").unique(
        KEY, keep="first", maintain_order=True
    )
    known = _known(connection, live_source, frame)
    beside = frame.join(known, on=KEY, how="left", maintain_order="left", suffix="_known")
    frame = frame.filter(_says_more(beside, told))
    if frame.is_empty():
        return Batch(frame)
    declaration = live_source.declaration.model_copy(
        update={"mode": "append", "table": "stop_event"}
    )
    extent = declaration.covered_extent
    frame = assign_district(assign_cell(frame), live_source.locator, extent)
    batch, _ = load_records(connection, Batch(frame), declaration, load_id)
    return replace(batch, stages=())


def _says_more(beside: pl.DataFrame, told: Told) -> pl.Series:
    """Return which events replace the record beside them, in the columns `..._known`."""
    is_new = pl.col("is_cancelled_known").is_null()
    is_of_updates = pl.col("reported_by_known").eq_missing(pl.lit("trip_updates"))
    is_missed = pl.col("observed_at_known").is_null() & ~pl.col("is_cancelled_known")
    is_same = pl.col("observed_at").eq_missing(pl.col("observed_at_known")) & (
        pl.col("is_cancelled") == pl.col("is_cancelled_known")
    )
    wins = {
        "positions": is_new | is_of_updates | is_missed,
        "trip_updates": is_new | ((is_of_updates | is_missed) & ~(is_same & is_of_updates)),
        "missed": is_new,
    }
    return beside.select(wins[told].alias("wins"))["wins"]


def without_record(
    connection: Connection, live_source: LiveSource, events: Sequence[StopEvent]
) -> list[StopEvent]:
    """Return the events of which this source has no record of any kind."""
    frame = pl.DataFrame([each.values() for each in events], schema=SCHEMA, orient="row")
    known = set(_known(connection, live_source, frame).select(KEY).rows())
    keys = frame.select(KEY).iter_rows()
    return [each for each, key in zip(events, keys, strict=True) if key not in known]


def _known(connection: Connection, live_source: LiveSource, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of this source's events, and what they say."""
    c = stop_event.c
    names = (*KEY, *_SAID)
    statement = select(*(c[name] for name in names)).where(
        c.source == live_source.declaration.key,
        c.retired_by.is_(None),
        c.service_on.in_(frame["service_on"].unique().to_list()),
        c.trip_id.in_(frame["trip_id"].unique().to_list()),
    )
    schema: dict[str, Any] = {name: SCHEMA[name] for name in names}
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def read_cancelled(
    connection: Connection, source: str, trip_ids: Iterable[str], after: datetime
) -> list[Cancelled]:
    """Return what trip updates have cancelled: of some trips, and of any after an instant."""
    c = stop_event.c
    statement = select(*(c[name] for name in KEY), c.scheduled_at).where(
        c.source == source, c.retired_by.is_(None), c.is_cancelled,
        c.reported_by == "trip_updates",
        or_(c.trip_id.in_(sorted(trip_ids)), c.scheduled_at > after),
    )  # fmt: skip
    return [Cancelled(*tuple(row)) for row in connection.execute(statement)]


def retire_cancelled(
    connection: Connection, source: str, load_id: int, cancelled: Sequence[Cancelled]
) -> None:
    """Retire cancellations of departures that are still to come: nothing is known of them again."""
    if not cancelled:
        return
    c = stop_event.c
    connection.execute(
        update(stop_event)
        .where(
            c.source == source, c.retired_by.is_(None),
            tuple_(*(c[name] for name in KEY)).in_([each.key for each in cancelled]),
        )
        .values(retired_by=load_id)
    )  # fmt: skip
