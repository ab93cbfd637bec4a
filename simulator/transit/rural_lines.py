"""Country lines from the county seats: few stops, each at a real or simulated settlement."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.config import Settlement
from simulator.ground.planar import Floats
from simulator.ground.street_grid import StreetGrid
from simulator.ground.world import World
from simulator.transit.bus_lines import Line

STOP_EVERY_M = 2400.0
SNAP_M = 1300.0
REACH_M = (12_000.0, 26_000.0)
HEADWAY_MIN = (25.0, 40.0)


class CountryRoads:
    """Collects the stops outside the street grid, numbered after the grid's crossings."""

    def __init__(self, world: World, grid: StreetGrid) -> None:
        """Index the populated cells."""
        self._cells_xy_m = world.plane.to_metres(world.cells.lon, world.cells.lat)
        self._tree = cKDTree(self._cells_xy_m)
        self._grid = grid
        self._numbers: dict[int, int] = {}

    @property
    def xy_m(self) -> Floats:
        """Places of the stops collected so far."""
        return np.asarray(self._cells_xy_m[list(self._numbers)].reshape(-1, 2))

    def _number(self, cell_row: int) -> int:
        return self._numbers.setdefault(cell_row, len(self._grid.xy_m) + len(self._numbers))

    def between(self, start_m: Floats, end_m: Floats) -> NDArray[np.int64]:
        """Return stops along the straight road between two places, both ends excluded."""
        steps = int(np.hypot(*(end_m - start_m)) // STOP_EVERY_M)
        if steps < 2:
            return np.empty(0, dtype=np.int64)
        share = np.arange(1, steps)[:, None] / steps
        distance, rows = self._tree.query(start_m + share * (end_m - start_m))
        kept = dict.fromkeys(int(row) for row in rows[distance < SNAP_M])
        return np.array([self._number(row) for row in kept], dtype=np.int64)

    def at(self, place_m: Floats) -> int:
        """Return the stop at the populated cell nearest to a place."""
        return self._number(int(self._tree.query(place_m)[1]))


def _centre(world: World, place: Settlement) -> Floats:
    return np.asarray(world.plane.to_metres(np.array([place.lon]), np.array([place.lat]))[0])


def draw_rural_lines(
    world: World, grid: StreetGrid, roads: CountryRoads, rng: np.random.Generator
) -> list[Line]:
    """Return lines from seats to the towns near them, then to villages in any direction."""
    settlements = world.rules.population.settlements
    hubs = [place for place in settlements if place.kind in ("seat", "core")]
    towns = [place for place in settlements if place.kind == "town"]
    if not hubs:
        return []
    lines = []
    for number in range(world.rules.transit.rural_lines):
        if number < len(towns):
            end_m, end_name = _centre(world, towns[number]), towns[number].name
            hub = min(hubs, key=lambda place: float(np.hypot(*(_centre(world, place) - end_m))))
            end = grid.nearest(end_m)
        else:
            hub = [place for place in hubs if place.kind == "seat" or len(hubs) == 1][
                number % max(1, sum(place.kind == "seat" for place in hubs))
            ]
            angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(*REACH_M)
            end_m = _centre(world, hub) + reach * np.array([np.cos(angle), np.sin(angle)])
            end, end_name = roads.at(end_m), ""
        start_m = _centre(world, hub)
        nodes = np.concatenate([[grid.nearest(start_m)], roads.between(start_m, end_m), [end]])
        name = f"{hub.name}至{end_name}" if end_name else f"{hub.name}乡村{number + 1}线"
        lines.append(Line(name, "rural", nodes, float(rng.uniform(*HEADWAY_MIN))))
    return lines
