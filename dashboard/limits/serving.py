"""Runs uvicorn with our limits: workers that die are replaced, and stopping has an end."""

import logging
import resource
import time
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from dashboard.limits.heads import LARGEST_HEADERS, LONGEST_ADDRESS
from dashboard.limits.protocol import TimedProtocol
from geodata.settings import Settings

GRACE_S = 2  # screens hold their event streams open for ever; they reconnect by themselves
STOP_S = 7.0  # after which a worker that does not end is killed
SILENT_S = 60  # a worker that says nothing hangs; on a busy machine it imports for half as long
KEEP_S = 75  # longer than a proxy keeps its connections: it would send into one just closed
_logger = logging.getLogger(__name__)


class Workers(Multiprocess):
    """The worker processes behind one socket; the parent listens whatever becomes of them."""

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died or hang, and say so."""
        before = {each.pid for each in self.processes}
        super().keep_subprocess_alive()
        for lost in before - {each.pid for each in self.processes}:
            _logger.warning("the worker %s died or hung and was replaced", lost)

    def join_all(self) -> None:
        """Wait for the workers to end, and kill those that do not."""
        give_up_at = time.monotonic() + STOP_S
        for each in self.processes:
            _join(each, max(give_up_at - time.monotonic(), 0.0))


def _join(worker: Process, wait_s: float) -> None:
    worker.process.join(wait_s)
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()


def options_of(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn is to serve by some settings."""
    trusted = [each.strip() for each in settings.trusted_proxies.split(",") if each.strip()]
    return {
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "http": TimedProtocol,
        "ws": "none",
        "h11_max_incomplete_event_size": LONGEST_ADDRESS + LARGEST_HEADERS,
        "proxy_headers": bool(trusted),
        "forwarded_allow_ips": trusted,
        "server_header": False,
        "log_level": "warning",
        "access_log": False,  # addresses may hold what is nobody's business
        "timeout_keep_alive": KEEP_S,
        "timeout_graceful_shutdown": GRACE_S,
        "timeout_worker_healthcheck": SILENT_S,
    }


def serve(factory: str, settings: Settings) -> None:
    """Serve the application that `module:function` returns until a signal comes."""
    _allow_files()
    config = uvicorn.Config(factory, factory=True, **options_of(settings))
    if settings.workers == 1:
        with suppress(KeyboardInterrupt):  # the server has stopped
            uvicorn.Server(config).run()
        return
    socket = config.bind_socket()
    Workers(config, sockets=[socket]).run()


def _allow_files() -> None:
    """Let the process hold as many connections as the system allows it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
