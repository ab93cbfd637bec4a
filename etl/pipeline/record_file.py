"""Takes a file of records through extract, transform, check and load: all formats but GTFS."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, select

from etl.batch import Batch, count_reasons
from etl.extract import READ_IN_DEGREES, Extracted, read_file
from etl.ledger.coverage import compute_coverage
from etl.ledger.rejected_rows import describe_rejects
from etl.load.records import Changes, load_records
from etl.outcome import LoadOutcome
from etl.source.declaration import SourceDeclaration
from etl.source.record_types import GEOMETRY_TEXT, RECORD_TYPES
from etl.telemetry.load import load_partitions
from etl.telemetry.place import place_pings
from etl.transform import transform
from etl.transform.check import check
from etl.transform.dasymetric import read_weights, spread_by_weights
from etl.transform.locate import Locator, place
from etl.transform.population import allocate_polygons, place_hexagons
from etl.transform.radio import decode_radio
from etl.transform.shapes import add_footprints, add_paths, place_tiles, read_wkt
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.partitions import open_store
from geodata.errors import LoadError
from geodata.queries.candidates import read_joined
from geodata.settings import get_settings
from geodata.tables import UNKNOWN_DISTRICT, district

# Clocks of departments run ahead by minutes; a day is a wrong date.
_CLOCK_TOLERANCE = timedelta(days=1)


def load_file(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    path: Path,
    load_id: int,
    locator: Locator,
    *,
    is_piece: bool = False,
) -> LoadOutcome:
    """Load one file of records, or a piece of a live one, in the caller's transaction.

    Raises:
        ExtractError: the file cannot be read as declared.
        LoadError: none of its rows could be used.
    """
    extracted = read_file(path, declaration)
    batch = Batch(extracted.frame).staged(
        "extract", extracted.rows_in, count_reasons(extracted.rejects)
    )
    batch = transform(batch, declaration, declaration.timezone or city.timezone)
    batch = decode_radio(batch, declaration.gnb_id_bits)
    batch = _name_districts(connection, batch)
    batch = _place(batch, declaration, city, locator)
    batch = check(
        batch,
        RECORD_TYPES[declaration.table],
        now() + _CLOCK_TOLERANCE,
        is_live=is_piece,
    )
    if not is_piece:  # all of the few rows of a live piece may be faulty
        _refuse_if_none(path, batch, extracted, declaration)
    batch = _join_events(connection, batch, declaration)
    batch, changes = _keep(connection, city, batch, declaration, load_id, is_live=is_piece)
    event_from, event_to = event_span(batch.frame, RECORD_TYPES[declaration.table].event_time)
    return LoadOutcome(
        rows_in=extracted.rows_in,
        rows_loaded=batch.rows_loaded(),
        records=batch.frame.height,
        rejects=describe_rejects(batch.rejects, extracted, path.name),
        stages=batch.stages,
        event_from=event_from,
        event_to=event_to,
        coverage=tuple(compute_coverage(declaration, event_from, event_to, city.zone, now())),
        changes_nothing=changes.is_none,
    )


def _join_events(connection: Connection, batch: Batch, declaration: SourceDeclaration) -> Batch:
    """Keep the event of calls that were confirmed as repeated, whatever their source sends."""
    joined = read_joined(connection, declaration.key) if declaration.table == "incident" else {}
    if not joined or "event_id" not in batch.frame.columns:
        return batch
    event_id = pl.col("record_id").replace_strict(joined, default=None, return_dtype=pl.String)
    return replace(
        batch,
        frame=batch.frame.with_columns(
            pl.coalesce(event_id, "event_id").alias("event_id"),
            (event_id.is_not_null() | pl.col("is_duplicate")).alias("is_duplicate"),
        ),
    )


def _keep(
    connection: Connection,
    city: City,
    batch: Batch,
    declaration: SourceDeclaration,
    load_id: int,
    *,
    is_live: bool,
) -> tuple[Batch, Changes]:
    """Write the records where the declaration stores them."""
    if declaration.store == "telemetry":
        store = open_store(get_settings())
        return load_partitions(store, batch, declaration, load_id, city.timezone)
    return load_records(connection, batch, declaration, load_id, is_live=is_live)


def _place(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    batch = read_wkt(batch)
    if declaration.table == "speed_tile":
        return place_tiles(batch)
    if declaration.weights or declaration.allocate:
        return _spread(batch, declaration, city, locator)
    if declaration.table == "population" and "cell" in declaration.mapping:
        return place_hexagons(batch, declaration, locator)
    if not RECORD_TYPES[declaration.table].is_placed:
        return batch
    if declaration.table == "vehicle_ping":
        return place_pings(batch, declaration, city, locator)
    batch = place(batch, as_extracted(declaration), city, locator)
    if declaration.table == "reader_link":
        batch = replace(batch, frame=add_paths(batch.frame))
    if declaration.table == "facility":
        batch = replace(batch, frame=add_footprints(batch.frame))
    return batch


def _spread(batch: Batch, declaration: SourceDeclaration, city: City, locator: Locator) -> Batch:
    if declaration.weights:
        return spread_by_weights(batch, read_weights(declaration, city), locator)
    return allocate_polygons(batch, locator)


def as_extracted(declaration: SourceDeclaration) -> SourceDeclaration:
    """Return the declaration without a `crs` that reading the geometry has already applied."""
    from_columns = "lon" in declaration.mapping or GEOMETRY_TEXT in declaration.mapping
    if from_columns or declaration.format not in READ_IN_DEGREES:
        return declaration
    return declaration.model_copy(update={"crs": None})


def _name_districts(connection: Connection, batch: Batch) -> Batch:
    """Set the district to `unknown` where a row names one that the city does not have."""
    if "district_id" not in batch.frame.columns:
        return batch
    known = list(connection.scalars(select(district.c.district_id)))
    listed = pl.col("district_id").is_in(known) | pl.col("district_id").is_null()
    named = pl.when(listed).then("district_id").otherwise(pl.lit(UNKNOWN_DISTRICT))
    unlisted = batch.frame.select((~listed).sum()).item()
    frame = batch.frame.with_columns(named.alias("district_id"))
    return replace(batch, frame=frame).staged(
        "district", frame.height, {"no such district, kept as unknown": unlisted}
    )


def _refuse_if_none(
    path: Path, batch: Batch, extracted: Extracted, declaration: SourceDeclaration
) -> None:
    """Refuse a file without any usable row: the file or its declaration is wrong."""
    if batch.frame.height or (extracted.rows_in == 0 and declaration.allow_empty):
        return
    rejects = pl.concat([batch.rejects, extracted.rejects], how="diagonal_relaxed")
    field, reason, count = (
        rejects.group_by("field", "reason").len().sort("len", descending=True).row(0)
    )
    raise LoadError(
        f"{path}: none of its {extracted.rows_in} rows can be used; "
        f"{count} times: {field or 'row'} {reason}"
    )


def event_span(
    frame: pl.DataFrame, event_time: str | None
) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last event, in UTC."""
    if event_time is None or event_time not in frame.columns:
        return None, None
    times = frame[event_time].cast(pl.Datetime("us")).drop_nulls()
    first, last = times.min(), times.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None, None
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
