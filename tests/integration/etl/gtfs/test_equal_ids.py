"""Two operators' feeds with the same ids throughout, and one that has ended."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.pipeline.run import load_source
from geodata.city.configuration import City
from layers.build.run import build_states
from layers.period import Period
from layers.states.status import Status
from layers.values.evidence import read_evidence
from layers.values.read import ValueQuery, read_values

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"
KEYS = ["departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min",
        "service_span_h", "service_hours", "scheduled_speed_kmh"]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(engine: Engine, city: City, declare_feed, tmp_path_factory) -> Engine:
    folder = Path(shutil.copytree(MINI, tmp_path_factory.mktemp("other") / "feed"))
    stops = (folder / "stops.txt").read_text()
    (folder / "stops.txt").write_text(stops.replace("43.85", "43.90"))
    for key, path in (("one", MINI), ("two", folder)):
        declared = declare_feed(key, path, expand={"from": "2026-12-01", "days": 31})
        (result,) = load_source(engine, city, declared, path).files
        assert result.status == "loaded"
    build_states(engine, city, KEYS)
    return engine


def city_value(engine: Engine, city: City, key: str, day: str = "2026-12-01") -> dict:
    question = ValueQuery(key, Period.parse(day), by="city", res=None)
    return read_values(engine, city, question).row(0, named=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("departures_per_hour", 4.0),  # T2: 2.0 of each
        ("stop_departures", 24.0),
        ("headway_mean_min", 32.0),  # T3: gaps of one feed are not cut by the other's departures
        ("wait_random_min", 21.875),
        ("service_span_h", 17.5833),  # T4: from 07:00 at S1 to 24:35 at S2
        ("service_hours", 3.0),
    ],
)
def test_equal_ids_of_two_feeds_are_two_things(
    loaded: Engine, city: City, key: str, value: float
) -> None:
    assert city_value(loaded, city, key)["value"] == pytest.approx(value, abs=1e-4)


def test_t5_the_way_of_each_feed_counts(loaded: Engine, city: City) -> None:
    """T5: 1 km in 5 min is 12 km/h; each feed has 7 runs of 2 km."""
    found = city_value(loaded, city, "scheduled_speed_kmh")
    assert found["value"] == pytest.approx(12.0, rel=0.01)
    assert found["num"] == pytest.approx(2 * 7 * 2.0, rel=0.01)  # two feeds, 7 runs of 2 km
    assert found["n_missing"] == 0


def test_a_feed_past_its_last_day_makes_the_numbers_stale(
    loaded: Engine, city: City, declare_feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """METHODS 10: GTFS is stale once the feed's end is past, whatever another feed says."""
    monkeypatch.setenv("OCC_NOW", "2026-12-15T08:00:00+08:00")
    assert city_value(loaded, city, "stop_departures", "2026-12-14")["status"] == Status.ESTIMATED
    folder = Path(shutil.copytree(MINI, tmp_path / "feed"))
    calendar = (folder / "calendar.txt").read_text()
    (folder / "calendar.txt").write_text(calendar.replace("20261231", "20261211"))
    (folder / "calendar_dates.txt").unlink()
    (folder / "trips.txt").write_text(
        "\n".join(r for r in (folder / "trips.txt").read_text().split("\n") if ",SP," not in r)
    )
    (result,) = load_source(
        loaded,
        city,
        declare_feed("ended", folder, expand={"from": "2026-12-01", "days": 31}),
        folder,
    ).files
    assert result.status == "loaded"
    build_states(loaded, city, ["stop_departures"])
    assert city_value(loaded, city, "stop_departures", "2026-12-14")["status"] == Status.STALE
    assert city_value(loaded, city, "stop_departures", "2026-12-08")["status"] == Status.ESTIMATED
    question = ValueQuery("stop_departures", Period.parse("2026-12-14"), by="city")
    assert read_evidence(loaded, city, question).late_sources == ("ended",)
    before = ValueQuery("stop_departures", Period.parse("2026-12-08"), by="city")
    assert read_evidence(loaded, city, before).late_sources == ()


def test_a_day_of_which_one_feed_is_not_known_is_no_day_without_service(
    engine: Engine, city: City, declare_feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other feed's departures are not all there are: where it has none is no true zero."""
    monkeypatch.setenv("OCC_NOW", "2026-12-20T08:00:00+08:00")
    short = Path(shutil.copytree(MINI, tmp_path / "feed"))
    declared = declare_feed("short", short, expand={"from": "2026-12-01", "days": 10})
    (result,) = load_source(engine, city, declared, short).files
    assert result.status == "loaded"
    build_states(engine, city, ["stop_departures", "departures_per_hour"])
    for key in ("stop_departures", "departures_per_hour"):
        assert city_value(engine, city, key, "2026-12-08")["value"] > 0
        found = city_value(engine, city, key, "2026-12-15")
        assert (found["value"], found["status"]) == (None, Status.NO_DATA)
