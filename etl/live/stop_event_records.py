"""Writes the stop events of live runs as records, each once it is final."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
from sqlalchemy import Connection, or_, select

from etl.batch import Batch
from etl.gtfs_rt.stop_events import SCHEMA, StopEvent
from etl.live.piece import LiveSource
from etl.load.records import load_records
from etl.transform.locate import assign_cell, assign_district
from geodata.tables import stop_event

KEY = ("service_on", "trip_id", "start_s", "stop_sequence")


def load_stop_events(
    connection: Connection, live_source: LiveSource, load_id: int, events: Iterable[StopEvent],
    *, is_missed: bool = False,
) -> Batch:  # fmt: skip
    """Write the events that are not known yet: what was once observed or cancelled stands.

    Missed ones (`is_missed`) are written where nothing is known at all. Only stops that are counted
    (METHODS T6) are kept.
    """
    rows = [each.values() for each in events if each.run.trip.stops.is_counted[each.index]]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").unique(
        KEY, keep="first", maintain_order=True
    )
    known = _known(connection, live_source, frame, is_missed=is_missed)
    frame = frame.join(known, on=KEY, how="anti", maintain_order="left")
    if frame.is_empty():
        return Batch(frame)
    declaration = live_source.declaration.model_copy(
        update={"mode": "append", "table": "stop_event"}
    )
    extent = declaration.covered_extent
    frame = assign_district(assign_cell(frame), live_source.locator, extent)
    batch, _ = load_records(connection, Batch(frame), declaration, load_id)
    return replace(batch, stages=())


def without_record(
    connection: Connection, live_source: LiveSource, events: Sequence[StopEvent]
) -> list[StopEvent]:
    """Return the events of which this source has no record of any kind."""
    frame = pl.DataFrame([each.values() for each in events], schema=SCHEMA, orient="row")
    known = set(_known(connection, live_source, frame, is_missed=True).rows())
    keys = frame.select(KEY).iter_rows()
    return [each for each, key in zip(events, keys, strict=True) if key not in known]


def _known(
    connection: Connection, live_source: LiveSource, frame: pl.DataFrame, *, is_missed: bool
) -> pl.DataFrame:
    """Return the keys of this source's events that are final already, or there in any way."""
    c = stop_event.c
    statement = select(*(c[name] for name in KEY)).where(
        c.source == live_source.declaration.key,
        c.retired_by.is_(None),
        c.service_on.in_(frame["service_on"].unique().to_list()),
        c.trip_id.in_(frame["trip_id"].unique().to_list()),
    )
    if not is_missed:
        statement = statement.where(or_(c.observed_at.is_not(None), c.is_cancelled))
    schema: dict[str, Any] = {name: SCHEMA[name] for name in KEY}
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=schema, orient="row")
