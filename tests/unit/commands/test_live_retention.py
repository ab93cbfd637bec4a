"""Partitions live as long as their kind is kept, and the live process removes them by itself."""

import asyncio
from datetime import date, timedelta

import polars as pl
import pytest

from commands import live_retention
from commands.live_retention import keep_retention, prune_telemetry
from geodata.city.configuration import load_city
from geodata.clock import now
from geodata.database.partitions import Partition, PartitionStore
from geodata.settings import Settings

TODAY = date(2026, 11, 22)
RULES = {"vehicle_ping": 30}


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, telemetry_days=RULES)


def fill(settings: Settings, *partitions: Partition) -> PartitionStore:
    store = PartitionStore(str(settings.data_dir))
    for each in partitions:
        store.write(each, pl.DataFrame({"vehicle_id": ["a"]}))
    return store


def test_only_what_is_older_than_its_rule_goes(settings):
    limit = Partition("vehicle_ping", TODAY - timedelta(days=30), "bus")
    old = Partition("vehicle_ping", TODAY - timedelta(days=31), "bus")
    unruled = Partition("incident", date(2020, 1, 1), "calls")
    store = fill(settings, limit, old, unruled)
    assert prune_telemetry(settings, TODAY) == [old]
    assert store.partitions("vehicle_ping") == [limit]
    assert store.partitions("incident") == [unruled]


def test_the_live_process_prunes_once_a_day(settings, monkeypatch):
    city = load_city("changchun")
    start = now()
    today = start.astimezone(city.zone).date()
    fill(settings, Partition("vehicle_ping", today - timedelta(days=40), "bus"))
    instants = iter([start, start, start + timedelta(days=1)])
    days: list[date] = []
    stop = asyncio.Event()

    def prune(given, day):
        days.append(day)
        return prune_telemetry(given, day)

    def tick():
        instant = next(instants, None)
        if instant is None:
            stop.set()
            return start + timedelta(days=1)
        return instant

    monkeypatch.setattr(live_retention, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(live_retention, "now", tick)
    monkeypatch.setattr(live_retention, "prune_telemetry", prune)
    asyncio.run(keep_retention(settings, city, stop))
    assert days == [today, today + timedelta(days=1)]
    assert PartitionStore(str(settings.data_dir)).partitions("vehicle_ping") == []
