"""The bus company's GTFS feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.files import Written, write_zip
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.transit.bus_lines import Line
from simulator.transit.bus_network import BusNetwork, build_bus_network
from simulator.transit.service_days import EVERY_DAY, calendar, calendar_dates
from simulator.transit.timetable import Pattern, departures, expand, seconds, shapes

BUS = 3
KERB_M = np.array([9.0, -9.0])  # the stop for journeys north and east lies south-east of its place
DWELL_S = 25
NIGHT = ("23:00", "25:30", 30)  # first, last, minutes between
SEAT_SPEED_KMH, RURAL_SPEED_KMH = 19.0, 36.0


@dataclass(frozen=True, eq=False)
class TimetabledLine:
    """One direction of a line with its departures by service."""

    line_class: str
    pattern: Pattern
    runs: Mapping[str, NDArray[np.int64]]  # service -> seconds of the service day, ascending


@dataclass(frozen=True, eq=False)
class BusTimetable:
    """The bus company's network and timetable."""

    network: BusNetwork
    lines: list[TimetabledLine]


def _stop_ids(network: BusNetwork, nodes: NDArray[np.int64]) -> tuple[list[str], Floats]:
    """Return the stops on the right-hand kerb of a journey, with their places."""
    xy_m = network.xy_m[nodes]
    heading = np.gradient(xy_m, axis=0).sum(axis=1)
    side = np.where(heading >= 0, 0, 1)
    kerb = xy_m + np.where(side == 0, 1.0, -1.0)[:, None] * KERB_M
    ids = [f"{node + 1:05d}{'AB'[which]}" for node, which in zip(nodes, side, strict=True)]
    return ids, kerb


def _patterns(network: BusNetwork, route_id: str, line: Line, speed_kmh: float) -> list[Pattern]:
    patterns = []
    for direction_id, nodes in enumerate((line.nodes, line.nodes[::-1])):
        stop_ids, xy_m = _stop_ids(network, nodes)
        headsign = str(network.names[nodes[-1]])
        patterns.append(
            Pattern(
                route_id, direction_id, headsign, stop_ids, xy_m, speed_kmh, DWELL_S, on_road=True
            )
        )
    return patterns


def build_bus_timetable(world: World) -> BusTimetable:
    """Draw the network and give every direction of every line its departures."""
    network = build_bus_network(world)
    rules = world.rules.transit
    classes = {item.key: item for item in rules.urban}
    speeds = {"seat": SEAT_SPEED_KMH, "rural": RURAL_SPEED_KMH}
    lines = []
    for number, line in enumerate(network.lines, start=1):
        own = classes.get(line.key)
        first, last = (own.first, own.last) if own else ("06:00", "18:30")
        speed = own.speed_kmh if own else speeds[line.key]
        runs = departures(first, last, line.peak_headway_min, rules.peaks)
        patterns = _patterns(network, f"B{number:03d}", line, speed)
        lines += [TimetabledLine(line.key, pattern, runs) for pattern in patterns]
    return BusTimetable(network, [*lines, *_night_line(network)])


def _night_line(network: BusNetwork) -> list[TimetabledLine]:
    """Return one line past midnight, on the route of the first."""
    first, last, every_min = NIGHT
    runs = {EVERY_DAY: np.arange(seconds(first), seconds(last) + 1, every_min * 60)}
    patterns = _patterns(network, "N001", network.lines[0], 22.0)
    return [TimetabledLine("night", pattern, runs) for pattern in patterns]


def _stops(world: World, network: BusNetwork, patterns: list[Pattern]) -> pl.DataFrame:
    places: dict[str, Floats] = {}
    for pattern in patterns:
        places.update(zip(pattern.stop_ids, pattern.xy_m, strict=True))
    ids = sorted(places)
    lon, lat = world.plane.to_degrees(np.array([places[stop_id] for stop_id in ids]))
    return pl.DataFrame(
        {
            "stop_id": ids,
            "stop_name": [str(network.names[int(stop_id[:5]) - 1]) for stop_id in ids],
            "stop_lat": lat.round(6),
            "stop_lon": lon.round(6),
            "location_type": 0,
        }
    )


def _routes(network: BusNetwork, agency_id: str) -> pl.DataFrame:
    rows = [
        (f"B{number:03d}", line.name, line.nodes) for number, line in enumerate(network.lines, 1)
    ]
    rows.append(("N001", "夜间1路", network.lines[0].nodes))
    return pl.DataFrame(
        {
            "route_id": [route_id for route_id, _, _ in rows],
            "agency_id": agency_id,
            "route_short_name": [name for _, name, _ in rows],
            "route_long_name": [
                f"{network.names[nodes[0]]} — {network.names[nodes[-1]]}" for _, _, nodes in rows
            ],
            "route_type": BUS,
        }
    )


def feed_header(world: World, agency_id: str, agency_name: str) -> Mapping[str, pl.DataFrame]:
    """Return agency.txt, feed_info.txt and the two calendar files."""
    rules = world.rules.transit
    start, end = (on.strftime("%Y%m%d") for on in (rules.starts_on, rules.ends_on))
    agency = {
        "agency_id": agency_id,
        "agency_name": agency_name,
        "agency_url": rules.agency_url,
        "agency_timezone": world.city.timezone,
        "agency_lang": world.rules.language,
    }
    info = {
        "feed_publisher_name": f"{agency_name}（模拟 SIMULATED）",
        "feed_publisher_url": rules.agency_url,
        "feed_lang": world.rules.language,
        "feed_start_date": start,
        "feed_end_date": end,
        "feed_version": f"simulated-{world.seed}-{start}",
    }
    return {
        "agency.txt": pl.DataFrame([agency]),
        "feed_info.txt": pl.DataFrame([info]),
        "calendar.txt": calendar(rules),
        "calendar_dates.txt": calendar_dates(world.city, rules),
    }


def write_bus_feed(world: World, folder: Path, timetable: BusTimetable) -> list[Written]:
    """Write `transit/gtfs_bus.zip`."""
    network = timetable.network
    patterns = [line.pattern for line in timetable.lines]
    trips, stop_times = expand([(line.pattern, line.runs) for line in timetable.lines])
    tables = {
        **feed_header(world, "bus", world.rules.transit.bus_agency),
        "stops.txt": _stops(world, network, patterns),
        "routes.txt": _routes(network, "bus"),
        "trips.txt": trips,
        "stop_times.txt": stop_times,
        "shapes.txt": shapes(patterns, world.plane),
    }
    return [write_zip(folder / "transit" / "gtfs_bus.zip", tables, "gtfs_bus")]
