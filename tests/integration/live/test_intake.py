"""`POST /intake/incidents`: off without a token, answers each record, may be sent again."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from commands.sources import sources_folder
from etl.live.intake import intake_router
from etl.source.declaration import read_declarations
from geodata.http.problems import add_problem_handlers
from geodata.tables import incident

TOKEN = "a-token-of-enough-letters"
CALL = {
    "system": "unified", "record_id": "1", "revision": 0, "channel": "110",
    "received_at": "2026-11-22 09:00:00", "lon": 125.32, "lat": 43.88,
}  # fmt: skip


@pytest.fixture
def post(engine, city, monkeypatch):
    """Return a function that sends records with a token to an intake that has one, or none."""
    monkeypatch.setenv("OCC_NOW", "2026-11-22T04:00:00+00:00")

    def send(records, token=TOKEN, own=TOKEN):
        app = FastAPI()
        add_problem_handlers(app)
        declarations = read_declarations(sources_folder(city))
        app.include_router(intake_router(engine, city, declarations, own))
        headers = {"Authorization": f"Bearer {token}"}
        return TestClient(app).post("/intake/incidents", json=records, headers=headers)

    return send


def test_it_is_off_without_a_token(post):
    assert post([CALL], own=None).status_code == 404


def test_a_wrong_token_is_refused(post):
    assert post([CALL], token="another").status_code == 401


def test_every_record_is_answered(post):
    bad = CALL | {"record_id": "2", "channel": "911"}
    answer = post([CALL, bad, CALL | {"record_id": "3"}])
    assert (answer.status_code, answer.json()["loaded"]) == (200, 2)
    assert answer.json()["rejected"] == [
        {"record": 2, "field": "channel",
         "reason": "is not one of 110, 119, 120, 122, 12350"}
    ]  # fmt: skip


def test_the_same_revision_again_changes_nothing_and_a_later_one_supersedes(engine, post):
    record = CALL | {"record_id": "again"}
    for sent in (record, record, record | {"revision": 1, "closed_at": "2026-11-22 09:30:00"}):
        assert post([sent]).json()["loaded"] == 1
    c = incident.c
    with engine.connect() as connection:
        mine = c.record_id == "unified:again"
        versions = connection.execute(select(func.count()).where(mine)).scalar_one()
        current = connection.execute(
            select(c.revision).where(mine, c.retired_by.is_(None))
        ).scalar_one()
    assert (versions, current) == (2, 1)


def test_what_is_no_list_of_records_is_refused(post):
    assert post({"record_id": "1"}).status_code == 422
    assert post([]).status_code == 422
