"""Every route and callback of the composed server has a decision; one without has no door."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from dash import Dash, Input, Output
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from starlette.routing import Mount

from commands.sources import sources_folder
from dashboard.factory import ANY_PATH
from dashboard.gate.callbacks import check_decided, roles_of
from dashboard.gate.table import TABLE, Kind, decide
from dashboard.page import EVERYONE, discover
from dashboard.server import create_server
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from geodata.settings import Settings
from layers.maps.urls import districts_address
from tests.callers import DEMO

PUBLIC = {
    "/assets/{path:path}", "/_dash-component-suites/{path:path}", "/_favicon.ico", "/_reload-hash",
    "/_dash-dependencies", "/_dash-layout", "/_dash-update-component",
    "/sign-in", "/sign-in/provider", "/sign-in/provider/back", "/sign-out", "/device", "/healthz",
    "/ogc", "/ogc/{path:path}", districts_address(), "/intake/incidents",
}  # fmt: skip


def compose(*routers: APIRouter) -> FastAPI:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    city = load_city("changchun")
    intake = intake_router(engine, city, read_declarations(sources_folder(city)), None)
    settings = Settings(data_dir=Path(mkdtemp()))
    return create_server(engine, city, settings, [intake, *routers], demo=DEMO)


@pytest.fixture(scope="module")
def server() -> FastAPI:
    return compose()


def undecided(server: FastAPI) -> list[str]:
    """Every route and callback without a decision, whoever answers it."""
    return [*_routes(server), *_rules(server.state.screens), *_callbacks(server.state.screens)]


def _routes(server: FastAPI) -> Iterator[str]:
    for route in _flat(server.routes):
        mounted = isinstance(route, Mount)
        address = f"{route.path}/{{path:path}}" if mounted else route.path
        if address not in TABLE:
            yield address


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes with the prefixes of the routers that were included."""
    for route in routes:
        within = getattr(route, "effective_candidates", None)
        if within is None:
            yield route
        else:
            yield from _flat(within())


def _rules(app: Dash) -> Iterator[str]:
    for rule in app.server.url_map.iter_rules():
        path = rule.rule.replace("<string:", "{").replace("<path:", "{").replace(">", "}")
        if rule.rule not in ANY_PATH and decide(path, {}) is None:
            yield rule.rule


def _callbacks(app: Dash) -> Iterator[str]:
    for name, each in app.callback_map.items():
        if "callback" in each and roles_of(each) is None:
            yield name


def test_everything_that_is_answered_is_decided(server: FastAPI) -> None:
    assert len(list(_flat(server.routes))) > 15
    assert len(list(server.state.screens.server.url_map.iter_rules())) > 6
    assert len(server.state.screens.callback_map) > 20
    assert undecided(server) == []


@pytest.fixture(scope="module")
def planted() -> FastAPI:
    """The server with a route, an address of Flask and a callback that nothing decides."""
    router = APIRouter()

    @router.get("/live/planted")
    @router.get("/planted")
    def answer() -> str:
        return "a secret"

    server = compose(router)
    app = server.state.screens
    app.server.add_url_rule("/_planted", "planted", lambda: "a secret")
    app.callback(Output("planted", "children"), Input("url", "search"))(lambda _: "a secret")
    return server


def test_what_is_planted_without_a_decision_is_found(planted: FastAPI) -> None:
    assert sorted(undecided(planted)) == [
        "/_planted", "/live/planted", "/planted", "planted.children"
    ]  # fmt: skip
    with pytest.raises(DeclarationError, match=r"planted\.children"):
        check_decided(planted.state.screens)


@pytest.mark.parametrize(
    "path", ["/live/planted", "/planted", "//planted", "/planted/", "/_planted", "/%70lanted"]
)
def test_what_is_planted_is_closed_to_everybody(planted: FastAPI, path: str) -> None:
    answered = TestClient(planted).get(f"http://testserver{path}")
    assert answered.status_code == 404
    assert "a secret" not in answered.text


def test_a_planted_callback_answers_nobody(planted: FastAPI) -> None:
    asked = {"output": "planted.children", "inputs": [], "changedPropIds": []}
    origin = {"Origin": "http://testserver"}
    answered = TestClient(planted).post("/_dash-update-component", json=asked, headers=origin)
    assert answered.status_code == 403


def test_the_addresses_of_the_public_are_those_that_are_listed_here() -> None:
    assert {each.address for each in TABLE.values() if each.is_public} == PUBLIC
    assert {route for route, page in discover().items() if page.roles == EVERYONE} == {"", "kiosk"}
    assert {each.address for each in TABLE.values() if each.kind is Kind.STREAM} == {"/events"}
