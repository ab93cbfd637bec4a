"""Writes the road extract in OpenStreetMap's own format, with the gaps of real extracts."""

from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

from simulator.files import Written
from simulator.ground.road_network import Roads, build_roads
from simulator.ground.street_grid import build_street_grid
from simulator.ground.world import World

SIGNED = 0.35  # of the streets have their speed limit mapped
ONE_WAY, GATED, FOOT_ONLY = 0.12, 0.04, 0.06  # of the streets within blocks
TRACK = 0.015  # of the country roads no car can use
CUT_OFF = 25  # ways with references to nodes that the extract lacks
LIMITS = {"primary": 60, "secondary": 60, "tertiary": 40, "residential": 30}
MARK = {"source": "simulated"}


def write_roads(world: World, folder: Path) -> list[Written]:
    """Write `roads/roads.osm.pbf`."""
    roads = build_roads(world, build_street_grid(world))
    path = folder / "roads" / "roads.osm.pbf"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = osmium.io.Header()
    header.set("generator", "simulated, no real road")
    lon, lat = world.plane.to_degrees(roads.xy_m)
    tags = _tags(roads, world.rng("roads"))
    cut = set(
        world.rng("roads cut")
        .choice(len(roads.paths), min(CUT_OFF, len(roads.paths) // 50), replace=False)
        .tolist()
    )
    with osmium.SimpleWriter(str(path), overwrite=True, header=header) as writer:
        for number, place in enumerate(zip(lon.round(7), lat.round(7), strict=True), start=1):
            writer.add_node(Node(id=number, version=1, location=(float(place[0]), float(place[1]))))
        for number, (nodes, described) in enumerate(zip(roads.paths, tags, strict=True)):
            refs = [int(node) + 1 for node in nodes]
            if number in cut:
                refs.append(len(lon) + 1 + number)
            writer.add_way(Way(id=number + 1, version=1, nodes=refs, tags=described | MARK))
    return [Written(path, "roads", len(roads.paths))]


def _tags(roads: Roads, rng: np.random.Generator) -> list[dict[str, str]]:
    """Return the tags of every way; chance decides on limits, one-ways, gates and paths."""
    chance = rng.random((len(roads.paths), 2))
    tags = []
    for highway, (kind, sign) in zip(roads.highway, chance, strict=True):
        described = _special(highway, kind)
        limit = LIMITS.get(described["highway"])
        if limit and sign < SIGNED:
            described["maxspeed"] = str(limit)
        tags.append(described)
    return tags


def _special(highway: str, chance: float) -> dict[str, str]:
    if highway == "unclassified" and chance < TRACK:
        return {"highway": "track"}
    if highway != "residential" or chance >= ONE_WAY + GATED + FOOT_ONLY:
        return {"highway": highway}
    if chance < ONE_WAY:
        return {"highway": highway, "oneway": "yes"}
    if chance < ONE_WAY + GATED:
        return {"highway": highway, "access": "private"}
    return {"highway": "footway"}
