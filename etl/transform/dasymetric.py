"""Spreads the residents of published units over cells by weights, such as floor area."""

from pathlib import Path

import numpy as np
import polars as pl

from etl.batch import ROW, Batch, count_reasons
from etl.limits import DEFAULTS, check_delimited, check_file
from etl.source.declaration import SourceDeclaration
from etl.source.digest import find_beside
from etl.source.file import SourceFile
from etl.transform.population import (
    BY_CELLS,
    PIECE_SCHEMA,
    hexagon_pieces,
    refuse_numbers,
    spread,
    storage_cells,
)
from geodata.errors import ExtractError
from geodata.space import grid
from geodata.space.areal import divide, largest_remainder
from geodata.space.district_areas import DistrictAreas


def read_weights(declaration: SourceDeclaration, incoming: Path | None) -> pl.DataFrame:
    """Return unit_id, cell and weight (above 0) of the declared weights file.

    It lies in the incoming folder, else beside the declaration.

    Raises:
        ExtractError: it is missing, lacks a column or holds what is no cell or no number.
    """
    wanted = declaration.weights
    assert wanted is not None  # noqa: S101 - asked for by who has seen it
    path = find_beside(declaration, wanted.path, incoming)
    if path is None:
        raise ExtractError(f"source {declaration.key}: no weights file {wanted.path}")
    return _read(path, wanted.unit, wanted.cell, wanted.weight)


def _read(path: Path, unit: str, cell: str, weight: str) -> pl.DataFrame:
    try:
        file = SourceFile.at(path)
        check_file(file, DEFAULTS)
        content = file.read_bytes()
        check_delimited(file, content, b",", DEFAULTS)
        frame = pl.read_csv(content, columns=[unit, cell, weight], infer_schema=False)
        numbers = frame[weight].cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise ExtractError(f"{path}: cannot be read as weights: {reason}") from error
    cells = storage_cells(frame[cell].fill_null("").to_list())
    if (cells == grid.NO_CELL).any():
        raise ExtractError(f"{path}: row {int(np.argmax(cells == grid.NO_CELL)) + 2}: not a cell")
    weights = pl.DataFrame({"unit_id": frame[unit], "cell": cells, "weight": numbers})
    merged = weights.group_by("unit_id", "cell").agg(pl.col("weight").sum())
    return merged.filter(pl.col("weight") > 0).sort("unit_id", "cell")


def spread_by_weights(batch: Batch, weights: pl.DataFrame, areas: DistrictAreas) -> Batch:
    """Give each unit's residents to its cells by weight; each unit keeps its total.

    A cell on a boundary has its weight split between the districts by area, unless the unit's row
    names its district. Whole numbers stay whole, by largest remainder. A unit without weights is
    rejected.
    """
    rows_in, before = batch.frame.height, batch.rejects.height
    known = pl.col("unit_id").is_in(weights["unit_id"].unique().implode())
    batch = refuse_numbers(
        batch.reject(
            batch.frame.filter(~known).select(
                ROW,
                pl.lit(batch.label("unit_id")).alias("field"),
                pl.lit("has no weights").alias("reason"),
            )
        )
    )
    named = [name for name in ("district_id",) if name in batch.frame.columns]
    of_units = batch.frame.select(ROW, "unit_id", "residents", *named).join(
        weights, on="unit_id", maintain_order="left_right"
    )
    pieces = _weighed(of_units, areas)
    shares = [
        _shares(float(part["residents"][0]), part["@part"].to_numpy())
        for part in pieces.partition_by(ROW, maintain_order=True)
    ]
    people = pl.Series("@residents", np.concatenate([np.empty(0), *shares]), dtype=pl.Float64)
    pieces = pieces.select(*PIECE_SCHEMA).with_columns(people)
    batch = spread(batch, pieces, BY_CELLS)
    return batch.staged("place", rows_in, count_reasons(batch.rejects.slice(before)))


def _weighed(of_units: pl.DataFrame, areas: DistrictAreas) -> pl.DataFrame:
    """Return the pieces of the units' cells, `@part` their share of the cell's weight."""
    numbered = of_units.with_row_index("@number").with_columns(pl.col("@number").cast(pl.Int64))
    rows = numbered.drop(ROW).rename({"@number": ROW})
    pieces = hexagon_pieces(rows, areas).rename({ROW: "@number"})
    known = numbered.select("@number", ROW, "residents", "weight")
    return (
        pieces.join(known, on="@number")
        .with_columns(pl.col("@part") * pl.col("weight"))
        .sort(ROW, "@number", "@district")
    )


def _shares(total: float, weights: grid.Floats) -> grid.Floats:
    if total.is_integer():
        return largest_remainder(int(total), weights).astype(np.float64)
    return divide(total, weights)
