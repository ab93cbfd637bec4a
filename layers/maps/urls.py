"""The addresses of the hex-layer endpoints; each names everything its answer depends on."""

from geodata.city.configuration import City
from layers.maps.cell_lists import CITY_AREA, grid_version
from layers.period import Period

PREFIX = "/layers"
DISTRICTS = f"{PREFIX}/districts.geojson"


def cells_address(city: City, res: int, area: str = CITY_AREA) -> str:
    """Return where the cell list of an area is."""
    return f"{PREFIX}/cells/{grid_version(city)}/{area}/{res}.bin"


def values_address(
    indicator: str, component: str, version: str, period: Period, res: int, area: str = CITY_AREA
) -> str:
    """Return where the values of an area are; `version` is that of `read_build`."""
    return f"{PREFIX}/values/{indicator}/{component}/{version}/{period}/{area}/{res}.bin"


def cell_address(indicator: str, component: str, version: str, period: Period, cell: int) -> str:
    """Return where the inspector's numbers of one cell are."""
    return f"{PREFIX}/cell/{indicator}/{component}/{version}/{period}/{cell:x}.json"
