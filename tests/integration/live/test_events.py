"""From a line appended to a file to a message in a screen, through a real server."""

import threading
from collections.abc import Iterator

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from dashboard.live.hub import Hub
from dashboard.live.router import live_router
from geodata.database.announce import LAYERS, announce
from tests.integration.live.conftest import HEADER
from tests.integration.live.pushes import read_pushes

WAIT_S = 20


@pytest.fixture
def server(engine):
    """A server with nothing but the pushes; its address and hub."""
    hub = Hub()
    app = FastAPI()
    app.include_router(live_router(engine, hub, beat_s=0.2))
    options = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(options)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started and thread.is_alive():
        thread.join(0.02)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}", hub
    running.should_exit = True
    thread.join(WAIT_S)


class Screen:
    """One connected screen."""

    def __init__(self, response: httpx2.Response) -> None:
        self._pushes = read_pushes(response.iter_lines())
        self.last_id: str | None = None

    def messages(self) -> Iterator[tuple[str, dict]]:
        for kind, data, number in self._pushes:
            self.last_id = number or self.last_id
            yield kind, data

    def until(self, kind: str, **facts) -> dict:
        """Return the first message of a kind with these facts."""
        for found, data in self.messages():
            if found == kind and facts.items() <= data.items():
                return data
        raise AssertionError(f"the stream ended without {kind}")


@pytest.fixture
def connect(server):
    """Return a function that connects a screen."""
    opened = []

    def make(last_id: str | None = None, told: str | None = None) -> Screen:
        client = httpx2.Client(timeout=WAIT_S, trust_env=False)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        params = {"lastEventId": told} if told else {}
        stream = client.stream("GET", f"{server[0]}/events", headers=headers, params=params)
        opened.append((client, stream))
        return Screen(stream.__enter__())

    yield make
    for client, stream in opened:
        stream.__exit__(None, None, None)
        client.close()


def publish(engine, indicator: str, version: str) -> None:
    with engine.begin() as connection:
        announce(connection, LAYERS, indicator=indicator, version=version)


def test_an_appended_line_reaches_every_screen(calls, connect):
    screens = [connect() for _ in range(3)]
    for screen in screens:
        screen.until("beat", database=True)
    calls.append(HEADER + "x,0,110,help,2026-11-22 08:00:00,,125.32,43.88\n")
    (done,) = calls.poll()
    for screen in screens:
        heard = screen.until("load")
        assert (heard["load_id"], heard["table"]) == (done.load_id, "incident")


@pytest.mark.parametrize("way", ["last_id", "told"])
def test_what_was_missed_during_a_short_loss_is_sent_again(engine, connect, way):
    first = connect()
    first.until("beat", database=True)
    publish(engine, "incident_count", "7")
    first.until("layer", version="7")
    for version in ("8", "9"):
        publish(engine, "incident_count", version)
    again = connect(**{way: first.last_id})
    assert again.until("layer")["version"] == "8"
    assert again.until("layer")["version"] == "9"


def test_after_a_loss_that_is_too_long_all_is_read_anew(connect):
    assert connect("other-17").until("resync")["reason"] == "reconnected"
    assert connect(told="nothing").until("resync")["reason"] == "reconnected"


def test_the_database_may_restart(engine, connect):
    screen = connect()
    screen.until("beat", database=True)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        )
    assert screen.until("resync")["reason"] == "database is back"
    publish(engine, "open_incidents", "3")
    assert screen.until("layer")["indicator"] == "open_incidents"


def test_screens_that_leave_are_forgotten(server, connect):
    screen = connect()
    screen.until("hello")
    assert server[1].screens == 1
    with httpx2.Client(timeout=WAIT_S, trust_env=False) as client:
        with client.stream("GET", f"{server[0]}/events") as stream:
            other = Screen(stream)  # one that nobody holds is closed at once
            other.until("hello")
            assert server[1].screens == 2
        screen.until("beat")
        screen.until("beat")
    assert server[1].screens == 1
