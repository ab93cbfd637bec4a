"""A body that is too large is refused early, and holds up nobody else."""

import json
import socket
import threading
import time

import httpx2 as httpx
import pytest

from geodata.http.bodies import LARGEST_BODY
from geodata.http.problems import PROBLEM_JSON
from tests.integration.dashboard.bodies_site import TOKEN
from tests.uvicorn_process import Served, served

INTAKE = "/intake/incidents"
CALLBACK = "/_dash-update-component"
HUGE = 39_000_000
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def site():
    with served("tests.integration.dashboard.bodies_site:create") as running:
        yield running


def _pieces(size: int):
    piece = b'[{"record_id": "1"},' + b" " * 65_000
    for _ in range(0, size, len(piece)):
        yield piece


def _is_problem(answer: httpx.Response, status: int) -> bool:
    told = (answer.status_code, answer.headers["content-type"], answer.json()["status"])
    return told == (status, PROBLEM_JSON, status)


@pytest.mark.parametrize("path", [INTAKE, CALLBACK, "/wall", "/ogc/collections", "/nowhere"])
def test_a_stated_length_is_refused_wherever_it_is_sent(site: Served, path: str) -> None:
    body = b"x" * (LARGEST_BODY + 1)
    answer = httpx.post(site.url + path, content=body, headers=WITH_TOKEN | AS_JSON, timeout=60)
    assert _is_problem(answer, 413)


def test_a_body_without_a_stated_length_is_counted(site: Served) -> None:
    pieces = _pieces(HUGE)
    answer = httpx.post(site.url + INTAKE, content=pieces, headers=WITH_TOKEN, timeout=60)
    assert _is_problem(answer, 413)
    assert answer.headers["content-security-policy"]


def test_the_token_is_asked_for_before_the_body_is_taken(site: Served) -> None:
    host, port = site.url.removeprefix("http://").split(":")
    head = f"POST {INTAKE} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(head.encode() + b"1\r\n[\r\n")  # the rest never comes
        assert line.recv(100).split()[1] == b"401"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        json.dumps([{"record_id": "x" * 3000}] * 1000).encode(),
        json.dumps([{}] * 300_000).encode(),
        b"{}",
        b"\xff",
        b"[1]",
    ],
)
def test_work_on_a_body_holds_up_nobody(site: Served, body: bytes) -> None:
    """The intake cannot load without a database; what it is sent must not stop the others."""
    answers: list[int] = []
    sender = threading.Thread(
        target=lambda: answers.append(
            httpx.post(
                site.url + INTAKE, content=body, headers=WITH_TOKEN | AS_JSON, timeout=60
            ).status_code
        )
    )
    sender.start()
    slowest = 0.0
    while sender.is_alive():
        started = time.monotonic()
        httpx.get(f"{site.url}/live/nothing", timeout=60)
        slowest = max(slowest, time.monotonic() - started)
    assert answers[0] in (422, 503)
    assert slowest < 3
    assert site.is_alive()
