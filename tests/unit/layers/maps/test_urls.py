"""Addresses of layers are made in one place, from the patterns of the routes that answer them."""

import re

import pytest
from starlette.routing import Match

from geodata.city.configuration import load_city
from geodata.settings import ROOT
from layers.maps.routes import router
from layers.maps.urls import (
    VALUES_ARROW,
    analysis_address,
    cell_address,
    cells_address,
    districts_address,
    values_address,
)
from layers.period import Period

CITY = load_city("changchun")
MONTH = Period.parse("2026-10")
LAYER = ("incident_count", "all", "17", MONTH)
MADE = {
    "get_cells": cells_address(CITY, 8, "220102"),
    "get_values": values_address(*LAYER, 8),
    "get_values_arrow": values_address(*LAYER, 8, pattern=VALUES_ARROW),
    "get_analysis": analysis_address("hotspot", "incident_count", "17", MONTH, 7),
    "get_cell": cell_address(*LAYER, 0x88317662A5FFFFF),
    "get_districts": districts_address(),
}
ROOMS = (
    "app.py",
    "commands",
    "geodata",
    "etl",
    "layers",
    "dashboard",
    "simulator",
    "bench",
    "tests",
)
LITERAL = re.compile(r"""["'][^"'\n]*/layers/""")
OWN = {
    "layers/maps/urls.py",
    "tests/unit/layers/maps/test_urls.py",
    # a page of the map alone, whose answers are made up
    "tests/e2e/hexmap_site.py",
    "tests/e2e/test_hexmap.py",
    "tests/integration/dashboard/test_redis.py",  # a key like any other
}


@pytest.mark.parametrize("name", MADE)
def test_an_address_made_is_one_that_is_answered(name: str) -> None:
    scope = {"type": "http", "method": "GET", "path": MADE[name], "headers": []}
    matched = [route.name for route in router.routes if route.matches(dict(scope))[0] is Match.FULL]
    assert matched == [name]


def test_every_route_has_an_address_made_here() -> None:
    assert sorted(route.name for route in router.routes) == sorted(MADE)


def test_nobody_else_writes_an_address_of_a_layer() -> None:
    files = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "node_modules" not in path.parts
    ]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if LITERAL.search(path.read_text("utf-8"))
    }
    assert found <= OWN, sorted(found - OWN)
