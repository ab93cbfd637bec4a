"""The Python face of the hex map."""

import importlib
import json
import re
from pathlib import Path

import pytest
from dash import Dash, html
from dash.development.base_component import ComponentRegistry

from dashboard.hexmap import HexMap
from dashboard.hexmap.hex_map import INPUTS, OUTPUTS
from layers.states.status import Status

STATES = Path(__file__).parents[3] / "dashboard" / "hexmap" / "src" / "states.js"


def test_only_given_properties_are_sent():
    component = HexMap("map", cellsUrl="/cells", breaks=[1, 2], showLabels=False)
    assert component.to_plotly_json() == {
        "namespace": "dashboard_hexmap",
        "type": "HexMap",
        "props": {"id": "map", "cellsUrl": "/cells", "breaks": [1, 2], "showLabels": False},
    }


def test_every_property_is_known_to_callbacks():
    assert set(HexMap().available_properties) == {*INPUTS, *OUTPUTS}


def test_a_property_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument: `cellUrl`"):
        HexMap("map", cellUrl="/cells")


def test_an_output_may_be_given_a_first_value():
    assert HexMap("map", ready=None).to_plotly_json()["props"] == {"id": "map", "ready": None}


def test_two_applications_may_hold_the_map():
    for name in ("first", "second"):
        app = Dash(name)
        app.layout = html.Div([HexMap("map", theme="dark")])
        body = app.server.test_client().get("/_dash-layout").get_data(as_text=True)
        assert json.loads(body)["props"]["children"][0]["namespace"] == "dashboard_hexmap"


def test_the_browser_side_comes_from_assets_alone():
    """Dash looks for scripts on the top package; there are none there to serve twice."""
    assert "dashboard" in ComponentRegistry.registry
    assert not hasattr(importlib.import_module("dashboard"), "_js_dist")


def test_the_browser_knows_the_statuses_by_the_same_names():
    text = STATES.read_text(encoding="utf-8")
    literal = re.search(r"STATUS = Object\.freeze\(\{(.*?)\}\)", text, re.DOTALL)
    assert literal is not None
    known = {name: int(number) for name, number in re.findall(r"(\w+): (\d+)", literal[1])}
    assert known == {status.key: int(status) for status in Status}
