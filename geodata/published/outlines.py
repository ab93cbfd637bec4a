"""Reads the outlines of the districts as they are published."""

import shapely
from sqlalchemy import Connection, text

_OUTLINES = text("SELECT id, ST_AsBinary(geom) FROM published.districts")


def read_outlines(connection: Connection) -> dict[str, shapely.Geometry]:
    """Return the outline of each district by its id, in CRS84."""
    return {key: shapely.from_wkb(bytes(shape)) for key, shape in connection.execute(_OUTLINES)}
