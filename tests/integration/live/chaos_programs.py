"""The program's processes that are killed, and a screen that is connected all the while."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from geodata.settings import ROOT
from tests.integration.live.pushes import read_pushes

PATIENCE_S = 300  # on a machine that does much else


class Program:
    """A command of the program, begun again whenever it was killed."""

    def __init__(self, folder, *arguments: str, **environment: str) -> None:
        """Start it."""
        self._environment = os.environ | {"OCC_DATA_DIR": str(folder)} | environment
        self._arguments = arguments
        self._log = folder / f"{arguments[0]}.log"
        self.start()

    def start(self) -> None:
        """Begin, again."""
        command = [sys.executable, str(ROOT / "app.py"), *self._arguments]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it, without a word as a rule."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)


class Screen(threading.Thread):
    """Holds the stream of events open, and comes back by itself as a browser does."""

    def __init__(self, base: str) -> None:
        """Take the server's address."""
        super().__init__(daemon=True)
        self._base = base
        self._stop = threading.Event()
        self._last_id = ""
        self.heard: list[tuple[str, dict]] = []

    def run(self) -> None:
        """Connect again and again."""
        while not self._stop.is_set():
            with suppress(httpx2.HTTPError):
                self._listen()
            self._stop.wait(0.2)

    def _listen(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        with (
            httpx2.Client(timeout=PATIENCE_S, trust_env=False) as client,
            client.stream("GET", f"{self._base}/events", headers=headers) as stream,
        ):
            for kind, facts, number in read_pushes(stream.iter_lines()):
                self._last_id = number or self._last_id
                self.heard.append((kind, facts))
                if self._stop.is_set():
                    return

    def reasons(self) -> list[str]:
        """Return why the screen was told to read everything anew."""
        return [facts["reason"] for kind, facts in self.heard if kind == "resync"]

    def boots(self) -> int:
        """Return how many servers have greeted it."""
        return len({facts["boot"] for kind, facts in self.heard if kind == "hello"})

    def stop(self) -> None:
        """Leave, with the next beat at the latest."""
        self._stop.set()


def wait_until(is_so, patience_s: float = PATIENCE_S) -> bool:
    """Ask a few times a second, while database and server may be gone."""
    give_up_at, pause = time.monotonic() + patience_s, threading.Event()
    while time.monotonic() < give_up_at:
        with suppress(SQLAlchemyError, httpx2.HTTPError):
            if is_so():
                return True
        pause.wait(0.3)
    return False


def read_answer(address: str) -> bytes:
    """Return what a server answers.

    Raises:
        httpx2.HTTPError: it does not, or not well.
    """
    answer = httpx2.get(address, timeout=PATIENCE_S, trust_env=False)
    answer.raise_for_status()
    return answer.content
