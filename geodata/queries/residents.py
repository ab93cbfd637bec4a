"""Reads where people live, and which source speaks for a district.

A source speaks for a district if it covers it: if it declares so (`coverage`), if a record of it is
the district itself, or if the ground of its records makes up 95 % of the district. Of several with
one vintage the finest speaks. Where none covers a district, one whose ground cannot be measured
(points, hexagons of which only the inhabited are listed) speaks for it; polygons that make up less
add nothing. Which was loaded last never matters.
"""

from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select, tuple_

from geodata.queries.frame import Schema, in_order, read_columns
from geodata.space.grid import NO_CELL
from geodata.tables import NO_DISTRICT, district, population, source_coverage

COVERING_SHARE = 0.95
RESIDENT_SCHEMA: Schema = {
    "cell": pl.Int64,
    "district_id": pl.String,
    "residents": pl.Float64,
    "lon": pl.Float64,
    "lat": pl.Float64,
}
_COUNT_SCHEMA: Schema = {
    "source": pl.String,
    "vintage_on": pl.Date,
    "district_id": pl.String,
    "residents": pl.Float64,
    "units": pl.Int64,
    "covered_share": pl.Float64,
    "is_measured": pl.Boolean,
    "covers": pl.Boolean,
}
_BY_AREA = "area"
_COUNT = ("district_id", "vintage_on", "source")


def read_counts(connection: Connection) -> pl.DataFrame:
    """Return the counts of residents: one row a source, vintage and district.

    Columns: source, vintage_on, district_id, residents, units (records of different units),
    covered_share (of the district's area, null if none is known), is_measured (its ground is that
    of its units' polygons), covers, speaks.
    """
    rows = connection.execute(_counts()).all()
    counts = pl.DataFrame([tuple(row) for row in rows], schema=_COUNT_SCHEMA, orient="row")
    c = source_coverage.c
    current = select(c.source, c.district_id).where(
        c.table_name == population.name, c.retired_by.is_(None)
    )
    declared = {(source, place) for source, place in connection.execute(current.distinct())}
    return mark_speaking(counts, declared)


def mark_speaking(
    counts: pl.DataFrame, declared: set[tuple[str, str | None]] | frozenset[tuple[str, str | None]]
) -> pl.DataFrame:
    """Add to counts which of them speak for their district.

    `declared` holds the source and district of declared coverage, None for all districts. Records
    in no district count if their source speaks for any district then, and of several such sources
    those of the one that speaks for most.
    """
    promised = [
        (source, None) in declared or (source, place) in declared
        for source, place in counts.select("source", "district_id").iter_rows()
    ]
    covers = pl.col("covers") | pl.col("covered_share").fill_null(0).ge(COVERING_SHARE)
    covering = counts.with_columns(pl.Series("@promised", promised, dtype=pl.Boolean)).with_columns(
        covers=covers | pl.col("@promised")
    )
    placed = pl.col("district_id").is_in(NO_DISTRICT).not_()
    own = covering.filter(placed)
    finest = own.filter("covers").sort("units", "source", descending=[True, False])
    speaking = finest.unique(["district_id", "vintage_on"], keep="first").select(_COUNT)
    speaking = pl.concat([speaking, _fallback(own)])
    speaking = pl.concat([speaking, _unlocated(covering.filter(~placed), speaking)])
    said = speaking.with_columns(speaks=pl.lit(value=True))
    return (
        covering.drop("@promised")
        .join(said, on=_COUNT, how="left")
        .with_columns(pl.col("speaks").fill_null(value=False))
        .sort(_COUNT)
    )


def _fallback(own: pl.DataFrame) -> pl.DataFrame:
    """Return the counts of districts that no source covers: all vintages of one source each."""
    nobody = ~pl.col("covers").any().over("district_id")
    by_source = (
        own.filter(nobody, ~pl.col("is_measured"))
        .group_by("district_id", "source")
        .agg(pl.col("covered_share").max().fill_null(0), pl.col("residents").max())
        .sort("covered_share", "residents", "source", descending=[True, True, False])
        .unique("district_id", keep="first", maintain_order=True)
    )
    return own.join(by_source.select("district_id", "source"), on=["district_id", "source"]).select(
        _COUNT
    )


def _unlocated(counts: pl.DataFrame, speaking: pl.DataFrame) -> pl.DataFrame:
    """Return the counts in no district that go with those of districts, or are declared whole."""
    spoken = speaking.group_by("source").agg(pl.col("district_id").n_unique().alias("@districts"))
    alone = counts.join(spoken, on="source", how="left").with_columns(
        pl.col("@districts").fill_null(0)
    )
    is_heard = (pl.col("@districts") > 0) | pl.col("covers")
    heard = alone.filter(is_heard | (pl.lit(spoken.is_empty()) & ~is_heard.any()))
    order = ["@districts", "covers", "residents", "source"]
    ranked = heard.sort(order, descending=[True, True, True, False])
    return ranked.unique(["district_id", "vintage_on"], keep="first").select(_COUNT)


def _counts() -> Select[Any]:
    c = population.c
    covered = func.sum(c.covered_km2) / func.nullif(func.max(district.c.area_km2), 0)
    return (
        select(
            c.source,
            c.vintage_on,
            c.district_id,
            func.sum(c.residents),
            func.count(c.unit_id.distinct()),
            covered,
            func.coalesce(func.bool_and(c.basis == _BY_AREA), False),
            func.bool_or(c.unit_id == c.district_id),
        )
        .join_from(population, district, district.c.district_id == c.district_id)
        .where(c.retired_by.is_(None))
        .group_by(c.source, c.vintage_on, c.district_id)
    )


def read_residents(connection: Connection) -> pl.DataFrame:
    """Return cell, district_id, residents, lon, lat of each population point (lon null: none).

    Nobody is counted twice: each district has the newest vintage that speaks for it.
    """
    counts = read_counts(connection).filter("speaks")
    newest = counts.sort("vintage_on").unique("district_id", keep="last")
    c = population.c
    statement = select(
        func.coalesce(c.cell, NO_CELL).label("cell"),
        c.district_id,
        c.residents,
        func.ST_X(c.geom).label("lon"),
        func.ST_Y(c.geom).label("lat"),
    ).where(c.retired_by.is_(None), c.residents > 0, _among(newest))
    return in_order(read_columns(connection, statement, RESIDENT_SCHEMA))


def read_vintage_cells(connection: Connection) -> pl.DataFrame:
    """Return vintage_on, cell (0: none), district_id, residents of all counts that speak."""
    counts = read_counts(connection).filter("speaks")
    c = population.c
    statement = select(
        func.date_part("epoch", c.vintage_on).label("day"),
        func.coalesce(c.cell, NO_CELL).label("cell"),
        c.district_id,
        c.residents,
    ).where(c.retired_by.is_(None), _among(counts))
    schema: Schema = {
        "day": pl.Int64, "cell": pl.Int64, "district_id": pl.String, "residents": pl.Float64,
    }  # fmt: skip
    frame = in_order(read_columns(connection, statement, schema))
    days = pl.from_epoch("day", time_unit="s").cast(pl.Date).alias("vintage_on")
    return frame.select(days, "cell", "district_id", "residents")


def _among(counts: pl.DataFrame) -> Any:
    c = population.c
    keys = [tuple(row) for row in counts.select(_COUNT).iter_rows()]
    return tuple_(c.district_id, c.vintage_on, c.source).in_(keys)
