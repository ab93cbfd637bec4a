"""Columns that the tables of schema `ops` share: provenance, place, indexes; their metadata.

Every record row names the load that brought it (`load_id`) and the load that superseded it
(`retired_by`, null while current), so that "what was known then" stays answerable. All times are
`timestamptz`, all geometry is EPSG:4326, `cell` is the H3 cell at resolution 10.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.sql.expression import text

SCHEMA = "ops"
# What stands in `district_id` for rows in no district:
UNKNOWN_DISTRICT = "unknown"  # the place is not known, the source speaks of this city: counted
OUTSIDE_DISTRICT = "outside"  # the place is known and lies beyond the boundary: in no total
UNPLACED_DISTRICT = "unplaced"  # not known, and the source speaks of a wider area: in no total
NOT_OF_CITY = (OUTSIDE_DISTRICT, UNPLACED_DISTRICT)
NO_DISTRICT = (UNKNOWN_DISTRICT, *NOT_OF_CITY)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def time_column(name: str, *, nullable: bool = True) -> Column[object]:
    """An instant, aware."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def provenance(*, checked: bool = True) -> list[Column[object]]:
    """The provenance of a record: its source, the load that brought it, the load that retired it.

    Tables of millions of rows have no foreign keys: checking them takes 15 times as long as
    inserting the rows, and the transaction that writes the records has written their load.
    """
    load_id = "load.load_id"
    return [
        Column("source", Text, nullable=False),
        Column("load_id", BigInteger, *_references(load_id, checked), nullable=False),
        Column("retired_by", BigInteger, *_references(load_id, checked)),
    ]


def _references(column: str, checked: bool) -> list[ForeignKey]:
    return [ForeignKey(column)] if checked else []


def district_id(*, checked: bool = True) -> Column[object]:
    """The district a record lies in, else one of `NO_DISTRICT`."""
    return Column(
        "district_id",
        Text,
        *_references("district.district_id", checked),
        nullable=False,
        server_default=UNKNOWN_DISTRICT,
    )


def place(*, checked: bool = True) -> list[Column[object]]:
    """Where a record lies: as given (`original_*`, in `datum`), WGS-84, cell and district."""
    return [
        Column("original_lon", Float),
        Column("original_lat", Float),
        Column("datum", Text),
        Column("geom", Geometry("POINT", srid=4326, spatial_index=False)),
        Column("cell", BigInteger),
        district_id(checked=checked),
    ]


def record_indexes(table: Table, *key: str, spatial: bool = True) -> None:
    """Unique among current rows of a source, found by load, and by place where it has one."""
    Index(
        f"uq_{table.name}_current",
        table.c.source,
        *(table.c[name] for name in key),
        unique=True,
        postgresql_where=text("retired_by IS NULL"),
    )
    Index(f"ix_{table.name}_load", table.c.load_id)
    if spatial:
        Index(f"ix_{table.name}_geom", table.c.geom, postgresql_using="gist")
