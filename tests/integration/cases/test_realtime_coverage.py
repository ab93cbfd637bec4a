"""T6: what a city with trip updates alone observed of its timetable."""

from datetime import date

import pytest

from geodata.space.districts import DistrictLocator, read_districts
from layers.build.run import build_states
from layers.catalogue.indicator import DEFAULT
from layers.period import Period
from layers.values.query import ValueQuery
from layers.values.read import read_values
from tests.integration.cases.realtime_feed import RealtimeFeed

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
