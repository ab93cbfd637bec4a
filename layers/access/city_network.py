"""Builds the city's road networks from its records and its travel assumptions."""

import polars as pl
from sqlalchemy import Connection

from geodata.city.configuration import City
from geodata.city.travel import TimeOfDay
from geodata.queries.roads import read_road_edges, read_road_nodes
from geodata.space.crs import to_metric
from layers.access.network import Floats, Network, build_network, drive_links, walk_links

_M_PER_MIN_AT_1_KMH = 1000 / 60


def read_drive_network(
    connection: Connection, city: City, time_of_day: TimeOfDay = "day"
) -> Network | None:
    """Return the roads for cars, in minutes; None while no roads are loaded."""
    travel = city.travel
    edges = read_road_edges(connection)
    if edges.is_empty():
        return None
    links = drive_links(edges, travel.speed_factors[time_of_day])
    leg_min = 1 / (travel.access_kmh * _M_PER_MIN_AT_1_KMH)
    return build_network(_nodes(connection, city), links, leg_min, travel.snap_m)


def read_walk_network(connection: Connection, city: City) -> Network | None:
    """Return the ways for people on foot, in metres; None while no roads are loaded."""
    edges = read_road_edges(connection)
    if edges.is_empty():
        return None
    return build_network(_nodes(connection, city), walk_links(edges), 1.0, city.travel.snap_m)


def _nodes(connection: Connection, city: City) -> pl.DataFrame:
    nodes = read_road_nodes(connection)
    x_m, y_m = to_metric(city, nodes["lon"], nodes["lat"])
    return nodes.with_columns(x_m=pl.Series(x_m), y_m=pl.Series(y_m))


def in_metres(city: City, places: pl.DataFrame) -> Floats:
    """Return x, y of places with lon, lat; NaN where they are null."""
    lon, lat = (places[name].fill_null(float("nan")).to_numpy() for name in ("lon", "lat"))
    x_m, y_m = to_metric(city, lon, lat)
    xy_m = pl.DataFrame({"x": x_m, "y": y_m}).to_numpy().copy()
    xy_m[~(abs(xy_m) < float("inf")).all(axis=1)] = float("nan")
    return xy_m
