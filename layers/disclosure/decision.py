"""Decides, and keeps, what is withheld of the numbers that count the same records of one period."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine

from geodata.city.configuration import City
from geodata.errors import NotFoundError
from geodata.published.layers import PublishedLayer
from geodata.space.grid import Cells, cells_to_texts
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.disclosure.joint import (
    Grid,
    Joint,
    Measure,
    Pattern,
    has_small_change,
    joint_of,
    with_changes,
)
from layers.disclosure.numbers import Numbers, query_of, read_places, rows_of
from layers.disclosure.pattern import (
    Kept,
    Publication,
    keep_pattern,
    read_kept,
    read_pattern,
    write_kept,
)
from layers.disclosure.population import is_base_published, members_of, population_of
from layers.disclosure.rules import is_share, resolutions_of
from layers.disclosure.shares import NOTHING, Beside
from layers.maps.cell_lists import grid_version
from layers.maps.column import read_hexes
from layers.period import Period
from layers.states.version import Build, read_build_in
from layers.values.read import answer

DISTRICTS, HEXAGONS, EDITION = "district", "h3", "edition"


def publication_of(city: City, layer: PublishedLayer, geography: str) -> Publication:
    """Return what the pattern of a layer's records is kept under."""
    records = population_of(find_indicator(city, layer.indicator))
    return Publication(records, "all", Period.parse(layer.period), geography)


def edition_of(layer: PublishedLayer) -> Publication:
    """Return what the counts of a layer's newest edition are kept under."""
    return Publication(layer.indicator, layer.component, Period.parse(layer.period), EDITION)


@dataclass(frozen=True)
class Decision:
    """What is withheld of one layer's period, together with what counts the same records."""

    connection: Connection
    patterns: Engine
    city: City
    data_dir: Path
    layer: PublishedLayer

    def pattern(self) -> Pattern:
        """Return what is withheld in all layers of the records, as of their present numbers."""
        zones: frozenset[str] = frozenset()

        def decide(kept: Kept) -> Kept:
            nonlocal zones
            if kept.decided_for == self._versions:
                zones = read_pattern(self.patterns, self._publication(HEXAGONS), frozenset)
                return kept
            found = Pattern()

            def decide_zones(already: Collection[str]) -> frozenset[str]:
                nonlocal found
                joint = with_changes(self._joint(kept), self._last_editions())
                found = joint.solve(Pattern(kept.places, frozenset(already)))
                return found.zones

            zones = read_pattern(self.patterns, self._publication(HEXAGONS), decide_zones)
            limit = self._limit(kept)
            return Kept(found.districts, self._versions, limit)

        kept = keep_pattern(self.patterns, self._publication(DISTRICTS), decide)
        return Pattern(kept.places, zones)

    def keep_edition(self) -> None:
        """Keep this layer's counts to compare the next edition with.

        In the transaction that publishes it: what is not published is no edition.
        """
        name = self.layer.indicator
        if name in self._builds:
            counts = {name: self._read(name).by_place()}
            write_kept(self.connection, edition_of(self.layer), Kept(counts=counts))

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
        last = self._last_editions()
        if self.layer.indicator not in last:
            return False
        with self.patterns.connect() as connection:
            kept = read_kept(connection, self._publication(DISTRICTS))
        return has_small_change(self._joint(kept), last, self.layer.indicator)

    def _last_editions(self) -> dict[str, Mapping[str, float]]:
        """Return the counts of the published editions of all that count the same records."""
        found: dict[str, Mapping[str, float]] = {}
        with self.patterns.connect() as connection:
            for key in self._builds:
                found |= read_kept(connection, edition_of(self._layer_of(key))).counts
        return found

    def _limit(self, kept: Kept) -> int:
        """Return k: the largest that the period was ever decided with."""
        return max(self.layer.smallest_count or 0, kept.smallest_count or 0)

    def _joint(self, kept: Kept) -> Joint:
        measures, grid = self._numbers
        return joint_of(measures, grid, self._limit(kept))

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

    def _read(self, key: str) -> Numbers:
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
        return Numbers(indicator, readings, whole, hexes)

    def _layer_of(self, key: str) -> PublishedLayer:
        indicator = find_indicator(self.city, key)
        return replace(self.layer, indicator=key, component=indicator.default_component)
