"""Ways on Porto Alegre's roads, found again from the raw extract by osmium, pandas and networkx."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
from pyproj import Geod
from sqlalchemy import Engine

from commands.sources import load_files
from etl.source.declaration import read_declaration
from geodata.city.configuration import City
from layers.build.run import build_states

pytestmark = pytest.mark.realdata

DECLARATIONS = Path(__file__).resolve().parents[3] / "data" / "declarations"
METRIC = 31982
ON_FOOT = {"stop_coverage_walk_300": 300, "stop_coverage_walk_500": 500}
BY_CAR = ["nearest_hospital_min", "within_30min_share"]
PER_HEAD = {"beds_per_1000": 120, "doctors_per_1000": 45}
ROUTED = [*ON_FOOT, "ptai", *BY_CAR, "e2sfca_doctors", "station_coverage_share"]
CATCHMENTS = {"hospital": 30, "primary": 15}
STATIONS = {"fire_240": 4, "fire_300": 5}
BUSY = (8.25, 9.25)  # the hour at which the city's frequencies are taken

SPEEDS = {
    "motorway": 100, "trunk": 80, "primary": 60, "secondary": 50, "tertiary": 40,
    "motorway_link": 50, "trunk_link": 40, "primary_link": 40, "secondary_link": 35,
    "tertiary_link": 30, "unclassified": 40, "residential": 30, "living_street": 15,
    "service": 20, "road": 30,
}  # fmt: skip
UNWALKED = {
    "motorway", "motorway_link", "motor", "abandoned", "bus_guideway", "construction", "corridor",
    "elevator", "escalator", "no", "planned", "platform", "proposed", "raceway", "razed",
    "rest_area", "services",
}  # fmt: skip
UNDRIVEN_SERVICE = {
    "private", "alley", "driveway", "emergency_access", "parking", "parking_aisle",
}  # fmt: skip


def may_walk(tag: dict[str, str]) -> bool:
    if tag.get("area") == "yes" or tag["highway"] in UNWALKED:
        return False
    if tag.get("foot") in {"no", "private"} or tag.get("service") == "private":
        return False
    invited = tag.get("foot") in {"yes", "designated", "permissive"}
    return invited or tag.get("access") not in {"private", "no"}


def may_drive(tag: dict[str, str]) -> bool:
    if tag.get("area") == "yes" or tag.get("access") in {"private", "no"}:
        return False
    if tag.get("motor_vehicle") in {"no", "private"} or tag.get("motorcar") == "no":
        return False
    return tag["highway"] in SPEEDS and tag.get("service") not in UNDRIVEN_SERVICE


def directions(tag: dict[str, str]) -> tuple[bool, bool]:
    """Whether cars go along the way, and against it."""
    if not may_drive(tag):
        return False, False
    sign = tag.get("oneway")
    if sign in {"-1", "reverse"}:
        return False, True
    circle = tag.get("junction") in {"roundabout", "circular"} or tag["highway"] == "motorway"
    return True, not (sign in {"yes", "true", "1"} or (sign is None and circle))


def speed_kmh(tag: dict[str, str]) -> float:
    first = tag.get("maxspeed", "").split(";")[0].strip()
    signed = float(first) if first.isdigit() else 0
    return signed if 5 <= signed <= 150 else SPEEDS.get(tag["highway"], 30)


def stretches(path: Path) -> Iterator[tuple[dict[str, str], list[Any]]]:
    """Give the used ways' points from one meeting of ways to the next, with the way's tags."""
    ways = []
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY | osmium.osm.NODE).with_locations():
        if not way.is_way() or "highway" not in way.tags:
            continue
        tag = dict(way.tags)
        nodes = [(n.ref, n.lon, n.lat) if n.location.valid() else None for n in way.nodes]
        placed = any(a and b for a, b in pairwise(nodes))
        if placed and (may_walk(tag) or any(directions(tag))):
            ways.append((tag, nodes, [n.ref for n in way.nodes]))
    met = Counter(ref for _, _, refs in ways for ref in refs)
    for tag, nodes, refs in ways:
        part: list[Any] = []
        for number, node in enumerate(nodes):
            part += [node] if node else []
            ends = number == len(nodes) - 1 or met[refs[number]] > 1
            if node is None or ends:
                if len(part) > 1:
                    yield tag, part
                part = [node] if node else []


class Ways:
    """A graph of those who walk, in metres, or drive, in minutes of the day."""

    def __init__(self, parts: list[tuple[dict[str, str], list[Any], float]], *, walk: bool) -> None:
        graph, places = nx.DiGraph(), {}
        for tag, points, metres in parts:
            first, last = points[0], points[-1]
            places |= {first[0]: first[1:], last[0]: last[1:]}
            along, against = (may_walk(tag),) * 2 if walk else directions(tag)
            cost = metres if walk else metres * 3.6 / speed_kmh(tag) / 60 / 0.8
            for open_, a, b in ((along, first, last), (against, last, first)):
                known = graph.get_edge_data(a[0], b[0], {"weight": np.inf})["weight"]
                if open_ and cost < known:
                    graph.add_edge(a[0], b[0], weight=cost)
        whole = max(nx.strongly_connected_components(graph), key=len)
        self.graph = graph.subgraph(whole).copy()
        lon, lat = zip(*(places[node] for node in self.graph), strict=True)
        crossings = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(METRIC)
        self.crossings = gpd.GeoDataFrame({"node": list(self.graph)}, geometry=crossings)
        self.per_m = 1.0 if walk else 1 / (15_000 / 60)

    def joined(self, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the places near a crossing with its number and what it costs to get there."""
        found = places.sjoin_nearest(self.crossings, distance_col="leg", max_distance=2000)
        found = found[~found.index.duplicated()]
        return found.assign(leg=found["leg"] * self.per_m)

    def nearest(self, homes: gpd.GeoDataFrame, doors: gpd.GeoDataFrame, *, out: bool) -> pd.Series:
        """Return what it takes from each home to the nearest door, or back from it (`out`)."""
        graph = self.graph.copy() if out else self.graph.reverse()
        entered = self.joined(doors)
        graph.add_weighted_edges_from(
            (("door", door), node, leg)
            for door, node, leg in zip(entered.index, entered["node"], entered["leg"], strict=True)
        )
        origins = {("door", door) for door in entered.index}
        cost = nx.multi_source_dijkstra_path_length(graph, origins)
        found = self.joined(homes)
        assert len(found) == len(homes)
        return found["node"].map(cost) + found["leg"]

    def pairs(self, homes: gpd.GeoDataFrame, doors: gpd.GeoDataFrame, limit: float) -> pd.DataFrame:
        """Return home and door (labels of their rows) and cost of every pair within the limit."""
        backwards = self.graph.reverse()
        to_nodes = self.joined(homes)[["node", "leg"]].rename_axis("home").reset_index()
        ends = self.joined(doors)
        rows = []
        for node, here in ends.groupby("node"):
            reached = nx.single_source_dijkstra_path_length(backwards, node, limit)
            near = to_nodes[to_nodes["node"].isin(reached)]
            way = near["node"].map(reached) + near["leg"]
            for door, leg in here["leg"].items():
                rows.append(pd.DataFrame({"home": near["home"], "door": door, "cost": way + leg}))
        found = pd.concat(rows)
        return found[found["cost"] <= limit]


