"""Live buses: GTFS-RT messages of any second, consistent with the bus company's records."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from google.transit.gtfs_realtime_pb2 import FeedMessage, TripDescriptor

from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.live.faults import Fault
from simulator.transit.bus_days import DayOfLine, day_of_line
from simulator.transit.bus_feed import build_bus_timetable

DAY_S = 86_400
EVERY_S = 30
GPS_M = 6.0
SKEWED_BUS_S = 600  # "skew": the clock of one bus in forty runs ahead
TOLD_S = 180  # trip updates: how long a departure is reported after it happened
ANNOUNCED_S = 900  # trip updates: a cancelled trip, from so long before its start to so long after


@dataclass(frozen=True)
class Bus:
    """A running bus."""

    vehicle_id: str
    trip_id: str
    on: date
    xy_m: Floats
    bearing: float


class LiveBuses:
    """The buses of the lines whose log is kept, at any second."""

    def __init__(self, world: World, faults: Collection[Fault] = ()) -> None:
        """Take the lines of the timetable."""
        self._world = world
        self._faults = faults
        classes = world.rules.transit.logged_classes
        timetable = build_bus_timetable(world)
        self._lines = [line for line in timetable.lines if line.line_class in classes]
        self._days: dict[date, list[DayOfLine]] = {}

    def messages(self, on: date, second: int) -> dict[str, bytes]:
        """Return the messages sent at a second of a day, by kind."""
        rng = self._world.rng("live buses", on.toordinal(), second)
        if "missing" in self._faults and rng.random() < 0.02:
            return {}
        positions, updates = self._header(on, second), self._header(on, second)
        for day, day_second in self._under_way(on, second):
            for bus in _buses(day, day_second):
                self._add_position(positions, bus, rng)
            _add_updates(updates, day, day_second, self._instant(day.on, 0))
        found = {"vehicle_positions": positions.SerializeToString()}
        if second % 60 == 0:
            found["trip_updates"] = updates.SerializeToString()
        return found

    def _under_way(self, on: date, second: int) -> list[tuple[DayOfLine, int]]:
        before = on - timedelta(days=1)
        for each in [each for each in self._days if each not in (on, before)]:
            del self._days[each]
        for each in (before, on):
            if each not in self._days:
                self._days[each] = [day_of_line(self._world, line, each) for line in self._lines]
        late = [(day, second + DAY_S) for day in self._days[before]]
        return [*late, *((day, second) for day in self._days[on])]

    def _instant(self, on: date, second: int) -> int:
        noon = datetime.combine(on, time(12), self._world.city.zone)
        return int(noon.timestamp()) - DAY_S // 2 + second

    def _header(self, on: date, second: int) -> FeedMessage:
        message = FeedMessage()
        message.header.gtfs_realtime_version = "2.0"
        message.header.timestamp = self._instant(on, second)
        return message

    def _add_position(self, message: FeedMessage, bus: Bus, rng: np.random.Generator) -> None:
        xy_m = bus.xy_m + rng.normal(0, GPS_M, 2)
        lon, lat = self._world.plane.to_degrees(xy_m[None, :])
        vehicle = message.entity.add(id=bus.vehicle_id).vehicle
        vehicle.vehicle.id = bus.vehicle_id
        vehicle.trip.trip_id = bus.trip_id
        vehicle.trip.start_date = bus.on.strftime("%Y%m%d")
        vehicle.position.longitude, vehicle.position.latitude = float(lon[0]), float(lat[0])
        vehicle.position.bearing = bus.bearing
        skewed = "skew" in self._faults and bus.vehicle_id.endswith("-7")
        vehicle.timestamp = message.header.timestamp + SKEWED_BUS_S * skewed


def _actual(day: DayOfLine) -> Floats:
    return np.asarray(np.maximum.accumulate(day.scheduled_s + day.delay_s, axis=1))


def _buses(day: DayOfLine, second: int) -> list[Bus]:
    """Return the running buses of a direction with their positions."""
    pattern = day.line.pattern
    metres, actual = pattern.distance_m, _actual(day)
    running = (actual[:, 0] - 60 <= second) & (second <= actual[:, -1]) & ~day.is_cancelled
    found = []
    for trip in np.flatnonzero(running):
        along = float(np.interp(second, actual[trip], metres[day.at]))
        if along > day.run_share[trip] * metres[-1]:
            continue
        x, y = (np.interp([along, along + 20], metres, axis) for axis in pattern.xy_m.T)
        bearing = float(np.degrees(np.arctan2(x[1] - x[0], y[1] - y[0])) % 360)
        vehicle_id = f"{pattern.route_id}-{pattern.direction_id}-{day.fleet[trip]}"
        found.append(Bus(vehicle_id, day.trip_ids[trip], day.on, np.array([x[0], y[0]]), bearing))
    return found


def _add_updates(message: FeedMessage, day: DayOfLine, second: int, midnight: int) -> None:
    """Add updates of cancelled trips, and of the departures of the last minutes."""
    actual = _actual(day)
    begin = day.scheduled_s[:, 0]
    is_announced = day.is_cancelled & (np.abs(begin - second) <= ANNOUNCED_S)
    left = (actual <= second) & (actual > second - TOLD_S) & ~day.is_cancelled[:, None]
    for trip in np.flatnonzero(is_announced | left.any(axis=1)):
        update = message.entity.add(id=day.trip_ids[trip]).trip_update
        update.trip.trip_id = day.trip_ids[trip]
        update.trip.start_date = day.on.strftime("%Y%m%d")
        if is_announced[trip]:
            update.trip.schedule_relationship = TripDescriptor.CANCELED
            continue
        for column in np.flatnonzero(left[trip]):
            stop = update.stop_time_update.add(stop_sequence=int(day.at[column]) + 1)
            stop.departure.time = midnight + int(actual[trip, column])
