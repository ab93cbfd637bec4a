"""From the files of mini-feed M to values: the methods' answers through every stage."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from etl.pipeline.run import load_source
from geodata.city.configuration import City
from geodata.queries.transit import read_service_dates
from geodata.space import grid
from geodata.space.crs import from_metric, to_metric
from geodata.space.grid import Floats
from geodata.tables import load, population, source_coverage
from layers.build.run import build_states
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery, read_values

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"
KEYS = ["departures_per_hour", "stop_departures", "headway_mean_min", "wait_random_min"]
RES = 7
LAT = 43.85
S1, S2, S3 = 125.3, 125.312471, 125.324942


@pytest.fixture(scope="module")
def loaded(engine: Engine, city: City, declare_feed) -> Engine:
    declaration = declare_feed("m", MINI, expand={"from": "2026-12-01", "days": 31})
    (result,) = load_source(engine, city, declaration, MINI).files
    assert result.status == "loaded"
    build_states(engine, city, KEYS)
    return engine


def cell(lon: float) -> int:
    return int(grid.cell_to_parents(grid.latlng_to_cells(np.array([LAT]), np.array([lon])), RES)[0])


def read(engine: Engine, city: City, indicator: str, day: str, **query: object):
    question = ValueQuery(indicator, Period.parse(day), **{"by": "cell", "res": RES} | query)
    frame = read_values(engine, city, question)
    return {row["key"]: row for row in frame.iter_rows(named=True)}


def test_trips_per_hour_and_stop_departures(loaded: Engine, city: City) -> None:
    trips = read(loaded, city, "departures_per_hour", "2026-12-01")
    assert trips[cell(S1)]["value"] == 2.0
    assert cell(S3) not in trips or trips[cell(S3)]["status"] == Status.ZERO_TRUE
    assert cell(S1) == cell(S2)
    departures = read(loaded, city, "stop_departures", "2026-12-01")
    assert departures[cell(S1)]["value"] == 12


def test_the_city_counts_each_run_once(loaded: Engine, city: City) -> None:
    values = read(loaded, city, "departures_per_hour", "2026-12-01", by="city", res=None)
    (value,) = values.values()
    assert value["value"] == 2.0


def test_a_day_without_service_inside_the_feed_is_a_true_zero(loaded: Engine, city: City) -> None:
    (sunday,) = read(
        loaded, city, "departures_per_hour", "2026-12-06", by="city", res=None
    ).values()
    assert (sunday["value"], sunday["status"]) == (0.0, Status.ZERO_TRUE)


def test_headway_and_wait(loaded: Engine, city: City) -> None:
    headway = read(loaded, city, "headway_mean_min", "2026-12-01")[cell(S1)]
    wait = read(loaded, city, "wait_random_min", "2026-12-01")[cell(S1)]
    assert (headway["value"], wait["value"]) == (32.0, 21.875)
    assert headway["n"] == 10


def test_loading_the_same_feed_again_changes_nothing(
    loaded: Engine, city: City, declare_feed
) -> None:
    declaration = declare_feed("m", MINI, expand={"from": "2026-12-01", "days": 31})
    (result,) = load_source(loaded, city, declaration, MINI).files
    assert result.status == "already loaded"


@pytest.mark.parametrize(("radius_m", "percent"), [(300, 50.0), (500, 90.0)])
def test_residents_near_a_stop(
    loaded: Engine, city: City, residents: None, radius_m: int, percent: float
) -> None:
    key = f"stop_coverage_pop_{radius_m}"
    build_states(loaded, city, [key])
    (value,) = read(loaded, city, key, "2026-12-01", by="city", res=None).values()
    assert (value["value"], value["den"]) == (percent, 2000)


@pytest.fixture(scope="module")
def residents(loaded: Engine, city: City) -> None:
    """1000, 500, 300, 200 people 120, 310, 480, 700 m west of S1; nobody boards at S3.

    Those of the newest source that declares to cover the city, whatever was loaded last.
    """
    x_m, y_m = to_metric(city, [S1], [LAT])
    lon, lat = from_metric(city, x_m - np.array([120.0, 310, 480, 700]), np.repeat(y_m, 4))
    _add_residents(loaded, "old_census", lon, lat, [700, 700, 700, 700], vintage_on="2010-11-01")
    _add_residents(loaded, "census", lon, lat, [1000, 500, 300, 200])
    _add_residents(loaded, "older_census", lon, lat, [600, 600, 600, 600], vintage_on="2000-11-01")
    _add_residents(loaded, "other_grid", lon, lat, [9000, 9000, 9000, 9000], covers=False)


def _add_residents(
    engine: Engine,
    source: str,
    lon: Floats,
    lat: Floats,
    people: list[int],
    vintage_on: str = "2020-11-01",
    *,
    covers: bool = True,
) -> None:
    cells = grid.latlng_to_cells(lat, lon)
    with engine.begin() as connection:
        values = {
            "source": source, "table_name": "population", "file": "-", "sha256": "-",
            "status": "loaded", "provenance": "real", "owner": "t", "licence": "t",
            "started_at": "2026-11-01Z", "finished_at": "2026-11-01Z", "rows_in": 4,
            "rows_loaded": 4, "rows_rejected": 0, "records": 4,
        }  # fmt: skip
        number = connection.execute(
            insert(load).values(values).returning(load.c.load_id)
        ).scalar_one()
        connection.execute(
            insert(population),
            [
                {
                    "source": source, "load_id": number, "unit_id": str(i), "residents": count,
                    "vintage_on": vintage_on, "cell": int(cells[i]),
                    "geom": f"SRID=4326;POINT({lon[i]} {lat[i]})",
                }
                for i, count in enumerate(people)
            ],
        )  # fmt: skip
        if covers:
            whole = {
                "source": source, "load_id": number, "table_name": "population",
                "starts_at": f"{vintage_on}Z", "ends_at": "2030-11-01Z",
            }  # fmt: skip
            connection.execute(insert(source_coverage).values(whole))


def test_a_day_for_which_a_running_feed_is_not_expanded_is_not_known(
    loaded: Engine, city: City, declare_feed
) -> None:
    late = declare_feed("late", MINI, expand={"from": "2026-12-20", "days": 5})
    (result,) = load_source(loaded, city, late, MINI).files
    assert result.status == "loaded"
    with loaded.connect() as connection:
        found = read_service_dates(connection, city.timezone)
    assert [day.isoformat() for day in found] == [f"2026-12-{day}" for day in range(20, 25)]
