"""The table of attacks by malformed requests: each is a fault of its client, told in one shape."""

import json
import random
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from commands.sources import sources_folder
from dashboard.limits.screens import WsgiScreens
from dashboard.server import ScreensBeside, create_server
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.database.engine import open_for_answers
from geodata.http.problems import PROBLEM_JSON
from geodata.settings import Settings
from layers.maps import urls
from layers.maps.urls import analysis_address, fill, values_address
from tests.callers import DEMO

TOKEN = "a-token-of-enough-letters"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
CALLBACK = "/_dash-update-component"
INTAKE = "/intake/incidents"
SURROGATE = "\\ud800"
ALL = ("incident_count", "all", "1")
VALUES = values_address(*ALL, "{}", 8)
CELL = fill(
    urls.CELL, indicator="incident_count", component="all", version="1", period="2026-10", cell="{}"
)
POINTS = "/live/points/incidents.json?at={}"
LONG = "9" * 5000

ADDRESSES = [
    # periods, resolutions, areas, versions, cells of layers
    *(
        VALUES.format(each)
        for each in ("2026-13", "2026-02-30", "0000", "9999", "0000-00", "2026Q5")
    ),
    *(
        VALUES.format(each)
        for each in ("9999-12", "9999-12-31", "9999Q4", "0001-01-01--9999-12-31")
    ),
    *(VALUES.format(each) for each in ("--------", "QQQQ", "2026-10-05--2026-10-01", LONG, "%00")),
    *(VALUES.replace("8.bin", f"{each}.bin").format("2026-10") for each in ("-1", "16", LONG, "x")),
    values_address(*ALL, "2026-10", 8, "nowhere"),
    values_address(*ALL, "2026-10", 8, "..%2f..%2fetc"),
    values_address("incident_count", "nothing", "1", "2026-10", 8),
    values_address("nothing", "all", "1", "2026-10", 8),
    values_address("incident_count", "all", "at9999999999-1", "2026-10", 8),
    values_address("incident_count", "all", "at0-1", "2026-10", 8),
    values_address("incident_count", "all", "at99999999999-1", "2026-10", 8),
    analysis_address("nothing", "incident_count", "1", "2026-10", 8),
    fill(urls.CELLS, version="nothing", area="city", res=8),
    *(
        CELL.format(each)
        for each in ("0" * 15, "f" * 15, "f" * 16, "8f" + "f" * 13, "zz", "1" * 16)
    ),
    *(CELL.format(each) for each in ("ffffffffffffffff", "8029fffffffffff", "%F0%9F%92%A9")),
    # moments and kinds of live points
    *(POINTS.format(each) for each in ("soon", "", "0000-01-01T00:00Z", "99999-01-01T00:00Z")),
    *(POINTS.format(each) for each in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00")),
    *(POINTS.format(each) for each in ("2026-02-30T00:00Z", "-44-03-15T12:00Z", "1e300", "nan")),
    *(POINTS.format(each) for each in ("-1e18", "2016-12-31T23:59:60Z", "2026-10-01", LONG, "%00")),
    "/live/points/.json",
    "/live/points/nothing.json",
    "/live/points/" + "+".join(["incidents"] * 500) + "+nothing.json",
    "/live/points/incidents%00.json",
    "/live/points/%ff%fe.json",
    "/live/nothing",
    "/ogc/nothing",
    "/assets/%2e%2e%2fgeodata/settings.py",
    "/assets/%00",
    "/_dash-component-suites/os/os.py",
    "/_dash-component-suites/nothing/x.js",
    "/_dash-component-suites/dash/dash-renderer/build/%00.js",
]
PAGES = [
    "/nothing",
    "/district/nothing",
    "/district/%00",
    "/district/%ff",
    "/loads/99999999999999999999999",
    "/loads/-1",
    "/loads/nan",
    "/loads/%F0%9F%92%A9",
    "/" + "a" * 9000,
    "/%ed%a0%80",
]
# what pages read of their addresses is refused on the page, whatever it is
SEARCHES = [
    "?at=soon",
    "?at=99999",
    "?period=x&area=%00",
    "?lang=%00",
    f"?at={LONG}",
    "?%ff=%fe",
    "?res=-1",
]


@pytest.fixture(scope="module")
def server(engine, city, tmp_path_factory) -> Iterator[FastAPI]:
    answering = open_for_answers(engine)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    intake = intake_router(engine, city, read_declarations(sources_folder(city)), TOKEN)
    yield create_server(answering, city, settings, [intake], DEMO)  # nobody is kept out
    answering.dispose()


@pytest.fixture(scope="module")
def client(server: FastAPI) -> TestClient:
    origin = {"Origin": "http://testserver"}
    return TestClient(server, raise_server_exceptions=False, headers=origin)


def assert_problem(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in (statuses or range(400, 500)), answer.text[:300]
    if answer.request.method != "HEAD":
        assert answer.headers["content-type"] == PROBLEM_JSON
        assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:70])
