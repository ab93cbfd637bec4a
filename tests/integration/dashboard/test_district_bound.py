"""The composed server on real roles: officers of two districts, each of whom sees its own calls."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from dashboard.server import create_server
from geodata.clock import now
from geodata.database.engines import Engines
from geodata.identity.sessions import open_session
from geodata.identity.users import add_user
from geodata.settings import Settings
from geodata.space.districts import load_districts, read_districts
from geodata.space.grid import latlng_to_cells
from geodata.tables import incident, load
from tests.conftest import DatabaseFactory, opened
from tests.e2e.city_site import take_roles

PASSWORD = "correct horse battery staple"
CALLS = {"a": 3, "b": 2}


@pytest.fixture(scope="module")
def engines(
    create_database: DatabaseFactory, template_database: str, tmp_path_factory
) -> Iterator[Engines]:
    with opened(create_database(template_database)) as engine:
        made = take_roles(engine, Settings(data_dir=tmp_path_factory.mktemp("roles")))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def client(engines: Engines, city, tmp_path_factory) -> Iterator[TestClient]:
    """The server over calls of two districts, and four who may ask."""
    frame = read_districts(city).head(2)
    ids = dict(zip("ab", frame["district_id"], strict=True))
    point = frame.geometry.representative_point()
    cells = latlng_to_cells(point.y.to_numpy(), point.x.to_numpy(), 10)
    at = now() - timedelta(hours=1)
    with engines.writer.begin() as connection:
        load_districts(connection, city)
        connection.execute(insert(load).values(_load(at)))
        for place, (letter, number) in enumerate(CALLS.items()):
            for each in range(number):
                connection.execute(insert(incident).values(
                    source="s", load_id=1, record_id=f"{letter}{each}", event_id=f"{letter}{each}",
                    channel=city.channels[0].key, received_at=at, district_id=ids[letter],
                    cell=int(cells[place]),
                ))  # fmt: skip
    for name, districts in (("a", [ids["a"]]), ("b", [ids["b"]]), ("whole", [])):
        add_user(engines.writer, name, "duty", PASSWORD, districts)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), demo="off")
    with TestClient(create_server(engines, city, settings)) as made:
        yield made


def _load(at) -> dict[str, object]:
    return {
        "source": "s", "table_name": "incident", "file": "f", "sha256": "x", "status": "loaded",
        "provenance": "simulated", "owner": "o", "licence": "l", "started_at": at,
        "finished_at": at, "rows_in": 5, "rows_loaded": 5, "rows_rejected": 0, "records": 5,
    }  # fmt: skip


def ask(client: TestClient, engines: Engines, name: str, address: str):
    token = open_session(engines.writer, name)
    return client.get(address, headers={"Cookie": f"occ_session={token}"})


@pytest.mark.parametrize("moment", ["", "?at={at}"], ids=["now", "replay"])
def test_each_officer_sees_the_calls_of_the_own_district(
    client: TestClient, engines: Engines, moment: str
) -> None:
    at = (now() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    address = "/live/points/incidents.json" + moment.format(at=at)
    points = {
        name: ask(client, engines, name, address).json()["points"] for name in ("a", "b", "whole")
    }
    assert {name: len(found) for name, found in points.items()} == {**CALLS, "whole": 5}
    assert not {tuple(each) for each in points["a"]} & {tuple(each) for each in points["b"]}
    assert client.get(address).status_code == 401


def test_the_server_writes_and_publishes_by_roles_of_their_own(
    client: TestClient, engines: Engines
) -> None:
    assert client.get("/ogc/collections").status_code == 200
    assert ask(client, engines, "whole", "/healthz").json()["database"] == "ok"
    query = text(  # a worker of the server's own has no name
        "SELECT usename FROM pg_stat_activity WHERE datname = current_database() "
        "AND usename IS NOT NULL"
    )
    with engines.owner.connect() as connection:
        users = {str(each) for each in connection.execute(query).scalars()}
    database = engines.owner.url.database
    assert users <= {f"{database}_{role}" for role in ("owner", "writer", "reader", "public")}
    assert f"{database}_public" in users
