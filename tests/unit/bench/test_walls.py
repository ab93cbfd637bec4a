"""Walls that are replayed ask what a wall was seen to ask, with what they show themselves."""

import json

import pytest

from bench.wall_browser import Asked
from bench.walls import question_of, templates_of

POINTS = Asked("GET", "/live/points/incidents.json", None)


def question(group: str, signatures: dict[str, str]) -> Asked:
    body = {
        "output": f"..wall-ribbon.children...wall-answered-{group}.data..",
        "inputs": [
            {"id": "wall-refresh", "property": "n_intervals", "value": 0},
            {"id": f"wall-due-{group}", "property": "data", "value": {"at": 1}},
        ],
        "state": [{"id": f"wall-signatures-{group}", "property": "data", "value": signatures}],
    }
    return Asked("POST", "/_dash-update-component", json.dumps(body))


def test_the_last_question_of_each_group_is_the_one_to_replay():
    later = question("records", {"wall-ribbon": "b"})
    asked = [question("records", {"wall-ribbon": "a"}), POINTS, later, question("states", {})]
    found = templates_of(asked)
    assert set(found) == {"records", "states", "points"}
    assert found["records"] == later


def test_what_no_group_knows_is_not_left_out_in_silence():
    asked = [question("records", {}), POINTS, question("states", {}), Asked("GET", "/new", None)]
    with pytest.raises(LookupError, match="/new"):
        templates_of(asked)


def test_a_wall_says_what_it_shows_itself():
    template = question("records", {"wall-ribbon": "recorded"})
    body = question_of("records", template, {"wall-ribbon": "own"})
    assert body["state"][0]["value"] == {"wall-ribbon": "own"}
    assert body["inputs"][1]["value"]["group"] == "records"
    assert body["inputs"][1]["value"]["at"] > 1
