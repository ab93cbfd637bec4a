"""T6: what a city with trip updates alone observed of its timetable."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geodata.space.districts import DistrictLocator, read_districts
from layers.build.run import build_states
from layers.catalogue.indicator import DEFAULT
from layers.period import Period
from layers.values.query import ValueQuery
from layers.values.read import read_values
from tests.integration.cases.realtime_feed import RealtimeFeed, message, update, zipped

pytestmark = pytest.mark.realdata
DAY = Period(date(2026, 11, 25), date(2026, 11, 26))


def test_coverage_falls_where_nobody_tells_of_departures(
    engine, city, trial_data, tmp_path, monkeypatch
):
    """Of T1's and T2's six departures at stops to board at, three were told of."""
    monkeypatch.setenv("OCC_NOW", "2026-11-24T23:25:00+00:00")
    (folder,) = (trial_data / "cases").glob("44-*")
    timetable = (folder / "timetable.zip").read_bytes()
    locator = DistrictLocator(read_districts(city))
    feed = RealtimeFeed(engine, city, locator, tmp_path, timetable, "Asia/Shanghai")
    feed.declare("trip_updates")
    for path in folder.glob("*.pb"):
        feed.send(path.name, path.read_bytes())
    feed.poll()
    feed.poll("2026-11-25T04:00:00+00:00")
    build_states(engine, city, ["departures_observed"])
    row = read_values(engine, city, ValueQuery("departures_observed", DAY, DEFAULT, "city")).row(
        0, named=True
    )
    assert (row["value"], row["num"], row["den"]) == (50.0, 3, 6)


SEOUL = ZoneInfo("Asia/Seoul")  # an hour before the city's clock
LATE, SOON = ("LATE", "22:30", "22:40", "22:50"), ("SOON", "00:10", "00:20", "00:30")
OVER_THE_RIVER = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nA,http://a.example,Asia/Seoul\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    "S1,a,43.88,125.32\nS2,b,43.89,125.32\nS3,c,43.90,125.32\n",
    "routes.txt": "route_id,route_short_name,route_type\nR,1,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nD,1,1,1,1,1,1,1,20261101,20261231\n",
    "trips.txt": "route_id,service_id,trip_id\nR,D,LATE\nR,D,SOON\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    + "".join(
        f"{trip},{clock}:00,{clock}:00,S{number},{number}\n"
        for trip, *clocks in (LATE, SOON)
        for number, clock in enumerate(clocks, start=1)
    ),
}


def test_departures_of_a_zone_east_of_the_city_are_missed_too(
    engine, city, trial_data, tmp_path, monkeypatch
):
    """SOON leaves on the 26th there, while the city still has the 25th."""
    begin = datetime(2026, 11, 25, 22, 35, tzinfo=SEOUL)
    monkeypatch.setenv("OCC_NOW", begin.isoformat())
    locator = DistrictLocator(read_districts(city))
    feed = RealtimeFeed(engine, city, locator, tmp_path, zipped(OVER_THE_RIVER), "Asia/Seoul")
    feed.declare("trip_updates")
    left = f"stop_sequence: 1 departure {{ time: {int(begin.timestamp()) - 240} }}"
    feed.take(message(begin, update('trip_id: "LATE" start_date: "20261125"', left)))
    for minutes in range(0, 200, 10):
        feed.poll((begin + timedelta(minutes=minutes)).isoformat())
    assert feed.departures() == {
        ("LATE", 1): 60, ("LATE", 2): "missed", ("SOON", 1): "missed", ("SOON", 2): "missed",
    }  # fmt: skip
    assert feed.service_days("SOON") == {date(2026, 11, 26)}
