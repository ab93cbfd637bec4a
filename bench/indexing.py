"""Points to cells at resolution 10: our grid against h3pandas, h3-py and a copy of the points."""

import h3
import h3pandas  # noqa: F401  # gives frames the attribute `h3`
import numpy as np
import pandas as pd

from bench.sample import make_points
from bench.timing import Table, time_best
from geodata.city.configuration import City
from geodata.space.grid import STORAGE_RES, latlng_to_cells


def bench_indexing(city: City, count: int) -> Table:
    """Index points; the peers do a part of them."""
    lon, lat = make_points(city, count)
    some, few = min(count, 500_000), min(count, 200_000)
    frame = pd.DataFrame({"lat": lat[:some], "lng": lon[:some]})
    pairs = list(zip(lat[:few].tolist(), lon[:few].tolist(), strict=True))
    return Table(
        f"1. Index: {count:,} points to H3 cells, resolution 10",
        (
            time_best(
                "geodata.space.grid.latlng_to_cells", count, lambda: latlng_to_cells(lat, lon), 2
            ),
            time_best("h3pandas geo_to_h3", some, lambda: frame.h3.geo_to_h3(STORAGE_RES), 1),
            time_best(
                "h3-py, a call a point",
                few,
                lambda: [h3.latlng_to_cell(y, x, STORAGE_RES) for y, x in pairs],
                1,
            ),
            time_best("floor: copying the coordinates", count, lambda: np.stack((lon, lat))),
        ),
    )
