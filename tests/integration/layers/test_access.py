"""Porto Alegre's real roads: every travel time once more by networkx, from the rows themselves."""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest
from sqlalchemy import Engine, text

from commands.sources import load_files
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.city.configuration import City
from geodata.queries.residents import read_residents
from geodata.space.crs import to_metric
from geodata.space.districts import load_districts
from geodata.space.grid import cell_area_km2, cell_to_parents
from layers.access.planning import further_stations, station_areas
from layers.build.run import build_states
from layers.states.status import Status
from layers.values.query import ValueQuery
from layers.values.read import latest_period, read_values
from tests.every_domain import load_whole

pytestmark = pytest.mark.realdata

DATA = Path(__file__).resolve().parents[2] / "data"
ACCESS_KMH, SNAP_M, DAY = 15.0, 2000.0, 0.8  # the defaults of geodata/city/travel.py
H4 = ("nearest_hospital_min", "within_30min_share")
KEYS = (*H4, "e2sfca_doctors", "station_coverage_share", "stop_coverage_walk_500", "ptai")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return load_whole("portoalegre", tmp_path_factory.mktemp("cities"))


def places(key: str, kind: str, **mapped: Any) -> SourceDeclaration:
    """Declare the city's points of interest as facilities of some kind: real places, other use."""
    declaration = read_declaration(DATA / "declarations" / "poa_places.yaml").model_dump()
    mapping = {"facility_id": "id", "kind": {"const": kind}, "lon": "lon", "lat": "lat", **mapped}
    return SourceDeclaration.model_validate(declaration | {"key": key, "mapping": mapping})


@pytest.fixture(scope="module")
def filled(engine: Engine, city: City, trial_data: Path) -> Engine:
    with engine.begin() as connection:
        load_districts(connection, city)
    declared = [
        read_declaration(DATA / "declarations" / f"{key}.yaml")
        for key in ("poa_population", "gtfs_poa_trensurb")
    ]
    declared += [
        places("hospitals", "hospital", doctors={"const": "20"}),
        places("stations", "fire_station"),
    ]
    assert {file.status for file in load_files(engine, city, declared, root=trial_data)} == {
        "loaded"
    }
    return engine


def city_value(engine: Engine, city: City, key: str, component: str = "total") -> dict[str, Any]:
    period = latest_period(engine, city, key, component)
    assert period is not None
    return read_values(engine, city, ValueQuery(key, period, component, "city")).row(0, named=True)


@pytest.fixture(scope="module")
def straight(filled: Engine, city: City) -> dict[str, Any]:
    """The way to hospital while no roads are loaded."""
    build_states(filled, city, [*H4, "e2sfca_doctors"])
    assert latest_period(filled, city, "e2sfca_doctors", "hospital") is None
    return city_value(filled, city, H4[0])


@pytest.fixture(scope="module")
def routed(filled: Engine, city: City, straight: dict[str, Any], trial_data: Path) -> Engine:
    roads = read_declaration(DATA / "declarations" / "poa_roads.yaml")
    (loaded,) = load_files(filled, city, [roads], root=trial_data)
    assert loaded.status == "loaded"
    build_states(filled, city, KEYS)
    return filled


class ByNetworkx:
    """The same question put to the rows by another library."""

    def __init__(self, engine: Engine, city: City, *, walk: bool) -> None:
        self._city = city
        graph = nx.MultiDiGraph()
        with engine.connect() as connection:
            edges = connection.execute(text("SELECT * FROM ops.road_edge")).mappings().all()
            nodes = connection.execute(
                text("SELECT node_id, ST_X(geom), ST_Y(geom) FROM ops.road_node")
            ).all()
        for row in edges:
            ends = row["from_node"], row["to_node"]
            minutes = row["drive_s"] / 60 / DAY
            cost = row["length_m"] if walk else minutes
            if row["is_walkable"] if walk else row["is_drivable"]:
                graph.add_edge(*ends, weight=cost)
            if row["is_walkable"] if walk else row["is_drivable_back"]:
                graph.add_edge(*reversed(ends), weight=cost)
        largest = max(nx.strongly_connected_components(graph), key=len)
        self._graph = graph.subgraph(largest).copy()
        self._ids = [node for node, _, _ in nodes if node in largest]
        at = {node: (lon, lat) for node, lon, lat in nodes}
        self._xy = np.column_stack(to_metric(city, *np.array([at[node] for node in self._ids]).T))
        self._leg = 1.0 if walk else 1 / (ACCESS_KMH * 1000 / 60)

    def snap(self, lon: float, lat: float) -> tuple[int, float]:
        x, y = to_metric(self._city, lon, lat)
        distance = np.hypot(*(self._xy - [float(x), float(y)]).T)
        nearest = int(distance.argmin())
        assert distance[nearest] <= SNAP_M
        return self._ids[nearest], float(distance[nearest]) * self._leg

    def to_nearest(self, homes: pl.DataFrame, doors: list[tuple[float, float]]) -> np.ndarray:
        graph = self._graph.reverse()
        for number, door in enumerate(doors):
            node, leg = self.snap(*door)
            graph.add_edge(("door", number), node, weight=leg)
        origins = {("door", number) for number in range(len(doors))}
        cost = nx.multi_source_dijkstra_path_length(graph, origins)
        joined = [self.snap(*home) for home in homes.select("lon", "lat").iter_rows()]
        return np.array([cost[node] + leg for node, leg in joined])


