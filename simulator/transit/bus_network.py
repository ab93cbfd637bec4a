"""All bus lines of the municipality and the stops they share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.ground.addresses import build_gazetteer
from simulator.ground.planar import Floats
from simulator.ground.street_grid import StreetGrid, build_street_grid
from simulator.ground.world import World
from simulator.transit.bus_lines import Line, LinePlanner
from simulator.transit.rural_lines import CountryRoads, draw_rural_lines
from simulator.transit.stop_names import name_stops

SEAT_LENGTH_M = (4_500.0, 12_000.0)
SEAT_HEADWAY_MIN = (12.0, 20.0)
LEAST_STOPS = 4


@dataclass(frozen=True, eq=False)
class BusNetwork:
    """Lines over places; a place is a crossing of the grid or a stop in the country."""

    lines: list[Line]
    xy_m: Floats
    names: NDArray[np.str_]  # blank where no line stops


def _urban_lines(
    world: World, grid: StreetGrid, planner: LinePlanner, rng: np.random.Generator
) -> list[Line]:
    cores = [p for p in world.rules.population.settlements if p.kind == "core"]
    if not cores:
        return []
    centre = world.plane.to_metres(np.array([cores[0].lon]), np.array([cores[0].lat]))[0]
    members = grid.component == grid.component[grid.nearest(centre)]
    lines: list[Line] = []
    for rules in world.rules.transit.urban:
        low, high = rules.length_km
        for _ in range(rules.lines):
            nodes = planner.draw(members, (low * 1000, high * 1000))
            if nodes is not None:
                headway = float(rng.uniform(*rules.peak_headway_min))
                lines.append(Line(f"{len(lines) + 1}路", rules.key, nodes, headway))
    return lines


def _seat_lines(
    world: World, grid: StreetGrid, planner: LinePlanner, rng: np.random.Generator
) -> list[Line]:
    lines = []
    for seat in (p for p in world.rules.population.settlements if p.kind == "seat"):
        centre = world.plane.to_metres(np.array([seat.lon]), np.array([seat.lat]))[0]
        near = np.hypot(*(grid.xy_m - centre).T) < seat.radius_km * 2500
        members = near & (grid.component == grid.component[grid.nearest(centre)])
        for number in range(1, world.rules.transit.seat_lines + 1):
            nodes = planner.draw(members, SEAT_LENGTH_M)
            if nodes is not None:
                headway = float(rng.uniform(*SEAT_HEADWAY_MIN))
                lines.append(Line(f"{seat.name}{number}路", "seat", nodes, headway))
    return lines


def build_bus_network(world: World) -> BusNetwork:
    """Draw urban, county-town and country lines and name their stops."""
    grid = build_street_grid(world)
    planner = LinePlanner(grid, world.rng("bus lines"))
    headways = world.rng("bus headways")
    roads = CountryRoads(world, grid)
    lines = _urban_lines(world, grid, planner, headways)
    lines += _seat_lines(world, grid, planner, headways)
    lines += draw_rural_lines(world, grid, roads, world.rng("rural lines"))
    lines = [line for line in lines if len(line.nodes) >= LEAST_STOPS]
    xy_m = np.concatenate([grid.xy_m, roads.xy_m])
    used = np.unique(np.concatenate([line.nodes for line in lines]))
    names = np.full(len(xy_m), "", dtype="<U40")
    names[used] = name_stops(xy_m[used], build_gazetteer(world))
    return BusNetwork(lines, xy_m, names)
