"""From a line appended to a source's file to the pixel that changed, and fifty walls at once.

Everything is real: a copy of a city that was set up, `app.py live`, `app.py serve`, and Chromium
with the wall open.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from sqlalchemy import Engine

from bench.clients import running
from bench.live_calls import CallFile
from bench.pushes import hear_pushes
from bench.timing import Measure, Table
from bench.wall_browser import RecordedRequest, Shown, Wall, open_wall
from bench.walls import Walls, open_walls
from geodata.city.configuration import City
from geodata.clock import now
from geodata.identity.caller import Role
from geodata.identity.devices import issue_device
from geodata.settings import ROOT

PORT = 8763
KEY = "incident_count"
PATIENCE_S = 30.0  # a slower update counts as lost
READY_S = 600.0
STOP_S = 10
PAUSE_S = (0.5, 2.5)  # between two updates, not in step with any interval of the program


@dataclass
class Site:
    """The program as it runs for the benchmark."""

    base: str
    calls: CallFile
    server: psutil.Process
    token: str  # of a wall
    count: int = 0

    @property
    def next_mark(self) -> str:
        """Return the mark of the next call."""
        return f"测 {self.count:04d}"

    def append(self) -> float:
        """Append the next call; return the time."""
        at = time.time()
        self.calls.append(self.count, self.next_mark, now())
        self.count += 1
        return at


@dataclass
class Ear:
    """The times at which the pushes of an update arrived."""

    pushed_at: dict[str, float] = field(default_factory=dict)

    def hear(self, kind: str, facts: dict[str, object]) -> None:
        """Record the first load, and the first new version of the calls' count."""
        if kind == "load" or (kind == "layer" and facts.get("indicator") == KEY):
            self.pushed_at.setdefault(kind, time.time())


@dataclass(frozen=True)
class Update:
    """One appended call: seconds until each step; None where it was not waited for."""

    loaded: float | None
    counted: float | None
    listed: float | None
    painted: float | None
    mapped: float | None


