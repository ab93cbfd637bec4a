"""Applies the duty officer's actions and the rules' observations to the alerts in the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, RowMapping

from geodata.clock import now
from geodata.queries import alerts as queries
from layers.alerts import machine
from layers.alerts.machine import Alert, Change, Step, Timing
from layers.alerts.observation import Observation
from layers.errors import QueryError

LONGEST_NAME, LONGEST_NOTE = 80, 500  # letters that an officer may write
_COLUMNS = tuple(field.name for field in fields(Alert))


def as_alert(row: RowMapping) -> Alert:
    """Return the alert of a row of `ops.alert`."""
    return Alert(**{name: row[name] for name in _COLUMNS})


def apply_observations(
    engine: Engine, seen: Iterable[Observation], timings: Mapping[str, Timing], at: datetime
) -> list[tuple[Alert, Change]]:
    """Update the alerts by a round of observations; return the changes.

    One transaction a round: all of it is visible, or none.
    """
    changed: list[tuple[Alert, Change]] = []
    with engine.begin() as connection:
        active = {alert.key: alert for alert in map(as_alert, queries.read_active(connection))}
        for each in seen:
            known, timing = active.get(each.key), timings[each.rule]
            if known is None:
                steps = machine.begin(each, timing, at)
            else:
                steps = [machine.advance(known, each, timing, at)]
            for alert, change in steps:
                if alert != known:
                    _write(connection, alert, change, at)
                if change:
                    changed.append((alert, change))
        changed += _end_ruleless(connection, active.values(), timings, at)
    return changed


def _end_ruleless(
    connection: Connection, active: Iterable[Alert], timings: Mapping[str, Timing], at: datetime
) -> list[tuple[Alert, Change]]:
    """Let alerts recover whose rule is no longer configured, since nothing observes them."""
    at_once = Timing(timedelta(0), timedelta(0))
    ended: list[tuple[Alert, Change]] = []
    for known in active:
        if known.rule in timings:
            continue
        nothing = Observation(*known.key[:3], severity=0, holds=False, part=known.part)
        alert, change = machine.advance(known, nothing, at_once, at)
        if change:
            _write(connection, alert, change, at)
            ended.append((alert, change))
    return ended


def _write(connection: Connection, alert: Alert, change: Change | None, at: datetime) -> None:
    alert_id = queries.write_alert(connection, asdict(alert))
    if change:
        queries.write_change(connection, alert_id, change, at)


def acknowledge(engine: Engine, alert_id: int, who: str, note: str = "") -> Alert:
    """Record that a person knows of an alert; see `machine.acknowledge`.

    Raises:
        NotFoundError: there is no such alert.
        QueryError: it cannot be acknowledged, nobody signs, or the note is too long.
    """
    return _act(engine, alert_id, who, note, lambda alert, _: machine.acknowledge(alert))


def assign(engine: Engine, alert_id: int, to: str, who: str, note: str = "") -> Alert:
    """Assign a case to a person; see `machine.assign`.

    Raises:
        NotFoundError: there is no such alert.
        QueryError: it cannot be assigned, nobody signs, or a text is too long.
    """
    if len(to) > LONGEST_NAME:
        raise QueryError(f"a name has at most {LONGEST_NAME} letters")
    return _act(engine, alert_id, who, note, lambda alert, _: machine.assign(alert, to))


def close(engine: Engine, alert_id: int, who: str, note: str = "") -> Alert:
    """Close a case; see `machine.close`.

    Raises:
        NotFoundError: there is no such alert.
        QueryError: it cannot be closed, nobody signs, or the note is too long.
    """
    return _act(engine, alert_id, who, note, machine.close)


def _act(
    engine: Engine,
    alert_id: int,
    who: str,
    note: str,
    act: Callable[[Alert, datetime], Step],
) -> Alert:
    if not who.strip():
        raise QueryError("whoever acts on a case signs with a name")
    if len(note) > LONGEST_NOTE:
        raise QueryError(f"a note has at most {LONGEST_NOTE} letters")
    with engine.begin() as connection:
        at = now()
        alert, change = act(as_alert(queries.read_one(connection, alert_id)), at)
        queries.write_alert(connection, asdict(alert))
        queries.write_change(
            connection, alert_id, str(change), at, who=who.strip(), note=note.strip() or None
        )
        return alert
