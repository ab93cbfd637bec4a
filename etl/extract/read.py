"""One entrance to all formats, and the checks that every format shares."""

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from etl.batch import FILE, ROW
from etl.extract.csv_file import read_csv
from etl.extract.extracted import Extracted
from etl.extract.geojson_file import read_geojson
from etl.extract.gtfs_rt_archive import read_gtfs_rt
from etl.extract.json_file import read_json
from etl.extract.jt808_file import read_jt808
from etl.extract.ndjson_file import read_ndjson
from etl.extract.parquet_file import read_parquet
from etl.extract.raster_file import read_raster
from etl.extract.vector_file import read_geopackage, read_shapefile
from etl.extract.xml_file import read_xml
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError

READERS: Mapping[str, Callable[[Path, SourceDeclaration], Extracted]] = {
    "csv": read_csv,
    "json": read_json,
    "ndjson": read_ndjson,
    "xml": read_xml,
    "geojson": read_geojson,
    "gpkg": read_geopackage,
    "shapefile": read_shapefile,
    "parquet": read_parquet,
    "raster": read_raster,
    "jt808": read_jt808,
    "gtfs_rt": read_gtfs_rt,
}

# Their readers turn geometry into WGS-84 themselves, from the declared `crs` if there is one.
READ_IN_DEGREES = frozenset({"gpkg", "shapefile", "parquet"})

# Their files may be folders of pieces.
READ_AS_FOLDERS = frozenset({"gtfs_rt"})


def read_file(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read a file as its declaration says; all columns are text except `@row` and `@wkb`.

    Raises:
        ExtractError: the file is missing, damaged, empty or lacks a column; names the file.
    """
    if not path.is_file() and not (path.is_dir() and declaration.format in READ_AS_FOLDERS):
        raise ExtractError(f"{path}: no such file")
    if path.is_file() and path.stat().st_size == 0:
        raise ExtractError(f"{path}: the file is empty")
    try:
        extracted = READERS[declaration.format](path, declaration)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell and no text can hold
        raise ExtractError(f"{path}: holds text that is not Unicode") from None
    if extracted.rows_in == 0 and not declaration.allow_empty:
        raise ExtractError(f"{path}: holds no rows")
    _check_columns(path, extracted.frame, declaration)
    frame = extracted.frame.with_columns(pl.lit(path.name).alias(FILE))
    _check_text(path, frame)
    return Extracted(frame, extracted.rejects)


def _check_columns(path: Path, frame: pl.DataFrame, declaration: SourceDeclaration) -> None:
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
                f"{path}: column '{names[0]}' ({key}) is missing; the file has: {found[:400]}"
            )


def _check_text(path: Path, frame: pl.DataFrame) -> None:
    """Refuse NUL bytes, which no text column of PostgreSQL can hold."""
    for name in frame.columns:
        if frame.schema[name] != pl.String:
            continue
        damaged = frame.filter(pl.col(name).str.contains("\0", literal=True))
        if damaged.height:
            raise ExtractError(
                f"{path}: row {damaged[ROW][0]}, field '{name}': a NUL byte; "
                "the file is damaged or not in the declared encoding"
            )
