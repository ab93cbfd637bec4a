"""Writes and reads the published layers: a layer is replaced in one transaction.

A layer is one indicator's component over one fixed period. What may be published is decided in
`layers.disclosure.publish`, which passes numbers that are already checked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import shapely
from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from geodata.space.grid import Cells, cell_polygons, cell_res, cells_to_texts
from geodata.tables import (
    published_cell,
    published_district,
    published_layer,
    published_value,
)


@dataclass(frozen=True)
class PublishedLayer:
    """One row of `published_layer`, without its number."""

    name: str
    indicator: str
    component: str
    code: str
    domain: str
    title_zh: str
    title_en: str
    description_zh: str
    description_en: str
    unit_zh: str
    unit_en: str
    formula: str
    res: tuple[int, ...]
    period: str
    starts_at: datetime
    ends_at: datetime
    version: str
    as_of: datetime | None
    published_at: datetime
    sources: tuple[str, ...]
    licences: tuple[str, ...]
    owners: tuple[str, ...]
    is_simulated: bool
    smallest_count: int | None
    covered_from: date | None = None  # the first covered day, and the last one, included
    covered_to: date | None = None
    covered_days: int | None = None  # None: a stock, which is known at an instant
    is_partial: bool = False


def read_layers(connection: Connection) -> dict[str, PublishedLayer]:
    """Return the published layers by name, in the order of domain and name."""
    c = published_layer.c
    names = [each.name for each in fields(PublishedLayer)]
    rows = connection.execute(select(*(c[name] for name in names)).order_by(c.domain, c.name))
    layers = {}
    for row in rows.mappings():
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        layers[row["name"]] = PublishedLayer(**values)
    return layers


def read_edition(engine: Engine) -> str:
    """Return a short text that changes with every publication."""
    c = published_layer.c
    with engine.connect() as connection:
        count, newest = connection.execute(select(func.count(), func.max(c.published_at))).one()
    return f"{count}-{newest.isoformat() if newest else ''}"


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


def write_layer(
    connection: Connection, layer: PublishedLayer, hexes: pl.DataFrame, districts: pl.DataFrame
) -> None:
    """Replace a layer: readers see the old one or, once the transaction ends, the new one.

    `hexes` holds cell, res and the numbers; `districts` district_id and the numbers.
    """
    values = {**asdict(layer), "res": list(layer.res)}
    values |= {name: list(values[name]) for name in ("sources", "licences", "owners")}
    statement = insert(published_layer).values(values)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_=values)
    layer_id = int(connection.execute(statement.returning(published_layer.c.layer_id)).scalar_one())
    for table, frame in ((published_value, hexes), (published_district, districts)):
        connection.execute(delete(table).where(table.c.layer_id == layer_id))
        stamped = frame.select(pl.lit(layer_id).alias("layer_id"), pl.all())
        _copy(connection, table.name, stamped)


def drop_layers(connection: Connection, names: Sequence[str]) -> None:
    """Remove layers; call `geodata.published.views.drop_views` first."""
    connection.execute(delete(published_layer).where(published_layer.c.name.in_(names)))


def _copy(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(frame.columns)
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(100_000):
            buffer = BytesIO()
            chunk.write_csv(buffer, include_header=False)
            copy.write(buffer.getvalue())
