"""Notes which events several records tell of: looked up load by load, before states are computed.

A load cannot know it by itself: of two that bring one call each of an event, at the same time,
neither sees the other. What is looked up after both are there does, and no load waits for another.
"""

from sqlalchemy import Engine, text

_UNNOTED = """
    UPDATE load SET events_noted = true
    WHERE NOT events_noted AND table_name = 'incident' RETURNING load_id
"""
_SHARED = """
    INSERT INTO shared_event (event_id)
    SELECT DISTINCT a.event_id
    FROM incident a JOIN incident i ON i.event_id = a.event_id AND i.is_event_named
    WHERE a.load_id = ANY(:loads) AND a.is_event_named
        AND (i.source, i.record_id) <> (a.source, a.record_id)
    ON CONFLICT DO NOTHING
"""


def note_shared_events(engine: Engine) -> None:
    """Note the shared events of the loads of calls that came since the last time."""
    with engine.begin() as connection:
        loads = list(connection.scalars(text(_UNNOTED)))
        if loads:
            connection.execute(text(_SHARED), {"loads": loads})
