"""Reads records and loads for the screens: incidents, hours, facilities, freshness."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Subquery,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy import Integer as IntegerType

from geodata.queries.counted_events import current_events
from geodata.tables import NO_DISTRICT, NOT_OF_CITY, district, facility, incident, load, state_build
from geodata.tables.counted import NOT_SHOWN, is_current

Schema = Mapping[str, pl.DataType | type[pl.DataType]]

INCIDENT_SCHEMA: Schema = {
    "received_at": pl.Datetime("us", "UTC"),
    "enroute_at": pl.Datetime("us", "UTC"),
    "arrived_at": pl.Datetime("us", "UTC"),
    "closed_at": pl.Datetime("us", "UTC"),
    "channel": pl.String,
    "category": pl.String,
    "is_cancelled": pl.Boolean,
    "district_id": pl.String,
}
HOUR_SCHEMA: Schema = {"hour": pl.Int64, "channel": pl.String, "incidents": pl.Int64}
OPEN_SCHEMA: Schema = {"cell": pl.Int64, "channel": pl.String}
FACILITY_SCHEMA: Schema = {"kind": pl.String, "facilities": pl.Int64}
DISTRICT_SCHEMA: Schema = {
    "district_id": pl.String,
    "name_zh": pl.String,
    "name_en": pl.String,
    "kind": pl.String,
    "position": pl.Int64,
    "area_km2": pl.Float64,
}


@dataclass(frozen=True)
class Freshness:
    """The newest load, and the newest event of the oldest live source."""

    load_id: int | None
    loaded_at: datetime | None
    build_id: int | None
    is_simulated: bool
    incidents_to: datetime | None


def _frame(connection: Connection, query: Select[Any], schema: Schema) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def read_district_list(engine: Engine) -> pl.DataFrame:
    """Return district_id, name_zh, name_en, kind, position, area_km2 in the city's own order."""
    columns = [district.c[name] for name in DISTRICT_SCHEMA]
    listed = select(*columns).where(district.c.district_id.not_in(NO_DISTRICT))
    with engine.connect() as connection:
        return _frame(connection, listed.order_by(district.c.position), DISTRICT_SCHEMA)


def read_place_names(engine: Engine) -> dict[str, tuple[str, str]]:
    """Return the names in both languages of each value of `district_id`.

    Records that lie in no district have a name as well: where they are is said, not left blank.
    """
    columns = (district.c.district_id, district.c.name_zh, district.c.name_en)
    with engine.connect() as connection:
        return {key: (zh, en) for key, zh, en in connection.execute(select(*columns))}


def read_freshness(engine: Engine) -> Freshness:
    """Return the newest load, and the newest incident."""
    newest = select(func.max(load.c.load_id), func.max(load.c.finished_at)).where(
        load.c.status == "loaded"
    )
    simulated = select(func.count()).where(
        load.c.status == "loaded", load.c.provenance == "simulated"
    )
    with engine.connect() as connection:
        load_id, loaded_at = connection.execute(newest).one()
        return Freshness(
            load_id=load_id,
            loaded_at=loaded_at,
            build_id=connection.execute(select(func.max(state_build.c.build_id))).scalar_one(),
            is_simulated=bool(connection.execute(simulated).scalar_one()),
            incidents_to=connection.execute(select(func.max(incident.c.received_at))).scalar_one(),
        )


def _events_of_city(
    start_at: datetime, end_at: datetime, district_id: str | None
) -> tuple[Subquery, list[ColumnElement[bool]]]:
    """Return the events received in a span, and the clauses that leave those of the city."""
    event = current_events((start_at, end_at))
    conditions: list[ColumnElement[bool]] = [
        is_current(event, NOT_SHOWN),
        event.c.received_at >= start_at,
        event.c.received_at < end_at,
        event.c.district_id.not_in(NOT_OF_CITY),
    ]
    if district_id is not None:
        conditions.append(event.c.district_id == district_id)
    return event, conditions


def read_incidents(
    engine: Engine,
    start_at: datetime,
    end_at: datetime,
    limit: int,
    district_id: str | None = None,
) -> pl.DataFrame:
    """Return the latest incidents of a span, newest first, without any place below the district."""
    event, of_city = _events_of_city(start_at, end_at, district_id)
    query = (
        select(*(event.c[name] for name in INCIDENT_SCHEMA))
        .where(*of_city)
        .order_by(event.c.received_at.desc(), event.c.incident_id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return _frame(connection, query, INCIDENT_SCHEMA)


def read_incident_hours(
    engine: Engine, start_at: datetime, end_at: datetime, zone: str
) -> pl.DataFrame:
    """Return hour (local, 0-23), channel, incidents of a span, only hours that have some."""
    event, of_city = _events_of_city(start_at, end_at, None)
    hour = cast(extract("hour", func.timezone(zone, event.c.received_at)), IntegerType)
    query = (
        select(hour, event.c.channel, func.count())
        .where(*of_city)
        .group_by(hour, event.c.channel)
        .order_by(hour, event.c.channel)
    )
    with engine.connect() as connection:
        return _frame(connection, query, HOUR_SCHEMA)


def read_open_incidents(engine: Engine, start_at: datetime, at: datetime) -> pl.DataFrame:
    """Return cell, channel of the incidents received since an instant and not over at another."""
    event, of_city = _events_of_city(start_at, at, None)
    c = event.c
    query = (
        select(c.cell, c.channel)
        .where(
            *of_city,
            ~c.is_cancelled,
            c.cell.is_not(None),
            *(column.is_(None) | (column > at) for column in (c.cleared_at, c.closed_at)),
        )
        .order_by(c.received_at, c.incident_id)
    )
    with engine.connect() as connection:
        return _frame(connection, query, OPEN_SCHEMA)


def read_facility_counts(engine: Engine, district_id: str) -> pl.DataFrame:
    """Return kind, facilities of a district, active ones only."""
    query = (
        select(facility.c.kind, func.count())
        .where(
            facility.c.retired_by.is_(None),
            facility.c.is_active,
            facility.c.district_id == district_id,
        )
        .group_by(facility.c.kind)
        .order_by(facility.c.kind)
    )
    with engine.connect() as connection:
        return _frame(connection, query, FACILITY_SCHEMA)
