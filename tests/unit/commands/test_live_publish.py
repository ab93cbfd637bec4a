"""The live process publishes again and again; a round that fails is not the last."""

import asyncio
import logging

import pytest

from commands import live_publish
from geodata.errors import DatabaseError


def test_it_publishes_until_the_end_also_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path
) -> None:
    rounds: list[int] = []
    stop = asyncio.Event()

    def publish(engine, city, data_dir) -> list[str]:
        rounds.append(1)
        if len(rounds) == 1:
            raise DatabaseError("gone for a moment")
        loop.call_soon_threadsafe(stop.set)
        return ["residents"]

    async def run() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(live_publish.keep_published(None, None, tmp_path, stop, 0.001), 30)

    loop: asyncio.AbstractEventLoop
    monkeypatch.setattr(live_publish, "publish_layers", publish)
    with caplog.at_level(logging.INFO, "commands.live_publish"):
        asyncio.run(run())
    assert len(rounds) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "publishing: gone for a moment",
        "published residents",
    ]
