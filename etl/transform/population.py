"""Residents by hexagon or polygon: spread over the pieces that districts and cells have in common.

The people of an area go to (district x cell) pieces by the area of the overlap, never to the
district of a cell's centre. Where the file itself names the district, that one has all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from etl.batch import ROW, WKB, Batch, X, Y, count_reasons
from etl.source.record_types import GEOMETRY_TEXT
from geodata.space import grid
from geodata.space.areal import divide, mended, polygonal
from geodata.space.crs import from_metric
from geodata.space.district_areas import DistrictAreas
from geodata.tables import OUTSIDE_DISTRICT

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

# How it is known what area the people of a record live in; a point tells of none.
BY_AREA, BY_CELLS = "area", "cells"
PIECE_SCHEMA = {
    ROW: pl.Int64, "cell": pl.Int64, "@district": pl.String, "@part": pl.Float64,
    "covered_km2": pl.Float64, X: pl.Float64, Y: pl.Float64,
}  # fmt: skip
_MAX_CELLS = 20_000
_CELL_KM2_RES10 = 0.015  # the world's mean; only to choose a resolution
_KM2_PER_SQUARE_DEGREE = 12_364.0  # at the equator
_EARTH_M = 6_371_008.8
_MOST_DEGREES = 20.0  # what the grid can cover in one go; no unit of residents is larger
_MOST_PEOPLE = 1e9


def place_hexagons(batch: Batch, areas: DistrictAreas) -> Batch:
    """Turn H3 cells in text into storage cells: a coarser hexagon becomes its centre child.

    The centre child's ancestor at the hexagon's own resolution is the hexagon, so sums stay exact.
    A hexagon on a boundary is split between the districts by area.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    texts = batch.frame["cell"].fill_null("").to_list()
    given, cells = grid.texts_to_cells(texts), storage_cells(texts)
    frame = batch.frame.with_columns(
        pl.Series("cell", cells, dtype=pl.Int64), pl.Series("@given", given, dtype=pl.Int64)
    )
    batch = replace(batch, frame=frame).reject(
        frame.filter(pl.col("cell") == grid.NO_CELL).select(
            ROW,
            pl.lit(batch.label("cell")).alias("field"),
            pl.lit("is not an H3 cell").alias("reason"),
        )
    )
    batch = refuse_numbers(batch)
    pieces = hexagon_pieces(batch.frame.rename({"cell": "@storage", "@given": "cell"}), areas)
    placed = batch.frame.select(ROW, "cell").rename({"cell": "@storage"})
    pieces = pieces.join(placed, on=ROW, maintain_order="left").with_columns(cell="@storage")
    batch = replace(batch, frame=batch.frame.drop("cell", "@given"))
    batch = spread(batch, pieces.select(*PIECE_SCHEMA), BY_CELLS)
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def storage_cells(texts: Sequence[str]) -> grid.Cells:
    """Return the storage cells that represent hexagons, `NO_CELL` where a text is none."""
    cells = grid.texts_to_cells(texts)
    res = grid.cell_res(cells)
    is_cell = cells != grid.NO_CELL
    fine, coarse = is_cell & (res > grid.STORAGE_RES), is_cell & (res < grid.STORAGE_RES)
    cells[fine] = grid.cell_to_parents(cells[fine], grid.STORAGE_RES)
    cells[coarse] = [grid.children_range(int(c), grid.STORAGE_RES)[0] for c in cells[coarse]]
    return cells


def hexagon_pieces(frame: pl.DataFrame, areas: DistrictAreas) -> pl.DataFrame:
    """Return the pieces that districts have of the hexagons `cell`, one for each row and district.

    A row whose `district_id` is named keeps its hexagon whole. `@part` is the share of a hexagon;
    a whole one lies at its centre.
    """
    cells = frame["cell"].unique().sort()
    polygons = np.asarray(grid.cell_polygons(cells.to_numpy()), dtype=object)
    lon, lat = grid.cell_centres(cells.to_numpy())
    whole = pl.DataFrame(
        {"cell": cells, "@district": OUTSIDE_DISTRICT, "@part": 1.0,
         "covered_km2": grid.cell_area_km2(cells.to_numpy()), X: lon, Y: lat},
        schema={name: kind for name, kind in PIECE_SCHEMA.items() if name != ROW},
    )  # fmt: skip
    near = areas.are_near(polygons)
    cut = areas.cut(areas.to_metres(polygons[near]))
    at = np.flatnonzero(near)[cut.source]
    area = shapely.area(cut.shape)
    part = area / np.bincount(at, weights=area, minlength=len(cells))[at]
    inner = np.column_stack(_centres(cut.shape, areas))
    centre = np.where((part == 1)[:, None], np.column_stack([lon, lat])[at], inner)
    split = pl.DataFrame(
        {"cell": cells.gather(at), "@district": cut.district_id, "@part": part,
         "covered_km2": area / 1e6, X: centre[:, 0], Y: centre[:, 1]},
        schema=whole.schema,
    )  # fmt: skip
    named = _named(frame)
    by_area = pl.concat([split, whole.filter(pl.Series(~near))])
    rows = frame.select(ROW, "cell")
    return pl.concat(
        [
            rows.filter(named).join(whole, on="cell", maintain_order="left"),
            rows.filter(~named).join(by_area, on="cell", maintain_order="left_right"),
        ]
    ).select(*PIECE_SCHEMA)


