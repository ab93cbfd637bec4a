"""Textual addresses near a point, from the names of the city's real places."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.ground.planar import Floats
from simulator.ground.world import World

CHINESE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9]+")
LONGEST_NAME = 10
UNFIT = {
    "公园",
    "厕所",
    "超市",
    "商店",
    "教学楼",
    "食堂",
    "图书馆",
    "体育馆",
    "停车场",
    "初中部",
    "校医院",
}
PLACE_KINDS = (
    "residential", "school", "hospital", "mall", "park", "university", "college", "attraction",
    "hotel", "bank", "museum", "stadium", "town_hall", "industrial", "department_store",
    "commercial", "kindergarten", "library", "supermarket", "monument", "building",
)  # fmt: skip


def short_name(name: str | None) -> str | None:
    """Return the Chinese part of a place's name if it can name a stop or an address."""
    found = CHINESE.match(name or "")
    if found is None or found.group() in UNFIT:
        return None
    if not 3 <= len(found.group()) <= LONGEST_NAME:
        return None
    return found.group()


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Named places with their position in metres on the world's plane."""

    names: NDArray[np.str_]
    xy_m: Floats
    tree: cKDTree

    def nearest(self, xy_m: Floats, count: int = 1) -> tuple[Floats, NDArray[np.int64]]:
        """Return distances in metres and rows of the nearest names."""
        distance, row = self.tree.query(xy_m, k=count)
        return np.asarray(distance), np.asarray(row, dtype=np.int64)


def build_gazetteer(world: World) -> Gazetteer:
    """Collect the names of stations, settlements and places; stations first."""
    named = [
        (name, lon, lat)
        for name, lon, lat in world.stations.select("name", "lon", "lat").iter_rows()
    ]
    settlements = world.rules.population.settlements
    named += [(place.name, place.lon, place.lat) for place in settlements]
    places = world.places.filter(pl.col("fclass").is_in(PLACE_KINDS))
    for name, lon, lat in places.select("name", "lon", "lat").iter_rows():
        cleaned = short_name(name)
        if cleaned:
            named.append((cleaned, lon, lat))
    names = np.array([name.split("(")[0] for name, _, _ in named])
    lon, lat = np.array([row[1] for row in named]), np.array([row[2] for row in named])
    xy_m = world.plane.to_metres(lon, lat)
    return Gazetteer(names, xy_m, cKDTree(xy_m))


def addresses(world: World, gazetteer: Gazetteer, rows: NDArray[np.int64]) -> list[str]:
    """Return a textual address for the populated cells at `rows`."""
    cells = world.cells
    distance, nearest = gazetteer.nearest(world.plane.to_metres(cells.lon[rows], cells.lat[rows]))
    districts = dict(zip(world.districts["district_id"], world.districts["name_zh"], strict=True))
    texts = []
    for row, metres, place in zip(rows, distance, nearest, strict=True):
        district = districts[str(cells.district_id[row])]
        name = gazetteer.names[place]
        far = f"{name}附近" if metres < 800 else f"{name}方向{metres / 1000:.1f}公里处"
        texts.append(f"{district}{far}")
    return texts
