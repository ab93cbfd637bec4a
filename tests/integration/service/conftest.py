"""The GIS service over a published October, on a real port for real clients.

One database serves the folder: publishing it is dear. A test that changes it puts it back.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from geodata.service.app import PREFIX, create_service
from geodata.service.mount import mount_service
from geodata.tables import source_coverage
from layers.build.run import build_states
from layers.disclosure.publish import publish_layers
from tests.conftest import opened
from tests.integration.layers.conftest import (
    DAYS,
    FIRST,
    _others,
    make_add,
    make_emergencies,
    make_points,
)
from tests.integration.service.listening import listening

KEYS = ("incident_count", "incident_rate_10k", "call_to_arrival_p90", "residents", "down_mean_mbps")


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="package")
def engine(create_database, template_database) -> Iterator[Engine]:
    with opened(create_database(template_database)) as made:
        yield made


@pytest.fixture(scope="package")
def published(engine, city, data_dir):
    """A database with a month of emergencies, residents and speed tests, built and published."""
    add, points = make_add(engine, city), make_points(city)
    emergencies = make_emergencies(points)
    end = FIRST + timedelta(days=DAYS)
    number = add("incident", emergencies, source="incidents", event_to=end)
    covered = {"source": "incidents", "table_name": "incident", "starts_at": FIRST, "ends_at": end}
    with engine.begin() as connection:
        connection.execute(insert(source_coverage).values(load_id=number, **covered))
    records = _others(points)
    for table in ("population", "network_sample"):
        add(table, records[table], source=table, event_to=end)
    build_states(engine, city, KEYS)
    publish_layers(engine, city, data_dir, KEYS)
    return engine


@pytest.fixture(scope="package")
def application(published, city) -> FastAPI:
    gis, behind = create_service(published, city)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await behind.close()

    app = FastAPI(lifespan=lifespan)
    mount_service(app, gis, PREFIX)
    return app


@pytest.fixture(scope="package")
def address(application) -> Iterator[str]:
    """Where the service answers over HTTP, for clients that are programs of their own."""
    with listening(application) as made:
        yield made + PREFIX


@pytest.fixture(scope="package")
def client(published, city) -> Iterator[TestClient]:
    gis, behind = create_service(published, city)
    app = FastAPI()
    mount_service(app, gis, PREFIX)
    with TestClient(app, base_url=f"http://testserver{PREFIX}") as made:
        yield made
        assert made.portal is not None
        made.portal.call(behind.close)