def allocate_polygons(batch: Batch, areas: DistrictAreas) -> Batch:
    """Spread each unit's residents over (district x cell) pieces by area, its total conserved.

    Small units use cells at resolution 10, large ones coarser cells, so that none needs more than
    about twenty thousand. A unit without an area is rejected.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    shapes = polygonal(_shapes_of(batch.frame))
    batch = refuse_numbers(batch.reject(_unusable(batch, shapes)))
    shapes = polygonal(_shapes_of(batch.frame))
    parts = [pl.DataFrame(schema=PIECE_SCHEMA), *_unit_pieces(batch.frame, shapes, areas)]
    batch = replace(batch, frame=batch.frame.drop(WKB))
    batch = spread(batch, pl.concat(parts), BY_AREA)
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def refuse_numbers(batch: Batch) -> Batch:
    """Reject rows whose number of people cannot be divided: negative, infinite, beyond belief."""
    usable = pl.col("residents").is_between(0, _MOST_PEOPLE).fill_null(value=False)
    return batch.reject(
        batch.frame.filter(~usable).select(
            ROW,
            pl.lit(batch.label("residents")).alias("field"),
            pl.lit(f"is not between 0 and {_MOST_PEOPLE:,.0f}").alias("reason"),
        )
    )


def spread(batch: Batch, pieces: pl.DataFrame, basis: str) -> Batch:
    """Give the people of each row to its pieces in proportion to `@part`.

    A row's own `district_id` goes before that of the piece; pieces that are then of one cell and
    district are one. `@residents`, if the pieces have it, says how many each has.
    """
    if "@residents" not in pieces.columns:
        pieces = _divided(batch.frame, pieces)
    frame = batch.frame.drop("residents")
    if "district_id" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("district_id"))
    joined = frame.join(pieces, on=ROW, maintain_order="left_right").with_columns(
        pl.coalesce("district_id", "@district").alias("district_id")
    )
    key = [ROW, "cell", "district_id"]
    carried = [name for name in frame.columns if name not in key]
    weight = pl.col("@part")
    merged = joined.group_by(key, maintain_order=True).agg(
        *(pl.col(name).first() for name in carried),
        pl.col("@residents").sum().alias("residents"),
        pl.col("covered_km2").sum(),
        *((pl.col(name) * weight).sum() / weight.sum() for name in (X, Y)),
    )
    return replace(
        batch,
        frame=_peopled(merged).with_columns(
            pl.lit(None, pl.Float64).alias("original_lon"),
            pl.lit(None, pl.Float64).alias("original_lat"),
            pl.lit("wgs84").alias("datum"),
            pl.lit(basis).alias("basis"),
        ),
    )


def _divided(frame: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    totals = pieces.join(frame.select(ROW, "residents"), on=ROW, maintain_order="left")
    several = pl.len().over(ROW) > 1
    split = totals.filter(several)
    shares = [
        divide(float(part["residents"][0]), part["@part"].to_numpy())
        for part in split.partition_by(ROW, maintain_order=True)
    ]
    divided = split.with_columns(
        pl.Series("residents", np.concatenate([np.empty(0), *shares]), dtype=pl.Float64)
    )
    return pl.concat([totals.filter(~several), divided]).rename({"residents": "@residents"})


def _peopled(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out pieces in which nobody lives, but none of a row's districts, nor any ground.

    What an empty piece covers is counted with the first that stays.
    """
    group = [ROW, "district_id"]
    lived = pl.col("residents") > 0
    first = pl.int_range(pl.len()).over(group) == 0
    kept = frame.with_columns((lived | (first & ~lived.any().over(group))).alias("@kept"))
    leads = pl.col("@kept") & (pl.col("@kept").cum_sum().over(group) == 1)
    lost = pl.col("covered_km2").filter(~pl.col("@kept")).sum().over(group)
    return (
        kept.with_columns(pl.col("covered_km2") + pl.when(leads).then(lost).otherwise(0.0))
        .filter("@kept")
        .drop("@kept")
    )


def _named(frame: pl.DataFrame) -> pl.Expr:
    """Return where the file itself names the district."""
    named = "district_id" in frame.columns
    own = frame["district_id"].is_not_null() if named else pl.Series([False] * frame.height)
    return pl.lit(own, pl.Boolean)


