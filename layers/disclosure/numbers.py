"""The numbers that disclosure control decides about: places with their counts, at every level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from geodata.city.configuration import City, load_city
from geodata.published.layers import PublishedLayer
from geodata.space.grid import Cells, cells_to_texts
from layers.catalogue.indicator import Indicator
from layers.disclosure.hexagons import Counts, Place
from layers.disclosure.joint import Measure
from layers.disclosure.places import tables_of
from layers.disclosure.rules import disclosive_counts
from layers.disclosure.table import PublishedTable
from layers.maps.cell_lists import CITY_AREA, districts_of, grid_version, read_cells
from layers.period import Period
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.selection import By


@dataclass(frozen=True)
class Row:
    """A place's value with its counts."""

    value: float | None
    num: float | None
    den: float | None
    n: int | None


def rows_of(found: pl.DataFrame) -> Iterator[Row]:
    """Return each row's value with its counts."""
    return (Row(*each) for each in found.select("value", "num", "den", "n").iter_rows())


def query_of(city: City, layer: PublishedLayer, by: By, res: int | None = None) -> CheckedQuery:
    """Return the query of a layer's numbers."""
    period = Period.parse(layer.period)
    return check_query(ValueQuery(layer.indicator, period, layer.component, by=by, res=res), city)


@dataclass(frozen=True)
class Numbers:
    """The numbers of one indicator that counts the records."""

    indicator: Indicator
    readings: dict[str, Row]
    whole: Row
    hexes: pl.DataFrame | None

    def measure(self, cells: Cells) -> Measure:
        """Return it with its counts in the order of the cells, 0 where it has none."""
        counts = None
        if self.hexes is not None:
            counts = np.zeros(len(cells))
            counts[np.searchsorted(cells, self.hexes["cell"].to_numpy())] = self._counted()
        return Measure(self.indicator, self.readings, self.whole, counts)

    def by_place(self) -> dict[str, float]:
        """Return the counts above zero by district, by hexagon, and of the whole."""
        (table,) = tables_of(self.readings, self.indicator, self.whole) or (PublishedTable({}, ()),)
        found = {key: count for key, count in table.counts.items() if count > 0}
        if self.hexes is not None:
            zones = cells_to_texts(self.hexes["cell"].to_numpy())
            counts = self._counted()
            found |= {zones[index]: float(counts[index]) for index in np.flatnonzero(counts)}
        return found

    def _counted(self) -> Counts:
        if self.hexes is None:
            return np.zeros(0)
        column = disclosive_counts(self.indicator)[0]
        return self.hexes[column].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()


def read_places(city: City, data_dir: Path, zones: Sequence[str], res: int) -> list[Place]:
    """Return the districts that each hexagon of the city touches."""
    places = _places_of_city(data_dir, city.folder, grid_version(city), res)
    return [places[zone] for zone in zones]


@cache  # the same for every layer that counts people
def _places_of_city(data_dir: Path, folder: Path, version: str, res: int) -> dict[str, Place]:
    """Return the districts that each of the city's cells touches; `version` is the boundaries'."""
    city = load_city(str(folder))
    cells = read_cells(data_dir, city, CITY_AREA, res)
    places: list[Place] = [()] * len(cells)
    for district_id in districts_of(city)["district_id"]:
        inside = np.searchsorted(cells, read_cells(data_dir, city, district_id, res))
        for index in inside.tolist():
            places[index] += (district_id,)
    return dict(zip(cells_to_texts(cells), places, strict=True))
