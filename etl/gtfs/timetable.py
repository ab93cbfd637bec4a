"""The part of a feed that is expanded into departures, and the days it then fully covers."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from etl.gtfs.expand import compute_departures, compute_runs
from etl.gtfs.feed import Feed
from etl.gtfs.spread import check_nights
from etl.gtfs.window import choose_dates, fit_dates
from etl.limits import DEFAULTS, Limits
from etl.source.mapping import Expansion

_DAY = timedelta(days=1)
_DAY_S = 86_400


@dataclass(frozen=True)
class Timetable:
    """Departures, the calendar days `[starts_at, ends_at)` they are complete for, days left out."""

    departures: pl.DataFrame
    starts_at: datetime | None
    ends_at: datetime | None
    days_left_out: int


def expand_feed(
    feed: Feed,
    source: str,
    expansion: Expansion,
    reference_on: date,
    timezone: str,
    limits: Limits = DEFAULTS,
) -> Timetable:
    """Return the departures of the chosen service days, with what others add to their days.

    A calendar day (`timezone`) also shows the trips of earlier service days that run past midnight
    and, where the feed's zone lies east of the city's, those of the service day that has begun
    there. Of such days only what departs between the window's first and last local midnight is
    kept.

    Raises:
        LimitError: a few of its lines stand for too many departures.
    """
    check_nights(math.ceil(latest_second(feed) / _DAY_S), limits)
    wanted = choose_dates(feed.service_days["service_on"].unique(), expansion, reference_on)
    if not wanted:
        return Timetable(_no_departures(feed), None, None, 0)
    stop_times = feed.rows("stop_times.txt")
    until = wanted[-1] + _DAY
    runs = _runs(feed, source, [*_nights_before(feed, wanted[0]), *wanted, until], limits)
    dates = fit_dates(wanted, runs, stop_times, expansion.max_departures)
    starts_at, ends_at = _midnight(dates[0], timezone), _midnight(dates[-1] + _DAY, timezone)
    expanded = sorted({*_nights_before(feed, dates[0]), *dates, dates[-1] + _DAY})
    departures = compute_departures(runs, stop_times, expanded, feed.timezone)
    is_within = (pl.col("service_on") <= dates[-1]) | (pl.col("departs_at") < ends_at)
    return Timetable(
        departures.filter((pl.col("departs_at") >= starts_at) & is_within),
        starts_at,
        ends_at,
        len(wanted) - len(dates),
    )


def _runs(feed: Feed, source: str, dates: list[date], limits: Limits) -> pl.DataFrame:
    frequencies = feed.tables.get("frequencies.txt")
    return compute_runs(
        source,
        feed.rows("trips.txt"),
        feed.rows("stop_times.txt"),
        frequencies.rows if frequencies else None,
        feed.service_days.filter(pl.col("service_on").is_in(dates)),
        limits,
    )


def _nights_before(feed: Feed, first: date) -> list[date]:
    """Return the service days before `first` whose trips may still run on it."""
    days = math.ceil(latest_second(feed) / _DAY_S)
    return [first - timedelta(days=back) for back in range(days, 0, -1)]


def latest_second(feed: Feed) -> int:
    """Return the latest second of a service day at which any trip still runs."""
    rows = feed.rows("stop_times.txt")
    latest = int(rows.select(pl.col("departure_time").max()).item() or 0)
    frequencies = feed.tables.get("frequencies.txt")
    if frequencies is None or frequencies.rows.is_empty():
        return latest
    span = rows.group_by("trip_id").agg(
        (pl.col("departure_time").max() - pl.col("departure_time").min()).alias("span")
    )
    ends = (pl.col("end_time") + pl.col("span")).max()
    return max(latest, int(frequencies.rows.join(span, on="trip_id").select(ends).item() or 0))


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _no_departures(feed: Feed) -> pl.DataFrame:
    return compute_departures(
        _runs(feed, "", [], DEFAULTS), feed.rows("stop_times.txt"), [], feed.timezone
    )
