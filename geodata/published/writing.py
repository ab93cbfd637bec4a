"""Writes the published layers: what a client reads is replaced in one transaction.

What may be published is decided in `layers.disclosure.publish`, which passes numbers that are
already checked.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import shapely
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geodata.clock import now
from geodata.published.layers import PublishedLayer
from geodata.space.grid import Cells, cell_polygons, cell_res, cells_to_texts
from geodata.tables import (
    published_cell,
    published_district,
    published_gap,
    published_layer,
    published_value,
)


@dataclass(frozen=True)
class Kept:
    """What a published period was made of."""

    version: str
    basis: str


@dataclass(frozen=True)
class Gap:
    """Why a layer has no published period, and which inputs are not loaded: table and kinds."""

    name: str
    indicator: str
    component: str
    reason: str
    inputs: tuple[dict[str, Any], ...] = ()


def write_cells(connection: Connection, cells: Cells) -> None:
    """Store the outlines of cells that are not stored yet; two writers take turns."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("published_cell"))))
    known = np.array(connection.scalars(select(published_cell.c.cell)).all(), dtype=np.int64)
    missing = np.setdiff1d(cells, known)
    if len(missing) == 0:
        return
    outlines = shapely.set_srid(cell_polygons(missing), 4326)
    frame = pl.DataFrame(
        {
            "cell": missing,
            "res": cell_res(missing),
            "zone": cells_to_texts(missing),
            "geom": shapely.to_wkb(outlines, hex=True, include_srid=True),
        }
    )
    _copy(connection, published_cell.name, frame)


def read_kept(connection: Connection, name: str) -> dict[str, Kept]:
    """Return what each published period of a layer was made of."""
    c = published_layer.c
    rows = connection.execute(select(c.period, c.version, c.basis).where(c.name == name))
    return {row.period: Kept(row.version, row.basis) for row in rows}


def read_names(connection: Connection) -> set[str]:
    """Return the names of all layers that have a published period, or a reason for none."""
    return {
        name
        for column in (published_layer.c.name, published_gap.c.name)
        for name in connection.scalars(select(column).distinct())
    }


def write_layer(
    connection: Connection,
    layer: PublishedLayer,
    basis: str,
    hexes: pl.DataFrame,
    districts: pl.DataFrame,
) -> None:
    """Replace one period of a layer; it becomes the newest by `mark_newest` only.

    `hexes` holds cell, res and the numbers; `districts` district_id, the numbers and `covered`.
    """
    values = {**asdict(layer), "res": list(layer.res), "basis": basis}
    values |= {name: list(values[name]) for name in ("sources", "licences", "owners")}
    del values["is_newest"]
    statement = insert(published_layer).values(**values, is_newest=False)
    statement = statement.on_conflict_do_update(index_elements=["name", "period"], set_=values)
    layer_id = int(connection.execute(statement.returning(published_layer.c.layer_id)).scalar_one())
    for table, frame in ((published_value, hexes), (published_district, districts)):
        connection.execute(delete(table).where(table.c.layer_id == layer_id))
        stamped = frame.select(pl.lit(layer_id).alias("layer_id"), pl.all())
        _copy(connection, table.name, stamped)


def confirm_version(connection: Connection, name: str, period: str, version: str) -> None:
    """Say of a period that its numbers are those of a newer version, too."""
    c = published_layer.c
    own = (c.name == name) & (c.period == period)
    connection.execute(update(published_layer).where(own).values(version=version))


def mark_newest(connection: Connection, name: str, period: str) -> None:
    """Make a published period the newest of its layer."""
    c = published_layer.c
    own = c.name == name
    before = update(published_layer).where(own, c.is_newest, c.period != period)
    connection.execute(before.values(is_newest=False))
    chosen = update(published_layer).where(own, c.period == period)
    connection.execute(chosen.values(is_newest=True))


def drop_periods(connection: Connection, name: str, periods: Collection[str]) -> None:
    """Remove periods of a layer."""
    c = published_layer.c
    connection.execute(delete(published_layer).where(c.name == name, c.period.in_(periods)))


def write_gap(connection: Connection, gap: Gap) -> None:
    """Keep why a layer has no published period."""
    values = {**asdict(gap), "inputs": list(gap.inputs), "found_at": now()}
    statement = insert(published_gap).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def drop_gap(connection: Connection, name: str) -> None:
    """Forget why a layer had no published period."""
    connection.execute(delete(published_gap).where(published_gap.c.name == name))


def drop_layer(connection: Connection, name: str) -> None:
    """Remove all of a layer; call `geodata.published.views.drop_views` first."""
    connection.execute(delete(published_layer).where(published_layer.c.name == name))
    drop_gap(connection, name)


def _copy(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(frame.columns)
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(100_000):
            buffer = BytesIO()
            chunk.write_csv(buffer, include_header=False)
            copy.write(buffer.getvalue())
