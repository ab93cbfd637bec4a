"""One client that floods a server, in its own process: `python -m bench.flooding PORT SECONDS`.

It prints what it was answered as JSON: how often each status, and the seconds of the answers.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from geodata.clock import now
from layers.maps.urls import values_address

AT_ONCE, UNFINISHED, STREAMS = 200, 100, 50
ADDRESS = "203.0.113.9"
KEY = "incident_count"
TOKEN = "BENCH_TOKEN"  # the environment variable with the token of a wall
_ANSWER_S = 60


@dataclass
class Flood:
    """The answers so far."""

    port: int
    rng: random.Random = field(default_factory=lambda: random.Random(20141101))
    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def keep_asking(self) -> None:
        """Ask for what nobody has asked for, again and again."""
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(_ANSWER_S):
                    status = await self._ask(self._address())
            except (OSError, TimeoutError, IndexError) as error:
                status = type(error).__name__
            self.answers[status] += 1
            self.seconds.append(time.monotonic() - began)

    async def hold_stream(self) -> None:
        """Hold a stream for as long as it is given."""
        with suppress(OSError, IndexError):
            reader, _ = await self._send("/events")
            status = (await reader.readline()).split()[1].decode()
            self.answers[f"stream {status}"] += 1
            await reader.read()

    async def leave_unfinished(self) -> None:
        """Begin a request that never ends, again and again."""
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET /wall HTTP/1.1\r\nHost: ")
                await reader.read()
                writer.close()

    def _address(self) -> str:
        if self.rng.random() < 0.5:
            moment = now() - timedelta(seconds=self.rng.randrange(1, 10**6))
            return f"/live/points/incidents.json?at={moment:%Y-%m-%dT%H:%M:%SZ}"
        day = f"2026-{self.rng.randrange(1, 13):02d}-{self.rng.randrange(1, 29):02d}"
        return values_address(KEY, "all", "1", day, 9)

    async def _ask(self, address: str) -> str:
        reader, writer = await self._send(address)
        status = (await reader.readline()).split()[1].decode()
        await reader.read()
        writer.close()
        return status

    async def _send(self, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        token = f"Authorization: Bearer {os.environ[TOKEN]}\r\n"
        told = f"{head}{token}X-Forwarded-For: {ADDRESS}\r\nConnection: close\r\n\r\n"
        writer.write(told.encode())
        return reader, writer


async def flood(port: int, seconds: float) -> Flood:
    """Flood a server for a while."""
    told = Flood(port)
    work = [told.keep_asking() for _ in range(AT_ONCE)]
    work += [told.hold_stream() for _ in range(STREAMS)]
    work += [told.leave_unfinished() for _ in range(UNFINISHED)]
    tasks = [asyncio.create_task(each) for each in work]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return told


if __name__ == "__main__":
    done = asyncio.run(flood(int(sys.argv[1]), float(sys.argv[2])))
    print(json.dumps({"answers": done.answers, "seconds": done.seconds}))
