"""B4: residents whose predicted signal meets the limits, by operator and with the best of all."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geodata.queries.broadband import read_predictions
from geodata.queries.residents import read_residents
from geodata.space.crs import to_metric
from layers.build.measure_request import MeasureRequest
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states

BEST = "best"
_EDGE_M = 0.05  # centres are kept in degrees of seven decimals
Floats = NDArray[np.float64]


def predicted_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the states of each operator in `parameters.operators` and of `best`.

    `parameters.limits` names the columns of the prediction and the least each must reach;
    `parameters.pixel_m` is the width of the rasters' pixels.
    """
    city, wanted = request.city, request.measure.parameters
    people = read_residents(request.connection)
    people = people.filter(pl.col("lon").is_not_null())
    pixels = read_predictions(request.connection)
    return compute_covered(
        people.with_columns(_metric(*to_metric(city, people["lon"], people["lat"]))),
        pixels.with_columns(_metric(*to_metric(city, pixels["lon"], pixels["lat"]))),
        wanted["limits"],
        wanted["operators"],
        float(wanted["pixel_m"]),
        request.snapshot_at,
    )


def _metric(x_m: Floats, y_m: Floats) -> list[pl.Series]:
    return [pl.Series("x_m", x_m), pl.Series("y_m", y_m)]


def compute_covered(
    people: pl.DataFrame,
    pixels: pl.DataFrame,
    limits: Mapping[str, float],
    operators: Mapping[str, str],
    pixel_m: float,
    starts_at: datetime,
) -> pl.DataFrame:
    """Return residents whose pixel meets every limit over residents with a prediction (R).

    Args:
        people: cell, district_id, residents, x_m, y_m.
        pixels: operator, x_m, y_m of the centre and the limited columns (null: not predicted).
        limits: column -> least value.
        operators: name in the records -> component.
        pixel_m: width of a pixel.
        starts_at: first instant of the step the states belong to.
    """
    known, covered = {}, {}
    for name, component in operators.items():
        own = pixels.filter(pl.col("operator") == name).drop_nulls(list(limits))
        meets = own.select(pl.all_horizontal(pl.col(k) >= v for k, v in limits.items()))
        at = _pixel_of(people, own, pixel_m)
        known[component] = at >= 0
        covered[component] = known[component] & np.append(meets.to_series().to_numpy(), False)[at]
    known[BEST] = np.logical_or.reduce(list(known.values()))
    covered[BEST] = np.logical_or.reduce(list(covered.values()))
    states = [
        _states_of(people, component, known[component], covered[component], starts_at)
        for component in known
        if known[component].any()
    ]
    return complete_states(pl.concat(states) if states else people.clear().select("cell"))


def _pixel_of(people: pl.DataFrame, pixels: pl.DataFrame, pixel_m: float) -> NDArray[np.int64]:
    """Return the row of the pixel that each point lies in, -1 where there is none."""
    if pixels.is_empty():
        return np.full(len(people), -1, dtype=np.int64)
    tree = cKDTree(pixels.select("x_m", "y_m").to_numpy())
    distance, row = tree.query(people.select("x_m", "y_m").to_numpy(), p=np.inf)
    return np.where(distance <= 0.5 * pixel_m + _EDGE_M, row, -1).astype(np.int64)


def _states_of(
    people: pl.DataFrame,
    component: str,
    known: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    starts_at: datetime,
) -> pl.DataFrame:
    residents = people["residents"].to_numpy()
    states = people.select(
        "cell",
        "district_id",
        component=pl.lit(component),
        starts_at=pl.lit(starts_at.astimezone(UTC)),
        n=pl.Series(known).cast(pl.Int64),
        n_missing=pl.Series(~known).cast(pl.Int64),
        num=pl.Series(np.where(covered, residents, 0.0)),
        den=pl.Series(np.where(known, residents, 0.0)),
        is_estimated=pl.lit(value=True),
    )
    return merge_states(states, KEYS)
