"""Residents of each district by vintage, from the sources that cover it (METHODS 2.5)."""

from datetime import UTC

import polars as pl

from geodata.queries.residents import read_vintage_cells
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.period import Period
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, STATE_SCHEMA, complete_states


def resident_states(request: MeasureRequest) -> pl.DataFrame:
    """Return one state a vintage, cell and district, of the one source that speaks for it then."""
    counted = read_vintage_cells(request.connection)
    if counted.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    grain = request.indicator.grain
    begins = {
        day: Period.containing(day, grain).start_at(request.city.timezone).astimezone(UTC)
        for day in counted["vintage_on"].unique()
    }
    states = counted.select(
        "cell",
        "district_id",
        component=pl.lit(TOTAL),
        starts_at=pl.col("vintage_on").replace_strict(
            begins, return_dtype=pl.Datetime("us", "UTC")
        ),
        n=pl.lit(1, pl.Int64),
        num=pl.col("residents"),
    )
    return complete_states(merge_states(states, KEYS))
