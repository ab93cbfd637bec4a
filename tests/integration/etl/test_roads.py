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


def test_a_table_of_its_own_goes_with_the_format() -> None:
    declared = read_declaration(POA).model_dump()
    with pytest.raises(ValueError, match="format osm and table road go together"):
        SourceDeclaration.model_validate(declared | {"table": "facility"})
