from pathlib import Path

import numpy as np
import osmium
from scipy.spatial import cKDTree

from etl.roads.read import Ways, read_ways
from etl.source.file import SourceFile
from simulator.ground.road_network import build_roads
from simulator.ground.street_grid import build_street_grid
from simulator.ground.world import World


def _extract(incoming: Path) -> Ways:
    return read_ways(SourceFile.at(incoming / "roads" / "roads.osm.pbf"))


def test_every_resident_has_a_road_near(world: World) -> None:
    roads = build_roads(world, build_street_grid(world))
    homes = world.plane.to_metres(world.cells.lon, world.cells.lat)
    far = cKDTree(roads.xy_m).query(homes)[0] > 2000
    assert world.cells.residents[far].sum() < 0.01 * world.cells.residents.sum()


def test_the_extract_is_marked_simulated_and_hangs_together(incoming: Path) -> None:
    ways = _extract(incoming)
    assert len(ways.tags) > 100
    parent = {node: node for node in np.unique(ways.node_id).tolist()}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for here, there, same in zip(
        ways.node_id[:-1].tolist(),
        ways.node_id[1:].tolist(),
        (ways.of_way[:-1] == ways.of_way[1:]).tolist(),
        strict=True,
    ):
        if same:
            parent[root(here)] = root(there)
    assert len({root(node) for node in parent}) == 1
    header = osmium.FileProcessor(str(incoming / "roads" / "roads.osm.pbf")).header
    assert "simulated" in header.get("generator")


def test_the_extract_has_classes_limits_one_ways_and_gaps(incoming: Path) -> None:
    tags = _extract(incoming).tags
    assert {"residential", "secondary", "footway"} <= set(tags["highway"])
    assert 0.05 < tags["maxspeed"].is_not_null().mean() < 0.9
    assert tags["oneway"].drop_nulls().unique().to_list() == ["yes"]
    assert np.isnan(_extract(incoming).lon).any()  # cut at the edge of the extract
