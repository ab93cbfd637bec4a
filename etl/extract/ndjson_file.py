"""Newline-delimited JSON: one object a line; an invalid line rejects only itself."""

import json

import polars as pl

from etl.extract.encoding import read_text
from etl.extract.extracted import RAW_REJECT_SCHEMA, TOO_DEEP, Extracted, flatten, frame_of
from etl.extract.json_file import check_values, load_json
from etl.extract.row_format import RowFormat
from etl.limits import check_lines
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS

_NO_OBJECT = "is not a JSON object"


def read_ndjson(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read objects; nested ones get dotted names, `@row` is the line from 1, blank lines passed."""
    records: list[dict[str, str | None]] = []
    rows: list[int] = []
    faults: list[tuple[int, None, str, str]] = []
    decoded, limits = read_text(file, declaration), declaration.limits
    check_lines(file, decoded.text, limits)
    check_values(file, decoded.text, limits)
    for row, line in enumerate(decoded.text.split("\n"), start=1):
        if not line.strip():
            continue
        record, fault = _parse(line, limits.depth)
        if record is None:
            raw = json.dumps({"1": line.replace("\0", "")}, ensure_ascii=False)
            faults.append((row, None, fault, raw))
            continue
        records.append(record)
        rows.append(row)
    rejects = pl.DataFrame(faults, schema=RAW_REJECT_SCHEMA, orient="row")
    return Extracted(frame_of(file, limits, records, rows), rejects, decoded.notes, decoded.foreign)


def _parse(line: str, depth: int) -> tuple[dict[str, str | None] | None, str]:
    """Return a line's record, else why it is none."""
    try:
        item = load_json(line)
        return (flatten(item, depth), "") if isinstance(item, dict) else (None, _NO_OBJECT)
    except RecursionError:
        return None, TOO_DEEP
    except ValueError:
        return None, _NO_OBJECT


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
