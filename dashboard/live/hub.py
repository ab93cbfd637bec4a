"""Sends every message to all connected screens; no thread a screen, one encoding for all."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fastapi.sse import format_sse_event

from geodata.clock import now

KEPT = 512  # messages kept for screens that reconnect
QUEUED = 256  # messages a slow screen may be behind before it must read everything again


@dataclass
class Hub:
    """The connected screens of one server process and the last messages."""

    boot: str = field(default_factory=lambda: uuid4().hex[:8])
    is_database_up: bool = False
    _number: int = 0
    _kept: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _queues: set[asyncio.Queue[bytes | None]] = field(default_factory=set)

    @property
    def screens(self) -> int:
        """Return the number of connected screens."""
        return len(self._queues)

    def publish(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Send a numbered message; a screen that is too far behind gets `resync` instead."""
        self._number += 1
        message = self._encode(kind, facts, number=self._number)
        self._kept.append((self._number, message))
        self._send(message)

    def beat(self) -> None:
        """Send every screen the server's time and whether the database answers."""
        self._send(self._encode("beat", {}))

    def close(self) -> None:
        """End every connection; the screens reconnect by themselves."""
        for queue in self._queues:
            _put(queue, None)

    async def subscribe(self, last_event_id: str | None) -> AsyncIterator[bytes]:
        """Yield messages for one screen, those it missed first, until it disconnects."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED)
        self._queues.add(queue)
        try:
            for message in self._greeting(last_event_id):
                yield message
            while (next_message := await queue.get()) is not None:
                yield next_message
        finally:
            self._queues.discard(queue)

    def _greeting(self, last_event_id: str | None) -> list[bytes]:
        """Return `hello`, then the missed messages, or `resync` if they are no longer kept."""
        hello = self._encode("hello", {"boot": self.boot}, number=self._number)
        if not last_event_id:
            return [hello]
        missed = self._missed(last_event_id)
        if missed is None:
            return [hello, self._encode("resync", {"reason": "reconnected"})]
        return [*missed, hello]

    def _missed(self, last_event_id: str) -> list[bytes] | None:
        boot, _, text = last_event_id.partition("-")
        if boot != self.boot or not text.isdigit() or int(text) > self._number:
            return None
        first_kept = self._kept[0][0] if self._kept else self._number + 1
        if int(text) + 1 < first_kept:
            return None
        return [message for number, message in self._kept if number > int(text)]

    def _send(self, message: bytes) -> None:
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(self._encode("resync", {"reason": "too slow"}))
            else:
                queue.put_nowait(message)

    def _encode(self, kind: str, facts: Mapping[str, Any], number: int | None = None) -> bytes:
        data = {"now": now().isoformat(), "database": self.is_database_up, **facts}
        return format_sse_event(
            event=kind,
            data_str=json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str),
            id=None if number is None else f"{self.boot}-{number}",
        )


def _put(queue: asyncio.Queue[bytes | None], message: bytes | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)
