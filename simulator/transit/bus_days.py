"""The actual runs of a day: late starts, growing delays, bunching, cancelled trips."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.emergency.response import RUSH
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.transit.bus_feed import TimetabledLine
from simulator.transit.service_days import EVERY_DAY, WEEKDAYS, published_days
from simulator.transit.timetable import departure_seconds, timepoints, trip_ids

CANCELLED = 0.012
CUT_SHORT = 0.012  # of the trips that ran: turned round before 95 % of the way
HARD_DAY = 0.12  # share of days with snow or ice
# A late bus finds more people waiting and falls further behind; the one after it catches up.
BUNCHING = 0.16
RECOVERY = 0.90  # the share of a delay that is left at the next timepoint


@dataclass(frozen=True, eq=False)
class DayOfLine:
    """The trips of one direction on one service day, a row each; columns are timepoints."""

    line: TimetabledLine
    on: date
    trip_ids: list[str]
    at: NDArray[np.int64]  # the stops, by position, that are timepoints
    scheduled_s: NDArray[np.int64]  # seconds of the service day
    delay_s: Floats
    is_cancelled: NDArray[np.bool_]
    run_share: Floats  # of the distance, 0 where cancelled
    fleet: NDArray[np.int64]  # number of the bus on the line


def works(world: World, on: date) -> bool:
    """Return whether the weekday service runs."""
    kind = {**published_days(world.city), **dict.fromkeys(world.rules.transit.holidays, False)}
    return kind.get(on, on.weekday() < 5)


def day_of_line(world: World, line: TimetabledLine, on: date) -> DayOfLine:
    """Return one day of one direction; equal for equal seed, line and day."""
    services = [EVERY_DAY, WEEKDAYS] if works(world, on) else [EVERY_DAY]
    starts = np.concatenate([line.runs[key] for key in services if key in line.runs])
    names = [
        name
        for key in services
        if key in line.runs
        for name in trip_ids(line.pattern, key, len(line.runs[key]))
    ]
    order = np.argsort(starts, kind="stable")
    starts = starts[order]
    at = np.flatnonzero(timepoints(len(line.pattern.stop_ids)))
    rng = world.rng("bus day", line.pattern.shape_id, on.toordinal())
    is_cancelled = rng.random(len(starts)) < CANCELLED * _hardship(world, on)
    run_share = np.where(
        rng.random(len(starts)) < CUT_SHORT, rng.uniform(0.4, 0.93, len(starts)), 1.0
    )
    return DayOfLine(
        line,
        on,
        [names[row] for row in order],
        at,
        departure_seconds(line.pattern, starts)[:, at],
        _delays(starts, len(at), _hardship(world, on), rng),
        is_cancelled,
        np.where(is_cancelled, 0.0, run_share),
        np.arange(len(starts)) % max(4, len(starts) // 8) + 1,
    )


def _hardship(world: World, on: date) -> float:
    """Return how much worse than usual a day is in the whole city, as a factor."""
    rng = world.rng("bus weather", on.toordinal())
    usual = float(rng.lognormal(0, 0.15))
    return usual * 2.2 if rng.random() < HARD_DAY else usual


def _delays(
    starts: NDArray[np.int64], columns: int, hardship: float, rng: np.random.Generator
) -> Floats:
    """Return seconds behind schedule at each timepoint; trips in the order of departure."""
    rush = RUSH[(starts // 3600) % 24]
    late = rng.exponential(70, len(starts)) * (rng.random(len(starts)) < 0.25)
    delay = np.empty((len(starts), columns))
    delay[:, 0] = np.maximum(rng.normal(12, 28, len(starts)) + late * hardship, -75)
    for column in range(1, columns):
        before = delay[:, column - 1]
        gap = before - np.concatenate([[0.0], before[:-1]])
        push = rng.normal(14 + 75 * rush * hardship, 32 * np.sqrt(hardship), len(starts))
        delay[:, column] = RECOVERY * before + BUNCHING * gap + push
    return np.asarray(np.round(np.maximum(delay, -170)), dtype=np.float64)