def bench_live(
    engine: Engine, city: City, incoming: Path, updates: int, walls: int
) -> Iterator[Table]:
    """Yield the table of one wall in a browser, and that of many.

    The database is full; `incoming` is where the files lie that filled it.
    """
    with _site(engine, city, incoming) as site:
        shown, asked = asyncio.run(_one_wall(site, updates))
        yield _table_of_one(shown)
        yield asyncio.run(_many_walls(site, asked, walls, max(updates // 4, 5)))


@contextmanager
def _site(engine: Engine, city: City, incoming: Path) -> Iterator[Site]:
    """Serve the database and follow its sources."""
    with tempfile.TemporaryDirectory(prefix="occ-bench-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        environment = {
            **os.environ,
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "OCC_DATA_DIR": text,
            "OCC_PORT": str(PORT),
            "OCC_TRUSTED_PROXIES": "127.0.0.1",  # each of many walls names its own address
        }
        app = [sys.executable, str(ROOT / "app.py")]
        calls = CallFile(folder / "incoming" / city.code, incoming / "emergency", city)
        base = f"http://127.0.0.1:{PORT}"
        with (
            running([*app, "serve"], base, environment, folder / "serve.log") as server,
            _following([*app, "live"], environment, folder / "live.log"),
        ):
            token = issue_device(engine, Role.WALL, f"bench-{time.time_ns()}")
            yield Site(base, calls, psutil.Process(server.pid), token)


@contextmanager
def _following(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Follow the sources; ready when the states are up to date with all loads."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        give_up_at = time.monotonic() + READY_S
        while "states are up to date" not in log.read_text() and time.monotonic() < give_up_at:
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()


async def _one_wall(site: Site, updates: int) -> tuple[list[Update], list[RecordedRequest]]:
    """Return the times of each update, and what a wall requested in the course of one."""
    rng = random.Random(200)
    found: list[Update] = []
    async with _listening(site.base) as ear, open_wall(site.base) as wall:
        await _update(site, wall, ear)  # the first brings everything into caches
        await asyncio.sleep(PAUSE_S[1])
        wall.asked.clear()
        for _ in range(updates):
            found.append(await _update(site, wall, ear))
            await asyncio.sleep(rng.uniform(*PAUSE_S))
    return found, wall.asked


async def _update(site: Site, wall: Wall, ear: Ear) -> Update:
    ear.pushed_at.clear()
    await wall.expect(site.next_mark)
    at = site.append()
    shown: Shown = await wall.shown(PATIENCE_S)
    give_up_at = at + PATIENCE_S
    while "layer" not in ear.pushed_at and time.time() < give_up_at:
        await asyncio.sleep(0.05)
    steps = (ear.pushed_at.get("load"), ear.pushed_at.get("layer"), shown.listed, shown.painted)
    return Update(*(each and each - at for each in (*steps, shown.mapped)))


@asynccontextmanager
async def _listening(base: str) -> AsyncIterator[Ear]:
    ear = Ear()
    task = asyncio.create_task(_listen(base, ear))
    yield ear
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _listen(base: str, ear: Ear) -> None:
    async with httpx2.AsyncClient(base_url=base, trust_env=False) as client:
        async for kind, facts in hear_pushes(client):
            ear.hear(kind, facts)


async def _many_walls(site: Site, asked: list[RecordedRequest], count: int, updates: int) -> Table:
    rng = random.Random(50)
    async with open_walls(site.base, asked, count, site.token) as walls:
        await walls.expect(site.next_mark, site.append(), PATIENCE_S)
        walls.forget()
        cpu, began = _cpu_s(site.server), time.perf_counter()
        for _ in range(updates):
            mark = site.next_mark
            await walls.expect(mark, site.append(), PATIENCE_S)
            await asyncio.sleep(rng.uniform(*PAUSE_S))
        cpu = _cpu_s(site.server) - cpu
        share = cpu / (time.perf_counter() - began)
    said = f"server {share:.0%} of a core, {cpu / updates:.1f} s of it an update"
    return _table_of_many(walls, count, f"{updates} updates; {said}")


def _cpu_s(process: psutil.Process) -> float:
    """Return the processor seconds of a process and its children."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in family)


def _table_of_one(updates: list[Update]) -> Table:
    steps = (
        ("appended to painted in the wall's list", "painted"),
        ("appended to the point among the map's pixels", "mapped"),
        ("stage: appended to loaded and told", "loaded"),
        ("stage: appended to the line in the page", "listed"),
        ("beside: appended to the new version of the count told", "counted"),
    )
    rows = [row for name, key in steps for row in _rows(name, [getattr(u, key) for u in updates])]
    return Table("7. Live: a line appended to a file until a wall shows it", tuple(rows))


def _table_of_many(walls: Walls, count: int, said: str) -> Table:
    failed = ", ".join(f"{times} {kind}" for kind, times in sorted(walls.failures.items()))
    note = f"{said}; {walls.answers} answers, failed: {failed or 'none'}"
    rows = [
        *_rows("appended to the line at a wall", walls.lines, note),
        *_rows("appended to the push at a wall", walls.pushes),
        *(
            row
            for name, seconds in sorted(walls.seconds.items())
            for row in _rows(f"an answer: {name}", seconds)
        ),
    ]
    return Table(f"7a. Live with many: {count} walls at once", tuple(rows))


def _rows(name: str, seconds: Sequence[float | None], note: str = "") -> Iterator[Measure]:
    known = [each for each in seconds if each is not None]
    lost = len(seconds) - len(known)
    said = note or f"{len(known)} of them, {lost} lost"
    if len(known) < 2:
        yield Measure(f"{name}: too few", 1, float("nan"), said)
        return
    yield Measure(f"{name}: median", 1, statistics.median(known), said)
    yield Measure(f"{name}: p95", 1, statistics.quantiles(known, n=20)[-1])
