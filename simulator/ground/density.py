"""Where people can live: settlements, stations and places as smooth fields, villages as points."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geodata.space.districts import DistrictLocator
from geodata.space.grid import cell_centres, latlng_to_cells
from geodata.tables import NO_DISTRICT
from simulator.config import Population, Settlement
from simulator.ground.planar import Floats, Plane
from simulator.ground.raster import Raster
from simulator.randomness import stream

LATTICE_M = 75.0
REACH = 2.4  # a settlement's candidates lie within this many radii
VILLAGE_SPREAD_M = 130.0
HOMES = ("residential", "school", "kindergarten", "university", "college", "supermarket")
ATTRACTORS = {
    "mall": 4.0, "hospital": 3.0, "university": 4.0, "college": 2.0, "department_store": 3.0,
    "commercial": 2.0, "industrial": 2.0, "supermarket": 1.5, "hotel": 1.0, "bank": 0.8,
    "restaurant": 0.5, "attraction": 0.5, "town_hall": 3.0, "school": 1.5,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Fields:
    """Smooth fields over the city: where homes cluster, where people go by day, texture."""

    raster: Raster
    homes: Floats
    attraction: Floats
    texture: Floats


@dataclass(frozen=True, eq=False)
class Candidates:
    """Cells that may be built up, with their weight."""

    cell: NDArray[np.int64]
    district_id: NDArray[np.str_]
    weight: Floats
    is_town: NDArray[np.bool_]

    def _take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Candidates":
        return Candidates(
            self.cell[rows], self.district_id[rows], self.weight[rows], self.is_town[rows]
        )

    def within(self, district_id: str) -> "Candidates":
        """Return the candidates of one district."""
        return self._take(self.district_id == district_id)

    def strongest(self, residents: int, rules: Population) -> "Candidates":
        """Return as many of the heaviest cells as house `residents` at the usual density."""
        towns = float(self.is_town.mean())
        per_cell = (
            towns * rules.town_residents_per_cell + (1 - towns) * rules.urban_residents_per_cell
        )
        count = max(1, min(len(self.cell), round(residents / per_cell)))
        return self._take(np.sort(np.argsort(-self.weight, kind="stable")[:count]))


def _points(frame: pl.DataFrame, plane: Plane) -> Floats:
    return plane.to_metres(frame["lon"].to_numpy(), frame["lat"].to_numpy())


def build_fields(
    bounds: tuple[float, float, float, float],
    stations: pl.DataFrame,
    places: pl.DataFrame,
    plane: Plane,
    seed: int,
) -> Fields:
    """Smooth stations and places (columns `lon`, `lat`, places also `fclass`) over `bounds`."""
    west, south, east, north = bounds
    raster = Raster.around(plane.to_metres(np.array([west, east]), np.array([south, north])))
    rail = raster.kernel(_points(stations, plane), 900)
    homes = raster.kernel(_points(places.filter(pl.col("fclass").is_in(HOMES)), plane), 700)
    pull = places.with_columns(
        pull=pl.col("fclass").replace_strict(ATTRACTORS, default=0.0, return_dtype=pl.Float64)
    ).filter(pl.col("pull") > 0)
    attraction = raster.kernel(_points(pull, plane), 500, pull["pull"].to_numpy())
    texture = raster.texture(stream(seed, "texture"), 320)
    return Fields(
        raster, 0.5 * np.sqrt(homes) + 0.5 * np.sqrt(rail), attraction + 0.5 * rail, texture
    )


def _disc(settlement: Settlement, plane: Plane) -> Floats:
    """Return a lattice of points, in metres, over a settlement's radius."""
    reach_m = settlement.radius_km * 1000 * REACH
    axis = np.arange(-reach_m, reach_m, LATTICE_M)
    east, north = (grid.ravel() for grid in np.meshgrid(axis, axis))
    inside = east**2 + north**2 <= reach_m**2
    centre = plane.to_metres(np.array([settlement.lon]), np.array([settlement.lat]))
    return np.asarray(np.column_stack([east[inside], north[inside]]) + centre)


