"""Points to cells at resolution 10: our grid against a loop over h3-py."""

import h3

from bench.sample import make_points
from bench.timing import Table, time_best
from geodata.city import City
from geodata.grid import STORAGE_RES, latlng_to_cells


def bench_indexing(city: City, count: int) -> Table:
    """Index points; the peer does a fifth of them."""
    lon, lat = make_points(city, count)
    few = list(zip(lat[: count // 5].tolist(), lon[: count // 5].tolist(), strict=True))
    return Table(
        "Points to H3 cells, resolution 10",
        (
            time_best("geodata.grid.latlng_to_cells", count, lambda: latlng_to_cells(lat, lon)),
            time_best(
                "h3-py, a call a point",
                len(few),
                lambda: [h3.latlng_to_cell(y, x, STORAGE_RES) for y, x in few],
            ),
        ),
    )
