"""The application can be made twice, and says what is wrong when the database is away."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from dashboard.factory import build_page, create_app
from dashboard.headers import policy
from dashboard.page import discover, find_page
from dashboard.problems import problem_key
from dashboard.read.cache import AnswerCache, build_cache
from dashboard.read.context import ScreenContext
from dashboard.server import create_server
from geodata.city.configuration import load_city
from geodata.errors import NotFoundError, OperationsError
from geodata.settings import Settings
from tests.callers import DEMO

pytestmark = pytest.mark.usefixtures("asked_by_administrator")
CITY = load_city("changchun")


class Nothing:
    """A cache backend that remembers nothing."""

    def get(self, _key: str) -> None:
        return None

    def set(self, _key: str, _value: object) -> None:
        return None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.mark.parametrize(
    ("path", "route", "rest"),
    [
        ("/", "", ""),
        (None, "", ""),
        ("/wall", "wall", ""),
        ("/wall/", "wall", ""),
        ("/wall/more", "wall", "more"),
        ("/district/220104", "district", "220104"),
        ("/kiosk", "kiosk", ""),
        ("/nothing", None, ""),
    ],
)
def test_paths_lead_to_pages(path: str | None, route: str | None, rest: str) -> None:
    page, found = find_page(discover(), path)
    assert (page and page.route, found) == (route, rest)


def test_two_applications_in_one_process_share_nothing(engine, settings) -> None:
    first, second = (
        create_app(ScreenContext(engine, CITY, settings, build_cache(settings, CITY)), discover())
        for _ in range(2)
    )
    assert first.server is not second.server
    assert first.callback_map.keys() == second.callback_map.keys()
    assert first.layout() is not second.layout()


@pytest.mark.parametrize("path", ["/", "/wall", "/explore", "/kiosk", "/district/220104"])
def test_every_page_says_in_both_languages_that_the_database_is_away(
    engine, settings, path: str
) -> None:
    context = ScreenContext(engine, CITY, settings, AnswerCache(Nothing()))
    text = json.dumps(
        build_page(context, discover(), path, "").to_plotly_json(),
        default=lambda c: c.to_plotly_json(),
        ensure_ascii=False,
    )
    assert "数据库暂时无法访问" in text
    assert "The database cannot be reached" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (OperationalError("x", {}, Exception()), "problem.database"),
        (NotFoundError("x"), "problem.not_found"),
        (OperationsError("x"), "problem.other"),
    ],
)
def test_each_kind_of_error_has_its_sentence(error: Exception, key: str) -> None:
    assert problem_key(error) == key


def test_health_is_503_without_a_database(engine, settings) -> None:
    with TestClient(create_server(engine, CITY, settings, demo=DEMO)) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]) == (503, "unreachable")


def test_answers_forbid_foreign_scripts(engine, settings) -> None:
    with TestClient(create_server(engine, CITY, settings)) as client:
        header = client.get("/healthz").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in header.split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    assert "sha256-" in rules["script-src"]


def test_the_policy_names_the_hashes() -> None:
    assert "script-src 'self' 'sha256-abc'" in policy(["'sha256-abc'"])
