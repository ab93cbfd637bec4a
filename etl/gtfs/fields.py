"""Which files and fields of GTFS Schedule are read, and what each must hold."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How the text of a cell is parsed."""

    TEXT = "text"
    INTEGER = "whole number"
    FLOAT = "number"
    TIME = "time H:MM:SS"
    DATE = "date YYYYMMDD"


@dataclass(frozen=True)
class Field:
    """One column: `required` cells may not be blank, and a row without a readable one is refused.

    An unreadable cell of any other column counts as blank, unless it `decides` about its row: then
    the row is refused, or, with a `partner`, only where that column has no readable cell either.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    allowed: frozenset[int] | None = None
    minimum: float | None = None
    maximum: float | None = None
    decides: bool = False
    partner: str | None = None

    @property
    def is_strict(self) -> bool:
        """Whether an unreadable cell may refuse its row."""
        return self.required or self.decides


@dataclass(frozen=True)
class FileRule:
    """One file: its fields, the key that may not repeat, and whether a feed must have it."""

    fields: tuple[Field, ...]
    key: tuple[str, ...]
    required: bool = False


def _key(name: str) -> Field:
    return Field(name, required=True)


def _choice(name: str, *allowed: int, required: bool = False) -> Field:
    return Field(name, Kind.INTEGER, required=required, allowed=frozenset(allowed))


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FILES: dict[str, FileRule] = {
    "agency.txt": FileRule(
        (
            Field("agency_id"),
            Field("agency_name"),
            Field("agency_timezone", required=True),
        ),
        key=("agency_id",),
        required=True,
    ),
    "feed_info.txt": FileRule(
        (
            Field("feed_publisher_name"),
            Field("feed_version"),
            Field("feed_start_date", Kind.DATE),
            Field("feed_end_date", Kind.DATE),
        ),
        key=(),
    ),
    "stops.txt": FileRule(
        (
            _key("stop_id"),
            Field("stop_name"),
            Field("stop_lat", Kind.FLOAT, minimum=-90.0, maximum=90.0, decides=True),
            Field("stop_lon", Kind.FLOAT, minimum=-180.0, maximum=180.0, decides=True),
            _choice("location_type", 0, 1, 2, 3, 4),
            Field("parent_station"),
        ),
        key=("stop_id",),
        required=True,
    ),
    "routes.txt": FileRule(
        (
            _key("route_id"),
            Field("agency_id"),
            Field("route_short_name"),
            Field("route_long_name"),
            Field("route_type", Kind.INTEGER, required=True, minimum=0, maximum=1799),
        ),
        key=("route_id",),
        required=True,
    ),
    "trips.txt": FileRule(
        (
            _key("trip_id"),
            _key("route_id"),
            _key("service_id"),
            _choice("direction_id", 0, 1),
            Field("shape_id"),
            Field("trip_headsign"),
        ),
        key=("trip_id",),
        required=True,
    ),
    "stop_times.txt": FileRule(
        (
            _key("trip_id"),
            Field("stop_sequence", Kind.INTEGER, required=True, minimum=0),
            Field("stop_id"),
            Field("arrival_time", Kind.TIME, decides=True, partner="departure_time"),
            Field("departure_time", Kind.TIME, decides=True, partner="arrival_time"),
            _choice("pickup_type", 0, 1, 2, 3),
            _choice("drop_off_type", 0, 1, 2, 3),
            Field("timepoint", Kind.INTEGER, allowed=frozenset((0, 1))),
            Field("shape_dist_traveled", Kind.FLOAT, minimum=0.0),
            Field("location_id"),
            Field("location_group_id"),
            Field("start_pickup_drop_off_window"),
            Field("end_pickup_drop_off_window"),
        ),
        key=("trip_id", "stop_sequence"),
        required=True,
    ),
    "calendar.txt": FileRule(
        (
            _key("service_id"),
            *(_choice(day, 0, 1, required=True) for day in WEEKDAYS),
            Field("start_date", Kind.DATE, required=True),
            Field("end_date", Kind.DATE, required=True),
        ),
        key=("service_id",),
    ),
    "calendar_dates.txt": FileRule(
        (
            _key("service_id"),
            Field("date", Kind.DATE, required=True),
            _choice("exception_type", 1, 2, required=True),
        ),
        key=("service_id", "date"),
    ),
    "frequencies.txt": FileRule(
        (
            _key("trip_id"),
            Field("start_time", Kind.TIME, required=True),
            Field("end_time", Kind.TIME, required=True),
            Field("headway_secs", Kind.INTEGER, required=True, minimum=1),
            _choice("exact_times", 0, 1),
        ),
        key=("trip_id", "start_time"),
    ),
    "shapes.txt": FileRule(
        (
            _key("shape_id"),
            Field("shape_pt_lat", Kind.FLOAT, required=True, minimum=-90.0, maximum=90.0),
            Field("shape_pt_lon", Kind.FLOAT, required=True, minimum=-180.0, maximum=180.0),
            Field("shape_pt_sequence", Kind.INTEGER, required=True, minimum=0),
        ),
        key=("shape_id", "shape_pt_sequence"),
    ),
}

# The types of the standard and the extended ones, by hundreds: rail, coach, ... , other.
ROUTE_TYPES = frozenset(
    {*range(8), 11, 12, *range(100, 118), *range(200, 210), *range(300, 310), *range(400, 406)}
    | {500, 600, *range(700, 718), 800, *range(900, 908), *range(1000, 1022), *range(1100, 1116)}
    | {1200, *range(1300, 1308), 1400, 1401, 1402, *range(1500, 1508), *range(1600, 1605)}
    | {1700, 1701, 1702}
)

# Metro, rail, monorail and the extended railway and urban-railway types: places people enter by
# an entrance. Trams (0, 900-906) are boarded from the street.
RAIL_ROUTE_TYPES = frozenset({1, 2, 12, *range(100, 118), *range(400, 406)})
