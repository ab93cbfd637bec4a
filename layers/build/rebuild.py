"""One indicator brought up to date, in one transaction on one snapshot of the records."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, delete, func, select

from geodata.city.configuration import City
from geodata.clock import now
from geodata.queries.shared_events import note_shared_events
from geodata.tables import incident, state_build
from layers.build.build_rows import (
    announce_build,
    facts_of,
    finish_build,
    insert_build,
    keep_change,
    newest_step,
    update_build,
)
from layers.build.compute import compute_states, spans_of
from layers.build.plan import Plan, make_plan, plan_replacement
from layers.build.snapshot import (
    changes_coverage,
    snapshot_begin,
)
from layers.catalogue.indicator import Indicator
from layers.states.history import move_builds_to_history
from layers.states.merge import Written, has_states, merge_fresh, remove_states
from layers.states.version import Build, read_build_in
from layers.states.write import FRESH, KEPT, Scope, empty_fresh, insert_frame, open_fresh


def rebuild(engine: Engine, city: City, indicator: Indicator, *, is_full: bool) -> Build | None:
    """Bring an indicator's states up to date; return its build, none where nothing is loaded."""
    if any(measure.table == incident.name for measure in indicator.measures):
        note_shared_events(engine)

    def work(connection: Connection) -> Build | None:
        plan = make_plan(connection, city, indicator, is_full=is_full)
        return _apply(connection, city, indicator, plan)

    return _alone(engine, city, indicator, work)


def replace_states(
    engine: Engine,
    city: City,
    indicator: Indicator,
    frames: Mapping[int, pl.DataFrame],
    load_ids: Iterable[int],
) -> Build | None:
    """Put states computed elsewhere, by measure, in place of the indicator's; return its build.

    They stay until they are replaced again, or until the tables hold records it counts.
    """

    def work(connection: Connection) -> Build | None:
        plan = plan_replacement(connection, city, indicator, frames, load_ids)
        return _apply(connection, city, indicator, plan)

    return _alone(engine, city, indicator, work)


def _alone(
    engine: Engine,
    city: City,
    indicator: Indicator,
    work: Callable[[Connection], Build | None],
) -> Build | None:
    """Do the work in a transaction, as the only builder of the indicator.

    The lock is taken in a transaction of its own, so that the snapshot is taken after it; readers
    are not held up.
    """
    with engine.begin() as guard:
        guard.execute(select(func.pg_advisory_xact_lock(func.hashtext(indicator.key))))
        snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ")
        with snapshot as connection, connection.begin():
            connection.execute(select(func.set_config("TimeZone", city.timezone, True)))
            return work(connection)


def _apply(
    connection: Connection, city: City, indicator: Indicator, plan: Plan | None
) -> Build | None:
    if plan is None:
        return read_build_in(connection, indicator)
    if plan.counted_loads is None:
        after = plan.kept.build_id + 1 if plan.kept else 0
        remove_states(connection, indicator.key, after)
        move_builds_to_history(connection, indicator.key, now())
        return None
    facts = facts_of(connection, city, indicator, plan, plan.counted_loads)
    newest = newest_step(connection, indicator)
    build_id = insert_build(connection, facts)
    written = _write(connection, city, indicator, plan, build_id)
    if plan.kept is not None and not _changes_bytes(connection, indicator, plan, written, facts):
        connection.execute(delete(state_build).where(state_build.c.build_id == build_id))
        update_build(connection, plan.kept.build_id, facts)
        return read_build_in(connection, indicator)
    move_builds_to_history(connection, indicator.key, facts["built_at"], but=build_id)
    finish_build(connection, plan, build_id, written, newest)
    keep_change(connection, city, indicator, plan, build_id, written)
    announce_build(connection, city, indicator)
    return read_build_in(connection, indicator)


def _write(
    connection: Connection, city: City, indicator: Indicator, plan: Plan, build_id: int
) -> Written:
    """Compute the affected steps of each measure and make the kept states equal to them."""
    written = Written()
    sources = plan.counted_loads.sources if plan.counted_loads else []
    has_rows = plan.kept is not None and plan.kept.state_rows > 0
    is_first = not (has_rows or has_states(connection, indicator.key))
    if plan.is_full:
        beyond = len(indicator.measures)
        written.removed += remove_states(connection, indicator.key, build_id, beyond)
    if not is_first:
        open_fresh(connection)
    for position, affected in enumerate(plan.affected_steps):
        if affected.is_nothing:
            continue
        measure = indicator.measures[position]
        begin = snapshot_begin(connection, city, indicator, measure, sources)
        spans = spans_of(city, affected.windows)
        scope = Scope(indicator.key, position, build_id, spans, affected.components)
        into = KEPT if is_first else FRESH
        if plan.frames is None:
            rows = compute_states(connection, city, indicator, scope, affected, begin, into)
        else:
            rows = insert_frame(connection, scope, plan.frames[position], into)
        written.computed += rows
        if is_first:
            written.written += rows
            written.added += rows
        else:
            merge_fresh(connection, scope, written)
            if position + 1 < len(plan.affected_steps):
                empty_fresh(connection)
    return written


def _changes_bytes(
    connection: Connection,
    indicator: Indicator,
    plan: Plan,
    written: Written,
    facts: dict[str, Any],
) -> bool:
    """Tell whether any answer may differ from those under the version so far."""
    named = ("sources", "is_simulated", "as_of")
    return (
        plan.is_defined_anew
        or not written.is_nothing
        or any(getattr(plan.kept, name) != facts[name] for name in named)
        or changes_coverage(connection, indicator, plan.new)
    )
