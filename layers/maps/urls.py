"""The addresses of the hex-layer endpoints; each names everything its answer depends on.

The patterns are those of the routes themselves, so an address made here is one that is answered.
Where a part is for the browser to fill in, its place stays: `PERIOD_PLACE` and the like.
"""

from geodata.city.configuration import City
from layers.maps.cell_lists import CITY_AREA, grid_version
from layers.period import Period

PREFIX = "/layers"
_LAYER = "{indicator}/{component}/{version}/{period}"
CELLS = "/cells/{version}/{area}/{res}.bin"
VALUES = f"/values/{_LAYER}/{{area}}/{{res}}.bin"
VALUES_ARROW = f"/values/{_LAYER}/{{area}}/{{res}}.arrow"
ANALYSIS = f"/analysis/{{name}}/{_LAYER}/{{area}}/{{res}}.bin"
CELL = f"/cell/{_LAYER}/{{cell}}.json"
DISTRICTS = "/districts.geojson"

PERIOD_PLACE = "{period}"
AREA_PLACE = "{area}"
RES_PLACE = "{res}"


def fill(pattern: str, **parts: object) -> str:
    """Return the address of a pattern with its parts."""
    return PREFIX + pattern.format(**parts)


def cells_address(city: City, res: int | str, area: str = CITY_AREA) -> str:
    """Return where the cell list of an area is."""
    return fill(CELLS, version=grid_version(city), area=area, res=res)


def values_address(
    indicator: str,
    component: str,
    version: str,
    period: Period | str,
    res: int | str,
    area: str = CITY_AREA,
    pattern: str = VALUES,
) -> str:
    """Return where the values of an area are; `version` is that of `read_build`."""
    layer = {"indicator": indicator, "component": component, "version": version, "period": period}
    return fill(pattern, **layer, area=area, res=res)


def analysis_address(
    name: str, indicator: str, version: str, period: Period, res: int, area: str = CITY_AREA
) -> str:
    """Return where an analysis of all components of a layer is."""
    layer = {"indicator": indicator, "component": "all", "version": version, "period": period}
    return fill(ANALYSIS, name=name, **layer, area=area, res=res)


def cell_address(
    indicator: str, component: str, version: str, period: Period | str, cell: int
) -> str:
    """Return where the inspector's numbers of one cell are."""
    layer = {"indicator": indicator, "component": component, "version": version, "period": period}
    return fill(CELL, **layer, cell=f"{cell:x}")


def districts_address() -> str:
    """Return where the outlines of the districts are."""
    return fill(DISTRICTS)
