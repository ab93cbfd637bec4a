"""Clients that are slow, unfinished or too many, by raw sockets against the real server."""

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx2 as httpx
import pytest
from sqlalchemy import Engine, text

from geodata.http.problems import PROBLEM_JSON
from tests.integration.dashboard.limits_site import CONNECTIONS, LARGE, REQUESTS, STREAMS
from tests.uvicorn_process import Served, served

SITE = "tests.integration.dashboard.limits_site:create"
PATIENCE_S = 40  # of the tests: far above every limit of the site
CALLBACK = "/_dash-update-component"
OTHER = "127.0.0.2"  # another client on the same machine


@contextmanager
def running(engine: Engine, **environment: str) -> Iterator[Served]:
    url = engine.url.render_as_string(hide_password=False)
    with served(SITE, as_program=True, OCC_TEST_URL=url, **environment) as site:
        yield site


@pytest.fixture(scope="module")
def site(engine):
    with running(engine) as made:
        yield made


def port_of(site: Served) -> int:
    return int(site.url.rpartition(":")[2])


@contextmanager
def line_to(site: Served, *sent: bytes, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    to = ("127.0.0.1", port_of(site))
    with socket.create_connection(to, PATIENCE_S, source_address=(source, 0)) as line:
        for each in sent:
            line.sendall(each)
        yield line


def everything(line: socket.socket) -> bytes:
    """What is sent until the server closes."""
    parts = []
    with suppress(ConnectionResetError):
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def one_answer(line: socket.socket) -> bytes:
    """One whole answer, as long as its head says: the connection stays open."""
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer) < whole_length(answer):
        part = line.recv(65536)
        assert part, f"closed before the answer was whole: {answer[:300]!r}"
        answer += part
    return answer


def whole_length(answer: bytes) -> int:
    head, blank, _ = answer.partition(b"\r\n\r\n")
    (length,) = (
        value
        for name, _, value in (each.partition(b":") for each in head.split(b"\r\n"))
        if name.lower() == b"content-length"
    )
    return len(head) + len(blank) + int(length)


def told(answer: bytes) -> tuple[int, str]:
    """The status and the detail of a problem, which must be told in the one shape."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert PROBLEM_JSON.encode() in head, answer[:300]
    problem = json.loads(body)
    assert problem["status"] == int(head.split()[1])
    return problem["status"], problem["detail"]


def until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def drip(line: socket.socket, piece: bytes) -> bytes:
    """Send a piece again and again until the server closes; return what it answered."""
    answer = b""
    with suppress(ConnectionError):
        for _ in range(PATIENCE_S * 5):
            line.sendall(piece)
            if select.select([line], [], [], 0.2)[0]:
                part = line.recv(65536)
                answer += part
                if not part:
                    return answer
        raise AssertionError("the server took it for ever")
    return answer


def post(length: int, path: str = CALLBACK) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Type: application/json\r\n"
    )
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_headers_that_do_not_end_are_cut_off(site: Served, sent: bytes) -> None:
    with line_to(site, sent) as line:
        status, detail = told(everything(line))
    assert status == 408
    assert "headers" in detail


def test_headers_in_drips_are_cut_off(site: Served) -> None:
    with line_to(site, b"GET / HTTP/1.1\r\n") as line:
        assert told(drip(line, b"X-A: b\r\n"))[0] == 408


@pytest.mark.parametrize("path", [CALLBACK, "/wall", "/live/points/incidents.json"])
def test_a_body_that_does_not_come_is_cut_off(site: Served, path: str) -> None:
    with line_to(site, post(100, path) + b"{") as line:
        answer = everything(line)
    assert answer.split()[1] in (b"408", b"405")  # an address without POST waits for no body


def test_a_body_in_drips_is_cut_off(site: Served) -> None:
    with line_to(site, post(1_000_000)) as line:
        assert told(drip(line, b" "))[0] == 408


def test_what_is_sent_after_the_answer_ends(site: Served) -> None:
    head = b"POST /intake/incidents HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    with line_to(site, head) as line:
        assert line.recv(100).split()[1] == b"401"
        assert b"HTTP/1.1" not in drip(line, b"1\r\n[\r\n")  # it was answered once, then closed


def test_who_does_not_read_is_cut_off(site: Served) -> None:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", port_of(site)))
        line.settimeout(PATIENCE_S)
        line.sendall(b"GET /ogc/trial/large HTTP/1.1\r\nHost: x\r\n\r\n")
        ended = select.poll()
        ended.register(line, select.POLLHUP | select.POLLERR)
        assert ended.poll(PATIENCE_S * 1000), "the server waits for ever"
        assert len(everything(line)) < LARGE


def test_who_reads_slowly_gets_everything(site: Served) -> None:
    with line_to(site, get("/ogc/trial/large", "Connection: close")) as line:
        first = line.recv(1000)
        time.sleep(1)
        assert len(first + everything(line)) > LARGE


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60_000 + b"\r\n\r\n",
        post(10).replace(b"Content-Length: 10", b"Transfer-Encoding: chunked") + b"zz\r\n",
    ],
)
def test_what_is_no_http_is_told_in_the_one_shape(site: Served, sent: bytes) -> None:
    with line_to(site, sent) as line:
        answer = everything(line)
    assert told(answer)[0] in {400, 414, 431, 501}


def test_one_client_has_so_many_connections(site: Served) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(site, source=OTHER)) for _ in range(CONNECTIONS + 5)]
        status, detail = told(everything(lines[-1]))
        assert status == 503
        assert "connections" in detail
        assert httpx.get(f"{site.url}/healthz", timeout=PATIENCE_S).status_code == 200


def get(path: str, *more: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: x", *more, "", ""]
    return "\r\n".join(lines).encode()


def asleep(engine: Engine, mark: str) -> int:
    """How many queries with a mark the database is at."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE state = 'active' AND wait_event = 'PgSleep' AND datname = current_database()"
    )
    with engine.connect() as connection:
        return int(connection.execute(query, {"mark": mark}).scalar_one())


