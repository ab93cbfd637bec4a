"""Findings in the bytes of a GTFS file: marks, line ends, cells per line."""

from collections.abc import Collection

import numpy as np
import polars as pl

from etl.ledger.findings import Finding

_BOM = b"\xef\xbb\xbf"
_COMMA, _END, _RETURN = b",\n\r"


def read_line_notes(file: str, data: bytes, refused: Collection[int]) -> tuple[Finding, ...]:
    """Return the findings; lines that were refused anyway are not named twice."""
    notes = []
    body = data.removeprefix(_BOM)
    if len(body) < len(data):
        notes.append(Finding("byte_order_mark", file, 1))
    if _ends_differ(body):
        notes.append(Finding("irregular_line_ends", file))
    ragged = pl.Series(_ragged_lines(body), dtype=pl.Int64)
    ragged = ragged.filter(~ragged.is_in(list(refused)))
    if ragged.len():
        notes.append(Finding("invalid_row_length", file, int(ragged[0]), rows=ragged.len()))
    return tuple(notes)


def _ends_differ(body: bytes) -> bool:
    """Return whether line ends differ: LF, CR LF, CR alone or repeated."""
    lines, pairs = body.count(b"\n"), body.count(b"\r\n")
    return body.count(b"\r") != pairs or pairs not in (0, lines)


def _ragged_lines(body: bytes) -> list[int]:
    """Return the lines with more or fewer cells than the header; none if text may hold commas."""
    if b'"' in body or not body.strip():
        return []
    codes = np.frombuffer(body if body.endswith(b"\n") else body + b"\n", np.uint8)
    ends = np.flatnonzero(codes == _END)
    starts = np.concatenate(([0], ends[:-1] + 1))
    commas = np.add.reduceat(codes == _COMMA, starts, dtype=np.int64)
    filled = np.add.reduceat((codes != _END) & (codes != _RETURN), starts, dtype=np.int64) > 0
    return [int(line) + 1 for line in np.flatnonzero(filled & (commas != commas[0]))]
