"""A backup, written and restored on real PostgreSQL by its own programs."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from geodata.database.backup import restore_backup, write_backup
from geodata.database.migrate import upgrade
from geodata.errors import DatabaseError
from tests.conftest import DatabaseFactory, opened

PLACE = "SELECT ST_AsText(geom) FROM ops.district WHERE district_id = 'd'"
ADD = (
    "INSERT INTO ops.district (district_id, name_zh, name_en, kind, position, geom) VALUES "
    "('d', '朝阳区', 'Chaoyang', 'district', 1, "
    "'SRID=4326;MULTIPOLYGON(((125 43,126 43,126 44,125 43)))')"
)


@pytest.fixture(scope="module")
def source(create_database: DatabaseFactory, template_database: str) -> URL:
    url = create_database(template_database)
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text(ADD))
    return url


@pytest.fixture(scope="module")
def backup(source: URL, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "city.dump"
    assert write_backup(source, path) == path.stat().st_size > 10_000
    return path


def names(engine: Engine, prefix: str) -> list[str]:
    query = text("SELECT datname FROM pg_database WHERE datname LIKE :prefix ORDER BY 1")
    with engine.connect() as connection:
        return list(connection.scalars(query, {"prefix": f"{prefix}%"}))


def test_a_backup_is_its_owners_alone_and_replaces_none(source: URL, backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in backup.parent.iterdir()] == [backup.name]
    with pytest.raises(DatabaseError, match="is there already"):
        write_backup(source, backup)


def test_a_restored_database_has_everything_and_the_former_is_kept(
    create_database: DatabaseFactory, server_url: URL, backup: Path
) -> None:
    place = create_database()
    with opened(server_url) as server:
        kept = restore_backup(place, backup)
        assert names(server, str(place.database)) == [place.database, kept]
        with opened(place) as engine:
            assert upgrade(engine) == []  # the schema's revision came along
            with engine.connect() as connection:
                assert connection.execute(text(PLACE)).scalar_one().startswith("MULTIPOLYGON(((125")
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f'DROP DATABASE "{kept}"'))


def test_a_database_in_use_is_not_replaced(
    create_database: DatabaseFactory, server_url: URL, backup: Path
) -> None:
    place = create_database()
    with opened(server_url) as server, opened(place) as engine, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(DatabaseError, match="in use: stop the program"):
            restore_backup(place, backup)
        assert names(server, str(place.database)) == [place.database]


@pytest.mark.parametrize("length", [0, 3000, -200])
def test_half_a_backup_is_refused_and_changes_nothing(
    create_database: DatabaseFactory, server_url: URL, backup: Path, tmp_path: Path, length: int
) -> None:
    half = tmp_path / "half.dump"
    half.write_bytes(backup.read_bytes()[:length])
    place = create_database()
    with pytest.raises(DatabaseError, match="pg_restore failed"):
        restore_backup(place, half)
    with opened(server_url) as server:
        assert names(server, str(place.database)) == [place.database]
