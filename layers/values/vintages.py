"""Stocks with vintages: each district counted at its own times, interpolated at an instant.

Between two counts of a district the number is interpolated linearly; before the first it is
unknown, after the last it stays. A newer count of some districts leaves the others with theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, select

from geodata.queries.frame import Schema
from geodata.tables import NOT_OF_CITY, state
from layers.catalogue.indicator import Indicator
from layers.states.state import COUNTS
from layers.values.query import CheckedQuery
from layers.values.selection import Selection, read_merged

Count = tuple[str, datetime]  # a district and the instant of one of its counts

_TIME = pl.Datetime("us", "UTC")
_SHARES: Schema = {
    "step": pl.String,
    "district_id": pl.String,
    "starts_at": _TIME,
    "weight": pl.Float64,
    "is_later": pl.Boolean,
}


def read_vintages(connection: Connection, query: CheckedQuery) -> pl.DataFrame:
    """Return the merged states at the end of the query's period, or of each of its steps."""
    counts = _read_counts(connection, query.indicator, query.components)
    moments = {"": query.span[1]}
    if query.by == "period":
        moments = {str(step): step.end_at(query.zone) for step in query.steps()}
    shares = pl.concat(
        [pl.DataFrame(schema=_SHARES), *(_shares(step, at, counts) for step, at in moments.items())]
    )
    if query.by == "cell":
        return _by_cell(connection, query, shares)
    return _by_district(connection, query, shares)


def interpolate(counted_at: Sequence[datetime], moment: datetime) -> list[tuple[datetime, float]]:
    """Return the counts around a moment with their weights: the last before it, and the next.

    Only the last one if none follows; none before the first.
    """
    before = [at for at in counted_at if at < moment]
    if not before:
        return []
    last = max(before)
    following = min((at for at in counted_at if at >= moment), default=None)
    if following is None:
        return [(last, 1.0)]
    share = (moment - last) / (following - last)
    return [(last, 1.0 - share), (following, share)]


def _shares(step: str, moment: datetime, counts: Iterable[Count]) -> pl.DataFrame:
    by_district: dict[str, list[datetime]] = {}
    for district_id, at in counts:
        by_district.setdefault(district_id, []).append(at)
    rows = [
        (step, district_id, at, weight, position > 0)
        for district_id, counted_at in sorted(by_district.items())
        for position, (at, weight) in enumerate(interpolate(counted_at, moment))
    ]
    return pl.DataFrame(rows, schema=_SHARES, orient="row")


def _read_counts(
    connection: Connection, indicator: Indicator, components: tuple[str, ...]
) -> list[Count]:
    c = state.c
    found = (
        select(c.district_id, c.starts_at)
        .where(
            c.indicator == indicator.key,
            c.component.in_(components),
            c.district_id.not_in(NOT_OF_CITY),
        )
        .distinct()
    )
    return [(row.district_id, row.starts_at) for row in connection.execute(found)]


def _by_cell(connection: Connection, query: CheckedQuery, shares: pl.DataFrame) -> pl.DataFrame:
    """Return a row a cell, from one read for all districts that share a count and its weight."""
    same = shares.group_by("starts_at", "weight", "is_later").agg(pl.col("district_id").sort())
    parts = [
        _weighted(read_merged(connection, _of(query, at, tuple(districts))), weight, is_later)
        for at, weight, is_later, districts in same.sort("starts_at", "weight").iter_rows()
    ]
    none = read_merged(connection, query.selection(query.span[0], query.span[0]))
    return _merge(pl.concat([_weighted(none, 1.0, is_later=False), *parts]))


def _by_district(connection: Connection, query: CheckedQuery, shares: pl.DataFrame) -> pl.DataFrame:
    """Return a row a district, a step or one of all, from the districts' own numbers."""
    none = replace(query.selection(query.span[0], query.span[0]), by="district", step=None)
    parts = [read_merged(connection, none).with_columns(starts_at=pl.lit(None, _TIME))]
    for at in shares["starts_at"].unique().sort():
        found = read_merged(connection, replace(_of(query, at), by="district", step=None))
        parts.append(found.with_columns(starts_at=pl.lit(at, _TIME)))
    joined = shares.join(
        pl.concat(parts).rename({"key": "district_id"}), on=["starts_at", "district_id"]
    )
    key = {"district": pl.col("district_id"), "period": pl.col("step")}.get(
        query.by, pl.lit("city")
    )
    keyed = joined.with_columns(key.alias("key"))
    return _merge(_weighted(keyed, pl.col("weight"), pl.col("is_later")).drop(_SHARES))


def _of(query: CheckedQuery, at: datetime, districts: tuple[str, ...] | None = None) -> Selection:
    return replace(query.snapshot(at), districts=districts)


def _weighted(
    states: pl.DataFrame, weight: float | pl.Expr, is_later: bool | pl.Expr
) -> pl.DataFrame:
    """Return states with weighted sums; the row counts are those of the earlier count."""
    share = pl.lit(weight) if isinstance(weight, float) else weight
    later = pl.lit(is_later) if isinstance(is_later, bool) else is_later
    return states.with_columns(
        pl.col("num") * share,
        *(pl.when(later).then(0).otherwise(pl.col(name)).alias(name) for name in COUNTS),
        is_estimated=pl.when(share < 1).then(1).otherwise(pl.col("is_estimated")).cast(pl.Int8),
    )


def _merge(states: pl.DataFrame) -> pl.DataFrame:
    rest = [name for name in states.columns if name not in ("key", "num", "is_estimated", *COUNTS)]
    return (
        states.group_by("key", maintain_order=True)
        .agg(
            pl.col("num", *COUNTS).sum(),
            pl.col("is_estimated").max(),
            *(pl.lit(None, pl.Float64).alias(name) for name in rest),
        )
        .select(states.columns)
    )
