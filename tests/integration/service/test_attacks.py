"""The table of attacks on the GIS service: what is malformed is a fault of its client."""

import random

import pytest
from fastapi.testclient import TestClient

from geodata.http.problems import PROBLEM_JSON

HEX = "/collections/hex_residents"
ITEMS = f"{HEX}/items"
TILES = f"{HEX}/tiles/WebMercatorQuad"
LONG = "9" * 4000

BOXES = [
    "a,b,c,d",
    "1,2,3",
    "1,2,3,4,5",
    "nan,nan,nan,nan",
    "inf,-inf,inf,inf",
    "126,44,125,43",
    "125,44,126,43",
    "181,0,182,1",
    "0,91,1,92",
    "1e400,0,1,1",
    ",,,",
    "125;43;126;44",
    "125,43,126,44\x00",
    LONG,
]
TIMES = [
    "soon",
    "0000-01-01",
    "99999-01-01T00:00:00Z",
    "-0044-03-15T00:00:00Z",
    "2026-02-30",
    "2016-12-31T23:59:60Z",
    "2026-10-01T25:00:00Z",
    "2026-10-01/2026-09-01",
    "2026-10-01/2026-10-02/2026-10-03",
    "../..",
    "/",
    "2026-10-01T00:00:00+99:99",
    "2026-10-01\x00",
    "+010000-01-01T00:00:00Z",
    LONG,
]
FILTERS = [
    "nothing = 1",
    "value = 'a",
    "value = 1e999",
    "value = " + LONG[:3000],
    "value = 'a\x00b'",
    "S_INTERSECTS(geom, POINT(nan nan))",
    "S_INTERSECTS(geom, POINT(inf 0))",
    "S_INTERSECTS(geom, POLYGON((0 0, 1 1)))",
    "S_INTERSECTS(geom, POINT(1e308 1e308))",
    "S_INTERSECTS(geom, 'SRID=3857;POINT(1 1)')",
    "S_INTERSECTS(value, POINT(1 1))",
    "S_INTERSECTS(geom, 1)",
    "T_AFTER(starts_at, TIMESTAMP('99999-01-01T00:00:00Z'))",
    "T_AFTER(value, DATE('2026-02-30'))",
    "value BETWEEN 'a' AND 2",
    "value IN ('a', 1)",
    "value / 0 = 1",
    "value ^ 99999 > 1",
    "status LIKE 1",
    "cell = 99999999999999999999999",
    '{"op":"=","args":[]}',
    '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[]}]}',
    '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":["a",1]}]}',
    '{"op":"=","args":[{"property":"value"},{"timestamp":"0000-00-00"}]}',
    '{"op":"=","args":[{"property":"status"},"\\ud800"]}',
    "{",
]
TILE_NUMBERS = [
    "-1/0/0",
    "0/-1/0",
    "0/0/5",
    "99/0/0",
    f"{2**70}/0/0",
    f"0/{2**70}/0",
    "a/b/c",
    "1e2/0/0",
]
OTHERS = [
    f"{ITEMS}?limit=-1",
    f"{ITEMS}?limit=0",
    f"{ITEMS}?limit={LONG}",
    f"{ITEMS}?limit=1e3",
    f"{ITEMS}?offset=-1",
    f"{ITEMS}?offset={2**63}",
    f"{ITEMS}?offset={2**70}",
    f"{ITEMS}?ids={LONG}",
    f"{ITEMS}?ids=a,b",
    f"{ITEMS}?ids=%00",
    f"{ITEMS}?properties=nothing",
    f"{ITEMS}?sortby=nothing",
    f"{ITEMS}?sortby=",
    f"{ITEMS}?sortby=%00",
    f"{ITEMS}?simplify=nan",
    f"{ITEMS}?simplify=-1e308",
    f"{ITEMS}?geom-column=nothing",
    f"{ITEMS}?datetime-column=nothing",
    f"{ITEMS}?value=a",
    f"{ITEMS}?value={LONG}",
    f"{ITEMS}?status=%00",
    f"{ITEMS}?status=%ff",
    f"{ITEMS}?nothing=1",
    f"{ITEMS}?f=exe",
    f"{ITEMS}/{LONG}",
    f"{ITEMS}/-1",
    f"{ITEMS}/%00",
    f"{ITEMS}/nan",
    "/collections/%00",
    "/collections/nothing/items",
    "/collections/pg_class/items",
    f"/collections?limit={LONG}",
    f"/collections?offset={2**70}",
    f"{HEX}/tiles/Nothing/0/0/0",
    f"{HEX}/dggs/H3/zones/nothing/data",
    f"{HEX}/dggs/H3/zones/{'f' * 16}",
    f"{HEX}/dggs/H3/zones?zone-level=99",
    f"{HEX}/dggs/H3/zones?zone-level=-1",
    f"{HEX}/dggs/H3/zones?zone-level={LONG}",
    f"{HEX}/dggs/H3/zones?bbox=nan,nan,nan,nan",
    f"{HEX}/dggs/H3/zones?bbox=inf,inf,inf,inf",
    f"{HEX}/dggs/H3/zones?offset={2**70}",
    f"{HEX}/dggs/H3/zones?limit={LONG}",
    f"{HEX}/dggs/H3/zones?datetime=0000",
    f"{HEX}/dggs/H3/zones?datetime=0001-01-01T00:00:00%2B14:00",
    f"{HEX}/dggs/H3/zones?subset=Lon(nan:nan)",
    f"{HEX}/dggs/H3/zones?subset=Lon(1e400)",
    f"{HEX}/dggs/H3/zones?parent-zone={'f' * 15}",
    f"{HEX}/dggs/H3/zones/8630e4527ffffff/data?zone-depth=99",
    f"{HEX}/dggs/H3/zones/8630e4527ffffff/data?zone-depth=0-{LONG}",
    "/dggs/H3/zones?collections=nothing",
    "/dggs/H3/zones?collections=%00",
    "/ngsi-ld/v1/entities?indicator=%00",
    "/ngsi-ld/v1/entities?type=Nothing",
]


