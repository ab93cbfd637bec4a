"""Porto Alegre from configuration alone: districts, people, trains, states, layers and screens."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from commands.sources import load_files
from dashboard.server import create_server
from etl.source.declaration import read_declaration
from geodata.city.configuration import City, load_city
from geodata.settings import Settings
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.maps.urls import cells_address, districts_address, values_address
from layers.values.query import ValueQuery
from layers.values.read import latest_period, read_build, read_values
from tests.callers import as_administrator

pytestmark = pytest.mark.realdata

DATA = Path(__file__).resolve().parents[1] / "data"
SOURCES = ("poa_population", "gtfs_poa_trensurb")
INDICATORS = ["residents", "stop_coverage_pop_500", "departures_per_hour"]
RESIDENTS = 812_935


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(str(DATA / "cities" / "portoalegre"))


@pytest.fixture(scope="module")
def filled(engine: Engine, city: City, trial_data: Path) -> Engine:
    """The city's database after what `load` and `build` do."""
    with engine.begin() as connection:
        load_districts(connection, city)
    declarations = [read_declaration(DATA / "declarations" / f"{key}.yaml") for key in SOURCES]
    loaded = list(load_files(engine, city, declarations, root=trial_data))
    assert [file.status for file in loaded] == ["loaded", "loaded"]
    build_states(engine, city, INDICATORS)
    return engine


@pytest.fixture(scope="module")
def client(filled: Engine, city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), database_url=None)
    with as_administrator(create_server(filled, city, settings), filled) as made:
        yield made


def read(filled: Engine, city: City, key: str, by: str, res: int | None = None) -> pl.DataFrame:
    component = find_indicator(city, key).default_component
    period = latest_period(filled, city, key, component)
    return read_values(filled, city, ValueQuery(key, period, component, by, res=res))


def test_everybody_is_counted_in_hexagons_districts_and_the_city(
    filled: Engine, city: City
) -> None:
    for by, res in (("city", None), ("district", None), ("cell", 9), ("cell", 8)):
        assert read(filled, city, "residents", by, res)["value"].sum() == RESIDENTS


def test_the_trains_run_and_are_near_some_people(filled: Engine, city: City) -> None:
    near = read(filled, city, "stop_coverage_pop_500", "city")
    assert near["den"].item() == RESIDENTS
    assert 0 < near["value"].item() < 50  # one railway line
    assert read(filled, city, "departures_per_hour", "city")["value"].item() > 1


def test_its_layers_and_screens_are_served(client: TestClient, filled: Engine, city: City) -> None:
    (district,) = client.get(districts_address()).json()["features"]
    assert district["properties"]["district_id"]
    key = "residents"
    component = find_indicator(city, key).default_component
    period = latest_period(filled, city, key, component)
    build = read_build(filled, city, key)
    cells = client.get(cells_address(city, 8))
    values = client.get(values_address(key, component, build.version, period, 8))
    assert cells.status_code == values.status_code == 200
    n = len(np.frombuffer(cells.content, "<u8"))
    column = np.frombuffer(values.content[: 4 * n], "<f4")
    assert np.nansum(column.astype(float)) == RESIDENTS
    for path in ("/", "/wall", "/explore", "/kiosk", "/healthz"):
        assert client.get(path).status_code == 200
    assert city.title_en in client.get("/wall").text
