"""The timetable that realtime messages refer to: trips with their stops along their shapes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import ColumnElement, Connection, case, func, select

from etl.gtfs_rt.shape_line import Floats, ShapeLine
from geodata.tables import (
    gtfs_feed,
    gtfs_frequency,
    gtfs_service_day,
    gtfs_shape,
    gtfs_stop,
    gtfs_stop_time,
    gtfs_trip,
)
from geodata.tables.observed import LATE


@dataclass(frozen=True, eq=False)
class Stops:
    """The stops of a trip in order, in WGS-84; `at_m` is metres along the line."""

    sequence: npt.NDArray[np.int64]
    stop_id: list[str]
    lon: Floats
    lat: Floats
    given: list[tuple[float, float, str]]  # longitude and latitude in the timetable's own datum
    at_m: Floats
    arrival_s: Floats  # of the service day, as is
    departure_s: Floats
    is_counted: npt.NDArray[np.bool_]  # a timepoint (every stop where there are none) to board at


@dataclass(frozen=True, eq=False)
class Trip:
    """A trip of the timetable."""

    trip_id: str
    service_id: str
    route_id: str
    direction_id: int
    line: ShapeLine
    stops: Stops
    is_repeated: bool  # by frequencies.txt: start_time distinguishes its runs
    is_exact: bool
    starts: tuple[range, ...] = ()  # of a repeated trip, in seconds of the service day

    def start_s(self, given: int | None) -> int:
        """Return the start that is part of a run's key; zero for a trip that runs once a day."""
        return given if self.is_repeated and given is not None else 0

    def is_start(self, start_s: int) -> bool:
        """Tell whether a repeated trip starts then; under headways, at any time of theirs."""
        return any(
            start_s in each if self.is_exact else each.start <= start_s < each.stop
            for each in self.starts
        )

    def shift_s(self, start_s: int) -> float:
        """Return by how many seconds a run is later than the trip's stop times."""
        return start_s - float(self.stops.departure_s[0]) if self.is_repeated else 0.0