def points(engine: Engine, statement: str) -> list[tuple[float, float]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_h4_is_estimated_by_straight_line_until_roads_are_loaded(
    straight: dict[str, Any], routed: Engine, city: City
) -> None:
    assert straight["status"] == Status.ESTIMATED
    on_roads = city_value(routed, city, H4[0])
    assert on_roads["status"] == Status.OK
    assert on_roads["value"] != straight["value"]


def test_h4_minutes_equal_networkx(routed: Engine, city: City) -> None:
    with routed.connect() as connection:
        homes = read_residents(connection)
    doors = points(routed, "SELECT ST_X(geom), ST_Y(geom) FROM ops.facility WHERE kind='hospital'")
    minutes = ByNetworkx(routed, city, walk=False).to_nearest(homes, doors)
    people = homes["residents"].to_numpy()
    mean, share = (city_value(routed, city, key)["value"] for key in H4)
    assert mean == pytest.approx((people @ minutes) / people.sum(), rel=1e-9)
    assert share == pytest.approx(100 * people[minutes <= 30].sum() / people.sum(), rel=1e-9)
    statement = (
        "SELECT cell, sum_wx / sum_w FROM ops.state"
        " WHERE indicator = 'nearest_hospital_min' AND n = 1"
    )
    stored = dict(points(routed, statement))
    once = homes.with_columns(pl.Series("minutes", minutes)).filter(~pl.col("cell").is_duplicated())
    assert len(once) > 100
    for cell, expected in once.select("cell", "minutes").iter_rows():
        assert stored[cell] == pytest.approx(expected, rel=1e-9)


def test_t1_on_foot_equals_networkx(routed: Engine, city: City) -> None:
    with routed.connect() as connection:
        homes = read_residents(connection)
    stops = points(routed, "SELECT ST_X(geom), ST_Y(geom) FROM ops.gtfs_stop WHERE is_boardable")
    network = ByNetworkx(routed, city, walk=True)
    inside = [stop for stop in stops if _is_near(network, stop)]
    metres = network.to_nearest(homes, inside)
    people = homes["residents"].to_numpy()
    found = city_value(routed, city, "stop_coverage_walk_500")
    assert found["den"] == people.sum()
    assert found["num"] == pytest.approx(people[metres <= 500].sum(), rel=1e-9)
    assert 0 < found["value"] < 20  # one railway line


def _is_near(network: ByNetworkx, stop: tuple[float, float]) -> bool:
    """Tell whether a stop is on the network at all: the railway leaves the city."""
    try:
        network.snap(*stop)
    except AssertionError:
        return False
    return True


def test_h3_conserves_the_doctors(routed: Engine, city: City) -> None:
    """H3: the sum of residents times access is the number of doctors within reach of anybody."""
    found = city_value(routed, city, "e2sfca_doctors", "hospital")
    people = city_value(routed, city, H4[0])
    assert found["den"] == people["den"]
    assert found["num"] == pytest.approx(15 * 20, rel=1e-9)


def test_e9_and_t8_are_given(routed: Engine, city: City) -> None:
    slow, fast = (
        city_value(routed, city, "station_coverage_share", name)
        for name in ("fire_300", "fire_240")
    )
    assert 0 < fast["num"] < slow["num"] < slow["den"] == 812_935
    index = city_value(routed, city, "ptai")
    assert 0 < index["value"] < 1


def test_e9_planners_see_areas_and_further_sites(routed: Engine, city: City) -> None:
    """E9: every populated hexagon belongs to one station; a site at a station adds nothing."""
    with routed.connect() as connection:
        areas = station_areas(connection, city, "fire_station")
        homes = read_residents(connection)
        hexagons = np.unique(cell_to_parents(homes["cell"].to_numpy(), 9))
        outskirts = homes.sort("lat").filter(pl.col("lon").is_not_null())[[0, 400, -1]]
        market = pl.DataFrame({"lon": [-51.227811], "lat": [-30.027565]})  # a station already
        sites = pl.concat([market, outskirts.select("lon", "lat")])
        alone = [
            further_stations(connection, city, "fire_station", sites[row], 300, 1).covered_weight
            for row in range(len(sites))
        ]
        found = further_stations(connection, city, "fire_station", sites, 300, 1)
    assert len(areas) == 15
    assert areas["is_too_large"].is_null().all()  # these stations have no class
    assert areas["area_km2"].sum() == pytest.approx(cell_area_km2(hexagons).sum(), rel=1e-9)
    assert alone[0] == 0
    assert 0 < found.covered_weight == max(alone) < found.total_weight < 812_935
