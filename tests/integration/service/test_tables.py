"""Tables for programs: whole, with their types, and with what must be known of the numbers."""

import io
import json

import geopandas
import pyarrow as pa
import pyarrow.parquet
import pytest

LAYER = "/collections/hex_residents/items"
SAID = {
    "title",
    "description",
    "provenance",
    "simulated",
    "sources",
    "owners",
    "licences",
    "period",
    "version",
    "asOf",
    "unit",
    "formula",
    "statuses",
}


def _features(client) -> dict[str, float | None]:
    found = client.get(LAYER, params={"limit": 10_000}).json()["features"]
    return {each["id"]: each["properties"]["value"] for each in found}


def test_geoparquet_opens_with_its_datum_and_says_what_it_is(client):
    answer = client.get(LAYER, params={"f": "parquet", "limit": 100_000})
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    frame = geopandas.read_parquet(io.BytesIO(answer.content))
    assert dict(zip(frame["id"], frame["value"], strict=True)) == _features(client)
    assert frame.crs.to_authority() == ("OGC", "CRS84")
    assert set(frame.geom_type) == {"Polygon"}
    assert str(frame["starts_at"].dtype).endswith("UTC]")
    schema = pyarrow.parquet.read_schema(io.BytesIO(answer.content))
    said = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert set(said) >= SAID
    assert said["simulated"] == "SIMULATED · 模拟数据"
    assert json.loads(said["unit"]) == {"zh": "人", "en": "people"}
    assert json.loads(said["geo"])["version"] == "1.1.0"


def test_arrow_has_the_same_rows_and_says_the_same(client):
    answer = client.get(LAYER, params={"f": "arrow", "limit": 100_000})
    table = pa.ipc.open_stream(answer.content).read_all()
    values = dict(zip(table["id"].to_pylist(), table["value"].to_pylist(), strict=True))
    assert values == _features(client)
    assert {key.decode() for key in table.schema.metadata} >= SAID


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "ndjson", "geojsonseq"])
def test_a_table_that_is_a_page_says_what_follows(client, form):
    answer = client.get(LAYER, params={"f": form, "limit": 5, "properties": "value"})
    assert answer.headers["ogc-numberreturned"] == "5"
    assert int(answer.headers["ogc-numbermatched"]) == len(_features(client))
    follows = client.get(answer.links["next"]["url"])
    assert follows.headers["content-type"] == answer.headers["content-type"]
    assert follows.content != answer.content


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "json", "ndjson", "geojsonseq"])
def test_a_table_of_nothing_and_one_of_stops_without_a_layer_are_tables(client, form):
    for path in (LAYER, "/collections/stops/items", "/collections/districts/items"):
        answer = client.get(path, params={"f": form, "ids": "0"})
        assert answer.status_code == 200, (path, answer.text[:300])


def test_geojson_sequences_begin_each_feature_with_the_separator(client):
    content = client.get(LAYER, params={"f": "geojsonseq", "limit": 3}).content
    parts = content.split(b"\x1e")
    assert parts[0] == b""
    assert [json.loads(each)["type"] for each in parts[1:]] == ["Feature"] * 3


def test_csv_has_plain_wkt_and_the_status_of_each_row(client):
    lines = client.get(LAYER, params={"f": "csv", "limit": 2}).text.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("id,")
    assert "status" in lines[0].split(",")
    assert "POLYGON((" in lines[1]
    assert "SRID" not in lines[1]
