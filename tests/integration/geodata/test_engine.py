"""The engine against real servers: reachable or not, with PostGIS or without, allowed or not."""

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from geodata.database.cluster import Cluster
from geodata.database.engine import connect, open_for_answers
from geodata.database.engines import get_engines
from geodata.errors import DatabaseError
from geodata.settings import Settings


def test_a_database_without_postgis_gets_it(create_database: Callable[[], URL]) -> None:
    engine = connect(create_database())
    with engine.connect() as connection:
        version = connection.execute(text("SELECT postgis_lib_version()")).scalar_one()
        assert connection.execute(text("SHOW timezone")).scalar_one() == "UTC"
    engine.dispose()
    assert version.startswith("3.")


def test_what_is_given_back_late_is_closed_too(server_url: URL) -> None:
    engine = connect(server_url)
    answering = open_for_answers(engine)
    with engine.connect() as one, answering.connect() as other:
        opened = [each.connection.driver_connection for each in (one, other)]
        engine.dispose()  # as when a server stops while a thread still asks
        assert [each.execute("SELECT 1").fetchone() for each in opened] == [(1,), (1,)]
    assert [each.closed for each in opened] == [True, True]
    with answering.connect() as again:
        kept = again.connection.driver_connection
    assert not kept.closed
    engine.dispose()
    assert kept.closed


def test_a_role_that_may_not_add_postgis_is_told_whom_to_ask(
    create_database: Callable[[], URL], server_url: URL
) -> None:
    url = create_database()
    admin = connect(server_url)
    with admin.begin() as connection:
        connection.execute(text("CREATE ROLE plain_role LOGIN PASSWORD 'not-shown'"))
    try:
        with pytest.raises(DatabaseError, match="CREATE EXTENSION postgis") as caught:
            connect(url.set(username="plain_role", password="not-shown"))
        assert "not-shown" not in str(caught.value)
    finally:
        with admin.begin() as connection:
            connection.execute(text("DROP ROLE plain_role"))
        admin.dispose()


def test_a_wrong_password_is_told_without_showing_it(server_url: URL) -> None:
    with pytest.raises(DatabaseError, match="password authentication failed") as caught:
        connect(server_url.set(password="not-shown"))
    assert "not-shown" not in str(caught.value)


def test_nobody_listening_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(DatabaseError, match="Connection refused"):
            connect(URL.create("postgresql+psycopg", host="127.0.0.1", port=port, database="x"))


def test_without_an_address_the_city_gets_a_database_in_a_private_cluster(
    open_folder: Path,
) -> None:
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o755)
    settings = Settings(data_dir=folder, city="porto_alegre", database_url=None)
    engines = get_engines(settings)
    try:
        with engines.writer.connect() as connection:
            query = text("SELECT current_database()")
            assert connection.execute(query).scalar_one() == "porto_alegre"
        assert get_engines(settings) is engines
    finally:
        engines.dispose()
        Cluster(folder).stop()