def _strength(xy_m: Floats, settlements: list[Settlement], plane: Plane) -> Floats:
    total = np.zeros(len(xy_m))
    for place in settlements:
        centre = plane.to_metres(np.array([place.lon]), np.array([place.lat]))
        squared = ((xy_m - centre) ** 2).sum(axis=1) / (place.radius_km * 1000) ** 2
        total += place.strength * np.exp(-squared)
    return total


def _open_land(xy_m: Floats, rules: Population, plane: Plane) -> NDArray[np.bool_]:
    covered = np.zeros(len(xy_m), dtype=bool)
    for land in rules.open_land:
        centre = plane.to_metres(np.array([land.lon]), np.array([land.lat]))
        covered |= ((xy_m - centre) ** 2).sum(axis=1) < (land.radius_km * 1000) ** 2
    return covered


def urban_candidates(
    rules: Population, fields: Fields, plane: Plane, locator: DistrictLocator
) -> Candidates:
    """Return every cell that may be built up, with its weight."""
    lattice = np.concatenate([_disc(place, plane) for place in rules.settlements])
    lon, lat = plane.to_degrees(lattice)
    cell = np.unique(latlng_to_cells(lat, lon))
    lon, lat = cell_centres(cell)
    xy_m = plane.to_metres(lon, lat)
    towns = [place for place in rules.settlements if place.kind in ("seat", "town")]
    city = [place for place in rules.settlements if place.kind in ("core", "subcentre")]
    from_towns, from_city = _strength(xy_m, towns, plane), _strength(xy_m, city, plane)
    weight = (from_towns + from_city) * (0.35 + fields.raster.sample(fields.homes, xy_m))
    weight *= np.exp(0.55 * fields.raster.sample(fields.texture, xy_m))
    district_id = locator.locate(lon, lat)
    usable = ~_open_land(xy_m, rules, plane) & ~np.isin(district_id, NO_DISTRICT) & (weight > 1e-6)
    return Candidates(
        cell[usable], district_id[usable], weight[usable] ** 0.6, (from_towns > from_city)[usable]
    )


def _village_centres(
    count: int, box: Floats, rules: Population, plane: Plane, generator: np.random.Generator
) -> Floats:
    """Return village centres: a jittered grid over a box (metres), thinned to about `count`."""
    low, high = box
    spacing = float(np.sqrt(np.prod(high - low) / max(count, 1)))
    east, north = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(low[0], high[0], spacing), np.arange(low[1], high[1], spacing)
        )
    )
    centres = np.column_stack([east, north]) + generator.uniform(0, spacing, (len(east), 2))
    away = _strength(centres, rules.settlements, plane) < 0.12
    return np.asarray(centres[away & ~_open_land(centres, rules, plane)])


def village_points(
    residents: Mapping[str, int],
    rules: Population,
    fields: Fields,
    plane: Plane,
    locator: DistrictLocator,
    generator: np.random.Generator,
) -> pl.DataFrame:
    """Return homes of the villages (`lon`, `lat`); a home stands for an equal share."""
    rural = sum(
        total * (1 - rules.urban_share.get(district, rules.default_urban_share))
        for district, total in residents.items()
    )
    raster = fields.raster
    low = np.array([raster.west_m, raster.south_m])
    box = np.array([low, low + np.array(raster.shape) * 150.0])
    villages = round(rural / rules.village_residents)
    centres = _village_centres(round(villages * 1.5), box, rules, plane, generator)
    homes = np.maximum(2, generator.poisson(rules.village_cells, len(centres)))
    xy_m = np.repeat(centres, homes, axis=0)
    xy_m = xy_m + generator.normal(0, VILLAGE_SPREAD_M, xy_m.shape)
    lon, lat = plane.to_degrees(xy_m)
    known = ~np.isin(locator.locate(lon, lat), NO_DISTRICT)
    return pl.DataFrame({"lon": lon[known], "lat": lat[known]})
