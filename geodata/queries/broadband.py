"""Reads the records of the broadband measures: predictions, measurement reports, schools."""

from collections.abc import Mapping

import polars as pl
from sqlalchemy import BigInteger, Connection, case, cast, func, literal_column, select

from geodata.queries.frame import Schema, read_frame
from geodata.space.grid import parent_sql
from geodata.tables import facility, network_sample, radio_prediction

PREDICTION_SCHEMA: Schema = {
    "operator": pl.String,
    "rsrp_4g_dbm": pl.Float64,
    "rsrp_5g_dbm": pl.Float64,
    "sinr_5g_db": pl.Float64,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_predictions(connection: Connection) -> pl.DataFrame:
    """Return the current pixels of the operators' prediction rasters."""
    c = radio_prediction.c
    levels = (c.rsrp_4g_dbm, c.rsrp_5g_dbm, c.sinr_5g_db)
    statement = (
        select(c.operator, *levels, func.ST_X(c.geom), func.ST_Y(c.geom))
        .where(c.retired_by.is_(None), c.geom.is_not(None))
        .order_by(c.operator, c.pixel_id)
    )
    return read_frame(connection, statement, PREDICTION_SCHEMA)


def read_report_counts(
    connection: Connection, res: int, limits_dbm: Mapping[str, float], timezone: str
) -> pl.DataFrame:
    """Return cell (of `res`), technology, month_s, reports and good ones of each month and cell.

    `limits_dbm` names the technologies and the level from which a report is good; `month_s` is the
    second since 1970 at which the month begins in the zone. Reports without a place or a level are
    left out.
    """
    c = network_sample.c
    month = func.date_trunc("month", c.sampled_at, timezone)
    limit = case(limits_dbm, value=c.technology)
    statement = (
        select(
            literal_column(parent_sql("cell", res)).label("cell"),
            c.technology,
            cast(func.extract("epoch", month), BigInteger),
            func.count(),
            func.count().filter(c.rsrp_dbm >= limit),
        )
        .where(
            c.retired_by.is_(None),
            c.kind == "radio",
            c.technology.in_(limits_dbm),
            c.cell.is_not(None),
            c.rsrp_dbm.is_not(None),
        )
        .group_by(literal_column("1"), literal_column("2"), literal_column("3"))
    )
    schema: Schema = {
        "cell": pl.Int64,
        "technology": pl.String,
        "month_s": pl.Int64,
        "reports": pl.Int64,
        "good": pl.Int64,
    }
    return read_frame(connection, statement, schema)


def read_schools(connection: Connection) -> pl.DataFrame:
    """Return cell (0: none), district_id, students and mbps (measured, else contracted)."""
    c = facility.c
    statement = (
        select(
            func.coalesce(c.cell, 0),
            c.district_id,
            c.students,
            func.coalesce(c.down_mbps, c.contracted_mbps),
        )
        .where(c.retired_by.is_(None), c.kind == "school", c.is_active)
        .order_by(c.facility_id)
    )
    schema: Schema = {
        "cell": pl.Int64,
        "district_id": pl.String,
        "students": pl.Int64,
        "mbps": pl.Float64,
    }
    return read_frame(connection, statement, schema)
