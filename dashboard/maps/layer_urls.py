"""The addresses of hex layers, with placeholders that the browser fills in."""

from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline
from layers.maps.cell_lists import CITY_AREA, grid_version
from layers.maps.urls import PREFIX

PERIOD_PLACE = "{period}"
AREA_PLACE = "{area}"
RES_PLACE = "{res}"

__all__ = ["AREA_PLACE", "CITY_AREA", "PERIOD_PLACE", "RES_PLACE", "cells_url", "values_url"]


def cells_url(context: ScreenContext, area: str, res: int | str) -> str:
    """Return the address of an area's cell list."""
    return f"{PREFIX}/cells/{grid_version(context.city)}/{area}/{res}.bin"


def values_url(subject: ResolvedHeadline, area: str, res: int | str, period: str = "") -> str:
    """Return the address of a layer's values in the order of the cell list."""
    layer = f"{subject.indicator.key}/{subject.component}/{subject.build.version}"
    return f"{PREFIX}/values/{layer}/{period or subject.period}/{area}/{res}.bin"
