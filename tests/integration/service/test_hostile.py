"""Filters that would end or stop the process are refused, and it goes on answering."""

import json
import time

import httpx2 as httpx
import pytest

from geodata.http.problems import PROBLEM_JSON
from tests.uvicorn_process import Served, served

ITEMS = "/ogc/collections/hex_residents/items"
TILE = "/ogc/collections/hex_residents/tiles/WebMercatorQuad/7/108/46"
_LEAF = {"op": "=", "args": [{"property": "value"}, 1]}


def _nested_json(depth: int) -> str:
    return '{"op":"not","args":[' * depth + json.dumps(_LEAF) + "]}" * depth


HOSTILE = {
    "1500 brackets": "(" * 1500 + "value=1" + ")" * 1500,
    "1900 brackets": "(" * 1900 + "value=1" + ")" * 1900,
    "brackets not closed": "(" * 40,
    "brackets around what is no filter": "(" * 20 + "value==" + ")" * 20,
    "brackets in a text alone": "'" + "(" * 40 + "'",
    "brackets after a text with a quotation mark": "value='it''s' and " + "(" * 40,
    "not": "NOT " * 900 + "value=1",
    "functions": "casei(" * 600 + "status" + ")" * 600 + "='ok'",
    "sums": "value=1" + "+1" * 1900,
    "sums of brackets": "value=(1)" + "+(1)" * 900,
    "powers": "value=1" + "^1" * 1900,
    "lists": "value in " + "(" * 1500 + "1" + ")" * 1500,
    "long and deep": "(" * 8 + "value=1 and " * 300 + "value=" + ")" * 8,
    "json": _nested_json(100),
    "json of 1500": _nested_json(1500)[:3999],
    "json lists": '{"op":"and","args":' + "[" * 1900 + "]" * 1900 + "}",
    "length": "value=1 and " * 1000 + "value=1",
}


@pytest.fixture(scope="module")
def site(published):
    url = published.url.render_as_string(hide_password=False)
    with served("tests.integration.service.hostile_site:create", OCC_TEST_URL=url) as running:
        yield running


@pytest.mark.parametrize("path", [ITEMS, TILE])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_filter_is_refused_at_once(site: Served, path: str, text: str) -> None:
    started = time.monotonic()
    answer = httpx.get(site.url + path, params={"filter": text}, timeout=60)
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert time.monotonic() - started < 5
    assert site.is_alive()


@pytest.mark.parametrize(
    "text",
    [
        "((value > 2900) AND (NOT (status = 'low_n' OR status = 'stale')))",
        "value > -5 AND value + 1 * 2 - 3 < 1e9",
        "S_INTERSECTS(geom, POLYGON((" + "125.1 43.1, " * 120 + "126 44, 125.1 43.1)))",
        _nested_json(2),
        json.dumps({"op": "and", "args": [_LEAF] * 40}),
        " value = 1 ",
        "status = '((((((((((((((((((((((((((((((((('",
    ],
)
def test_an_ordinary_filter_is_answered(site: Served, text: str) -> None:
    answer = httpx.get(site.url + ITEMS, params={"filter": text, "limit": 1}, timeout=60)
    assert answer.status_code == 200, answer.text[:300]


@pytest.mark.parametrize("text", ["value = 'abc'", "value + status = 1", "status > 1"])
def test_a_filter_that_compares_what_cannot_be_compared_is_a_fault_of_the_client(
    site: Served, text: str
) -> None:
    answer = httpx.get(site.url + ITEMS, params={"filter": text}, timeout=60)
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["content-type"] == PROBLEM_JSON
