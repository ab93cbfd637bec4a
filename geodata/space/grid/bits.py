"""Parents and children of cells by bit arithmetic: the same formula in numpy, Polars and SQL.

An H3 cell holds its resolution in bits 52-55, its base cell in bits 45-51 and one digit of three
bits for each resolution 1-15 below; digits finer than the cell's resolution are 7.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from geodata.errors import GeographyError

STORAGE_RES = 10
NO_CELL = 0

Cells: TypeAlias = npt.NDArray[np.int64]

_RES_SHIFT = 52
_RES_MASK = 15 << _RES_SHIFT
_BASE_SHIFT = 45
_MAX_RES = 15
_PENTAGON_BASES = np.array([4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117])
_K_DIGIT = 1  # a pentagon has no child in this direction


def check_res(res: int) -> int:
    """Return the resolution.

    Raises:
        GeographyError: it is not one of H3's, 0 to 15.
    """
    if not 0 <= res <= _MAX_RES:
        raise GeographyError(f"H3 resolution {res} is not within 0 and {_MAX_RES}")
    return res


def _digits_below(res: int) -> int:
    return (1 << 3 * (_MAX_RES - res)) - 1


def parent_masks(res: int) -> tuple[int, int]:
    """Return (keep, fill): the ancestor of cell `c` at `res` is `(c & keep) | fill`."""
    return ~_RES_MASK, (check_res(res) << _RES_SHIFT) | _digits_below(res)


def cell_to_parents(cells: Cells, res: int) -> Cells:
    """Return each cell's ancestor at `res`; the cells must be at `res` or finer."""
    keep, fill = parent_masks(res)
    cells = np.asarray(cells, dtype=np.int64)
    return np.where(cells == NO_CELL, NO_CELL, (cells & keep) | fill)


def parent_expr(column: str | pl.Expr, res: int) -> pl.Expr:
    """Return the Polars expression of the ancestor at `res` of a column of cells."""
    keep, fill = parent_masks(res)
    cell = (pl.col(column) if isinstance(column, str) else column).cast(pl.Int64)
    parent = (cell & pl.lit(keep, pl.Int64)) | pl.lit(fill, pl.Int64)
    return pl.when(cell == NO_CELL).then(pl.lit(NO_CELL, pl.Int64)).otherwise(parent)


def parent_sql(column: str, res: int) -> str:
    """Return SQL (PostgreSQL and DuckDB) of the ancestor at `res`; `column` is never user input."""
    _, fill = parent_masks(res)
    parent = f"({column} & ~({_RES_MASK}::bigint)) | {fill}::bigint"
    return f"(CASE WHEN {column} = {NO_CELL} THEN {NO_CELL}::bigint ELSE {parent} END)"


def res_sql(column: str) -> str:
    """Return SQL (PostgreSQL and DuckDB) of a cell's resolution; never of user input."""
    return f"(({column} >> {_RES_SHIFT}) & 15)"


def cell_res(cells: Cells) -> Cells:
    """Return each cell's resolution."""
    return (np.asarray(cells, dtype=np.int64) >> _RES_SHIFT) & 15


def children_range(cell: int, res: int) -> tuple[int, int]:
    """Return (lowest, highest): the descendants of a cell at `res` are exactly those between them.

    Raises:
        GeographyError: `res` is coarser than the cell.
    """
    own = (cell >> _RES_SHIFT) & 15
    if check_res(res) < own:
        raise GeographyError(f"resolution {res} is coarser than the cell's own, {own}")
    below = _digits_below(res)
    free = _digits_below(own) & ~below
    lowest = (cell & ~_RES_MASK & ~free) | (res << _RES_SHIFT) | below
    digit_six = sum(6 << 3 * (_MAX_RES - level) for level in range(own + 1, res + 1))
    return lowest, lowest | digit_six


def _are_pentagons(cells: Cells) -> npt.NDArray[np.bool_]:
    """Return which cells are pentagons: their base cell is one and all digits are 0."""
    base = (cells >> _BASE_SHIFT) & 127
    used = ((1 << _BASE_SHIFT) - 1) & ~((np.int64(1) << 3 * (_MAX_RES - cell_res(cells))) - 1)
    pentagons: npt.NDArray[np.bool_] = np.isin(base, _PENTAGON_BASES) & ((cells & used) == 0)
    return pentagons


def _one_finer(cells: Cells, res: int) -> Cells:
    shift = 3 * (_MAX_RES - res)
    blank = (cells & ~_RES_MASK & ~(np.int64(7) << shift)) | (res << _RES_SHIFT)
    digits = np.arange(7, dtype=np.int64)
    children = blank[:, None] | (digits << shift)
    exists = ~(_are_pentagons(cells)[:, None] & (digits == _K_DIGIT))
    existing: Cells = children[exists]
    return existing


def cells_to_children(cells: Cells, res: int) -> Cells:
    """Return all descendants at `res` of cells of one resolution, in the order of the cells."""
    cells = np.asarray(cells, dtype=np.int64)
    if len(cells) == 0:
        return cells
    for level in range(int(cell_res(cells[:1])[0]) + 1, check_res(res) + 1):
        cells = _one_finer(cells, level)
    return cells
