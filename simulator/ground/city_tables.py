"""The tables that a city's configuration names: census, metro stations and places."""

from pathlib import Path

import polars as pl

from geodata.city.configuration import City
from geodata.errors import CityError

_CENSUS = {
    "district_id": pl.String,
    "residents_published": pl.Int64,
    "residents_on_ground": pl.Int64,
}
_STATIONS = {
    "line": pl.String,
    "seq": pl.Int64,
    "name": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
}
_PLACES = {
    "osm_id": pl.String,
    "fclass": pl.String,
    "name": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
}


def read_census(city: City) -> pl.DataFrame:
    """Return the residents of each district.

    Columns: district_id, residents_published (by the census's administrative code),
    residents_on_ground (by where people live) and residents, the one of the two that is used.
    Empty without a census.

    Raises:
        CityError: the file is not as described, or its used count misses the published total.
    """
    population = city.population
    if population is None:
        return pl.DataFrame(schema={**_CENSUS, "residents": pl.Int64})
    frame = _read(city.file(population.file), _CENSUS)
    census = frame.with_columns(residents=pl.col(population.used))
    counted = int(census["residents"].sum())
    if population.used == "residents_on_ground" and counted != population.total:
        raise CityError(
            f"{city.file(population.file)}: {population.used}: sums to {counted:,}, "
            f"not to the published {population.total:,}"
        )
    return census


def read_stations(city: City) -> pl.DataFrame:
    """Return the metro stations: line, seq (order on the line), name, lon, lat in WGS-84.

    Raises:
        CityError: the file is not as described.
    """
    if city.stations is None:
        return pl.DataFrame(schema=_STATIONS)
    return _read(city.file(city.stations), _STATIONS)


def read_places(city: City) -> pl.DataFrame:
    """Return named places of OpenStreetMap: osm_id, fclass (kind), name, lon, lat in WGS-84.

    Raises:
        CityError: the file is not as described.
    """
    if city.places is None:
        return pl.DataFrame(schema=_PLACES)
    return _read(city.file(city.places), _PLACES)


def _read(path: Path, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    texts = pl.read_csv(path, infer_schema=False)
    if texts.columns != list(schema):
        raise CityError(f"{path}: columns are {', '.join(texts.columns)}, not {', '.join(schema)}")
    try:
        return texts.cast(pl.Schema(schema))
    except pl.exceptions.InvalidOperationError as error:
        raise CityError(f"{path}: {error}") from error
