"""B1 from published tiles: tile means weighted by tests and spread over cells by area."""

from datetime import UTC
from typing import Any

import numpy as np
import polars as pl
import shapely

from geodata.city.configuration import City
from geodata.queries.places import read_speed_tiles
from geodata.space.areal import cut_by_cells
from geodata.space.district_areas import DistrictAreas
from geodata.space.grid import STORAGE_RES, latlng_to_cells
from geodata.tables import OUTSIDE_DISTRICT
from layers.build.measure_request import MeasureRequest
from layers.period import Grain, Period
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, STATE_SCHEMA, complete_states

_PARTS = {"tile": pl.Int64, "cell": pl.Int64, "district_id": pl.String, "share": pl.Float64}


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
    areas = DistrictAreas.of_city(request.city)
    parts = spread(areas, shapely.from_wkb(outlines["outline"].to_numpy()))
    return combine(tiles, parts.with_columns(quadkey=outlines["quadkey"].gather(parts["tile"])))


def _quarter_begins(quarters: pl.Series, city: City) -> pl.Series:
    begins = [
        Period.containing(day, Grain.QUARTER).start_at(city.timezone).astimezone(UTC)
        for day in quarters.to_list()
    ]
    return pl.Series(begins, dtype=pl.Datetime("us", "UTC"))


def spread(areas: DistrictAreas, outlines: Any) -> pl.DataFrame:
    """Return tile (its position), cell, district_id and share of the tile's area of each piece.

    Areas are the metric CRS's; the shares of a tile add up to 1. What a tile has beyond the city
    is `outside`, and a tile far from it is so whole, at the cell of its centre.
    """
    outlines = np.asarray(outlines, dtype=object)
    near = np.flatnonzero(areas.are_near(outlines))
    of_near, cell, parts = cut_by_cells(areas.city, outlines[near], STORAGE_RES)
    with_area = shapely.area(parts) > 0
    of_near, cell, parts = of_near[with_area], cell[with_area], parts[with_area]
    pieces = areas.cut(parts)
    tile, area = of_near[pieces.source], shapely.area(pieces.shape)
    total = np.bincount(tile, weights=area, minlength=len(near))
    cut = pl.DataFrame(
        {"tile": near[tile], "cell": cell[pieces.source], "district_id": pieces.district_id,
         "share": area / total[tile]},
        schema=_PARTS,
    )  # fmt: skip
    far = np.setdiff1d(np.arange(len(outlines)), near)
    centre = shapely.centroid(outlines[far])
    beyond = pl.DataFrame(
        {"tile": far, "cell": latlng_to_cells(shapely.get_y(centre), shapely.get_x(centre)),
         "district_id": OUTSIDE_DISTRICT, "share": 1.0},
        schema=_PARTS,
    )  # fmt: skip
    return pl.concat([cut, beyond]).sort("tile", "district_id", "cell")


def combine(tiles: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return the states of tiles spread over parts (quadkey, cell, district_id, share).

    A tile without the mean counts its tests as missing. Tests are whole numbers in `n` and
    `n_missing`, so that each tile keeps its number and each district its share of it to the nearest
    one, and fractions in the weights.
    """
    order = ("quadkey", "component", "starts_at", "district_id", "cell")
    joined = tiles.join(parts, on="quadkey").sort(order)
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
