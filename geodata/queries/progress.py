"""Reads the state of a database: newest load and build, and feeds without expanded days."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from geodata.tables import district, load, source_coverage, state_build


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
    """Return source and checksum of the feeds that still run, but have no departures from today on.

    A timetable is expanded for some of its service days only, and a feed's own validity may be
    longer: the coverage of both counts. `timezone` decides which day `moment` is on.
    """
    today = moment.astimezone(ZoneInfo(timezone)).date()
    midnight = datetime.combine(today, time(), ZoneInfo(timezone))
    covered = source_coverage.c
    expanded_to = func.max(covered.ends_at).filter(covered.table_name == "departure")
    runs_to = func.max(covered.ends_at).filter(covered.table_name == "gtfs_stop")
    statement = (
        select(covered.source, load.c.sha256)
        .join(load, load.c.load_id == covered.load_id)
        .where(covered.retired_by.is_(None))
        .group_by(covered.source, load.c.sha256)
        .having(expanded_to <= midnight, runs_to > midnight)
        .order_by(covered.source)
    )
    return {row.source: row.sha256 for row in connection.execute(statement)}
