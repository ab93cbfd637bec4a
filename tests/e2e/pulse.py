"""What a city does while a screen watches: calls come in, numbers change, all is announced."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, literal, select, update

from geodata.database.announce import ALERTS, LAYERS, LOADS, VEHICLES, announce
from geodata.tables import incident, live_source, state, state_build


def follow_source(engine: Engine, source: str, at: datetime, expected_s: float) -> None:
    """Write down a live source that last spoke at an instant."""
    row = {"source": source, "kind": "records", "expected_s": expected_s, "last_event_at": at}
    with engine.begin() as connection:
        connection.execute(insert(live_source).values(**row))


def source_speaks(engine: Engine, source: str, at: datetime) -> None:
    """Write down that a live source spoke at an instant."""
    own = live_source.c.source == source
    with engine.begin() as connection:
        connection.execute(update(live_source).where(own).values(last_event_at=at))


def call_comes_in(connection: Connection, number: int, at: datetime) -> None:
    """Add a call like an earlier one, received at an instant, and announce its load."""
    own = {"incident_id", "record_id", "event_id", "received_at", *_clocks()}
    kept = [column for column in incident.columns if column.name not in own]
    earlier = (
        select(literal(f"pulse-{number}"), literal(f"pulse-{number}"), literal(at), *kept)
        .order_by(incident.c.incident_id.desc())
        .limit(1)
    )
    names = ["record_id", "event_id", "received_at", *(column.name for column in kept)]
    connection.execute(insert(incident).from_select(names, earlier))
    connection.execute(update(live_source).values(last_event_at=at))
    announce(connection, LOADS, table="incident", load_id=number)


def _clocks() -> list[str]:
    return [each.name for each in incident.columns if each.name.endswith("_at")]


def numbers_change(connection: Connection, indicator: str, at: datetime) -> int:
    """Change some states of an indicator a little under a new build; returns its number."""
    latest = select(func.max(state_build.c.build_id)).where(state_build.c.indicator == indicator)
    kept = [
        column
        for column in state_build.columns
        if column.name not in ("build_id", "built_at", "as_of", "classes_id")
    ]
    classes = func.coalesce(state_build.c.classes_id, state_build.c.build_id)
    as_before = select(literal(at), literal(at), classes, *kept).where(
        state_build.c.build_id == latest.scalar_subquery()
    )
    names = ["built_at", "as_of", "classes_id", *(column.name for column in kept)]
    build_id = connection.execute(
        insert(state_build).from_select(names, as_before).returning(state_build.c.build_id)
    ).scalar_one()
    some = (state.c.indicator == indicator) & (state.c.cell % 97 == build_id % 97)
    connection.execute(update(state).where(some).values(n=state.c.n + 1))
    announce(connection, LAYERS, indicator=indicator, version=str(build_id))
    return int(build_id)


def chatter(connection: Connection, number: int, times: int) -> None:
    """Announce what screens hear of but that changes little: vehicles, other layers, an alert."""
    for each in range(times):
        announce(connection, VEHICLES, vehicles=number + each)
        announce(connection, LAYERS, indicator=f"other_{each}", version=str(number))
    announce(connection, ALERTS, alert_id=number, severity=1, state="pending")


def pulse(engine: Engine, number: int, at: datetime, indicator: str, times: int = 4) -> int:
    """Let one moment happen in one transaction; returns how many pushes screens will get."""
    with engine.begin() as connection:
        call_comes_in(connection, number, at - timedelta(seconds=20))
        numbers_change(connection, indicator, at)
        chatter(connection, number, times)
    return 2 * times + 3
