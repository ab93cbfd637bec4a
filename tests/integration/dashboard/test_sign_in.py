"""Signing in and out, letting a screen in: cookies, origins, hosts, rates, the record."""

from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, text

from dashboard.gate import callers, sign_in
from dashboard.gate.rates import PER_NAME
from dashboard.server import create_server
from geodata.database.announce import SIGNED_OUT
from geodata.database.engines import Engines
from geodata.http.problems import PROBLEM_JSON
from geodata.identity.audit import read_audit
from geodata.identity.caller import Role
from geodata.identity.devices import issue_device, revoke_device
from geodata.identity.users import add_user, disable_user
from geodata.settings import Settings
from geodata.space.districts import load_districts
from geodata.tables import audit_entry, district
from tests.callers import headers_of, let_in

NAME, PASSWORD = "王丽", "correct horse battery staple"
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture(scope="module")
def server(engine, city, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    let_in(engine)
    add_user(engine, NAME, Role.LEADER, PASSWORD)
    return create_server(engine, city, Settings(data_dir=tmp_path_factory.mktemp("gate")))


@pytest.fixture
def client(server: FastAPI, monkeypatch) -> TestClient:
    """A browser without a cookie; each comes from an address of its own."""
    monkeypatch.setattr(sign_in, "PAUSE_S", 0)
    client.number += 1
    address = (f"192.0.2.{client.number}", 5000)
    return TestClient(server, raise_server_exceptions=False, follow_redirects=False, client=address)


client.number = 0


def give(client: TestClient, password: str = PASSWORD, name: str = NAME, **more: str):
    data = {"name": name, "password": password, **more}
    return client.post("/sign-in", data=data, headers=ORIGIN)


def newest(engine: Engine, act: str) -> SimpleNamespace:
    entries = [each for each in read_audit(engine).entries if each["act"] == act]
    return SimpleNamespace(**entries[0])


def test_signing_in_leads_where_one_wanted_and_signing_out_ends_it(client, engine) -> None:
    form = client.get("/sign-in?next=/wall")
    assert form.status_code == 200
    for words in ("工作人员登录", "Staff sign-in", 'value="/wall"', 'lang="zh-CN"'):
        assert words in form.text
    answer = give(client, next="/wall")
    assert (answer.status_code, answer.headers["location"]) == (303, "/wall")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # it was asked for by http
    token = client.cookies["occ_session"]
    assert client.get("/wall").status_code == 200
    assert (newest(engine, "sign-in").who, newest(engine, "sign-in").outcome) == (NAME, "done")
    assert client.post("/sign-out", headers=ORIGIN).status_code == 303
    assert client.get("/wall", headers={"Cookie": f"occ_session={token}"}).status_code == 303
    assert newest(engine, "sign-out").who == NAME


def test_who_was_not_signed_in_signs_nobody_out_and_writes_nothing(client, server, engine) -> None:
    with engine.connect() as connection:
        before = connection.execute(select(func.count()).select_from(audit_entry)).scalar_one()
        connection.execute(text(f"LISTEN {SIGNED_OUT}"))
        connection.commit()
        for cookie in ({}, {"Cookie": "occ_session=nothing"}):
            assert client.post("/sign-out", headers=ORIGIN | cookie).status_code == 303
        heard = connection.connection.driver_connection.notifies(timeout=0.1)
        assert [each.channel for each in heard] == []
        connection.execute(text("UNLISTEN *"))
        after = connection.execute(select(func.count()).select_from(audit_entry)).scalar_one()
    assert after == before


def test_a_session_is_another_after_each_sign_in(client) -> None:
    give(client)
    first = client.cookies["occ_session"]
    give(client)
    assert client.cookies["occ_session"] != first
    assert client.get("/wall").status_code == 200
    assert client.get("/wall", headers={"Cookie": f"occ_session={first}"}).status_code == 303


def test_a_refusal_does_not_tell_whether_the_name_exists(client, engine) -> None:
    wrong, nobody = give(client, "wrong password"), give(client, name="nobody")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text == nobody.text
    assert "Not signed in" in wrong.text
    assert "set-cookie" not in wrong.headers
    assert (newest(engine, "sign-in").subject, newest(engine, "sign-in").outcome) == (
        "nobody", "refused"
    )  # fmt: skip


@pytest.mark.parametrize(
    "there",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\r\nb"],
)
def test_nobody_is_led_elsewhere_after_signing_in(client, there: str) -> None:
    assert give(client, next=there).headers["location"] == "/"
    assert f'value="{there}"' not in client.get("/sign-in", params={"next": there}).text


@pytest.mark.usefixtures("server")
def test_who_is_bound_to_districts_is_told_where_rows_cannot_be(engine, city, tmp_path) -> None:
    with engine.begin() as connection:
        load_districts(connection, city)
        district_id = connection.execute(select(district.c.district_id).limit(1)).scalar_one()
    add_user(engine, "bound", Role.DUTY, PASSWORD, [district_id])
    for complaint, status in (("there are no roles", 503), ("", 303)):
        single = Engines.of_one(engine, complaint)
        client = TestClient(
            create_server(single, city, Settings(data_dir=tmp_path)), follow_redirects=False
        )
        answer = give(client, name="bound")
        assert answer.status_code == status
        assert ("set-cookie" in answer.headers) is (status == 303)
        assert ("one role does everything" in answer.text) is (status == 503)
        assert give(client).status_code == 303
        single.public.dispose()


def test_what_stands_in_the_form_is_escaped(client) -> None:
    form = client.get("/sign-in", params={"next": '/"><script>'}).text
    assert "<script>" not in form


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Referer": "http://evil.example/sign-in"},
    ],
)
def test_another_site_can_neither_sign_in_nor_act(client, headers: dict[str, str]) -> None:
    data = {"name": NAME, "password": PASSWORD}
    cookie = {"Cookie": headers_of(Role.DUTY)["Cookie"]}
    for answer in (
        client.post("/sign-in", data=data, headers=headers),
        client.post("/sign-out", headers=headers | cookie),
        client.post("/_dash-update-component", json={}, headers=headers | cookie),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM_JSON)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "a:b:c", "[::1"]
)
def test_a_name_that_is_not_ours_is_not_answered(client, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})
    assert (answer.status_code, answer.headers["content-type"]) == (421, PROBLEM_JSON)


