"""Unit tests reach no network and no database: who tries is refused, and told so."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import generators
from psycopg.conninfo import conninfo_to_dict

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
CONNECTIONS = ("connect", "connect_ex", "sendto")


class NetworkRefusedError(RuntimeError):
    """A unit test tried to connect or to look a name up; no handler of OSError hides it."""


class Network:
    """What unit tests have of a network: nothing, or loopback where a test asks for it."""

    def __init__(self) -> None:
        """Refuse everything."""
        self.has_loopback = False

    def check(self, act: str, host: object) -> None:
        """Let loopback pass where it is there; refuse the rest."""
        if isinstance(host, bytes):
            host = host.decode()
        if not (self.has_loopback and host in LOOPBACK):
            raise NetworkRefusedError(
                f"a unit test may not {act} {host!r}: give it what it needs, ask for the fixture "
                "`loopback`, or make it an integration test"
            )


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[Network]:
    """Refuse connections and look-ups of Python's sockets and of PostgreSQL's library."""
    found = Network()
    with pytest.MonkeyPatch.context() as patch:
        for name in LOOKUPS:
            patch.setattr(socket, name, _guarded_lookup(found, getattr(socket, name)))
        for name in CONNECTIONS:
            patch.setattr(
                socket.socket, name, _guarded_connection(found, name, getattr(socket.socket, name))
            )
        patch.setattr(generators, "connect", _guarded_libpq(found, generators.connect))
        yield found


@pytest.fixture
def loopback(network: Network) -> Iterator[None]:
    """Let a test reach this machine by 127.0.0.1 or ::1, for a server it runs itself."""
    network.has_loopback = True
    yield
    network.has_loopback = False


@pytest.fixture(scope="session")
def server_url() -> None:
    """Refuse the database that the other tests share."""
    pytest.fail("a unit test has no database: make it an integration test")


def _guarded_lookup(network: Network, lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None:  # none: this machine's own address, to listen on
            network.check("look up", host[0] if isinstance(host, tuple) else host)
        return lookup(host, *args, **options)

    return guarded


def _guarded_connection(
    network: Network, name: str, connect: Callable[..., Any]
) -> Callable[..., Any]:
    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1]  # of sendto the last, after the content
        host = address[0] if isinstance(address, tuple) else address  # else the path of a socket
        network.check("connect to" if name != "sendto" else "send to", host)
        return connect(self, *args)

    return guarded


def _guarded_libpq(network: Network, connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(conninfo: str, *args: Any, **options: Any) -> Any:
        found = conninfo_to_dict(conninfo)
        network.check("connect to the database at", found.get("hostaddr") or found.get("host"))
        return connect(conninfo, *args, **options)

    return guarded
