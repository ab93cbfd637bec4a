"""Which inputs of an indicator are not loaded: why it has no value at all."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, true

from geodata.city.configuration import City
from layers.catalogue.condition import find_table, meets
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import Condition, FunctionMeasure, Measure
from layers.catalogue.registry import find_indicator

_KIND = "kind"


@dataclass(frozen=True)
class MissingInput:
    """A table of records without the records needed; of facilities also which kinds."""

    table: str
    kinds: tuple[str, ...] = ()


def read_missing_inputs(
    connection: Connection, city: City, indicator: Indicator
) -> tuple[MissingInput, ...]:
    """Return the inputs that have no record; empty where one of the measures has all of its own.

    An indicator divided by another also needs what that one is made of.
    """
    of_each = [_missing(connection, measure) for measure in indicator.measures]
    fewest = min(of_each, key=len, default=())
    if not indicator.stock_below:
        return fewest
    below = find_indicator(city, indicator.stock_below)
    more = read_missing_inputs(connection, city, below)
    return (*fewest, *(each for each in more if each not in fewest))


def _missing(connection: Connection, measure: Measure) -> tuple[MissingInput, ...]:
    needed: list[tuple[str, tuple[Condition, ...]]] = [(measure.table, measure.where)]
    if isinstance(measure, FunctionMeasure):
        needed += [(table, ()) for table in measure.also]
    return tuple(
        MissingInput(table, _kinds(where))
        for table, where in needed
        if not _is_there(connection, table, where)
    )


def _is_there(connection: Connection, name: str, where: tuple[Condition, ...]) -> bool:
    table = find_table(name)
    current = table.c.retired_by.is_(None) if "retired_by" in table.c else true()
    found = select(true()).select_from(table).where(current, meets(table, where)).limit(1)
    return connection.execute(found).first() is not None


def _kinds(where: tuple[Condition, ...]) -> tuple[str, ...]:
    values = [test.value for test in where if test.column == _KIND and test.op in ("eq", "in")]
    listed = [each if isinstance(each, list) else [each] for each in values]
    return tuple(str(kind) for kinds in listed for kind in kinds)
