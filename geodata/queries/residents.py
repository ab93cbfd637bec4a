"""Reads where people live."""

import polars as pl
from sqlalchemy import Connection, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from geodata.queries.frame import Schema, read_columns
from geodata.space.grid import NO_CELL
from geodata.tables import population

RESIDENT_SCHEMA: Schema = {
    "cell": pl.Int64,
    "district_id": pl.String,
    "residents": pl.Float64,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_residents(connection: Connection) -> pl.DataFrame:
    """Return cell, district_id, residents, lon, lat of each population point (lon null: none).

    Nobody is counted twice: of several vintages and sources, the newest vintage and of that the
    source loaded last is taken for each district.
    """
    c = population.c
    leading = (
        select(c.district_id, c.vintage_on, c.source)
        .ext(distinct_on(c.district_id))
        .where(c.retired_by.is_(None))
        .order_by(c.district_id, c.vintage_on.desc(), c.load_id.desc(), c.source)
        .subquery()
    )
    chosen = and_(
        leading.c.district_id == c.district_id,
        leading.c.vintage_on == c.vintage_on,
        leading.c.source == c.source,
    )
    statement = (
        select(
            func.coalesce(c.cell, NO_CELL).label("cell"),
            c.district_id,
            c.residents,
            func.ST_X(c.geom).label("lon"),
            func.ST_Y(c.geom).label("lat"),
        )
        .join_from(population, leading, chosen)
        .where(c.retired_by.is_(None), c.residents > 0)
    )
    return read_columns(connection, statement, RESIDENT_SCHEMA)
