"""A connection or a look-up planted in a unit test fails, by whatever way it is made."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from etl.pipeline.fetch import fetch_file

ELSEWHERE = "192.0.2.1"  # of no machine: RFC 5737


def _send_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", (ELSEWHERE, 9))


def _connect(address: str | tuple[str, int], family: socket.AddressFamily) -> None:
    with socket.socket(family) as made:
        made.connect(address)


ATTEMPTS: dict[str, Callable[[], object]] = {
    "an address": lambda: _connect((ELSEWHERE, 80), socket.AF_INET),
    "loopback": lambda: _connect(("127.0.0.1", 1), socket.AF_INET),
    "a socket's path": lambda: _connect("/tmp/none", socket.AF_UNIX),
    "a datagram": _send_datagram,
    "a name": lambda: socket.getaddrinfo("example.org", 80),
    "a name, the old way": lambda: socket.gethostbyname("example.org"),
    "a connection by name": lambda: socket.create_connection(("example.org", 80)),
    "asyncio": lambda: asyncio.run(asyncio.open_connection(ELSEWHERE, 80)),
    "psycopg": lambda: psycopg.connect(f"host={ELSEWHERE} dbname=none"),
    "psycopg by a socket": lambda: psycopg.connect("dbname=none"),
    "an engine": lambda: create_engine("postgresql+psycopg://127.0.0.1:1/none").connect(),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_planted_connection_is_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="a unit test may not"):
        attempt()


def test_the_program_does_not_take_it_for_a_fault_of_the_network(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a unit test may not look up"):
        fetch_file("http://example.org/calls.csv", tmp_path)


def test_an_event_loop_has_its_own_pair_of_sockets() -> None:
    assert asyncio.run(asyncio.sleep(0, "awake")) == "awake"


@pytest.mark.usefixtures("loopback")
def test_loopback_is_there_where_a_test_asks_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    with pytest.raises(RuntimeError, match="a unit test may not"):
        socket.create_connection((ELSEWHERE, 80))


def test_the_shared_database_is_refused(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test has no database"):
        request.getfixturevalue("engine")
