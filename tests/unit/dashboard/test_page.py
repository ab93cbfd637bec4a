"""A page is one file or folder: it registers itself, and the chooser lists it."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from plotly.utils import PlotlyJSONEncoder

from dashboard import pages
from dashboard.components.markup import to_html
from dashboard.page import discover
from dashboard.pages.chooser import screen_links
from dashboard.problems import problem_words
from dashboard.server import create_server
from geodata.city.configuration import load_city
from geodata.errors import DeclarationError
from geodata.settings import Settings
from tests.callers import DEMO

pytestmark = pytest.mark.usefixtures("asked_by_administrator")
PLANTED = """
from dash import html
from dashboard.page import Page, Words

def layout(_context, _rest, _search):
    return html.Main("planted")

PAGE = Page("planted", Words("新页", "Planted"), layout, question=Words("何事", "What"))
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch):
    """Return a function that adds a module to the folder of pages."""

    def add(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(tmp_path)])

    return add


def test_a_page_is_one_file(plant, engine, tmp_path: Path) -> None:
    plant("planted_alone", PLANTED)
    assert list(discover())[-1] == "planted"
    links = json.dumps(screen_links(), cls=PlotlyJSONEncoder, ensure_ascii=False)
    assert "/planted" in links
    assert "新页" in links
    server = create_server(engine, load_city("changchun"), Settings(data_dir=tmp_path), demo=DEMO)
    with TestClient(server) as client:
        assert client.get("/planted").status_code == 200
        assert client.get("/planted/more").status_code == 404


def test_two_pages_cannot_have_one_route(plant) -> None:
    plant("planted_twice", PLANTED.replace('"planted"', '"wall"'))
    with pytest.raises(DeclarationError, match="/wall"):
        discover()


def test_a_module_without_a_declaration_is_named(plant) -> None:
    plant("planted_empty", "")
    with pytest.raises(DeclarationError, match="planted_empty: declares no PAGE"):
        discover()


def test_the_screens_stand_in_their_order() -> None:
    pages = discover()
    known = ["", "wall", "explore", "kiosk", "duty", "loads", "district"]
    assert [route for route in pages if route in known] == known
    assert len(screen_links()) == sum(page.question is not None for page in pages.values())


def test_a_page_without_scripts_has_the_same_words() -> None:
    text = to_html(problem_words("not_found"))
    assert text.startswith('<main class="problem-page"><h1 class="two-lines">')
    assert '<span lang="zh-CN" class="zh">' in text or '<span class="zh" lang="zh-CN">' in text
    assert 'href="/"' in text


def test_what_is_shown_is_escaped() -> None:
    assert to_html(["<b>", None, 1]) == "&lt;b&gt;1"
