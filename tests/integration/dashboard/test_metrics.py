"""`/metrics`: what Prometheus reads of a server, of its sources and of the work that waits."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, insert, update

from dashboard.metrics import CountRequests, RequestMetrics, metrics_router
from geodata.clock import now
from geodata.tables import build_failure, live_source, load, state_build

Samples = dict[tuple[str, frozenset[str]], float]


def serve(engine: Engine) -> TestClient:
    metrics, app = RequestMetrics(), FastAPI()

    @app.get("/things/{name}")
    def thing(name: str) -> str:
        if name == "none":
            raise HTTPException(404)
        return name

    app.include_router(metrics_router(engine, metrics))
    app.add_middleware(CountRequests, metrics=metrics, parts=["things", "metrics"])
    return TestClient(app)


def read(client: TestClient) -> Samples:
    """Every sample by its name and the values of its labels, as Prometheus itself parses them."""
    text = client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with serve(engine) as made:
        yield made


def test_requests_are_counted_by_part_and_status_and_a_flood_makes_no_series(
    client: TestClient,
) -> None:
    for path in ("/things/a", "/things/b", "/things/none", *(f"/{i}/x" for i in range(50))):
        client.get(path)
    client.request("BREW", "/things/a")
    samples = read(client)
    name = "occ_requests_total"
    assert samples[name, frozenset({"GET", "things", "200"})] == 2
    assert samples[name, frozenset({"GET", "things", "404"})] == 1
    assert samples[name, frozenset({"GET", "other", "404"})] == 50
    assert samples[name, frozenset({"other", "things", "405"})] == 1
    assert len([key for key in samples if key[0] == name]) == 4
    assert samples["occ_request_duration_seconds_count", frozenset({"other"})] == 50


def add_load(engine: Engine, status: str, rows: int, rejected: int = 0) -> None:
    at = now()
    values = {
        "source": "calls", "table_name": "incident", "file": "a.csv", "sha256": "0" * 64,
        "status": status, "provenance": "simulated", "owner": "o", "licence": "l",
        "started_at": at, "finished_at": at, "rows_in": rows + rejected, "rows_loaded": rows,
        "rows_rejected": rejected, "records": rows,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(load).values(values))


def test_loads_lags_and_waiting_work(engine: Engine, client: TestClient) -> None:
    add_load(engine, "loaded", 7, rejected=2)
    add_load(engine, "held", 0)
    with engine.begin() as connection:
        followed = {"kind": "records", "expected_s": 60, "followed_since": now()}
        spoke = {"source": "calls", **followed, "last_event_at": now() - timedelta(minutes=10)}
        connection.execute(insert(live_source).values(spoke))
        connection.execute(insert(live_source).values(source="silent", **followed))
        failure = {"indicator": "e1", "failed_at": now(), "message": "m"}
        connection.execute(insert(build_failure).values(failure))
    samples = read(client)
    assert samples["occ_loads", frozenset({"calls", "loaded"})] == 1
    assert samples["occ_rows_rejected", frozenset({"calls", "loaded"})] == 2
    assert samples["occ_source_lag_seconds", frozenset({"calls", "records"})] >= 600
    assert ("occ_source_lag_seconds", frozenset({"silent", "records"})) not in samples
    assert samples["occ_source_state", frozenset({"calls", "records", "stale"})] == 1
    assert samples["occ_source_state", frozenset({"silent", "records", "awaited"})] == 1
    for kind in ("unbuilt_loads", "held_loads", "failed_indicators"):
        assert samples["occ_work_waiting", frozenset({kind})] == 1
    assert samples["occ_database_up", frozenset()] == 1


def test_a_load_waits_until_a_build_has_seen_it(engine: Engine, client: TestClient) -> None:
    key = ("occ_work_waiting", frozenset({"unbuilt_loads"}))
    with engine.begin() as connection:
        seen = connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
        build = {"indicator": "e1", "built_at": now(), "load_ids": [], "sources": []}
        connection.execute(insert(state_build).values(**build, is_simulated=True, seen=seen))
    assert read(client)[key] == 0
    add_load(engine, "loaded", 0)  # nothing in it: no build will come
    assert read(client)[key] == 0
    add_load(engine, "loaded", 3)
    assert read(client)[key] == 1
    with engine.begin() as connection:
        seen = connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
        connection.execute(update(state_build).values(seen=seen))
    assert read(client)[key] == 0


def test_without_a_database_the_requests_are_still_told() -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with serve(nowhere) as client:
        client.get("/things/a")
        samples = read(client)
    assert samples["occ_database_up", frozenset()] == 0
    assert samples["occ_requests_total", frozenset({"GET", "things", "200"})] == 1
