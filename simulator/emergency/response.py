"""Draws the response to a call: stations, distances, traffic, the seven clocks."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.config import ChannelRules
from simulator.ground.planar import Floats, Plane
from simulator.ground.population import Cells

DETOUR = 1.35  # road distance over straight line
SITING_ROUNDS = 6
RURAL_SITES = 1.8  # weight of open country when stations are sited: distance counts, not load alone
RUSH = np.array(
    [0.0] * 6 + [0.15, 0.45, 0.5, 0.3, 0.25, 0.25, 0.25, 0.25, 0.25, 0.28]
    + [0.4, 0.55, 0.45, 0.28, 0.2, 0.1, 0.05, 0.0]
)  # fmt: skip  # extra travel time in the city by hour of day


@dataclass(frozen=True, eq=False)
class Responders:
    """The stations of one channel, in metres on the world's plane."""

    xy_m: Floats
    unit_ids: NDArray[np.str_]

    def nearest(self, xy_m: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Return straight-line distances in metres and the row of the nearest station."""
        distance, row = cKDTree(self.xy_m).query(xy_m)
        return np.asarray(distance), np.asarray(row, dtype=np.int64)


def site_stations(
    cells: Cells, plane: Plane, count: int, given: Floats, rng: np.random.Generator
) -> Floats:
    """Return `count` station positions: the given ones, then centres of the demand.

    A weighted draw of cells is the demand; a few rounds of k-means move the sites that are not
    given to the middle of those they serve, as a city sites its stations by demand and distance.
    """
    demand = (cells.residents * 0.5 + cells.daytime * 0.5) * (
        RURAL_SITES - (RURAL_SITES - 1) * cells.urban
    )
    draw = rng.choice(
        len(cells), size=min(5000, len(cells)), replace=False, p=demand / demand.sum()
    )
    xy_m = plane.to_metres(cells.lon[draw], cells.lat[draw])
    fixed = given[:count].reshape(-1, 2)
    sites = np.concatenate([fixed, xy_m[: count - len(fixed)]])
    for _ in range(SITING_ROUNDS):
        _, served_by = cKDTree(sites).query(xy_m)
        served = np.bincount(served_by, minlength=len(sites))
        middle = (
            np.column_stack(
                [np.bincount(served_by, weights=axis, minlength=len(sites)) for axis in xy_m.T]
            )
            / np.maximum(served, 1)[:, None]
        )
        movable = (np.arange(len(sites)) >= len(fixed)) & (served > 0)
        sites = np.where(movable[:, None], middle, sites)
    return np.asarray(sites)


@dataclass(frozen=True, eq=False)
class Demand:
    """The facts that decide the pace of a response: one row a call."""

    received_s: Floats  # seconds after the day's midnight
    distance_m: Floats
    urban: Floats


def travel_s(rules: ChannelRules, demand: Demand, rng: np.random.Generator) -> Floats:
    """Return travel times: distance, speed by kind of road, traffic by hour, chance."""
    hour = (demand.received_s // 3600).astype(int) % 24
    speed = rules.speed_kmh * (1 + 0.95 * (1 - demand.urban)) / 3.6
    traffic = 1 + RUSH[hour] * demand.urban
    luck: Floats = rng.lognormal(0, 0.28, len(hour))
    driving: Floats = demand.distance_m * DETOUR / speed * traffic
    return (rules.delay_s + driving) * luck


def clocks(rules: ChannelRules, demand: Demand, rng: np.random.Generator) -> pl.DataFrame:
    """Return T1..T6 in seconds after midnight of the day the call was received, in order."""
    count = len(demand.received_s)

    def spell(typical_s: float, spread: float) -> Floats:
        return np.maximum(1.0, np.round(typical_s * rng.lognormal(0, spread, count)))

    answered = demand.received_s + spell(rules.answer_s, 0.5)
    notified = answered + spell(rules.process_s, 0.4)
    enroute = notified + spell(rules.turnout_s, 0.3)
    arrived = enroute + np.maximum(20.0, np.round(travel_s(rules, demand, rng)))
    cleared = arrived + spell(rules.scene_min * 60, 0.6)
    closed = cleared + spell(rules.close_min * 60, 0.9)
    return pl.DataFrame(
        {
            "answered": answered,
            "notified": notified,
            "enroute": enroute,
            "arrived": arrived,
            "cleared": cleared,
            "closed": closed,
        }
    )
