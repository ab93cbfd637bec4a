"""Child processes beside the server: started with it, restarted when they die, ended with it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from geodata.settings import ROOT

APP = ROOT / "app.py"
SUPERVISOR = "OCC_SUPERVISOR"  # the setting `supervisor`
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
STEADY_S = 60.0  # after running this long, a restart waits only the first pause
STOP_S = 4.0  # with the server's own end a whole run stops within 10 s


class Companion:
    """A command of the program in a child process; its output is prefixed with its name."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the process, and watch it in a thread."""
        self._name = name
        self._command = [sys.executable, str(APP), *arguments]
        self._environment = {**os.environ, **(environment or {}), SUPERVISOR: str(os.getpid())}
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._watch = threading.Thread(target=self._keep_running, name=name, daemon=True)
        self._watch.start()

    def ask_to_stop(self) -> None:
        """Terminate the process, and start it no more."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()

    def stop(self) -> None:
        """Terminate the process; kill it if it does not end."""
        self.ask_to_stop()
        process = self._process
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            process.kill()
        self._watch.join(STOP_S)

    def _keep_running(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            steady = threading.Event()
            timer = threading.Timer(STEADY_S, steady.set)
            timer.start()
            status = self._run_once()
            timer.cancel()
            if status == 0 or self._stopping.is_set():
                return
            pause_s = FIRST_PAUSE_S if steady.is_set() else pause_s
            self._say(f"ended with status {status}, begins again in {pause_s:.0f} s")
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _run_once(self) -> int:
        with subprocess.Popen(  # noqa: S603  # our own program, no shell
            self._command, env=self._environment, cwd=ROOT, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the server, which ends the others
        ) as process:  # fmt: skip
            self._process = process
            if self._stopping.is_set():
                process.terminate()
            for line in _lines(process.stdout):
                self._say(line)
        return process.returncode

    def _say(self, line: str) -> None:
        print(f"{self._name:8} | {line}", flush=True)


@contextmanager
def beside(*companions: Companion) -> Iterator[None]:
    """End the processes at the end of the block, however it ends."""
    try:
        yield
    finally:
        for each in companions:  # all at once: they end beside each other
            each.ask_to_stop()
        for each in companions:
            each.stop()


def is_orphan(supervisor: int | None) -> bool:
    """Return whether the parent process of this one is gone."""
    return supervisor is not None and supervisor != os.getppid()


def _lines(stream: IO[str] | None) -> Iterator[str]:
    for line in stream or ():
        yield line.rstrip("\n")