def test_a_flood_of_one_client_leaves_the_others_their_answers(site: Served, engine) -> None:
    with ExitStack() as stack:
        asked = get("/ogc/trial/sleep?s=20", "X-Forwarded-For: 9.9.9.9")  # nobody is believed
        flood = [
            stack.enter_context(line_to(site, asked, source=OTHER)) for _ in range(9 * REQUESTS + 5)
        ]
        ready, _, _ = select.select(flood, [], [], PATIENCE_S)
        answer = one_answer(ready[0])
        assert told(answer)[0] == 429
        assert b"retry-after: 2" in answer.lower()
        assert b"content-security-policy" in answer.lower()
        assert asleep(engine, "") <= REQUESTS
        assert httpx.get(f"{site.url}/wall", timeout=PATIENCE_S).status_code == 200
        assert httpx.get(f"{site.url}/healthz", timeout=PATIENCE_S).status_code == 200
    until(lambda: asleep(engine, "") == 0)  # the clients have gone: their queries too


def test_a_person_is_refused_by_a_page_in_both_languages(site: Served) -> None:
    with ExitStack() as stack:
        asked = get("/ogc/trial/sleep?s=20")
        for _ in range(9 * REQUESTS + 5):
            stack.enter_context(line_to(site, asked, source=OTHER))
        person = get("/wall", "Accept: text/html", "Connection: close")

        def is_refused() -> bool:
            with line_to(site, person, source=OTHER) as line:
                answer = everything(line).decode()
            return " 429 " in answer and "请求过于频繁" in answer and "Too much was" in answer

        until(is_refused)


def test_streams_of_one_client_are_bounded_and_apart(site: Served) -> None:
    stream = get("/events")
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(site, stream, source=OTHER)) for _ in range(STREAMS)]
        for line in lines:
            assert line.recv(1000).split()[1] == b"200"
        surplus = get("/events", "Connection: close")
        with line_to(site, surplus, source=OTHER) as line:
            assert told(everything(line))[0] == 429
        with line_to(site, stream) as of_another:
            assert of_another.recv(1000).split()[1] == b"200"
        with line_to(site, get("/healthz"), source=OTHER) as line:
            assert line.recv(1000).split()[1] == b"200"

    def is_free() -> bool:
        with line_to(site, stream, source=OTHER) as line:
            return line.recv(1000).split()[1] == b"200"

    until(is_free)  # those that ended have given their places back


def test_what_a_client_left_is_cancelled(site: Served, engine) -> None:
    with line_to(site, get("/ogc/trial/sleep?s=25")):
        until(lambda: asleep(engine, "") == 1)
    started = time.monotonic()
    until(lambda: asleep(engine, "") == 0)
    assert time.monotonic() - started < 20


def test_stopping_has_an_end_with_everything_open(engine) -> None:
    with running(engine) as site, ExitStack() as stack:
        streams = [stack.enter_context(line_to(site, get("/events"))) for _ in range(STREAMS)]
        for line in streams:
            line.recv(1000)
        for source in ("127.0.0.3", "127.0.0.4", "127.0.0.5"):
            for asked in (
                get("/ogc/trial/sleep?s=25"),
                post(100),
                b"GET /",
                get("/ogc/trial/large"),
            ):
                stack.enter_context(line_to(site, asked, source=source))
        until(lambda: asleep(engine, "") == 3)
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(10)
        assert asleep(engine, "") == 0


def test_a_worker_that_dies_is_replaced_and_the_server_still_listens() -> None:
    with served("tests.integration.dashboard.small_site:create", as_program=True) as site:

        def workers() -> set[int]:
            """Those that answer; each question comes on a connection of its own."""
            with suppress(httpx.TransportError):  # of the one that was killed just then
                return {int(httpx.get(f"{site.url}/who", timeout=PATIENCE_S).text)}
            return set()

        seen: set[int] = set()

        def are_two() -> bool:
            seen.update(workers())
            return len(seen) == 2

        until(are_two)
        killed = min(seen)
        seen.remove(killed)
        os.kill(killed, signal.SIGKILL)
        until(are_two)
        assert killed not in seen
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(10)


def test_threads_are_held_by_no_slow_sender(site: Served) -> None:
    """As many unfinished callbacks as a client may have: another is served meanwhile."""
    with ExitStack() as stack:
        for number in range(REQUESTS * 3):
            source = f"127.0.1.{number + 1}"
            stack.enter_context(line_to(site, post(50) + b"{", source=source))
        assert threading.active_count() < 50
        assert httpx.get(f"{site.url}/wall", timeout=PATIENCE_S).status_code == 200
