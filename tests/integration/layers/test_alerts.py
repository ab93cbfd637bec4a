"""Alerts on a real database: one active a subject, a history that answers for any moment."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Engine

from geodata.errors import NotFoundError
from geodata.queries.alerts import count_open, read_alerts, read_changes
from layers.alerts.duty import acknowledge, apply_observations, assign, close
from layers.alerts.machine import Timing
from layers.alerts.observation import Observation
from layers.errors import QueryError

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMINGS = {"load": Timing(timedelta(0), timedelta(0))}


def seen(severity: int, subject: str = "220102", value: float = 12.0) -> Observation:
    return Observation(
        "load", "district", subject, severity, bool(severity), "", value, 9.0, "多", "many"
    )


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setenv("OCC_NOW", moment.isoformat())


def test_from_warning_to_closed_case(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ((alert, change),) = apply_observations(engine, [seen(2)], TIMINGS, NOON)
    assert (change, alert.severity) == ("raised", 2)
    assert apply_observations(engine, [seen(2, value=13.0)], TIMINGS, NOON + MINUTE) == []
    ((_, change),) = apply_observations(engine, [seen(3)], TIMINGS, NOON + 2 * MINUTE)
    assert change == "escalated"
    with engine.connect() as connection:
        (row,) = read_alerts(connection, NOON + 2 * MINUTE)
        number = row["alert_id"]
        assert count_open(connection, NOON + 2 * MINUTE) == {3: 1}
    at(monkeypatch, NOON + 3 * MINUTE)
    acknowledge(engine, number, "值班员 李娜", "seen on the wall")
    assign(engine, number, "王强", "值班员 李娜")
    apply_observations(engine, [seen(0)], TIMINGS, NOON + 4 * MINUTE)
    at(monkeypatch, NOON + 5 * MINUTE)
    closed = close(engine, number, "王强", "two engines sent")
    assert closed.ended_at == NOON + 5 * MINUTE
    with engine.connect() as connection:
        history = [(row["change"], row["who"]) for row in read_changes(connection, number)]
        assert history == [
            ("raised", None), ("escalated", None), ("acknowledged", "值班员 李娜"),
            ("assigned", "值班员 李娜"), ("recovered", None), ("closed", "王强"),
        ]  # fmt: skip
        before, then = read_alerts(connection, NOON - MINUTE), read_alerts(connection, NOON)
        assert before == []
        assert [(row["severity"], row["case_state"]) for row in then] == [(2, "open")]
        assert count_open(connection, NOON + 5 * MINUTE) == {}
    ((again, change),) = apply_observations(engine, [seen(1)], TIMINGS, NOON + 9 * MINUTE)
    assert (change, again.alert_id) == ("raised", None)


def test_a_step_out_of_turn_changes_nothing(engine: Engine) -> None:
    apply_observations(engine, [seen(1, "220103")], TIMINGS, NOON)
    with engine.connect() as connection:
        rows = read_alerts(connection, NOON + MINUTE)
    number = next(row["alert_id"] for row in rows if row["subject"] == "220103")
    with pytest.raises(QueryError, match="cannot be closed"):
        close(engine, number, "王强")
    with pytest.raises(QueryError, match="signs with a name"):
        acknowledge(engine, number, " ")
    with pytest.raises(NotFoundError, match="no alert has the number 999999"):
        acknowledge(engine, 999_999, "王强")
    with engine.connect() as connection:
        assert [row["change"] for row in read_changes(connection, number)] == ["raised"]


def test_every_change_is_announced(engine: Engine) -> None:
    plain = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as listener:
        listener.execute("LISTEN occ_alert")
        apply_observations(engine, [seen(3, "220104")], TIMINGS, NOON)
        (notice,) = listener.notifies(timeout=5, stop_after=1)
    message = json.loads(notice.payload)
    assert (message["change"], message["severity"]) == ("raised", 3)


def test_an_alert_whose_rule_was_taken_out_recovers(engine: Engine) -> None:
    apply_observations(engine, [seen(2, "220105")], TIMINGS, NOON)
    changed = apply_observations(engine, [], {}, NOON + MINUTE)
    assert ("220105", "recovered") in [(alert.subject, change) for alert, change in changed]
