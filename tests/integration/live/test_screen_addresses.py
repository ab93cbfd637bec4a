"""`/live/...`: what the map asks for by address while pushes only say that something moved."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, insert

from dashboard.live.points import points_router
from dashboard.live.vehicles import vehicles_router
from geodata.http.problems import add_problem_handlers
from geodata.tables import live_source, vehicle_position

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def get(engine, city, monkeypatch):
    """Return a function from an address to its answer, at noon of 22 November 2026."""
    monkeypatch.setenv("OCC_NOW", AT.isoformat())
    app = FastAPI()
    add_problem_handlers(app)
    app.include_router(vehicles_router(engine))
    app.include_router(points_router(engine, city))

    with TestClient(app) as client:
        yield client.get


def bus(vehicle_id: str, seconds_ago: float, **known) -> dict[str, object]:
    return {
        "source": "avl", "vehicle_id": vehicle_id, "load_id": 1,
        "recorded_at": AT - timedelta(seconds=seconds_ago),
        "geom": "SRID=4326;POINT(125.3212345 43.8812345)",
        "headway_s": None, "scheduled_headway_s": None, **known,
    }  # fmt: skip


@pytest.fixture
def buses(engine):
    """Four buses: bunched, gapped, one that just still counts, one that fell silent."""
    rows = [
        bus("a", 10, headway_s=100.4, scheduled_headway_s=600),
        bus("b", 20, headway_s=1200, scheduled_headway_s=600),
        bus("c", 180),
        bus("d", 181),
    ]
    with engine.begin() as connection:
        connection.execute(delete(vehicle_position))
        connection.execute(insert(vehicle_position).values(rows))


def test_buses_are_where_they_were_seen_in_the_last_three_minutes(get, buses) -> None:
    answer = get("/live/vehicles")
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["now"] == AT.isoformat()
    assert [(each["id"], each["state"]) for each in found["vehicles"]] == [
        ("a", "bunched"), ("b", "gapped"), ("c", "unknown")
    ]  # fmt: skip
    first = found["vehicles"][0]
    assert (first["lon"], first["lat"], first["headway_s"]) == (125.32123, 43.88123, 100)


def test_points_of_the_same_buses_move_on_with_the_clock(get, buses, monkeypatch) -> None:
    place = [125.32123, 43.88123]
    kinds = ("bunched", "gapped", "unknown")
    answer = (get("/live/points/vehicles.json")).json()
    assert answer["columns"] == ["lon", "lat", "class"]
    assert answer["points"] == [[*place, f"vehicle.{kind}"] for kind in kinds]
    monkeypatch.setenv("OCC_NOW", (AT + timedelta(seconds=165)).isoformat())
    points = (get("/live/points/vehicles.json")).json()["points"]
    assert points == [[*place, "vehicle.bunched"]]
    monkeypatch.setenv("OCC_NOW", (AT + timedelta(minutes=5)).isoformat())
    assert (get("/live/points/vehicles+incidents.json")).json()["points"] == []


def test_unknown_points_and_moments_before_all_loads_are_not_there(get) -> None:
    assert (get("/live/points/buses.json")).status_code == 404
    assert (get("/live/points/incidents.json?at=1999-01-01T00:00:00Z")).status_code == 404
    assert (get("/live/points/incidents.json?at=2026-11-22T04:00")).status_code == 422


def test_each_source_says_its_age_and_whether_that_is_late(engine, get) -> None:
    said = {
        "punctual": (AT - timedelta(seconds=180), None),
        "late": (AT - timedelta(seconds=181), None),
        "mute": (None, None),
        "awaited": (None, None),
        "broken": (AT, "cannot be fetched"),
    }
    with engine.begin() as connection:
        connection.execute(delete(live_source))
        for source, (at, message) in said.items():
            row = {"source": source, "kind": "records", "expected_s": 60, "last_event_at": at}
            row["followed_since"] = AT - timedelta(seconds=60 if source == "awaited" else 3600)
            connection.execute(insert(live_source).values(row | {"message": message}))
    found = (get("/live/sources")).json()["sources"]
    assert {each["source"]: (each["lag_s"], each["state"]) for each in found} == {
        "punctual": (180, "fresh"),
        "late": (181, "stale"),
        "mute": (None, "silent"),
        "awaited": (None, "awaited"),
        "broken": (0, "failing"),
    }
    assert [each["source"] for each in found][:3] == ["mute", "late", "punctual"]
