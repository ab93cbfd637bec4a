"""Walls that are replayed ask what a wall was seen to ask, with what they show themselves."""

import json

import pytest

from bench.wall_browser import RecordedRequest
from bench.walls import request_of, templates_of

POINTS = RecordedRequest("GET", "/live/points/incidents.json", None)


def request(group: str, signatures: dict[str, str]) -> RecordedRequest:
    body = {
        "output": f"..wall-ribbon.children...wall-answered-{group}.data..",
        "inputs": [
            {"id": "wall-refresh", "property": "n_intervals", "value": 0},
            {"id": f"wall-due-{group}", "property": "data", "value": {"at": 1}},
        ],
        "state": [{"id": f"wall-signatures-{group}", "property": "data", "value": signatures}],
    }
    return RecordedRequest("POST", "/_dash-update-component", json.dumps(body))


def test_the_last_question_of_each_group_is_the_one_to_replay():
    later = request("records", {"wall-ribbon": "b"})
    asked = [request("records", {"wall-ribbon": "a"}), POINTS, later, request("states", {})]
    found = templates_of(asked)
    assert set(found) == {"records", "states", "points"}
    assert found["records"] == later


def test_what_no_group_knows_is_not_left_out_in_silence():
    asked = [
        request("records", {}),
        POINTS,
        request("states", {}),
        RecordedRequest("GET", "/new", None),
    ]
    with pytest.raises(LookupError, match="/new"):
        templates_of(asked)


def test_a_wall_says_what_it_shows_itself():
    template = request("records", {"wall-ribbon": "recorded"})
    body = request_of("records", template, {"wall-ribbon": "own"})
    assert body["state"][0]["value"] == {"wall-ribbon": "own"}
    assert body["inputs"][1]["value"]["group"] == "records"
    assert body["inputs"][1]["value"]["at"] > 1
