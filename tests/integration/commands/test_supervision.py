"""`serve` looks after its private database: restarted when it dies, stopped at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from geodata.database.cluster import Cluster
from geodata.database.cluster.postmaster import read_postmaster
from geodata.settings import ROOT
from tests.waiting import free_port, wait_until

SECONDS = 240  # a new cluster with its schema, on a busy machine


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
        wait_until(made.answers, SECONDS, 0.05)
        yield made
    finally:
        made.process.kill()
        made.process.communicate()
        made.cluster.stop()


def test_a_database_that_dies_runs_again_for_the_same_server(serving: Serving) -> None:
    killed = read_postmaster(serving.cluster.data)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    data = serving.cluster.data
    wait_until(lambda: not serving.answers() or read_postmaster(data) != killed, SECONDS, 0.05)
    wait_until(serving.answers, SECONDS, 0.05)
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
