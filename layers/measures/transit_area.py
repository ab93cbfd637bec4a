"""T1's companion: the built-up area near a stop, for the hexagons as they are drawn.

Areas are geometry: a coarse hexagon is not the union of the finer cells, so each resolution has its
own states (`drawn` in the catalogue). The built-up area is estimated from where people live.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geodata.city.configuration import City
from geodata.queries.residents import read_residents
from geodata.queries.transit import read_boarding_points, read_first_service_date
from geodata.space.areal import tiles
from geodata.space.crs import from_metric, metric_geometry, to_metric
from geodata.space.districts import read_districts
from geodata.space.grid import cell_area_km2, cell_polygons, cover, parent_expr
from geodata.space.lines import metric_lines
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.period import Period
from layers.states.state import complete_states

QUAD_SEGS = 64  # a circle of 500 m then has 0.785319 of its 0.785398 km2
_COARSEST_RES = 5
_LEAST_M2 = 1e-4  # rounding error of a hexagon that only touches the built-up area
_CUT_SCHEMA = pl.Schema(
    {"district_id": pl.String, "cell": pl.Int64, "num": pl.Float64, "den": pl.Float64}
)


def area_states(request: MeasureRequest) -> pl.DataFrame:
    """Return built-up m2 within `radius_m` (`num`) over built-up m2 (`den`) by drawn cell (R).

    `parameters`: radius_m, and for the built-up area `built_res`, `residents_per_km2`, `least_km2`
    (of a part; smaller ones are villages) and `gaps_km2` (holes up to it belong to it).
    """
    parameters, city = request.measure.parameters, request.city
    people = read_residents(request.connection)
    rule = BuiltUp(**{name: parameters[name] for name in BuiltUp.__annotations__})
    built = built_up_area(city, people, rule)
    points = read_boarding_points(request.connection).drop_nulls()
    x_m, y_m = to_metric(city, points["lon"], points["lat"])
    served = buffer_points(np.column_stack([x_m, y_m]), float(parameters["radius_m"]))
    resolutions = range(_COARSEST_RES, request.indicator.max_res + 1)
    parts = cut_by_cells(city, built, served, resolutions)
    first = read_first_service_date(request.connection)
    starts_at = (
        Period.containing(first, request.indicator.grain).start_at(city.timezone)
        if first
        else request.snapshot_at
    )
    return complete_states(
        parts.with_columns(
            component=pl.lit(TOTAL),
            starts_at=pl.lit(starts_at).dt.convert_time_zone("UTC"),
            n=pl.lit(1, pl.Int64),
            is_estimated=pl.lit(value=True),
        )
    )


def buffer_points(xy_m: NDArray[np.float64], radius_m: float) -> Any:
    """Return the union of circles around points in metres, dissolved before anything clips it."""
    circles = shapely.buffer(shapely.points(xy_m), radius_m, quad_segs=QUAD_SEGS)
    return shapely.union_all(circles)


@dataclass(frozen=True)
class BuiltUp:
    """The limits by which hexagons of a resolution count as built-up."""

    built_res: int
    residents_per_km2: float
    least_km2: float
    gaps_km2: float


def built_up_area(city: City, people: pl.DataFrame, rule: BuiltUp) -> Any:
    """Return the densely populated hexagons, in metres, without villages and small gaps."""
    lived = (
        people.filter(pl.col("cell") != 0)
        .group_by(parent_expr("cell", rule.built_res).alias("cell"))
        .agg(pl.col("residents").sum())
        .sort("cell")
    )
    cells = lived["cell"].to_numpy()
    dense = lived["residents"].to_numpy() >= rule.residents_per_km2 * cell_area_km2(cells)
    polygons = np.asarray(cell_polygons(cells[dense]), dtype=object)
    joined = shapely.union_all(metric_lines(city, polygons)) if len(polygons) else shapely.Polygon()
    parts = [part for part in shapely.get_parts(joined) if part.area >= rule.least_km2 * 1e6]
    closed = [_without_gaps(part, rule.gaps_km2 * 1e6) for part in parts]
    return shapely.union_all(closed)


def _without_gaps(polygon: shapely.Polygon, limit_m2: float) -> shapely.Polygon:
    kept = [ring for ring in polygon.interiors if shapely.Polygon(ring).area > limit_m2]
    return shapely.Polygon(polygon.exterior, kept)


def cut_by_cells(city: City, built: Any, served: Any, resolutions: Iterable[int]) -> pl.DataFrame:
    """Return cell, district_id, num, den of the hexagons of each resolution, split by district."""
    both = shapely.intersection(built, served)
    districts = read_districts(city)
    outlines = metric_geometry(city, districts.geometry)
    homes = {
        str(district_id): [tiles(shapely.intersection(part, outline)) for part in (built, both)]
        for district_id, outline in zip(districts["district_id"], outlines, strict=True)
    }
    parts = [pl.DataFrame(schema=_CUT_SCHEMA)]
    for res in resolutions:
        cells = cover(_degrees(city, built), res)
        shapes = metric_lines(city, np.asarray(cell_polygons(cells), dtype=object))
        tree = shapely.STRtree(shapes)
        for district_id, (own, near) in homes.items():
            areas = {"num": _areas(tree, shapes, near), "den": _areas(tree, shapes, own)}
            frame = pl.DataFrame({"district_id": district_id, "cell": cells, **areas})
            parts.append(frame.filter(pl.col("den") > _LEAST_M2).cast(_CUT_SCHEMA))
    return pl.concat(parts)


def _areas(
    tree: shapely.STRtree, shapes: NDArray[np.object_], pieces: list[Any]
) -> NDArray[np.float64]:
    """Return the area that the pieces have within each shape."""
    if not pieces:
        return np.zeros(len(shapes))
    piece, shape = tree.query(pieces, predicate="intersects")
    met = np.asarray(pieces, dtype=object)[piece]
    within = shapely.area(shapely.intersection(met, shapes[shape]))
    sums = np.bincount(shape, weights=within, minlength=len(shapes))
    return sums.astype(np.float64)


def _degrees(city: City, geometry: Any) -> Any:
    return shapely.transform(
        geometry, lambda xy_m: np.column_stack(from_metric(city, xy_m[:, 0], xy_m[:, 1]))
    )
