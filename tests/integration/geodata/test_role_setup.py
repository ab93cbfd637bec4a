"""How the roles come to be: in a private cluster, old or new, and in a database that is given."""

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.engine import URL

from app import main
from commands.context import CommandContext
from commands.database import see_to_roles
from commands.screens import create_worker
from geodata.database import role_setup
from geodata.database.cluster import Cluster
from geodata.database.engine import connect
from geodata.database.engines import Engines, get_engines, nobody
from geodata.database.migrate import upgrade
from geodata.database.role_access import FOLDER, password_file
from geodata.database.role_script import role_script
from geodata.database.roles import find_roles, roles_of
from geodata.errors import DatabaseError, SettingsError
from geodata.identity.readable_districts import readable_districts
from geodata.settings import Settings, get_settings
from tests.conftest import DatabaseFactory, opened
from tests.integration.geodata.conftest import given

ROLES = ("owner", "writer", "reader", "public")


def users(engines: Engines) -> dict[str, tuple[str, bool]]:
    """Who each engine connects as, and whether that is a superuser."""
    query = text("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user")
    found = {}
    for role in ROLES:
        with getattr(engines, role).connect() as connection:
            found[role] = tuple(connection.execute(query).one())
    return found


def expected(database: str) -> dict[str, tuple[str, bool]]:
    return {role: (f"{database}_{role}", False) for role in ROLES}


@pytest.fixture(scope="module")
def old_folder(open_folder: Path) -> Iterator[Path]:
    """A data folder with the cluster of the version before: its superuser owns everything."""
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o755)
    cluster = Cluster(folder)
    cluster.ensure_started()
    with opened(cluster.url("postgres")) as engine:
        server = engine.execution_options(isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("CREATE DATABASE changchun"))
    with opened(cluster.url("changchun")) as engine:
        upgrade(engine)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO ops.shared_event VALUES ('kept')"))
            connection.execute(text("CREATE VIEW published.hex_old AS SELECT 1 AS cell"))
            assert find_roles(connection) is None
    yield folder
    cluster.stop()


@pytest.fixture(scope="module")
def upgraded(old_folder: Path) -> Iterator[Engines]:
    """The engines of a command on that cluster."""
    context = CommandContext(Settings(data_dir=old_folder, database_url=None))
    context.ready_engine  # noqa: B018  # what every command begins with
    yield context.engines
    context.engines.dispose()


def test_an_old_cluster_is_handed_over(upgraded: Engines) -> None:
    assert users(upgraded) == expected("changchun")
    assert upgraded.complaint == ""
    with upgraded.reader.connect() as connection:
        assert connection.execute(text("SELECT event_id FROM shared_event")).scalars().all() == [
            "kept"
        ]
        assert connection.execute(text("SELECT count(*) FROM replay.district")).scalar_one() >= 0
    with upgraded.writer.begin() as connection:  # as a publication does
        connection.execute(
            text("CREATE OR REPLACE VIEW published.hex_old AS SELECT 1 AS cell, 2 AS value")
        )
        connection.execute(text("CREATE VIEW published.hex_new AS SELECT 1 AS cell"))
    with upgraded.public.connect() as connection:
        for view in ("hex_old", "hex_new"):
            assert connection.execute(text(f"SELECT cell FROM {view}")).scalar_one() == 1


def test_nothing_of_the_program_belongs_to_the_superuser(upgraded: Engines) -> None:
    query = text(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE pg_get_userbyid(c.relowner) = 'occ' AND n.nspname !~ '^pg_|^information_schema$' "
        "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') "
        "AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname <> 'spatial_ref_sys'"
    )
    with upgraded.owner.connect() as connection:
        assert connection.execute(query).all() == []


def test_passwords_lie_in_a_file_of_ones_own(upgraded: Engines, old_folder: Path) -> None:
    file = old_folder / "postgres" / FOLDER / "changchun.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    words = {getattr(upgraded, role).url.password for role in ROLES}
    superuser = (old_folder / "postgres" / "password").read_text()
    assert len(words) == 4
    assert superuser not in words
    assert all(word and word in file.read_text() for word in words)


