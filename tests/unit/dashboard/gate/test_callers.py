"""Who asks is looked up once for many requests, and stays known while the database is away."""

import asyncio
from threading import Event
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from dashboard.gate import callers
from dashboard.gate.callers import BELIEVED_S, HELD_S, Callers, Means, Token, shown_tokens
from geodata.identity.caller import Caller, Role

LEADER = Caller(Role.LEADER, "王丽")
TOKEN = Token(Means.SESSION, "a-token")


@pytest.fixture
def world(monkeypatch) -> SimpleNamespace:
    """A clock, the sessions of a database, how often it was asked, whether it is away."""
    world = SimpleNamespace(now=0.0, sessions={TOKEN.text: LEADER}, asked=0, away=False)

    def find(_engine, text: str) -> Caller | None:
        world.asked += 1
        if world.away:
            raise OperationalError("x", {}, Exception())
        return world.sessions.get(text)

    monkeypatch.setattr(callers, "find_caller", find)
    monkeypatch.setattr(callers, "find_device", lambda _engine, _text: None)
    world.callers = Callers(None, None, clock=lambda: world.now)
    world.find = lambda token=TOKEN: asyncio.run(world.callers.find_by(token))
    return world


def test_one_look_up_holds_for_seconds(world) -> None:
    assert [world.find() for _ in range(5)] == [LEADER] * 5
    assert world.asked == 1
    world.sessions.clear()
    world.now += BELIEVED_S
    assert world.find() is None


def test_who_ask_at_the_same_time_share_a_look_up(world) -> None:
    async def many() -> list[Caller | None]:
        return await asyncio.gather(*(world.callers.find_by(TOKEN) for _ in range(30)))

    assert asyncio.run(many()) == [LEADER] * 30
    assert world.asked == 1


def test_what_was_known_is_forgotten_when_somebody_is_signed_out(world) -> None:
    world.find()
    world.sessions.clear()
    world.callers.forget()
    assert world.find() is None


def test_an_outage_of_the_database_signs_nobody_out_for_a_while(world) -> None:
    world.find()
    world.away = True
    world.now += HELD_S - 1
    assert world.find() == LEADER
    with pytest.raises(OperationalError):
        world.find(Token(Means.SESSION, "another"))
    world.now += 2
    with pytest.raises(OperationalError):
        world.find()


def test_an_outage_lets_nobody_in_who_was_signed_out_before(world) -> None:
    world.find()
    world.callers.forget()
    world.away = True
    with pytest.raises(OperationalError):
        world.find()


def test_a_look_up_from_before_a_sign_out_is_not_believed_after_it(world, monkeypatch) -> None:
    began, may_end = Event(), Event()

    def find_slowly(_engine, text: str) -> Caller | None:
        found = world.sessions.get(text)
        began.set()
        assert may_end.wait(10)
        return found

    async def sign_out_meanwhile() -> list[Caller | None]:
        first = asyncio.create_task(world.callers.find_by(TOKEN))
        await asyncio.to_thread(began.wait, 10)
        world.sessions.clear()
        world.callers.forget()
        second = asyncio.create_task(world.callers.find_by(TOKEN))
        await asyncio.sleep(0)
        may_end.set()
        await first
        return [await second, await world.callers.find_by(TOKEN)]

    monkeypatch.setattr(callers, "find_caller", find_slowly)
    assert asyncio.run(sign_out_meanwhile()) == [None, None]


def test_tokens_that_are_none_take_no_memory(world, monkeypatch) -> None:
    monkeypatch.setattr(callers, "MOST_KNOWN", 10)
    for number in range(30):
        assert world.find(Token(Means.DEVICE, f"guess-{number}")) is None
    assert len(world.callers._known) == 10


def test_who_is_bound_to_districts_is_let_in_only_where_rows_are_bound(world) -> None:
    world.sessions[TOKEN.text] = Caller(Role.DUTY, "李娜", ("220102",))
    world.callers = Callers(None, None, binds_rows=False)
    assert world.find() is None
    world.callers = Callers(None, None)
    assert world.find() == world.sessions[TOKEN.text]


def test_a_demonstration_is_for_those_who_show_nothing(world) -> None:
    world.callers = Callers(None, Caller(Role.ADMINISTRATOR, "demo", is_demo=True))
    found, token = asyncio.run(world.callers.find({"headers": []}))
    assert (found and found.is_demo, token) == (True, None)
    scope = {"headers": [(b"cookie", b"occ_session=a-token")]}
    assert asyncio.run(world.callers.find(scope)) == (LEADER, TOKEN)


@pytest.mark.parametrize(
    "scope",
    [
        {"headers": [(b"x-forwarded-for", b"203.0.113.9")]},
        {"headers": [(b"x-forwarded-proto", b"https")]},
        {"headers": [(b"x-real-ip", b"203.0.113.9")]},
        {"headers": [(b"forwarded", b"for=203.0.113.9")]},
        {"headers": [(b"via", b"1.1 proxy")]},
        {"headers": [], "client": ("203.0.113.9", 5000)},
    ],
)  # fmt: skip
def test_a_demonstration_is_for_those_who_sit_at_this_machine(world, scope) -> None:
    world.callers = Callers(None, Caller(Role.ADMINISTRATOR, "demo", is_demo=True))
    assert asyncio.run(world.callers.find(scope)) == (None, None)
    here = {"headers": [], "client": ("127.0.0.1", 5000)}
    found, _ = asyncio.run(world.callers.find(here))
    assert found is not None


@pytest.mark.parametrize(
    ("headers", "tokens"),
    [
        ([], []),
        (
            [(b"cookie", b"a=b; occ_session=x; occ_device=y")],
            [("occ_session", "x"), ("occ_device", "y")],
        ),
        ([(b"authorization", b"bearer  x ")], [("bearer", "x")]),
        ([(b"authorization", b"Basic x")], []),
        ([(b"cookie", b"occ_session=; occ_device=" + b"y" * 300)], []),
        ([(b"cookie", b"occ_device=\xff\xfe")], [("occ_device", "ÿþ")]),
    ],
)  # fmt: skip
def test_tokens_are_read_from_cookies_and_authorization(headers, tokens) -> None:
    found = [(each.means.value, each.text) for each in shown_tokens({"headers": headers})]
    assert found == tokens
