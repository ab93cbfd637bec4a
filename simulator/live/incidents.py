"""Live calls: every step of a call is a further line, with the next revision."""

from collections.abc import Collection
from datetime import date, timedelta

import polars as pl

from simulator.emergency.calls import Dispatcher
from simulator.emergency.faults import CLOCKS
from simulator.emergency.incident_files import (
    as_sent,
    build_dispatchers,
    calls_of_day,
    numbered,
    with_words,
)
from simulator.emergency.incident_systems import SYSTEMS, System
from simulator.ground.addresses import Gazetteer, build_gazetteer
from simulator.ground.world import World
from simulator.live.faults import Fault, plant_live_faults

DAY_S = 86_400.0
_KEYED_S = 3.0  # from an event to its line


class LiveIncidents:
    """The lines that the command centres' systems write on any day."""

    def __init__(self, world: World, faults: Collection[Fault] = ()) -> None:
        """Site the stations once, so that each day is cheap."""
        self._world = world
        self._faults = faults
        self._gazetteer: Gazetteer = build_gazetteer(world)
        self._systems: list[tuple[System, list[Dispatcher]]] = [
            (system, build_dispatchers(world, system.channels))
            for system in SYSTEMS
            if set(system.channels) <= set(world.rules.channels)
        ]

    def lines(self, on: date) -> list[tuple[System, pl.DataFrame]]:
        """Return, by system, the lines of a day in their order: `at` (its seconds), then columns.

        Calls of the day before that are still open are continued.
        """
        found = []
        for system, dispatchers in self._systems:
            parts = [
                self._messages(system, dispatchers, received_on).with_columns(
                    pl.col("at") - DAY_S * (on - received_on).days
                )
                for received_on in (on - timedelta(days=1), on)
            ]
            mine = pl.concat(parts).filter(pl.col("at").is_between(0, DAY_S, closed="left"))
            found.append((system, mine.sort("at", maintain_order=True)))
        return found

    def _messages(self, system: System, dispatchers: list[Dispatcher], on: date) -> pl.DataFrame:
        calls = calls_of_day(self._world, dispatchers, on)
        steps = plant_live_faults(self._world, _steps(calls), system.key, on, self._faults)
        sent = as_sent(with_words(self._world, self._gazetteer, steps, on), system)
        return steps.select("at").hstack(sent)


def _steps(calls: pl.DataFrame) -> pl.DataFrame:
    """Return every state of every call, `at` when it was written, in seconds of the call's day."""
    begin = pl.coalesce("answered", "received")
    parts = [
        calls.filter(pl.col(clock).is_not_null()).with_columns(
            at=pl.max_horizontal(begin, pl.col(clock)) + _KEYED_S
        )
        for clock in CLOCKS[1:]
    ]
    parts.append(calls.filter(pl.col("answered").is_null()).with_columns(at=begin + _KEYED_S))
    known = pl.concat(parts).with_columns(
        pl.when(pl.col(clock) <= pl.col("at")).then(pl.col(clock)).alias(clock) for clock in CLOCKS
    )
    states = numbered(known).sort("at", "record_id", "revision", maintain_order=True)
    return states.unique(["record_id", "event", "revision"], keep="first", maintain_order=True)
