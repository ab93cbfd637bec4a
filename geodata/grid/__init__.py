"""The hexagon grid: every H3 call and every swap of latitude and longitude happens in this package.

Points are indexed once, at `STORAGE_RES`; coarser cells are ancestors by bit arithmetic, never a
second indexing, so that sums over cells agree at all resolutions. Cells are signed 64-bit integers,
as PostgreSQL's `bigint`; `NO_CELL` stands for a record without a place and stays so in its parents.
"""

from geodata.grid.bits import (
    NO_CELL,
    STORAGE_RES,
    Cells,
    cell_res,
    cell_to_parents,
    cells_to_children,
    children_range,
    parent_expr,
    parent_masks,
    parent_sql,
)
from geodata.grid.cells import (
    WORLD_BOUNDS,
    Bounds,
    Floats,
    Mask,
    are_valid_cells,
    cell_area_km2,
    cell_boundaries,
    cell_centres,
    cell_polygons,
    cell_to_text,
    cells_to_texts,
    in_bounds,
    latlng_to_cell,
    latlng_to_cells,
    neighbours,
    outline,
    text_to_cell,
    texts_to_cells,
)
from geodata.grid.cover import cover, cover_logical

__all__ = [
    "NO_CELL",
    "STORAGE_RES",
    "WORLD_BOUNDS",
    "Bounds",
    "Cells",
    "Floats",
    "Mask",
    "are_valid_cells",
    "cell_area_km2",
    "cell_boundaries",
    "cell_centres",
    "cell_polygons",
    "cell_res",
    "cell_to_parents",
    "cell_to_text",
    "cells_to_children",
    "cells_to_texts",
    "children_range",
    "cover",
    "cover_logical",
    "in_bounds",
    "latlng_to_cell",
    "latlng_to_cells",
    "neighbours",
    "outline",
    "parent_expr",
    "parent_masks",
    "parent_sql",
    "text_to_cell",
    "texts_to_cells",
]
