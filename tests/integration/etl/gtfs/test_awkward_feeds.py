"""Loops, calendars of exceptions, frequencies, flex rows, extended types: from files to values."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from etl.pipeline.run import load_source
from geodata.city.configuration import City
from geodata.queries.stop_access import read_stop_access
from geodata.space import grid
from layers.build.run import build_states
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery, read_values

KEYS = ["departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min"]
RES = 8
TIMES = "trip_id,arrival_time,departure_time,stop_id,stop_sequence"
LON = {"loop": 125.30, "dates": 125.40, "loose": 125.50, "exact": 125.55, "flex": 125.60,
       "rail": 125.65, "coach": 125.70}  # fmt: skip


def trip(name: str, *calls: str) -> str:
    """Write calls such as `07:00 A`, in order, as rows of stop_times.txt."""
    parts = [call.split() for call in calls]
    rows = [f"{name},{at}:00,{at}:00,{stop},{n}" for n, (at, stop) in enumerate(parts, 1)]
    return "\n".join(rows) + "\n"


def routes(route_type: int) -> str:
    return f"route_id,agency_id,route_short_name,route_type\nR,M,1,{route_type}\n"


def trips(*names: str) -> str:
    return "route_id,service_id,trip_id\n" + "".join(f"R,WD,{name}\n" for name in names)


FREQUENCIES = "trip_id,start_time,end_time,headway_secs,exact_times\nT1,07:00:00,08:00:00,600,{}\n"
CALENDAR = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "WD,1,1,1,1,1,1,1,20261201,20261231\n"
)
ONCE = trip("T1", "07:00 A", "07:20 B")
# What each feed has instead of a daily trip T1 from A to B at 07:00.
FEEDS: dict[str, dict[str, str | None]] = {
    "loop": {
        "trips.txt": trips("T1", "T2"),
        "stop_times.txt": f"{TIMES}\n"
        + trip("T1", "07:00 A", "07:05 B", "07:10 A", "07:15 B", "07:20 A")
        + trip("T2", "07:30 A", "07:35 B", "07:40 A", "07:45 B", "07:50 A"),
    },
    "dates": {
        "calendar.txt": None,
        "calendar_dates.txt": "service_id,date,exception_type\nWD,20261201,1\nWD,20261204,1\n",
        "trips.txt": trips("T1", "T2"),
        "stop_times.txt": f"{TIMES}\n{ONCE}" + trip("T2", "31:30 A", "31:50 B"),
    },
    "loose": {"frequencies.txt": FREQUENCIES.format(0)},
    "exact": {"frequencies.txt": FREQUENCIES.format(1)},
    "flex": {
        "trips.txt": trips("T1", "T2"),
        "stop_times.txt": f"{TIMES},start_pickup_drop_off_window,end_pickup_drop_off_window\n"
        "T2,,,A,1,06:00:00,20:00:00\nT2,,,B,2,06:00:00,20:00:00\n"
        "T1,07:00:00,07:00:00,A,1,,\nT1,07:20:00,07:20:00,B,2,,\n",
    },
    "rail": {"routes.txt": routes(109)},
    "coach": {"routes.txt": routes(202)},
}


def write_feed(folder: Path, name: str) -> Path:
    stops = f"A,A,43.85,{LON[name]}\nB,B,43.88,{LON[name]}\n"
    files = {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
        "M,M,https://example.org,Asia/Shanghai\n",
        "calendar.txt": CALENDAR,
        "routes.txt": routes(3),
        "trips.txt": trips("T1"),
        "stops.txt": f"stop_id,stop_name,stop_lat,stop_lon\n{stops}",
        "stop_times.txt": f"{TIMES}\n{ONCE}",
    }
    folder.mkdir()
    for file, content in (files | FEEDS[name]).items():
        if content is not None:
            (folder / file).write_text(content)
    return folder


@pytest.fixture(scope="module")
def rejected(
    engine: Engine, city: City, declare_feed: Callable, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, int]:
    """Load all feeds side by side, their ids the same, and tell how many rows each lost."""
    base, lost = tmp_path_factory.mktemp("feeds"), {}
    for name in FEEDS:
        folder = write_feed(base / name, name)
        declared = declare_feed(name, folder, expand={"from": "2026-12-01", "days": 5})
        (result,) = load_source(engine, city, declared, folder).files
        assert result.status == "loaded"
        lost[name] = result.rows_rejected
    build_states(engine, city, KEYS)
    return lost


def values(engine: Engine, city: City, key: str, day: str, name: str, stop: str = "A") -> tuple:
    """Return value and status of a stop's hexagon in the morning; nothing without states."""
    lat = {"A": 43.85, "B": 43.88}[stop]
    fine = grid.latlng_to_cells(np.array([lat]), np.array([LON[name]]))
    cell = int(grid.cell_to_parents(fine, RES)[0])
    question = ValueQuery(key, Period.parse(f"2026-12-{day}"), "morning", "cell", res=RES)
    found = read_values(engine, city, question).filter(key=cell)
    return found.select("value", "status").row(0) if len(found) else (None, None)


@pytest.mark.parametrize(
    ("key", "stop", "value"),
    [
        ("departures_per_hour", "A", 2 / 3),  # T2: two trips, each counted once
        ("stop_departures", "A", 4),  # twice a trip; nobody boards where it ends
        ("stop_departures", "B", 4),
        ("headway_mean_min", "A", 40 / 3),  # T3: gaps 10, 20, 10
        ("wait_random_min", "A", 7.5),
    ],
)
def test_a_loop_is_boarded_at_each_call_but_the_last(
    rejected, engine: Engine, city: City, key: str, stop: str, value: float
) -> None:
    assert values(engine, city, key, "01", "loop", stop)[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("day", "departures"),
    [("01", 1), ("02", 1), ("03", 0), ("04", 1), ("05", 1)],  # 31:30 of the 1st is 07:30 of the 2nd
)
def test_a_feed_of_exceptions_alone_and_its_day_after(
    rejected, engine: Engine, city: City, day: str, departures: int
) -> None:
    assert (values(engine, city, "stop_departures", day, "dates")[0] or 0) == departures


@pytest.mark.parametrize(("name", "status"), [("loose", Status.ESTIMATED), ("exact", Status.OK)])
def test_frequencies_start_six_runs_an_hour_and_say_whether_they_keep_to_it(
    rejected, engine: Engine, city: City, name: str, status: Status
) -> None:
    assert values(engine, city, "stop_departures", "01", name) == (6, status)
    assert values(engine, city, "headway_mean_min", "01", name)[0] == 10


def test_flex_rows_are_refused_and_the_scheduled_trip_stays(
    rejected, engine: Engine, city: City
) -> None:
    assert rejected == dict.fromkeys(FEEDS, 0) | {"flex": 2}
    assert values(engine, city, "stop_departures", "01", "flex")[0] == 1


@pytest.mark.parametrize(("name", "is_rail"), [("rail", True), ("coach", False), ("exact", False)])
def test_extended_route_types_run_as_what_they_are(
    rejected, engine: Engine, city: City, name: str, is_rail: bool
) -> None:
    """109 is suburban rail, 202 a coach: both run, and one walks further to the first."""
    assert values(engine, city, "departures_per_hour", "02", name)[0] == (1 / 3, 2)[name == "exact"]
    with engine.connect() as connection:
        stops = read_stop_access(connection).filter(source=name)
    assert stops["is_rail"].unique().to_list() == [is_rail]
