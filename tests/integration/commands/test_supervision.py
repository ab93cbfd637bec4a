"""`serve` looks after its private database: restarted when it dies, stopped at the end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from geodata.database.cluster import Cluster
from geodata.database.cluster.postmaster import read_postmaster
from geodata.settings import ROOT

SECONDS = 240  # a new cluster with its schema, on a busy machine


def wait_until(is_true: Callable[[], object]) -> None:
    pause, deadline = threading.Event(), time.monotonic() + SECONDS
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        pause.wait(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Serving:
    """A process of `app.py serve` on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.cluster, self.port = Cluster(folder), free_port()
        settings = {"OCC_DATA_DIR": str(folder), "OCC_PORT": str(self.port), "OCC_LIVE": "false"}
        own = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), "serve"],
            cwd=ROOT,
            env={**own, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answers(self) -> bool:
        """Return whether the database is well for those who ask."""
        assert self.process.poll() is None, self.process.communicate()[0]
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200
        except httpx2.TransportError:
            return False

    def end(self) -> str:
        """Return everything that it said."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=SECONDS)[0]


@pytest.fixture(scope="module")
def serving(open_folder: Path) -> Iterator[Serving]:
    made = Serving(open_folder / "supervised")
    try:
        wait_until(made.answers)
        yield made
    finally:
        made.process.kill()
        made.process.communicate()
        made.cluster.stop()


def test_a_database_that_dies_runs_again_for_the_same_server(serving: Serving) -> None:
    killed = read_postmaster(serving.cluster.data)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: not serving.answers() or read_postmaster(serving.cluster.data) != killed)
    wait_until(serving.answers)
    assert read_postmaster(serving.cluster.data) != killed


def test_a_second_server_of_the_same_port_ends_before_it_works(serving: Serving) -> None:
    settings = {**os.environ, "OCC_PORT": str(serving.port), "OCC_DATA_DIR": "/nowhere/at/all"}
    command = [sys.executable, str(ROOT / "app.py"), "run"]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{serving.port}" in done.stderr


def test_its_database_ends_with_it(serving: Serving) -> None:
    assert serving.cluster.status().is_running
    said = serving.end()
    assert "had ended, runs again" in said
    assert not serving.cluster.status().is_running
