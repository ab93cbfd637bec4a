"""Waiting for what other processes do, and a port for one of them."""

import socket
import threading
import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], object], seconds: float = 30, pause_s: float = 0.005) -> None:
    """Ask again and again, and fail when it does not become true."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        pause.wait(pause_s)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
