"""`/metrics` for Prometheus: requests of this server, loads, lags, alerts, and the work that waits.

What the server counts itself is kept by the library, over all worker processes where
`PROMETHEUS_MULTIPROC_DIR` is set (`run` and `serve` set it); the rest is read when it is asked.
"""

import time
from collections.abc import Collection, Iterator
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geodata.clock import now
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.queries.alerts import count_open
from geodata.queries.live import read_sources_freshness
from geodata.queries.metrics import read_load_counts, read_waiting_work

ADDRESS = "/metrics"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
STATES = ("fresh", "awaited", "stale", "silent", "failing")


class RequestMetrics:
    """The counters of a server's requests, by method, first part of the path, and status."""

    def __init__(self) -> None:
        """Create the counters in a registry of their own."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "occ_requests", "Requests answered", ("method", "part", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "occ_request_duration_seconds", "Until the answer begins", ("part",),
            registry=self.registry, buckets=BUCKETS_S,
        )  # fmt: skip

    def count(self, method: str, part: str, status: int, seconds: float) -> None:
        """Count one answer."""
        known = method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(known, part, str(status)).inc()
        self._seconds.labels(part).observe(seconds)


class CountRequests:
    """ASGI middleware that counts every answer when it begins: streams stay open for hours.

    `parts` are the first parts of paths that are counted by name; all others are one, so that a
    flood of addresses that there are not makes no series each.
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, parts: Collection[str]) -> None:
        """Keep the application and the counters."""
        self._app = app
        self._metrics = metrics
        self._parts = frozenset(parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.monotonic() - started
                part = self._part_of(scope["path"])
                self._metrics.count(scope["method"], part, message["status"], seconds)
            await send(message)

        await self._app(scope, receive, send_counted)

    def _part_of(self, path: str) -> str:
        first = path.lstrip("/").partition("/")[0]
        return first if first in self._parts else "other"


class CityCollector(Collector):
    """What the database knows, read at each question."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine."""
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield the families; without a database only that it does not answer."""
        up = GaugeMetricFamily("occ_database_up", "Whether the database answers")
        try:
            families = [*self._read_lags(), *self._read_work()]
            up.add_metric([], 1)
        except DATABASE_ERRORS:
            families = []
            up.add_metric([], 0)
        yield from (up, *families)

    def _read_lags(self) -> list[Metric]:
        lag = _gauge("occ_source_lag_seconds", "Since the last event", "source", "kind")
        expected = _gauge("occ_source_expected_seconds", "Between messages", "source", "kind")
        state = _gauge("occ_source_state", "1 for the state", "source", "kind", "state")
        for each in read_sources_freshness(self._engine, now()):
            names = [each.source, each.kind]
            if each.lag is not None:
                lag.add_metric(names, each.lag.total_seconds())
            expected.add_metric(names, each.expected.total_seconds())
            for name in STATES:
                state.add_metric([*names, name], float(each.state == name))
        return [lag, expected, state]

    def _read_work(self) -> list[Metric]:
        loads = _gauge("occ_loads", "Loads by outcome", "source", "status")
        rejected = _gauge("occ_rows_rejected", "Rows not loaded", "source", "status")
        alerts = _gauge("occ_alerts_open", "Raised and not closed", "severity")
        work = _gauge("occ_work_waiting", "Work that is not done yet", "kind")
        with self._engine.connect() as connection:
            for each in read_load_counts(connection):
                loads.add_metric([each.source, each.status], each.loads)
                rejected.add_metric([each.source, each.status], each.rows_rejected)
            for severity, count in count_open(connection, now()).items():
                alerts.add_metric([str(severity)], count)
            waiting = read_waiting_work(connection)
        work.add_metric(["unbuilt_loads"], waiting.unbuilt_loads)
        work.add_metric(["held_loads"], waiting.held_loads)
        work.add_metric(["failed_indicators"], waiting.failed_indicators)
        return [loads, rejected, alerts, work]


def _gauge(name: str, said: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, said, labels=labels)


def metrics_router(
    engine: Engine, metrics: RequestMetrics, *, is_shared: bool = False
) -> APIRouter:
    """Return the router of the metrics; the gate asks for the token of a program.

    `is_shared`: other worker processes count into the same folder, and all are answered for.
    """
    router = APIRouter()
    city: Any = CityCollector(engine)

    @router.get(ADDRESS)
    def answer() -> Response:
        registry = CollectorRegistry()
        if is_shared:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        else:
            registry.register(metrics.registry)
        registry.register(city)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