class TripBook:
    """The trips of one source's current feed, read on demand and cached until the feed changes."""

    def __init__(self, source: str) -> None:
        """Start empty."""
        self._source = source
        self._load_id: int | None = None
        self._zone = ZoneInfo("UTC")
        self._trips: dict[str, Trip] = {}
        self._lines: dict[tuple[str | None, tuple[str, ...]], tuple[ShapeLine, Floats]] = {}
        self._days: set[tuple[str, date]] = set()

    def read(self, connection: Connection, trip_ids: Iterable[str]) -> dict[str, Trip]:
        """Return those trips that the current feed has."""
        self._renew(connection)
        wanted = set(trip_ids)
        missing = sorted(wanted - self._trips.keys())
        if missing:
            self._add(connection, missing)
        return {key: self._trips[key] for key in wanted if key in self._trips}

    def trips_on(
        self, connection: Connection, route_ids: Sequence[str], on: date
    ) -> Iterator[tuple[Trip, int]]:
        """Yield the trips of some routes on a service day, repeated ones with each start."""
        self._renew(connection)
        services = [service_id for service_id, day in self._days if day == on]
        c = gtfs_trip.c
        statement = select(c.trip_id).where(
            c.source == self._source, c.retired_by.is_(None),
            c.route_id.in_(route_ids), c.service_id.in_(services),
        )  # fmt: skip
        trips = self.read(connection, connection.execute(statement).scalars())
        for key in sorted(trips):
            trip = trips[key]
            starts = chain.from_iterable(trip.starts) if trip.is_repeated else [0]
            for start_s in starts:
                yield trip, start_s

    def _read_starts(
        self, connection: Connection, trip_ids: list[str]
    ) -> dict[str, list[tuple[range, bool]]]:
        """Return the starts of the repeated ones of some trips, and whether they are exact."""
        c = gtfs_frequency.c
        statement = select(c.trip_id, c.start_s, c.end_s, c.headway_s, c.exact_times).where(
            c.source == self._source, c.retired_by.is_(None), c.trip_id.in_(trip_ids)
        )
        found: dict[str, list[tuple[range, bool]]] = {}
        for row in connection.execute(statement):
            starts = range(row.start_s, row.end_s, row.headway_s)
            found.setdefault(row.trip_id, []).append((starts, row.exact_times))
        return found

    def day_start(self, on: date) -> datetime:
        """Return noon minus twelve hours of a service day."""
        noon = datetime.combine(on, time(12), self._zone).astimezone(UTC)
        return noon - timedelta(hours=12)

    def service_day(
        self, trip: Trip, at: datetime, given: date | None, start_s: int = 0
    ) -> date | None:
        """Return the service day of a run that is under way at an instant; None if it has none.

        Where the message names no day, it is the day on which the trip then runs: at 23:50 also
        tomorrow's, for a trip that leaves soon after midnight.
        """
        if given is not None:
            return given if (trip.service_id, given) in self._days else None
        today = at.astimezone(self._zone).date()
        shift = timedelta(seconds=trip.shift_s(start_s))
        for ahead in (0, -1, -2, 1):
            on = today + timedelta(days=ahead)
            start = self.day_start(on) + shift
            first = start + timedelta(seconds=float(trip.stops.departure_s[0])) - LATE
            last = start + timedelta(seconds=float(trip.stops.departure_s[-1])) + LATE
            if (trip.service_id, on) in self._days and first <= at <= last:
                return on
        return None

    def _renew(self, connection: Connection) -> None:
        c = gtfs_feed.c
        statement = select(c.load_id, c.timezone).where(
            c.source == self._source, c.retired_by.is_(None)
        )
        found = connection.execute(statement).one_or_none()
        load_id = found.load_id if found else None
        if load_id == self._load_id:
            return
        self._load_id = load_id
        self._zone = ZoneInfo(found.timezone if found else "UTC")
        self._trips, self._lines = {}, {}
        day = gtfs_service_day.c
        days = select(day.service_id, day.service_on).where(
            day.source == self._source, day.retired_by.is_(None)
        )
        self._days = {(row.service_id, row.service_on) for row in connection.execute(days)}

    def _add(self, connection: Connection, trip_ids: list[str]) -> None:
        trip = gtfs_trip.c
        statement = select(
            trip.trip_id, trip.service_id, trip.route_id, trip.direction_id, trip.shape_id
        ).where(trip.source == self._source, trip.retired_by.is_(None), trip.trip_id.in_(trip_ids))
        starts = self._read_starts(connection, trip_ids)
        times = self._read_stops(connection, trip_ids)
        for row in connection.execute(statement):
            if len(times.get(row.trip_id, ())) < 2:
                continue
            stops = times[row.trip_id]
            line, at_m = self._line(connection, row.shape_id, stops)
            repeated = starts.get(row.trip_id, [])
            self._trips[row.trip_id] = Trip(
                row.trip_id, row.service_id, row.route_id, row.direction_id or 0, line,
                _stops(stops, at_m), bool(repeated), all(exact for _, exact in repeated),
                tuple(each for each, _ in repeated),
            )  # fmt: skip

    def _read_stops(
        self, connection: Connection, trip_ids: list[str]
    ) -> dict[str, list[tuple[Any, ...]]]:
        c, stop = gtfs_stop_time.c, gtfs_stop.c
        statement = (
            select(
                c.trip_id, c.stop_sequence, c.stop_id,
                func.coalesce(c.departure_s, c.arrival_s), c.timepoint, c.pickup_type,
                func.ST_X(stop.geom), func.ST_Y(stop.geom),
                func.coalesce(c.arrival_s, c.departure_s),
                *_given(stop),
            )
            .join(
                gtfs_stop,
                (stop.source == c.source) & (stop.stop_id == c.stop_id) & stop.retired_by.is_(None),
            )
            .where(
                c.source == self._source, c.retired_by.is_(None), c.trip_id.in_(trip_ids),
                stop.geom.is_not(None), func.coalesce(c.departure_s, c.arrival_s).is_not(None),
            )
            .order_by(c.trip_id, c.stop_sequence)
        )  # fmt: skip
        found: dict[str, list[tuple[Any, ...]]] = {}
        for trip_id, *rest in connection.execute(statement):
            found.setdefault(trip_id, []).append(tuple(rest))
        return found

    def _line(
        self, connection: Connection, shape_id: str | None, stops: list[tuple[Any, ...]]
    ) -> tuple[ShapeLine, Floats]:
        """Return the line of a shape, or of the stops themselves where there is none."""
        key = shape_id, tuple(str(stop[1]) for stop in stops)
        if key not in self._lines:
            lon, lat = _column(stops, 5), _column(stops, 6)
            points = self._read_shape(connection, shape_id)
            line = ShapeLine(*(points.T if points is not None else (lon, lat)))
            self._lines[key] = line, line.place_stops(lon, lat)
        return self._lines[key]

    def _read_shape(self, connection: Connection, shape_id: str | None) -> Floats | None:
        c = gtfs_shape.c
        statement = select(func.ST_AsBinary(c.geom)).where(
            c.source == self._source, c.retired_by.is_(None), c.shape_id == shape_id
        )
        content = connection.execute(statement).scalar_one_or_none()
        if content is None:
            return None
        return np.asarray(shapely.get_coordinates(shapely.from_wkb(bytes(content))))


def _given(stop: Any) -> list[ColumnElement[Any]]:
    """Return a stop's place as its feed gave it; where the datum was not noted, in WGS-84."""
    is_noted = stop.datum.is_not(None)
    return [
        case((is_noted, stop.original_lon), else_=func.ST_X(stop.geom)),
        case((is_noted, stop.original_lat), else_=func.ST_Y(stop.geom)),
        func.coalesce(stop.datum, "wgs84"),
    ]


def _column(rows: list[tuple[Any, ...]], index: int) -> Floats:
    return np.array([row[index] for row in rows], dtype=np.float64)


def _stops(rows: list[tuple[Any, ...]], at_m: Floats) -> Stops:
    timepoint = np.array([row[3] == 1 for row in rows])
    boardable = np.array([row[4] != 1 for row in rows])
    boardable[-1] = False
    counted = boardable & (timepoint if timepoint.any() else True)
    return Stops(
        sequence=np.array([row[0] for row in rows], dtype=np.int64),
        stop_id=[str(row[1]) for row in rows],
        lon=_column(rows, 5),
        lat=_column(rows, 6),
        given=[(float(lon), float(lat), str(datum)) for *_, lon, lat, datum in rows],
        at_m=at_m,
        arrival_s=_column(rows, 7),
        departure_s=_column(rows, 2),
        is_counted=counted,
    )