@pytest.fixture(scope="module")
def straight(city: City, answer: Callable[..., pd.Series]) -> dict[tuple[str, str], pd.Series]:
    """H4 as the engine has it while no roads are loaded."""
    places = ["city", "district", "cell"]
    return {(key, by): answer(city, key, None, by) for key in BY_CAR for by in places}


@pytest.fixture(scope="module")
def routed(engine: Engine, city: City, straight, trial_data: Path) -> City:
    roads = read_declaration(DECLARATIONS / "poa_roads.yaml")
    (loaded,) = load_files(engine, city, [roads], root=trial_data)
    assert loaded.status == "loaded"
    build_states(engine, city, ROUTED)
    return city


@pytest.fixture(scope="module")
def extract(trial_data: Path) -> list[Any]:
    """The stretches of the used ways with their length on the ellipsoid."""
    globe = Geod(ellps="WGS84")
    found = stretches(trial_data / "city_portoalegre" / "poa_osm.pbf")
    return [
        (tag, points, globe.line_length(*list(zip(*points, strict=True))[1:]))
        for tag, points in found
    ]


@pytest.fixture(scope="module")
def on_foot(extract: list[Any]) -> Ways:
    return Ways(extract, walk=True)


@pytest.fixture(scope="module")
def by_car(extract: list[Any]) -> Ways:
    return Ways(extract, walk=False)


