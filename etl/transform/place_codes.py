"""Places given as codes of an area, such as a village's: a declared table says where each lies."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from etl.batch import ROW, WKB, Batch, Note
from etl.limits import DEFAULTS, check_delimited, check_file
from etl.source.declaration import SourceDeclaration
from etl.source.digest import find_beside
from etl.source.file import SourceFile
from etl.source.mapping import CodedPlaces
from etl.source.record_types import PLACE_CODE
from etl.transform.fields import describe
from etl.transform.locate import given_coordinates
from etl.transform.population import storage_cells
from geodata.errors import ExtractError
from geodata.space import grid

PLACE_UNLISTED = "place_code_unlisted"
UNLISTED = "is not in the declared table of places"
_POINT = ("lon", "lat")
_LISTED = "@listed"


def read_coded_places(declaration: SourceDeclaration, incoming: Path | None) -> pl.DataFrame:
    """Return the declared table: `place_code` and lon and lat, or district_id, or all three.

    It lies in the incoming folder, else beside the declaration. A cell becomes its centre.

    Raises:
        ExtractError: it is missing, lacks a column, repeats a code or holds what is no place.
    """
    wanted = declaration.places
    assert wanted is not None  # noqa: S101 - asked for by who has seen it
    path = find_beside(declaration, wanted.path, incoming)
    if path is None:
        raise ExtractError(f"source {declaration.key}: no table of places {wanted.path}")
    frame = _read(path, wanted)
    repeated = frame.filter(pl.col(PLACE_CODE).is_duplicated())[PLACE_CODE]
    if repeated.len():
        raise ExtractError(f"{path}: code {repeated[0]} stands there twice")
    return frame


def _read(path: Path, wanted: CodedPlaces) -> pl.DataFrame:
    columns = {PLACE_CODE: wanted.code} | {
        name: column for name, column in wanted.targets.items() if column
    }
    try:
        file = SourceFile.at(path)
        check_file(file, DEFAULTS)
        text = file.read_bytes().decode(wanted.encoding)
        check_delimited(file, text, ",", DEFAULTS)
        table = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)
        frame = table.select(
            pl.col(column).str.strip_chars().replace("", None).alias(name)
            for name, column in columns.items()
        ).filter(pl.col(PLACE_CODE).is_not_null())
        numbers = [pl.col(name).cast(pl.Float64) for name in _POINT if name in columns]
        frame = frame.with_columns(numbers)
    except (UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise ExtractError(f"{path}: cannot be read as a table of places: {reason}") from error
    return _at_centres(path, frame) if "cell" in columns else frame


def _at_centres(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    cells = storage_cells(frame["cell"].fill_null("").to_list())
    wrong = cells == grid.NO_CELL
    if wrong.any():
        code = frame[PLACE_CODE][int(np.argmax(wrong))]
        raise ExtractError(f"{path}: the cell of code {code} is not an H3 cell")
    lon, lat = grid.cell_centres(cells)
    return frame.drop("cell").with_columns(pl.Series("lon", lon), pl.Series("lat", lat))


def place_by_code(batch: Batch, declaration: SourceDeclaration, incoming: Path | None) -> Batch:
    """Give rows without a place of their own that of their code.

    A row whose code is not listed is treated by the source's place rule, as one with unusable
    coordinates: rejected, or kept without a place and noted.
    """
    if PLACE_CODE not in batch.frame.columns:
        return batch
    table = read_coded_places(declaration, incoming)
    frame = batch.frame
    if WKB in frame.columns and "lon" not in frame.columns:  # geometry is a place of their own
        lon, lat = given_coordinates(frame)
        frame = frame.with_columns(
            pl.Series("lon", lon).fill_nan(None), pl.Series("lat", lat).fill_nan(None)
        )
    table = table.rename({name: f"@{name}" for name in table.columns if name != PLACE_CODE})
    listed = table.with_columns(pl.lit(value=True).alias(_LISTED))
    joined = frame.join(listed, on=PLACE_CODE, how="left", maintain_order="left")
    own = pl.any_horizontal(pl.lit(value=False), *_named(frame))
    is_unlisted = pl.col(PLACE_CODE).is_not_null() & pl.col(_LISTED).is_null()
    faulty = joined.filter(is_unlisted & ~own).select(ROW)
    filled = joined.with_columns(_filled(frame, table))
    gone = [PLACE_CODE, _LISTED, *(name for name in table.columns if name != PLACE_CODE)]
    return _judge(replace(batch, frame=filled.drop(gone)), declaration, faulty)


def _named(frame: pl.DataFrame) -> list[pl.Expr]:
    """Return where a row says itself where it is, by each column in which it may."""
    return [
        pl.col(name).is_not_null() for name in (*_POINT, "district_id") if name in frame.columns
    ]


def _filled(frame: pl.DataFrame, table: pl.DataFrame) -> list[pl.Expr]:
    """Return the columns with what the table says where the row says nothing: of points both."""
    filled = []
    if "@lon" in table.columns:
        has_own = all(name in frame.columns for name in _POINT)
        nowhere = pl.all_horizontal(pl.col(_POINT).is_null()) if has_own else pl.lit(value=True)
        own = [pl.col(name) if has_own else pl.lit(None, pl.Float64) for name in _POINT]
        filled += [
            pl.when(nowhere).then(f"@{name}").otherwise(given).alias(name)
            for name, given in zip(_POINT, own, strict=True)
        ]
    if "@district_id" in table.columns:
        given_ids = [pl.col("district_id")] if "district_id" in frame.columns else []
        filled.append(pl.coalesce(*given_ids, "@district_id").alias("district_id"))
    return filled


def _judge(batch: Batch, declaration: SourceDeclaration, faulty: pl.DataFrame) -> Batch:
    if faulty.is_empty():
        return batch
    field = describe(PLACE_CODE, declaration.mapping[PLACE_CODE])
    if declaration.place_rule == "optional":
        first = faulty[ROW].min()
        row = first if isinstance(first, int) else None
        return batch.noted(Note(PLACE_UNLISTED, "", row, field, faulty.height))
    return batch.reject(
        faulty.select(ROW, pl.lit(field).alias("field"), pl.lit(UNLISTED).alias("reason"))
    )
