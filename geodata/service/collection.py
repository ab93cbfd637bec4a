"""A collection as it is served: tipg's, with complete paging and our reading of time and boxes."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from cql2 import Expr
from tipg.collections import PgCollection

from geodata.service.extents import Box, Span, parts_of

_WHOLE = frozenset({"smallint", "integer", "bigint"})
_FITTING = re.compile(r"-?\d{1,18}", re.ASCII)
STARTS, ENDS = "starts_at", "ends_at"  # the period of a row; what has none is at any time


class ServedCollection(PgCollection):
    """A view of the published schema.

    tipg compares `datetime` with one column and its boxes cannot cross the antimeridian; both come
    here as they were read by `geodata.service.extents`.
    """

    @property
    def has_period(self) -> bool:
        """Whether its rows are of a period."""
        return {STARTS, ENDS} <= {column.name for column in self.properties}

    def cql_where(  # type: ignore[override]
        self,
        *,
        ids: list[str] | None = None,
        bbox: Box | None = None,
        datetime: Span | None = None,
        **others: Any,
    ) -> Expr | None:
        """Return the condition of a query."""
        parts = [
            super().cql_where(**others),
            self._with_ids(ids) if ids else None,
            self._in_period(datetime) if datetime and self.has_period else None,
            self._in_box(bbox) if bbox else None,
        ]
        known = [each for each in parts if each is not None]
        return reduce(add, known) if known else None

    def _with_ids(self, ids: list[str]) -> Expr:
        """Return the condition on the id; an id that cannot be one is of no feature."""
        assert self.id_column is not None  # noqa: S101 - every view has one
        own = {"property": self.id_column.name}
        typed: list[Any] = list(ids)
        if self.id_column.type in _WHOLE:
            typed = [int(each) for each in ids if _FITTING.fullmatch(each)]
        if not typed:
            return Expr({"op": "<", "args": [own, own]})
        return Expr({"op": "in", "args": [own, typed]})

    def _in_period(self, span: Span) -> Expr | None:
        begin, end = span
        parts = []
        if end is not None:
            parts.append(_compare(STARTS, "<=", end.isoformat()))
        if begin is not None:
            parts.append(_compare(ENDS, ">", begin.isoformat()))
        return reduce(add, parts) if parts else None

    def _in_box(self, box: Box) -> Expr:
        column = self.geometry_column.name if self.geometry_column else "geom"
        touching = [_touches(column, each) for each in parts_of(box)]
        if len(touching) == 1:
            return Expr(touching[0])
        return Expr({"op": "or", "args": touching})

    def _sort_expressions(self, sortby: str | None) -> list[tuple[str, str]]:
        """End every order with the id: rows that tie would change places from page to page."""
        sorts: list[tuple[str, str]] = super()._sort_expressions(sortby)
        last = self.id_column
        if last is not None and last.name not in [name for name, _ in sorts]:
            sorts.append((last.name, f'"{last.name}"'))
        return sorts


def polygon_of(box: Sequence[float]) -> dict[str, Any]:
    """Return a box as a GeoJSON polygon."""
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _touches(column: str, box: Box) -> dict[str, Any]:
    return {"op": "s_intersects", "args": [{"property": column}, polygon_of(box)]}


def _compare(column: str, operator: str, moment: str) -> Expr:
    return Expr({"op": operator, "args": [{"property": column}, {"timestamp": moment}]})
