"""From a hand-written extract to nodes and edges, and the same as osmnx on it."""

from pathlib import Path

import numpy as np
import osmnx as ox
import polars as pl
import pytest

from etl.roads.load import in_wgs84
from etl.roads.profiles import add_profiles
from etl.roads.read import TAGS, WAY_SCHEMA, read_ways
from etl.roads.segments import RoadFrames, build_roads
from etl.roads.speeds import add_speeds
from etl.source.file import SourceFile
from geodata.city.configuration import load_city
from geodata.city.travel import Travel
from geodata.errors import ExtractError
from geodata.space.datums import gcj02_to_wgs84

EXTRACT = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
  <node id="1" lat="43.880" lon="125.320"/><node id="2" lat="43.880" lon="125.325"/>
  <node id="3" lat="43.880" lon="125.330"/><node id="4" lat="43.885" lon="125.325"/>
  <node id="5" lat="43.882" lon="125.327"/>
  <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
    <tag k="highway" v="primary"/><tag k="maxspeed" v="50"/></way>
  <way id="11"><nd ref="2"/><nd ref="4"/>
    <tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
  <way id="12"><nd ref="3"/><nd ref="5"/><nd ref="4"/><tag k="highway" v="footway"/></way>
  <way id="13"><nd ref="4"/><nd ref="99"/><tag k="highway" v="service"/></way>
  <way id="14"><nd ref="1"/><nd ref="4"/><tag k="building" v="yes"/></way>
</osm>
"""


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "roads.osm"
    path.write_text(EXTRACT, encoding="utf-8")
    return path


@pytest.fixture
def roads(extract: Path) -> RoadFrames:
    ways = read_ways(SourceFile.at(extract))
    tags = add_speeds(add_profiles(ways.tags), Travel())
    return build_roads(type(ways)(tags, ways.node_id, ways.of_way, ways.lon, ways.lat))


def test_an_extract_in_memory_is_read_alike(extract: Path) -> None:
    in_memory = read_ways(SourceFile("roads.osm", content=extract.read_bytes()))
    assert in_memory.tags.equals(read_ways(SourceFile.at(extract)).tags)
    assert in_memory.lon == pytest.approx(read_ways(SourceFile.at(extract)).lon, nan_ok=True)


def test_ways_are_cut_where_they_meet(roads: RoadFrames) -> None:
    ends = roads.edges.select("way_id", "segment", "from_node", "to_node").rows()
    assert ends == [(10, 0, 1, 2), (10, 1, 2, 3), (11, 0, 2, 4), (12, 0, 3, 4)]
    assert roads.nodes["node_id"].to_list() == [1, 2, 3, 4]
    assert roads.links_lost == 1  # to point 99, which the extract does not place


def test_lengths_and_seconds(roads: RoadFrames) -> None:
    first = roads.edges.row(0, named=True)
    assert first["length_m"] == pytest.approx(401.84, abs=0.01)  # geodesic
    assert first["drive_s"] == pytest.approx(first["length_m"] / (50 / 3.6))


def test_profiles(roads: RoadFrames) -> None:
    used = roads.edges.select("way_id", "is_drivable", "is_drivable_back", "is_walkable").unique()
    assert sorted(used.rows()) == [
        (10, True, True, True),
        (11, True, False, True),
        (12, False, False, True),
    ]


def test_the_same_graph_as_osmnx(extract: Path, roads: RoadFrames) -> None:
    complete = extract.with_name("complete.osm")  # it takes no link to a point without a place
    complete.write_text(EXTRACT.replace('<nd ref="99"/>', '<nd ref="1"/>'), encoding="utf-8")
    graph = ox.graph_from_xml(complete, simplify=False, retain_all=True)
    theirs = {(a, b): data["length"] for a, b, data in graph.edges(data=True)}
    ours = roads.edges.filter(pl.col("way_id") < 12)
    assert set(ours.select("from_node", "to_node").iter_rows()) <= set(theirs)
    assert (4, 2) not in theirs  # one-way
    for a, b, length_m in ours.select("from_node", "to_node", "length_m").iter_rows():
        assert length_m == pytest.approx(theirs[a, b], rel=0.004)  # theirs are on a sphere


@pytest.mark.parametrize(
    ("tags", "drive", "back", "walk"),
    [
        ({"highway": "motorway"}, True, False, False),
        ({"highway": "motorway", "oneway": "no"}, True, True, False),
        ({"highway": "residential", "oneway": "-1"}, False, True, True),
        ({"highway": "residential", "junction": "roundabout"}, True, False, True),
        ({"highway": "residential", "access": "private"}, False, False, False),
        ({"highway": "residential", "access": "no", "foot": "yes"}, False, False, True),
        ({"highway": "tertiary", "motor_vehicle": "no"}, False, False, True),
        ({"highway": "service", "service": "parking_aisle"}, False, False, True),
        ({"highway": "service"}, True, True, True),
        ({"highway": "pedestrian", "area": "yes"}, False, False, False),
        ({"highway": "proposed"}, False, False, False),
        ({"highway": "steps"}, False, False, True),
        ({"highway": "primary", "foot": "no"}, True, True, False),
    ],
)
def test_who_may_use_a_way(tags: dict[str, str], *, drive: bool, back: bool, walk: bool) -> None:
    row = {"way_id": 1, **dict.fromkeys(TAGS), **tags}
    found = add_profiles(pl.DataFrame([row], schema=WAY_SCHEMA)).row(0, named=True)
    assert (found["is_drivable"], found["is_drivable_back"], found["is_walkable"]) == (
        drive, back, walk,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sign", "kmh", "estimated"),
    [
        ("60", 60, False), ("30 mph", 48.28032, False), ("50;30", 50, False),
        ("BR:urban", 40, True), ("none", 40, True), (None, 40, True), ("0", 40, True),
        ("999", 40, True),
    ],
)  # fmt: skip
def test_speeds_from_signs_else_from_the_class(
    sign: str | None, kmh: float, *, estimated: bool
) -> None:
    tags = pl.DataFrame({"highway": ["tertiary"], "maxspeed": pl.Series([sign], dtype=pl.String)})
    found = add_speeds(tags, Travel()).row(0, named=True)
    assert found["speed_kmh"] == pytest.approx(kmh)
    assert found["is_speed_estimated"] is estimated


def test_a_damaged_extract_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(b"not an extract")
    with pytest.raises(ExtractError, match=r"roads\.osm\.pbf"):
        read_ways(SourceFile.at(path))
    empty = tmp_path / "empty.osm"
    empty.write_text('<osm version="0.6"></osm>', encoding="utf-8")
    with pytest.raises(ExtractError, match="no way"):
        read_ways(SourceFile.at(empty))


def test_roads_of_a_shifted_datum_lie_where_they_are(extract: Path, declare) -> None:
    given = read_ways(SourceFile.at(extract))
    declaration = declare(table="road", format="osm", datum="gcj02", mapping={})
    moved = in_wgs84(given, declaration, load_city("changchun"))
    there = np.isfinite(given.lon)
    lon, lat = gcj02_to_wgs84(given.lon[there], given.lat[there])
    np.testing.assert_allclose(moved.lon[there], lon)
    np.testing.assert_allclose(moved.lat[there], lat)
    abroad = load_city("changchun").model_copy(update={"datum_area": (0.0, 0.0, 1.0, 1.0)})
    assert np.isnan(in_wgs84(given, declaration, abroad).lon).all()
