"""Reads live data: the freshness of each live source, the vehicles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, func, select

from geodata.tables import live_source, vehicle_position

STALE_AFTER_INTERVALS = 3  # METHODS 10
_CLOCKS_DIFFER = timedelta(minutes=1)  # those of machines that write and read, at most

# stale: its last message is too old; silent: none ever came though one was due; awaited: none came
# yet, and none was due; failing: it cannot be read
SourceState = Literal["fresh", "stale", "silent", "awaited", "failing"]


@dataclass(frozen=True)
class SourceFreshness:
    """The freshness of a live source.

    `lag` is since its last event or, if that claims a later time, since it was heard; `silent_for`
    the same or, where it never spoke, since somebody listens to it. Lag begins at `known_at`.
    """

    source: str
    kind: str  # records | positions | trip_updates
    last_event_at: datetime | None
    lag: timedelta | None
    expected: timedelta
    state: SourceState
    message: str | None
    silent_for: timedelta
    known_at: datetime | None = None

    @property
    def has_spoken(self) -> bool:
        """Return whether any message of it ever came."""
        return self.last_event_at is not None

    @property
    def is_late(self) -> bool:
        """Return whether something is wrong with it: no message when one was due, or unreadable."""
        return self.state not in ("fresh", "awaited")


def read_sources_freshness(engine: Engine, at: datetime) -> list[SourceFreshness]:
    """Return every live source that is followed, the most overdue first."""
    with engine.connect() as connection:
        found = [_judge(row, at) for row in connection.execute(select(live_source))]
    return sorted(found, key=_overdue, reverse=True)


def _judge(row: Any, at: datetime) -> SourceFreshness:
    expected = timedelta(seconds=row.expected_s)
    known_at = row.last_event_at
    if known_at is not None and row.heard_at is not None:
        known_at = min(known_at, row.heard_at)
    lag = None if known_at is None else _since(known_at, at)
    silent_for = _since(row.followed_since, at) if lag is None else lag
    state = judge_source(lag, silent_for, expected, row.message)
    if row.polled_at is not None and row.polled_at - at > _CLOCKS_DIFFER:
        state = "failing"  # the clock was set back, and nobody has looked at the source since
    return SourceFreshness(
        row.source, row.kind, row.last_event_at, lag, expected, state, row.message, silent_for,
        known_at,
    )  # fmt: skip


def _since(begin: datetime, at: datetime) -> timedelta:
    """Return how long ago an instant is; 0 if it is ahead, by a clock that was set back."""
    return max(at - begin, timedelta(0))


def judge_source(
    lag: timedelta | None, silent_for: timedelta, expected: timedelta, message: str | None
) -> SourceState:
    """Return the state of a source: stale when its lag exceeds three expected intervals.

    One that never spoke is late from its first expected message on.
    """
    if lag is not None and lag > STALE_AFTER_INTERVALS * expected:
        return "stale"
    if message:
        return "failing"
    if lag is None:
        return "silent" if silent_for > expected else "awaited"
    return "fresh"


def _overdue(source: SourceFreshness) -> float:
    """Return the silence in expected intervals; one that never spoke comes first when it is due."""
    if not source.has_spoken and source.is_late:
        return float("inf")
    return source.silent_for / source.expected


def read_vehicles(engine: Engine, at: datetime, within: timedelta) -> list[Mapping[str, Any]]:
    """Return the vehicles seen about an instant: place, route, deviation, headway.

    Not those of a time far ahead: a clock that was set back would show them until it is there.
    """
    c = vehicle_position.c
    columns = [
        c.vehicle_id, c.recorded_at, c.route_id, c.direction_id, c.trip_id, c.bearing_deg,
        c.deviation_s, c.headway_s, c.scheduled_headway_s, c.off_shape_m,
        func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
    ]  # fmt: skip
    statement = select(*columns).where(
        c.recorded_at.between(at - within, at + within), c.geom.is_not(None)
    )
    with engine.connect() as connection:
        return [
            dict(row) for row in connection.execute(statement.order_by(c.vehicle_id)).mappings()
        ]
