"""Two hundred walls, then the same beside one client that floods the server.

Each wall holds a stream of pushes and asks for what a wall asks most: points, values, the state of
the service. The flood asks as fast as it can for moments and periods that nobody has asked for,
holds as many streams as it gets, and leaves connections unfinished. All come through one proxy,
which names them, and show a wall's token.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from sqlalchemy import Engine

from bench.clients import running
from bench.flooding import KEY, TOKEN
from bench.pushes import hear_pushes
from bench.timing import Measure, Table
from geodata.city.configuration import City
from geodata.identity.caller import Role
from geodata.identity.devices import issue_device
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
MONTH, RES = "2026-10", 7


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
    token = issue_device(engine, Role.WALL, f"bench-{time.time_ns()}")
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
            return asyncio.run(_measure(base, values, token))


async def _measure(base: str, values: str, token: str) -> Table:
    asked = (values, "/live/points/incidents.json", "/healthz")
    async with _walls(base, asked, token) as walls:
        await asyncio.sleep(SECONDS)  # the first answers are computed
        alone = walls[0] = Heard()
        await asyncio.sleep(SECONDS)
        beside = walls[0] = Heard()
        flood = await _flooded(token)
        walls[0] = Heard()
    rows = [
        *_rows("an answer to a wall, alone", alone),
        *_rows("an answer to a wall, beside the flood", beside),
        *_rows("an answer to the flood, refusals too", flood),
    ]
    title = f"8. Flood: {WALLS} walls for {SECONDS:.0f} s, alone and beside one client that floods"
    return Table(title, tuple(rows))


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


def _client(base: str, address: str, token: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=base,
        timeout=ANSWER_S,
        trust_env=False,
        verify=False,  # no TLS is spoken
        headers={"X-Forwarded-For": address, "Authorization": f"Bearer {token}"},
        limits=httpx2.Limits(max_connections=None),
    )


@asynccontextmanager
async def _walls(base: str, asked: Sequence[str], token: str) -> AsyncIterator[list[Heard]]:
    """Open the walls; what they hear goes to the first of the list."""
    heard = [Heard()]
    async with AsyncExitStack() as stack:
        tasks = []
        for number in range(WALLS):
            client = await stack.enter_async_context(
                _client(base, f"10.0.{number // 250}.{number % 250 + 1}", token)
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


async def _flooded(token: str) -> Heard:
    """Flood the server from another process until the time is over; return what that was told."""
    command = (sys.executable, "-m", "bench.flooding", str(PORT), str(SECONDS))
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, TOKEN: token}
    )
    said, _ = await process.communicate()
    told = json.loads(said)
    return Heard(told["seconds"], Counter(told["answers"]))
