"""Real road extracts: loaded once, superseded by a newer one, cut to an area."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.city.configuration import City
from geodata.queries.roads import read_road_edges, read_road_nodes
from geodata.tables import load, road_edge, road_node

pytestmark = pytest.mark.realdata

POA = Path(__file__).resolve().parents[2] / "data" / "declarations" / "poa_roads.yaml"
MONACO = "osm/monaco_quackosm.osm.pbf"
CENTRE = (-51.24, -30.05, -51.20, -30.02)


def counts(engine: Engine, source: str) -> tuple[int, int]:
    """Return how many stretches of a source are current, and how many there are at all."""
    mine = select(func.count()).select_from(road_edge).where(road_edge.c.source == source)
    with engine.connect() as connection:
        current = connection.execute(mine.where(road_edge.c.retired_by.is_(None))).scalar_one()
        return current, connection.execute(mine).scalar_one()


def test_an_extract_is_loaded_once_and_superseded(
    engine: Engine, city: City, trial_data: Path
) -> None:
    declaration = read_declaration(POA).model_copy(update={"area": CENTRE})
    (first,) = load_source(engine, city, declaration, root=trial_data).files
    assert (first.status, first.rows_in) == ("loaded", first.rows_loaded + first.rows_rejected)
    current, every = counts(engine, "poa_roads")
    assert current == every > 1000
    again = load_source(engine, city, declaration, root=trial_data)
    assert again.status == "already loaded"
    assert counts(engine, "poa_roads") == (current, every)
    (monaco,) = load_source(engine, city, declaration, MONACO, root=trial_data).files
    assert monaco.status == "refused"  # no way of it lies in the area
    assert counts(engine, "poa_roads") == (current, every)
    anywhere = declaration.model_copy(update={"area": None})
    (held,) = load_source(engine, city, anywhere, MONACO, root=trial_data).files
    assert (held.status, "would go, at most 20% may: way " in held.message) == ("held", True)
    assert counts(engine, "poa_roads") == (current, every)
    anywhere = anywhere.as_accepted()
    (newer,) = load_source(engine, city, anywhere, MONACO, root=trial_data).files
    assert newer.status == "loaded"
    now_current, now_every = counts(engine, "poa_roads")
    assert now_every == every + now_current
    with engine.connect() as connection:
        retired = select(road_node.c.retired_by).where(road_node.c.load_id == first.load_id)
        assert set(connection.scalars(retired)) == {newer.load_id}
        ends = read_road_edges(connection).select("from_node", "to_node").unpivot()["value"]
        assert set(ends) == set(read_road_nodes(connection)["node_id"])
        message = select(load.c.message).where(load.c.load_id == monaco.load_id)
        assert "none of its" in connection.execute(message).scalar_one()


SQUARE = """<osm version="0.6">
{nodes}
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><nd ref="4"/><tag k="highway" v="primary"/></way>
<way id="3"><nd ref="4"/><nd ref="1"/><tag k="highway" v="primary"/></way>
</osm>"""


def test_a_way_that_is_not_placed_keeps_its_roads(
    engine: Engine, city: City, tmp_path: Path
) -> None:
    declared = read_declaration(POA).model_dump(exclude={"area"}) | {"key": "square", "url": None}
    declaration = SourceDeclaration.model_validate(declared | {"path": "a.osm"})

    def draw(name: str, places: dict[int, tuple[float, float]]) -> Path:
        nodes = "".join(
            f'<node id="{n}" lat="{lat}" lon="{lon}" version="1"/>'
            for n, (lat, lon) in places.items()
        )
        (tmp_path / name).write_text(SQUARE.format(nodes=nodes), encoding="utf-8")
        return tmp_path / name

    places = {1: (43.80, 125.30), 2: (43.81, 125.30), 3: (43.81, 125.31), 4: (43.80, 125.31)}
    (first,) = load_source(engine, city, declaration, draw("a.osm", places)).files
    assert first.status == "loaded"
    without = {n: place for n, place in places.items() if n in (1, 2)}
    (second,) = load_source(engine, city, declaration, draw("b.osm", without)).files
    assert (second.status, second.rows_loaded, second.rows_rejected) == ("loaded", 1, 2)
    with engine.connect() as connection:
        mine = (road_edge.c.source == "square") & road_edge.c.retired_by.is_(None)
        ends = connection.execute(select(road_edge.c.from_node, road_edge.c.to_node).where(mine))
        at = (road_node.c.source == "square") & road_node.c.retired_by.is_(None)
        nodes = sorted(connection.scalars(select(road_node.c.node_id).where(at)))
        assert sorted(tuple(row) for row in ends) == [(1, 2), (2, 4), (4, 1)]
        assert nodes == [1, 2, 4]


def test_a_table_of_its_own_goes_with_the_format() -> None:
    declared = read_declaration(POA).model_dump()
    with pytest.raises(ValueError, match="format osm and table road go together"):
        SourceDeclaration.model_validate(declared | {"table": "facility"})
