"""Many walls without a browser: each holds the stream of pushes and repeats a real wall's requests.

A group of panels is requested after a moment, and again only once it was answered, as in
assets/wall_status.js; points of the map at most once a second, as in assets/wall.js.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from bench.pushes import hear_pushes
from bench.wall_browser import RecordedRequest

_ANSWER_S = 30
_POINTS = "points"
# group: the pushes that trigger it, seconds to gather pushes, seconds between two requests
GROUPS: dict[str, tuple[frozenset[str], float, float]] = {
    "records": (frozenset({"load"}), 0.02, 0.3),
    "states": (frozenset({"layer", "alert"}), 0.4, 2.0),
    _POINTS: (frozenset({"load"}), 0.0, 1.0),
}


@dataclass
class Walls:
    """The pushes and answers of all walls together."""

    walls: "list[ReplayedWall]"
    pushes: list[float | None] = field(default_factory=list)
    lines: list[float | None] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> int:
        """Return the number of answers."""
        return sum(len(each) for each in self.seconds.values())

    def forget(self) -> None:
        """Reset the counts."""
        self.pushes.clear()
        self.lines.clear()
        self.seconds.clear()
        self.failures.clear()

    async def expect(self, mark: str, at: float, patience_s: float) -> None:
        """Wait until every wall has the line of a call that was appended at a time."""
        for wall in self.walls:
            wall.look_for(mark)
        waiting = [wall.is_shown.wait() for wall in self.walls]
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*waiting), patience_s)
        for wall in self.walls:
            self.pushes.append(wall.pushed_at and wall.pushed_at - at)
            self.lines.append(wall.shown_at and wall.shown_at - at)


class ReplayedWall:
    """One wall."""

    def __init__(self, client: httpx2.AsyncClient, templates: dict[str, RecordedRequest]) -> None:
        """Keep the connection, and the requests to repeat."""
        self._client = client
        self._templates = templates
        self._signatures: dict[str, Any] = {}
        self._due = {group: asyncio.Event() for group in templates}
        self._mark = ""
        self.is_shown = asyncio.Event()
        self.is_connected = asyncio.Event()
        self.pushed_at: float | None = None
        self.shown_at: float | None = None

    def look_for(self, mark: str) -> None:
        """Wait for a call from now on."""
        self._mark = mark
        self.is_shown.clear()
        self.pushed_at = self.shown_at = None

    def work(self, all_of_them: Walls) -> list[Coroutine[Any, Any, None]]:
        """Return the concurrent tasks of the wall."""
        asking = [self._keep_asking(group, all_of_them) for group in self._templates]
        return [self._listen(), *asking]

    async def _listen(self) -> None:
        async for kind, facts in hear_pushes(self._client):
            self._hear(kind, facts)

    def _hear(self, kind: str, facts: dict[str, Any]) -> None:
        self.is_connected.set()
        if kind == "load" and facts.get("table") != "incident":
            return
        if kind == "load" and self.pushed_at is None:
            self.pushed_at = time.time()
        for group, due in self._due.items():
            if kind in GROUPS[group][0]:
                due.set()

    async def _keep_asking(self, group: str, all_of_them: Walls) -> None:
        _, gather_s, gap_s = GROUPS[group]
        asked_at = 0.0
        while True:
            await self._due[group].wait()
            await asyncio.sleep(max(gather_s, asked_at + gap_s - time.monotonic()))
            self._due[group].clear()
            asked_at = time.monotonic()
            try:
                await self._ask(group)
            except (httpx2.HTTPError, ValueError) as error:
                all_of_them.failures[f"{group} {type(error).__name__}"] += 1
            else:
                all_of_them.seconds[group].append(time.monotonic() - asked_at)

    async def _ask(self, group: str) -> None:
        template = self._templates[group]
        if template.method == "GET":
            (await self._client.get(template.path)).raise_for_status()
            return
        request = request_of(group, template, self._signatures.get(group))
        answer = await self._client.post(template.path, json=request)
        answer.raise_for_status()
        signed = answer.json().get("response", {}).get(f"wall-signatures-{group}")
        if signed:
            self._signatures[group] = signed["data"]
        if self._mark in answer.text or json.dumps(self._mark)[1:-1] in answer.text:
            self.shown_at = self.shown_at or time.time()
            self.is_shown.set()


def request_of(
    group: str, template: RecordedRequest, signatures: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a recorded request with the wall's own signatures and the present time."""
    body: dict[str, Any] = json.loads(template.body or "{}")
    for each in body["inputs"]:
        if each["id"] == f"wall-due-{group}":
            each["value"] = {"group": group, "why": "push", "at": int(time.time() * 1000)}
    for each in body["state"]:
        if each["id"] == f"wall-signatures-{group}" and signatures is not None:
            each["value"] = dict(signatures)
    return body


def templates_of(asked: Sequence[RecordedRequest]) -> dict[str, RecordedRequest]:
    """Return the last request of each group among those that a wall made.

    Raises:
        LookupError: a group was not requested, or a request belongs to no group.
    """
    found = {_group_of(each): each for each in asked}
    if set(found) != set(GROUPS):
        raise LookupError(f"a wall asked for {sorted(found)}, replayed are {sorted(GROUPS)}")
    return found


def _group_of(asked: RecordedRequest) -> str:
    if asked.path.startswith("/live/points/"):
        return _POINTS
    output = json.loads(asked.body or "{}").get("output", "")
    named = [group for group in GROUPS if f"wall-answered-{group}." in output]
    return named[0] if named else f"{asked.method} {asked.path} {output}"


@asynccontextmanager
async def open_walls(
    base: str, asked: Sequence[RecordedRequest], count: int, token: str
) -> AsyncIterator[Walls]:
    """Open many walls, and wait until all are connected."""
    templates = templates_of(asked)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=base,
                    timeout=_ANSWER_S,
                    trust_env=False,
                    headers={
                        "Origin": base,
                        "Authorization": f"Bearer {token}",
                        "X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}",
                    },
                )
            )
            for number in range(count)
        ]
        walls = Walls([ReplayedWall(client, templates) for client in clients])
        tasks = [asyncio.create_task(work) for wall in walls.walls for work in wall.work(walls)]
        connected = asyncio.gather(*(wall.is_connected.wait() for wall in walls.walls))
        await asyncio.wait_for(connected, _ANSWER_S)
        yield walls
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
