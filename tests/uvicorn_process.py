"""A server in a process of its own: what ends a process must not end the tests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from tests.waiting import free_port

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Served:
    """A running server and where it answers."""

    url: str
    process: subprocess.Popen[bytes]

    def is_alive(self) -> bool:
        return self.process.poll() is None


@contextmanager
def served(factory: str, *, as_program: bool = False, **environment: str) -> Iterator[Served]:
    """Serve `module:function` until the block ends; a module that is a program reads OCC_PORT."""
    port = free_port()
    command = ["uvicorn", "--factory", factory, "--port", str(port), "--log-level", "error"]
    if as_program:
        command = [factory.partition(":")[0]]
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "OCC_PORT": str(port), **environment},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield Served(url, process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server did not start"
        try:
            httpx.get(f"{url}/nothing", timeout=30)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
