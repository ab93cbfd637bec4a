"""Residents near a stop: T1, by straight line in the city's metric CRS."""

from datetime import datetime

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from layers.states.state import complete_states


def compute_stop_coverage(
    residents: pl.DataFrame, stops: pl.DataFrame, radius_m: float, starts_at: datetime
) -> pl.DataFrame:
    """Return residents within `radius_m` of the nearest boarding point over all residents (R).

    Args:
        residents: cell, district_id, residents, x_m, y_m; a point without a place (x_m null) is
            left out and counted as missing.
        stops: x_m, y_m of the boarding points.
        radius_m: the distance that still counts as near.
        starts_at: first instant of the step the state belongs to.
    """
    placed = pl.col("x_m").is_not_null()
    near = pl.Series("is_near", _distance_m(residents, stops) <= radius_m)
    people = pl.col("residents")
    return complete_states(
        residents.with_columns(near)
        .group_by("cell", "district_id")
        .agg(
            placed.sum().alias("n"),
            (~placed).sum().alias("n_missing"),
            people.filter(placed & pl.col("is_near")).sum().alias("num"),
            people.filter(placed).sum().alias("den"),
        )
        .with_columns(pl.lit("total").alias("component"), pl.lit(starts_at).alias("starts_at"))
    )


def _distance_m(
    residents: pl.DataFrame, stops: pl.DataFrame
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the distance to the nearest stop; infinite without one or without a place."""
    distance = np.full(residents.height, np.inf)
    points = residents.select(pl.col("x_m", "y_m").fill_null(np.nan)).to_numpy()
    placed = np.isfinite(points).all(axis=1)
    if stops.height and placed.any():
        tree = cKDTree(stops.select("x_m", "y_m").to_numpy())
        distance[placed] = tree.query(points[placed])[0]
    return distance
