"""Keeps replaced states, builds and classes for replay, and deletes those that are too old."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, literal, select, union_all

from geodata.clock import now
from geodata.tables import layer_breaks, state_build, state_build_past, state_past


def move_builds_to_history(
    connection: Connection, indicator: str, replaced_at: datetime, but: int = 0
) -> None:
    """Move an indicator's builds, all but one, to the history, as valid until an instant."""
    c = state_build.c
    older = (c.indicator == indicator) & (c.build_id != but)
    names = [each.name for each in state_build_past.columns if each.name != "replaced_at"]
    gone = delete(state_build).where(older).returning(*(c[name] for name in names)).cte("gone")
    kept = select(*gone.c, literal(replaced_at))
    connection.execute(insert(state_build_past).from_select([*names, "replaced_at"], kept))


def delete_history(engine: Engine, after: timedelta) -> int:
    """Delete what was replaced longer ago than this; return how many states were deleted."""
    with engine.begin() as connection:
        return delete_history_before(connection, now() - after)


def delete_history_before(connection: Connection, before: datetime) -> int:
    """Delete builds replaced before an instant, and states and classes that only they had.

    Returns how many states were deleted.
    """
    c = state_build_past.c
    connection.execute(delete(state_build_past).where(c.replaced_at < before))
    known = union_all(
        *(
            select(each.c.indicator, each.c.build_id, each.c.classes_id)
            for each in (state_build, state_build_past)
        )
    ).subquery()
    own = select(known.c.build_id).where(
        known.c.indicator == state_past.c.indicator,
        known.c.build_id >= state_past.c.build_id,
        known.c.build_id < state_past.c.replaced_by,
    )
    dropped = connection.execute(delete(state_past).where(~own.exists())).rowcount
    classes = func.coalesce(known.c.classes_id, known.c.build_id)
    in_use = select(classes).where(
        known.c.indicator == layer_breaks.c.indicator, classes == layer_breaks.c.build_id
    )
    connection.execute(delete(layer_breaks).where(~in_use.exists()))
    return dropped