@pytest.fixture(scope="module")
def homes(people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return people[people["population"] > 0]


@pytest.fixture(scope="module")
def doors(served: pd.DataFrame) -> gpd.GeoDataFrame:
    """The stops as places to walk to."""
    places = gpd.points_from_xy(served["x"], served["y"], crs=METRIC)
    return gpd.GeoDataFrame(served, geometry=places).reset_index(drop=True)


@pytest.fixture(scope="module")
def hospitals(trial_data: Path) -> gpd.GeoDataFrame:
    """The points of interest, which the declaration makes hospitals of 120 beds and 45 doctors."""
    found = pd.read_csv(trial_data / "city_portoalegre" / "poa_points_of_interest.csv")
    places = gpd.points_from_xy(found["lon"], found["lat"], crs=4326)
    return gpd.GeoDataFrame(found[["id"]], geometry=places).to_crs(METRIC)


@pytest.fixture(scope="module")
def stations(trial_data: Path) -> gpd.GeoDataFrame:
    """The hexagons with health care, which the declaration makes stations."""
    grid = pd.read_csv(trial_data / "city_portoalegre" / "poa_hexgrid.csv")
    found = grid[grid["healthcare"] > 0]
    places = gpd.points_from_xy(found["lon"], found["lat"], crs=4326)
    return gpd.GeoDataFrame(geometry=places).to_crs(METRIC)


def mean(homes: gpd.GeoDataFrame, value: pd.Series, by: str) -> pd.Series:
    """Return the mean of a value of each home, weighted by who lives there."""
    people = homes["population"]
    return (people * value).groupby(homes[by]).sum() / people.groupby(homes[by]).sum()


def h4_answers(homes: gpd.GeoDataFrame, minutes: pd.Series, by: str) -> dict[str, pd.Series]:
    within = (minutes <= 30).astype(float)
    return dict(zip(BY_CAR, (mean(homes, minutes, by), 100 * mean(homes, within, by)), strict=True))


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_h4_in_a_straight_line(straight, homes, hospitals, agrees, by: str) -> None:
    """H4: without roads, 1.3 times the straight line at 30 km/h."""
    near = homes.sjoin_nearest(hospitals, distance_col="metres")
    minutes = near.loc[~near.index.duplicated(), "metres"] * 1.3 / (30_000 / 60)
    for key, own in h4_answers(homes, minutes, by).items():
        agrees(straight[key, by], own, exact=False)


@pytest.mark.parametrize("by", ["city", "district"])
@pytest.mark.parametrize("key", PER_HEAD)
def test_h1_h2_per_head(city, people, hospitals, outline, answer, agrees, key, by: str) -> None:
    """H1, H2: beds or doctors over residents; the hospital beyond the boundary is not counted."""
    within = hospitals.to_crs(4326).within(outline)
    assert within.sum() == len(hospitals) - 1
    place = {"city": "portoalegre", "district": "poa"}[by]
    own = 1000 * PER_HEAD[key] * within.sum() / people["population"].sum()
    agrees(answer(city, key, None, by), pd.Series({place: own}), exact=False)


@pytest.fixture(scope="module")
def drive(by_car: Ways, homes, hospitals) -> pd.Series:
    return by_car.nearest(homes, hospitals, out=False)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_h4_by_road(routed, homes, drive, answer, agrees, by: str) -> None:
    """H4: the shortest time by car to the nearest hospital, with the way to the crossing."""
    for key, own in h4_answers(homes, drive, by).items():
        agrees(answer(routed, key, None, by), own, exact=False)


@pytest.fixture(scope="module")
def walk(on_foot: Ways, homes, doors) -> pd.Series:
    return on_foot.nearest(homes, doors, out=False)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("key", ON_FOOT)
def test_t1_on_foot(routed, homes, walk, answer, agrees, key: str, by: str) -> None:
    """T1: residents whose way on foot to a stop is within the limit."""
    own = 100 * mean(homes, (walk <= ON_FOOT[key]).astype(float), by)
    agrees(answer(routed, key, None, by), own, exact=False)


@pytest.fixture(scope="module")
def index(on_foot: Ways, homes, doors, departures: pd.DataFrame) -> pd.Series:
    """At each home: of each route its nearest stop; of each mode the best and half the rest."""
    day, hour = departures["day"] == "2019-06-20", departures["hour"]
    chosen = departures[day & (hour >= BUSY[0]) & (hour < BUSY[1])]
    line = ["source", "stop_id", "route_id"]
    hourly = chosen.groupby([*line, "direction_id"]).size().groupby(line).max()
    hourly = hourly.rename("per_hour").reset_index()
    is_rail = doors["source"] == "gtfs_poa_trensurb"
    back = {"home": "door", "door": "home"}  # one walks both ways, and there are fewer homes
    pairs = on_foot.pairs(doors, homes, 960.0).rename(columns=back)
    pairs = pairs.join(doors[["source", "stop_id"]], on="door")
    pairs = pairs.assign(is_rail=pairs["door"].map(is_rail))
    services = pairs[pairs["is_rail"] | (pairs["cost"] <= 640)].merge(hourly)
    wait = 30 / services["per_hour"] + services["is_rail"].map({True: 0.75, False: 2.0})
    services["frequency"] = 30 / (services["cost"] / 80 + wait)
    ordered = services.sort_values(["cost", "per_hour"], ascending=[True, False])
    routes = ordered.drop_duplicates(["home", "source", "route_id", "is_rail"])
    of_mode = routes.groupby(["home", "is_rail"])["frequency"].agg(["max", "sum"])
    mode = of_mode["max"] + 0.5 * (of_mode["sum"] - of_mode["max"])
    return mode.groupby("home").sum().reindex(homes.index, fill_value=0.0)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_t8_access_index(routed, homes, index, answer, agrees, by: str) -> None:
    """T8: the index at the homes, weighted by who lives there."""
    agrees(answer(routed, "ptai", None, by), mean(homes, index, by), exact=False)


@pytest.fixture(scope="module")
def car_pairs(by_car: Ways, homes, hospitals) -> pd.DataFrame:
    return by_car.pairs(homes, hospitals, 30.0)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("component", CATCHMENTS)
def test_h3_two_steps(routed, homes, hospitals, car_pairs, answer, agrees, component, by) -> None:
    """H3: each hospital's doctors over those it reaches, added up where they live."""
    limit = CATCHMENTS[component]
    is_primary = hospitals["id"].isin(["public_market", "gasometer_museum"])
    taken = hospitals if component == "hospital" else hospitals[is_primary]
    pairs = car_pairs[car_pairs["door"].isin(taken.index) & (car_pairs["cost"] <= limit)]
    bell = np.exp(-0.5 * (pairs["cost"] / limit) ** 2)
    weight = (bell - np.exp(-0.5)) / (1 - np.exp(-0.5))
    demand = (weight * pairs["home"].map(homes["population"])).groupby(pairs["door"]).sum()
    ratio = PER_HEAD["doctors_per_1000"] / demand
    access = (weight * pairs["door"].map(ratio)).groupby(pairs["home"]).sum()
    own = 1000 * mean(homes, access.reindex(homes.index, fill_value=0.0), by)
    agrees(answer(routed, "e2sfca_doctors", None, by, component), own, exact=False)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("component", STATIONS)
def test_e9_stations(routed, by_car, homes, stations, answer, agrees, component, by) -> None:
    """E9: residents whom the nearest station reaches in time."""
    minutes = by_car.nearest(homes, stations, out=True)
    own = 100 * mean(homes, (minutes <= STATIONS[component]).astype(float), by)
    agrees(answer(routed, "station_coverage_share", None, by, component), own, exact=False)