def _shapes_of(frame: pl.DataFrame) -> Shapes:
    shapes: Shapes = shapely.from_wkb(frame[WKB].to_numpy())
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    return shapes


def _unusable(batch: Batch, shapes: Shapes) -> pl.DataFrame:
    """Return the rows whose shape people cannot be spread over, with the reason."""
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    reason = np.full(len(shapes), "", dtype=object)
    reason[~(np.fmax(east - west, north - south) <= _MOST_DEGREES)] = (
        f"spans more than {_MOST_DEGREES:g} degrees"
    )
    reason[~(shapely.area(shapes) > 0)] = "is not an area"
    field = batch.labels.get(GEOMETRY_TEXT, "geometry")
    return batch.frame.select(
        ROW, pl.lit(field).alias("field"), pl.Series("reason", reason, dtype=pl.String)
    ).filter(pl.col("reason") != "")


def _unit_pieces(
    frame: pl.DataFrame, shapes: Shapes, areas: DistrictAreas
) -> Iterator[pl.DataFrame]:
    """Yield the (district x cell) pieces of each unit; those far from the city lie outside."""
    rows = frame[ROW].to_numpy()
    named = frame.select(_named(frame)).to_series().to_numpy()
    near = areas.are_near(shapes)
    for at in np.flatnonzero(~near):
        unit = mended(_equal_area(shapes[at : at + 1]))
        yield _cell_pieces(rows[at], shapes[at], [OUTSIDE_DISTRICT], unit, None)
    metric = mended(areas.to_metres(shapes[near]))
    cut = areas.cut_units(metric)
    begins = np.searchsorted(cut.source, np.arange(len(metric) + 1))
    for position, at in enumerate(np.flatnonzero(near)):
        of_unit = slice(begins[position], begins[position + 1])
        district_ids, pieces = cut.district_id[of_unit].tolist(), cut.shape[of_unit]
        if named[at] or len(pieces) == 1:  # whole: nothing is lost to the rounding of a cut
            district_ids, pieces = district_ids[:1], metric[position : position + 1]
        yield _cell_pieces(rows[at], shapes[at], district_ids, pieces, areas)


def _cell_pieces(
    row: int, unit: Any, district_ids: list[str], pieces: Shapes, areas: DistrictAreas | None
) -> pl.DataFrame:
    """Return what each piece of a unit has of each cell.

    The pieces are in metres of the city's CRS or, without `areas`, in the equal-area plane.
    """
    cells = grid.cover(unit, _fitting_res(unit))
    polygons = np.asarray(grid.cell_polygons(cells), dtype=object)
    hexagons = areas.to_metres(polygons) if areas else _equal_area(polygons)
    piece, at = shapely.STRtree(hexagons).query(pieces, predicate="intersects")
    overlaps = hexagons[at]
    shapely.prepare(pieces)
    edge = np.flatnonzero(~shapely.contains_properly(pieces[piece], overlaps))
    overlaps[edge] = shapely.intersection(overlaps[edge], pieces[piece[edge]])
    area = shapely.area(overlaps)
    there = area > 0
    storage = [grid.children_range(int(cell), grid.STORAGE_RES)[0] for cell in cells[at[there]]]
    lon, lat = _centres(overlaps[there], areas)
    return pl.DataFrame(
        {
            ROW: [int(row)] * len(storage),
            "cell": storage,
            "@district": [district_ids[each] for each in piece[there]],
            "@part": area[there],
            "covered_km2": area[there] / 1e6,
            X: lon,
            Y: lat,
        },
        schema=PIECE_SCHEMA,
    ).sort("cell", "@district")


def _centres(shapes: Shapes, areas: DistrictAreas | None) -> tuple[Floats, Floats]:
    """Return lon, lat of the centroids of shapes in the city's CRS or the equal-area plane."""
    centres = shapely.centroid(shapes)
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    if areas is not None:
        return from_metric(areas.city, x, y)
    return np.degrees(x / _EARTH_M), np.degrees(np.arcsin(np.clip(y / _EARTH_M, -1, 1)))


def _fitting_res(shape: Any) -> int:
    _, south, _, north = shape.bounds
    narrowing = np.cos(np.radians((south + north) / 2))
    cells = shape.area * _KM2_PER_SQUARE_DEGREE * narrowing / _CELL_KM2_RES10
    coarser = max(0, int(np.ceil(np.log(max(cells / _MAX_CELLS, 1)) / np.log(7))))
    return max(grid.STORAGE_RES - coarser, 5)


def _equal_area(shapes: Shapes) -> Shapes:
    """Project lon, lat to a cylinder on which areas are those on the sphere, in square metres.

    Of places that the city's own CRS was not made for.
    """
    projected: Shapes = shapely.transform(
        shapes,
        lambda points: (
            np.column_stack([np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))]) * _EARTH_M
        ),
    )
    return projected
