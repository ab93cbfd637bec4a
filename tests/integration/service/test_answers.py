"""What all answers share over HTTP, and paging that is complete."""

import gzip

import pytest

LAYER = "/collections/hex_residents"
PATHS = (
    "/",
    "/collections",
    LAYER,
    LAYER + "/items?limit=500",
    "/catalogue",
    "/api",
    LAYER + "/tiles/WebMercatorQuad/8/217/93",
    "/ngsi-ld/v1/entities?limit=3",
)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_is_still_true_is_not_sent_again(client, path):
    first = client.get(path)
    tag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other = client.get(path, headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_form_has_a_validator_of_its_own(client):
    tags = {
        client.get(LAYER, headers={"Accept": accept}).headers["etag"]
        for accept in ("application/json", "text/html")
    }
    assert len(tags) == 2
    assert "Accept" in client.get(LAYER).headers["vary"]


def test_what_is_long_is_packed_for_who_takes_it(client):
    path = LAYER + "/items?limit=500"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) / 3
    assert gzip.decompress(raw) == plain.content


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_a_body(client, path):
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers[name] == whole.headers[name]


def test_a_page_of_any_origin_may_read_what_is_published(client):
    origin = {"Origin": "https://example.org"}
    for path in (*PATHS, "/collections/none", LAYER + "/items?none=1"):
        assert client.get(path, headers=origin).headers["access-control-allow-origin"] == "*"
    asked = {**origin, "Access-Control-Request-Method": "GET"}
    answer = client.options(LAYER, headers=asked)
    assert answer.status_code == 204
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written(client, method):
    answer = client.request(method, LAYER + "/items")
    assert answer.status_code == 405
    assert answer.json()["status"] == 405


@pytest.mark.parametrize("sortby", ["status", "-status", "version,-status", "-value", "", "+n,id"])
def test_pages_through_ties_give_every_feature_once(client, sortby):
    """Most rows tie by status: what decides among them must not change from page to page."""
    address = f"{LAYER}/items?limit=400&properties=status" + (f"&sortby={sortby}" if sortby else "")
    found: list[str] = []
    while address:
        page = client.get(address.replace("+", "%2B")).json()
        found += [each["id"] for each in page["features"]]
        address = next((x["href"] for x in page["links"] if x["rel"] == "next"), "")
    assert len(found) == len(set(found)) == page["numberMatched"] > 1000


@pytest.mark.parametrize(
    "path",
    [
        "/collections/%00/items",
        "/collections/a%0Ab",
        "/collections/districts/items/%00",
        "/collections/districts/items?filter=%00",
        "/collections/stops/items/" + "9" * 150,
        "/collections/stops/items/1e5",
        "/collections/districts/items?name_zh=%00",
        "/collections/" + "a" * 3000,
        "/dggs/H3/zones?subset=time()",
        "/dggs/H3/zones?limit=0",
        "/dggs/H3/zones?subset=Lon(nan:1)",
        "/dggs/H3/zones?bbox=nan,1,2,3",
        "/dggs/H3/zones/%0A",
        "/dggs/H3/zones?offset=" + "9" * 40,
        "/dggs/H3/zones?collections=none",
        "/collections/stops/items?filter=id%20%3D%20" + "9" * 400,
        "/collections/districts/items?filter=S_INTERSECTS(geom,POINT(1e400%202))",
        "/collections/districts/items?filter=S_INTERSECTS(geom,POINT(1))",
        "/collections/districts/items?filter=S_INTERSECTS(geom,BBOX(1,2,3))",
    ],
)
def test_what_makes_no_sense_is_the_fault_of_who_asks(client, path):
    answer = client.get(path)
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.json()["status"] == answer.status_code


def test_a_grid_is_asked_across_the_antimeridian(client):
    address = f"{LAYER}/dggs/H3/zones?compact-zones=false&zone-level=7&bbox="
    everything = client.get(address + "120,40,-170,50").json()["zones"]
    assert len(everything) > 100
    assert client.get(address + "170,40,-170,50").json()["zones"] == []
