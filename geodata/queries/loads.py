"""Reads loads with their numbers of findings, and one load with its details."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, case, func, select, true

from geodata.errors import NotFoundError
from geodata.tables import finding, load, rejected_row, source_coverage

REJECTED_SHOWN = 100
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class LoadDetails:
    """A load, its findings, its first rejected rows (without their text), its coverage."""

    load: RowMapping
    findings: list[RowMapping]
    rejected: list[RowMapping]
    coverage: list[RowMapping]


def read_loads(connection: Connection, limit: int, source: str | None = None) -> list[RowMapping]:
    """Return the newest loads, newest first, with `error`, `warning` and `info` counted."""
    chosen = select(load).order_by(load.c.load_id.desc()).limit(limit)
    if source is not None:
        chosen = chosen.where(load.c.source == source)
    newest = chosen.subquery()
    counts = (
        select(
            finding.c.load_id,
            *(func.count(case((finding.c.severity == name, 1))).label(name) for name in SEVERITIES),
        )
        .where(finding.c.load_id.in_(select(newest.c.load_id)))
        .group_by(finding.c.load_id)
        .subquery()
    )
    counted = [func.coalesce(counts.c[name], 0).label(name) for name in SEVERITIES]
    joined = newest.outerjoin(counts, counts.c.load_id == newest.c.load_id)
    query = select(newest, *counted).select_from(joined).order_by(newest.c.load_id.desc())
    return _rows(connection, query)


def read_held_loads(connection: Connection) -> list[RowMapping]:
    """Return the loads that wait to be accepted, newest first, with what would go in two languages.

    `message_zh` and `message_en` are those of the first finding that is an error.
    """
    first = (
        select(finding.c.message_zh, finding.c.message_en)
        .where(finding.c.load_id == load.c.load_id, finding.c.severity == "error")
        .order_by(finding.c.finding_id)
        .limit(1)
        .lateral()
    )
    query = select(load, first.c.message_zh, first.c.message_en).outerjoin(first, true())
    held = query.where(load.c.status == "held").order_by(load.c.load_id.desc())
    return _rows(connection, held)


def read_held_counts(connection: Connection) -> dict[str, int]:
    """Return how many loads of a source are held, 0 for one of which none is held any more."""
    held = func.count().filter(load.c.status == "held").label("held")
    ever = load.c.status.in_(("held", "accepted", "superseded"))
    query = select(load.c.source, held).where(ever).group_by(load.c.source)
    return {row.source: row.held for row in connection.execute(query.order_by(load.c.source))}


def read_findings(connection: Connection, load_id: int) -> list[RowMapping]:
    """Return the findings of a load, the gravest first, then as they were found."""
    grade = case({name: i for i, name in enumerate(SEVERITIES)}, value=finding.c.severity)
    query = select(finding).where(finding.c.load_id == load_id)
    return _rows(connection, query.order_by(grade, finding.c.finding_id))


def read_load(connection: Connection, load_id: int) -> LoadDetails:
    """Return one load.

    Raises:
        NotFoundError: there is no load of that number.
    """
    found = connection.execute(select(load).where(load.c.load_id == load_id)).mappings().first()
    if found is None:
        raise NotFoundError(f"there is no load {load_id}")
    r, c = rejected_row.c, source_coverage.c
    # never the text of a row: it may name people, and these pages need no password
    rejected = select(r.file, r.row_number, r.field, r.reason).where(r.load_id == load_id)
    covered = select(c.table_name, c.component, c.district_id, c.starts_at, c.ends_at, c.retired_by)
    return LoadDetails(
        found,
        read_findings(connection, load_id),
        _rows(connection, rejected.order_by(r.rejected_id).limit(REJECTED_SHOWN)),
        _rows(connection, covered.where(c.load_id == load_id).order_by(c.coverage_id)),
    )


def read_newest_loads(connection: Connection) -> dict[str, tuple[datetime, datetime | None]]:
    """Return by source when its newest load ended, and its latest event."""
    c = load.c
    statement = (
        select(c.source, func.max(c.finished_at), func.max(c.event_to))
        .where(c.status == "loaded")
        .group_by(c.source)
    )
    return {source: (at, event_to) for source, at, event_to in connection.execute(statement)}


def read_real_sources(connection: Connection) -> list[str]:
    """Return the sources of which anything real ever came, refused files too: rows of it are kept.

    Simulated loads have an index of their own, so that what is left is looked for once a start.
    """
    c = load.c
    query = select(c.source).where(c.provenance != "simulated").distinct().order_by(c.source)
    return list(connection.execute(query).scalars())


def read_rejection_counts(
    connection: Connection, limit: int, load_id: int | None = None
) -> list[RowMapping]:
    """Return load_id, file, field, reason and `rows`: how many rows each reason refused."""
    c = rejected_row.c
    named = (c.load_id, c.file, c.field, c.reason)
    statement = select(*named, func.count().label("rows")).group_by(*named)
    ordered = statement.order_by(c.load_id, func.count().desc()).limit(limit)
    return _rows(connection, _of_load(ordered, load_id))


def read_rejected_rows(
    connection: Connection, limit: int, load_id: int | None = None
) -> list[RowMapping]:
    """Return load_id, row_number, field, reason and raw of the first rejected rows."""
    c = rejected_row.c
    statement = select(c.load_id, c.row_number, c.field, c.reason, c.raw)
    ordered = statement.order_by(c.load_id, c.row_number).limit(limit)
    return _rows(connection, _of_load(ordered, load_id))


def _of_load(statement: Select[Any], load_id: int | None) -> Select[Any]:
    return statement if load_id is None else statement.where(rejected_row.c.load_id == load_id)


def _rows(connection: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())
