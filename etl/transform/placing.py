"""How the rows of a record type get their cell and district: one way for each of its placings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from etl.batch import Batch
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import Placing
from etl.transform.dasymetric import read_weights, spread_by_weights
from etl.transform.geometry import judge_shapes, refuse_shapes
from etl.transform.locate import (
    Locator,
    given_coordinates,
    locate_points,
    place,
    unlocated_district,
)
from etl.transform.pings import place_pings
from etl.transform.population import allocate_polygons, place_hexagons
from etl.transform.shapes import add_footprints, add_paths, convert_shapes, place_tiles
from geodata.city.configuration import City
from geodata.space.district_areas import DistrictAreas


@dataclass(frozen=True)
class Ground:
    """What rows are placed on: the city, its districts, and the folder of its incoming files."""

    city: City
    locator: Locator
    incoming: Path | None = None

    @cached_property
    def areas(self) -> DistrictAreas:
        """The districts as areas, for what is no point."""
        return DistrictAreas.of_city(self.city)


Place = Callable[[Batch, SourceDeclaration, Ground], Batch]


def _nowhere(batch: Batch, declaration: SourceDeclaration, _ground: Ground) -> Batch:
    """Name the district of rows that have no point: what they say, else that it is not known."""
    if "district_id" not in declaration.record_type.columns:
        return batch
    unknown = pl.lit(unlocated_district(declaration.covered_extent))
    named = [pl.col("district_id")] if "district_id" in batch.frame.columns else []
    frame = batch.frame.with_columns(pl.coalesce(*named, unknown).alias("district_id"))
    return replace(batch, frame=frame)


def _points(batch: Batch, declaration: SourceDeclaration, ground: Ground) -> Batch:
    return place(judge_shapes(batch, declaration), declaration, ground.city, ground.locator)


def _areas(batch: Batch, declaration: SourceDeclaration, ground: Ground) -> Batch:
    batch = convert_shapes(_points(batch, declaration, ground), declaration, ground.city)
    return replace(batch, frame=add_footprints(batch.frame))


def _lines(batch: Batch, declaration: SourceDeclaration, ground: Ground) -> Batch:
    batch = convert_shapes(_points(batch, declaration, ground), declaration, ground.city)
    return replace(batch, frame=add_paths(batch.frame))


def _tiles(batch: Batch, declaration: SourceDeclaration, _ground: Ground) -> Batch:
    return place_tiles(judge_shapes(batch, declaration))


def _reports(batch: Batch, declaration: SourceDeclaration, ground: Ground) -> Batch:
    return place_pings(judge_shapes(batch, declaration), declaration, ground.city, ground.locator)


def _residents(batch: Batch, declaration: SourceDeclaration, ground: Ground) -> Batch:
    if declaration.weights:
        weights = read_weights(declaration, ground.incoming)
        return spread_by_weights(batch, weights, ground.areas)
    if declaration.allocate:
        sound = judge_shapes(batch, declaration)
        faults = locate_points(*given_coordinates(sound.frame), declaration, ground.city).fault
        plausible = refuse_shapes(sound, declaration, faults)
        shapes = convert_shapes(plausible, declaration, ground.city)
        return allocate_polygons(shapes, ground.areas)
    if "cell" in declaration.mapping:
        return place_hexagons(batch, ground.areas)
    return _points(batch, declaration, ground)


PLACINGS: Mapping[Placing, Place] = {
    "none": _nowhere,
    "points": _points,
    "areas": _areas,
    "lines": _lines,
    "tiles": _tiles,
    "reports": _reports,
    "residents": _residents,
}
