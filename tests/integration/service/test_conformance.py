"""The normative requirements of what the service claims: one a row, named as the standard names it.

`pytest -v` prints the table. A class is claimed if, and only if, a row here checks it.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

import pytest
import shapely
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from geodata.http.problems import PROBLEM_JSON
from geodata.service.conformance import CONFORMS_TO

REQUIREMENTS: dict[str, Callable[[TestClient], None]] = {}
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
LAYER = "/collections/hex_residents"
ITEMS = LAYER + "/items"
PERIODIC = "/collections/incidents/items"  # October 2026 in Changchun


def requirement(*names: str):
    """Register a check under the names of the requirements that it covers."""

    def register(check: Callable[[TestClient], None]):
        once = cache(check)
        for name in names:
            assert name not in REQUIREMENTS
            REQUIREMENTS[name] = once
        return check

    return register


def _get(client: TestClient, path: str, **parameters):
    answer = client.get(path, params=parameters or None)  # nothing at all would empty the query
    assert answer.status_code == 200, answer.text[:300]
    return answer


def _json(client: TestClient, path: str, **parameters):
    return _get(client, path, **parameters).json()


def _matched(client: TestClient, path: str = ITEMS, **parameters) -> int:
    return _json(client, path, limit=1, **parameters)["numberMatched"]


def _refused(client: TestClient, path: str, **parameters) -> None:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 400, (path, parameters, answer.status_code)
    assert answer.headers["content-type"] == PROBLEM_JSON


def _links(document: dict, rel: str) -> list[dict]:
    return [each for each in document["links"] if each["rel"] == rel]


def _operation(client: TestClient, path: str) -> dict:
    return _json(client, "/api")["paths"][path]["get"]


def _parameter(client: TestClient, name: str) -> dict:
    return _json(client, "/api")["components"]["parameters"][name]


@requirement("common-1:core/root-success", "features-1:core/root-op", "common-1:landing-page/root")
def _(client):
    landing = _json(client, "/")
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert _links(landing, rel), rel
        for each in _links(landing, rel):
            assert client.get(each["href"]).status_code == 200


@requirement(
    "features-1:core/api-definition-success",
    "features-1:oas30/oas-definition-1",
    "common-1:oas30/oas-definition",
)
def _(client):
    answer = _get(client, "/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    validate(answer.json(), cls=OpenAPIV30SpecValidator)


@requirement(
    "features-1:oas30/completeness", "common-1:oas30/completeness", "tiles-1:oas30/completeness"
)
def _(client):
    document = _json(client, "/api")
    for path, methods in document["paths"].items():
        responses = methods["get"]["responses"]
        assert {"200", "400", "404", "503"} <= set(responses), path
        assert "422" not in responses, path
        assert responses["200"]["content"], path
    routers = [each.original_router for each in client.app.routes[-1].app.routes]
    served = {route.path for router in routers for route in router.routes}
    assert served == set(document["paths"])


@requirement("features-1:oas30/exception-codes", "common-1:oas30/exception-codes")
def _(client):
    for status, path in ((404, "/collections/none"), (400, ITEMS + "?none=1"), (404, "/none")):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_JSON)
        assert {"type", "title", "status", "detail", "instance"} <= set(answer.json())


@requirement("features-1:core/conformance-success", "common-1:core/conformance")
def _(client):
    assert _json(client, "/conformance")["conformsTo"] == list(CONFORMS_TO)


@requirement("features-1:core/http", "common-1:core/http")
def _(client):
    whole = _get(client, ITEMS)
    head = client.head(ITEMS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert client.post(ITEMS).status_code == 405
    options = client.options(ITEMS, headers={"Origin": "https://example.org"})
    assert options.status_code == 204
    assert "GET" in options.headers["allow"]
    assert options.headers["access-control-allow-origin"] == "*"


@requirement("features-1:core/query-param-unknown", "common-1:core/query-param-name-unknown")
def _(client):
    for path in ("/", "/conformance", "/collections", LAYER, ITEMS, LAYER + "/tiles", "/api"):
        _refused(client, path, unknown="1")


@requirement("features-1:core/query-param-invalid", "common-1:core/query-param-value-invalid")
def _(client):
    wrong = {
        "limit": ("abc", "0", "-1", "1e3", "9" * 5000),
        "offset": ("-1", "x", "9" * 30),
        "bbox": ("a,b,c,d", "1,2,3", "nan,1,2,3", "1,inf,2,3", "1,50,2,40", "200,1,210,2", ""),
        "datetime": (
            "yesterday",
            "2026-13-01",
            "2026-10-01T25:00:00Z",
            "../..",
            "a/b/c",
            "",
            "2026-11-01T00:00:00Z/2026-10-01T00:00:00Z",
            "0000-01-01",
            "10000-01-01",
        ),
        "sortby": ("none", "-none", "geom", ""),
        "properties": ("none",),
        "filter": ("none = 1", "value = 'x'", "value ==", "geom = 'x'", ""),
        "filter-lang": ("cql", "cql-text"),
        "filter-crs": ("EPSG:4326",),
        "bbox-crs": ("EPSG:4326",),
        "simplify": ("nan", "-1", "inf", "x"),
        "f": ("xml",),
        "value": ("x",),
        "is_partial": ("perhaps",),
    }
    for name, values in wrong.items():
        for value in values:
            _refused(client, ITEMS, **{name: value})
    assert client.get(ITEMS + "?limit=1&limit=2").status_code == 400
    assert client.get(ITEMS + "?period=%00").status_code == 400


@requirement("features-1:core/crs84")
def _(client):
    described = _json(client, LAYER)
    assert described["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    west, south, east, north = described["extent"]["spatial"]["bbox"][0]
    feature = _json(client, ITEMS, limit=1)["features"][0]
    assert shapely.box(west, south, east, north).contains(
        shapely.geometry.shape(feature["geometry"])
    )


@requirement(
    "features-1:core/fc-md-success",
    "common-2:collections/collections",
    "features-1:core/sfc-md-success",
)
def _(client):
    document = _json(client, "/collections")
    assert len(document["collections"]) == document["numberMatched"] > 5
    for each in document["collections"]:
        assert _json(client, f"/collections/{each['id']}") == each


@requirement("features-1:core/fc-md-items-links", "features-1:core/fc-md-links")
def _(client):
    document = _json(client, "/collections")
    assert _links(document, "self")
    assert _links(document, "alternate")
    for each in document["collections"]:
        assert {link["type"] for link in _links(each, "items")} >= {
            "application/geo+json",
            "text/html",
        }


@requirement("features-1:core/fc-md-extent", "common-2:collections/extent")
def _(client):
    for each in _json(client, "/collections")["collections"]:
        assert len(each["extent"]["spatial"]["bbox"][0]) == 4
        for moment in each["extent"].get("temporal", {"interval": [[]]})["interval"][0]:
            datetime.fromisoformat(moment)


@requirement("features-1:core/fc-limit-definition")
def _(client):
    limit = _parameter(client, "limit")
    assert (limit["name"], limit["in"], limit["style"]) == ("limit", "query", "form")
    assert {"minimum", "maximum", "default"} <= set(limit["schema"])


@requirement("features-1:core/fc-limit-response-1")
def _(client):
    assert len(_json(client, ITEMS)["features"]) == 10
    assert len(_json(client, ITEMS, limit=3)["features"]) == 3
    most = _json(client, PERIODIC, limit=10**30, properties="value")
    assert most["numberReturned"] == len(most["features"]) == 10_000


@requirement("features-1:core/fc-bbox-definition")
def _(client):
    schema = _parameter(client, "bbox")["schema"]
    assert (schema["minItems"], schema["maxItems"]) == (4, 6)
    assert _parameter(client, "bbox")["explode"] is False


@requirement("features-1:core/fc-bbox-response")
def _(client):
    box = (125.30, 43.86, 125.36, 43.90)
    everything = _json(client, ITEMS, limit=10_000)["features"]
    wanted = {
        each["id"]
        for each in everything
        if shapely.geometry.shape(each["geometry"]).intersects(shapely.box(*box))
    }
    found = _json(client, ITEMS, limit=10_000, bbox=",".join(map(str, box)))["features"]
    assert {each["id"] for each in found} == wanted
    assert 5 < len(wanted) < len(everything)
    heights = "125.30,43.86,-10,125.36,43.90,10"
    assert _matched(client, bbox=heights) == len(wanted)
    assert _matched(client, bbox="120,40,-170,50") == len(everything)  # across the antimeridian
    assert _matched(client, bbox="170,-10,-170,50") == 0
    assert _matched(client, bbox="130,40,126,50") < len(everything)


@requirement("features-1:core/fc-time-definition")
def _(client):
    assert _parameter(client, "datetime")["schema"] == {"type": "string"}


@requirement("features-1:core/fc-time-response")
def _(client):
    whole = _matched(client, PERIODIC)
    inside = (
        "2026-10-05T00:00:00Z",
        "2026-10-05",
        "2026-10-05T00:00:00Z/..",
        "/2026-10-05",
        "2026-01-01T00:00:00Z/2026-09-30T16:00:00Z",
        "2026-10-31T15:59:59Z/2027-01-01",
    )
    outside = (
        "2026-09-30T15:59:59Z",
        "2026-11-01",
        "2026-10-31T16:00:00Z",
        "../2026-09-01",
        "2026-01-01T00:00:00Z/2026-09-30T15:59:59Z",
        "2026-10-31T16:00:00Z/..",
    )
    for moment in inside:
        assert _matched(client, PERIODIC, datetime=moment) == whole > 0, moment
    for moment in outside:
        assert _matched(client, PERIODIC, datetime=moment) == 0, moment
    districts = "/collections/districts/items"  # no time: always found
    assert _matched(client, districts, datetime="1999-01-01") == _matched(client, districts) > 3


@requirement(
    "features-1:core/fc-response",
    "features-1:core/fc-links",
    "features-1:core/fc-rel-type",
    "features-1:core/fc-numberReturned",
    "features-1:core/fc-numberMatched",
)
def _(client):
    document = _json(client, ITEMS, limit=7, offset=7)
    assert document["numberReturned"] == len(document["features"]) == 7
    for rel in ("self", "alternate", "next", "prev"):
        assert _links(document, rel), rel
    assert all({"href", "rel", "type"} <= set(each) for each in document["links"])
    back = _json(client, _links(document, "prev")[0]["href"])
    assert back["features"] == _json(client, ITEMS, limit=7)["features"]
    for each in _links(document, "alternate"):
        answer = _get(client, each["href"])
        assert answer.headers["content-type"].startswith(each["type"])


@requirement("features-1:core/f-success", "features-1:core/f-links")
def _(client):
    listed = _json(client, ITEMS, limit=1)["features"][0]
    one = _json(client, f"{ITEMS}/{listed['id']}")
    assert {"self", "collection", "alternate"} <= {each["rel"] for each in one.pop("links")}
    assert one == listed
    assert client.get(f"{ITEMS}/none").status_code == 404
    assert client.get("/collections/stops/items/none").status_code == 404


@requirement("features-1:geojson/definition", "features-1:geojson/content", "common-1:json/content")
def _(client):
    assert _get(client, ITEMS).headers["content-type"] == "application/geo+json"
    document = _json(client, ITEMS)
    assert document["type"] == "FeatureCollection"
    assert all(each["type"] == "Feature" and each["geometry"] for each in document["features"])
    assert _get(client, LAYER).headers["content-type"] == "application/json"


@requirement("features-1:html/definition", "features-1:html/content", "common-1:html/content")
def _(client):
    for path in ("/", "/conformance", "/collections", LAYER, ITEMS, "/api"):
        for answer in (
            _get(client, path, f="html"),
            client.get(path, headers={"Accept": "text/html"}),
        ):
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = _get(client, ITEMS, f="html", limit=3)
    for each in _json(client, ITEMS, limit=3)["features"]:
        assert each["id"] in page.text
        assert str(each["properties"]["value"]) in page.text


@requirement(
    "features-3:queryables/get-queryables-response", "features-3:queryables/queryables-link"
)
def _(client):
    (linked,) = _links(_json(client, LAYER), REL + "queryables")
    answer = _get(client, linked["href"])
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == linked["href"]
    assert schema["type"] == "object"
    feature = _json(client, ITEMS, limit=1)["features"][0]
    assert set(schema["properties"]) == {*feature["properties"], "geom"}


@requirement("features-3:queryables-query-parameters/parameters")
def _(client):
    low = _matched(client, status="low_n")
    assert low == _matched(client, filter="status = 'low_n'") < _matched(client)
    assert _matched(client, PERIODIC, status="suppressed", period="2026-10") > 0


@requirement(
    "features-3:filter/filter-param",
    "features-3:features-filter/response",
    "features-3:filter/mixing-expressions",
)
def _(client):
    box = "125.30,43.86,125.36,43.90"
    both = _json(client, ITEMS, filter="value > 2900", bbox=box, limit=1000)["features"]
    single = {each["id"] for each in _json(client, ITEMS, bbox=box, limit=1000)["features"]}
    assert {each["id"] for each in both} <= single
    assert all(each["properties"]["value"] > 2900 for each in both)


@requirement("features-3:filter/filter-lang-param", "cql2:cql2-json/cql2-filter")
def _(client):
    tree = json.dumps({"op": ">", "args": [{"property": "value"}, 2900]})
    wanted = _matched(client, filter="value > 2900")
    assert _matched(client, filter=tree, **{"filter-lang": "cql2-json"}) == wanted > 0
    assert _matched(client, filter="value > 2900", **{"filter-lang": "cql2-text"}) == wanted
    _refused(client, ITEMS, filter=tree, **{"filter-lang": "cql2-text"})
    _refused(client, ITEMS, filter="value > 2900", **{"filter-lang": "cql2-json"})


@requirement("features-3:filter/filter-crs-wgs84", "features-3:filter/filter-crs-param")
def _(client):
    crs = {"filter-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
    inside = "S_INTERSECTS(geom, POINT(125.32 43.88))"
    assert _matched(client, filter=inside) == _matched(client, filter=inside, **crs)


@requirement("features-3:filter/expression-construction")
def _(client):
    _refused(client, ITEMS, filter="ctid = '(0,1)'")
    assert "none" in client.get(ITEMS, params={"filter": "none = 1"}).json()["detail"]


def _counts(client, *texts: str) -> list[int]:
    return [_matched(client, filter=each) for each in texts]


@requirement(
    "cql2:basic-cql2/binary-comparison-predicate",
    "cql2:cql2-text/cql2-filter",
    "cql2:basic-cql2/cql2-filter",
)
def _(client):
    whole = _matched(client)
    less, equal, more = _counts(client, "value < 2900", "value = 2900", "value > 2900")
    assert less + equal + more == _matched(client, filter="value IS NOT NULL") <= whole
    assert _counts(client, "value <= 2900", "value >= 2900", "value <> 2900") == [
        less + equal,
        equal + more,
        less + more,
    ]
    assert _counts(client, "is_simulated = true", "is_simulated = false") == [whole, 0]
    moment = "starts_at < TIMESTAMP('2026-12-01T00:00:00Z')"
    assert _counts(client, moment, "starts_at < DATE('2026-12-01')") == [whole, whole]


@requirement("cql2:basic-cql2/is-null-predicate")
def _(client):
    nothing, something = _counts(client, "value IS NULL", "value IS NOT NULL")
    assert nothing + something == _matched(client)


@requirement("cql2:basic-cql2/boolean-operators")
def _(client):
    both, one, other, either = _counts(
        client,
        "value > 2500 AND value < 2900",
        "value > 2500",
        "value < 2900",
        "value > 2500 OR value < 2900",
    )
    assert both + either == one + other
    assert _matched(client, filter="NOT (value > 2500)") + one == _matched(
        client, filter="value IS NOT NULL"
    )


@requirement(
    "cql2:advanced-comparison-operators/like-predicate",
    "cql2:advanced-comparison-operators/between-predicate",
    "cql2:advanced-comparison-operators/in-list-predicate",
)
def _(client):
    assert _counts(client, "status LIKE 'low%'", "status NOT LIKE 'low%'")[0] == _matched(
        client, filter="status = 'low_n'"
    )
    between, apart = _counts(
        client, "value BETWEEN 2500 AND 2900", "value >= 2500 AND value <= 2900"
    )
    assert between == apart > 0
    assert _counts(client, "status IN ('ok', 'low_n')", "status = 'ok' OR status = 'low_n'")[0] > 0


@requirement(
    "cql2:basic-spatial-functions/spatial-predicates", "cql2:basic-spatial-functions/bbox-predicate"
)
def _(client):
    as_box = "S_INTERSECTS(geom, BBOX(125.30, 43.86, 125.36, 43.90))"
    assert _matched(client, filter=as_box) == _matched(client, bbox="125.30,43.86,125.36,43.90") > 5
    assert _matched(client, filter="S_INTERSECTS(geom, POINT(125.3 43.88))") == _matched(
        client, bbox="125.3,43.88,125.3,43.88"
    )


@requirement("cql2:basic-spatial-functions-plus/spatial-predicates")
def _(client):
    ring = "((125.30 43.86, 125.36 43.86, 125.36 43.90, 125.30 43.90, 125.30 43.86))"
    wanted = _matched(client, bbox="125.30,43.86,125.36,43.90")
    shapes = (f"POLYGON{ring}", f"MULTIPOLYGON({ring})", f"GEOMETRYCOLLECTION(POLYGON{ring})")
    for shape in shapes:
        assert _matched(client, filter=f"S_INTERSECTS(geom, {shape})") == wanted, shape
    line = "S_INTERSECTS(geom, LINESTRING(125.0 43.8, 125.3 43.87, 125.6 43.95))"
    assert 0 < _matched(client, filter=line) < _matched(client)


@requirement("tiles-1:core/tc-op", "tiles-1:tileset/tile-template", "tiles-1:tileset/tileset-desc")
def _(client):
    described = _json(client, LAYER + "/tiles/WebMercatorQuad")
    (template,) = [each for each in described["links"] if each.get("templated")]
    assert template["rel"] == "item"
    place = {"{tileMatrix}": "8", "{tileRow}": "93", "{tileCol}": "217"}
    address = template["href"]
    for name, value in place.items():
        assert name in address
        address = address.replace(name, value)
    answer = _get(client, address)
    assert answer.headers["content-type"] == template["type"]
    assert {"dataType", "crs", "links"} <= set(described)
    (scheme,) = _links(described, REL + "tiling-scheme")
    assert _json(client, scheme["href"])["id"] == "WebMercatorQuad"


@requirement("tiles-1:core/tc-success", "tiles-1:mvt/content")
def _(client):
    limits = _json(client, LAYER + "/tiles/WebMercatorQuad")["tileMatrixSetLimits"]
    assert [each["tileMatrix"] for each in limits] == [str(zoom) for zoom in range(5, 15)]
    (eight,) = [each for each in limits if each["tileMatrix"] == "8"]
    filled = 0
    for col in range(eight["minTileCol"], eight["maxTileCol"] + 1):
        for row in range(eight["minTileRow"], eight["maxTileRow"] + 1):
            answer = client.get(f"{LAYER}/tiles/WebMercatorQuad/8/{col}/{row}")
            assert answer.status_code in (200, 204)
            filled += answer.status_code == 200
    assert filled > 0


@requirement(
    "tiles-1:core/tc-error",
    "tiles-1:core/tc-tilematrix-definition",
    "tiles-1:core/tc-tilerow-definition",
    "tiles-1:core/tc-tilecol-definition",
)
def _(client):
    empty = client.get(LAYER + "/tiles/WebMercatorQuad/8/0/0")
    assert (empty.status_code, empty.content) == (204, b"")
    for place in (
        "8/256/0",
        "8/0/256",
        "4/1/1",
        "15/1/1",
        "31/0/0",
        "-1/0/0",
        "8/-1/0",
        "8/x/0",
        f"8/{10**30}/0",
    ):
        answer = client.get(f"{LAYER}/tiles/WebMercatorQuad/{place}")
        assert answer.status_code in (400, 404), place
    assert client.get(LAYER + "/tiles/none/8/1/1").status_code in (400, 404)


@requirement(
    "tiles-1:geodata-tilesets/desc-links",
    "tiles-1:geodata-tilesets/operation",
    "tiles-1:tilesets-list/tileset-links",
)
def _(client):
    (linked,) = _links(_json(client, LAYER), REL + "tilesets-vector")
    for each in _json(client, linked["href"])["tilesets"]:
        (own,) = _links(each, "self")
        assert _json(client, own["href"])["dataType"] == "vector"


@requirement("tiles-1:oas30/operation-id")
def _(client):
    names = {_operation(client, path)["operationId"] for path in _json(client, "/api")["paths"]}
    assert {
        ".collection.vector.getTile",
        ".collection.vector.getTileSet",
        ".collection.vector.getTileSetsList",
    } <= names


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirement(client, name):
    REQUIREMENTS[name](client)


# OGC API DGGS has its own file, test_dggs.py.
@pytest.mark.parametrize("claimed", [each for each in CONFORMS_TO if "dggs" not in each])
def test_a_class_is_claimed_only_if_its_requirements_are_checked(claimed):
    standard, _, _, conformance_class = urlsplit(claimed).path.split("/")[2:6]
    prefix = f"{standard.removeprefix('ogcapi-')}:{conformance_class}/"
    assert any(name.startswith(prefix) for name in REQUIREMENTS), prefix
