"""Clients that request one address as fast as it answers, and their measurements."""

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CLIENTS = (1, 16, 64)
SECONDS = 5
_ANSWER_S = 20  # a request that takes longer has failed
_START_S = 120  # imports on a busy machine
_STOP_S = 5


@dataclass(frozen=True)
class Load:
    """The measurements of one number of clients at one address."""

    clients: int
    per_s: float
    p95_ms: float | None
    failed: int


@dataclass(frozen=True)
class AddressUnderLoad:
    """An address under load; `why_not` is the reason if it was not measured."""

    name: str
    hexagons: str
    bytes_sent: int = 0
    loads: tuple[Load, ...] = ()
    why_not: str = ""


@dataclass(frozen=True)
class LoadTable:
    """Several addresses with the same numbers of clients."""

    title: str
    asked: tuple[AddressUnderLoad, ...]


def has_load_tool() -> bool:
    """Return whether `hey` is installed."""
    return shutil.which("hey") is not None


def ask(name: str, hexagons: str, address: str) -> AddressUnderLoad:
    """Put an address under the load of each number of clients, for some seconds each."""
    try:
        size = _size(address)
        loads = tuple(_load(address, clients) for clients in CLIENTS)
    except (OSError, subprocess.SubprocessError) as error:
        return AddressUnderLoad(name, hexagons, why_not=f"{type(error).__name__}: {error}"[:120])
    return AddressUnderLoad(name, hexagons, size, loads)


def _size(address: str) -> int:
    """Return the bytes of an answer; the first request also fills the server's cache."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:
        return len(answer.read())


def _load(address: str, clients: int) -> Load:
    command = ["hey", "-z", f"{SECONDS}s", "-c", str(clients), "-t", str(_ANSWER_S)]
    told = subprocess.run(
        [*command, "-H", "Accept-Encoding: gzip", address],
        capture_output=True, text=True, check=True, timeout=SECONDS + 2 * _ANSWER_S,
    ).stdout  # fmt: skip
    return read_report(told, clients)


def read_report(told: str, clients: int) -> Load:
    """Parse the output of `hey`; without a single answer there is no 95th percentile."""
    codes = {int(code): int(n) for code, n in re.findall(r"\[(\d{3})\]\s+(\d+) responses", told)}
    errors = told.partition("Error distribution:")[2]
    lost = sum(int(n) for n in re.findall(r"^\s+\[(\d+)\]", errors, re.MULTILINE))
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    p95 = re.search(r"95%+ in ([\d.]+) secs", told)
    bad = sum(n for code, n in codes.items() if code != 200)
    return Load(
        clients,
        float(rate[1]) if rate and codes else 0.0,
        float(p95[1]) * 1000 if p95 else None,
        bad + lost,
    )


@contextmanager
def running(
    command: Sequence[str], base: str, environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for a while; it is ready when it answers anything.

    Raises:
        TimeoutError: it did not answer in time, or ended.
    """
    with log.open("wb") as file:
        server = subprocess.Popen(
            command, env=dict(environment), start_new_session=True, stdout=file, stderr=file
        )
    try:
        _await(server, base, log)
        yield server
    finally:
        _end(server)


def _await(server: subprocess.Popen[bytes], base: str, log: Path) -> None:
    give_up_at = time.monotonic() + _START_S
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            urllib.request.urlopen(base + "/", timeout=_STOP_S).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(errors="replace").strip().rpartition("\n")[2]
    raise TimeoutError(f"it did not start: {said}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop a server and its children: terminate, then kill."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            server.wait(_STOP_S)
            return
