"""Merges states of points into one a street-level hexagon: a tenth of the rows, the same sums."""

from datetime import datetime

import polars as pl

from geodata.space.grid import parent_expr
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states

STREET_RES = 9


def gather_states(points: pl.DataFrame, starts_at: datetime) -> pl.DataFrame:
    """Return states of points with component, cell, district_id and sums, merged at resolution 9.

    A merged state is filed under the lowest storage cell that it has points of, so that its
    parents are right at resolution 9 and coarser, and under its own district.
    """
    hexagon = parent_expr("cell", STREET_RES)
    filed = points.with_columns(
        cell=pl.col("cell").min().over(hexagon, "district_id", "component"),
        starts_at=pl.lit(starts_at),
    )
    return complete_states(merge_states(filed, KEYS))
