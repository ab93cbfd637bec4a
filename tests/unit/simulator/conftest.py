"""A small invented city on the plain: two districts, one rail line, a handful of places."""

from datetime import date
from pathlib import Path

import pytest

from geodata.city.configuration import City, load_city
from simulator import Written, simulate
from simulator.ground.world import World, build_world

SEED = 7
START_ON = date(2026, 11, 16)
DAYS = 3
RESIDENTS = {"D1": 60_000, "D2": 15_001}


@pytest.fixture(scope="session")
def small_city() -> City:
    return load_city(str(Path(__file__).parent / "plainville"))


@pytest.fixture(scope="session")
def world(small_city: City) -> World:
    return build_world(small_city, SEED)


@pytest.fixture(scope="session")
def incoming(small_city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incoming")
    simulate(small_city, folder, SEED, START_ON, DAYS)
    return folder


@pytest.fixture(scope="session")
def written(small_city: City, tmp_path_factory: pytest.TempPathFactory) -> list[Written]:
    return simulate(small_city, tmp_path_factory.mktemp("again"), SEED, START_ON, DAYS)
