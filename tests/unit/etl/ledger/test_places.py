"""How many rows of a file lie outside the city, or nowhere that is known."""

import polars as pl
import pytest

from etl.batch import ROW
from etl.ledger.places import tell_places

WEIGHED = {"unit_id": "code", "vintage_on": {"const": "2021-03-21"}, "residents": "people"}


@pytest.fixture
def told(declare):
    def call(mapping, districts, given=("code", "people", "hex")):
        declaration = declare(table="population", mapping=mapping, allocate=False)
        rows = {ROW: [row for row, _ in districts], "district_id": [name for _, name in districts]}
        found = tell_places(declaration, given, pl.DataFrame(rows), "a.csv")
        return [(each.code, each.row_number, each.rows) for each in found]

    return call


def test_a_unit_that_was_divided_is_one_row(told):
    pieces = [(3, "outside")] * 7 + [(4, "outside"), (4, "NW"), (5, "unknown")]
    mapping = WEIGHED | {"district_id": "where"}
    found = told(mapping, pieces, ("code", "people", "where"))
    assert found == [("outside_city", 3, 2), ("place_unknown", 5, 1)]


def test_hexagons_beyond_the_city_are_told(told):
    mapping = WEIGHED | {"cell": "hex"}
    assert told(mapping, [(2, "outside"), (3, "NW")]) == [("outside_city", 2, 1)]


def test_what_weights_put_outside_is_told_though_the_file_says_no_place(told):
    pieces = [(2, "NW"), (2, "outside"), (3, "unknown")]
    assert told(WEIGHED, pieces) == [("outside_city", 2, 1)]
