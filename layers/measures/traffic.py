"""Delay and travel time on roads between plate readers (T10)."""

import polars as pl

from geodata.queries.traffic import read_link_times
from layers.build.measure_request import MeasureRequest
from layers.states.state import KEYS, complete_states

_NIGHT = "night"


def link_states(request: MeasureRequest) -> pl.DataFrame:
    """Return the ratio of two columns of link times as sums, by part of the day.

    The parameters `above` and `below` name the columns. Nights are the free-flow reference and are
    left out; a quarter hour whose night had too few drives is missing.
    """
    times = read_link_times(request.connection, request.span)
    parameters = request.measure.parameters
    return compute_link_states(
        times, str(parameters["above"]), str(parameters["below"]), request.city.timezone
    )


def compute_link_states(times: pl.DataFrame, above: str, below: str, timezone: str) -> pl.DataFrame:
    """Return the states of link times; `n` counts links' quarter hours."""
    known = pl.col(above).is_not_null() & pl.col(below).is_not_null()
    local = pl.col("starts_at").dt.convert_time_zone(timezone)
    day = local.dt.truncate("1d").dt.convert_time_zone("UTC")
    return complete_states(
        times.filter(pl.col("day_part") != _NIGHT)
        .sort("starts_at", "link_id", "source")  # sums of fractions depend on the order
        .with_columns(component="day_part", starts_at=day)
        .group_by(KEYS, maintain_order=True)
        .agg(
            n=known.sum(),
            n_missing=(~known).sum(),
            num=pl.col(above).filter(known).sum(),
            den=pl.col(below).filter(known).sum(),
        )
    )