def test_a_start_needs_no_superuser(
    upgraded: Engines, old_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_setup, "as_administrator", lambda _: pytest.fail("superuser"))
    again = get_engines.__wrapped__(Settings(data_dir=old_folder, database_url=None), nobody)
    assert users(again) == users(upgraded)
    assert upgrade(again.owner) == []
    again.dispose()


def test_roles_that_are_gone_are_made_again(upgraded: Engines, old_folder: Path) -> None:
    """A database that was restored beside the cluster's roles, say."""
    with opened(Cluster(old_folder).url("postgres")) as engine, engine.begin() as connection:
        connection.execute(text("ALTER ROLE changchun_owner PASSWORD 'another'"))
    again = get_engines.__wrapped__(Settings(data_dir=old_folder, database_url=None), nobody)
    assert users(again) == expected("changchun")
    again.dispose()


def test_what_a_restore_left_to_the_superuser_is_handed_over(
    upgraded: Engines, old_folder: Path
) -> None:
    with opened(Cluster(old_folder).url("changchun")) as engine, engine.begin() as connection:
        for statement in (
            "ALTER TABLE ops.shared_event OWNER TO occ",
            "REVOKE ALL ON ops.shared_event FROM changchun_reader",
            "ALTER VIEW published.hex_old OWNER TO occ",
        ):
            connection.execute(text(statement))
    again = get_engines.__wrapped__(Settings(data_dir=old_folder, database_url=None), nobody)
    assert upgrade(again.owner) == []
    with again.reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM shared_event")).scalar_one() == 1
    with again.writer.begin() as connection:
        connection.execute(text("ANALYZE shared_event"))
        connection.execute(text("DROP VIEW published.hex_old"))
    again.dispose()


def test_two_cities_in_one_cluster_do_not_see_each_other(
    upgraded: Engines, old_folder: Path
) -> None:
    settings = Settings(data_dir=old_folder, city="porto_alegre", database_url=None)
    other = get_engines.__wrapped__(settings, nobody)
    upgrade(other.owner)
    assert users(other) == expected("porto_alegre")
    for role in ("reader", "public", "owner"):
        url = getattr(upgraded, role).url
        for database in ("porto_alegre", "postgres"):
            with pytest.raises(DatabaseError, match="permission denied for database"):
                connect(url.set(database=database))
    other.dispose()


def test_statistics_are_closed(upgraded: Engines) -> None:
    for engine in (upgraded.reader, upgraded.public):
        with engine.connect() as connection:
            query = text(
                "SELECT has_table_privilege('pg_stat_user_tables', 'SELECT') "
                "OR has_table_privilege('pg_stat_activity', 'SELECT')"
            )
            assert connection.execute(query).scalar_one() is False


COMMANDS = (
    ["migrate"],
    ["sources"],
    ["loads"],
    ["loads", "--held"],
    ["rejected"],
    ["users", "list"],
    ["load", "residents_h3", "--path", "there-is-none.csv"],
    ["build", "residents"],
)


