"""Keeps the loads whose current records an indicator counts, as rows of `ops.counted_load`.

A live source makes thousands of loads a day. A refresh therefore checks only the new loads and
those whose records they retired, and finds the newest load of each source by an index.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.tables import counted_load, load
from layers.catalogue.condition import find_table, meets
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import Condition, RecordTable
from layers.states.version import TIMETABLE

_UNTIL = func.coalesce(load.c.event_to, load.c.finished_at)
_JOINED = load.join(counted_load, counted_load.c.load_id == load.c.load_id)


@dataclass(frozen=True)
class CountedLoads:
    """A summary of the counted loads of an indicator."""

    sources: list[str]
    load_ids: list[int]  # the newest of each source
    is_simulated: bool
    as_of: datetime  # the newest record, or the end of the timetable that ends first


def is_any_current(connection: Connection, indicator: Indicator) -> bool:
    """Return whether the tables hold a current record that the indicator counts."""
    return any(
        connection.execute(_counted(*each).limit(1)).first() is not None
        for each in _tables(indicator)
    )


def recount_all(connection: Connection, indicator: Indicator) -> None:
    """Find and store all counted loads of an indicator, in place of the stored ones."""
    _delete(connection, indicator)
    current = union_all(*(_counted(*each) for each in _tables(indicator))).subquery()
    rows = select(literal(indicator.key), current.c.load_id).distinct()
    connection.execute(insert(counted_load).from_select(["indicator", "load_id"], rows))


def replace_counted(connection: Connection, indicator: Indicator, numbers: Iterable[int]) -> None:
    """Store these as the counted loads of an indicator, in place of the stored ones."""
    _delete(connection, indicator)
    _add(connection, indicator, numbers)


def update_counted(connection: Connection, indicator: Indicator, unseen: Sequence[int]) -> None:
    """Update the counted loads of an indicator after new loads.

    Checked are the new loads and those whose records they retired.
    """
    again = set(unseen)
    for table, _ in _tables(indicator):
        c = find_table(table).c
        again |= set(
            connection.scalars(select(c.load_id).where(c.retired_by.in_(unseen)).distinct())
        )
    found: set[int] = set()
    for each in _tables(indicator):
        among = load.c.load_id == func.any(_array(again - found))
        found |= set(connection.scalars(_counted(*each).where(among)))
    own = counted_load.c.indicator == indicator.key
    gone = func.any(_array(again - found))
    connection.execute(delete(counted_load).where(own, counted_load.c.load_id == gone))
    _add(connection, indicator, found)


def summarise(
    connection: Connection, indicator: Indicator, sources: Collection[str] | None = None
) -> CountedLoads | None:
    """Return a summary of the counted loads, None where there is none.

    Args:
        connection: An open transaction.
        indicator: The indicator that counts them.
        sources: The sources that they may come from; None: found by a query.
    """
    own = counted_load.c.indicator == indicator.key
    if sources is None:
        every = select(load.c.source).select_from(_JOINED).where(own).distinct()
        sources = list(connection.scalars(every))
    found = connection.execute(_by_source(indicator, sources)).all()
    if not found:
        return None
    return CountedLoads(
        sources=[row.source for row in found],
        load_ids=[row.load_id for row in found],
        is_simulated=any(row.is_simulated for row in found),
        as_of=_first_end(connection, indicator) or max(row.until for row in found),
    )


def _by_source(indicator: Indicator, sources: Collection[str]) -> Select[Any]:
    """Return the query of the newest counted load of each source, by the index on source."""
    named = select(func.unnest(cast(sorted(sources), ARRAY(Text))).label("source")).subquery()
    own = (
        select(load.c.load_id, _UNTIL.label("until"))
        .select_from(_JOINED)
        .where(counted_load.c.indicator == indicator.key, load.c.source == named.c.source)
    )
    newest = own.order_by(_UNTIL.desc(), load.c.load_id.desc()).limit(1).lateral()
    simulated = own.with_only_columns(load.c.load_id).where(load.c.provenance == "simulated")
    is_simulated = simulated.limit(1).scalar_subquery().is_not(None).label("is_simulated")
    columns = (named.c.source, newest.c.load_id, newest.c.until, is_simulated)
    return select(*columns).join_from(named, newest, true()).order_by(named.c.source)


def first_event(connection: Connection, indicator: Indicator, table: str) -> datetime:
    """Return the earliest event of the counted loads of a table, else of all counted loads."""
    earliest = (
        select(func.min(func.coalesce(load.c.event_from, load.c.finished_at)))
        .select_from(_JOINED)
        .where(counted_load.c.indicator == indicator.key)
    )
    own = connection.execute(earliest.where(load.c.table_name == table)).scalar_one()
    moment: datetime = own or connection.execute(earliest).scalar_one()
    return moment


def _first_end(connection: Connection, indicator: Indicator) -> datetime | None:
    """Return when the first timetable ends; None if the indicator is not `stale_with` it."""
    if indicator.stale_with != "oldest":
        return None
    feeds = (
        select(func.min(_UNTIL))
        .select_from(_JOINED)
        .where(counted_load.c.indicator == indicator.key, load.c.table_name == TIMETABLE)
    )
    found: datetime | None = connection.execute(feeds).scalar_one()
    return found


def _counted(table: str, where: tuple[Condition, ...]) -> Select[tuple[int]]:
    """Return the query of the loads that have a current record meeting the conditions.

    One look-up a load: its first matching record decides, the others need not be read. A load fills
    the table it names, or several under a name of its own (a timetable, a road network).
    """
    c = find_table(table).c
    record = select(c.load_id).where(c.retired_by.is_(None), meets(find_table(table), where))
    first = record.where(c.load_id == load.c.load_id).limit(1).scalar_subquery()
    others = set(get_args(RecordTable)) - {table}
    return select(load.c.load_id).where(load.c.table_name.not_in(others), first.is_not(None))


def _tables(indicator: Indicator) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    for measure in indicator.measures:
        yield measure.table, measure.where
        for name in getattr(measure, "also", ()):
            yield name, ()


def _add(connection: Connection, indicator: Indicator, numbers: Iterable[int]) -> None:
    rows = select(literal(indicator.key), func.unnest(_array(numbers)))
    statement = upsert(counted_load).from_select(["indicator", "load_id"], rows)
    connection.execute(statement.on_conflict_do_nothing())


def _delete(connection: Connection, indicator: Indicator) -> None:
    own = counted_load.c.indicator == indicator.key
    connection.execute(delete(counted_load).where(own))


def _array(numbers: Iterable[int]) -> ColumnElement[Any]:
    """Return the numbers as one array value: a statement takes 65,535 parameters at most."""
    return cast(sorted(numbers), ARRAY(BigInteger))
