"""Newline-delimited JSON: one object a line; an invalid line rejects only itself."""

import json
from typing import Any

import polars as pl

from etl.extract.encoding import read_text
from etl.extract.extracted import RAW_REJECT_SCHEMA, Extracted, flatten, frame_of
from etl.extract.json_file import load_json
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS


def read_ndjson(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read objects; nested ones get dotted names, `@row` is the line from 1, blank lines passed."""
    records: list[dict[str, str | None]] = []
    rows: list[int] = []
    faults: list[tuple[int, None, str, str]] = []
    decoded = read_text(file, declaration)
    for row, line in enumerate(decoded.text.split("\n"), start=1):
        if not line.strip():
            continue
        item = _parse(line)
        if isinstance(item, dict):
            records.append(flatten(item))
            rows.append(row)
        else:
            raw = json.dumps({"1": line.replace("\0", "")}, ensure_ascii=False)
            faults.append((row, None, "is not a JSON object", raw))
    rejects = pl.DataFrame(faults, schema=RAW_REJECT_SCHEMA, orient="row")
    return Extracted(frame_of(records, rows, None), rejects, decoded.notes, decoded.foreign)


def _parse(line: str) -> Any:  # JSON may be anything
    try:
        return load_json(line)
    except (ValueError, RecursionError):
        return None


FORMATS.register(
    RowFormat(
        name="ndjson",
        says="one JSON object a line",
        read=read_ndjson,
        suffixes=(".ndjson", ".jsonl", ".json", ".txt"),
        is_text=True,
        is_typed=True,
    )
)