@pytest.fixture(scope="module")
def attacked(application):
    """A client of the service that is told of faults as any other client is."""
    with TestClient(
        application, base_url="http://testserver/ogc", raise_server_exceptions=False
    ) as made:
        yield made


def ask(client: TestClient, path: str, **options) -> int:
    """The status of an answer, which is no fault of ours, and is told in the one shape."""
    answer = client.get(path, **options)
    assert answer.status_code < 500, answer.text[:300]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM_JSON
    return answer.status_code


@pytest.mark.parametrize("path", [ITEMS, f"{TILES}/7/108/46"])
@pytest.mark.parametrize("box", BOXES, ids=lambda box: box[:30])
def test_boxes(attacked: TestClient, box: str, path: str) -> None:
    status = ask(attacked, path, params={"bbox": box})
    assert status >= 400 or box == "126,44,125,43"  # over the antimeridian: little, but a box


@pytest.mark.parametrize("path", [ITEMS, f"{TILES}/7/108/46"])
@pytest.mark.parametrize("time", TIMES, ids=lambda time: time[:30])
def test_times(attacked: TestClient, time: str, path: str) -> None:
    ask(attacked, path, params={"datetime": time})


@pytest.mark.parametrize("text", FILTERS, ids=lambda text: text[:40])
def test_filters(attacked: TestClient, text: str) -> None:
    ask(attacked, ITEMS, params={"filter": text, "limit": 1})


@pytest.mark.parametrize("numbers", TILE_NUMBERS, ids=lambda numbers: numbers[:12])
def test_tile_numbers(attacked: TestClient, numbers: str) -> None:
    ask(attacked, f"{TILES}/{numbers}")


@pytest.mark.parametrize("address", OTHERS, ids=lambda address: address[:60])
def test_other_addresses(attacked: TestClient, address: str) -> None:
    ask(attacked, address)


@pytest.mark.parametrize(
    "accept", ["q", ";", "a/b;q=x", "a/b;q", "*/*;q=1;q", ",", "\xff", "a;b=c=d"]
)
def test_accepts(attacked: TestClient, accept: str) -> None:
    headers = [(b"accept", accept.encode("latin-1"))]
    ask(attacked, ITEMS + "?limit=1", headers=headers)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "TRACE", "BREW"])
def test_methods(attacked: TestClient, method: str) -> None:
    for path in ("/", "/collections", ITEMS, f"{TILES}/7/108/46", "/api", "/nothing"):
        answer = attacked.request(method, path)
        assert answer.status_code in (404, 405), path
        assert answer.headers["content-type"] == PROBLEM_JSON


def test_what_is_drawn_by_lot(attacked: TestClient) -> None:
    """Three hundred questions of real parameters with values that break parsers."""
    rng = random.Random(20141101)
    names = [
        "bbox",
        "datetime",
        "filter",
        "limit",
        "offset",
        "ids",
        "properties",
        "sortby",
        "value",
    ]
    names += ["status", "geom-column", "filter-lang", "f", "simplify", "bbox-only"]
    odd = [*BOXES, *TIMES, *FILTERS, "", "-1", "true", "a,b", "'", '"', "%", "-value", "%00", "中"]
    paths = [ITEMS, f"{TILES}/7/108/46", f"{HEX}/queryables", "/dggs/H3/zones", "/collections"]
    for _ in range(300):
        chosen = {rng.choice(names): rng.choice(odd) for _ in range(rng.randrange(1, 4))}
        ask(attacked, rng.choice(paths), params=chosen)
