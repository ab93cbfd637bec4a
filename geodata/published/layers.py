"""The published layers: an indicator's component over one fixed period each, and their reads."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from geodata.errors import NotFoundError
from geodata.tables.public_views import layer_view


@dataclass(frozen=True)
class PublishedLayer:
    """One row of `published.layer`, without its number."""

    name: str
    indicator: str
    component: str
    code: str
    domain: str
    title_zh: str
    title_en: str
    description_zh: str
    description_en: str
    unit_zh: str
    unit_en: str
    formula: str
    res: tuple[int, ...]
    period: str
    starts_at: datetime
    ends_at: datetime
    version: str
    as_of: datetime | None
    published_at: datetime
    sources: tuple[str, ...]
    licences: tuple[str, ...]
    owners: tuple[str, ...]
    is_simulated: bool
    smallest_count: int | None
    covered_from: date | None = None  # the first covered day, and the last one, included
    covered_to: date | None = None
    covered_days: int | None = None  # None: a stock, which is known at an instant
    is_partial: bool = False
    span_days: int | None = None  # of a span laid end to end; None: a calendar step
    is_newest: bool = False
    counted_on: date | None = None  # of a stock: the day of its newest count


Periods = Mapping[str, Sequence[PublishedLayer]]  # by name, the newest period first


def read_periods(connection: Connection) -> dict[str, tuple[PublishedLayer, ...]]:
    """Return every published period of every layer, by domain and name, the newest first."""
    found: defaultdict[str, list[PublishedLayer]] = defaultdict(list)
    for layer in _read(connection):
        found[layer.name].append(layer)
    return {name: tuple(each) for name, each in found.items()}


def read_newest(connection: Connection, name: str) -> PublishedLayer | None:
    """Return the newest period of a layer, None where none is published."""
    c = layer_view.c
    return next(_read(connection, c.name == name, c.is_newest), None)


def _read(connection: Connection, *chosen: ColumnElement[bool]) -> Iterator[PublishedLayer]:
    c = layer_view.c
    columns = select(*(c[each.name] for each in fields(PublishedLayer))).where(*chosen)
    ordered = (c.domain, c.name, c.is_newest.desc(), c.starts_at.desc())
    for row in connection.execute(columns.order_by(*ordered)).mappings():
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        yield PublishedLayer(**values)


def newest_of(periods: Periods) -> dict[str, PublishedLayer]:
    """Return the newest period of each layer."""
    return {name: each[0] for name, each in periods.items()}


def find_period(published: Sequence[PublishedLayer], period: str) -> PublishedLayer:
    """Return a layer's numbers of one period.

    Raises:
        NotFoundError: it is not published; names the periods that are.
    """
    found = next((each for each in published if each.period == period), None)
    if found is None:
        known = ", ".join(each.period for each in published)
        raise NotFoundError(f"no period {period[:40]!r} is published; published: {known}")
    return found


def read_edition(engine: Engine) -> str:
    """Return a short text that changes with every publication."""
    c = layer_view.c
    statement = select(func.count(), func.max(c.published_at), func.max(c.layer_id))
    with engine.connect() as connection:
        count, newest, last = connection.execute(statement).one()
    return f"{count}-{last or 0}-{newest.isoformat() if newest else ''}"
