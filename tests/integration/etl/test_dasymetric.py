"""Residents of published units over cells by weights, loaded as declared (METHODS 2.5)."""

import pytest

from etl.source.data_places import DataPlaces
from etl.source.declaration import SourceDeclaration
from geodata.space.grid import cell_to_text, cells_to_children, text_to_cell

UNITS = {
    "table": "population",
    "mode": "snapshot",
    "mapping": {"unit_id": "unit", "residents": "people", "vintage_on": {"const": "2020-11-01"}},
    "weights": {"path": "floors.csv", "unit": "unit", "cell": "cell", "weight": "floor_m2"},
}
HEXAGON = text_to_cell("88317662a5fffff")


@pytest.fixture
def incoming(tmp_path):
    """The folder that the weights file has come into."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    cells = [cell_to_text(cell) for cell in cells_to_children([HEXAGON], 10)[:6]]
    rows = [("a", 1), ("a", 1), ("a", 1), ("b", 2), ("b", 2), ("b", 1)]
    lines = [f"{unit},{cell},{area}" for (unit, area), cell in zip(rows, cells, strict=True)]
    (folder / "floors.csv").write_text("\n".join(["unit,cell,floor_m2", *lines]))
    return DataPlaces(incoming=folder)


def test_2_5_each_unit_keeps_its_people_in_whole_numbers(source, incoming):
    """METHODS 2.5: 1000 over 1:1:1 is 334, 333, 333; 7 over 2:2:1 is 3, 3, 1."""
    units = source(**UNITS)
    result = units.load("unit,people\na,1000\nb,7\nc,50\n", places=incoming)
    assert (result.rows_loaded, result.rows_rejected) == (2, 1)
    residents = [
        [people for unit, people in units.current("unit_id", "residents") if unit == name]
        for name in ("a", "b")
    ]
    assert [sorted(part, reverse=True) for part in residents] == [[334, 333, 333], [3, 3, 1]]


def test_weights_that_are_missing_are_named(source):
    result = source(**UNITS).load("unit,people\na,1000\n")
    assert result.status == "refused"
    assert "no weights file floors.csv" in result.message


def test_weights_are_for_people_only():
    with pytest.raises(ValueError, match="weights belong to table: population"):
        SourceDeclaration.model_validate(
            UNITS | {"key": "x", "allocate": True, "title_zh": "x", "title_en": "x", "owner": "x",
                     "licence": "x", "cadence": "P1D", "provenance": "real", "path": "x",
                     "format": "csv"}
        )  # fmt: skip
