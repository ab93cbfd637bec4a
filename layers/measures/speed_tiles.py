"""B1 from published tiles: tile means weighted by tests and spread over cells by area."""

from datetime import UTC
from typing import Any

import numpy as np
import polars as pl
import shapely

from geodata.city.configuration import City
from geodata.queries.places import read_speed_tiles
from geodata.space.areal import cut_by_cells
from geodata.space.crs import from_metric
from geodata.space.districts import DistrictLocator
from geodata.space.grid import STORAGE_RES
from layers.build.measure_request import MeasureRequest
from layers.period import Grain, Period
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, STATE_SCHEMA, complete_states


def tile_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the states of the components `<technology>_tile`, by quarter."""
    tiles = read_speed_tiles(request.connection, str(request.measure.parameters["column"]))
    if tiles.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    factor = float(request.measure.parameters["factor"])
    tiles = tiles.with_columns(
        component=pl.col("technology") + "_tile",
        starts_at=_quarter_begins(tiles["quarter_on"], request.city),
        mean=pl.col("mean") * factor,
    )
    outlines = tiles.select("quadkey", "outline").unique("quadkey", keep="first").sort("quadkey")
    parts = spread(request.city, shapely.from_wkb(outlines["outline"].to_numpy()))
    located = DistrictLocator.of_city(request.city).locate(parts["lon"], parts["lat"])
    parts = parts.with_columns(
        quadkey=outlines["quadkey"].gather(parts["tile"]), district_id=pl.Series(located)
    )
    return combine(tiles, parts)


def _quarter_begins(quarters: pl.Series, city: City) -> pl.Series:
    begins = [
        Period.containing(day, Grain.QUARTER).start_at(city.timezone).astimezone(UTC)
        for day in quarters.to_list()
    ]
    return pl.Series(begins, dtype=pl.Datetime("us", "UTC"))


def spread(city: City, outlines: Any) -> pl.DataFrame:
    """Return tile (its position), cell, share of the tile's area, and lon, lat inside the part.

    Areas are the metric CRS's; the shares of a tile add up to 1.
    """
    tile, cell, parts = cut_by_cells(city, outlines, STORAGE_RES)
    area = shapely.area(parts)
    total = np.bincount(tile, weights=area, minlength=len(outlines))
    centre = shapely.centroid(parts)
    lon, lat = from_metric(city, shapely.get_x(centre), shapely.get_y(centre))
    share = area / total[tile]
    frame = pl.DataFrame({"tile": tile, "cell": cell, "share": share, "lon": lon, "lat": lat})
    return frame.filter(pl.col("share") > 0).sort("tile", "cell")


def combine(tiles: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return the states of tiles spread over parts (quadkey, cell, district_id, share).

    A tile without the mean counts its tests as missing. Tests are whole numbers in `n` and
    `n_missing`, so that each tile keeps its number, and fractions in the weights.
    """
    joined = tiles.join(parts, on="quadkey").sort("quadkey", "component", "starts_at", "cell")
    group = ("quadkey", "component", "starts_at")
    reached = (pl.col("tests") * pl.col("share").cum_sum().over(group)).round(0).cast(pl.Int64)
    known = pl.col("mean").is_not_null()
    weight = pl.when(known).then(pl.col("tests") * pl.col("share"))
    counted = joined.with_columns(reached=reached).with_columns(
        whole=pl.col("reached") - pl.col("reached").shift(1, fill_value=0).over(group)
    )
    states = counted.with_columns(
        n=pl.when(known).then("whole").otherwise(0),
        n_missing=pl.when(known).then(0).otherwise("whole"),
        sum_w=weight,
        sum_wx=weight * pl.col("mean"),
    )
    kept = states.select(*KEYS, "n", "n_missing", "sum_w", "sum_wx")
    return complete_states(merge_states(kept, KEYS))
