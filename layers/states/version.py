"""The build that an indicator's states rest on, and the version that names it in addresses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from geodata.city.configuration import City
from geodata.clock import now, replayed
from geodata.errors import NotFoundError
from geodata.tables import build_failure, load, state_build
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator

STALE_AFTER_INTERVALS = 3
STALE_MARK = "s"
TIMETABLE = "gtfs"  # the table name of a timetable's load, which fills several tables
_REPLAY = re.compile(r"at(\d{1,10})-")


@dataclass(frozen=True)
class SourceEnd:
    """How far a source's records go, and how often more are expected of it."""

    source: str
    until: datetime  # of a timetable: its last day
    # its own interval, or the indicator's where that is longer; None: it comes only once
    expected: timedelta | None

    def is_late(self, at: datetime) -> bool:
        """Return whether more than three of its intervals have passed without a word."""
        if self.expected is None:
            return False
        return at - self.until > STALE_AFTER_INTERVALS * self.expected


@dataclass(frozen=True)
class Failure:
    """Why an indicator, or the one it is divided by, could not be built last time."""

    indicator: str
    failed_at: datetime
    message: str


@dataclass(frozen=True)
class Build:
    """The current build of an indicator: version, sources, newest record."""

    indicator: str
    version: str  # opaque, safe in an address; changes with the numbers and when they become stale
    built_at: datetime
    as_of: datetime | None  # latest event among the records used
    sources: tuple[str, ...]
    load_ids: tuple[int, ...]
    is_simulated: bool
    ends: tuple[SourceEnd, ...] = ()  # of each source of what is counted, by name
    failure: Failure | None = None  # the states are those of before it

    def late_sources(self, at: datetime) -> tuple[str, ...]:
        """Return the sources that are late by their own cadence, or timetables that have ended."""
        return tuple(each.source for each in self.ends if each.is_late(at))


def read_build(engine: Engine, city: City, indicator: str) -> Build:
    """Return the current build of an indicator, its denominator's provenance included.

    Raises:
        NotFoundError: there is no such indicator, or nothing has been built for it.
    """
    with engine.connect() as connection:
        return read_build_in(connection, find_indicator(city, indicator))


def read_build_in(connection: Connection, indicator: Indicator) -> Build:
    """Return the current build within an open transaction.

    Raises:
        NotFoundError: nothing has been built for the indicator.
    """
    keys = [indicator.key]
    if indicator.stock_below:
        keys.append(indicator.stock_below)
    rows = [_newest(connection, key) for key in keys]
    own = rows[0]
    if own is None:
        raise NotFoundError(f"nothing has been loaded for {indicator.key} yet")
    used = [row for row in rows if row is not None]
    load_ids = tuple(dict.fromkeys(number for row in used for number in row.load_ids))
    build = Build(
        indicator=indicator.key,
        version=_replay_mark() + "-".join(str(row.build_id) for row in used),
        built_at=own.built_at,
        as_of=own.as_of,
        sources=tuple(dict.fromkeys(name for row in used for name in row.sources)),
        load_ids=load_ids,
        is_simulated=any(row.is_simulated for row in used),
        ends=_read_ends(connection, indicator, own.load_ids),
        failure=_read_failure(connection, keys),
    )
    late = "".join(f"l{number}" for number, each in enumerate(build.ends) if each.is_late(now()))
    mark = STALE_MARK if is_stale(indicator, build, now()) else ""
    failed = f"f{int(build.failure.failed_at.timestamp())}" if build.failure else ""
    return replace(build, version=build.version + mark + late + failed)


def _read_ends(
    connection: Connection, indicator: Indicator, load_ids: Sequence[int]
) -> tuple[SourceEnd, ...]:
    """Return how far the newest of these loads of each source goes.

    Left out are sources of what is only looked up, such as roads: they are not what is counted.
    """
    c = load.c
    until = func.coalesce(c.event_to, c.finished_at)
    counted = {TIMETABLE, *(measure.table for measure in indicator.measures)}
    newest = (
        select(c.source, until, c.expected_s, c.table_name)
        .ext(distinct_on(c.source))
        .where(c.load_id.in_(load_ids), c.table_name.in_(counted))
        .order_by(c.source, until.desc(), c.load_id.desc())
    )
    return tuple(
        SourceEnd(source, at, _expected(expected_s, table, indicator))
        for source, at, expected_s, table in connection.execute(newest)
    )


def _expected(expected_s: float | None, table: str, indicator: Indicator) -> timedelta | None:
    """Return the interval by which a source is late; a timetable says until when it holds."""
    if table == TIMETABLE:
        return timedelta(0)
    if expected_s is None:
        return None
    return max(timedelta(seconds=expected_s), indicator.expected_interval or timedelta(0))


def _read_failure(connection: Connection, keys: Sequence[str]) -> Failure | None:
    c = build_failure.c
    found = select(c.indicator, c.failed_at, c.message).where(c.indicator.in_(keys))
    row = connection.execute(found.order_by(c.failed_at.desc()).limit(1)).one_or_none()
    return Failure(*row) if row else None


def read_failures(engine: Engine) -> list[Failure]:
    """Return the indicators that could not be built last time, in the order of their keys."""
    c = build_failure.c
    columns = select(c.indicator, c.failed_at, c.message).order_by(c.indicator)
    with engine.connect() as connection:
        return [Failure(*row) for row in connection.execute(columns)]


def _replay_mark() -> str:
    """Return the prefix of versions in a replay, which keeps its answers apart from the present."""
    at = replayed()
    return f"at{int(at.timestamp())}-" if at else ""


def moment_of(version: str) -> datetime | None:
    """Return the moment that a version replays; None for a version of the present."""
    found = _REPLAY.match(version)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def _newest(connection: Connection, key: str) -> Row[Any] | None:
    newest = state_build.c.build_id.desc()
    return connection.execute(
        select(state_build).where(state_build.c.indicator == key).order_by(newest).limit(1)
    ).one_or_none()


def is_stale(indicator: Indicator, build: Build | None, until: datetime) -> bool:
    """Return whether, at `until`, states are older than they should be.

    They are if the newest record is older than three expected intervals of the indicator, if any
    source is late by its own cadence, or if they could not be built last time.

    For a period `until` is its end, or now if it has not ended: a period that was complete at its
    end does not become stale.
    """
    if build is None:
        return False
    if build.failure is not None or build.late_sources(until):
        return True
    return is_old(indicator, build.as_of, until)


def is_old(indicator: Indicator, as_of: datetime | None, until: datetime) -> bool:
    """Return whether the newest record is older than three expected intervals of the indicator."""
    if as_of is None or indicator.expected_interval is None:
        return False
    return until - as_of > STALE_AFTER_INTERVALS * indicator.expected_interval
