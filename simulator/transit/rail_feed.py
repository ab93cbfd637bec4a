"""The rail company's GTFS feed: real stations and lines, simulated times and entrances."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.config import RailLine
from simulator.files import Written, write_zip
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.transit.bus_feed import feed_header
from simulator.transit.timetable import Pattern, departures, expand, shapes

ROUTE_TYPES = {"metro": 1, "light_rail": 0, "tram": 0}
ENTRANCES = {"metro": 4, "light_rail": 2, "tram": 0}
DWELL_S = 35
ENTRANCE_M = 85.0
PLATFORM, STATION, ENTRANCE = 0, 1, 2


def _stations(world: World, line: RailLine) -> pl.DataFrame:
    """Return the stations a line calls at, in order: seq, name, lon, lat."""
    wanted = [seq for first, last in line.seqs for seq in range(first, last + 1)]
    order = {seq: number for number, seq in enumerate(wanted) if seq not in line.closed_seqs}
    own = world.stations.filter(pl.col("line") == line.source_line, pl.col("seq").is_in(order))
    return own.with_columns(order=pl.col("seq").replace_strict(order, return_dtype=pl.Int64)).sort(
        "order"
    )


def _station_id(name: str, known: dict[str, str]) -> str:
    return known.setdefault(name, f"S{len(known) + 1:03d}")


def _patterns(world: World, line: RailLine, stations: pl.DataFrame) -> list[Pattern]:
    xy_m = world.plane.to_metres(stations["lon"].to_numpy(), stations["lat"].to_numpy())
    ids = [f"L{line.line}-{seq:02d}" for seq in stations["seq"]]
    names = stations["name"].to_list()
    both = [(ids, xy_m, names[-1]), (ids[::-1], xy_m[::-1], names[0])]
    on_road = line.kind == "tram"
    return [
        Pattern(
            f"L{line.line}", number, headsign, stops, path, line.speed_kmh, DWELL_S, on_road=on_road
        )
        for number, (stops, path, headsign) in enumerate(both)
    ]


def _runs(world: World, line: RailLine) -> list[dict[str, NDArray[np.int64]]]:
    back = (line.first_back or line.first, line.last_back or line.last)
    return [
        departures(first, last, line.peak_headway_min, world.rules.transit.peaks)
        for first, last in ((line.first, line.last), back)
    ]


def _around(centre: Floats, number: int) -> Floats:
    angle = np.pi / 4 + np.arange(number) * 2 * np.pi / max(number, 1)
    return np.asarray(centre + ENTRANCE_M * np.column_stack([np.cos(angle), np.sin(angle)]))


def _stops(world: World, lines: list[tuple[RailLine, pl.DataFrame]]) -> pl.DataFrame:
    """Return platforms of each line, a station per name and its entrances."""
    known: dict[str, str] = {}
    rows: list[tuple[str, str, float, float, int, str | None]] = []
    seen: set[str] = set()
    for line, stations in lines:
        for seq, name, lon, lat in stations.select("seq", "name", "lon", "lat").iter_rows():
            station_id = _station_id(name, known)
            rows.append((f"L{line.line}-{seq:02d}", name, lat, lon, PLATFORM, station_id))
            if station_id in seen:
                continue
            seen.add(station_id)
            rows.append((station_id, name, lat, lon, STATION, None))
            centre = world.plane.to_metres(np.array([lon]), np.array([lat]))
            east, north = world.plane.to_degrees(_around(centre, ENTRANCES[line.kind]))
            for letter, x, y in zip("ABCD", east, north, strict=False):
                rows.append(
                    (f"{station_id}{letter}", f"{name}{letter}口", y, x, ENTRANCE, station_id)
                )
    columns = ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None).with_columns(
        pl.col("stop_lat", "stop_lon").round(6)
    )


def _routes(lines: list[tuple[RailLine, pl.DataFrame]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "route_id": f"L{line.line}",
                "agency_id": "rail",
                "route_short_name": line.line if line.kind == "tram" else f"{line.line}号线",
                "route_long_name": f"{stations['name'][0]} — {stations['name'][-1]}",
                "route_type": ROUTE_TYPES[line.kind],
                "route_color": line.color,
            }
            for line, stations in lines
        ]
    )


def write_rail_feed(world: World, folder: Path) -> list[Written]:
    """Write `transit/gtfs_rail.zip`; nothing if the city has no rail line."""
    lines = [(line, _stations(world, line)) for line in world.rules.transit.rail]
    lines = [(line, stations) for line, stations in lines if stations.height > 1]
    if not lines:
        return []
    timetabled = [
        pair
        for line, stations in lines
        for pair in zip(_patterns(world, line, stations), _runs(world, line), strict=True)
    ]
    trips, stop_times = expand(timetabled)
    tables = {
        **feed_header(world, "rail", world.rules.transit.rail_agency),
        "stops.txt": _stops(world, lines),
        "routes.txt": _routes(lines),
        "trips.txt": trips,
        "stop_times.txt": stop_times,
        "shapes.txt": shapes([pattern for pattern, _ in timetabled], world.plane),
    }
    return [write_zip(folder / "transit" / "gtfs_rail.zip", tables, "gtfs_rail")]
