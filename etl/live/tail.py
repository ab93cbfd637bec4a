"""Follows a file that is appended to: returns whole new lines, also across rotation.

How far a file was read is its `Progress`. A file that shrank or begins otherwise is another file:
the rest of the former one is looked for beside it (rotation renames it), then the new one is read
from its first line. A last line without its end is left for the next time.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

MARKED_BYTES = 4096
LIMIT_BYTES = 4 << 20
MOST_BYTES = 64 << 20  # without any line end: no line, and no reason to wait for its end
_LONGEST_RECORD = 1 << 16  # an open quotation mark must not block everything after it


@dataclass(frozen=True)
class Progress:
    """How far a file was read; `mark` is the checksum of its first bytes, at most to the offset."""

    offset: int = 0
    lines: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Chunk:
    """Whole lines of one file, and how far it is read once they are loaded."""

    path: Path
    name: str  # of the file as it is followed; a rotated one lies elsewhere
    header: bytes
    lines: tuple[bytes, ...]
    before: Progress
    first: bytes  # of the file, for its mark

    @property
    def after(self) -> Progress:
        """The progress with these lines."""
        content = b"".join(self.lines)
        offset = self.before.offset + len(content)
        return Progress(offset, self.before.lines + content.count(b"\n"), _mark(self.first, offset))

    @property
    def content(self) -> bytes:
        """The lines as a file of their own, under the file's header."""
        return self.header + b"".join(self.lines)

    def halves(self) -> tuple["Chunk", "Chunk"]:
        """Split the lines in two consecutive chunks."""
        middle = len(self.lines) // 2
        first = replace(self, lines=self.lines[:middle])
        return first, replace(self, lines=self.lines[middle:], before=first.after)


def read_new(
    path: Path, progress: Progress, kind: Literal["csv", "ndjson"], limit: int = LIMIT_BYTES
) -> Chunk | None:
    """Return the next whole lines of a file, none if there are none.

    Raises:
        OSError: the file cannot be read.
    """
    if not _is_same(path, progress):
        former = _find_former(path, progress)
        rest = _read(former, path.name, progress, kind, limit) if former else None
        if rest is not None:
            return rest
        progress = Progress()
    return _read(path, path.name, progress, kind, limit)


def _read(
    path: Path, name: str, progress: Progress, kind: Literal["csv", "ndjson"], limit: int
) -> Chunk | None:
    with path.open("rb") as stream:
        header = stream.readline() if kind == "csv" else b""
        if kind == "csv" and not header.endswith(b"\n"):
            return None
        if progress.offset < len(header):
            progress = Progress(len(header), 1)
        stream.seek(progress.offset)
        lines = _next_lines(stream, kind, limit)
        if not lines:
            return None
        stream.seek(0)
        return Chunk(path, name, header, lines, progress, stream.read(MARKED_BYTES))


def _next_lines(stream: BinaryIO, kind: Literal["csv", "ndjson"], limit: int) -> tuple[bytes, ...]:
    """Return the records of the next bytes; of one longer than these, as many as it has.

    A line that is too long for anything must not hide those after it.
    """
    content = stream.read(limit)
    lines = tuple(_whole_lines(content, kind))
    while not lines and len(content) < MOST_BYTES and (more := stream.read(limit)):
        content += more
        lines = tuple(_whole_lines(content, kind))
    return lines or ((content,) if len(content) >= MOST_BYTES else ())


def _whole_lines(content: bytes, kind: Literal["csv", "ndjson"]) -> Iterator[bytes]:
    """Yield records that have ended; in CSV a quoted field may hold line ends."""
    start = 0
    while (end := _end_of_record(content, start, kind)) is not None:
        yield content[start:end]
        start = end


def _end_of_record(content: bytes, start: int, kind: Literal["csv", "ndjson"]) -> int | None:
    end = content.find(b"\n", start) + 1
    first = end
    while end and kind == "csv" and content.count(b'"', start, end) % 2:
        if end - start > _LONGEST_RECORD:
            return first
        end = content.find(b"\n", end) + 1
    if not end and first and len(content) - start > _LONGEST_RECORD:
        return first
    return end or None


def _is_same(path: Path, progress: Progress) -> bool:
    if progress.offset == 0:
        return True
    if path.stat().st_size < progress.offset:
        return False
    with path.open("rb") as stream:
        return _mark(stream.read(MARKED_BYTES), progress.offset) == progress.mark


def _mark(first: bytes, offset: int) -> str:
    return hashlib.sha256(first[: min(offset, MARKED_BYTES)]).hexdigest()


def _find_former(path: Path, progress: Progress) -> Path | None:
    """Return the file beside it that begins as the followed one did, renamed by rotation."""
    beside = (item for item in sorted(path.parent.iterdir()) if item != path and item.is_file())
    named = (item for item in beside if item.name.startswith(path.name))
    return next((item for item in named if _is_same(item, progress)), None)
