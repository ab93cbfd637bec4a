"""How many records lie beside a city's number: beyond its boundary, or without a place."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from geodata.tables import (
    NO_DISTRICT,
    OUTSIDE_DISTRICT,
    UNKNOWN_DISTRICT,
    UNPLACED_DISTRICT,
    state,
)
from layers.catalogue.indicator import StateClass
from layers.values.query import CheckedQuery

_SUMMED = (StateClass.ADDITIVE, StateClass.STOCK)


@dataclass(frozen=True)
class LeftOut:
    """What lies in no district, counted as the number beside it counts.

    That is the sum of what an additive number or a stock adds up, distinct things of a number of
    such, and records of any other number.
    """

    outside: int = 0  # the place is known and lies beyond the boundary: not in the number
    unplaced: int = 0  # the place is not known, the source speaks of more: not in the number
    unknown: int = 0  # the place is not known, the source speaks of the city: in the number


def read_left_out(connection: Connection, query: CheckedQuery) -> LeftOut:
    """Return what lies in no district in the query's period, or in the last snapshot by its end.

    Only the whole city has such records: of a district or a hexagon there are none.
    """
    if query.district_id is not None or query.cell is not None or query.indicator.drawn:
        return LeftOut()
    c = state.c
    start, end = query.span
    chosen = [
        c.indicator == query.indicator.key,
        c.component.in_(query.components),
        c.starts_at < end,
    ]
    if query.indicator.stock:
        newest = select(func.max(c.starts_at)).where(*chosen).scalar_subquery()
        chosen.append(c.starts_at == newest)
    else:
        chosen.append(c.starts_at >= start)
    found = dict.fromkeys(NO_DISTRICT, 0)
    if query.indicator.state_class is StateClass.DISTINCT:
        each = select(c.district_id, func.unnest(c.ids).label("id")).where(
            *chosen, c.district_id.in_(NO_DISTRICT)
        )
        ids = each.subquery()
        rows = select(ids.c.district_id, func.count(ids.c.id.distinct())).group_by(
            ids.c.district_id
        )
    else:
        rows = (
            select(c.district_id, _amount(query))
            .where(*chosen, c.district_id.in_(NO_DISTRICT))
            .group_by(c.district_id)
        )
    found |= {key: round(amount or 0) for key, amount in connection.execute(rows)}
    return LeftOut(
        outside=found[OUTSIDE_DISTRICT],
        unplaced=found[UNPLACED_DISTRICT],
        unknown=found[UNKNOWN_DISTRICT],
    )


def _amount(query: CheckedQuery) -> ColumnElement[Any]:
    c = state.c
    if query.indicator.state_class in _SUMMED:
        return func.sum(c.num)
    return func.sum(c.n + c.n_missing)
