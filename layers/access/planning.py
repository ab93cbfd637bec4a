"""For planners: the areas that stations serve, and where further ones help most."""

import numpy as np
import polars as pl
from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.city.travel import TimeOfDay
from geodata.queries.residents import read_residents
from geodata.queries.stations import read_stations
from geodata.space.grid import NO_CELL, cell_area_km2, cell_centres, parent_expr
from geodata.tables import NOT_OF_CITY
from layers.access.city_network import in_metres, read_drive_network
from layers.access.network import Network
from layers.access.routing import cost_matrix
from layers.access.siting import Siting, area_of_each, best_sites, check_station_areas
from layers.errors import QueryError

_PLACE_RES, _AREA_RES = 8, 9
_FARTHEST_MIN = 60.0


def station_areas(connection: Connection, city: City, kind: str) -> pl.DataFrame:
    """Return the stations of a kind with the populated area each is the first to reach, checked.

    Columns: facility_id, name, class, area_km2, limit_km2, is_too_large. The area is that of the
    street-level hexagons where people live, each given to the station that is there first.

    Raises:
        QueryError: no roads are loaded.
    """
    network = _network(connection, city, "day")
    stations = read_stations(connection, kind)
    hexagons = _hexagons(read_residents(connection), _AREA_RES)
    homes, doors = (network.snap(in_metres(city, each)) for each in (hexagons, stations))
    minutes = cost_matrix(network, homes, doors, _FARTHEST_MIN)
    area_km2 = area_of_each(minutes, cell_area_km2(hexagons["hexagon"].to_numpy()))
    served = stations.select("facility_id", "name", "class").with_columns(
        area_km2=pl.Series(area_km2)
    )
    return check_station_areas(served)


def further_stations(
    connection: Connection, city: City, kind: str, sites: pl.DataFrame, limit_s: float, number: int
) -> Siting:
    """Choose so many of the possible sites (lon, lat) that most residents are reached in time.

    Residents within the limit of an existing station have weight 0, so that the result's share
    is that of the residents without a station in time.

    Raises:
        QueryError: no roads are loaded.
    """
    network = _network(connection, city, "day")
    people = _hexagons(read_residents(connection), _PLACE_RES)
    homes = network.snap(in_metres(city, people))
    stations = network.snap(in_metres(city, read_stations(connection, kind)))
    limit_min = limit_s / 60
    served = np.isfinite(cost_matrix(network, homes, stations, limit_min)).any(axis=1)
    candidates = network.snap(in_metres(city, sites))
    reached = cost_matrix(network, homes, candidates, limit_min)
    weights = np.where(served, 0.0, people["residents"].to_numpy())
    return best_sites(reached, weights, limit_min, number)


def _network(connection: Connection, city: City, time_of_day: TimeOfDay) -> Network:
    network = read_drive_network(connection, city, time_of_day)
    if network is None:
        raise QueryError("no roads are loaded")
    return network


def _hexagons(people: pl.DataFrame, res: int) -> pl.DataFrame:
    """Return hexagon, residents and its centre (lon, lat) where people of the city live."""
    placed = people.filter(pl.col("cell") != NO_CELL, ~pl.col("district_id").is_in(NOT_OF_CITY))
    summed = placed.group_by(parent_expr("cell", res).alias("hexagon")).agg(
        pl.col("residents").sum()
    )
    ordered = summed.sort("hexagon")
    lon, lat = cell_centres(ordered["hexagon"].to_numpy())
    return ordered.with_columns(lon=pl.Series(lon), lat=pl.Series(lat))
