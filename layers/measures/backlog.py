"""E8: events received and not yet closed: their number, their age, and their hours a day."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from geodata.queries.places import read_open_spans, read_received
from geodata.space.grid import NO_CELL
from geodata.tables import UNKNOWN_DISTRICT
from layers.build.measure_request import MeasureRequest
from layers.period import Grain, Period
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, STATE_SCHEMA, complete_states
from layers.values.coverage import Coverage, read_coverage

_PLACE = ("component", "cell", "district_id")
OfDay = Callable[[pl.DataFrame, datetime, timedelta], pl.DataFrame]


def open_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the events open at the end of each day from the first to the last one received.

    A channel gets a zero only from the day on which its records begin.
    """
    return _by_day(request, open_at)


def stale_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the events open for longer than the limit at the end of each day."""
    return _by_day(request, stale_at)


def age_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the ages in minutes of the events open at the end of each day."""
    return _by_day(request, ages_at)


def open_time_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the hours that events were open in each day, for the mean backlog of a period.

    An event still open counts to the end of the day; one open for too long does not count.
    """

    def of_day(spans: pl.DataFrame, end: datetime, stale: timedelta) -> pl.DataFrame:
        start = Period.containing(
            (end - timedelta(microseconds=1)).astimezone(request.city.zone).date(), Grain.DAY
        ).start_at(request.city.timezone)
        kept = spans.filter(pl.col("received_at") >= end - stale)
        busy = open_seconds(kept, start.astimezone(UTC), end)
        return busy.select(*_PLACE, "n", num=pl.col("sum_wx") / 3600)

    return _by_day(request, of_day)


def _by_day(request: MeasureRequest, of_day: OfDay) -> pl.DataFrame:
    """Return the states of every wanted day, from the spans and the end of the day."""
    received = read_received(request.connection)
    if not received:
        return pl.DataFrame(schema=STATE_SCHEMA)
    zone = request.city.timezone
    first, last = (
        Period.containing(at.astimezone(request.city.zone).date(), Grain.DAY)
        for at in (min(at for at, _ in received.values()), max(at for _, at in received.values()))
    )
    days = request.wanted(list(Period(first.first, last.end).split(Grain.DAY)))
    if not days:
        return pl.DataFrame(schema=STATE_SCHEMA)
    stale = timedelta(days=float(request.measure.parameters["stale_open_days"]))
    coverage = read_coverage(request.connection, request.indicator)
    channels = sorted(received)
    begin = days[0].start_at(zone).astimezone(UTC)
    spans = read_open_spans(request.connection, begin).rename({"channel": "component"})
    states = []
    for day in days:
        start, end = (at.astimezone(UTC) for at in (day.start_at(zone), day.end_at(zone)))
        without_open = _covered_rows(channels, (start, end), coverage)
        stacked = pl.concat([of_day(spans, end, stale), without_open], how="diagonal")
        states.append(stacked.with_columns(starts_at=pl.lit(start)))
    return complete_states(merge_states(pl.concat(states, how="diagonal"), KEYS))


def _covered_rows(
    channels: Sequence[str], span: tuple[datetime, datetime], coverage: Coverage
) -> pl.DataFrame:
    """Return one row for every covered component, even when nothing is open."""
    return pl.DataFrame(
        {"component": [each for each in channels if coverage.covers([each], span)]},
        schema={"component": pl.String},
    ).with_columns(
        cell=pl.lit(NO_CELL, pl.Int64), district_id=pl.lit(UNKNOWN_DISTRICT), num=pl.lit(0.0)
    )


def _open(moment: datetime) -> pl.Expr:
    """Half-open spans: received at or before the moment, closed after it or never."""
    closed = pl.col("closed_at")
    return (pl.col("received_at") <= moment) & (closed.is_null() | (closed > moment))


def stale_at(spans: pl.DataFrame, moment: datetime, stale: timedelta) -> pl.DataFrame:
    """Return the events open at a moment for longer than `stale` by place: `n`, `num`."""
    forgotten = spans.filter(_open(moment) & (pl.col("received_at") < moment - stale))
    return forgotten.group_by(_PLACE).agg(n=pl.len().cast(pl.Int64), num=pl.len().cast(pl.Float64))


def ages_at(spans: pl.DataFrame, moment: datetime, stale: timedelta) -> pl.DataFrame:
    """Return the ages in minutes, ascending, of the events open at a moment by place."""
    minutes = (pl.lit(moment) - pl.col("received_at")).dt.total_microseconds() / 60e6
    kept = spans.filter(_open(moment) & (pl.col("received_at") >= moment - stale))
    return kept.group_by(_PLACE).agg(n=pl.len().cast(pl.Int64), vals=minutes.sort())


def open_at(spans: pl.DataFrame, moment: datetime, stale: timedelta) -> pl.DataFrame:
    """Return the events open at a moment by place: `num`, and `n_missing` those open too long.

    Spans are half-open: received at or before the moment, closed after it or never.
    """
    forgotten = pl.col("received_at") < moment - stale
    return (
        spans.filter(_open(moment))
        .group_by(_PLACE)
        .agg(
            n=(~forgotten).sum().cast(pl.Int64),
            n_missing=forgotten.sum().cast(pl.Int64),
            num=(~forgotten).sum().cast(pl.Float64),
        )
    )


def open_seconds(spans: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the seconds that events were open within [start, end) by place, as `sum_wx`; `n`.

    Divided by the seconds of the span it is the mean number of open events.
    """
    from_at = pl.max_horizontal(pl.col("received_at"), pl.lit(start))
    to_at = pl.min_horizontal(pl.col("closed_at").fill_null(end), pl.lit(end))
    seconds = (to_at - from_at).dt.total_microseconds() / 1e6
    return (
        spans.filter(to_at > from_at)
        .group_by(_PLACE)
        .agg(n=pl.len().cast(pl.Int64), sum_wx=seconds.sum())
    )
