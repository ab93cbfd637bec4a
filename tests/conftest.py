"""Fixtures for all tests: a real PostGIS, a fresh database a module, the city, the trial files."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from geodata.database.cluster import Cluster
from geodata.database.engine import connect, parse_url
from geodata.database.migrate import upgrade
from geodata.database.roles import roles_of
from geodata.identity.caller import Caller, Role, asked_by
from geodata.settings import Settings

TESTS = Path(__file__).resolve().parent
MARKED_FOLDERS = {"integration": pytest.mark.integration, "e2e": pytest.mark.e2e}

DatabaseFactory = Callable[..., URL]

# Machines are noisy: no property fails for being slow.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if TESTS in item.path.parents else ""
        if folder in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[folder])


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: what holds the time it was packed at names no test."""
    return argname if isinstance(val, bytes) else None


class FilesTogether(LoadScopeScheduling):
    """Hands out whole files, and all of the browser's at once: they share one served city."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/e2e" if file.startswith("tests/e2e/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether:
    """Let the tests of a file run in one process, which fills their database once."""
    return FilesTogether(config, log)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of whoever runs it."""
    for name in [each for each in os.environ if each.startswith("OCC_")]:
        if name != "OCC_TRIAL_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that other users may enter: root's cluster runs as one of them."""
    folder = Path(tempfile.mkdtemp(prefix="occ-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(open_folder: Path) -> Iterator[URL]:
    """A PostGIS server: DATABASE_URL's, else a private cluster for this session."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield parse_url(given)
        return
    cluster = Cluster(open_folder / "session")
    cluster.ensure_started()
    yield cluster.url("postgres")
    cluster.stop()


@pytest.fixture(scope="session")
def create_database(server_url: URL) -> Iterator[DatabaseFactory]:
    """A function that makes a database, empty or like `template`, dropped at the session's end."""
    made: list[str] = []

    def create(template: str = "template1") -> URL:
        name = f"occ_test_{uuid4().hex[:12]}"
        _execute(server_url, "CREATE DATABASE {} TEMPLATE {}", name, template)
        made.append(name)
        return server_url.set(database=name)

    yield create
    for name in made:
        _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        for role in astuple(roles_of(name)):
            _execute(server_url, "DROP ROLE IF EXISTS {}", role)


@pytest.fixture(scope="session")
def template_database(create_database: DatabaseFactory) -> str:
    """The name of a database with the whole schema and no rows."""
    url = create_database()
    with opened(url) as engine:
        upgrade(engine)
    return str(url.database)


@pytest.fixture(scope="module")
def engine(create_database: DatabaseFactory, template_database: str) -> Iterator[Engine]:
    """An engine on a fresh database with the whole schema, shared by one module's tests."""
    with opened(create_database(template_database)) as made:
        yield made


@pytest.fixture(scope="session")
def city():
    """The city of the default settings, Changchun."""
    from geodata.city.configuration import load_city

    return load_city("changchun")


@pytest.fixture
def asked_by_administrator() -> Iterator[None]:
    """What the test calls itself, without a server, is asked by an administrator."""
    with asked_by(Caller(Role.ADMINISTRATOR, "an administrator")):
        yield


@pytest.fixture(scope="session")
def trial_data() -> Path:
    """The folder of real files that the program is tried on; not part of the repository."""
    folder = Path(os.environ.get("OCC_TRIAL_DATA", TESTS.parent.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the trial files are not at {folder}; OCC_TRIAL_DATA may name their folder")
    return folder


@contextmanager
def opened(url: URL) -> Iterator[Engine]:
    """A checked engine, disposed of at the end."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _execute(url: URL, statement: str, *names: str) -> None:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*(sql.Identifier(each) for each in names)))
