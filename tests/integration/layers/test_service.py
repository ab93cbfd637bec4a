import json

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from geodata.city.configuration import load_city
from geodata.http.problems import PROBLEM_JSON, add_problem_handlers
from layers.maps.encoding import decode_column
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.urls import (
    CELLS,
    VALUES_ARROW,
    cell_address,
    cells_address,
    districts_address,
    fill,
    values_address,
)
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery, read_build, read_values

CHANGCHUN = load_city("changchun")

OCTOBER = Period.parse("2026-10")
KEY = "incident_count"


@pytest.fixture(scope="module")
def client(seeded, city, tmp_path_factory):
    app = FastAPI()
    add_problem_handlers(app)
    serve_layers(app, LayerContext(seeded, city, tmp_path_factory.mktemp("data")))
    with TestClient(app) as made:
        yield made


@pytest.fixture(scope="module")
def version(seeded):
    return read_build(seeded, CHANGCHUN, KEY).version


def test_the_column_is_the_reading_in_the_order_of_the_cells(client, seeded, city, version):
    cells = np.frombuffer(client.get(cells_address(city, 8)).content, dtype="<u8")
    assert (np.diff(cells.astype(np.int64)) > 0).all()
    answer = client.get(values_address(KEY, "all", version, OCTOBER, 8))
    values, status = decode_column(answer.content)
    assert len(values) == len(status) == len(cells)
    read = read_values(seeded, city, ValueQuery(KEY, OCTOBER, "all", by="cell", res=8))
    wanted = dict(read.select("key", "value").iter_rows())
    listed = {int(c): v for c, v, s in zip(cells, values, status, strict=True) if s == Status.OK}
    assert listed == {key: value for key, value in wanted.items() if key in listed}
    assert len(listed) > 500
    assert set(status[values == 0]) == {Status.ZERO_TRUE}


def test_a_district_alone_has_its_own_list_and_only_its_own_events(client, seeded, city, version):
    answer = client.get(values_address(KEY, "all", version, OCTOBER, 9, "220102"))
    cells = client.get(cells_address(city, 9, "220102"))
    assert len(answer.content) == len(cells.content) // 8 * 5
    values, _ = decode_column(answer.content)
    query = ValueQuery(KEY, OCTOBER, "all", by="city", district_id="220102")
    assert values.sum() == read_values(seeded, city, query)["value"][0]


def test_arrow_holds_the_same_cells_values_and_statuses(client, city, version):
    address = values_address(KEY, "all", version, OCTOBER, 7)
    answer = client.get(values_address(KEY, "all", version, OCTOBER, 7, pattern=VALUES_ARROW))
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert "immutable" in answer.headers["cache-control"]
    frame = pl.read_ipc_stream(answer.content)
    said = pa.ipc.open_stream(answer.content).schema.metadata
    assert said[b"version"].decode() == version
    assert said[b"period"].decode() == str(OCTOBER)
    assert {b"unit", b"licences", b"owners", b"asOf", b"sources"} <= {
        k for k, v in said.items() if v
    }
    assert said[b"provenance"].decode() == "SIMULATED · 模拟数据"
    values, status = decode_column(client.get(address).content)
    cells = np.frombuffer(client.get(cells_address(city, 7)).content, dtype="<u8")
    assert frame.schema == {"cell": pl.UInt64, "value": pl.Float32, "status": pl.UInt8}
    assert (frame["cell"].to_numpy() == cells).all()
    assert (frame["status"].to_numpy() == status).all()
    found = frame["value"].fill_null(float("nan")).to_numpy()
    np.testing.assert_array_equal(found, values)


def test_answers_are_kept_for_ever_packed_and_not_sent_twice(client, version):
    address = values_address(KEY, "all", version, OCTOBER, 7)
    first = client.get(address)
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert first.headers["content-encoding"] == "gzip"
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (values_address("nothing", "all", "1", "2026-10", 8), 404),
        (values_address(KEY, "999", "1", "2026-10", 8), 404),
        (values_address(KEY, "all", "0", "2026-10", 8), 404),
        (values_address(KEY, "all", "1", "2026-13", 8), 400),
        (values_address(KEY, "all", "1", "2026-10", 11), 400),
        (values_address(KEY, "all", "1", "2026-10", 8, "atlantis"), 404),
        (values_address(KEY, "all", "1", "2026-10", 8, "..%2F..%2Fetc"), 404),
        (fill(CELLS, version="0000", area="city", res=8), 404),
    ],
)
def test_what_does_not_exist_is_said_plainly(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM_JSON


def test_one_cell_in_full(client, seeded, city, version):
    read = read_values(seeded, city, ValueQuery(KEY, OCTOBER, "all", by="cell", res=8))
    top = read.sort("value").row(-1, named=True)
    shown = client.get(cell_address(KEY, "all", version, OCTOBER, top["key"])).json()
    assert shown["value"] == top["value"]
    assert shown["lo"] < shown["value"] < shown["hi"]
    assert (shown["key"], shown["status"], shown["res"]) == (f"{top['key']:x}", "ok", 8)
    far = client.get(cell_address(KEY, "all", version, OCTOBER, 0x8828308281FFFFF))
    assert far.status_code == 404


def test_districts_carry_names_and_a_label_inside(client):
    features = json.loads(client.get(districts_address()).content)["features"]
    assert {"district_id", "name_zh", "name_en", "label_lon", "label_lat"} == set(
        features[0]["properties"]
    )
    assert len(features) >= 11
