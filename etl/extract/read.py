"""One entrance to all formats of rows, and the checks that every format shares."""

import json
from dataclasses import replace

import polars as pl

from etl.batch import FILE, ROW, TOTAL, Note
from etl.extract.container import unpack
from etl.extract.encoding import FOREIGN
from etl.extract.extracted import TOO_DEEP, Extracted, raw_text, reject_rows
from etl.extract.row_format import RowFormat
from etl.extract.signature import refuse_other
from etl.limits import check_file
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.totals import is_total
from geodata.errors import ExtractError

_ROUNDED = r"^-?\d(\.\d+)?[eE]\+?\d{2}$"
_TITLE_ROWS = 20
# Texts that are more than plain text and still of the declared format.
_TEXTS = {"xml": ("XML", "an Excel file of 2003 in XML")}


def read_file(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a file as its declaration says; all columns are text except `@row` and `@wkb`.

    Rows of another encoding than the file's, and totals of other rows, are rejected.

    Raises:
        ExtractError: the file is missing, damaged, empty or lacks a column; names the file.
    """
    extracted = _read(file, declaration)
    if extracted.rows_in == 0 and not declaration.allow_empty:
        raise ExtractError(f"{file}: holds no rows")
    if extracted.foreign:
        extracted = _reject_foreign(file, extracted)
    _check_columns(file, extracted, declaration)
    extracted = _reject_totals(extracted, declaration)
    extracted = _note_rounded(extracted, declaration)
    frame = extracted.frame.with_columns(pl.lit(file.name).alias(FILE))
    _check_text(file, frame)
    return replace(extracted, frame=frame)


def _read(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a file by its format's reader, out of a zip or gzip file if it comes in one."""
    reading = declaration.reading
    if not isinstance(reading, RowFormat):
        raise ExtractError(f"{file}: {reading.name} has no rows to be read one by one")
    if not file.is_there and not (file.is_folder and reading.may_be_folder):
        raise ExtractError(f"{file}: no such file")
    if file.is_there and file.size == 0:
        raise ExtractError(f"{file}: the file is empty")
    check_file(file, declaration.limits)
    if reading.suffixes:
        file = unpack(file, reading.suffixes, declaration.limits)
    if reading.is_text:
        refuse_other(file, _TEXTS.get(reading.name, ()), reading.name)
    try:
        return reading.read(file, declaration)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell and no text can hold
        raise ExtractError(f"{file}: holds text that is not Unicode") from None
    except RecursionError:
        raise declaration.limits.beyond(file, "depth", TOO_DEEP) from None


def _reject_foreign(file: SourceFile, extracted: Extracted) -> Extracted:
    """Reject the rows that hold text in another encoding than their file."""
    frame = extracted.frame
    texts = [name for name in frame.columns if frame.schema[name] == pl.String]
    if any(FOREIGN in name for name in texts):
        raise ExtractError(f"{file}: a column's name {extracted.foreign}; declare 'encoding'")
    is_foreign = pl.any_horizontal(
        pl.lit(False), *(pl.col(name).str.contains(FOREIGN, literal=True) for name in texts)
    )
    extracted = reject_rows(extracted, is_foreign.fill_null(False), extracted.foreign)
    rejects = extracted.rejects
    raw = pl.col("raw").str.replace_all(FOREIGN, "", literal=True)
    return replace(extracted, rejects=rejects.with_columns(raw) if "raw" in rejects else rejects)


def _reject_totals(extracted: Extracted, declaration: SourceDeclaration) -> Extracted:
    """Reject the rows that add up others: their identifier is the word total in some language."""
    for name in _identifiers(extracted, declaration):
        extracted = reject_rows(extracted, is_total(name), TOTAL, name)
    return extracted


def _note_rounded(extracted: Extracted, declaration: SourceDeclaration) -> Extracted:
    """Say where identifiers are written with an exponent, as spreadsheets round them."""
    notes = []
    for name in _identifiers(extracted, declaration):
        rounded = extracted.frame.filter(pl.col(name).str.contains(_ROUNDED))
        if rounded.height:
            first = int(rounded[ROW][0])
            notes.append(Note("rounded_identifier", rounded[name][0], first, name, rounded.height))
    return replace(extracted, notes=(*extracted.notes, *notes))


def _identifiers(extracted: Extracted, declaration: SourceDeclaration) -> list[str]:
    """Return the columns of text that identifiers in the key come from.

    An item or a kind may be a total by right.
    """
    mapping = declaration.mapping
    names = [
        name
        for target in declaration.record_type.key
        if target in mapping and target.endswith("_id")
        for name in mapping[target].source
        if extracted.frame.schema.get(name) == pl.String
    ]
    return list(dict.fromkeys(names))


def _check_columns(file: SourceFile, extracted: Extracted, declaration: SourceDeclaration) -> None:
    frame = extracted.frame
    columns = {*frame.columns, FILE, ROW, "@variable", "@value"}
    for key, names in declaration.columns_needed:
        if not columns.intersection(names):
            found = ", ".join(name for name in frame.columns if not name.startswith("@"))
            raise ExtractError(
                f"{file}: column '{names[0]}' ({key}) is missing; "
                f"the file has: {found[:400] or 'no column at all'}"
                f"{_where_header(extracted, declaration)}"
            )


def _where_header(extracted: Extracted, declaration: SourceDeclaration) -> str:
    """Return which of the first rows holds the names that are missing above them."""
    wanted = [names for _, names in declaration.columns_needed]
    rows = extracted.frame.head(_TITLE_ROWS)
    raws = list(rows.select(ROW, raw_text(rows.columns).alias("raw")).iter_rows())
    if "raw" in extracted.rejects.columns:
        raws += extracted.rejects.head(_TITLE_ROWS).select(ROW, "raw").iter_rows()
    for row, raw in raws:
        cells = {str(cell).strip() for cell in json.loads(raw or "{}").values()}
        if all(cells.intersection(names) for names in wanted):
            return f"; row {row} holds the names: declare header_row: {row}"
    return ""


def _check_text(file: SourceFile, frame: pl.DataFrame) -> None:
    """Refuse NUL bytes, which no text column of PostgreSQL can hold."""
    for name in frame.columns:
        if frame.schema[name] != pl.String:
            continue
        damaged = frame.filter(pl.col(name).str.contains("\0", literal=True))
        if damaged.height:
            raise ExtractError(
                f"{file}: row {damaged[ROW][0]}, field '{name}': a NUL byte; "
                "the file is damaged or not in the declared encoding"
            )
