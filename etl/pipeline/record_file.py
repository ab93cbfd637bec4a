"""Takes a file of records through extract, transform, check and load: all formats but GTFS."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
from sqlalchemy import Connection, select

from etl.batch import Batch, count_reasons
from etl.extract import Extracted, read_file
from etl.ledger.coverage import compute_coverage
from etl.ledger.findings import summarise_rejects, tell
from etl.ledger.rejected_rows import describe_rejects
from etl.ledger.uncovered import find_uncovered
from etl.load.records import load_records
from etl.outcome import LoadOutcome, event_span
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.record_types import GEOMETRY_TEXT
from etl.telemetry.load import load_partitions
from etl.transform import transform
from etl.transform.check import check, legal_in
from etl.transform.locate import Locator
from etl.transform.placing import PLACINGS, Ground
from etl.transform.radio import decode_radio
from etl.transform.shapes import read_wkt
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.partitions import PartitionStore
from geodata.errors import LoadError
from geodata.queries.candidates import read_joined
from geodata.tables import UNKNOWN_DISTRICT, district

# Clocks of departments run ahead by minutes; a day is a wrong date.
_CLOCK_TOLERANCE = timedelta(days=1)


def load_file(
    connection: Connection,
    city: City,
    declaration: SourceDeclaration,
    file: SourceFile,
    load_id: int,
    locator: Locator,
    *,
    is_piece: bool = False,
    places: DataPlaces = NOWHERE,
) -> LoadOutcome:
    """Load one file of records, or a piece of a live one, in the caller's transaction.

    Raises:
        ExtractError: the file cannot be read as declared.
        LoadError: none of its rows could be used.
    """
    record_type = declaration.record_type
    extracted = read_file(file, declaration)
    batch = Batch(extracted.frame).staged(
        "extract", extracted.rows_in, count_reasons(extracted.rejects)
    )
    batch = transform(batch, declaration, declaration.timezone or city.timezone)
    batch = decode_radio(batch, declaration.gnb_id_bits)
    batch = _name_districts(connection, batch)
    place = PLACINGS[record_type.placing]
    ground = Ground(city, locator, places.incoming)
    batch = place(read_wkt(batch), as_extracted(declaration), ground)
    legal = legal_in(city, record_type)
    batch = check(batch, record_type, now() + _CLOCK_TOLERANCE, legal, is_live=is_piece)
    if not is_piece:  # all of the few rows of a live piece may be faulty
        _refuse_if_none(file, batch, extracted, declaration)
    batch = _join_events(connection, batch, declaration)
    if declaration.store == "telemetry":
        store = _store_of(places, declaration)
        batch, changes = load_partitions(store, batch, declaration, load_id, city.timezone)
    else:
        batch, changes = load_records(connection, batch, declaration, load_id, is_live=is_piece)
    event_from, event_to = event_span(batch.frame, record_type.event_time)
    rejects = describe_rejects(batch.rejects, extracted, file.name)
    covering = tuple(compute_coverage(declaration, event_from, event_to, city.zone, now()))
    notes = list(tell(batch.notes, file.name))
    if record_type.placing == "residents":
        notes += find_uncovered(connection, declaration.key, covering, file.name)
    return LoadOutcome(
        rows_in=extracted.rows_in,
        rows_loaded=batch.rows_loaded(),
        records=batch.frame.height,
        rejects=rejects,
        stages=batch.stages,
        event_from=event_from,
        event_to=event_to,
        coverage=covering,
        changes_nothing=changes.is_none,
        findings=(*summarise_rejects(rejects), *notes),
    )


def _join_events(connection: Connection, batch: Batch, declaration: SourceDeclaration) -> Batch:
    """Keep the event of calls that were confirmed as repeated, whatever their source sends."""
    joined = read_joined(connection, declaration.key) if declaration.record_type.has_events else {}
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


def _store_of(places: DataPlaces, declaration: SourceDeclaration) -> PartitionStore:
    if places.store is None:
        raise LoadError(f"source {declaration.key}: no store of day partitions to keep it in")
    return places.store


def as_extracted(declaration: SourceDeclaration) -> SourceDeclaration:
    """Return the declaration without a `crs` that reading the geometry has already applied."""
    from_columns = "lon" in declaration.mapping or GEOMETRY_TEXT in declaration.mapping
    if from_columns or not declaration.reading.is_in_degrees:
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
    file: SourceFile, batch: Batch, extracted: Extracted, declaration: SourceDeclaration
) -> None:
    """Refuse a file without any usable row: the file or its declaration is wrong."""
    if batch.frame.height or (extracted.rows_in == 0 and declaration.allow_empty):
        return
    rejects = pl.concat([batch.rejects, extracted.rejects], how="diagonal_relaxed")
    field, reason, count = (
        rejects.group_by("field", "reason").len().sort("len", descending=True).row(0)
    )
    raise LoadError(
        f"{file}: none of its {extracted.rows_in} rows can be used; "
        f"{count} times: {field or 'row'} {reason}"
    )
