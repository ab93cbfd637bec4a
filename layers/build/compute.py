"""Computes the states of one measure, of some steps or all, into a table."""

from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from typing import Protocol

import ibis
import polars as pl
from sqlalchemy import Connection

from geodata.city.configuration import City
from layers.build.affected_steps import AffectedSteps
from layers.build.expression import state_expression
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import FunctionMeasure
from layers.catalogue.record_tables import record_schema
from layers.period import Period
from layers.states.state import complete_states
from layers.states.write import CHOSEN, Records, Scope, Span, insert_frame, insert_query


class MeasureFunction(Protocol):
    """What `function: layers.measures.<module>:<name>` must name.

    It returns a frame with `component`, `starts_at` (local midnight at which the step begins, an
    aware time), `cell` (resolution 10 or `NO_CELL`), `district_id` and those columns of
    `STATE_SCHEMA` that the indicator's class needs; absent ones become null. One row a key: rows
    of equal component, step, cell and district must be merged
    (`layers.states.merge_frames.merge_states`).
    The connection's time zone is the city's. Where a window is asked for, exactly its steps are
    returned, with the same numbers as without a window. In whatever order the records lie, they
    are the same bytes: fractions are added up in a fixed order (`geodata.queries.frame.in_order`).
    """

    def __call__(self, request: MeasureRequest) -> pl.DataFrame:
        """Return the states of the measure."""


def load_function(measure: FunctionMeasure) -> MeasureFunction:
    """Return the function that a measure names."""
    module, _, name = measure.function.partition(":")
    function: MeasureFunction = getattr(import_module(module), name)
    return function


@lru_cache(maxsize=1024)
def _compile(definition: str, position: int, snapshot_at: datetime) -> str:
    """Return the query of a measure's states; making it takes longer than running it on a day.

    `definition` is the entry as JSON: two cities have different parts of one indicator.
    """
    indicator = Indicator.model_validate_json(definition)
    measure = indicator.measures[position]
    assert not isinstance(measure, FunctionMeasure)  # noqa: S101
    chosen = ibis.table(record_schema(measure.table), name=CHOSEN)
    states = state_expression(indicator, measure, snapshot_at, chosen)
    return str(ibis.to_sql(states, dialect="postgres"))


def spans_of(city: City, windows: tuple[Period, ...] | None) -> tuple[Span, ...] | None:
    """Return the first instant of each window and the first instant after it."""
    if windows is None:
        return None
    return tuple(
        (each.start_at(city.timezone).astimezone(UTC), each.end_at(city.timezone).astimezone(UTC))
        for each in windows
    )


def compute_states(
    connection: Connection,
    city: City,
    indicator: Indicator,
    scope: Scope,
    affected: AffectedSteps,
    snapshot_at: datetime,
    into: str,
) -> int:
    """Compute the states of the scope's measure into a table; return their number."""
    measure = indicator.measures[scope.measure]
    if not isinstance(measure, FunctionMeasure):
        query = _compile(indicator.model_dump_json(), scope.measure, snapshot_at)
        records = Records(
            measure.table, measure.time, indicator.component_keys, measure.is_of_events
        )
        return insert_query(connection, scope, records, query, into)
    function = load_function(measure)
    windows = [None] if affected.windows is None else list(affected.windows)
    frames = [
        complete_states(
            function(MeasureRequest(connection, city, indicator, measure, snapshot_at, window))
        )
        for window in windows
    ]
    return insert_frame(connection, scope, pl.concat(frames), into)
