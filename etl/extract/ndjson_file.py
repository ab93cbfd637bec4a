"""Newline-delimited JSON: one object a line; an invalid line rejects only itself."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from etl.batch import REJECT_SCHEMA
from etl.extract.encoding import read_text
from etl.extract.extracted import Extracted, flatten, frame_of
from etl.source.declaration import SourceDeclaration


def read_ndjson(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read objects; nested ones get dotted names, `@row` is the line from 1, blank lines passed."""
    records: list[dict[str, str | None]] = []
    rows: list[int] = []
    faults: list[tuple[int, None, str, str]] = []
    for row, line in enumerate(read_text(path, declaration.encoding).split("\n"), start=1):
        if not line.strip():
            continue
        item = _parse(line)
        if isinstance(item, dict):
            records.append(flatten(item))
            rows.append(row)
        else:
            raw = json.dumps({"1": line.replace("\0", "")}, ensure_ascii=False)
            faults.append((row, None, "is not a JSON object", raw))
    rejects = pl.DataFrame(faults, schema=REJECT_SCHEMA | {"raw": pl.String}, orient="row")
    return Extracted(frame_of(records, rows, None), rejects)


def _parse(line: str) -> Any:  # JSON may be anything
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return None
