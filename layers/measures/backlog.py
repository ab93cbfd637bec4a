"""E8: events received and not yet closed, at the end of each day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from geodata.grid import NO_CELL
from geodata.queries.places import read_open_spans
from geodata.tables import UNKNOWN_DISTRICT
from layers.coverage import Coverage, read_coverage
from layers.period import Grain, Period
from layers.request import MeasureRequest
from layers.rollup import merge_states
from layers.state import KEYS, STATE_SCHEMA, complete_states

_PLACE = ("component", "cell", "district_id")


def open_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the events open at the end of each day from the first to the last one received.

    That nothing is open is said only of a channel whose files begin no later than that day.
    """
    spans = read_open_spans(request.connection).rename({"channel": "component"})
    if spans.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    zone = request.city.timezone
    local = spans["received_at"].dt.convert_time_zone(zone).dt.date().to_list()
    first, last = (Period.containing(day, Grain.DAY) for day in (min(local), max(local)))
    stale = timedelta(days=float(request.measure.parameters["stale_open_days"]))
    coverage = read_coverage(request.connection, request.indicator)
    days = request.wanted(list(Period(first.first, last.end).split(Grain.DAY)))
    if not days:
        return pl.DataFrame(schema=STATE_SCHEMA)
    channels = spans["component"].unique().sort().to_list()
    begin = days[0].start_at(zone).astimezone(UTC)
    spans = spans.filter(pl.col("closed_at").is_null() | (pl.col("closed_at") > begin))
    states = [_of_day(spans, channels, day, zone, stale, coverage) for day in days]
    return complete_states(merge_states(pl.concat(states, how="diagonal"), KEYS))


def _of_day(
    spans: pl.DataFrame,
    channels: Sequence[str],
    day: Period,
    zone: str,
    stale: timedelta,
    coverage: Coverage,
) -> pl.DataFrame:
    start, end = (at.astimezone(UTC) for at in (day.start_at(zone), day.end_at(zone)))
    found = open_at(spans, end, stale)
    # one row for every component that was looked at, even when nothing is open
    looked = pl.DataFrame(
        {"component": [each for each in channels if coverage.covers([each], (start, end))]},
        schema={"component": pl.String},
    ).with_columns(
        cell=pl.lit(NO_CELL, pl.Int64), district_id=pl.lit(UNKNOWN_DISTRICT), num=pl.lit(0.0)
    )
    busy = open_seconds(spans, start, end)
    stacked = pl.concat([found, looked, busy], how="diagonal")
    return stacked.with_columns(starts_at=pl.lit(start))


def open_at(spans: pl.DataFrame, moment: datetime, stale: timedelta) -> pl.DataFrame:
    """Return the events open at a moment by place: `num`, and `n_missing` those open too long.

    Spans are half-open: received at or before the moment, closed after it or never.
    """
    received, closed = pl.col("received_at"), pl.col("closed_at")
    is_open = (received <= moment) & (closed.is_null() | (closed > moment))
    forgotten = received < moment - stale
    return (
        spans.filter(is_open)
        .group_by(_PLACE)
        .agg(
            n=(~forgotten).sum().cast(pl.Int64),
            n_missing=forgotten.sum().cast(pl.Int64),
            num=(~forgotten).sum().cast(pl.Float64),
        )
    )


def open_seconds(spans: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the seconds that events were open within [start, end) by place, as `sum_wx`.

    Divided by the seconds of the span it is the mean number of open events.
    """
    from_at = pl.max_horizontal(pl.col("received_at"), pl.lit(start))
    to_at = pl.min_horizontal(pl.col("closed_at").fill_null(end), pl.lit(end))
    seconds = (to_at - from_at).dt.total_microseconds() / 1e6
    return spans.filter(to_at > from_at).group_by(_PLACE).agg(sum_wx=seconds.sum())
