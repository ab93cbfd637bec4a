"""Expands patterns (the stops of a direction, with distances) and headways to trips and times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.emergency.response import RUSH
from simulator.ground.planar import Floats, Plane
from simulator.transit.service_days import EVERY_DAY, WEEKDAYS

ROADS = 0.5  # the share of the road traffic's delay that a bus takes; rail takes none
TIMEPOINT_EVERY = 6


@dataclass(frozen=True, eq=False)
class Pattern:
    """One direction of a line."""

    route_id: str
    direction_id: int
    headsign: str
    stop_ids: Sequence[str]
    xy_m: Floats  # of the stops, which are also the points of the shape
    speed_kmh: float  # with stops
    dwell_s: int
    on_road: bool

    @property
    def shape_id(self) -> str:
        """The pattern's own shape."""
        return f"{self.route_id}-{self.direction_id}"

    @property
    def distance_m(self) -> Floats:
        """Distance from the first stop, per stop."""
        steps = np.hypot(*np.diff(self.xy_m, axis=0).T)
        return np.concatenate([[0.0], np.cumsum(steps)])


def seconds(clock: str) -> int:
    """Return `HH:MM` as seconds; hours may exceed 23."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def departures(
    first: str, last: str, peak_headway_min: float, peaks: Sequence[tuple[str, str]]
) -> dict[str, NDArray[np.int64]]:
    """Return departures by service: every second peak headway daily, between them on weekdays."""
    base_s = round(peak_headway_min * 120)
    daily = np.arange(seconds(first), seconds(last) + 1, base_s)
    between = daily[:-1] + base_s // 2
    in_peak = np.zeros(len(between), dtype=bool)
    for start, end in peaks:
        in_peak |= (between >= seconds(start)) & (between < seconds(end))
    return {EVERY_DAY: daily, WEEKDAYS: between[in_peak]}


def _clock_text(values: NDArray[np.int64]) -> pl.Series:
    frame = pl.DataFrame({"s": values}).select(
        pl.format(
            "{}:{}:{}",
            *(
                part.cast(pl.String).str.zfill(2)
                for part in (pl.col("s") // 3600, pl.col("s") // 60 % 60, pl.col("s") % 60)
            ),
        )
    )
    return frame.to_series()


def trip_ids(pattern: Pattern, service_id: str, count: int) -> list[str]:
    """Return the names of a pattern's trips of one service, in the order of their departures."""
    return [f"{pattern.shape_id}-{service_id}-{number:03d}" for number in range(1, count + 1)]


def departure_seconds(pattern: Pattern, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the scheduled departure of each trip (row) from each stop (column)."""
    traffic = 1 + ROADS * RUSH[(starts // 3600) % 24] * pattern.on_road
    ride_s = pattern.distance_m / (pattern.speed_kmh / 3.6)
    return np.asarray(
        np.round(starts[:, None] + ride_s[None, :] * traffic[:, None]).astype(np.int64)
    )


def timepoints(stops: int) -> NDArray[np.int64]:
    """Return which stops of a pattern are timepoints: 1 or 0, the last one always."""
    flags = np.zeros(stops, dtype=np.int64)
    flags[::TIMEPOINT_EVERY] = 1
    flags[-1] = 1
    return flags


def _service(
    pattern: Pattern, service_id: str, starts: NDArray[np.int64]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the trips and stop times of one pattern and service."""
    metres = pattern.distance_m
    stops, runs = len(metres), len(starts)
    departs = departure_seconds(pattern, starts)
    between_s = np.diff(departs, axis=1, prepend=departs[:, :1])
    dwell_s = np.minimum(pattern.dwell_s, between_s // 2)  # some real stops are 90 m apart
    dwell_s[:, -1] = 0
    arrives = departs - dwell_s
    ids = trip_ids(pattern, service_id, runs)
    trips = pl.DataFrame({"trip_id": ids}).select(
        route_id=pl.lit(pattern.route_id),
        service_id=pl.lit(service_id),
        trip_id=pl.col("trip_id"),
        trip_headsign=pl.lit(pattern.headsign),
        direction_id=pl.lit(pattern.direction_id),
        shape_id=pl.lit(pattern.shape_id),
    )
    times = pl.DataFrame(
        {
            "trip_id": np.repeat(ids, stops),
            "arrival_time": _clock_text(arrives.ravel()),
            "departure_time": _clock_text(departs.ravel()),
            "stop_id": np.tile(np.array(pattern.stop_ids), runs),
            "stop_sequence": np.tile(np.arange(1, stops + 1), runs),
            "shape_dist_traveled": np.tile(np.round(metres, 1), runs),
            "timepoint": np.tile(timepoints(stops), runs),
        }
    )
    return trips, times


def expand(
    lines: Sequence[tuple[Pattern, Mapping[str, NDArray[np.int64]]]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return trips.txt and stop_times.txt of patterns with their departures by service."""
    parts = [
        _service(pattern, service_id, starts)
        for pattern, services in lines
        for service_id, starts in services.items()
        if len(starts)
    ]
    return pl.concat(trips for trips, _ in parts), pl.concat(times for _, times in parts)


def shapes(patterns: Sequence[Pattern], plane: Plane) -> pl.DataFrame:
    """Return shapes.txt: each pattern's stops joined by straight lines."""
    parts = []
    for pattern in patterns:
        lon, lat = plane.to_degrees(pattern.xy_m)
        parts.append(
            pl.DataFrame(
                {
                    "shape_id": pattern.shape_id,
                    "shape_pt_lat": lat.round(6),
                    "shape_pt_lon": lon.round(6),
                    "shape_pt_sequence": np.arange(1, len(lon) + 1),
                    "shape_dist_traveled": pattern.distance_m.round(1),
                }
            )
        )
    return pl.concat(parts)
