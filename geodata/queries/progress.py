"""Reads the state of a database: newest load and build, and feeds without expanded days."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from geodata.tables import (
    departure,
    district,
    gtfs_stop,
    kept_feed,
    load,
    source_coverage,
    state_build,
)


def read_progress(connection: Connection) -> tuple[str, ...]:
    """Return facts that change with every load, build and district, and differ between databases.

    The time of the first load tells two databases apart whose numbers agree.
    """
    statement = select(
        select(func.count()).select_from(district).scalar_subquery(),
        select(func.min(load.c.started_at)).scalar_subquery(),
        select(func.max(load.c.load_id)).scalar_subquery(),
        select(func.max(state_build.c.build_id)).scalar_subquery(),
        select(func.max(state_build.c.built_at)).scalar_subquery(),
    )
    return tuple(str(value) for value in connection.execute(statement).one())


def read_lapsed_feeds(connection: Connection, moment: datetime, timezone: str) -> dict[str, str]:
    """Return source and checksum of the feeds whose time to be loaded has come.

    Those that still run but have no departures from today on: a timetable is expanded for some of
    its service days only, and a feed's own validity may be longer, so the coverage of both counts.
    And those kept as upcoming whose first day it is, or was: they come before the feed in force.
    `timezone` decides which day `moment` is on.
    """
    today = moment.astimezone(ZoneInfo(timezone)).date()
    midnight = datetime.combine(today, time(), ZoneInfo(timezone))
    covered = source_coverage.c
    expanded_to = func.max(covered.ends_at).filter(covered.table_name == departure.name)
    runs_to = func.max(covered.ends_at).filter(covered.table_name == gtfs_stop.name)
    statement = (
        select(covered.source, load.c.sha256)
        .join(load, load.c.load_id == covered.load_id)
        .where(covered.retired_by.is_(None))
        .group_by(covered.source, load.c.sha256)
        .having(expanded_to <= midnight, runs_to > midnight)
        .order_by(covered.source)
    )
    lapsed = {row.source: row.sha256 for row in connection.execute(statement)}
    due = (
        select(kept_feed.c.source, kept_feed.c.sha256)
        .where(kept_feed.c.is_upcoming, kept_feed.c.starts_on <= today)
        .order_by(kept_feed.c.starts_on, kept_feed.c.load_id)
    )
    return lapsed | {row.source: row.sha256 for row in connection.execute(due)}
