"""Words that the program knows and a city chooses from, renames, and adds to."""

from pathlib import Path
from typing import Any, TypeVar

from geodata.declared import Declared, fit_declared, read_yaml
from geodata.errors import CityError

T = TypeVar("T", bound=Declared)


def read_vocabulary(known: Path, own: Path, form: type[T]) -> tuple[T, ...]:
    """Return a city's rows in its order, each filled up from the row of that key that is known.

    Without a file of its own a city has what is known.

    Raises:
        CityError: a file is wrong, or a key stands twice; names file and key.
    """
    rows = _rows(known)
    if not own.is_file():
        return fit_declared(known, rows, tuple[form, ...], error=CityError)  # type: ignore[valid-type]
    by_key = {row["key"]: row for row in rows}
    filled = [by_key.get(row.get("key"), {}) | row for row in _rows(own)]
    keys = [row.get("key") for row in filled]
    if len(set(keys)) < len(keys):
        raise CityError(f"{own}: key: stands twice among {', '.join(map(str, keys))}")
    return fit_declared(own, filled, tuple[form, ...], error=CityError)  # type: ignore[valid-type]


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = read_yaml(path, error=CityError)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CityError(f"{path}: as a whole: must be a list of rows, each with its keys")
    return rows
