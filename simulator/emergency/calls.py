"""The true calls of one channel and day, before anyone keyed them in."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.config import Channel, ChannelRules
from simulator.emergency.response import Demand, Responders, clocks, site_stations
from simulator.ground.planar import Floats
from simulator.ground.world import World

WINTER = {11: 1.04, 12: 1.08, 1: 1.1, 2: 1.05, 3: 1.0}  # season of calls by month
PATROL_M = 620.0  # mean distance of a patrolling unit in dense city
RURAL_CALLS = 0.4  # calls a head in open country over those in the city
SPAN_DAYS = 0.16  # day-to-day spread of the load (weather, events)


@dataclass(frozen=True, eq=False)
class Dispatcher:
    """One channel's rules and stations, with which the calls of any day are drawn."""

    channel: Channel
    rules: ChannelRules
    responders: Responders
    weights: Floats  # probability of a call by cell, one row a kind of call


def build_dispatcher(world: World, channel: Channel, given: Floats) -> Dispatcher:
    """Site a channel's stations and weigh its cells."""
    rules = world.rules.channels[channel]
    rng = world.rng("stations", channel)
    sites = site_stations(world.cells, world.plane, rules.stations, given, rng)
    units = np.array([f"{channel}-{number:03d}" for number in range(1, len(sites) + 1)])
    cells = world.cells
    rows = []
    for kind in rules.kinds:
        busy = cells.daytime * (RURAL_CALLS + (1 - RURAL_CALLS) * cells.urban)
        demand = kind.urban * busy + (1 - kind.urban) * cells.residents
        rows.append(demand / demand.sum())
    return Dispatcher(channel, rules, Responders(sites, units), np.array(rows))


def _seconds_of_day(rules: ChannelRules, count: int, rng: np.random.Generator) -> Floats:
    hours = np.array(rules.hours)
    hour = rng.choice(24, size=count, p=hours / hours.sum())
    return np.sort(hour * 3600.0 + rng.integers(0, 3600, count))


def _count(rules: ChannelRules, on: date, rng: np.random.Generator) -> int:
    season = WINTER.get(on.month, 1.0)
    mean = rules.calls_per_day / rules.calls_per_event * season * rules.weekdays[on.weekday()]
    return int(rng.poisson(mean * rng.lognormal(0, SPAN_DAYS)))


def _distance(
    dispatcher: Dispatcher, xy_m: Floats, urban: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    distance, row = dispatcher.responders.nearest(xy_m)
    if dispatcher.rules.patrol:
        near = rng.exponential(PATROL_M * (1 + 3 * (1 - urban)))
        distance = np.minimum(distance, near)
    else:  # the nearest station is out on another call now and then
        distance = distance * np.where(rng.random(len(urban)) < 0.06, 2.2, 1.0)
    return distance, row


def day_of_events(world: World, dispatcher: Dispatcher, on: date) -> pl.DataFrame:
    """Return the events of a day: place, kind, the first call and the response, times in seconds.

    Columns: event, kind, lon, lat (WGS-84), cell_row, unit_id, received, answered, notified,
    enroute, arrived, cleared, closed (seconds after local midnight).
    """
    rng = world.rng("calls", dispatcher.channel, on.toordinal())
    rules = dispatcher.rules
    received = _seconds_of_day(rules, _count(rules, on, rng), rng)
    odds = np.array([kind.weight for kind in rules.kinds])
    kind = rng.choice(len(odds), size=len(received), p=odds / odds.sum())
    rows = np.zeros(len(received), dtype=np.int64)
    for number, weights in enumerate(dispatcher.weights):
        mine = np.flatnonzero(kind == number)
        rows[mine] = rng.choice(len(weights), size=len(mine), p=weights)
    lon, lat = world.points_in(rows, rng)
    urban = world.cells.urban[rows]
    distance, station = _distance(dispatcher, world.plane.to_metres(lon, lat), urban, rng)
    times = clocks(rules, Demand(received, distance, urban), rng)
    vehicle = rng.integers(1, 4, len(rows)).astype(str)
    unit = np.char.add(np.char.add(dispatcher.responders.unit_ids[station], "-"), vehicle)
    frame = pl.DataFrame(
        {
            "event": np.arange(1, len(rows) + 1), "kind": kind, "lon": lon, "lat": lat,
            "cell_row": rows, "unit_id": unit, "received": received,
        }
    )  # fmt: skip
    return pl.concat([frame, times], how="horizontal")


def repeat_calls(events: pl.DataFrame, mean: float, rng: np.random.Generator) -> pl.DataFrame:
    """Return further calls about the same events: later, a little off, with the same response."""
    further = rng.poisson(mean - 1, events.height)
    rows = np.repeat(np.arange(events.height), further)
    later = np.round(rng.exponential(150, len(rows)) + 5)
    repeated = events[rows].with_columns(
        received=pl.col("received") + pl.Series(later),
        answered=pl.col("received") + pl.Series(later + rng.integers(2, 15, len(rows))),
        lon=pl.col("lon") + pl.Series(rng.normal(0, 4e-4, len(rows))),
        lat=pl.col("lat") + pl.Series(rng.normal(0, 3e-4, len(rows))),
        is_repeat=pl.lit(True),
    )
    # the response began with the first call: only clocks after this call are this call's
    return repeated.with_columns(
        pl.when(pl.col(name) > pl.col("answered")).then(pl.col(name)).alias(name)
        for name in ("notified", "enroute", "arrived", "cleared", "closed")
    )
