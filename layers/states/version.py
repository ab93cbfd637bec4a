"""The build that an indicator's states rest on, and the version that names it in addresses."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from geodata.clock import now, replayed
from geodata.errors import NotFoundError
from geodata.tables import state_build
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue

STALE_AFTER_INTERVALS = 3
STALE_MARK = "s"
_REPLAY = re.compile(r"at(\d{1,10})-")


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


def read_build(engine: Engine, indicator: str) -> Build:
    """Return the current build of an indicator, its denominator's provenance included.

    Raises:
        NotFoundError: there is no such indicator, or nothing has been built for it.
    """
    with engine.connect() as connection:
        return read_build_in(connection, find_indicator(indicator))


def read_build_in(connection: Connection, indicator: Indicator) -> Build:
    """Return the current build within an open transaction.

    Raises:
        NotFoundError: nothing has been built for the indicator.
    """
    keys = [indicator.key]
    if indicator.denominator in load_catalogue():
        keys.append(str(indicator.denominator))
    rows = [_newest(connection, key) for key in keys]
    own = rows[0]
    if own is None:
        raise NotFoundError(f"nothing has been loaded for {indicator.key} yet")
    used = [row for row in rows if row is not None]
    mark = STALE_MARK if is_stale(indicator, own.as_of, now()) else ""
    return Build(
        indicator=indicator.key,
        version=_replay_mark() + "-".join(str(row.build_id) for row in used) + mark,
        built_at=own.built_at,
        as_of=own.as_of,
        sources=tuple(dict.fromkeys(name for row in used for name in row.sources)),
        load_ids=tuple(dict.fromkeys(number for row in used for number in row.load_ids)),
        is_simulated=any(row.is_simulated for row in used),
    )


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


def is_stale(indicator: Indicator, as_of: datetime | None, until: datetime) -> bool:
    """Return whether, at `until`, the newest record is older than three expected intervals.

    For a period `until` is its end, or now if it has not ended: a period that was complete at its
    end does not become stale.
    """
    if as_of is None or indicator.expected_interval is None:
        return False
    return until - as_of > STALE_AFTER_INTERVALS * indicator.expected_interval
