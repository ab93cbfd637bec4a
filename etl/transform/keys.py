"""The keys of rejected rows, as far as their mapping can read them."""

import polars as pl

from etl.batch import ROW, WKB, Batch
from etl.source.declaration import SourceDeclaration
from etl.transform.population import storage_cells
from etl.transform.transform import FAULT, type_fields
from etl.transform.unpivot import unpivot
from geodata.space import grid


def key_of(declaration: SourceDeclaration) -> list[str]:
    """Return the key columns that a row itself is asked for: mapped, and not found by its place.

    What is counted anew under a later vintage is still there.
    """
    key, vintage = declaration.record_type.key, declaration.record_type.vintage
    left = [name for name in key if name not in ("district_id", vintage)]
    asked = [name for name in left if name in declaration.mapping]
    return asked or [name for name in key if name in declaration.mapping]


def read_keys(
    rows: pl.DataFrame, declaration: SourceDeclaration, zone: str, *, has_shapeless: bool
) -> pl.DataFrame:
    """Return the key columns of rows of a file, a record each; null where one cannot be read.

    A row that is blank speaks of nothing and is left out. Of rows that do not fit the file's shape
    (`has_shapeless`) nothing can be read.
    """
    key = key_of(declaration)
    asked = declaration.model_copy(
        update={"mapping": {name: declaration.mapping[name] for name in key}}
    )
    rows = _filled(rows)
    single = unpivot(Batch(rows), declaration.unpivot).frame
    blank = rows.join(single, on=ROW, how="anti")
    typed = type_fields(pl.concat([single, blank], how="diagonal"), asked, zone)
    read = typed.select(
        pl.when(pl.col(f"{FAULT}{name}").is_null()).then(name).alias(name) for name in key
    )
    unknown = pl.DataFrame({name: [None] * has_shapeless for name in key}, schema=read.schema)
    return _as_stored(pl.concat([read, unknown]))


def read_event_times(rows: pl.DataFrame, declaration: SourceDeclaration, zone: str) -> pl.DataFrame:
    """Return `@row` and `at`, the event's time, of those rows in which it can be read."""
    name = declaration.record_type.event_time
    if name is None or name not in declaration.mapping:
        return pl.DataFrame(schema={ROW: pl.Int64, "at": pl.Datetime("us", "UTC")})
    asked = declaration.model_copy(update={"mapping": {name: declaration.mapping[name]}})
    single = unpivot(Batch(_filled(rows)), declaration.unpivot).frame
    typed = type_fields(single, asked, zone).select(ROW, pl.col(name).alias("at"))
    return typed.drop_nulls().unique(ROW, maintain_order=True)


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows whose every cell is blank."""
    told = [pl.col(n).str.strip_chars() != "" for n in rows.columns if not n.startswith("@")]
    told += [pl.col(WKB).is_not_null()] if WKB in rows.columns else []
    return rows.filter(pl.any_horizontal(told).fill_null(False)) if told else rows


def _as_stored(keys: pl.DataFrame) -> pl.DataFrame:
    """Turn the text of a hexagon into the cell that stands for it."""
    if "cell" not in keys.columns:
        return keys
    cells = pl.Series("cell", storage_cells(keys["cell"].fill_null("").to_list()), dtype=pl.Int64)
    return keys.with_columns(cells.replace(grid.NO_CELL, None))
