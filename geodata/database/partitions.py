"""Day partitions: records too many for a table, one Parquet file a kind, source and local day.

`<root>/telemetry/<kind>/source=<key>/day=YYYY-MM-DD.parquet`, in a local folder or at any address
that fsspec opens. A file appears whole or not at all: it is written beside and renamed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import polars as pl
from fsspec.implementations.local import LocalFileSystem

from geodata.private_files import make_private_folder, write_whole
from geodata.settings import Settings

FOLDER = "telemetry"
_NAME = re.compile(r"/([a-z0-9_]+)/source=([a-z0-9_]+)/day=(\d{4}-\d{2}-\d{2})\.parquet$")


@dataclass(frozen=True, order=True)
class Partition:
    """The records of one kind, local day and source."""

    kind: str
    day: date
    source: str

    @property
    def name(self) -> str:
        """Return its path below the store's root."""
        return f"{FOLDER}/{self.kind}/source={self.source}/day={self.day}.parquet"


class PartitionStore:
    """Reads, writes, lists and removes day partitions below one root."""

    def __init__(self, url: str) -> None:
        """Open the store at a local folder or an fsspec address."""
        self.url = url
        files, root = fsspec.core.url_to_fs(url)
        self._files: Any = files
        self._root = str(root).rstrip("/")

    def partitions(self, kind: str, source: str | None = None) -> list[Partition]:
        """Return the partitions of a kind, and of one source if named, by day and source."""
        below = f"{self._root}/{FOLDER}/{kind}"
        if not self._files.exists(below):
            return []
        self._files.invalidate_cache()
        found = (_NAME.search(f"/{path}") for path in self._files.find(below))
        listed = [
            Partition(match[1], date.fromisoformat(match[3]), match[2]) for match in found if match
        ]
        return sorted(each for each in listed if source in (None, each.source))

    def kinds(self) -> list[str]:
        """Return the kinds that have a folder."""
        below = f"{self._root}/{FOLDER}"
        if not self._files.exists(below):
            return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in self._files.ls(below, False))

    def exists(self, partition: Partition) -> bool:
        """Return whether there is such a partition."""
        return bool(self._files.exists(self._path(partition)))

    def read(self, partition: Partition) -> pl.DataFrame:
        """Return the records of a partition."""
        return pl.read_parquet(BytesIO(self.read_bytes(partition)))

    def read_bytes(self, partition: Partition) -> bytes:
        """Return the file itself."""
        return bytes(self._files.cat_file(self._path(partition)))

    def write(self, partition: Partition, records: pl.DataFrame) -> None:
        """Replace a partition: written beside first, then renamed."""
        buffer = BytesIO()
        records.write_parquet(buffer, compression="zstd")
        path = self._path(partition)
        if isinstance(self._files, LocalFileSystem):
            make_private_folder(Path(path).parent)
            write_whole(Path(path), buffer.getvalue())
            return
        beside = f"{path}.{uuid4().hex}.part"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            self._files.pipe_file(beside, buffer.getvalue())
            self._files.mv(beside, path)
        except BaseException:
            if self._files.exists(beside):
                self._files.rm_file(beside)
            raise

    def remove(self, partition: Partition) -> None:
        """Remove a partition."""
        self._files.rm_file(self._path(partition))

    def prune(self, kind: str, before: date) -> list[Partition]:
        """Remove the partitions of a kind whose day lies before a date; returns them."""
        old = [each for each in self.partitions(kind) if each.day < before]
        for each in old:
            self.remove(each)
        return old

    def _path(self, partition: Partition) -> str:
        return f"{self._root}/{partition.name}"


def open_store(settings: Settings, url: str | None = None) -> PartitionStore:
    """Return the store at `url`, else at the setting's address, else in the data folder."""
    return PartitionStore(url or settings.telemetry_url or str(settings.data_dir))


def days_of(partitions: list[Partition]) -> Iterator[tuple[date, list[Partition]]]:
    """Yield the days, in order, with the partitions of all their sources."""
    for day in sorted({each.day for each in partitions}):
        yield day, [each for each in partitions if each.day == day]
