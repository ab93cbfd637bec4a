"""Brings states up to date with what was loaded: after every load, and for those missed."""

import logging
from collections.abc import Collection

from sqlalchemy import Engine, select

from geodata.city import City
from geodata.tables import load, state_build
from layers.build import build_states
from layers.registry import load_catalogue
from layers.version import Build

_logger = logging.getLogger(__name__)


def refresh(engine: Engine, city: City, load_ids: Collection[int]) -> list[Build]:
    """Bring the states that these loads touch up to date."""
    with engine.connect() as connection:
        found = select(load.c.table_name).where(load.c.load_id.in_(load_ids)).distinct()
        tables = set(connection.execute(found).scalars())
    return build_states(engine, city, _touched(tables))


def _touched(tables: set[str]) -> list[str]:
    """Return the indicators that count records of these tables."""
    return [
        key
        for key, indicator in load_catalogue().items()
        if any(
            tables.intersection((measure.table, *getattr(measure, "also", ())))
            for measure in indicator.measures
        )
    ]


def read_missed_loads(engine: Engine) -> list[int]:
    """Return the loads that came after the newest build, as when a process was stopped."""
    newest = select(state_build.c.built_at).order_by(state_build.c.built_at.desc()).limit(1)
    missed = select(load.c.load_id).where(
        load.c.status == "loaded", load.c.finished_at > newest.scalar_subquery()
    )
    with engine.connect() as connection:
        return list(connection.execute(missed).scalars())
