"""The rule of a start: on a real database, with the shipped city and a copy with a real source."""

import shutil

import pytest
from sqlalchemy import text

from commands.context import CommandContext
from commands.screens import serve
from commands.start_rule import DEMO, check_start, demonstration
from commands.steps import run_steps
from etl.source.declaration import read_declarations
from geodata.city.configuration import load_city
from geodata.errors import SettingsError
from geodata.identity.caller import Role
from geodata.identity.providers import admit_provider_user
from geodata.identity.users import add_user, disable_user
from geodata.settings import Settings

CHANGCHUN = load_city("changchun")
DECLARATIONS = read_declarations(CHANGCHUN.folder / "sources")
PROVIDER = {
    "oidc_issuer": "https://id.example",
    "oidc_client_id": "occ",
    "oidc_roles": {"ops": "duty"},
}


@pytest.fixture(autouse=True)
def _nothing_is_kept(engine):
    yield
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE user_session, user_account, load CASCADE"))


@pytest.fixture
def start(engine):
    """Check a start with these settings on the module's database."""

    def check(city_dir=None, **settings):
        url = engine.url.render_as_string(hide_password=False)
        context = CommandContext(Settings(database_url=url, city_dir=city_dir, **settings))
        vars(context)["engine"] = engine  # instead of the one that lives as long as the process
        return check_start(context)

    return check


def load_once(engine, source, provenance):
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO load (source, table_name, file, sha256, status, provenance, owner, "
                "licence, started_at, finished_at, rows_in, rows_loaded, rows_rejected, records) "
                "VALUES (:source, 'incident', 'f', 'x', 'refused', :provenance, 'o', 'l', now(), "
                "now(), 0, 0, 0, 0)"
            ),
            {"source": source, "provenance": provenance},
        )


def test_the_shipped_city_on_loopback_is_a_demonstration(engine, start):
    load_once(engine, "fire_stations", "simulated")
    load_once(engine, "census_2020", "real")
    assert start() == "demonstration: whoever opens a page is signed in as demo"
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert demonstration(Settings(host=host), DECLARATIONS, engine) == DEMO
    assert DEMO.is_demo


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"demo": "off"}, "OCC_DEMO is off"),
        ({"host": "0.0.0.0"}, "OCC_HOST 0.0.0.0 is reached from other machines"),
        ({"host": "10.0.0.8"}, "reached from other machines"),
        ({"host": "occ.example"}, "reached from other machines"),
        ({"public_url": "https://occ.example/city"}, "it is reached as occ.example"),
        ({"allowed_hosts": "localhost, occ.example:8443"}, "it is reached as occ.example"),
        ({"intake_token": "x" * 16}, "declared real and not public: incidents_unified"),
    ],
)
def test_without_a_demonstration_somebody_must_be_able_to_sign_in(engine, start, settings, why):
    with pytest.raises(SettingsError) as caught:
        start(**settings)
    assert why in str(caught.value)
    assert "Make one: app.py users add NAME --role administrator" in str(caught.value)
    assert demonstration(Settings(**settings), DECLARATIONS, engine) is None
    assert start(**settings, **PROVIDER) == "users sign in at https://id.example"
    add_user(engine, "root", Role.ADMINISTRATOR, "correct horse battery")
    assert start(**settings) == "users sign in with a password"
    disable_user(engine, "root")
    with pytest.raises(SettingsError, match="there is no administrator"):
        start(**settings)


def test_another_role_is_no_administrator(engine, start):
    add_user(engine, "li", Role.LEADER, "correct horse battery")
    with pytest.raises(SettingsError, match="nobody could sign in"):
        start(demo="off")


def test_an_administrator_of_a_provider_that_is_gone_is_none(engine, start):
    admit_provider_user(engine, "https://id.example", "1", "root", Role.ADMINISTRATOR)
    with pytest.raises(SettingsError, match="there is no administrator"):
        start(demo="off")
    assert start(demo="off", **PROVIDER) == "users sign in at https://id.example"


def test_a_real_source_ends_the_demonstration_unless_it_is_public(engine, start, tmp_path):
    folder = shutil.copytree(CHANGCHUN.folder, tmp_path / "changchun")
    path = folder / "sources" / "incidents_119.yaml"
    said = path.read_text("utf-8").replace("provenance: simulated", "provenance: real")
    path.write_text(said, encoding="utf-8")
    with pytest.raises(SettingsError, match="declared real and not public: incidents_119"):
        start(city_dir=folder)
    path.write_text(f"access: public\n{said}", encoding="utf-8")
    assert start(city_dir=folder).startswith("demonstration")


@pytest.mark.parametrize("source", ["incidents_unified", "declared_nowhere"])
def test_real_rows_that_came_once_end_it_too(engine, start, source):
    load_once(engine, source, "real")
    with pytest.raises(SettingsError, match=f"loaded, real and not public: {source}"):
        start()


def test_a_start_is_refused_before_any_data_are_made(engine, tmp_path, capsys):
    url = engine.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, data_dir=tmp_path / "data", demo="off")
    context = CommandContext(settings)
    vars(context)["engine"] = engine
    with pytest.raises(SettingsError, match="nobody could sign in"):
        run_steps(context, check_start)
    assert "[2/" in capsys.readouterr().out
    assert not (tmp_path / "data" / "incoming").exists()


def test_serve_refuses_too(engine, monkeypatch):
    url = engine.url.render_as_string(hide_password=False)
    context = CommandContext(Settings(database_url=url, host="0.0.0.0"))
    vars(context)["engine"] = engine
    monkeypatch.setattr("commands.screens.get_context", lambda: context)
    with pytest.raises(SettingsError, match=r"OCC_HOST 0\.0\.0\.0"):
        serve(None)
