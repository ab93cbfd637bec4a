"""T1's companion: the built-up area within reach of a stop, on the hexagons as they are drawn.

Areas are geometry: a coarse hexagon is not the union of the finer cells, so each resolution has its
own states (`drawn` in the catalogue). The built-up area is estimated from where people live.
"""

from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geodata.city import City
from geodata.crs import from_metric, metric_geometry, to_metric
from geodata.districts import read_districts
from geodata.grid import cell_area_km2, cell_polygons, cover, parent_expr
from geodata.lines import metric_lines
from geodata.queries.residents import read_residents
from geodata.queries.transit import read_boarding_points, read_first_service_date
from layers.indicator import TOTAL
from layers.period import Period
from layers.request import MeasureRequest
from layers.state import complete_states

QUAD_SEGS = 64  # a circle of 500 m then has 0.785319 of its 0.785398 km2
_COARSEST_RES = 5
_CUT_SCHEMA = {
    "district_id": pl.String,
    "cell": pl.Int64,
    "num": pl.Float64,
    "den": pl.Float64,
}


def area_states(request: MeasureRequest) -> pl.DataFrame:
    """Return built-up m2 within `radius_m` (`num`) over built-up m2 (`den`) by drawn cell (R).

    `parameters`: radius_m, and for the built-up area `built_res`, `residents_per_km2` and
    `gaps_km2`.
    """
    parameters, city = request.measure.parameters, request.city
    people = read_residents(request.connection)
    built = built_up_area(
        city,
        people,
        int(parameters["built_res"]),
        float(parameters["residents_per_km2"]),
        float(parameters["gaps_km2"]),
    )
    points = read_boarding_points(request.connection).drop_nulls()
    x_m, y_m = to_metric(city, points["lon"], points["lat"])
    served = reach(np.column_stack([x_m, y_m]), float(parameters["radius_m"]))
    parts = [
        _cut(city, built, served, res)
        for res in range(_COARSEST_RES, request.indicator.max_res + 1)
    ]
    first = read_first_service_date(request.connection)
    starts_at = (
        Period.containing(first, request.indicator.grain).start_at(city.timezone)
        if first
        else request.snapshot_at
    )
    return complete_states(
        pl.concat(parts).with_columns(
            component=pl.lit(TOTAL),
            starts_at=pl.lit(starts_at).dt.convert_time_zone("UTC"),
            n=pl.lit(1, pl.Int64),
            is_estimated=pl.lit(value=True),
        )
    )


def reach(xy_m: NDArray[np.float64], radius_m: float) -> Any:
    """Return the union of circles around points in metres, dissolved before anything clips it."""
    circles = shapely.buffer(shapely.points(xy_m), radius_m, quad_segs=QUAD_SEGS)
    return shapely.union_all(circles)


def built_up_area(
    city: City, people: pl.DataFrame, res: int, residents_per_km2: float, gaps_km2: float
) -> Any:
    """Return the cells at least as densely lived in as asked, in metres, small gaps closed."""
    lived = (
        people.filter(pl.col("cell") != 0)
        .group_by(parent_expr("cell", res).alias("cell"))
        .agg(pl.col("residents").sum())
        .sort("cell")
    )
    cells = lived["cell"].to_numpy()
    dense = lived["residents"].to_numpy() >= residents_per_km2 * cell_area_km2(cells)
    polygons = np.asarray(cell_polygons(cells[dense]), dtype=object)
    joined = shapely.union_all(metric_lines(city, polygons)) if len(polygons) else shapely.Polygon()
    closed = [_without_gaps(part, gaps_km2 * 1e6) for part in shapely.get_parts(joined)]
    return shapely.union_all(closed)


def _without_gaps(polygon: shapely.Polygon, limit_m2: float) -> shapely.Polygon:
    kept = [ring for ring in polygon.interiors if shapely.Polygon(ring).area > limit_m2]
    return shapely.Polygon(polygon.exterior, kept)


def _cut(city: City, built: Any, served: Any, res: int) -> pl.DataFrame:
    """Return cell, district_id, num, den of the hexagons of one resolution, split by district."""
    cells = cover(_degrees(city, built), res)
    shapes = metric_lines(city, np.asarray(cell_polygons(cells), dtype=object))
    districts = read_districts(city)
    outlines = metric_geometry(city, districts.geometry)
    parts = [pl.DataFrame(schema=_CUT_SCHEMA)]
    for district_id, outline in zip(districts["district_id"], outlines, strict=True):
        home = shapely.intersection(built, outline)
        shapely.prepare(home)
        near = shapely.intersects(home, shapes)
        pieces = shapely.intersection(home, shapes[near])
        frame = pl.DataFrame(
            {
                "cell": cells[near],
                "num": shapely.area(shapely.intersection(pieces, served)),
                "den": shapely.area(pieces),
            }
        )
        parts.append(
            frame.select(pl.lit(str(district_id)).alias("district_id"), "cell", "num", "den")
        )
    return pl.concat(parts).filter(pl.col("den") > 0)


def _degrees(city: City, geometry: Any) -> Any:
    return shapely.transform(
        geometry, lambda xy_m: np.column_stack(from_metric(city, xy_m[:, 0], xy_m[:, 1]))
    )