def test_no_command_and_no_server_connects_as_superuser(
    upgraded: Engines, old_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCC_DATA_DIR", str(old_folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(role_setup, "as_administrator", lambda _: pytest.fail("superuser"))
    get_settings.cache_clear()
    try:
        seen = set()
        for command in COMMANDS:
            main(command)
            seen |= connected(old_folder)
        assert seen == {"changchun_owner", "changchun_writer", "changchun_reader",
                        "changchun_public"}  # fmt: skip
        with TestClient(create_worker(), base_url="http://127.0.0.1") as client:
            for address in ("/healthz", "/", "/kiosk", "/ogc/collections", "/wall", "/duty"):
                assert client.get(address).status_code < 500
            seen = connected(old_folder)
        assert "occ" not in seen
        assert {"changchun_reader", "changchun_public"} <= seen
    finally:
        get_engines(get_settings(), readable_districts).dispose()
        get_settings.cache_clear()


def connected(folder: Path) -> set[str]:
    """Whoever has a connection to the city's database."""
    query = text(
        "SELECT usename FROM pg_stat_activity WHERE datname = 'changchun' "
        "AND backend_type = 'client backend'"
    )
    with opened(Cluster(folder).url("postgres")) as engine, engine.connect() as connection:
        return set(connection.execute(query).scalars())


@pytest.fixture
def given_owner(
    create_database: DatabaseFactory, server_url: URL, request: pytest.FixtureRequest
) -> URL:
    """The address of an ordinary role that owns its database; the parameter is its attributes."""
    url = create_database()
    database = str(url.database)
    owner = f"{database}_given"
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {owner} LOGIN PASSWORD 'x' {request.param}"))
        connection.execute(text(f"ALTER DATABASE {database} OWNER TO {owner}"))
    return url.set(username=owner, password="x")


@pytest.mark.parametrize("given_owner", ["CREATEROLE"], indirect=True)
def test_a_given_role_that_may_makes_the_others(given_owner: URL, tmp_path: Path) -> None:
    engines = get_engines.__wrapped__(given(given_owner, tmp_path), nobody)
    database = str(given_owner.database)
    upgrade(engines.owner)
    found = expected(database) | {"owner": (str(given_owner.username), False)}
    assert users(engines) == found
    with engines.reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM incident")).scalar_one() == 0
    engines.dispose()
    # another machine, without the file, goes on with the one role and says why
    elsewhere = get_engines.__wrapped__(given(given_owner, tmp_path / "other"), nobody)
    assert "db roles --reset" in elsewhere.complaint
    assert {name for name, _ in users(elsewhere).values()} == {given_owner.username}
    elsewhere.dispose()
    see_to_roles(given(given_owner, tmp_path / "other"), is_reset=True)
    reset = get_engines.__wrapped__(given(given_owner, tmp_path / "other"), nobody)
    assert users(reset) == found
    reset.dispose()


@pytest.mark.parametrize("given_owner", [""], indirect=True)
def test_one_that_may_not_says_so_until_an_administrator_made_them(
    given_owner: URL, create_database: DatabaseFactory, server_url: URL, tmp_path: Path
) -> None:
    administrator = server_url.set(database=given_owner.database)
    with opened(administrator) as engine, engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public"))
    single = get_engines.__wrapped__(given(given_owner, tmp_path), nobody)
    assert "may not create roles" in single.complaint
    assert upgrade(single.owner)
    assert {name for name, _ in users(single).values()} == {given_owner.username}
    with single.public.connect() as connection:  # only reads all the same
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    single.dispose()

    script = "".join(
        line.replace(f":'{each}_password'", "'y'") + "\n"
        for line in role_script(given_owner).splitlines()
        for each in [next((e for e in ROLES if f":'{e}_password'" in line), "none")]
        if not line.startswith("--")
    )
    with opened(administrator) as engine, engine.begin() as connection:
        connection.exec_driver_sql(script)
    roles = roles_of(str(given_owner.database))
    addresses = {
        f"database_{role}_url": given_owner.set(
            username=getattr(roles, role), password="y"
        ).render_as_string(hide_password=False)
        for role in ("writer", "reader", "public")
    }
    settings = given(given_owner, tmp_path).model_copy(update=addresses)
    prepared = get_engines.__wrapped__(settings, nobody)
    assert upgrade(prepared.owner) == []  # the schema is there, the rights are given now
    assert users(prepared)["public"] == (roles.public, False)
    assert prepared.complaint == ""
    with prepared.reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM incident")).scalar_one() == 0
    prepared.dispose()
    with pytest.raises(SettingsError, match="OCC_DATABASE_READER_URL is not"):
        get_engines.__wrapped__(settings.model_copy(update={"database_reader_url": None}), nobody)
    swapped = {"database_reader_url": addresses["database_writer_url"]}
    with pytest.raises(SettingsError, match="are called"):
        get_engines.__wrapped__(settings.model_copy(update=swapped), nobody)


def test_a_damaged_file_of_passwords_is_told(server_url: URL, tmp_path: Path) -> None:
    settings = given(server_url.set(database="template1"), tmp_path)
    file = password_file(settings, server_url.set(database="template1"))
    file.path.parent.mkdir(parents=True)
    file.path.write_text("{}")
    with pytest.raises(DatabaseError, match="is no list of passwords"):
        get_engines.__wrapped__(settings, nobody)


def test_long_names_of_databases_have_roles_too() -> None:
    roles = roles_of("x" * 63)
    assert roles.owner != roles_of("x" * 62).owner
    assert all(len(name) <= 63 for name in vars(roles).values())
