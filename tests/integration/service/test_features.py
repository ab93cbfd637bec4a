"""OGC API Features and Tiles, asked by real GIS clients."""

import html
import json
import re
import shutil
import subprocess

import pytest
from owslib.ogcapi.features import Features

from geodata.service.conformance import CONFORMS_TO

needs_gdal = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="GDAL is not installed: scripts/setup-system.sh --tests"
)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_collections_say_what_they_are_in_both_languages(client):
    found = client.get("/collections/hex_incident_count").json()
    assert found["title"] == "警情数 · Incidents (H3 8) · SIMULATED · 模拟数据"
    assert found["provenance"]["provenance"] == "simulated"
    assert found["provenance"]["unit"] == {"zh": "起", "en": "incidents"}
    assert found["license"] == "CC0-1.0"
    names = [each["id"] for each in client.get("/collections").json()["collections"]]
    assert {"districts", "facilities", "stops", "incidents", "district_values"} <= set(names)
    assert "hex7_incident_count" not in names


def test_a_filter_is_cql2_and_no_function_of_the_database(client):
    items = "/collections/hex_residents/items"
    found = client.get(items, params={"filter": "value > 2900 AND status = 'ok'", "limit": 9999})
    assert found.json()["numberMatched"] > 0
    assert all(each["properties"]["value"] > 2900 for each in found.json()["features"])
    for call in ("pg_sleep(5) IS NULL", "pg_read_file('/etc/passwd') = 'x'", "version() = 'x'"):
        refused = client.get(items, params={"filter": call})
        assert refused.status_code == 400, refused.text
    asked = client.get(items, params={"filter": '{"op":"pg_sleep","args":[5]}'})
    assert asked.status_code == 400


PAGES = (
    "/",
    "/api",
    "/conformance",
    "/collections",
    "/collections/hex_residents",
    "/collections/hex_residents/metadata",
    "/collections/hex_residents/queryables",
    "/collections/hex_residents/items",
    "/collections/hex_residents/tiles",
    "/collections/hex_residents/tiles/WebMercatorQuad",
    "/collections/districts/items/220102",
    "/collections/districts/items?id=nowhere",
    "/tileMatrixSets",
    "/tileMatrixSets/WebMercatorQuad",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_ours_in_both_languages_and_loads_nothing(client, path):
    answer = client.get(path, headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.search("[一-鿿]", answer.text)
    assert re.search("Home", answer.text)
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", answer.text)
    foreign = re.findall(r'href="(?!http://testserver/ogc)[^"]*"', answer.text)
    assert foreign == []


def test_every_link_of_a_page_leads_somewhere(client):
    seen = set()
    for path in PAGES:
        page = client.get(path, headers={"Accept": "text/html"}).text
        seen |= {html.unescape(each) for each in re.findall(r'href="([^"]*)"', page)}
    small = sorted(each for each in seen if "parquet" not in each and "arrow" not in each)
    failing = [each for each in small if client.get(each).status_code != 200]
    assert len(small) > 40
    assert failing == []


def test_a_page_writes_what_it_shows_as_text(client):
    told = client.get("/collections/districts/items", params={"f": "html", "id": "<b>'\""}).text
    assert "<b>" not in told
    assert client.get("/docs").status_code == 404
    assert "ops." not in client.get("/api").text


def test_what_does_not_exist_is_said_plainly(client):
    assert client.get("/collections/state/items").status_code == 404
    assert client.get("/collections/ops.incident/items").status_code == 404


def test_owslib_reads_collections_whole(address, client):
    service = Features(address)
    for name, count in _counts(client).items():
        found: set[str] = set()
        for offset in range(0, max(count, 1), 1000):
            page = service.collection_items(name, limit=1000, offset=offset)
            found |= {each["id"] for each in page["features"]}
        assert len(found) == count, name


def test_owslib_reads_pages_of_features(address):
    service = Features(address)
    assert "districts" in service.feature_collections()
    page = service.collection_items("hex_residents", limit=7, offset=7)
    assert len(page["features"]) == page["numberReturned"] == 7
    assert page["numberMatched"] > 500
    assert service.collection_queryables("hex_residents")["properties"]["value"]
    assert service.conformance()["conformsTo"] == list(CONFORMS_TO)
    assert service.api()["openapi"] == "3.0.3"


def _counts(client) -> dict[str, int]:
    """Return how many features each collection has; the largest differ in nothing but size."""
    names = [each["id"] for each in client.get("/collections").json()["collections"]]
    found = {name: client.get(f"/collections/{name}/items?limit=1").json() for name in names}
    counts = {name: each["numberMatched"] for name, each in found.items()}
    assert len(counts) > 8
    return {name: count for name, count in counts.items() if count < 5000}


@needs_gdal
def test_gdal_reads_collections_whole(address, client):
    source = f"OAPIF:{address}"
    told = _counts(client)
    assert max(told.values()) > 1000
    for name, count in told.items():
        lines = _run(
            "ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", source, name, "-oo", "PAGE_SIZE=1000"
        )
        ids = [json.loads(line)["properties"]["id"] for line in lines.splitlines()]
        assert len(set(ids)) == len(ids) == count, name
    summary = _run("ogrinfo", "-ro", "-so", source, "incidents")
    assert "Geometry: Polygon" in summary
    assert "value: Real" in summary


@needs_gdal
def test_gdal_reads_a_vector_tile(client, tmp_path):
    tile = client.get("/collections/hex_residents/tiles/WebMercatorQuad/8/217/93")
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    file = tmp_path / "93.mvt"
    file.write_bytes(tile.content)
    place = ["-oo", "Z=8", "-oo", "X=217", "-oo", "Y=93"]
    summary = _run("ogrinfo", "-ro", "-so", "-al", *place, str(file))
    count = int(summary.split("Feature Count: ")[1].split()[0])
    assert count > 300
    assert "status_zh: String" in summary


@pytest.mark.parametrize(
    "address",
    [
        "/collections/districts/items?crs=http://www.opengis.net/def/crs/EPSG/0/4490",
        "/collections/districts/items?bbxo=1,2,3,4",
        "/collections/districts/items?nmae_zh=%E5%8D%97%E5%85%B3%E5%8C%BA",
        "/collections/districts?lang=zh",
        "/collections?title=districts",
        "/dggs/H3/zones?zone-levle=7",
        "/catalogue?page=2",
    ],
)
def test_a_parameter_that_nobody_reads_is_refused(client, address):
    answer = client.get(address)
    assert answer.status_code == 400, answer.text[:300]
    name = address.partition("?")[2].partition("=")[0]
    assert f"no parameter is called '{name}'" in answer.json()["detail"]


def test_a_column_of_the_collection_is_a_parameter(client):
    found = client.get("/collections/districts/items", params={"id": "220102", "f": "json"})
    assert found.status_code == 200, found.text
    assert [each["id"] for each in found.json()] == ["220102"]
    assert client.get("/collections?f=json").status_code == 200


@pytest.mark.parametrize("collection", ["districts", "stops", "hex_residents"])
def test_csv_begins_with_the_mark_of_utf_8_once(client, collection):
    answer = client.get(f"/collections/{collection}/items", params={"f": "csv", "limit": 20})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\xef\xbb\xbf") == 1
    assert not client.get(f"/collections/{collection}/items").content.startswith(b"\xef\xbb\xbf")


def test_csv_of_nothing_names_its_columns(client):
    nothing = client.get("/collections/districts/items", params={"f": "csv", "ids": "nowhere"})
    head = b"\xef\xbb\xbfid,area_km2,kind,name_en,name_zh,geometry\r\n"
    assert (nothing.status_code, nothing.content) == (200, head)
