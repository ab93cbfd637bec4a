"""Acts of the duty desk: signed by who is signed in, bounded, written down, and forged in vain."""

import json
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from dashboard.pages.duty import act
from dashboard.pages.duty.candidates import decide
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from dashboard.server import create_server
from geodata.clock import now
from geodata.identity.audit import read_audit
from geodata.identity.caller import Caller, Role, asked_by
from geodata.queries.alerts import read_alerts, read_changes
from geodata.settings import Settings
from geodata.tables import audit_entry
from layers.alerts.duty import LONGEST_NAME, LONGEST_NOTE, apply_observations
from layers.alerts.machine import Timing
from layers.alerts.observation import Observation
from tests.callers import headers_of, let_in

OFFICER = Caller(Role.DUTY, "李娜")
AT_ONCE = {"load": Timing(timedelta(0), timedelta(0))}
UPDATE = "/_dash-update-component"


@pytest.fixture(scope="module")
def context(engine, city, tmp_path_factory) -> ScreenContext:
    seen = Observation("load", "city", "", 2, True, "", 40.0, 24.0, "四十起", "forty")
    apply_observations(engine, [seen], AT_ONCE, now())
    settings = Settings(data_dir=tmp_path_factory.mktemp("duty"))
    return ScreenContext(engine, city, settings, build_cache(settings, city))


@pytest.fixture
def alert(context) -> int:
    with context.engine.begin() as connection:
        connection.execute(delete(audit_entry))
        (row,) = read_alerts(connection, now())
    return row["alert_id"]


def changes_of(context, alert: int) -> list[tuple[str, str | None]]:
    with context.engine.connect() as connection:
        return [(each["change"], each["who"]) for each in read_changes(connection, alert)]


def acts_of(context) -> list[tuple[str, str, str, str]]:
    entries = reversed(read_audit(context.engine).entries)
    return [(each["who"], each["act"], each["subject"], each["outcome"]) for each in entries]


def test_an_act_is_signed_by_the_caller_and_written_down(context, alert: int) -> None:
    with asked_by(OFFICER):
        assert "Acknowledged" in act(context, "acknowledge", alert, "", "")
        assert "Assigned" in act(context, "assign", alert, "王强", "x" * LONGEST_NOTE)
        assert act(context, "history", alert, "", "") == ""
    signed = [("acknowledged", "李娜"), ("assigned", "李娜")]
    assert changes_of(context, alert)[-2:] == signed
    assert acts_of(context) == [
        ("李娜", "alert acknowledge", str(alert), "done"),
        ("李娜", "alert assign", str(alert), "done"),
    ]


def test_what_is_too_long_or_not_there_is_refused_and_written_down(context, alert: int) -> None:
    before = changes_of(context, alert)
    with asked_by(OFFICER):
        for action, number, to, note in (
            ("assign", alert, "x" * (LONGEST_NAME + 1), ""),
            ("assign", alert, "王强", "x" * (LONGEST_NOTE + 1)),
            ("close", alert + 1000, "", ""),
        ):
            assert "Not done" in act(context, action, number, to, note)
        assert act(context, "erase", alert, "", "") == ""
        assert "no open candidate" in decide(context, "one_event", 12345)
    assert changes_of(context, alert) == before
    assert [each[3] for each in acts_of(context)] == ["refused"] * 4


def pressed(button: object, to: object = None, note: object = None) -> dict[str, object]:
    """What a browser sends whose button was pressed."""
    changed = f"{json.dumps(button, separators=(',', ':'), sort_keys=True)}.n_clicks"
    return {
        "output": "..duty-answer.children...duty-note.value...duty-history.children..",
        "outputs": [
            {"id": "duty-answer", "property": "children"},
            {"id": "duty-note", "property": "value"},
            {"id": "duty-history", "property": "children"},
        ],
        "inputs": [[{"id": button, "property": "n_clicks", "value": 1}]],
        "state": [
            {"id": "duty-to", "property": "value", "value": to},
            {"id": "duty-note", "property": "value", "value": note},
        ],
        "changedPropIds": [changed],
    }


@pytest.fixture(scope="module")
def client(context) -> TestClient:
    let_in(context.engine)
    server = create_server(context.engine, context.city, context.settings)
    return TestClient(server, raise_server_exceptions=False)


def test_nobody_else_acts_by_a_forged_request(context, client, alert: int) -> None:
    before = changes_of(context, alert)
    forged = pressed({"type": "duty-act", "action": "close", "alert": alert}, "", "by nobody")
    for role in Role:
        if role not in (Role.DUTY, Role.ADMINISTRATOR):
            answer = client.post(UPDATE, json=forged, headers=headers_of(role))
            assert answer.status_code == (401 if role == Role.PUBLIC else 403)
    elsewhere = headers_of(Role.DUTY, "http://evil.example")
    assert client.post(UPDATE, json=forged, headers=elsewhere).status_code == 403
    assert changes_of(context, alert) == before


@pytest.mark.parametrize(
    ("number", "to", "note"),
    [
        ("x", "", ""), (None, "", ""), (-1, "", ""), (2**70, "", ""), ([1], "", ""),
        (1, ["x"], {"a": 1}), (1, 5, True), (1, "\0", "\0"),
    ],
)  # fmt: skip
def test_what_a_button_never_sends_does_nothing(context, client, alert, number, to, note) -> None:
    before = changes_of(context, alert)
    button = {"type": "duty-act", "action": "acknowledge", "alert": number}
    answer = client.post(UPDATE, json=pressed(button, to, note), headers=headers_of(Role.DUTY))
    assert answer.status_code in (200, 204, 400)
    assert changes_of(context, alert) == before


def test_the_officer_signed_in_acts_by_the_button(context, client, alert: int) -> None:
    button = {"type": "duty-act", "action": "close", "alert": alert}
    sent = pressed(button, "", "two engines sent")
    answer = client.post(UPDATE, json=sent, headers=headers_of(Role.DUTY))
    assert answer.status_code == 200
    assert changes_of(context, alert)[-1] == ("closed", "a duty")
