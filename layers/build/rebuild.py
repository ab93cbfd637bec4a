"""Rebuilds one indicator in one transaction, on one snapshot of the records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import LAYERS, announce
from geodata.errors import NotFoundError
from geodata.tables import load, state, state_build, state_change
from layers.build.affected_steps import ALL, AffectedSteps, find_affected_steps
from layers.build.compute import compute_states, spans_of
from layers.build.counted_loads import (
    CountedLoads,
    is_any_current,
    recount_all,
    replace_counted,
    summarise,
    update_counted,
)
from layers.build.snapshot import (
    changes_coverage,
    read_snapshot,
    read_unseen_loads,
    snapshot_begin,
)
from layers.catalogue.digest import definition_digest
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import load_catalogue
from layers.period import Period
from layers.states.history import move_builds_to_history
from layers.states.merge import Written, has_states, merge_fresh, remove_states
from layers.states.version import Build, read_build_in
from layers.states.write import FRESH, KEPT, Scope, empty_fresh, insert_frame, open_fresh

_ELSEWHERE = "partitions:"  # begins the definition of states computed from partitions
LATE_AFTER = timedelta(hours=48)  # a later change corrects a period already taken as complete
_UNSEEN_AT_MOST = 10_000  # with more new loads than this everything is computed
_NEW_CLASSES_ABOVE = 0.05  # share of states that may change before new classes


@dataclass(frozen=True)
class Plan:
    """What a rebuild starts from, and which steps it computes."""

    kept: Row[Any] | None  # the newest build, if any
    counted_loads: CountedLoads | None  # None: the tables hold no record it counts
    new: Sequence[int]  # loads that no earlier build has seen
    affected_steps: tuple[AffectedSteps, ...]  # by measure
    is_full: bool
    is_redefined: bool
    seen: str  # the snapshot of the transaction, as PostgreSQL writes it
    frames: Mapping[int, pl.DataFrame] | None = None  # by measure, where computed elsewhere


def rebuild(engine: Engine, city: City, indicator: Indicator, *, is_full: bool) -> Build | None:
    """Bring an indicator's states up to date; return its build, None where nothing is loaded."""

    def work(connection: Connection) -> Build | None:
        plan = _plan(connection, city, indicator, is_full=is_full)
        return _apply(connection, city, indicator, plan)

    return _alone(engine, city, indicator, work)


def replace_states(
    engine: Engine,
    city: City,
    indicator: Indicator,
    frames: Mapping[int, pl.DataFrame],
    load_ids: Iterable[int],
) -> Build | None:
    """Replace an indicator's states by those computed elsewhere, by measure; return its build.

    They stay until they are replaced again or the tables hold records that the indicator counts.
    """

    def work(connection: Connection) -> Build | None:
        kept = _read_kept(connection, indicator)
        replace_counted(connection, indicator, load_ids)
        counted_loads = summarise(connection, indicator)
        everything = (ALL,) * len(indicator.measures)
        is_redefined = kept is None or kept.definition != _digest(
            indicator, city, is_elsewhere=True
        )
        seen = read_snapshot(connection)
        plan = Plan(kept, counted_loads, (), everything, True, is_redefined, seen, frames)
        return _apply(connection, city, indicator, plan)

    return _alone(engine, city, indicator, work)


