"""Keeps the suppression pattern of each published period: what was hidden once stays hidden."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from geodata.clock import now
from geodata.tables import withheld_pattern
from layers.period import Period

Decide = Callable[[Collection[str]], frozenset[str]]
Counts = Mapping[str, Mapping[str, float]]  # by measure and place


@dataclass(frozen=True)
class Publication:
    """The subject of a pattern: an indicator's component over a period, by one kind of place.

    For indicators that count the same records: their population, which has one pattern.
    """

    indicator: str
    component: str
    period: Period
    geography: str  # for example `district`


@dataclass(frozen=True)
class Kept:
    """What is kept of a publication: its pattern, and what the pattern was decided from."""

    places: frozenset[str] = frozenset()
    decided_for: str = ""  # versions of the numbers
    smallest_count: int | None = None  # the largest limit so far
    counts: Counts = field(default_factory=dict)  # of an edition, to compare the next one with


def read_pattern(engine: Engine, publication: Publication, decide: Decide) -> frozenset[str]:
    """Return the places hidden in a publication; the first reading decides them.

    `decide` gets the places already hidden and returns them with those that must join: late data
    may make another count small, but must not show a hidden one, because the difference between two
    publications of one period would reveal it.
    """

    def decide_anew(kept: Kept) -> Kept:
        return replace(kept, places=decide(kept.places))

    return keep_pattern(engine, publication, decide_anew).places


def keep_pattern(engine: Engine, publication: Publication, decide: Callable[[Kept], Kept]) -> Kept:
    """Return what `decide` makes of what is kept, and keep that; deciders take turns."""
    lock = func.hashtext(f"withheld {_key(publication)}")
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
        kept = _kept(connection, publication)
        decided = decide(kept or Kept())
        if decided != kept:
            _write(
                connection, publication, decided, is_grown=decided.places != (kept or Kept()).places
            )
    return decided


def read_revisions(engine: Engine, indicator: str, domain: str, period: str) -> str:
    """Return a short text that changes when a pattern of a period grows.

    The patterns are the indicator's own, and those of whole sets of records of its domain.
    """
    c = withheld_pattern.c
    own = (c.indicator == indicator) | c.indicator.startswith(f"{domain}.", autoescape=True)
    columns = (c.indicator, c.component, c.geography, c.revision)
    listed = select(*columns).where(own, c.period == period).order_by(*columns)
    with engine.connect() as connection:
        return repr([tuple(row) for row in connection.execute(listed)])


def read_kept(connection: Connection, publication: Publication) -> Kept:
    """Return what is kept of a publication, nothing before the first."""
    return _kept(connection, publication) or Kept()


def write_kept(connection: Connection, publication: Publication, kept: Kept) -> None:
    """Keep something of a publication within a transaction."""
    _write(connection, publication, kept, is_grown=False)


def _key(publication: Publication) -> dict[str, str]:
    return {
        "indicator": publication.indicator,
        "component": publication.component,
        "period": str(publication.period),
        "geography": publication.geography,
    }


def _is(publication: Publication) -> ColumnElement[bool]:
    return and_(*(withheld_pattern.c[name] == each for name, each in _key(publication).items()))


def _kept(connection: Connection, publication: Publication) -> Kept | None:
    c = withheld_pattern.c
    row = connection.execute(
        select(c.places, c.decided_for, c.smallest_count, c.counts).where(_is(publication))
    ).one_or_none()
    if row is None:
        return None
    return Kept(frozenset(row.places), row.decided_for, row.smallest_count, row.counts or {})


def _write(connection: Connection, publication: Publication, kept: Kept, *, is_grown: bool) -> None:
    key = _key(publication)
    values: dict[str, Any] = {
        "places": sorted(kept.places),
        "decided_at": now(),
        "decided_for": kept.decided_for,
        "smallest_count": kept.smallest_count,
        "counts": {name: dict(each) for name, each in kept.counts.items()},
    }
    statement = insert(withheld_pattern).values(**key, **values)
    revision = withheld_pattern.c.revision + int(is_grown)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={**values, "revision": revision}
        )
    )
