"""Reads travel times between plate readers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from geodata.tables import link_time, reader_link

_HOUR = timedelta(hours=1)
LINK_TIME_SCHEMA: Mapping[str, pl.DataType] = {
    "source": pl.String(), "link_id": pl.String(), "starts_at": pl.Datetime("us", "UTC"),
    "day_part": pl.String(), "n": pl.Int64(), "time_total_s": pl.Float64(),
    "delay_total_s": pl.Float64(), "free_flow_total_s": pl.Float64(), "cell": pl.Int64(),
    "district_id": pl.String(),
}  # fmt: skip
SEGMENT_SCHEMA: Mapping[str, pl.DataType] = {
    "link_id": pl.String(), "name": pl.String(), "starts_at": pl.Datetime("us", "UTC"),
    "n": pl.Int64(), "length_m": pl.Float64(), "time_s": pl.Float64(),
    "free_flow_s": pl.Float64(), "path": pl.String(),
}  # fmt: skip


def read_link_times(
    connection: Connection, span: tuple[datetime, datetime] | None = None
) -> pl.DataFrame:
    """Return the current link times of a span, or all."""
    columns = [link_time.c[name] for name in LINK_TIME_SCHEMA]
    statement = select(*columns).where(link_time.c.retired_by.is_(None))
    if span is not None:
        first, end = span
        statement = statement.where(link_time.c.starts_at >= first, link_time.c.starts_at < end)
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=dict(LINK_TIME_SCHEMA), orient="row")


def read_segments(connection: Connection, at: datetime) -> pl.DataFrame:
    """Return each link's newest travel time of the hour up to an instant, its line as GeoJSON."""
    t, link = link_time.c, reader_link.c
    hour_before = at - _HOUR
    columns = [
        t.link_id, link.name, t.starts_at, t.n, t.length_m, t.time_s, t.free_flow_s,
        func.ST_AsGeoJSON(link.path, 6).label("path"),
    ]  # fmt: skip
    statement = (
        select(*columns)
        .ext(distinct_on(t.link_id))
        .join(reader_link, (link.link_id == t.link_id) & link.retired_by.is_(None))
        .where(t.retired_by.is_(None), t.starts_at > hour_before, t.starts_at <= at)
        .order_by(t.link_id, t.starts_at.desc())
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=dict(SEGMENT_SCHEMA), orient="row")
