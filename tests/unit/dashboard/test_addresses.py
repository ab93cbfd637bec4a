"""Every address that is none answers 404: in one shape below the data, with a page elsewhere."""

from pathlib import Path
from tempfile import mkdtemp

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from starlette.routing import Mount

from commands.sources import sources_folder
from dashboard.page import discover
from dashboard.server import ScreensBeside, create_server
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.city.configuration import load_city
from geodata.http.problems import PROBLEM_JSON
from geodata.settings import Settings
from tests.callers import DEMO


def composed() -> FastAPI:
    """The server as it is run, without a database."""
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    city = load_city("changchun")
    intake = intake_router(engine, city, read_declarations(sources_folder(city)), None)
    return create_server(engine, city, Settings(data_dir=Path(mkdtemp())), [intake], DEMO)


SERVER = composed()
DASH = {"assets", "_favicon.ico"} | {
    f"_dash-{name}" for name in ("component-suites", "layout", "update-component")
}


def prefixes() -> list[str]:
    """The first segment of everything that the server routes or mounts, and Dash's own."""
    beside = SERVER.router.default
    assert isinstance(beside, ScreensBeside)
    mounts = {each.path.strip("/") for each in SERVER.routes if isinstance(each, Mount)}
    return sorted(beside.data | mounts | DASH)


@pytest.fixture
def client() -> TestClient:
    """A client of the server; what runs beside its answers, and needs a database, is not begun."""
    origin = {"Origin": "http://testserver"}
    return TestClient(SERVER, raise_server_exceptions=False, headers=origin)


def test_the_prefixes_are_those_known_today() -> None:
    known = {"layers", "live", "ogc", "intake", "assets", "healthz", "events"}
    assert known <= set(prefixes())


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("prefix", prefixes())
def test_nothing_below_a_prefix_of_data_is_a_page(client, prefix: str, method: str) -> None:
    answer = client.request(method, f"/{prefix}/nothing/of/this.bin")
    told = answer.json()
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert (answer.status_code, told["status"]) in {(404, 404), (405, 405)}
    assert method != "GET" or answer.status_code == 404
    assert told.keys() >= {"type", "title", "status", "detail", "instance"}
    assert told["instance"] == f"/{prefix}/nothing/of/this.bin"


def test_a_method_that_an_address_does_not_have_is_405(client) -> None:
    for method, path in (("POST", "/healthz"), ("GET", "/intake/incidents"), ("PUT", "/events")):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM_JSON)
        assert answer.headers["allow"]


@pytest.mark.parametrize("route", [each for each in discover() if each not in ("", "district")])
def test_a_page_is_there_and_nothing_below_it(client, route: str) -> None:
    assert client.get(f"/{route}").status_code == 200
    answer = client.get(f"/{route}/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/nonsense", "/nonsense/more", "/wall.html", "/layersx"])
def test_an_unknown_page_says_so_in_both_languages(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert '<html lang="zh-CN">' in answer.text
    assert "没有这个页面" in answer.text
    assert "No such page" in answer.text


@pytest.mark.parametrize(
    ("query", "language"), [("", "zh-CN"), ("?lang=en", "en"), ("?lang=zh", "zh-CN")]
)
@pytest.mark.parametrize("path", ["/", "/wall", "/kiosk", "/explore", "/duty", "/loads"])
def test_the_document_says_its_language(client, path: str, query: str, language: str) -> None:
    assert f'<html lang="{language}">' in client.get(path + query).text


@pytest.mark.usefixtures("loopback")
def test_a_fault_of_ours_says_nothing_of_itself() -> None:
    def broken() -> None:
        raise ValueError("a secret")

    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    settings = Settings(data_dir=Path(mkdtemp()))
    server = create_server(engine, load_city("changchun"), settings, demo=DEMO)
    server.router.routes.insert(0, APIRoute("/live/sources", broken))
    with TestClient(server, raise_server_exceptions=False) as asked:
        answer = asked.get("/live/sources")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM_JSON)
    assert "secret" not in answer.text


@pytest.mark.usefixtures("loopback")
def test_without_a_database_the_data_say_to_come_back(client) -> None:
    for path in ("/healthz", "/live/vehicles", "/ogc/collections", "/live/points/incidents.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM_JSON), path
        assert answer.headers["retry-after"]


@pytest.mark.usefixtures("loopback")
def test_without_a_database_nobody_is_let_in_and_people_are_told_why(client) -> None:
    guess = {"cookie": "occ_session=a-token-of-somebody"}
    for answer in (
        client.get("/wall", headers=guess),
        client.post("/sign-in", data={"name": "a", "password": "b"}),
        client.post("/device", data={"token": "x" * 43}),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "数据库暂时无法访问" in answer.text
        assert "The database cannot be reached" in answer.text
    assert client.get("/kiosk", headers=guess).status_code == 200
