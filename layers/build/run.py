"""Builds states from records, one indicator at a time: the steps that new loads affect, or all."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, or_, select

from geodata.city.configuration import City
from geodata.database.statistics import analyze_changed
from geodata.tables import source_coverage
from layers.build.affected_steps import rows_of
from layers.build.rebuild import rebuild
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.states.version import Build

_BUILDS_AT_ONCE = 2  # indicators do not read each other's states


def build_states(
    engine: Engine,
    city: City,
    indicators: Iterable[str] | None = None,
    *,
    full: bool = False,
) -> list[Build]:
    """Bring the states of the indicators, or of the whole catalogue, up to date, two at a time.

    Computed are the steps and components that loads since the last build affect; all of them where
    there is no such build, where entry, code or city changed since, and with `full`. The result is
    the same: rows that do not differ are not written, and an indicator of which nothing changed
    keeps its version.

    Each indicator is one transaction: readers see its old states or its new ones. An indicator
    whose tables hold no records loses its states and gets no build.

    Raises:
        NotFoundError: an indicator does not exist.
    """
    keys = list(load_catalogue(city)) if indicators is None else list(indicators)
    chosen = [find_indicator(city, key) for key in keys]
    analyze_changed(engine)
    builds = _build_all(engine, city, chosen, full=full)
    analyze_changed(engine)
    return builds


def refresh_states(engine: Engine, city: City, load_ids: Collection[int]) -> list[Build]:
    """Rebuild the indicators whose tables these loads changed; return their builds.

    Earlier loads that no build has seen are included, so a missed refresh is made up by the next
    one. Meant for few records: no table is analysed, no other indicator is read.
    """
    entries = load_catalogue(city).values()
    touched = _touched_tables(engine, entries, sorted(load_ids)) if load_ids else set()
    chosen = [entry for entry in entries if touched.intersection(entry.tables)]
    return _build_all(engine, city, chosen, full=False)


def _build_all(engine: Engine, city: City, chosen: list[Indicator], *, full: bool) -> list[Build]:
    with ThreadPoolExecutor(_BUILDS_AT_ONCE) as pool:
        builds = list(
            pool.map(lambda indicator: rebuild(engine, city, indicator, is_full=full), chosen)
        )
    return [build for build in builds if build is not None]


def _touched_tables(engine: Engine, entries: Iterable[Indicator], loads: list[int]) -> set[str]:
    """Return the record tables of entries in which the loads brought or retired anything."""
    names = {name for entry in entries for name in entry.tables}
    c = source_coverage.c
    covered = select(c.table_name).where(or_(c.load_id.in_(loads), c.retired_by.in_(loads)))
    there = [rows_of(name, (), loads).exists().label(name) for name in sorted(names)]
    with engine.connect() as connection:
        found = connection.execute(select(*there)).mappings().one()
        touched = {name for name, is_there in found.items() if is_there}
        return touched | set(connection.execute(covered.distinct()).scalars())