def test_an_address_of_data_that_is_none(client: TestClient, address: str) -> None:
    assert_problem(client.get(address))


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address[:70])
def test_a_page_that_is_none(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search[:30])
def test_a_page_with_a_search_that_is_none(client: TestClient, search: str) -> None:
    for page in ("/wall", "/explore", "/kiosk"):
        assert client.get(page + search).status_code == 200


def test_kinds_of_points_asked_for_again_and_again_are_read_once(client: TestClient) -> None:
    once = client.get("/live/points/incidents.json").json()
    often = client.get("/live/points/" + "+".join(["incidents"] * 500) + ".json").json()
    assert often["points"] == once["points"]
    assert_problem(
        client.get("/live/points/" + "+".join(f"k{n}" for n in range(99)) + ".json"), 400
    )


def _routes(server: FastAPI) -> list[str]:
    found = [each.path for each in server.routes if isinstance(each, Route)]
    for mount in (each for each in server.routes if isinstance(each, Mount)):
        below = getattr(mount.app, "routes", [])
        found += [mount.path + each.path for each in below if isinstance(each, Route)]
    return [each for each in found if each not in ("/events", INTAKE)]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "BREW", "HEAD"])
def test_a_method_that_no_address_has(client: TestClient, server: FastAPI, method: str) -> None:
    paths = ["/wall", "/", CALLBACK, "/_dash-layout", "/assets/base.css", "/nothing", INTAKE]
    for path in [*paths, *_routes(server)]:
        answer = client.request(method, path)
        assert answer.status_code < 500, (path, answer.text[:200])
        if method not in ("OPTIONS", "HEAD"):
            assert answer.status_code in (404, 405), path


