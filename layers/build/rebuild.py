"""One indicator brought up to date, in one transaction on one snapshot of the records."""

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
from layers.build.affected_steps import ALL, Reach, find_reach
from layers.build.compute import compute_states, spans_of
from layers.build.counted_loads import (
    Counted,
    count_after,
    count_all,
    count_these,
    is_any_current,
    summarise,
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
from layers.states.history import put_builds_away
from layers.states.merge import Written, has_states, merge_fresh, remove_states
from layers.states.version import Build, read_build_in
from layers.states.write import FRESH, KEPT, Scope, empty_fresh, insert_frame, open_fresh

_ELSEWHERE = "partitions:"  # begins the definition of states that stand on no table
LATE_AFTER = timedelta(hours=48)  # what changes later corrects a period that was thought complete
_UNSEEN_AT_MOST = 10_000  # after more loads than that everything is computed anew
_NEW_CLASSES_ABOVE = 0.05  # share of the states that may change before classes are made anew


@dataclass(frozen=True)
class Plan:
    """What a rebuild starts from and has to do."""

    kept: Row[Any] | None  # the build so far
    counted: Counted | None  # the loads that the indicator counts now
    new: Sequence[int]  # those not seen before
    reaches: tuple[Reach, ...]  # by measure
    is_full: bool
    is_defined_anew: bool
    seen: str  # what the transaction sees
    frames: Mapping[int, pl.DataFrame] | None = None  # by measure, where computed elsewhere


def rebuild(engine: Engine, city: City, indicator: Indicator, *, is_full: bool) -> Build | None:
    """Bring an indicator's states up to date; return its build, none where nothing is loaded."""

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
    """Put states computed elsewhere, by measure, in place of the indicator's; return its build.

    They stay until they are replaced again, or until the tables hold records it counts.
    """

    def work(connection: Connection) -> Build | None:
        kept = _read_kept(connection, indicator)
        count_these(connection, indicator, load_ids)
        counted = summarise(connection, indicator)
        everything = (ALL,) * len(indicator.measures)
        anew = kept is None or kept.definition != _digest(indicator, city, is_elsewhere=True)
        seen = read_snapshot(connection)
        plan = Plan(kept, counted, (), everything, True, anew, seen, frames)
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
    if plan.counted is None:
        after = plan.kept.build_id + 1 if plan.kept else 0
        remove_states(connection, indicator.key, after)
        put_builds_away(connection, indicator.key, now())
        return None
    facts = _facts(connection, city, indicator, plan, plan.counted)
    newest = _newest_step(connection, indicator)
    build_id = _insert_build(connection, facts)
    written = _write(connection, city, indicator, plan, build_id)
    if plan.kept is not None and not _changes_bytes(connection, indicator, plan, written, facts):
        connection.execute(delete(state_build).where(state_build.c.build_id == build_id))
        _update_build(connection, plan.kept.build_id, facts)
        return read_build_in(connection, indicator)
    put_builds_away(connection, indicator.key, facts["built_at"], but=build_id)
    _finish_build(connection, plan, build_id, written, newest)
    _keep_change(connection, city, indicator, plan, build_id, written)
    return _announced(connection, city, indicator)


def _plan(
    connection: Connection, city: City, indicator: Indicator, *, is_full: bool
) -> Plan | None:
    """Return what is to do; None where no load came since the last build."""
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
        is_anew = unseen is None or not is_same
        count_all(connection, indicator)
        counted = summarise(connection, indicator)
        return Plan(kept, counted, unseen or (), everything, True, is_anew, seen)
    if not unseen:
        return None
    reaches = tuple(
        find_reach(connection, city, indicator, position, unseen)
        for position in range(len(indicator.measures))
    )
    count_after(connection, indicator, unseen)
    brought = connection.scalars(select(load.c.source).where(load.c.load_id.in_(unseen)))
    counted = summarise(connection, indicator, {*kept.sources, *brought})
    return Plan(kept, counted, unseen, reaches, False, False, seen)


def _is_elsewhere(kept: Row[Any] | None) -> bool:
    return kept is not None and (kept.definition or "").startswith(_ELSEWHERE)


def _read_kept(connection: Connection, indicator: Indicator) -> Row[Any] | None:
    c = state_build.c
    newest = select(state_build).where(c.indicator == indicator.key).order_by(c.build_id.desc())
    return connection.execute(newest.limit(1)).one_or_none()


def _digest(indicator: Indicator, city: City, *, is_elsewhere: bool) -> str:
    """Return what the states follow from besides records, marked where these are no table's."""
    return (_ELSEWHERE if is_elsewhere else "") + definition_digest(indicator, city)


def _facts(
    connection: Connection, city: City, indicator: Indicator, plan: Plan, counted: Counted
) -> dict[str, Any]:
    """Return what a build says of itself, as a row of `ops.state_build`."""
    return {
        "indicator": indicator.key,
        "built_at": now(),
        **asdict(counted),
        "definition": _digest(indicator, city, is_elsewhere=plan.frames is not None),
        "seen": plan.seen,
    }


def _insert_build(connection: Connection, facts: dict[str, Any]) -> int:
    statement = insert(state_build).values(facts).returning(state_build.c.build_id)
    return int(connection.execute(statement).scalar_one())


def _write(
    connection: Connection, city: City, indicator: Indicator, plan: Plan, build_id: int
) -> Written:
    """Compute what the plan reaches and make the kept states equal to it."""
    written = Written()
    sources = plan.counted.sources if plan.counted else []
    has_rows = plan.kept is not None and plan.kept.state_rows > 0
    is_first = not (has_rows or has_states(connection, indicator.key))
    if plan.is_full:
        beyond = len(indicator.measures)
        written.removed += remove_states(connection, indicator.key, build_id, beyond)
    if not is_first:
        open_fresh(connection)
    for position, reach in enumerate(plan.reaches):
        if reach.is_nothing:
            continue
        measure = indicator.measures[position]
        begin = snapshot_begin(connection, city, indicator, measure, sources)
        spans = spans_of(city, reach.windows)
        scope = Scope(indicator.key, position, build_id, spans, reach.components)
        into = KEPT if is_first else FRESH
        if plan.frames is None:
            rows = compute_states(connection, city, indicator, scope, reach, begin, into)
        else:
            rows = insert_frame(connection, scope, plan.frames[position], into)
        written.computed += rows
        if is_first:
            written.written += rows
            written.added += rows
        else:
            merge_fresh(connection, scope, written)
            if position + 1 < len(plan.reaches):
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


def _update_build(connection: Connection, build_id: int, facts: dict[str, Any]) -> None:
    """Remember what was seen; the version stays, and so does the time at which it was made."""
    remembered = {name: facts[name] for name in ("load_ids", "definition", "seen")}
    connection.execute(
        update(state_build).where(state_build.c.build_id == build_id).values(remembered)
    )


def _finish_build(
    connection: Connection, plan: Plan, build_id: int, written: Written, newest: datetime | None
) -> None:
    """Write how many states there are; the classes are those so far while little has changed."""
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
    """Write down what the build changed, and whether it corrects a step that was long over."""
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


def _announced(connection: Connection, city: City, indicator: Indicator) -> Build:
    """Tell the listeners the new version, and those of the indicators divided by this one."""
    build = read_build_in(connection, indicator)
    announce(connection, LAYERS, indicator=indicator.key, version=build.version)
    for each in load_catalogue(city).values():
        if each.denominator != indicator.key:
            continue
        try:
            version = read_build_in(connection, each).version
        except NotFoundError:
            continue
        announce(connection, LAYERS, indicator=each.key, version=version)
    return build
