"""One entrance to all formats of rows, and the checks that every format shares."""

import polars as pl

from etl.batch import FILE, ROW
from etl.extract.extracted import Extracted
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.errors import ExtractError


def read_file(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a file as its declaration says; all columns are text except `@row` and `@wkb`.

    Raises:
        ExtractError: the file is missing, damaged, empty or lacks a column; names the file.
    """
    reading = declaration.reading
    if not isinstance(reading, RowFormat):
        raise ExtractError(f"{file}: {reading.name} has no rows to be read one by one")
    if not file.is_there and not (file.is_folder and reading.may_be_folder):
        raise ExtractError(f"{file}: no such file")
    if file.is_there and file.size == 0:
        raise ExtractError(f"{file}: the file is empty")
    try:
        extracted = reading.read(file, declaration)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell and no text can hold
        raise ExtractError(f"{file}: holds text that is not Unicode") from None
    if extracted.rows_in == 0 and not declaration.allow_empty:
        raise ExtractError(f"{file}: holds no rows")
    _check_columns(file, extracted.frame, declaration)
    frame = extracted.frame.with_columns(pl.lit(file.name).alias(FILE))
    _check_text(file, frame)
    return Extracted(frame, extracted.rejects)


def _check_columns(file: SourceFile, frame: pl.DataFrame, declaration: SourceDeclaration) -> None:
    columns = {*frame.columns, FILE, ROW, "@variable", "@value"}
    wanted = [
        (f"mapping.{target}", field.source)
        for target, field in declaration.mapping.items()
        if field.source and not field.optional
    ]
    wanted += [(f"unpivot.{name}", [name]) for name in declaration.unpivot]
    for key, names in wanted:
        if not columns.intersection(names):
            found = ", ".join(name for name in frame.columns if not name.startswith("@"))
            raise ExtractError(
                f"{file}: column '{names[0]}' ({key}) is missing; the file has: {found[:400]}"
            )


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
