"""The address of the database, and what is said about one that does not do."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from geodata.database.engine import check_versions, database_name, parse_url
from geodata.database.role_access import Access
from geodata.errors import DatabaseError, SettingsError


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_spellings_become_psycopg(scheme: str) -> None:
    url = parse_url(f"{scheme}://user:p%40ss@db.example:5433/city?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.username, url.password, url.host, url.port) == ("user", "p@ss", "db.example", 5433)
    assert (url.database, url.query) == ("city", {"sslmode": "require"})


@pytest.mark.parametrize("address", ["mysql://user:secret@host/db", "user:secret@host", "secret"])
def test_another_kind_of_address_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        parse_url(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("city", "name"),
    [
        ("changchun", "changchun"),
        ("/srv/cities/Porto-Alegre/", "porto_alegre"),
        ("长春", "__"),
        ("", "city"),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_database_is_named_after_its_city(city: str, name: str) -> None:
    assert database_name(city) == name


@pytest.mark.parametrize(
    ("number", "postgis", "message"),
    [
        (120022, "3.4.2", "is PostgreSQL 12; 13 or newer is needed"),
        (150018, "2.5.9", "has PostGIS 2.5.9; 3 or newer is needed"),
    ],
)
def test_too_old_is_told(number: int, postgis: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        check_versions(number, postgis, "the database")


@pytest.mark.parametrize(("number", "postgis"), [(130000, "3.0.0"), (180001, "3.6.0dev")])
def test_new_enough_passes(number: int, postgis: str) -> None:
    check_versions(number, postgis, "the database")


def test_the_engines_of_one_address_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from geodata.database import engines
    from geodata.settings import Settings

    made: list[URL] = []
    single = Access(*[parse_url("postgresql://host/once")] * 4, complaint="it may not")
    monkeypatch.setattr(engines, "given_access", lambda *_: single)
    monkeypatch.setattr(engines, "connect", lambda url: made.append(url) or create_engine(url))
    settings = Settings(database_url="postgresql://host/once")
    again = Settings(database_url="postgresql://host/once")
    found = engines.get_engines(settings)
    assert found is engines.get_engines(again)
    assert found.owner is found.writer is found.reader
    assert found.complaint == "it may not"
    assert len(made) == 1
