"""Reads and writes alerts and their history; every write is announced."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.database.announce import ALERTS, announce
from geodata.errors import NotFoundError
from geodata.tables import alert, alert_change, alert_watch

_SNAPSHOT = (
    "state", "severity", "case_state", "assigned_to", "value", "limit_value", "text_zh", "text_en",
)  # fmt: skip


def read_active(connection: Connection) -> Sequence[RowMapping]:
    """Return the alerts that have not ended, locked until the transaction ends."""
    active = select(alert).where(alert.c.ended_at.is_(None)).order_by(alert.c.alert_id)
    return connection.execute(active.with_for_update()).mappings().all()


def read_one(connection: Connection, alert_id: int) -> RowMapping:
    """Return one alert, locked until the transaction ends.

    Raises:
        NotFoundError: there is none of this number.
    """
    wanted = select(alert).where(alert.c.alert_id == alert_id).with_for_update()
    found = connection.execute(wanted).mappings().one_or_none()
    if found is None:
        raise NotFoundError(f"no alert has the number {alert_id}")
    return found


def read_changes(connection: Connection, alert_id: int) -> Sequence[RowMapping]:
    """Return an alert's history, oldest first."""
    mine = select(alert_change).where(alert_change.c.alert_id == alert_id)
    return connection.execute(mine.order_by(alert_change.c.change_id)).mappings().all()


def read_alerts(
    connection: Connection, at: datetime, limit: int = 200, *, raised_only: bool = True
) -> Sequence[RowMapping]:
    """Return the alerts as of a moment, from their history.

    The worst first, then the newest; those whose case was closed by then after the open ones.
    """
    known = (
        select(alert_change)
        .ext(distinct_on(alert_change.c.alert_id))
        .where(alert_change.c.changed_at <= at)
        .order_by(alert_change.c.alert_id, alert_change.c.change_id.desc())
        .subquery()
    )
    identity = [alert.c[name] for name in ("alert_id", "rule", "subject_kind", "subject", "part")]
    then = [known.c[name] for name in (*_SNAPSHOT, "changed_at")]
    query: Select[Any] = select(*identity, alert.c.raised_at, *then).join(
        known, known.c.alert_id == alert.c.alert_id
    )
    if raised_only:
        query = query.where(alert.c.raised_at <= at)
    order = (
        known.c.case_state == "closed",
        known.c.severity.desc(),
        alert.c.raised_at.desc(),
        alert.c.alert_id.desc(),
    )
    return connection.execute(query.order_by(*order).limit(limit)).mappings().all()


def count_open(connection: Connection, at: datetime) -> dict[int, int]:
    """Return how many alerts of each severity were raised and not closed at a moment."""
    counts: dict[int, int] = {}
    for row in read_alerts(connection, at):
        if row["case_state"] != "closed" and row["state"] == "firing":
            counts[row["severity"]] = counts.get(row["severity"], 0) + 1
    return counts


def keep_watch_of(
    connection: Connection, at: datetime, judged: Iterable[tuple[str, int, list[str]]]
) -> None:
    """Store of each rule when it was judged, for how many subjects, and those not known."""
    for rule, subjects, unknown in judged:
        values = {"judged_at": at, "subjects": subjects, "unknown": unknown}
        statement = upsert(alert_watch).values(rule=rule, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["rule"], set_=values))


def read_watch(connection: Connection) -> dict[str, RowMapping]:
    """Return the last judgement of each rule: judged_at, subjects, unknown (a list of subjects)."""
    rows = connection.execute(select(alert_watch)).mappings()
    return {row["rule"]: row for row in rows}


def write_alert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Insert an alert, or update the one whose `alert_id` is given; returns its number."""
    alert_id: int | None = values.get("alert_id")
    columns = {name: value for name, value in values.items() if name != "alert_id"}
    if alert_id is None:
        made: int = connection.execute(
            insert(alert).values(columns).returning(alert.c.alert_id)
        ).scalar_one()
        return made
    connection.execute(update(alert).where(alert.c.alert_id == alert_id).values(columns))
    return alert_id


def write_change(
    connection: Connection,
    alert_id: int,
    change: str,
    at: datetime,
    *,
    who: str | None = None,
    note: str | None = None,
) -> None:
    """Write a change of an alert, with its state afterwards, and announce it."""
    now_is = connection.execute(select(alert).where(alert.c.alert_id == alert_id)).mappings().one()
    connection.execute(
        insert(alert_change).values(
            alert_id=alert_id,
            changed_at=at,
            change=change,
            who=who,
            note=note,
            **{name: now_is[name] for name in _SNAPSHOT},
        )
    )
    announce(connection, ALERTS, alert_id=alert_id, change=change, severity=now_is["severity"])
