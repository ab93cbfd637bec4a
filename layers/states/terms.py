"""Whose the records behind a build are, and under which licences they may be used."""

from sqlalchemy import Connection, select

from geodata.tables import load
from layers.states.version import Build


def read_terms(connection: Connection, build: Build) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the owners and the licences of the loads of a build, each in order."""
    c = load.c
    chosen = select(c.owner, c.licence).where(c.load_id.in_(build.load_ids)).distinct()
    rows = connection.execute(chosen).all()
    owners, licences = ({row[place] for row in rows} for place in (0, 1))
    return tuple(sorted(owners)), tuple(sorted(licences))
