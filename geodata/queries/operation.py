"""Reads the operated service: stop events and dispatched trips."""

from datetime import datetime

import polars as pl
from sqlalchemy import ColumnElement, Connection, Double, Integer, cast, func, select

from geodata.queries.frame import Schema, read_columns
from geodata.space.grid import NO_CELL
from geodata.tables import dispatch_trip, stop_event

_TIME = pl.Datetime("us", "UTC")
STOP_EVENT_SCHEMA: Schema = {
    "source": pl.String,
    "route_id": pl.String,
    "direction_id": pl.Int64,
    "stop_id": pl.String,
    "scheduled_at": _TIME,
    "delay_s": pl.Float64,
    "is_cancelled": pl.Boolean,
    "cell": pl.Int64,
    "district_id": pl.String,
}
DISPATCH_SCHEMA: Schema = {
    "route_id": pl.String,
    "planned_at": _TIME,
    "delay_s": pl.Float64,
    "scheduled_km": pl.Float64,
    "run_km": pl.Float64,
    "cell": pl.Int64,
    "district_id": pl.String,
}

Span = tuple[datetime, datetime]


def read_stop_events(connection: Connection, span: Span | None = None) -> pl.DataFrame:
    """Return the departures expected at timepoints; `delay_s` is null where none was observed.

    Only trips that follow a schedule: a headway alone schedules no time. `span` limits the
    scheduled times, its end excluded.
    """
    c = stop_event.c
    statement = select(
        c.source,
        c.route_id,
        c.direction_id,
        c.stop_id,
        c.scheduled_at,
        _seconds(c.observed_at, c.scheduled_at),
        cast(c.is_cancelled, Integer),
        func.coalesce(c.cell, NO_CELL),
        c.district_id,
    ).where(c.retired_by.is_(None), c.is_timepoint, c.is_schedule_based)
    if span:
        statement = statement.where(c.scheduled_at >= span[0], c.scheduled_at < span[1])
    return read_columns(connection, statement, STOP_EVENT_SCHEMA)


def read_dispatched_trips(connection: Connection, span: Span | None = None) -> pl.DataFrame:
    """Return the planned trips; `delay_s` is null where the bus did not leave the first stop."""
    c = dispatch_trip.c
    statement = select(
        c.route_id,
        c.planned_at,
        _seconds(c.departed_at, c.planned_at),
        cast(c.scheduled_km, Double),
        cast(c.run_km, Double),
        func.coalesce(c.cell, NO_CELL),
        c.district_id,
    ).where(c.retired_by.is_(None))
    if span:
        statement = statement.where(c.planned_at >= span[0], c.planned_at < span[1])
    return read_columns(connection, statement, DISPATCH_SCHEMA)


def _seconds(later: ColumnElement[object], earlier: ColumnElement[object]) -> ColumnElement[float]:
    return cast(func.extract("epoch", later) - func.extract("epoch", earlier), Double).label(
        "delay_s"
    )
