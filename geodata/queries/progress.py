"""How far a database is: what was loaded and built last."""

from sqlalchemy import Connection, func, select

from geodata.tables import district, load, state_build


def read_progress(connection: Connection) -> tuple[str, ...]:
    """Return facts that change with every load, build and district, and differ between databases.

    The time of the first load tells two databases apart whose numbers agree.
    """
    statement = select(
        select(func.count()).select_from(district).scalar_subquery(),
        select(func.min(load.c.started_at)).scalar_subquery(),
        select(func.max(load.c.load_id)).scalar_subquery(),
        select(func.max(state_build.c.build_id)).scalar_subquery(),
        select(func.max(state_build.c.built_at)).scalar_subquery(),
    )
    return tuple(str(value) for value in connection.execute(statement).one())
