"""Decides, and keeps, what is withheld of the numbers that count the same records of one period."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import polars as pl
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City, load_city
from geodata.errors import NotFoundError
from geodata.published.layers import PublishedLayer
from geodata.space.grid import Cells, cells_to_texts
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.disclosure.hexagons import Counts, Place
from layers.disclosure.joint import (
    Grid,
    Joint,
    Measure,
    Pattern,
    has_small_change,
    joint_of,
    with_changes,
)
from layers.disclosure.pattern import Kept, Publication, keep_pattern, read_kept, read_pattern
from layers.disclosure.places import tables_of
from layers.disclosure.population import is_base_published, members_of, population_of
from layers.disclosure.rules import disclosive_counts, is_share, resolutions_of
from layers.disclosure.shares import NOTHING, Beside
from layers.disclosure.table import PublishedTable
from layers.maps.cell_lists import CITY_AREA, districts_of, grid_version, read_cells
from layers.maps.column import read_hexes
from layers.period import Period
from layers.states.version import Build, read_build_in
from layers.values.query import CheckedQuery, ValueQuery, check_query
from layers.values.read import answer
from layers.values.selection import By

DISTRICTS, HEXAGONS = "district", "h3"


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


def publication_of(city: City, layer: PublishedLayer, geography: str) -> Publication:
    """Return what the pattern of a layer's records is kept under."""
    records = population_of(find_indicator(city, layer.indicator))
    return Publication(records, "all", Period.parse(layer.period), geography)


@dataclass(frozen=True)
class _Numbers:
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


@dataclass(frozen=True)
class Decision:
    """What is withheld of one layer's period, together with what counts the same records."""

    connection: Connection
    patterns: Engine
    city: City
    data_dir: Path
    layer: PublishedLayer

    def pattern(self) -> Pattern:
        """Return what is withheld in all layers of the records; decided when their numbers change.

        The counts of this layer are kept as those of its newest edition.
        """
        zones: frozenset[str] = frozenset()

        def decide(kept: Kept) -> Kept:
            nonlocal zones
            if kept.decided_for == self._versions:
                zones = read_pattern(self.patterns, self._publication(HEXAGONS), frozenset)
                return self._with_edition(kept)
            found = Pattern()

            def decide_zones(already: Collection[str]) -> frozenset[str]:
                nonlocal found
                joint = with_changes(self._joint(kept), kept.counts)
                found = joint.solve(Pattern(kept.places, frozenset(already)))
                return found.zones

            zones = read_pattern(self.patterns, self._publication(HEXAGONS), decide_zones)
            decided = replace(kept, places=found.districts, decided_for=self._versions)
            return self._with_edition(replace(decided, smallest_count=self._limit(kept)))

        kept = keep_pattern(self.patterns, self._publication(DISTRICTS), decide)
        return Pattern(kept.places, zones)

    def beside(self) -> Callable[[str], Beside]:
        """Return what is published of the base of a share in each place of this layer."""
        indicator = find_indicator(self.city, self.layer.indicator)
        if not is_share(indicator):
            return lambda _: NOTHING
        counted = [self._read(key).by_place() for key in self._builds]
        is_base = is_base_published(indicator, members_of(indicator, load_catalogue(self.city)))

        def of(place: str) -> Beside:
            at_most = min((each.get(place, 0.0) for each in counted), default=None)
            return Beside(at_most, is_base=is_base)

        return of

    def is_held(self) -> bool:
        """Return whether a new edition would disclose a count by its change from the last one."""
        with self.patterns.connect() as connection:
            kept = read_kept(connection, self._publication(DISTRICTS))
        if self.layer.indicator not in kept.counts:
            return False
        return has_small_change(self._joint(kept), kept.counts, self.layer.indicator)

    def _limit(self, kept: Kept) -> int:
        """Return k: the largest that the period was ever decided with."""
        return max(self.layer.smallest_count or 0, kept.smallest_count or 0)

    def _joint(self, kept: Kept) -> Joint:
        measures, grid = self._numbers
        return joint_of(measures, grid, self._limit(kept))

    def _with_edition(self, kept: Kept) -> Kept:
        """Return what is kept with the counts of this layer as of now."""
        name = self.layer.indicator
        if name not in self._builds or kept.editions.get(name) == self._builds[name].version:
            return kept
        counts = {**kept.counts, name: self._read(name).by_place()}
        editions = {**kept.editions, name: self._builds[name].version}
        return replace(kept, counts=counts, editions=editions)

    @cached_property
    def _builds(self) -> dict[str, Build]:
        """Return the builds of those that count the same records, where there are any."""
        found = {}
        own = find_indicator(self.city, self.layer.indicator)
        for each in members_of(own, load_catalogue(self.city)):
            try:
                found[each.key] = read_build_in(self.connection, each)
            except NotFoundError:
                continue  # not built yet: nothing of it is published
        return found

    @property
    def _versions(self) -> str:
        builds = [f"{key} {build.version}" for key, build in self._builds.items()]
        limit = self.layer.smallest_count
        return "; ".join([f"k {limit}", grid_version(self.city), *builds])

    def _publication(self, geography: str) -> Publication:
        return publication_of(self.city, self.layer, geography)

    @cached_property
    def _numbers(self) -> tuple[list[Measure], Grid]:
        """Return the numbers of all that count the same records, on common hexagons."""
        found = [self._read(key) for key in self._builds]
        counted = [each.hexes["cell"].to_numpy() for each in found if each.hexes is not None]
        cells = np.unique(np.concatenate(counted)) if counted else np.array([], dtype=np.int64)
        return [each.measure(cells) for each in found], self._grid(cells)

    def _grid(self, cells: Cells) -> Grid:
        if len(cells) == 0:
            return Grid()
        (res,) = self.layer.res
        zones = cells_to_texts(cells)
        return Grid(zones, read_places(self.city, self.data_dir, zones, res))

    def _read(self, key: str) -> _Numbers:
        """Return the numbers of one that counts the same records."""
        connection, city, layer = self.connection, self.city, self._layer_of(key)
        districts = answer(connection, city, query_of(city, layer, "district"))
        readings = dict(zip(districts["key"].to_list(), rows_of(districts), strict=True))
        whole = next(rows_of(answer(connection, city, query_of(city, layer, "city"))))
        indicator = find_indicator(city, key)
        hexes = None
        if set(layer.res) & set(resolutions_of(indicator)):
            query = query_of(city, layer, "cell", layer.res[0])
            hexes = read_hexes(
                connection, city, self.data_dir, query, self._builds[key], zeros=True
            )
        return _Numbers(indicator, readings, whole, hexes)

    def _layer_of(self, key: str) -> PublishedLayer:
        indicator = find_indicator(self.city, key)
        return replace(self.layer, indicator=key, component=indicator.default_component)


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
