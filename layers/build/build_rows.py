"""What a build says of itself: its row of `ops.state_build`, and of what it changed."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import LAYERS, announce
from geodata.errors import NotFoundError
from geodata.tables import build_failure, state, state_build, state_change
from layers.build.counted_loads import CountedLoads
from layers.build.plan import Plan, digest_of
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import load_catalogue
from layers.period import Period
from layers.states.merge import Written
from layers.states.version import read_build_in

LATE_AFTER = timedelta(hours=48)  # what changes later corrects a period that was thought complete
_NEW_CLASSES_ABOVE = 0.05  # share of the states that may change before classes are made anew


def facts_of(
    connection: Connection, city: City, indicator: Indicator, plan: Plan, counted: CountedLoads
) -> dict[str, Any]:
    """Return what a build says of itself, as a row of `ops.state_build`."""
    return {
        "indicator": indicator.key,
        "built_at": now(),
        **asdict(counted),
        "definition": digest_of(indicator, city, is_elsewhere=plan.frames is not None),
        "seen": plan.seen,
    }


def insert_build(connection: Connection, facts: dict[str, Any]) -> int:
    """Write the row of a build and return its id."""
    statement = insert(state_build).values(facts).returning(state_build.c.build_id)
    return int(connection.execute(statement).scalar_one())


def update_build(connection: Connection, build_id: int, facts: dict[str, Any]) -> None:
    """Remember what was seen; the version stays, and so does the time at which it was made."""
    remembered = {name: facts[name] for name in ("load_ids", "definition", "seen")}
    connection.execute(
        update(state_build).where(state_build.c.build_id == build_id).values(remembered)
    )


def finish_build(
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


def newest_step(connection: Connection, indicator: Indicator) -> datetime | None:
    """Return where the newest step of the indicator's states begins; none without states."""
    newest = select(func.max(state.c.starts_at)).where(state.c.indicator == indicator.key)
    found: datetime | None = connection.execute(newest).scalar_one()
    return found


def keep_change(
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


def keep_failure(engine: Engine, city: City, indicator: Indicator, message: str) -> None:
    """Keep why an indicator could not be built, and tell the listeners that it is in doubt."""
    statement = upsert(build_failure).values(
        indicator=indicator.key, failed_at=now(), message=message
    )
    newest = {name: statement.excluded[name] for name in ("failed_at", "message")}
    with engine.begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["indicator"], set_=newest)
        )
        announce_build(connection, city, indicator)


def forget_failure(engine: Engine, city: City, indicator: Indicator) -> bool:
    """Forget that an indicator could not be built; return whether there was anything to forget."""
    own = build_failure.c.indicator == indicator.key
    with engine.begin() as connection:
        if not connection.execute(delete(build_failure).where(own)).rowcount:
            return False
        announce_build(connection, city, indicator)
        return True


def announce_build(connection: Connection, city: City, indicator: Indicator) -> None:
    """Tell the listeners the version of an indicator, and of those that are divided by it."""
    divided = [each for each in load_catalogue(city).values() if each.denominator == indicator.key]
    for each in (indicator, *divided):
        try:
            version = read_build_in(connection, each).version
        except NotFoundError:  # nothing has been built for it yet
            continue
        announce(connection, LAYERS, indicator=each.key, version=version)
