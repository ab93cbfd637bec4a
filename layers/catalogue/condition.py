"""Conditions of the catalogue as SQL clauses on record tables, for short queries.

States are computed through Ibis (`layers.build.expression`), which takes longer to compile than
these queries take to run.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Table, and_, cast, func, or_, true

from geodata.tables import SCHEMA, metadata
from layers.catalogue.measure import COMPARISONS, Condition
from layers.period import Grain

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    **COMPARISONS,
    "in": lambda column, values: column.in_(list(values)),
    "not_in": lambda column, values: column.not_in(list(values)),
    "is_null": lambda column, _: column.is_(None),
    "not_null": lambda column, _: column.is_not(None),
}


def find_table(name: str) -> Table:
    """Return a record table by its name."""
    return metadata.tables[f"{SCHEMA}.{name}"]


def meets(table: Table, conditions: Sequence[Condition]) -> ColumnElement[bool]:
    """Return the clause that a record meets all conditions."""
    tests = [_COMPARE[each.op](table.c[each.column], each.value) for each in conditions]
    return and_(true(), *tests)


def is_of_loads(table: Table, loads: Sequence[int]) -> ColumnElement[bool]:
    """Return the clause that one of the loads brought or retired a record."""
    return or_(table.c.load_id.in_(loads), table.c.retired_by.in_(loads))


def step_begin(column: ColumnElement[Any], grain: Grain) -> ColumnElement[Any]:
    """Return the instant at which the step of a time or date begins, in the session's zone."""
    instant = cast(column, DateTime(timezone=True)) if isinstance(column.type, Date) else column
    return func.date_trunc(grain.value, instant)
