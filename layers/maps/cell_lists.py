"""The cell lists of the city and its districts, computed once for each set of boundaries."""

import logging
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.city.configuration import City, load_city
from geodata.errors import NotFoundError
from geodata.private_files import (
    make_private_folder,
    read_own,
    seal,
    unseal,
    write_whole,
)
from geodata.settings import ROOT
from geodata.space.districts import read_districts
from geodata.space.grid import Cells, cover_logical
from geodata.version import read_source_version

CITY_AREA = "city"
COARSEST_RES = 5
FINEST_RES = 10
FINEST_CITY_RES = 9  # 2 million cells at resolution 10 are too many for a screen
_LIST_FORMAT = b"1"  # increase when the lists are computed differently
_logger = logging.getLogger(__name__)


def grid_version(city: City) -> str:
    """Return a short text that changes when the city's boundaries do."""
    return _version(city.folder)


def districts_of(city: City) -> gpd.GeoDataFrame:
    """Return `geodata.space.districts.read_districts` of the city, read once a process."""
    return _districts(city.folder)


@cache
def _districts(folder: Path) -> gpd.GeoDataFrame:
    return read_districts(load_city(str(folder)))


@cache
def _version(folder: Path) -> str:
    digest = sha256(_LIST_FORMAT)
    for row in _districts(folder).itertuples():
        digest.update(f"{row.district_id}".encode())
        digest.update(shapely.to_wkb(row.geometry))
    return digest.hexdigest()[:12]


def read_cells(data_dir: Path, city: City, area: str, res: int) -> Cells:
    """Return the cells, ascending, that records in the area can have at a resolution.

    `area` is `city` or a district_id. The list is kept in `data_dir/grid` for ever: the boundaries'
    version is in its path.

    Raises:
        NotFoundError: there is no such area, or no list of it at this resolution.
    """
    path = _path(data_dir, city, area, res)
    known = _read(path)
    if known is None:
        known = _compute(data_dir, city, area, res)
        _keep(path, known)
    return known


def _path(data_dir: Path, city: City, area: str, res: int) -> Path:
    """Return the file of a list; every part of the path is checked against known names."""
    known = {CITY_AREA, *districts_of(city)["district_id"]}
    finest = FINEST_CITY_RES if area == CITY_AREA else FINEST_RES
    if area not in known or not COARSEST_RES <= res <= finest:
        raise NotFoundError(f"there is no list of cells for {area!r} at resolution {res}")
    return data_dir / "grid" / city.code / grid_version(city) / f"{area}-{res}.bin"


def _compute(data_dir: Path, city: City, area: str, res: int) -> Cells:
    districts = districts_of(city)
    if area == CITY_AREA:
        parts = [read_cells(data_dir, city, each, res) for each in districts["district_id"]]
        return np.unique(np.concatenate(parts))
    chosen: Any = districts.loc[districts["district_id"] == area, "geometry"].iloc[0]
    return cover_logical(chosen, res)


def _read(path: Path) -> Cells | None:
    """Return a kept list if it is whole, our own and of this program, else None."""
    try:
        sealed = read_own(path)
    except (OSError, ValueError) as error:
        _logger.warning("the list of cells %s is not believed: %s", path, error)
        return None
    content = unseal(_key(path), sealed)
    if content is None:
        if sealed is not None:
            _logger.warning("the list of cells %s is damaged, or of another program", path)
        return None
    return np.frombuffer(content, dtype="<i8").astype(np.int64)


def _keep(path: Path, cells: Cells) -> None:
    try:
        make_private_folder(path.parent)
        write_whole(path, seal(_key(path), cells.astype("<i8").tobytes()))
    except OSError as error:
        _say_once(str(path.parent), str(error))


@cache
def _say_once(folder: str, error: str) -> None:
    _logger.warning("lists of cells are not kept in %s: %s", folder, error)


def _key(path: Path) -> str:
    """Return what a list is of: its area and size, and the version of what computes it."""
    return f"{read_source_version(ROOT / 'geodata' / 'space')}:{path.name}"
