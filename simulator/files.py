"""Writes files as departments send them: an encoding, a line ending, the same bytes every time."""

import json
import zipfile
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

ZIP_EPOCH = (2026, 1, 1, 0, 0, 0)  # a fixed time stamp: equal contents give equal archives


@dataclass(frozen=True)
class Written:
    """A file the simulator wrote: its path, its stream and how many data rows it holds."""

    path: Path
    stream: str
    rows: int


def write_csv(path: Path, frame: pl.DataFrame, stream: str, encoding: str = "utf-8") -> Written:
    """Write a frame as CSV in `encoding` (`utf-8`, `utf-8-sig` or a legacy code page)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = frame.write_csv(line_terminator="\r\n" if encoding == "gb18030" else "\n")
    if encoding == "utf-8-sig":
        path.write_bytes(BOM_UTF8 + text.encode())
    else:
        path.write_bytes(text.encode(encoding))
    return Written(path, stream, frame.height)


def write_geojson(path: Path, features: Iterable[Mapping[str, object]], stream: str) -> Written:
    """Write features as an RFC 7946 collection."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = list(features)
    collection = {"type": "FeatureCollection", "features": listed}
    path.write_text(json.dumps(collection, ensure_ascii=False, indent=1), encoding="utf-8")
    return Written(path, stream, len(listed))


def write_zip(path: Path, tables: Mapping[str, pl.DataFrame], stream: str) -> Written:
    """Write tables as CSV members of one archive, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for name, frame in tables.items():
            member = zipfile.ZipInfo(name, ZIP_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, frame.write_csv())
    return Written(path, stream, sum(frame.height for frame in tables.values()))
