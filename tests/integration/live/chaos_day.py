"""A day of calls and buses in parts: lines to append to files, realtime messages to add."""

import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

from google.transit.gtfs_realtime_pb2 import FeedMessage, TripDescriptor

from etl.pipeline.run import load_source
from etl.source.declaration import read_declaration
from geodata.settings import ROOT, Settings
from simulator.ground.world import build_world
from simulator.live.incidents import LiveIncidents

DAY = date(2026, 11, 20)
PARTS = 3
FAULTS = ("late", "repeated", "disorder", "missing", "dead")
BAD = "x,y\n"  # too few fields, whatever the system's columns are
KM = 1000 / 111_320
FIRST_HOUR, STEP_S, STEPS = 7, 110, 8
SEEN, TOLD, NEVER = range(4), 4, 5  # of the trips of a part: by positions, by updates, by nobody


def timetable() -> bytes:
    """A line of two kilometres: in every other hour six trips, a minute apart."""
    trips = [(part, number) for part in range(PARTS) for number in range(NEVER + 1)]
    clocks = [
        (f"T{part}{number}", stop, f"{FIRST_HOUR + 2 * part:02d}:{number + 5 * (stop - 1):02d}:00")
        for part, number in trips
        for stop in (1, 2, 3)
    ]
    files = {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
        "a,A,http://a,Asia/Shanghai\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"S{n},S{n},{43.88 + KM * (n - 1)},125.32\n" for n in (1, 2, 3)),
        "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,a,1,3\n",
        "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nD,1,1,1,1,1,1,1,20261101,20261231\n",
        "trips.txt": "route_id,service_id,trip_id,direction_id\n"
        + "".join(f"R,D,T{part}{number},0\n" for part, number in trips),
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + "".join(f"{trip},{clock},{clock},S{stop},{stop}\n" for trip, stop, clock in clocks),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def load_timetable(engine, city, folder: Path) -> None:
    """Load it as the city's buses', which the realtime messages refer to."""
    (folder / "line.zip").write_bytes(timetable())
    declaration = read_declaration(ROOT / "cities" / city.code / "sources" / "gtfs_bus.yaml")
    done = load_source(engine, city, declaration, "line.zip", root=folder)
    assert done.status == "loaded"


def _message(at: datetime) -> FeedMessage:
    made = FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = int(at.timestamp())
    return made


def _positions(part: int, begin: datetime, step: int) -> bytes:
    """Each bus goes two kilometres in ten minutes, the later of them somewhat late."""
    made = _message(begin + timedelta(seconds=STEP_S * step))
    for number in SEEN:
        km = 0.2 * (STEP_S * step / 60 - number) - 0.05 * number
        vehicle = made.entity.add(id=f"bus{number}").vehicle
        vehicle.vehicle.id = f"bus{number}"
        vehicle.trip.trip_id = f"T{part}{number}"
        vehicle.position.latitude = 43.88 + KM * min(max(km, 0), 2)
        vehicle.position.longitude = 125.32
        vehicle.timestamp = made.header.timestamp
    return made.SerializeToString()


def _updates(part: int, begin: datetime) -> bytes:
    """One trip is cancelled in every other part, and has left its stops in the others."""
    made = _message(begin + timedelta(minutes=20))
    update = made.entity.add(id="1").trip_update
    update.trip.trip_id = f"T{part}{TOLD}"
    if part % 2:
        update.trip.schedule_relationship = TripDescriptor.CANCELED
    for stop in (1, 2) if part % 2 == 0 else ():
        left = begin + timedelta(minutes=TOLD + 5 * (stop - 1), seconds=90)
        given = update.stop_time_update.add(stop_sequence=stop)
        given.departure.time = int(left.timestamp())
    return made.SerializeToString()


class ChaosDay:
    """What happens on the day, and how it is written into the incoming folder."""

    def __init__(self, city) -> None:
        """Make the day."""
        self._zone = city.zone
        self._calls: dict[str, list[bytes]] = {}
        for system, lines in LiveIncidents(build_world(city, Settings().seed), FAULTS).lines(DAY):
            encoding = "utf-8" if system.encoding == "utf-8-sig" else system.encoding
            content = lines.drop("at").write_csv().encode(encoding).splitlines(keepends=True)
            for at in range(50, len(content), 97):
                content.insert(at, BAD.encode())
            self._calls[f"incidents_{system.key}_{DAY:%Y%m%d}.csv"] = content

    def write(self, folder: Path, part: int) -> None:
        """Append one of the parts of every file of calls, and add the part's messages."""
        rt = folder / "rt"
        rt.mkdir(parents=True, exist_ok=True)
        for name, lines in self._calls.items():
            cut = [len(lines) * each // PARTS for each in (part, part + 1)]
            with (folder / name).open("ab") as stream:
                stream.write(b"".join(lines[slice(*cut)]))
        begin = datetime(DAY.year, DAY.month, DAY.day, FIRST_HOUR + 2 * part, tzinfo=self._zone)
        for step in range(STEPS):
            content = _positions(part, begin, step)
            _add(rt / f"vehicle_positions_{part}{step:02d}.pb", content)
        _add(rt / f"trip_updates_{part}.pb", _updates(part, begin))


def _add(path: Path, content: bytes) -> None:
    """Add a message whole."""
    beside = path.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(path)
