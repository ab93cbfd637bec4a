"""Builds states from day partitions, here or on a Dask cluster, by the same definitions.

A task is one local day of one measure: all its records, of every source, are in the files of that
day, so that groups and exact quantiles need no exchange between workers. Each runs in a DuckDB of
its own, with one thread and rows in a fixed order, so the result is the same on every machine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from typing import Any

import duckdb
import ibis
import polars as pl
from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.database.partitions import Partition, PartitionStore, days_of
from geodata.queries.counted_events import event_query
from layers.build.expression import state_expression
from layers.build.rebuild import replace_states
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import FunctionMeasure
from layers.catalogue.record_tables import record_schema
from layers.catalogue.registry import find_indicator
from layers.errors import QueryError
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states
from layers.states.version import Build


@dataclass(frozen=True)
class Task:
    """One day of one measure, small enough to be sent to a worker."""

    definition: str  # the entry as JSON, with the city's parts in it: workers need no catalogue
    measure: int
    store: str
    partitions: tuple[Partition, ...]  # of one day, all sources
    timezone: str


@dataclass(frozen=True)
class Aggregated:
    """The states of a task in the order of their keys (Arrow IPC), and the loads they rest on."""

    task: Task
    states: bytes
    load_ids: tuple[int, ...]
    rows: int


Run = Callable[[Sequence[Task]], Iterator[Aggregated]]


def aggregate_partition(task: Task) -> Aggregated:
    """Return the states of a task; runs on any machine that reaches the store."""
    measure = Indicator.model_validate_json(task.definition).measures[task.measure]
    assert not isinstance(measure, FunctionMeasure)  # noqa: S101
    store = PartitionStore(task.store)
    schema = record_schema(measure.table)
    types = pl.Schema(schema.to_polars())
    # partitions have no serial numbers
    frames = [types.to_frame(), *(store.read(each) for each in task.partitions)]
    records = pl.concat(frames, how="diagonal_relaxed").select(types.names()).cast(types)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET TimeZone = '{task.timezone}'")
        connection.execute("SET threads = 1")
        connection.from_arrow(records.to_arrow()).create(measure.table)
        if measure.is_of_events:
            _put_events_together(connection, measure.table, types.names())
        states = connection.sql(_compile(task.definition, task.measure)).pl()
    states = complete_states(states).sort(KEYS)
    buffer = BytesIO()
    states.write_ipc(buffer)
    loads = tuple(records["load_id"].unique().sort().to_list())
    return Aggregated(task, buffer.getvalue(), loads, records.height)


def _put_events_together(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]
) -> None:
    """Put the events of the day's calls in their place; calls of two days stay two events."""
    connection.execute(f"ALTER TABLE {table} RENAME TO every_call")
    connection.execute(
        "CREATE TABLE shared_event AS SELECT event_id FROM every_call "
        "WHERE is_event_named GROUP BY event_id HAVING count(*) > 1"
    )
    connection.execute(f"CREATE TABLE {table} AS {event_query(columns, calls='every_call')}")


@lru_cache(maxsize=256)
def _compile(definition: str, position: int) -> str:
    """Return the query of a measure's states; making it takes longer than running it on a day."""
    indicator = Indicator.model_validate_json(definition)
    measure = indicator.measures[position]
    assert not isinstance(measure, FunctionMeasure)  # noqa: S101
    # unused: every record has its own time
    states = state_expression(indicator, measure, datetime.fromtimestamp(0, UTC))
    return str(ibis.to_sql(states, dialect="duckdb"))


def plan_tasks(store: PartitionStore, city: City, indicator: Indicator) -> list[Task]:
    """Return the tasks of an indicator, by measure and day.

    Raises:
        QueryError: a measure cannot be computed a day at a time.
    """
    tasks = []
    definition = indicator.model_dump_json()
    for position, measure in enumerate(indicator.measures):
        if isinstance(measure, FunctionMeasure) or measure.time is None or measure.one_per:
            raise QueryError(f"{indicator.key}: needs all its records at once, not days of them")
        for _, partitions in days_of(store.partitions(measure.table)):
            files = tuple(partitions)
            tasks.append(Task(definition, position, store.url, files, city.timezone))
    return tasks


def run_here(tasks: Sequence[Task]) -> Iterator[Aggregated]:
    """Run the tasks in this process, one after the other."""
    yield from map(aggregate_partition, tasks)


def run_on(client: Any) -> Run:
    """Return a runner on a Dask cluster; a task whose worker dies is run again elsewhere."""
    as_completed: Any = import_module("distributed").as_completed

    def run(tasks: Sequence[Task]) -> Iterator[Aggregated]:
        futures = client.map(aggregate_partition, tasks, pure=False)
        for _, result in as_completed(futures, with_results=True):
            yield result

    return run


@contextmanager
def connected(address: str | None) -> Iterator[Run | None]:
    """Yield a runner on the cluster at an address, none without one."""
    if address is None:
        yield None
        return
    with import_module("distributed").Client(address) as client:
        yield run_on(client)


def aggregate(
    engine: Engine, city: City, store: PartitionStore, key: str, run: Run = run_here
) -> Build | None:
    """Build an indicator from its partitions and write its states; None if there are none.

    Raises:
        QueryError: it cannot be computed a day at a time, or its partitions name loads that this
            database does not know.
        NotFoundError: there is no such indicator.
    """
    indicator = find_indicator(city, key)
    tasks = plan_tasks(store, city, indicator)
    if not tasks:
        return None
    results = list(run(tasks))
    load_ids = {number for each in results for number in each.load_ids}
    return replace_states(engine, city, indicator, combine(indicator, results), load_ids)


def combine(indicator: Indicator, results: Sequence[Aggregated]) -> dict[int, pl.DataFrame]:
    """Return the states by measure; days of one longer step are merged in the order of the days."""
    ordered = sorted(results, key=lambda each: (each.task.measure, each.task.partitions))
    frames: dict[int, list[pl.DataFrame]] = {n: [] for n in range(len(indicator.measures))}
    for each in ordered:
        frames[each.task.measure].append(pl.read_ipc(each.states))
    return {n: _joined(days) for n, days in frames.items()}


def _joined(days: list[pl.DataFrame]) -> pl.DataFrame:
    states = pl.concat(days)
    if not states.select(KEYS).is_duplicated().any():
        return states.sort(KEYS)
    unused = [each.name for each in states if each.null_count() == states.height]
    return complete_states(merge_states(states.drop(unused), by=KEYS)).sort(KEYS)
