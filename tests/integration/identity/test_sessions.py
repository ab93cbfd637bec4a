"""Sessions, devices and the record of acts, on a real database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from geodata.clock import replaying
from geodata.errors import NotFoundError, RequestError
from geodata.identity.audit import PAGE_SIZE, AuditFilter, read_audit, write_audit
from geodata.identity.caller import Caller, Role, asked_by
from geodata.identity.devices import find_device, issue_device, list_devices, revoke_device
from geodata.identity.sessions import (
    LONGEST_IDLE,
    LONGEST_SESSION,
    end_session,
    find_caller,
    open_session,
)
from geodata.identity.users import add_user, disable_user, enable_user
from geodata.tables import metadata, user_session

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LI = Caller(Role.PLANNER, "li")


@pytest.fixture(autouse=True, scope="module")
def _li(engine):
    add_user(engine, "li", Role.PLANNER, "correct horse battery")


def test_a_session_ends_when_nobody_asks(engine):
    token = open_session(engine, "li", "10.0.0.7", NOW)
    assert find_caller(engine, token, NOW + LONGEST_IDLE - MINUTE) == LI
    assert find_caller(engine, token, NOW + 2 * LONGEST_IDLE - 2 * MINUTE) == LI
    assert find_caller(engine, token, NOW + 3 * LONGEST_IDLE) is None


def test_a_session_ends_however_busy(engine):
    token = open_session(engine, "li", now=NOW)
    at = NOW
    while at < NOW + LONGEST_SESSION:
        assert find_caller(engine, token, at) == LI
        at += LONGEST_IDLE / 2
    assert find_caller(engine, token, at) is None


def test_a_played_day_moves_no_session(engine):
    token = open_session(engine, "li")
    with replaying(NOW + timedelta(days=3650)):
        assert find_caller(engine, token) == LI


def test_sessions_end_by_hand(engine):
    one, two, three = (open_session(engine, "li") for _ in range(3))
    end_session(engine, one)
    assert [find_caller(engine, each) for each in (one, two)] == [None, LI]
    disable_user(engine, "LI")
    enable_user(engine, "li")
    assert [find_caller(engine, each) for each in (two, three)] == [None, None]


def test_ended_sessions_are_forgotten_in_time(engine):
    open_session(engine, "li", "old", NOW - timedelta(days=60))
    open_session(engine, "li", "new", NOW)
    with engine.connect() as connection:
        clients = connection.execute(select(user_session.c.client)).scalars().all()
    assert "new" in clients
    assert "old" not in clients


def test_a_device_is_let_in_until_revoked(engine):
    with asked_by(Caller(Role.ADMINISTRATOR, "root")):
        token = issue_device(engine, Role.WALL, "hall-1")
    assert find_device(engine, token) == Caller(Role.WALL, "hall-1")
    assert find_caller(engine, token) is None  # no session
    with pytest.raises(RequestError, match="already a device"):
        issue_device(engine, Role.KIOSK, "HALL-1")
    revoke_device(engine, "Hall-1")
    assert find_device(engine, token) is None
    with pytest.raises(NotFoundError, match="no device hall-1"):
        revoke_device(engine, "hall-1")
    again = issue_device(engine, Role.WALL, "hall-1")
    assert find_device(engine, token) is None
    assert find_device(engine, again) is not None
    kept = [(each.name, each.created_by, each.revoked_at is None) for each in list_devices(engine)]
    assert kept == [("hall-1", "root", False), ("hall-1", "", True)]


@pytest.mark.parametrize("kind", ["administrator", "public", "tank"])
def test_only_devices_get_tokens(engine, kind):
    with pytest.raises(RequestError, match="no kind of device"):
        issue_device(engine, kind, "x1")


@pytest.mark.parametrize("token", ["", "\0", "\ud800", "x" * 100_000, "' OR 1=1 --"])
def test_a_token_may_be_any_text(engine, token):
    assert find_caller(engine, token) is None
    assert find_device(engine, token) is None
    end_session(engine, token)


def test_no_token_is_kept_in_clear(engine):
    tokens = [open_session(engine, "li"), issue_device(engine, Role.PROGRAM, "prometheus")]
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for token in tokens:
                query = text(f'SELECT count(*) FROM "{table.name}" t WHERE t::text LIKE :token')
                assert connection.execute(query, {"token": f"%{token}%"}).scalar_one() == 0


def test_acts_are_written_with_who_did_them_and_read_by_page(engine):
    with asked_by(LI):
        write_audit(engine, "export", "incidents", "done", {"rows": 12}, "10.0.0.7")
    write_audit(engine, "sign-in", "li\0\n" + "x" * 1000, "refused", {"bad": float("nan")})
    newest = read_audit(engine).entries[:2]
    assert [(each["who"], each["role"]) for each in newest] == [("", "public"), ("li", "planner")]
    assert newest[0]["subject"].startswith("li\ufffd\ufffdxxx")
    assert len(newest[0]["subject"]) == 301
    assert newest[0]["detail"] == {"bad": "nan"}
    assert newest[1]["detail"] == {"rows": 12}
    assert newest[1]["client"] == "10.0.0.7"


def test_the_record_is_asked_by_column_and_time(engine):
    with asked_by(Caller(Role.DUTY, "zhao")):
        for number in range(PAGE_SIZE + 1):
            write_audit(engine, "close", str(number), "refused" if number else "done")
    first = read_audit(engine, AuditFilter(who="zhao"))
    second = read_audit(engine, AuditFilter(who="zhao"), 2)
    assert (len(first.entries), first.has_more) == (PAGE_SIZE, True)
    assert ([each["subject"] for each in second.entries], second.has_more) == (["0"], False)
    done = read_audit(engine, AuditFilter(who="zhao", outcome="done", act="close"))
    assert len(done.entries) == 1
    since = done.entries[0]["at"]
    assert len(read_audit(engine, AuditFilter(who="zhao", until=since)).entries) == 0
    assert read_audit(engine, AuditFilter(who="zhao", since=since)).has_more
    with pytest.raises(RequestError):
        read_audit(engine, None, 0)
