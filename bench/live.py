"""From a line appended to a source's file to the push that every connected screen receives.

Real processes: `app.py live` and `app.py serve`. The clients hold `/events` open as a wall does.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import polars as pl
from sqlalchemy import Engine

from bench.clients import running
from bench.timing import Measure, Table
from etl.simulator.live.incidents import LiveIncidents
from etl.simulator.world import build_world
from geodata.city import City
from geodata.clock import now
from geodata.settings import ROOT, get_settings

PORT = 8763
SYSTEM = "120"
KEY = "incident_count"
ANSWER_S = 30.0  # an update that takes longer is counted as lost
STOP_S = 10


@dataclass
class Screen:
    """One connected screen: when it heard of the load, and of the indicator's new version."""

    heard: dict[str, float] = field(default_factory=dict)

    async def listen(self, base: str, changed: asyncio.Event) -> None:
        """Hold the stream of events open."""
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False) as client,
            client.stream("GET", f"{base}/events") as stream,
        ):
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    self._hear(kind, json.loads(line.removeprefix("data:")))
                    changed.set()

    def _hear(self, kind: str, facts: dict[str, object]) -> None:
        if kind == "layer" and (facts.get("indicator") != KEY or "load" not in self.heard):
            return  # of another indicator, or of what was caught up before
        self.heard.setdefault(kind, time.perf_counter())


def bench_live(engine: Engine, city: City, screens: int, updates: int) -> Table:
    """Append lines one by one; the database holds calls already."""
    with tempfile.TemporaryDirectory(prefix="occ-bench-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        environment = {
            **os.environ,
            "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "OCC_DATA_DIR": text,
            "OCC_PORT": str(PORT),
        }
        app = [sys.executable, str(ROOT / "app.py")]
        base = f"http://127.0.0.1:{PORT}"
        with (
            running([*app, "serve"], base, environment, folder / "serve.log"),
            _following([*app, "live", f"incidents_{SYSTEM}"], environment, folder / "live.log"),
        ):
            return asyncio.run(_measure(base, folder, city, screens, updates))


@contextmanager
def _following(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()


async def _measure(base: str, folder: Path, city: City, screens: int, updates: int) -> Table:
    lines = _lines(city, updates + 1)
    path = folder / "incoming" / city.code / "live" / f"incidents_{SYSTEM}_1.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(lines[0])
    changed = asyncio.Event()
    connected = [Screen() for _ in range(screens)]
    tasks = [asyncio.create_task(each.listen(base, changed)) for each in connected]
    committed, pushed, last, lost = [], [], [], 0
    await _until(connected, "hello", changed)
    cpu, began = 0.0, time.perf_counter()
    for number, line in enumerate(lines[1:]):
        for each in connected:
            each.heard.clear()
        started = time.perf_counter()
        with path.open("ab") as stream:
            stream.write(line)
        is_whole = await _until(connected, "layer", changed)
        if number == 0:  # it also waits for the process to have begun
            cpu, began = _server_cpu_s(), time.perf_counter()
            continue
        lost += not is_whole
        if is_whole:
            committed.append(connected[0].heard["load"] - started)
            pushed.append(connected[0].heard["layer"] - started)
            last.append(max(each.heard["layer"] for each in connected) - started)
    share = (_server_cpu_s() - cpu) / (time.perf_counter() - began)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    note = f"{len(last)} updates, {lost} lost; server {share:.0%} of a core"
    computed = [states - load for load, states in zip(committed, pushed, strict=True)]
    rows = [
        *_rows("appended to the push of the new version, one screen", pushed, note),
        *_rows(f"the same, the last of {screens} screens", last),
        *_rows("stage: appended to loaded and told", committed),
        *_rows("stage: loaded to new states told", computed),
    ]  # fmt: skip
    return Table(f"7. Live: a line appended to a file, {screens} screens connected", tuple(rows))


def _rows(name: str, seconds: list[float], note: str = "") -> Iterator[Measure]:
    if len(seconds) < 2:
        yield Measure(f"{name}: too few", 1, float("inf"), note)
        return
    yield Measure(f"{name}: median", 1, statistics.median(seconds), note)
    yield Measure(f"{name}: p95", 1, statistics.quantiles(seconds, n=20)[-1])


async def _until(screens: list[Screen], kind: str, changed: asyncio.Event) -> bool:
    give_up_at = time.perf_counter() + ANSWER_S
    while not all(kind in each.heard for each in screens):
        changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), 1)
        if time.perf_counter() > give_up_at:
            return False
    return True


def _lines(city: City, count: int) -> list[bytes]:
    """Return the header and some new calls of the system's file."""
    today = now().astimezone(city.zone).date()
    world = build_world(city, get_settings().seed)
    found = {system.key: (system, lines) for system, lines in LiveIncidents(world).lines(today)}
    system, lines = found[SYSTEM]
    counted = (pl.col("任务状态") == "有效") & (pl.col("重复呼救") == lines["重复呼救"].mode()[0])
    calls = lines.filter(counted).unique("呼救流水号", keep="first", maintain_order=True)
    text = calls.drop("at").head(count).write_csv()
    encoding = "utf-8" if system.encoding == "utf-8-sig" else system.encoding
    return text.encode(encoding).splitlines(keepends=True)


def _server_cpu_s() -> float:
    """Return the processor seconds of the server's processes so far."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if "serve\0" in (status.parent / "cmdline").read_text() and str(PORT) in (
                status.parent / "environ"
            ).read_text(errors="replace"):
                fields = status.read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
