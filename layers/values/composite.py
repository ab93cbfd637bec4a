"""METHODS 8: a composite of several indicators, by fixed goalposts and open weights.

A composite is computed from the values of the geometry itself and never added up. It compensates: a
good component hides a bad one, less so with the geometric mean.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, model_validator
from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.declared import Declared, read_declared
from geodata.tables import UNKNOWN_DISTRICT
from layers.catalogue.indicator import DEFAULT
from layers.catalogue.registry import FOLDER, GOALPOSTS_FILE
from layers.period import Period
from layers.states.status import Status
from layers.values.query import ValueQuery
from layers.values.read import available_periods, read_values

Floats = NDArray[np.float64]
Mean = Literal["arithmetic", "geometric"]

LEAST_WEIGHT = 0.7  # of the components that are known
FLOOR = 1.0  # of a score in the geometric mean: one zero must not decide everything
SWING = 0.25  # of each weight, up and down, for the range of ranks
_MOST_SWUNG = 10


class Goalpost(Declared):
    """The values of an indicator that score 0 and 100, and its weight."""

    indicator: str
    component: str = DEFAULT
    worst: float
    best: float
    weight: float = Field(default=1.0, ge=0)
    source: str
    status: Literal["A", "B", "C"]

    @model_validator(mode="after")
    def _spans(self) -> "Goalpost":
        if self.worst == self.best:
            raise ValueError(f"{self.indicator}: the goalposts stand in one place")
        return self


@cache
def load_goalposts() -> tuple[Goalpost, ...]:
    """Return the goalposts, as filed.

    Raises:
        DeclarationError: a row is wrong.
    """
    return read_declared(FOLDER / GOALPOSTS_FILE, tuple[Goalpost, ...])


def normalise(values: Floats, worst: float, best: float) -> Floats:
    """Return scores from 0 to 100; the direction follows from the goalposts."""
    scores: Floats = 100 * np.clip((values - worst) / (best - worst), 0, 1)
    return scores


def combine(scores: Floats, weights: Sequence[float], mean: Mean = "arithmetic") -> Floats:
    """Return one score a row of `scores` (places x components, NaN unknown).

    It is the mean of the known components if their weights sum to 0.7 of all, else NaN.
    """
    weight = np.asarray(weights, dtype=np.float64)
    if (weight < 0).any() or weight.sum() <= 0:
        raise ValueError("weights are at least 0, and one of them above it")
    known = np.isfinite(scores) * (weight / weight.sum())
    share = known.sum(axis=1)
    parts = np.where(np.isfinite(scores), scores, 0.0)
    if mean == "geometric":
        parts = np.log(np.maximum(parts, FLOOR))
    with np.errstate(divide="ignore", invalid="ignore"):
        combined = (known * parts).sum(axis=1) / share
    result = np.exp(combined) if mean == "geometric" else combined
    return np.where(share >= LEAST_WEIGHT - 1e-9, result, np.nan)


def rank(combined: Floats) -> Floats:
    """Return each place's rank, 1 the best, equal ones alike; NaN without a score."""
    better = (combined[None, :] > combined[:, None] + 1e-9).sum(axis=1)
    return np.where(np.isfinite(combined), 1.0 + better, np.nan)


def rank_range(
    scores: Floats, weights: Sequence[float], mean: Mean = "arithmetic"
) -> tuple[Floats, Floats]:
    """Return best and worst rank of each place when every weight swings by 25 %.

    All corners are tried, up to ten components; with more, one weight swings at a time.
    """
    weight = np.asarray(weights, dtype=np.float64)
    count = len(weight)
    if count <= _MOST_SWUNG:
        swings = np.array(list(product((1 - SWING, 1 + SWING), repeat=count)))
    else:
        swings = 1 + SWING * np.vstack([np.eye(count), -np.eye(count)])
    tried = [weight, *(weight * swing for swing in swings)]
    ranks = np.stack([rank(combine(scores, each.tolist(), mean)) for each in tried])
    return ranks.min(axis=0), ranks.max(axis=0)


def compute_composite(
    values: pl.DataFrame, goalposts: Sequence[Goalpost], mean: Mean = "arithmetic"
) -> pl.DataFrame:
    """Return key, value, rank, best_rank, worst_rank, known_weight and status.

    `values` holds `key` and one column a goalpost, named by its position, null where unknown.
    """
    weights = [each.weight for each in goalposts]
    columns = [
        normalise(_floats(values[str(position)]), each.worst, each.best)
        for position, each in enumerate(goalposts)
    ]
    scores = np.column_stack(columns)
    combined = combine(scores, weights, mean)
    best, worst = rank_range(scores, weights, mean)
    known = (np.isfinite(scores) * np.asarray(weights)).sum(axis=1) / sum(weights)
    status = np.where(np.isnan(combined), Status.NO_DATA, Status.OK)
    return pl.DataFrame(
        {
            "key": values["key"],
            "value": pl.Series(combined).fill_nan(None),
            "rank": pl.Series(rank(combined)).fill_nan(None).cast(pl.Int64),
            "best_rank": pl.Series(best).fill_nan(None).cast(pl.Int64),
            "worst_rank": pl.Series(worst).fill_nan(None).cast(pl.Int64),
            "known_weight": pl.Series(known),
            "status": pl.Series(status, dtype=pl.Int8),
        }
    )


def read_composite(
    engine: Engine,
    city: City,
    on: date,
    *,
    weights: Mapping[str, float] | None = None,
    mean: Mean = "arithmetic",
) -> pl.DataFrame:
    """Return the composite of every district on a day, with rank and range of ranks.

    Each component is that of its own last step that is over on that day; a stock is as of that day.
    `weights` replaces the declared weights by indicator.

    Raises:
        ValueError: a weight is below 0 or all are 0.
    """
    chosen = [
        each.model_copy(update={"weight": (weights or {}).get(each.indicator, each.weight)})
        for each in load_goalposts()
    ]
    frames = [_read(engine, city, each, on, str(n)) for n, each in enumerate(chosen)]
    values = frames[0]
    for frame in frames[1:]:
        values = values.join(frame, on="key", how="full", coalesce=True)
    return compute_composite(values.sort("key"), chosen, mean)


def _read(engine: Engine, city: City, goalpost: Goalpost, on: date, name: str) -> pl.DataFrame:
    """Return each district's value, null where it has none that may be used."""
    steps = available_periods(engine, city, goalpost.indicator, goalpost.component)
    over = [step for step in steps if step.end <= on + timedelta(days=1)]
    begun = [step for step in steps if step.first <= on]
    period = (over or begun or [Period(on, on + timedelta(days=1))])[-1]
    query = ValueQuery(goalpost.indicator, period, goalpost.component)
    found = read_values(engine, city, query).filter(pl.col("key") != UNKNOWN_DISTRICT)
    usable = ~pl.col("status").is_in([Status.LOW_N, *(s for s in Status if not s.has_value)])
    return found.select("key", pl.when(usable).then("value").alias(name))


def _floats(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