FIRST = {
    "output": "page.children",
    "outputs": {"id": "page", "property": "children"},
    "inputs": [{"id": "url", "property": "pathname", "value": "/nothing"}],
    "state": [{"id": "url", "property": "search", "value": ""}],
    "changedPropIds": ["url.pathname"],
}
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "NUL": b"\x00",
    "no UTF-8": b"\xff\xfe",
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "a number": b"1e999",
    "a huge number": b"9" * 100_000,
    "a text": b'"page.children"',
    "a list": b"[]",
    "an empty object": b"{}",
    **{
        f"{key}: {value!r}": json.dumps({**FIRST, key: value}).encode()
        for key in FIRST
        for value in (None, 1, "x", {}, [1], [[1]], [{}], [{"id": 1, "property": 2}], {"id": []})
        if (key, value) != ("outputs", None)
    },
    "too many inputs": json.dumps({**FIRST, "inputs": FIRST["inputs"] * 2}).encode(),
    "inputs of another": json.dumps(
        {**FIRST, "inputs": [{"id": "other", "property": "pathname", "value": 1}]}
    ).encode(),
    "an output in the browser": json.dumps({**FIRST, "output": "url.search"}).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_callback_that_is_none(client: TestClient, body: bytes) -> None:
    answer = client.post(CALLBACK, content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 400)


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/x", "\xff"])
def test_a_callback_of_another_type(client: TestClient, kind: str) -> None:
    headers = [(b"content-type", kind.encode("latin-1"))]
    assert_problem(client.post(CALLBACK, content=json.dumps(FIRST).encode(), headers=headers), 415)


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, "a" * 100_000, "\x00", SURROGATE, ["/wall"], {"a": {"b": 1}}]
)
def test_values_that_no_callback_expects(client: TestClient, server: FastAPI, value) -> None:
    """Every callback of the composed application, each input and state with such a value."""
    for body in _bodies(server, value):
        content = json.dumps(body).replace(json.dumps(SURROGATE), f'"{SURROGATE}"')
        answer = client.post(
            CALLBACK, content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (200, 204, 400, 404), (body["output"], answer.text[:200])


def _bodies(server: FastAPI, value: object) -> Iterator[dict]:
    beside = server.router.default
    assert isinstance(beside, ScreensBeside)
    screens = beside._screens
    assert isinstance(screens, WsgiScreens)
    client = screens._app.test_client()
    for each in client.get("/_dash-dependencies").get_json():
        if each["clientside_function"]:
            continue
        parts = each["output"].strip(".").split("...")
        outputs = [
            dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in parts
        ]
        if any("{" in str(part["id"]) for part in [*each["inputs"], *each["state"], *outputs]):
            continue
        yield {
            "output": each["output"],
            "outputs": outputs if each["output"].startswith("..") else outputs[0],
            "inputs": [{**one, "value": value} for one in each["inputs"]],
            "state": [{**one, "value": value} for one in each["state"]],
            "changedPropIds": [f"{each['inputs'][0]['id']}.{each['inputs'][0]['property']}"],
        }


RECORDS = {
    "NUL in a text": [{"record_id": "a\x00b"}],
    "a huge number": [{"record_id": 10**400, "lon": 10**400}],
    "not finite": '[{"record_id": "1", "lon": NaN, "lat": Infinity}]',
    "a lone surrogate": f'[{{"record_id": "{SURROGATE}"}}]',
    "years": [
        {"record_id": "1", "called_at": year} for year in ("0000-01-01", "99999-01-01", "-44")
    ],
    "lists in fields": [{"record_id": [1], "called_at": {"a": 1}}],
    "unknown fields": [{"nothing": 1}],
    "no records": [],
    "no objects": [1, "a"],
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("records", RECORDS.values(), ids=RECORDS)
def test_records_that_are_none(client: TestClient, records) -> None:
    content = records if isinstance(records, str) else json.dumps(records)
    assert_problem(client.post(INTAKE, content=content, headers=WITH_TOKEN), 422)


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Basic x", "Bearer \xff\x00", "x" * 9000]
)
def test_tokens_that_are_none(client: TestClient, given: str) -> None:
    headers = [(b"authorization", given.encode("latin-1"))]
    assert_problem(client.post(INTAKE, content=b"[]", headers=headers), 401)


def test_heads_that_are_too_large(client: TestClient) -> None:
    assert_problem(client.get("/healthz?" + "a" * 50_000), 414)
    assert_problem(client.get("/healthz", headers={"X-A": "a" * 40_000}), 431)


def test_what_is_drawn_by_lot(client: TestClient) -> None:
    """A thousand addresses made of the parts of real ones and of what breaks parsers."""
    rng = random.Random(20141101)
    roots = ["layers", "live", "ogc", "assets", "_dash-layout", "district", "healthz", "intake"]
    words = ["values", "cells", "cell", "points", "incident_count", "all", "1", "2026-10", "city"]
    odd = [
        "%00",
        "%ff",
        "..",
        "",
        "-1",
        "nan",
        "9" * 400,
        "%2e%2e",
        "%F0%9F%92%A9",
        "a+a",
        "'",
        "%25",
    ]
    ends = ["", ".json", ".bin", ".arrow", "/", "?at=%00", "?bbox=a", "?limit=1e9", "?f=%ff", "#"]
    for _ in range(1000):
        parts = [rng.choice(words + odd) for _ in range(rng.randrange(7))]
        address = "/" + "/".join([rng.choice(roots), *parts]) + rng.choice(ends)
        answer = client.get(address)
        assert answer.status_code < 500, address
