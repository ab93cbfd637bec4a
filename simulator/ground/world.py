"""The invented city that all streams share: populated cells, real stations, real places."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geodata.city.configuration import City
from geodata.errors import CityError
from geodata.space.districts import DistrictLocator, read_districts
from simulator.config import Simulation, read_simulation
from simulator.ground.density import build_fields
from simulator.ground.planar import Floats, Plane
from simulator.ground.population import Cells, build_population
from simulator.randomness import stream

SIMULATION_FILE = "simulation.yaml"
CELL_RADIUS_M = 55.0  # points are scattered within their cell
_STATION_SCHEMA = {
    "line": pl.String, "seq": pl.Int64, "name": pl.String, "lon": pl.Float64, "lat": pl.Float64,
}  # fmt: skip
_PLACE_SCHEMA = {
    "osm_id": pl.String, "fclass": pl.String, "name": pl.String,
    "lon": pl.Float64, "lat": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class World:
    """What all streams share; built once from the city's configuration and the seed."""

    city: City
    rules: Simulation
    seed: int
    plane: Plane
    locator: DistrictLocator
    districts: pl.DataFrame  # district_id, name_zh, kind
    cells: Cells
    stations: pl.DataFrame  # line, seq, name, lon, lat
    places: pl.DataFrame  # osm_id, fclass, name, lon, lat, district_id

    def rng(self, *names: str | int) -> np.random.Generator:
        """Return the generator of one named stream of this world."""
        return stream(self.seed, *names)

    def points_in(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return longitudes and latitudes scattered inside the cells at `rows`."""
        centres = self.plane.to_metres(self.cells.lon[rows], self.cells.lat[rows])
        angle, radius = rng.uniform(0, 2 * np.pi, len(rows)), np.sqrt(rng.random(len(rows)))
        offset = np.column_stack([np.cos(angle), np.sin(angle)]) * (CELL_RADIUS_M * radius)[:, None]
        return self.plane.to_degrees(centres + offset)


def _read_points(city: City, key: str, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    path = city.files().get(key)
    if path is None:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(path, columns=list(schema), schema_overrides=schema)


def read_residents(city: City) -> dict[str, int]:
    """Return each district's census count, of the count that the city uses.

    Raises:
        CityError: the city names no census.
    """
    if city.population is None:
        raise CityError(f"{city.folder}: population: the simulator needs a census by district")
    frame = pl.read_csv(
        city.file(city.population.file), schema_overrides={"district_id": pl.String}
    )
    return dict(zip(frame["district_id"], frame[city.population.used], strict=True))


def build_world(city: City, seed: int) -> World:
    """Build the shared world of a city from its configuration and a seed."""
    rules = read_simulation(city.folder / SIMULATION_FILE)
    districts = read_districts(city)
    locator = DistrictLocator(districts)
    plane = Plane(city.camera.lon, city.camera.lat)
    stations = _read_points(city, "stations", _STATION_SCHEMA)
    places = _read_points(city, "places", _PLACE_SCHEMA)
    fields = build_fields(tuple(districts.total_bounds), stations, places, plane, seed)
    cells = build_population(read_residents(city), locator, rules.population, fields, plane, seed)
    places = places.with_columns(
        district_id=pl.Series(locator.locate(places["lon"].to_numpy(), places["lat"].to_numpy()))
    )
    table = pl.from_pandas(districts[["district_id", "name_zh", "kind"]])
    return World(city, rules, seed, plane, locator, table, cells, stations, places)
