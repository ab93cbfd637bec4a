"""Two hundred walls, then the same beside one client that floods the server.

Each wall holds a stream of pushes and asks for what a wall asks most: points, values, the state of
the service. The flood asks as fast as it can for moments and periods that nobody has asked for,
holds as many streams as it gets, and leaves connections unfinished. All come through one proxy,
which names them.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
from sqlalchemy import Engine

from bench.clients import running
from bench.pushes import hear_pushes
from bench.timing import Measure, Table
from geodata.city.configuration import City
from geodata.clock import now
from geodata.settings import ROOT
from layers.build.run import build_states
from layers.maps.urls import values_address
from layers.period import Period
from layers.values.read import read_build

PORT = 8765
WALLS = 200
SECONDS = 30.0
ASKS_EVERY_S = 5.0
ANSWER_S = 60.0
FLOODERS, UNFINISHED = 200, 100
KEY, MONTH, RES = "incident_count", "2026-10", 7
FLOOD_ADDRESS = "203.0.113.9"


@dataclass
class Heard:
    """What a group of clients was answered."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    pushes: int = 0

    @property
    def refused(self) -> str:
        """Return the answers that were not what was asked for, by kind."""
        bad = {kind: count for kind, count in self.answers.items() if kind != "200"}
        return ", ".join(f"{count} x {kind}" for kind, count in sorted(bad.items())) or "none"


def bench_flood(engine: Engine, city: City) -> Table:
    """Build the count of the incidents in the database and serve it to walls and a flood."""
    build_states(engine, city, [KEY])
    version = read_build(engine, city, KEY).version
    values = values_address(KEY, "all", version, Period.parse(MONTH), RES)
    with tempfile.TemporaryDirectory(prefix="occ-bench-", ignore_cleanup_errors=True) as text:
        environment = {
            **os.environ,
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "OCC_DATA_DIR": text,
            "OCC_PORT": str(PORT),
            "OCC_TRUSTED_PROXIES": "127.0.0.1",
        }
        base = f"http://127.0.0.1:{PORT}"
        command = [sys.executable, str(ROOT / "app.py"), "serve"]
        with running(command, base, environment, Path(text) / "serve.log"):
            return asyncio.run(_measure(base, values))


async def _measure(base: str, values: str) -> Table:
    asked = (values, "/live/points/incidents.json", "/healthz")
    rows: list[Measure] = []
    flood = Heard()
    async with _walls(base, asked) as walls:
        await asyncio.sleep(SECONDS)  # the first answers are computed
        for name in ("alone", "beside the flood"):
            heard = Heard()
            walls[0] = heard
            tasks = _start_flood(base, flood) if name != "alone" else []
            await asyncio.sleep(SECONDS)
            for task in tasks:
                task.cancel()
            rows += _rows(f"an answer to a wall {name}", heard)
        await asyncio.gather(*tasks, return_exceptions=True)
    rows += _rows("an answer to the flood", flood)
    return Table(
        f"8. Flood: {WALLS} walls, {SECONDS:.0f} s, and one client that floods", tuple(rows)
    )


def _rows(name: str, heard: Heard) -> list[Measure]:
    note = f"{len(heard.seconds)} answers, others: {heard.refused}; {heard.pushes} pushes"
    if len(heard.seconds) < 2:
        return [Measure(f"{name}: too few", 1, float("nan"), note)]
    p95 = statistics.quantiles(heard.seconds, n=20)[-1]
    return [
        Measure(f"{name}: median", 1, statistics.median(heard.seconds), note),
        Measure(f"{name}: p95", 1, p95),
        Measure(f"{name}: longest", 1, max(heard.seconds)),
    ]


def _client(base: str, address: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=base,
        timeout=ANSWER_S,
        trust_env=False,
        headers={"X-Forwarded-For": address},
        limits=httpx2.Limits(max_connections=None),
    )


@asynccontextmanager
async def _walls(base: str, asked: Sequence[str]) -> AsyncIterator[list[Heard]]:
    """Open the walls; what they hear goes to the first of the list."""
    heard = [Heard()]
    async with AsyncExitStack() as stack:
        tasks = []
        for number in range(WALLS):
            client = await stack.enter_async_context(
                _client(base, f"10.0.{number // 250}.{number}")
            )
            tasks.append(asyncio.create_task(_listen(client, heard)))
            tasks.append(asyncio.create_task(_ask_again(client, asked, heard, number)))
        yield heard
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(client: httpx2.AsyncClient, heard: list[Heard]) -> None:
    while True:
        try:
            async for _ in hear_pushes(client):
                heard[0].pushes += 1
        except httpx2.HTTPError as error:
            heard[0].answers[f"stream {type(error).__name__}"] += 1
        await asyncio.sleep(1)


async def _ask_again(
    client: httpx2.AsyncClient, asked: Sequence[str], heard: list[Heard], number: int
) -> None:
    await asyncio.sleep(ASKS_EVERY_S * number / WALLS)
    while True:
        began = time.monotonic()
        for address in asked:
            await _ask(client, address, heard[0])
        await asyncio.sleep(max(ASKS_EVERY_S - (time.monotonic() - began), 0.0))


async def _ask(client: httpx2.AsyncClient, address: str, heard: Heard) -> None:
    began = time.monotonic()
    try:
        answer = await client.get(address)
    except httpx2.HTTPError as error:
        heard.answers[type(error).__name__] += 1
        return
    heard.answers[str(answer.status_code)] += 1
    heard.seconds.append(time.monotonic() - began)


def _start_flood(base: str, heard: Heard) -> list[asyncio.Task[None]]:
    rng = random.Random(20141101)
    flood = [_flood(base, random.Random(rng.random()), heard) for _ in range(FLOODERS)]
    unfinished = [_leave_unfinished() for _ in range(UNFINISHED)]
    streams = [_hold_stream(base, heard) for _ in range(FLOODERS // 4)]
    return [asyncio.create_task(each) for each in (*flood, *unfinished, *streams)]


async def _flood(base: str, rng: random.Random, heard: Heard) -> None:
    async with _client(base, FLOOD_ADDRESS) as client:
        while True:
            back = timedelta(seconds=rng.randrange(1, 10**6))
            moment = f"{now() - back:%Y-%m-%dT%H:%M:%SZ}"
            day = f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
            anew = f"/layers/values/{KEY}/all/1/{day}/city/9.bin"
            await _ask(
                client, rng.choice((f"/live/points/incidents.json?at={moment}", anew)), heard
            )


async def _hold_stream(base: str, heard: Heard) -> None:
    async with _client(base, FLOOD_ADDRESS) as client:
        with suppress(httpx2.HTTPError):
            async with client.stream("GET", "/events", timeout=None) as stream:
                heard.answers[f"stream {stream.status_code}"] += 1
                async for _ in stream.aiter_lines():
                    pass


async def _leave_unfinished() -> None:
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.write(b"GET /wall HTTP/1.1\r\nHost: ")
            await reader.read()
            writer.close()