def test_too_many_attempts_have_to_wait(client) -> None:
    amount = PER_NAME.amount
    answers = [give(client, "wrong", name="tried often").status_code for _ in range(amount + 1)]
    assert answers == [401] * amount + [429]
    assert "Too many attempts" in give(client, name="tried often").text
    assert give(client, name="tried often").headers["retry-after"] == "60"


def test_addresses_of_one_network_wait_together(server, monkeypatch) -> None:
    monkeypatch.setattr(sign_in, "PAUSE_S", 0)
    answers = []
    for number in range(PER_NAME.amount + 1):
        address = (f"2001:db8:1:2::{number:x}", 5000)
        answers.append(give(TestClient(server, client=address), "wrong", "a network").status_code)
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * 9000, 413), (b"\xff", 400), (b"name=%00&password=1", 400)]
)
def test_what_is_no_form_is_refused(client, body: bytes, status: int) -> None:
    answer = client.post("/sign-in", content=body, headers=ORIGIN)
    assert answer.status_code == status


def test_a_screen_is_let_in_by_its_token_and_out_again(client, engine) -> None:
    token = issue_device(engine, Role.WALL, "hall-1")
    answer = client.get("/device", params={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/wall")
    assert "Max-Age" in answer.headers["set-cookie"]
    assert client.get("/wall").status_code == 200
    assert client.get("/explore").status_code == 403


def test_a_token_that_lets_no_screen_in_is_refused(client, engine) -> None:
    program = issue_device(engine, Role.PROGRAM, "metrics")
    for token in ("", "short", program, "x" * 43, "ü" * 43):
        answer = client.post("/device", data={"token": token}, headers=ORIGIN)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
    assert newest(engine, "device").outcome == "refused"


def until_out(client: TestClient) -> int:
    """Ask until the client is let in no more; the server hears of it from the database."""
    for asked in range(500):
        if client.get("/live/sources").status_code == 401:
            return asked
    raise AssertionError("still let in")


def test_who_is_disabled_or_revoked_is_out_at_once(server, engine, monkeypatch) -> None:
    monkeypatch.setattr(callers, "BELIEVED_S", 3600)  # the database tells, or nobody does
    add_user(engine, "leaving", Role.LEADER, PASSWORD)
    token = issue_device(engine, Role.WALL, "hall-2")
    with TestClient(server, follow_redirects=False) as client:
        assert give(client, name="leaving").status_code == 303
        assert client.get("/live/sources").status_code == 200
        disable_user(engine, "leaving")
        assert until_out(client) < 500
        client.get("/device", params={"token": token})
        assert client.get("/live/sources").status_code == 200
        revoke_device(engine, "hall-2")
        assert until_out(client) < 500
