"""What monitoring asks: loads by their outcome, and the work that waits."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from geodata.tables import build_failure, load, state_build


@dataclass(frozen=True)
class LoadCounts:
    """The loads of one source and status, and the rows in them."""

    source: str
    status: str
    loads: int
    rows_loaded: int
    rows_rejected: int


@dataclass(frozen=True)
class WaitingWork:
    """Work that is not done yet, and what waits for a person."""

    unbuilt_loads: int  # with records, committed after the newest build looked
    held_loads: int
    failed_indicators: int


def read_load_counts(connection: Connection) -> list[LoadCounts]:
    """Return how many loads there are, by source and status."""
    c = load.c
    sums = (func.count(), func.sum(c.rows_loaded), func.sum(c.rows_rejected))
    query = select(c.source, c.status, *sums).group_by(c.source, c.status)
    return [LoadCounts(*row) for row in connection.execute(query.order_by(c.source, c.status))]


def read_waiting_work(connection: Connection) -> WaitingWork:
    """Return how much work waits."""
    held = select(func.count()).select_from(load).where(load.c.status == "held")
    failed = select(func.count()).select_from(build_failure)
    return WaitingWork(
        unbuilt_loads=_count_unbuilt(connection),
        held_loads=int(connection.execute(held).scalar_one()),
        failed_indicators=int(connection.execute(failed).scalar_one()),
    )


def _count_unbuilt(connection: Connection) -> int:
    """Return how many loads with records the newest build's snapshot did not show."""
    c = state_build.c
    newest = select(c.seen).where(c.seen.is_not(None)).order_by(c.build_id.desc()).limit(1)
    seen = connection.execute(newest).scalar_one_or_none()
    waiting = (
        select(func.count()).select_from(load).where(load.c.status.in_(("loaded", "accepted")))
    )
    waiting = waiting.where(load.c.rows_loaded > 0)
    if seen is not None:
        unseen = text("NOT pg_visible_in_snapshot(xact_id::text::xid8, (:seen)::pg_snapshot)")
        waiting = waiting.where(unseen.bindparams(seen=seen))
    return int(connection.execute(waiting).scalar_one())
