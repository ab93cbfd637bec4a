"""How the rows of a record type get their cell and district: one way for each of its placings."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from etl.batch import Batch
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import Placing
from etl.transform.dasymetric import read_weights, spread_by_weights
from etl.transform.locate import Locator, place
from etl.transform.pings import place_pings
from etl.transform.population import allocate_polygons, place_hexagons
from etl.transform.shapes import add_footprints, add_paths, convert_shapes, place_tiles
from geodata.city.configuration import City

Place = Callable[[Batch, SourceDeclaration, City, Locator], Batch]


def _nowhere(batch: Batch, _declaration: SourceDeclaration, _city: City, _at: Locator) -> Batch:
    return batch


def _areas(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    batch = convert_shapes(place(batch, declaration, city, locator), declaration, city)
    return replace(batch, frame=add_footprints(batch.frame))


def _lines(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    batch = convert_shapes(place(batch, declaration, city, locator), declaration, city)
    return replace(batch, frame=add_paths(batch.frame))


def _tiles(batch: Batch, _declaration: SourceDeclaration, _city: City, _at: Locator) -> Batch:
    return place_tiles(batch)


def _residents(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    if declaration.weights:
        return spread_by_weights(batch, read_weights(declaration, city), locator)
    if declaration.allocate:
        return allocate_polygons(convert_shapes(batch, declaration, city), locator)
    if "cell" in declaration.mapping:
        return place_hexagons(batch, declaration, locator)
    return place(batch, declaration, city, locator)


PLACINGS: Mapping[Placing, Place] = {
    "none": _nowhere,
    "points": place,
    "areas": _areas,
    "lines": _lines,
    "tiles": _tiles,
    "reports": place_pings,
    "residents": _residents,
}
