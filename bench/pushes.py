"""Reads a server's pushes, message by message."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2


async def hear_pushes(client: httpx2.AsyncClient) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield kind and facts of every push of the client's server, until it ends."""
    async with client.stream("GET", "/events", timeout=None) as stream:
        kind = ""
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                yield kind, json.loads(line.removeprefix("data:"))
