"""METHODS 2.4: lines cut at cell edges."""

import numpy as np
import polars as pl
import pytest
import shapely

from geodata.city.configuration import City, load_city
from geodata.space.grid import latlng_to_cells
from geodata.space.lines import metric_lines, split_lines


@pytest.fixture(scope="module")
def city() -> City:
    return load_city("changchun")


def test_parts_of_a_line_add_up_to_it(city: City) -> None:
    """2.4: 125.30 to 125.34 at 43.88 is 3214.82 m over its cells."""
    line = metric_lines(city, np.array([shapely.LineString([(125.30, 43.88), (125.34, 43.88)])]))
    parts = split_lines(city, line)
    assert round(float(parts["length_m"].sum()), 2) == 3214.82
    assert parts["length_m"].sum() == pytest.approx(line[0].length, rel=1e-9)


def test_a_part_lies_in_its_cell_and_every_cell_on_the_way_has_one(city: City) -> None:
    """2.4: no cell that the line crosses is left out."""
    line = shapely.LineString([(125.30, 43.88), (125.33, 43.90), (125.30, 43.88)])
    parts = split_lines(city, metric_lines(city, np.array([line])))
    found = latlng_to_cells(parts["lat"].to_numpy(), parts["lon"].to_numpy())
    long = parts.filter(pl.col("length_m") > 1)
    assert pl.Series(found).filter(parts["length_m"] > 1).to_list() == long["cell"].to_list()
    along = shapely.get_coordinates(shapely.segmentize(line, 1e-5))
    assert set(latlng_to_cells(along[:, 1], along[:, 0])) <= set(parts["cell"])