def _alone(
    engine: Engine,
    city: City,
    indicator: Indicator,
    work: Callable[[Connection], Build | None],
) -> Build | None:
    """Run the work in a transaction, as the only builder of the indicator.

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
    facts = _facts(connection, city, indicator, plan, plan.counted_loads)
    newest = _newest_step(connection, indicator)
    build_id = _insert_build(connection, facts)
    written = _write(connection, city, indicator, plan, build_id)
    if plan.kept is not None and not _changes_bytes(connection, indicator, plan, written, facts):
        connection.execute(delete(state_build).where(state_build.c.build_id == build_id))
        _update_build(connection, plan.kept.build_id, facts)
        return read_build_in(connection, indicator)
    move_builds_to_history(connection, indicator.key, facts["built_at"], but=build_id)
    _finish_build(connection, plan, build_id, written, newest)
    _keep_change(connection, city, indicator, plan, build_id, written)
    return _announced(connection, indicator)


def _plan(
    connection: Connection, city: City, indicator: Indicator, *, is_full: bool
) -> Plan | None:
    """Return the plan of a rebuild; None where no load came since the last build."""
    kept = _read_kept(connection, indicator)
    if _is_elsewhere(kept) and not is_any_current(connection, indicator):
        return None
    seen = read_snapshot(connection)
    unseen = read_unseen_loads(connection, kept.seen, seen) if kept is not None else None
    if unseen is not None and len(unseen) > _UNSEEN_AT_MOST:
        unseen = None
    is_same = kept is not None and kept.definition == definition_digest(indicator, city)
    if kept is None or unseen is None or is_full or not is_same:
        everything = (ALL,) * len(indicator.measures)
        is_redefined = unseen is None or not is_same
        recount_all(connection, indicator)
        counted_loads = summarise(connection, indicator)
        return Plan(kept, counted_loads, unseen or (), everything, True, is_redefined, seen)
    if not unseen:
        return None
    affected_steps = tuple(
        find_affected_steps(connection, city, indicator, position, unseen)
        for position in range(len(indicator.measures))
    )
    update_counted(connection, indicator, unseen)
    brought = connection.scalars(select(load.c.source).where(load.c.load_id.in_(unseen)))
    counted_loads = summarise(connection, indicator, {*kept.sources, *brought})
    return Plan(kept, counted_loads, unseen, affected_steps, False, False, seen)


def _is_elsewhere(kept: Row[Any] | None) -> bool:
    return kept is not None and (kept.definition or "").startswith(_ELSEWHERE)


def _read_kept(connection: Connection, indicator: Indicator) -> Row[Any] | None:
    c = state_build.c
    newest = select(state_build).where(c.indicator == indicator.key).order_by(c.build_id.desc())
    return connection.execute(newest.limit(1)).one_or_none()


def _digest(indicator: Indicator, city: City, *, is_elsewhere: bool) -> str:
    """Return the definition digest, marked if the states come from partitions."""
    return (_ELSEWHERE if is_elsewhere else "") + definition_digest(indicator, city)


def _facts(
    connection: Connection,
    city: City,
    indicator: Indicator,
    plan: Plan,
    counted_loads: CountedLoads,
) -> dict[str, Any]:
    """Return the row of a build in `ops.state_build`, without its number."""
    return {
        "indicator": indicator.key,
        "built_at": now(),
        **asdict(counted_loads),
        "definition": _digest(indicator, city, is_elsewhere=plan.frames is not None),
        "seen": plan.seen,
    }


def _insert_build(connection: Connection, facts: dict[str, Any]) -> int:
    statement = insert(state_build).values(facts).returning(state_build.c.build_id)
    return int(connection.execute(statement).scalar_one())


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
    """Return whether any answer may differ from those of the current version."""
    named = ("sources", "is_simulated", "as_of")
    return (
        plan.is_redefined
        or not written.is_nothing
        or any(getattr(plan.kept, name) != facts[name] for name in named)
        or changes_coverage(connection, indicator, plan.new)
    )


def _update_build(connection: Connection, build_id: int, facts: dict[str, Any]) -> None:
    """Record which loads the current build has seen; its version and time stay."""
    remembered = {name: facts[name] for name in ("load_ids", "definition", "seen")}
    connection.execute(
        update(state_build).where(state_build.c.build_id == build_id).values(remembered)
    )


def _finish_build(
    connection: Connection, plan: Plan, build_id: int, written: Written, newest: datetime | None
) -> None:
    """Write the number of states; keep the classes of the last build if little has changed."""
    classes_id, rows = build_id, written.added - written.removed
    if plan.kept is not None:
        rows += plan.kept.state_rows
        moved = (written.written + written.removed) / max(rows, 1)
        begins = newest is not None and max(written.changed, default=newest) > newest
        if not plan.is_full and moved <= _NEW_CLASSES_ABOVE and not begins:
            classes_id = plan.kept.classes_id or build_id
    own = update(state_build).where(state_build.c.build_id == build_id)
    connection.execute(own.values(classes_id=classes_id, state_rows=rows))


def _newest_step(connection: Connection, indicator: Indicator) -> datetime | None:
    newest = select(func.max(state.c.starts_at)).where(state.c.indicator == indicator.key)
    found: datetime | None = connection.execute(newest).scalar_one()
    return found


def _keep_change(
    connection: Connection,
    city: City,
    indicator: Indicator,
    plan: Plan,
    build_id: int,
    written: Written,
) -> None:
    """Record the changes of a build, and from when on it corrects a step that was long over."""
    built_at = now()
    day = (built_at - LATE_AFTER).astimezone(city.zone).date()
    over = Period.containing(day, indicator.grain).start_at(city.timezone)
    first = min(written.changed, default=None)
    is_late = plan.kept is not None and first is not None and first < over
    connection.execute(
        insert(state_change).values(
            build_id=build_id,
            indicator=indicator.key,
            built_at=built_at,
            is_full=plan.is_full,
            load_ids=list(plan.new),
            rows_computed=written.computed,
            rows_written=written.written,
            rows_removed=written.removed,
            changed_from=first,
            changed_to=max(written.changed, default=None),
            late_from=first if is_late else None,
        )
    )


def _announced(connection: Connection, indicator: Indicator) -> Build:
    """Announce the new version, and those of the indicators divided by this one."""
    build = read_build_in(connection, indicator)
    announce(connection, LAYERS, indicator=indicator.key, version=build.version)
    for each in load_catalogue().values():
        if each.denominator != indicator.key:
            continue
        try:
            version = read_build_in(connection, each).version
        except NotFoundError:
            continue
        announce(connection, LAYERS, indicator=each.key, version=version)
    return build
