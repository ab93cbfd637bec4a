"""Builds states from records, one indicator at a time: the steps that new loads affect, or all."""

import logging
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, or_, select
from sqlalchemy.exc import DBAPIError

from geodata.city.configuration import City
from geodata.database.statistics import analyze_changed
from geodata.tables import source_coverage
from geodata.traces import trace_of
from layers.build.affected_steps import rows_of
from layers.build.build_rows import forget_failure, keep_failure
from layers.build.rebuild import rebuild
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import find_indicator, load_catalogue
from layers.states.version import Build, read_build

_BUILDS_AT_ONCE = 2  # indicators do not read each other's states
_PASSING = ("08", "40", "57")  # SQLSTATE: connection, rollback for another, operator
_LONGEST = 400  # characters of an error's words
_logger = logging.getLogger(__name__)


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
    whose tables hold no records loses its states and gets no build. One that cannot be built keeps
    its states and has no build in the answer; why is kept (`layers.states.version.read_failures`)
    until it is built again, and the others go on.

    Raises:
        NotFoundError: an indicator does not exist.
        SQLAlchemyError: the connection was lost, or the server gave way to others.
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
        builds = list(pool.map(lambda each: _build_or_say(engine, city, each, full), chosen))
    return [build for build in builds if build is not None]


def _build_or_say(engine: Engine, city: City, indicator: Indicator, full: bool) -> Build | None:
    """Build an indicator; keep why it could not be."""
    try:
        build = rebuild(engine, city, indicator, is_full=full)
    except Exception as error:  # a fault in one indicator must not stop the others
        if _is_passing(error):
            raise
        _logger.error("building %s failed: %s", indicator.key, trace_of(error))
        keep_failure(engine, city, indicator, _reason_of(error))
        return None
    if not forget_failure(engine, city, indicator):
        return build
    return read_build(engine, city, indicator.key) if build else None


def _is_passing(error: Exception) -> bool:
    """Return whether the fault is no fault of the indicator: trying again is all there is to do."""
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or state.startswith(_PASSING)


def _reason_of(error: Exception) -> str:
    """Return the kind of error and the first line of its words, those of the driver if it said."""
    words = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {words[:_LONGEST]}"


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
