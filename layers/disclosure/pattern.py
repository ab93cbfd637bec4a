"""Keeps the suppression pattern of each published period: what was hidden once stays hidden."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, and_, select, update
from sqlalchemy.dialects.postgresql import insert

from geodata.clock import now
from geodata.tables import withheld_pattern
from layers.period import Period

Decide = Callable[[Collection[str]], frozenset[str]]


@dataclass(frozen=True)
class Publication:
    """The subject of a pattern: an indicator's component over a period, by one kind of place."""

    indicator: str
    component: str
    period: Period
    geography: str  # for example `district`


def read_pattern(engine: Engine, publication: Publication, decide: Decide) -> frozenset[str]:
    """Return the places hidden in a publication; the first reading decides them.

    `decide` gets the places already hidden and returns them with those that must join: late data
    may make another count small, but must not show a hidden one, because the difference between two
    publications of one period would reveal it.
    """
    with engine.begin() as connection:
        kept = _kept(connection, publication)
        decided = decide(kept or ())
        if kept is None:
            _insert(connection, publication, decided)
        elif decided != kept:
            _update(connection, publication, decided)
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


def _key(publication: Publication) -> dict[str, str]:
    return {
        "indicator": publication.indicator,
        "component": publication.component,
        "period": str(publication.period),
        "geography": publication.geography,
    }


def _is(publication: Publication) -> ColumnElement[bool]:
    return and_(*(withheld_pattern.c[name] == each for name, each in _key(publication).items()))


def _kept(connection: Connection, publication: Publication) -> frozenset[str] | None:
    found = connection.execute(
        select(withheld_pattern.c.places).where(_is(publication)).with_for_update()
    ).scalar_one_or_none()
    return None if found is None else frozenset(found)


def _insert(connection: Connection, publication: Publication, places: frozenset[str]) -> None:
    """Store the first pattern; if two processes decide at once, the union of both is stored."""
    key = _key(publication)
    statement = insert(withheld_pattern).values(**key, places=sorted(places), decided_at=now())
    both = withheld_pattern.c.places.op("||")(statement.excluded.places)
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_={"places": both})
    )


def _update(connection: Connection, publication: Publication, places: frozenset[str]) -> None:
    c = withheld_pattern.c
    changed = {"places": sorted(places), "decided_at": now(), "revision": c.revision + 1}
    connection.execute(update(withheld_pattern).where(_is(publication)).values(changed))
