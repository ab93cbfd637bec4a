"""Building states from records: all states of an indicator in one transaction."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Protocol

import ibis
import polars as pl
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select

from geodata.city import City
from geodata.clock import now
from geodata.tables import SCHEMA, load, source_coverage, state_build
from layers.declaration import Condition, DeclarativeMeasure, FunctionMeasure
from layers.expression import matches, state_expression
from layers.indicator import Indicator
from layers.period import Period
from layers.registry import find_indicator, load_catalogue
from layers.request import MeasureRequest
from layers.schema import record_table
from layers.state import KEYS, STATE_SCHEMA, complete_states
from layers.state_copy import copy_states
from layers.version import Build, read_build_in

_BUILDS_AT_ONCE = 2  # indicators do not read each other's states


class MeasureFunction(Protocol):
    """What `function: layers.measures.<module>:<name>` must name.

    It returns a frame with `component`, `starts_at` (local midnight at which the step begins, an
    aware time), `cell` (resolution 10 or `NO_CELL`), `district_id` and those columns of
    `STATE_SCHEMA` that the indicator's class needs; absent ones become null. One row a key: rows
    of equal component, step, cell and district must be merged (`layers.rollup.merge_states`).
    The connection's time zone is the city's.
    """

    def __call__(self, request: MeasureRequest) -> pl.DataFrame:
        """Return the states of the measure."""


def build_states(
    engine: Engine, city: City, indicators: Iterable[str] | None = None
) -> list[Build]:
    """Recompute the states of the indicators, or of the whole catalogue, two at a time.

    Each indicator is one transaction: readers see its old states or its new ones. An indicator
    whose tables hold no records loses its states and gets no build.

    Raises:
        NotFoundError: an indicator does not exist.
    """
    keys = list(load_catalogue()) if indicators is None else list(indicators)
    chosen = [find_indicator(key) for key in keys]
    with ThreadPoolExecutor(_BUILDS_AT_ONCE) as pool:
        builds = list(pool.map(lambda indicator: _build(engine, city, indicator), chosen))
    return [build for build in builds if build is not None]


def _build(engine: Engine, city: City, indicator: Indicator) -> Build | None:
    with engine.begin() as connection:
        connection.execute(select(func.set_config("TimeZone", city.timezone, True)))
        # one builder of an indicator at a time; readers are not held up
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(indicator.key))))
        loads = _read_loads(connection, indicator)
        connection.execute(delete(state_build).where(state_build.c.indicator == indicator.key))
        if not loads:
            return None
        build_id = _insert_build(connection, indicator, loads)
        for measure in indicator.measures:
            snapshot_at = _snapshot_at(connection, city, indicator, measure.table, loads)
            if isinstance(measure, FunctionMeasure):
                request = MeasureRequest(connection, city, indicator, measure, snapshot_at)
                frame = load_function(measure)(request)
                copy_states(connection, indicator.key, build_id, complete_states(frame))
            else:
                _insert_states(connection, indicator, measure, build_id, snapshot_at)
        return read_build_in(connection, indicator)


def _read_loads(connection: Connection, indicator: Indicator) -> list[Row[Any]]:
    """Return the load rows whose current records the indicator counts."""
    numbers: set[int] = set()
    for measure in indicator.measures:
        tables = [
            (measure.table, measure.where),
            *((name, ()) for name in getattr(measure, "also", ())),
        ]
        for table, where in tables:
            numbers |= _read_load_ids(connection, table, where)
    chosen = select(load).where(load.c.load_id.in_(numbers)).order_by(load.c.load_id)
    return list(connection.execute(chosen))


def _read_load_ids(connection: Connection, table: str, where: tuple[Condition, ...]) -> set[int]:
    records = record_table(table)
    current = records.filter(records.retired_by.isnull(), matches(records, where))
    query = ibis.to_sql(current.select("load_id").distinct(), dialect="postgres")
    return set(connection.exec_driver_sql(str(query)).scalars())


def _snapshot_at(
    connection: Connection, city: City, indicator: Indicator, table: str, loads: list[Row[Any]]
) -> datetime:
    """Return the begin of the step from which undated records count.

    That is the step of the earliest day their sources say they cover; where none says, that of the
    earliest load.
    """
    own = [row for row in loads if row.table_name == table] or loads
    declared = connection.execute(
        select(func.min(source_coverage.c.starts_at)).where(
            source_coverage.c.table_name == table,
            source_coverage.c.source.in_({row.source for row in own}),
            source_coverage.c.retired_by.is_(None),
        )
    ).scalar_one()
    moment: datetime = declared or min(row.event_from or row.finished_at for row in own)
    day = moment.astimezone(city.zone).date()
    return Period.containing(day, indicator.grain).start_at(city.timezone).astimezone(UTC)


def _insert_build(connection: Connection, indicator: Indicator, loads: list[Row[Any]]) -> int:
    row = {
        "indicator": indicator.key,
        "built_at": now(),
        "load_ids": [row.load_id for row in loads],
        "sources": sorted({row.source for row in loads}),
        "is_simulated": any(row.provenance == "simulated" for row in loads),
        "as_of": max(row.event_to or row.finished_at for row in loads),
    }
    statement = insert(state_build).values(row).returning(state_build.c.build_id)
    return int(connection.execute(statement).scalar_one())


def _insert_states(
    connection: Connection,
    indicator: Indicator,
    measure: DeclarativeMeasure,
    build_id: int,
    snapshot_at: datetime,
) -> None:
    """Let the database turn records into states; nothing travels."""
    states = state_expression(indicator, measure, snapshot_at)
    query = ibis.to_sql(states, dialect="postgres")
    columns = ", ".join(STATE_SCHEMA)
    order = ", ".join(KEYS)  # that of the primary key, which then grows at one end
    connection.exec_driver_sql(
        f"INSERT INTO {SCHEMA}.state (indicator, build_id, {columns}) "  # noqa: S608
        f"SELECT '{indicator.key}', {build_id}, {columns} FROM ({query}) AS states ORDER BY {order}"
    )


def load_function(measure: FunctionMeasure) -> MeasureFunction:
    """Return the function that a measure names."""
    module, _, name = measure.function.partition(":")
    function: MeasureFunction = getattr(import_module(module), name)
    return function
