"""Takes a file of records through extract, transform, check and load: all formats but GTFS."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import Connection, select

from etl.batch import Batch, Note, count_reasons
from etl.extract import Extracted, read_file
from etl.ledger.coverage import compute_coverage
from etl.ledger.findings import FaultyFileError, from_notes, summarise_rejects
from etl.ledger.places import tell_places
from etl.ledger.rejected_rows import describe_rejects
from etl.ledger.uncovered import find_uncovered
from etl.load.records import Changes, load_records
from etl.outcome import LoadOutcome, event_span
from etl.pipeline.covering import leave_out_holes
from etl.pipeline.former import read_former
from etl.pipeline.replacing import replacement_of, tell_kept
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.record_types import GEOMETRY_TEXT
from etl.telemetry.load import load_partitions
from etl.transform import transform
from etl.transform.check import check, end_of_tomorrow, legal_in
from etl.transform.locate import MISPLACED_FILE, Locator
from etl.transform.naming import ids_by_name, name_districts
from etl.transform.place_codes import place_by_code
from etl.transform.placing import PLACINGS, Ground
from etl.transform.radio import decode_radio
from etl.transform.shapes import read_wkt
from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.partitions import PartitionStore
from geodata.errors import LoadError
from geodata.queries.candidates import read_joined
from geodata.tables import district

_LIVE_TOLERANCE = timedelta(days=1)


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
        HeldLoadError: it would take away more than its source may lose.
        FaultyFileError: most of its places lie where they cannot.
    """
    ground = Ground(city, locator, places.incoming)
    extracted = read_file(file, declaration.read_in(city))
    batch = _make_records(connection, declaration, extracted, ground, file, is_piece=is_piece)
    batch, changes = _write(
        connection, declaration, extracted, batch, ground, places, file, load_id, is_piece=is_piece
    )
    event_from, event_to = event_span(batch.frame, declaration.record_type.event_time)
    covered = compute_coverage(declaration, event_from, event_to, city.zone, now())
    told = from_notes((*extracted.notes, *_of_rows(batch.notes)), file.name)
    told += tell_kept(declaration, changes.going, file.name)
    if not is_piece:  # which is a part of its day, whatever it lost
        covered, holes = leave_out_holes(
            covered, declaration, batch, extracted, file.name, city.zone
        )
        places_told = tell_places(declaration, extracted.frame.columns, batch.frame, file.name)
        told = (*told, *holes, *places_told)
    if declaration.record_type.placing == "residents":
        told += tuple(find_uncovered(connection, declaration.key, tuple(covered), file.name))
    rejects = describe_rejects(batch.rejects, extracted, file.name)
    return LoadOutcome(
        rows_in=extracted.rows_in,
        rows_loaded=batch.rows_loaded(),
        records=batch.frame.height,
        rejects=rejects,
        stages=batch.stages,
        event_from=event_from,
        event_to=event_to,
        coverage=tuple(covered),
        changes_nothing=changes.is_none,
        findings=(*told, *summarise_rejects(rejects)),
    )


def _make_records(
    connection: Connection,
    declaration: SourceDeclaration,
    extracted: Extracted,
    ground: Ground,
    file: SourceFile,
    *,
    is_piece: bool,
) -> Batch:
    """Return the records of a file, placed and checked."""
    record_type, city = declaration.record_type, ground.city
    batch = Batch(extracted.frame).staged(
        "extract", extracted.rows_in, count_reasons(extracted.rejects)
    )
    batch = transform(batch, declaration, declaration.timezone or city.timezone)
    batch = decode_radio(batch, declaration.gnb_id_bits)
    batch = place_by_code(batch, declaration, ground.incoming)
    batch = name_districts(batch, declaration, _read_names(connection))
    place = PLACINGS[record_type.placing]
    batch = place(read_wkt(batch), as_extracted(declaration), ground)
    if not is_piece:  # all of the few rows of a live piece may be faulty
        _refuse_if_misplaced(file, batch)
    batch = check(
        batch, record_type, _latest(city, is_piece=is_piece), legal_in(city, record_type),
        first_day=declaration.earliest, is_live=is_piece,
    )  # fmt: skip
    if not is_piece:
        _refuse_if_none(file, batch, extracted, declaration)
    return _join_events(connection, batch, declaration)


def _write(
    connection: Connection,
    declaration: SourceDeclaration,
    extracted: Extracted,
    batch: Batch,
    ground: Ground,
    places: DataPlaces,
    file: SourceFile,
    load_id: int,
    *,
    is_piece: bool,
) -> tuple[Batch, Changes]:
    """Write the records into their table or day partitions."""
    city = ground.city
    former = () if is_piece else read_former(connection, load_id)
    if declaration.store == "telemetry":
        store = _store_of(places, declaration)
        return load_partitions(store, batch, declaration, load_id, city.timezone, former)
    replacement = None
    if not is_piece:
        earlier = [each.load_id for each in former]
        zone = declaration.timezone or city.timezone
        replacement = replacement_of(declaration, file.name, extracted, earlier, zone)
    return load_records(
        connection, batch, declaration, load_id, is_live=is_piece, replacement=replacement
    )


def _of_rows(notes: Iterable[Note]) -> Iterator[Note]:
    """Yield the notes of rows; of a file that was loaded none is of the file as a whole."""
    return (note for note in notes if note.code != MISPLACED_FILE)


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


def _latest(city: City, *, is_piece: bool) -> datetime:
    """Return the latest instant at which an event can have happened, in the city's zone."""
    at = now().astimezone(city.zone)
    return at + _LIVE_TOLERANCE if is_piece else end_of_tomorrow(at)


def _read_names(connection: Connection) -> Mapping[str, str]:
    columns = (district.c.district_id, district.c.name_zh, district.c.name_en)
    rows = [tuple(row) for row in connection.execute(select(*columns))]
    schema = dict.fromkeys(("district_id", "name_zh", "name_en"), pl.String)
    return ids_by_name(pl.DataFrame(rows, schema=schema, orient="row"))


def _refuse_if_misplaced(file: SourceFile, batch: Batch) -> None:
    """Refuse a file most of whose places are wrong: its declaration is, or it is another city's."""
    wrong = [note for note in batch.notes if note.code == MISPLACED_FILE]
    if wrong:
        raise FaultyFileError(
            f"{file}: most of its places are wrong ({wrong[0].rows} rows): {wrong[0].detail}",
            from_notes(wrong, file.name),
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
