"""Reads the roads of an OpenStreetMap extract (.osm or .osm.pbf) with their points' places."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import osmium
import polars as pl

from etl.limits import DEFAULTS, Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

TAGS = (
    "highway", "oneway", "junction", "maxspeed", "area", "access", "motor_vehicle", "motorcar",
    "foot", "service",
)  # fmt: skip
WAY_SCHEMA: dict[str, Any] = {"way_id": pl.Int64, **dict.fromkeys(TAGS, pl.String)}


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways with their tags, and the points of all of them one after another.

    `of_way` is the row of `tags` that a point belongs to; coordinates are NaN for a point that the
    extract names without saying where it lies.
    """

    tags: pl.DataFrame
    node_id: npt.NDArray[np.int64]
    of_way: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]

    def chosen(self, keep: npt.NDArray[np.bool_]) -> "Ways":
        """Return the ways at which `keep` holds."""
        points = keep[self.of_way]
        number = np.cumsum(keep) - 1
        return Ways(
            self.tags.filter(pl.Series(keep)),
            self.node_id[points],
            number[self.of_way[points]],
            self.lon[points],
            self.lat[points],
        )


def read_ways(file: SourceFile, limits: Limits = DEFAULTS) -> Ways:
    """Return every way of an extract that has a `highway` tag.

    Raises:
        ExtractError: the file is missing, damaged or holds no road.
    """
    if not file.is_there:
        raise ExtractError(f"{file}: no such file")
    try:
        ways = _collect(file, limits)
    except (RuntimeError, ValueError) as error:
        raise ExtractError(f"{file}: cannot be read as OpenStreetMap data: {error}") from error
    if ways.tags.is_empty():
        raise ExtractError(f"{file}: holds no way with a highway tag")
    return ways


def _collect(file: SourceFile, limits: Limits) -> Ways:
    tags: list[tuple[Any, ...]] = []
    points: list[tuple[int, int, float, float]] = []
    roads = (
        osmium.FileProcessor(_for_osmium(file))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway"))
    )
    for way in cast("Iterable[osmium.osm.Way]", roads):
        number = len(tags)
        limits.check(file, "values", len(points) + number, "its roads have too many points")
        tags.append((way.id, *(way.tags.get(name) for name in TAGS)))
        for node in way.nodes:
            place = node.location
            known = place.valid()
            lon, lat = (place.lon, place.lat) if known else (np.nan, np.nan)
            points.append((node.ref, number, lon, lat))
    columns = np.array(points, dtype="i8,i8,f8,f8")
    frame = pl.DataFrame(tags, schema=WAY_SCHEMA, orient="row")
    return Ways(frame, columns["f0"], columns["f1"], columns["f2"], columns["f3"])


def _for_osmium(file: SourceFile) -> str | osmium.io.FileBuffer:
    """Return the path, else the bytes with the format that the name tells."""
    if file.path is not None:
        return str(file.path)
    return osmium.io.FileBuffer(file.content, file.name.partition(".")[2])
