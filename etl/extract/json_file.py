"""JSON: an array of objects, or one found below the declared path."""

import json
from typing import Any

import polars as pl

from etl.extract.encoding import read_text
from etl.extract.extracted import (
    RAW_REJECT_SCHEMA,
    TOO_DEEP,
    Extracted,
    Number,
    flatten,
    frame_of,
)
from etl.extract.row_format import RowFormat
from etl.limits import Limits
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def parse_json(file: SourceFile, text: str, limits: Limits) -> Any:  # JSON may be anything
    """Parse a file's text; numbers keep theirs.

    Raises:
        ExtractError: it is not JSON; names line and column.
        LimitError: it holds too many values.
    """
    check_values(file, text, limits)
    try:
        return load_json(text)
    except json.JSONDecodeError as error:
        besides = "; is it one object a line (format: ndjson)?" if _is_lines(error) else ""
        raise ExtractError(
            f"{file}: row {error.lineno}, column {error.colno}: not JSON: {error.msg}{besides}"
        ) from None
    except ValueError as error:
        raise ExtractError(f"{file}: not JSON: {error}") from None
    except RecursionError:
        raise limits.beyond(file, "depth", TOO_DEEP) from None


def check_values(file: SourceFile, text: str, limits: Limits) -> None:
    """Refuse a text of too many values: each takes a hundred times the bytes that it is said in.

    Raises:
        LimitError: it is one.
    """
    count = sum(map(text.count, "[{,"))
    limits.check(file, "values", count, f"it holds some {count:,} values")


def load_json(text: str) -> Any:  # JSON may be anything
    """Return what a text says; numbers with a point or an exponent keep their text."""
    return json.loads(text, parse_float=Number)


def _is_lines(error: json.JSONDecodeError) -> bool:
    return error.msg == "Extra data" and error.doc[error.pos] == "{"


def read_json(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read objects; nested ones get dotted names, `@row` is the object's place from 1.

    What is no object among objects is rejected.

    Raises:
        ExtractError: there is no array of objects where the declaration says.
    """
    decoded = read_text(file, declaration)
    content = parse_json(file, decoded.text, declaration.limits)
    for name in (declaration.record or "").split("."):
        if name:
            content = content.get(name) if isinstance(content, dict) else None
    is_array = isinstance(content, list)
    if not is_array or (content and not any(isinstance(item, dict) for item in content)):
        where = f"at '{declaration.record}'" if declaration.record else "at the top"
        raise ExtractError(f"{file}: has no array of objects {where}")
    rows = [row for row, item in enumerate(content, start=1) if isinstance(item, dict)]
    records = [flatten(content[row - 1], declaration.limits.depth) for row in rows]
    faults = [
        (row, None, "is not an object", json.dumps({"1": item}, ensure_ascii=False))
        for row, item in enumerate(content, start=1)
        if not isinstance(item, dict)
    ]
    rejects = pl.DataFrame(faults, schema=RAW_REJECT_SCHEMA, orient="row")
    return Extracted(
        frame_of(file, declaration.limits, records, rows), rejects, decoded.notes, decoded.foreign
    )


FORMATS.register(
    RowFormat(
        name="json",
        says="an array of objects, at the top or below `record`",
        read=read_json,
        suffixes=(".json", ".txt"),
        is_text=True,
        is_typed=True,
    )
)
