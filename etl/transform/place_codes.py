"""Places given as codes of an area, such as a village's: a declared table says where each lies."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from etl.batch import ROW, WKB, Batch, Note
from etl.source.declaration import SourceDeclaration
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


def read_coded_places(declaration: SourceDeclaration, incoming: Path | None) -> pl.DataFrame:
    """Return the declared table: `place_code` and lon and lat, or district_id, or all three.

    It lies in the incoming folder, else beside the declaration. A cell becomes its centre.

    Raises:
        ExtractError: it is missing, lacks a column, repeats a code or holds what is no place.
    """
    wanted = declaration.places
    assert wanted is not None  # noqa: S101 - asked for by who has seen it
    bases = [incoming] if incoming else []
    if declaration.file:
        bases.append(declaration.file.parent)
    path = next((base / wanted.path for base in bases if (base / wanted.path).is_file()), None)
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
        text = path.read_bytes().decode(wanted.encoding)
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
    given = [name for name in table.columns if name in frame.columns and name != PLACE_CODE]
    joined = frame.join(
        table.rename({name: f"@{name}" for name in given}).with_columns(
            pl.lit(value=True).alias("@listed")
        ),
        on=PLACE_CODE, how="left", maintain_order="left",
    )  # fmt: skip
    joined = joined.with_columns(_filled(given))
    own = [pl.col(name).is_not_null() for name in (*_POINT, "district_id") if name in frame.columns]
    unlisted = pl.col(PLACE_CODE).is_not_null() & pl.col("@listed").is_null()
    faulty = joined.filter(unlisted & ~pl.any_horizontal(pl.lit(value=False), *own))
    batch = replace(batch, frame=joined.select(pl.exclude("^@(listed|lon|lat|district_id)$")))
    batch = _judge(batch, declaration, faulty)
    return replace(batch, frame=batch.frame.drop(PLACE_CODE))


def _filled(given: list[str]) -> list[pl.Expr]:
    """Return the columns with what the table says where the row says nothing: of points both."""
    nowhere = pl.all_horizontal(pl.col(name).is_null() for name in _POINT if name in given)
    return [
        pl.when(nowhere).then(f"@{name}").otherwise(name).alias(name)
        if name in _POINT
        else pl.coalesce(name, f"@{name}").alias(name)
        for name in given
    ]


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
